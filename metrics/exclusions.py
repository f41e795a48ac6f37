"""What a rate leaves out."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, and_, cast, func, select

from metrics.definitions import LISTS
from metrics.dictionary.behind import touched
from metrics.kinds import Facts, Metric
from metrics.select import Asked

EXCLUDED = {
    "no_sla": "left_out_no_deadline", "invalid_due": "left_out_broken_deadline", "duplicate_or_cancelled": "left_out_uncounted",
}  # fmt: skip
"""Kind of case that no on-time rate counts -> its list."""


def sla_exclusions(asked: Asked) -> dict[str, int]:
    """Cases that were opened, fell due or were closed in the period and that no on-time rate counts.

    `no_sla`: without a deadline; `invalid_due`: a deadline that cannot be used;
    `duplicate_or_cancelled`: not counted at all. These have classes of their own, so they are also
    looked for there where the question names other classes only.
    """
    facts = asked.facts()
    sums = [func.sum(cast(_rows(asked, facts, LISTS[of]), Integer)).label(name) for name, of in EXCLUDED.items()]
    frame = asked.mart.read(select(*sums).where(touched(facts)), asked.scope).fillna(0)
    return {name: int(frame[name].iloc[0]) for name in EXCLUDED}


def _rows(asked: Asked, facts: Facts, metric: Metric) -> ColumnElement[bool]:
    assert metric.rows is not None
    return and_(asked.population(facts, metric), metric.rows(facts))
