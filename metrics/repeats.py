"""Places that come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd
from sqlalchemy import Integer, Select, and_, cast, func, select

from metrics.kinds import Metric
from metrics.select import GROUPS, Asked, By

REPEAT_DAYS = 90


def repeat_locations(metric: Metric, asked: Asked, by: By, days: int = REPEAT_DAYS, *, period: bool = False) -> pd.DataFrame:
    """Cases with an earlier counted case of the same type and place in the `days` before / cases with a place.

    The earlier case may be any: it need not pass the question's filters or lie in its period.
    """
    facts = asked.facts()
    column = facts.column
    place = [column("request_type_id"), column("location_key")]
    before = func.lag(column("opened_at")).over(partition_by=place, order_by=[column("opened_at"), column("case_id")])
    opened = column("opened_at")
    reached = and_(opened >= facts.start - timedelta(days=days), opened < facts.end)
    known = select(*facts.spell.c, before.label("before_at")).where(
        facts.first, column("is_counted"), column("location_key").is_not(None), reached
    )
    placed = replace(facts, spell=known.subquery("placed"))
    again = placed.column("before_at") >= placed.column("opened_at") - timedelta(days=days)
    keys = asked.keys(placed, metric, by, period)
    cases = select(*keys, cast(func.coalesce(again, False), Integer).label("again"))
    return _share(asked, cases.where(asked.population(placed, metric), placed.column("opened_at") >= facts.start), by)


def _share(asked: Asked, statement: Select, by: By) -> pd.DataFrame:
    """The answer frame of `statement`'s rows: its groups and period, and `again`, 1 for a hit."""
    rows = statement.subquery("rows")
    keys = [rows.c[name] for name in (*GROUPS, "period") if name in rows.c]
    counted = select(*keys, func.count().label("n"), cast(func.coalesce(func.sum(rows.c.again), 0), Integer).label("hits"))
    frame = asked.named(asked.mart.read(counted.group_by(*keys) if keys else counted, asked.scope), by)
    if "period" in frame.columns:
        frame = frame.assign(period=pd.to_datetime(frame["period"]))
    n, hits = frame["n"].astype("float64"), frame["hits"].astype("float64")
    made = frame.drop(columns=["n", "hits"])
    return made.assign(value=hits / n.where(n > 0), numerator=hits, denominator=n, n=n, suppressed=False).reset_index(drop=True)
