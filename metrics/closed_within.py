"""The resident's sentence: "8 of 10 are fixed within 5 days"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Integer, and_, cast, func, select

from metrics.definitions import REGISTRY
from metrics.select import Asked


@dataclass(frozen=True, slots=True)
class Within:
    """`hits` of `n` cases were closed within the days asked; `share` is None without any case."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        return self.hits / self.n if self.n else None


def closed_within(asked: Asked, days: float) -> Within:
    """Cases opened in the period at least `days` ago that were closed within `days` of opening."""
    facts = asked.facts()
    old_enough = facts.column("opened_at") <= facts.as_of - timedelta(days=days)
    quick = and_(facts.is_closed, facts.column("seconds_to_close") <= days * 86400)
    rows = and_(
        asked.population(facts, REGISTRY["opened"]), facts.state, facts.during("opened_at"), facts.column("has_valid_interval"), old_enough
    )
    frame = asked.mart.read(select(func.count().label("n"), func.sum(cast(quick, Integer)).label("hits")).where(rows), asked.scope)
    return Within(int(frame["hits"].fillna(0).iloc[0]), int(frame["n"].iloc[0]))
