"""What a rate leaves out."""

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
