"""The conditions that several metrics share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, select

from data_access import vocabulary
from metrics.kinds import Facts

MOST_MINUTES_AT_FIRST_CONTACT = 30
AGE_BOUNDS = (0, 7, 14, 30, 60, 90, 180, 365)
"""Lower bounds, in days, of the age bands of open cases; the last has no upper bound."""


def has_due(f: Facts) -> ColumnElement[bool]:
    """Cases with a usable deadline."""
    return f.column("has_valid_due")


def due_state(f: Facts) -> ColumnElement[bool]:
    """Cases with a usable deadline, each judged by the spell it is in: its final closing so far."""
    return and_(f.state, has_due(f))


def last_closing(f: Facts) -> ColumnElement[bool]:
    """Cases with a usable deadline that are closed, each once."""
    return and_(due_state(f), f.is_closed)


def passed(f: Facts, days: int) -> ColumnElement[bool]:
    """The case turned `days` old while it was open in the period."""
    opened, length = f.column("opened_at"), timedelta(days=days)
    begun = func.greatest(f.column("spell_opened_at"), literal(f.start - timedelta(microseconds=1)))
    last = literal(min(f.end - timedelta(microseconds=1), f.as_of))
    end = case((f.is_closed, func.least(f.column("closed_at"), last)), else_=last)
    return and_(opened + length > begun, opened + length <= end)


def matured(f: Facts, days: int) -> ColumnElement[bool]:
    """Closings in the period that are at least `days` old."""
    return and_(f.during("closed_at"), f.column("closed_at") <= f.as_of - timedelta(days=days))


def placed(f: Facts) -> ColumnElement[bool]:
    """Cases with a known place, each once."""
    return and_(f.first, f.column("location_key").is_not(None))


def had_earlier(f: Facts, days: int) -> ColumnElement[bool]:
    """A counted case of the same type had been opened at the same place in the `days` before.

    The earlier case may be any the viewer sees: it need not pass the question's filters or lie in its period.
    """
    other = f.cases().c
    place = [other.request_type_id, other.location_key]
    before = func.lag(other.opened_at).over(partition_by=place, order_by=[other.opened_at, other.case_id])
    reached = and_(other.opened_at >= f.start - timedelta(days=days), other.opened_at < f.end, other.opened_at <= f.as_of)
    known = select(other.case_id, other.opened_at, before.label("before_at")).where(
        other.spell_no == 1, other.is_counted, other.location_key.is_not(None), reached
    ).subquery("known")  # fmt: skip
    return f.column("case_id").in_(select(known.c.case_id).where(known.c.before_at >= known.c.opened_at - timedelta(days=days)))


def made_by_resident(f: Facts) -> ColumnElement[bool]:
    """Not made by staff or a system."""
    return f.column("initiated_by_id").not_in([vocabulary.code_of("initiated_by", word) for word in ("staff", "system")])


def resident_channel_known(f: Facts) -> ColumnElement[bool]:
    """Residents' cases of which the channel is known."""
    known = [vocabulary.code_of("channel", word) for word in vocabulary.CHANNELS if word not in ("unknown", "staff")]
    return and_(f.first, f.column("channel_id").in_(known), made_by_resident(f))


def digital(f: Facts) -> ColumnElement[bool]:
    """Reported by web, app or message."""
    return f.column("channel_id").in_([vocabulary.code_of("channel", word) for word in vocabulary.DIGITAL_CHANNELS])


def at_first_contact(f: Facts) -> ColumnElement[bool]:
    """Closed within minutes, never transferred, and it held for a week."""
    quick = f.column("closed_at") <= f.column("opened_at") + timedelta(minutes=MOST_MINUTES_AT_FIRST_CONTACT)
    stayed = not_(or_false(f.column("first_transferred_at") <= f.as_of))
    return and_(f.is_closed, f.column("has_valid_interval"), quick, stayed, not_(or_false(f.reopened_within(7))))


def or_false(condition: Any) -> ColumnElement[bool]:
    """`condition`, false where it is not known."""
    return func.coalesce(condition, false())


def days_between(start: Any, end: Any) -> ColumnElement[float]:
    """Elapsed days between two instants."""
    return (func.epoch(end) - func.epoch(start)) / 86400.0
