"""Places and closings that come back: repeat locations and cases reported again."""

from __future__ import annotations

from datetime import timedelta
from typing import Mapping, Sequence

import pandas as pd
from sqlalchemy import Integer, and_, cast, func, select

from metrics.kinds import Metric
from metrics.select import GROUPS, KEYS, Asked, By

REPEAT_DAYS = 90
AGAIN_DAYS = 14


def repeat_locations(metric: Metric, asked: Asked, by: By, days: int = REPEAT_DAYS, *, period: bool = False) -> pd.DataFrame:
    """Cases with an earlier counted case of the same type and place in the `days` before / cases with a place."""
    facts = asked.facts()
    column = facts.column
    place = [column("request_type_id"), column("location_key")]
    before = func.lag(column("opened_at")).over(partition_by=place, order_by=[column("opened_at"), column("case_id")])
    known = select(*asked.keys(facts, metric, by, period), column("opened_at").label("opened_at"), before.label("before_at"))
    cases = known.where(asked.population(facts, metric), facts.first, column("location_key").is_not(None)).subquery("placed")
    again = cast(func.coalesce(cases.c.before_at >= cases.c.opened_at - timedelta(days=days), False), Integer)
    return _share(asked, cases, again, and_(cases.c.opened_at >= facts.start, cases.c.opened_at < facts.end), by)


def reported_again(metric: Metric, asked: Asked, by: By, days: int = AGAIN_DAYS, *, period: bool = False) -> pd.DataFrame:
    """Closings followed within `days` by a new counted case of the same type and place / matured closings."""
    facts = asked.facts()
    column = facts.column
    other = asked.mart.spells(asked.scope)
    later = select(other.c.request_type_id, other.c.location_key, other.c.opened_at, other.c.case_id).where(
        other.c.spell_no == 1, other.c.is_counted, other.c.opened_at <= facts.as_of, other.c.opened_at > facts.start,
        other.c.opened_at <= facts.end + timedelta(days=days),
    ).subquery("later")  # fmt: skip
    followed = (
        select(later.c.case_id)
        .where(
            later.c.request_type_id == column("request_type_id"), later.c.location_key == column("location_key"),
            later.c.case_id != column("case_id"), later.c.opened_at > column("closed_at"),
            later.c.opened_at <= column("closed_at") + timedelta(days=days),
        )
        .exists()
    )  # fmt: skip
    keys = asked.keys(facts, metric, by, period)
    matured = and_(facts.during("closed_at"), column("closed_at") <= facts.as_of - timedelta(days=days))
    closings = select(*keys, cast(followed, Integer).label("again")).where(asked.population(facts, metric), matured).subquery("closings")
    return _share(asked, closings, closings.c.again, None, by)


def reporting_rate(incidents: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """Further reports per incident-day, and the mean delay before the first report that it implies.

    Args:
        incidents: `further_reports` and `open_days_after_first_report` of each incident of one type.

    Reports after the first arrive at the rate at which residents notice, so 1 / rate estimates how
    long a problem waited for its first report (Liu, Bhandaram and Garg, arXiv 2204.08620).
    """
    days = sum(incident["open_days_after_first_report"] for incident in incidents)
    reports = sum(incident["further_reports"] for incident in incidents)
    rate = reports / days if days else None
    return {"reports_per_day": rate, "mean_delay_days": 1 / rate if rate else None}


def _share(asked: Asked, rows, hit, condition, by: By) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    keys = [rows.c[name] for name in (*GROUPS, "period") if name in rows.c]
    statement = select(*keys, func.count().label("n"), cast(func.coalesce(func.sum(hit), 0), Integer).label("hits"))
    if condition is not None:
        statement = statement.where(condition)
    frame = asked.named(asked.mart.read(statement.group_by(*keys) if keys else statement, asked.scope), by)
    if "period" in frame.columns:
        frame = frame.assign(period=pd.to_datetime(frame["period"])).sort_values([name for name in KEYS if name in frame.columns])
    n, hits = frame["n"].astype("float64"), frame["hits"].astype("float64")
    made = frame.drop(columns=["n", "hits"])
    return made.assign(value=hits / n.where(n > 0), numerator=hits, denominator=n, n=n, suppressed=False).reset_index(drop=True)
