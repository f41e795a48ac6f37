"""Cases that moved between departments: from where, to where, after how long, and which moved on again."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import and_, func, select

from data_access import vocabulary
from metrics.cases import case_count
from metrics.definitions import REGISTRY
from metrics.select import Asked


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

    Departments are those named in the transfer, divisions apart. A case counts once for each route it took.
    """
    metric, events = REGISTRY["transferred"], asked.mart.case_events(asked.scope)
    facts = asked.facts()
    moves = select(
        events.c.case_id, events.c.from_department_id.label("origin"), events.c.to_department_id.label("target"), func.min(events.c.event_at).label("moved_at"),
    ).where(
        events.c.event_kind_id == vocabulary.code_of("event_kind", "transferred"),
        events.c.event_at >= facts.start, events.c.event_at < facts.end, events.c.event_at <= facts.as_of,
    ).group_by(events.c.case_id, events.c.from_department_id, events.c.to_department_id).subquery("moves")  # fmt: skip
    days = (func.epoch(moves.c.moved_at) - func.epoch(facts.column("opened_at"))) / 86400.0
    statement = (
        select(moves.c.origin, moves.c.target, func.count().label("n"), func.median(days).label("days"))
        .select_from(facts.spell.join(moves, moves.c.case_id == facts.column("case_id")))
        .where(asked.population(facts, metric), facts.state)
        .group_by(moves.c.origin, moves.c.target)
    )
    frame = asked.mart.read(statement, asked.scope)
    made = asked.named(frame.rename(columns={"origin": "grp"}), "division")
    target = asked.named(frame[["target"]].rename(columns={"target": "grp"}), "division")
    made = made.assign(key_2=target["key"], label_2=target["label"]).drop(columns="target")
    return made.sort_values(["n", "label", "label_2"], ascending=[False, True, True], ignore_index=True)
