"""Which questions the mart's counts by day answer, and how: the same numbers as from the cases, from a few rows a day.

They know what was known at the mart's `as_of`, and split by what the work is or by where it lies, not by both. Everything else is counted
on the cases.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Integer, Select, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.sql.selectable import FromClause

from data_access.mart.day_schema import EVENTS, PLACE, WORK
from metrics.kinds import Facts, Metric
from metrics.select import Asked, By, owner_column

FLOWS = {"opened": "opened", "reports": "opened", "closed": "closed", "ontime_due": "due"}
STOCKS = {"backlog": ("begun", "closed"), "overdue_now": ("overdue", "overdue_ended")}
"""Stock -> the events with which a spell enters it and leaves it."""
NOT_KNOWN = ("channel", "outcome", "moved", "place", "cell", "stage", "only", "visits")
"""Filters that the counts cannot be cut by."""


def source(metric: Metric, asked: Asked, by: By) -> FromClause | None:
    """The counts that answer `metric` for what was asked, or None where the cases must be counted."""
    question, mart, scope = asked.question, asked.mart, asked.scope
    if metric.id not in (FLOWS | STOCKS) or scope.audience != "staff" or scope.districts is not None or question.as_of != mart.as_of:
        return None
    if any(getattr(question, name) for name in NOT_KNOWN):
        return None
    layers = {layer.slug: f"area_{layer.id}_id" for layer in mart.dimensions.area_layers if not layer.extra["is_context"]}
    needed = {_column(name, metric, layers) for name in asked.dimensions(by)} | {layers[layer] for layer, _ in question.areas}
    needed |= {f"{name}_id" for name in ("request_type", "request_group") if getattr(question, name)}
    if question.department or scope.departments is not None:
        needed.add(owner_column(metric))
    if scope.departments is None and needed <= set(PLACE):
        return mart.day_counts(scope, by_place=True)
    return mart.day_counts(scope, by_place=False) if needed <= set(WORK) else None


def _column(name: str, metric: Metric, layers: dict[str, str]) -> str:
    return owner_column(metric) if name in ("department", "division") else layers.get(name, f"{name}_id")


def counts(metric: Metric, asked: Asked, by: By, period: bool) -> Select | None:
    """`n` and `hits` of a flow or a share by group and, with `period`, by `day`; None where the cases must be counted."""
    if metric.id not in FLOWS or (days := source(metric, asked, by)) is None:
        return None
    facts = asked.facts_of(days)
    groups = asked.groups(facts, metric, by)
    keys = [facts.column("day").label("day"), *groups] if period else groups
    n, met = (cast(func.sum(facts.column(name)), Integer) for name in ("n", "met"))
    statement = select(*keys, func.coalesce(n, 0).label("n"), (met if metric.kind == "share" else n).label("hits"))
    statement = statement.where(asked.population(facts, metric), _event(facts, FLOWS[metric.id]), _from(facts, asked), _until(facts, asked))
    # Rows of cases that changed since cancel each other: what they leave without a case is not part of the answer.
    return statement.group_by(*[key.element for key in keys]).having(n != 0) if keys else statement


def moves(metric: Metric, asked: Asked, by: By) -> Any:
    """`day`, the groups and `n`: how much a stock grew, on the first day by all that was in it; None where the cases must be counted."""
    if metric.id not in STOCKS or (days := source(metric, asked, by)) is None:
        return None
    facts = asked.facts_of(days)
    enters, leaves = STOCKS[metric.id]
    n = cast(func.sum(case((_event(facts, enters), facts.column("n")), else_=-facts.column("n"))), Integer).label("n")
    groups = asked.groups(facts, metric, by)
    named = [key.element for key in groups]
    which = and_(asked.population(facts, metric), facts.column("event").in_([EVENTS.index(enters), EVENTS.index(leaves)]))
    before = select(cast(literal(asked.question.start), Date).label("day"), *groups, n).where(which, ~_from(facts, asked))
    # A group whose cases had all ended before is not part of the answer.
    before = (before.group_by(*named) if named else before).having(n.element != 0)
    during = select(facts.column("day").label("day"), *groups, n).where(which, _from(facts, asked), _until(facts, asked))
    # As many that came as went is an answer; rows that cancel each other because a case changed are none.
    there = [func.sum(case((_event(facts, event), facts.column("n")), else_=0)) != 0 for event in (enters, leaves)]
    return union_all(before, during.group_by(facts.column("day"), *named).having(or_(*there)))


def _event(facts: Facts, name: str) -> Any:
    return facts.column("event") == EVENTS.index(name)


def _from(facts: Facts, asked: Asked) -> Any:
    return facts.column("day") >= asked.question.start


def _until(facts: Facts, asked: Asked) -> Any:
    return facts.column("day") < asked.question.end
