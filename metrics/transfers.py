"""Cases that moved between departments: from where, to where, after how long, and which moved on again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import and_, case, func, select

from data_access import vocabulary
from metrics.cases import case_count
from metrics.definitions import REGISTRY
from metrics.select import Asked

ANOTHER = "Another department"
OUTSIDE = -1
"""Stands for the number of a department that the viewer is not told."""


@dataclass(frozen=True)
class Moved:
    """`cases` that moved in the period, how many of them moved `again` (twice or more in all), and the median days from opening to the
    first transfer of those that moved for the first time (`first`); null without any."""

    cases: int
    again: int
    first: int
    days: float | None


def moved(asked: Asked) -> Moved:
    """The transfers of the period in three figures."""
    metric = REGISTRY["transferred"]
    facts = asked.facts()
    column = facts.column
    days = (func.epoch(column("first_transferred_at")) - func.epoch(column("opened_at"))) / 86400.0
    when = and_(facts.during("first_transferred_at"), facts.state)
    statement = select(func.count().label("n"), func.median(days).label("days")).where(asked.population(facts, metric), when)
    found = asked.mart.read(statement, asked.scope).iloc[0]
    middle = None if pd.isna(found["days"]) else float(found["days"])
    return Moved(case_count(asked, "transferred"), case_count(asked, "transferred_again"), int(found["n"]), middle)


def routes(asked: Asked) -> pd.DataFrame:
    """Per route, most cases first: `key`, `label` (from), `key_2`, `label_2` (to), `n` cases, `days` (median from opening to that move).

    Departments are those named in the transfer, divisions apart. A case counts once for each route it took. To a viewer of some
    departments every other one is `ANOTHER`, without a key.
    """
    metric, events = REGISTRY["transferred"], asked.mart.case_events(asked.scope)
    origin, target = (_seen(events.c[name], asked) for name in ("from_department_id", "to_department_id"))
    facts = asked.facts()
    moves = select(
        events.c.case_id, origin.label("origin"), target.label("target"), func.min(events.c.event_at).label("moved_at"),
    ).where(
        events.c.event_kind_id == vocabulary.code_of("event_kind", "transferred"),
        events.c.event_at >= facts.start, events.c.event_at < facts.end, events.c.event_at <= facts.as_of,
    ).group_by(events.c.case_id, origin, target).subquery("moves")  # fmt: skip
    days = (func.epoch(moves.c.moved_at) - func.epoch(facts.column("opened_at"))) / 86400.0
    statement = (
        select(moves.c.origin, moves.c.target, func.count().label("n"), func.median(days).label("days"))
        .select_from(facts.spell.join(moves, moves.c.case_id == facts.column("case_id")))
        .where(asked.population(facts, metric), facts.state)
        .group_by(moves.c.origin, moves.c.target)
    )
    frame = asked.mart.read(statement, asked.scope)
    ends = [asked.named(frame[[name]].rename(columns={name: "grp"}), "division") for name in ("origin", "target")]
    hidden = [frame[name] == OUTSIDE for name in ("origin", "target")]
    made = frame.drop(columns=["origin", "target"])
    for suffix, end, is_hidden in zip(("", "_2"), ends, hidden, strict=True):
        made[f"key{suffix}"], made[f"label{suffix}"] = end["key"].mask(is_hidden, ""), end["label"].mask(is_hidden, ANOTHER)
    return made.sort_values(["n", "label", "label_2"], ascending=[False, True, True], ignore_index=True)


def _seen(number: Any, asked: Asked) -> Any:
    """The number of a department as this viewer may know it."""
    if asked.scope.departments is None:
        return number
    own = asked.mart.dimensions.department_ids(asked.scope.departments)
    return case((number.in_(own), number), else_=OUTSIDE)
