"""Figures that allow for what kind of work there is: what was reached, against what the mix of request types leads to expect."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Integer, and_, cast, func, select

from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.select import GROUPS, Asked, By


def on_time_given_types(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """Closed on time / expected, for each group and period; `spread` is the standard deviation of what chance alone would make of the first.

    Expected is the sum over request types of the cases due times the share of the type that was on
    time in the whole city, under the same filters but for those of areas, over the whole period
    (indirect standardisation). What each type's cases add to the variance is n p (1 - p).
    """
    rows = _counted(asked, by, period)
    city = _counted(asked.about(asked.question.about(areas=())), None, False) if asked.question.areas or by or period else rows
    share = (city["hits"] / city["n"]).set_axis(city["type"])
    p = rows["type"].map(share)
    keys = [name for name in rows.columns if name in (*GROUPS, "period")]
    made = rows.assign(expected=rows["n"] * p, variance=rows["n"] * p * (1 - p)).drop(columns="type")
    summed = made.groupby(keys, as_index=False).sum() if keys else made.sum().to_frame().T
    named = asked.named(summed, by)
    if period:
        named = named.assign(period=pd.to_datetime(named["period"]))
    hits, expected, n = (named[name].astype("float64") for name in ("hits", "expected", "n"))
    parts = pd.concat([hits, n - hits, n], axis=1)
    return named.drop(columns=["hits", "expected", "variance"]).assign(
        value=hits / expected.where(expected > 0), numerator=hits, denominator=expected, n=n, spread=named["variance"].astype("float64") ** 0.5,
        suppressed=False, smallest_part=parts.where(parts > 0).min(axis=1),
    )  # fmt: skip


def _counted(asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """`n` and `hits` of on time, by the number of the request `type` beside the groups and the period."""
    metric = REGISTRY["ontime_due"]
    facts = asked.facts(metric)
    assert metric.rows is not None and metric.hits is not None
    rows = and_(asked.population(facts, metric), facts.during(metric.date_field), metric.rows(facts))
    columns: list[Any] = [*asked.keys(facts, metric, by, period), facts.column("request_type_id").label("type")]
    cases = select(*columns, cast(metric.hits(facts), Integer).label("hit")).where(rows).subquery("cases")
    keys = [cases.c[column.name] for column in columns]
    counts = [cast(func.count(), Integer).label("n"), cast(func.sum(cases.c.hit), Integer).label("hits")]
    frame = asked.mart.read(select(*keys, *counts).group_by(*keys).order_by(*keys), asked.scope)
    return frame.astype({"n": "float64", "hits": "float64"})
