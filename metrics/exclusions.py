"""What a rate leaves out, how often cases move, and how closings crowd before the deadline."""

from __future__ import annotations

from typing import Sequence

from sqlalchemy import Integer, and_, cast, func, not_, or_, select

from data_access import vocabulary
from metrics.definitions import REGISTRY
from metrics.select import Asked

UNCOUNTED_CLASSES = ("duplicate", "withdrawn")
"""The classes that cases get which do not count."""


def sla_exclusions(asked: Asked) -> dict[str, int]:
    """Cases that were opened, fell due or were closed in the period and that no on-time rate counts.

    `no_sla`: without a deadline; `invalid_due`: a deadline that cannot be used;
    `duplicate_or_cancelled`: not counted at all. These have classes of their own, so they are also
    looked for there where the question names other classes only.
    """
    facts = asked.facts()
    question = asked.question
    named = bool(question.case_class)
    asked = asked.about(question.about(case_class=(*question.case_class, *UNCOUNTED_CLASSES))) if named else asked
    column = facts.column
    touched = and_(facts.state, or_(facts.during("opened_at"), facts.during("closed_at"), facts.during("due_at")))
    counted = and_(column("is_counted"), column("case_class_id").in_(_codes(question.case_class))) if named else column("is_counted")
    no_sla = and_(counted, column("due_at").is_(None))
    invalid = and_(counted, column("due_at").is_not(None), not_(column("has_valid_due")))
    parts = {"no_sla": no_sla, "invalid_due": invalid, "duplicate_or_cancelled": not_(column("is_counted"))}
    sums = [func.sum(cast(condition, Integer)).label(name) for name, condition in parts.items()]
    population = asked.population(facts, REGISTRY["reports"])
    frame = asked.mart.read(select(*sums).where(population, touched), asked.scope).fillna(0)
    return {name: int(frame[name].iloc[0]) for name in parts}


def _codes(classes: Sequence[str]) -> list[int]:
    return [vocabulary.code_of("case_class", word) for word in dict.fromkeys(classes)]


def moves_per_case(asked: Asked) -> float | None:
    """Changes of department after the first assignment, per case opened in the period."""
    facts = asked.facts()
    events = asked.mart.case_events(asked.scope)
    opened = select(facts.column("case_id")).where(asked.population(facts, REGISTRY["opened"]), facts.first, facts.during("opened_at"))
    chosen = opened.subquery("opened")
    moved = select(func.count()).where(
        events.c.case_id.in_(select(chosen.c.case_id)), events.c.event_at <= facts.as_of,
        events.c.event_kind_id == vocabulary.code_of("event_kind", "transferred"),
    )  # fmt: skip
    n = int(asked.mart.read(select(func.count()).select_from(chosen), asked.scope).iloc[0, 0])
    return int(asked.mart.read(moved, asked.scope).iloc[0, 0]) / n if n else None


def bunching(hours_from_due: Sequence[float], window_hours: float = 24) -> dict[str, float | None]:
    """Closings in the hours up to and including the deadline against those in the hours after."""
    before = sum(-window_hours < hours <= 0 for hours in hours_from_due)
    after = sum(0 < hours <= window_hours for hours in hours_from_due)
    return {"last_24h_before_due": before, "first_24h_after_due": after, "ratio": before / after if after else None}


def deadline_bunching(asked: Asked, window_hours: int = 24) -> dict[str, float | None]:
    """`bunching` of the closings in the period of cases with a usable deadline."""
    facts = asked.facts(REGISTRY["closed"])
    hours = (func.epoch(facts.column("closed_at")) - func.epoch(facts.column("due_at"))) / 3600.0
    rows = and_(asked.population(facts, REGISTRY["closed"]), facts.state, facts.during("closed_at"), facts.column("has_valid_due"))
    inner = select(hours.label("hours")).where(rows).subquery("closings")
    before = func.sum(cast(and_(inner.c.hours > -window_hours, inner.c.hours <= 0), Integer))
    after = func.sum(cast(and_(inner.c.hours > 0, inner.c.hours <= window_hours), Integer))
    frame = asked.mart.read(select(before.label("before"), after.label("after")), asked.scope).fillna(0)
    n_before, n_after = int(frame["before"].iloc[0]), int(frame["after"].iloc[0])
    return {"last_24h_before_due": n_before, "first_24h_after_due": n_after, "ratio": n_before / n_after if n_after else None}
