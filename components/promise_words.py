"""What the city promises for a service, in words: "2 working days"."""

from __future__ import annotations

from datetime import timedelta

from components import gate, words
from components.language import _, plural
from data_access.due import promises
from data_access.sla import SlaRule
from metrics.select import Asked


def rules_of(asked: Asked) -> dict[str, SlaRule]:
    """Slug of a service -> its promise on the last day of the period asked about."""
    return promises(gate.desk().city, asked.question.end - timedelta(days=1))


def time_said(rule: SlaRule) -> str:
    """The promised time."""
    return span_said(rule.amount, rule.unit)


def span_said(n: float, unit: str) -> str:
    """So many of a unit of promises."""
    count = words.decimal(n, 0 if float(n).is_integer() else 1)
    if not n:
        return _("the same day")
    if unit == "business_days":
        return plural("{count} working day", "{count} working days", n, count=count)
    if unit == "business_hours":
        return plural("{count} working hour", "{count} working hours", n, count=count)
    if unit == "calendar_days":
        return plural("{count} day", "{count} days", n, count=count)
    return plural("{count} hour", "{count} hours", n, count=count)


def promise_said(rule: SlaRule | None, has_deadlines: bool) -> str:
    """The promise as a sentence; deadlines without a rule come from the city's own system, case by case."""
    if rule is not None:
        return _("The city promises: **{time}**.", time=time_said(rule))
    if has_deadlines:
        return _("Each case gets a deadline of its own; there is no one promise for all.")
    return _("The city has promised no time for this service.")


def promise_short(rule: SlaRule | None, kind: str) -> str:
    """The promise in a cell of a table; `kind` as `metrics.resident_tables.promises_kept` has it."""
    if rule is not None:
        return time_said(rule)
    return _("case by case") if kind == "each" else _("nothing")
