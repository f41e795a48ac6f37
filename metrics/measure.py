"""`measure`: one metric, one question, one viewer -> one small frame. The door every figure comes through."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Integer, and_, cast, func, select, true

from access import Viewer, scope_of
from data_access.cache import cached
from data_access.mart.reading import Mart
from metrics import composite, stock
from metrics.answer import Answer, pack, unpack
from metrics.definitions import REGISTRY
from metrics.kinds import DAY_OF, Facts, Metric
from metrics.periods import Calendar
from metrics.question import Question
from metrics.select import Asked, by_period, rolled_up
from metrics.suppression import hide_small_cells

QUANTILES = {"median": 0.5, "p90": 0.9}


def ask(mart: Mart, calendar: Calendar, question: Question, viewer: Viewer) -> Asked:
    """`question` bound to what `viewer` may see of `mart`."""
    return Asked(mart, scope_of(viewer), calendar, question)


def measure(metric_id: str, asked: Asked, *, by: str | None = None, period: bool = False) -> Answer:
    """Answer `metric_id` for what was asked, split by dimension `by` and by the question's grain if `period`.

    Groups without any case are absent; periods without any are there, with zero or null.
    """
    metric = REGISTRY[metric_id]
    parameters = [metric_id, metric.version, asked.question.parameters(), by, period]
    packed = cached("measure", asked.mart.generation, asked.scope, parameters, lambda: pack(_frame(metric, asked, by, period)))
    return Answer(metric, asked.question, unpack(packed), asked.mart.generation, by, period)


def _frame(metric: Metric, asked: Asked, by: str | None, period: bool) -> pd.DataFrame:
    if metric.kind == "composite":
        frame = composite.frame(metric, asked, by, period, measure)
    elif metric.kind == "stock" and period:
        frame = _finished(stock.series(metric, asked, by), metric, asked, by)
    elif metric.kind == "duration":
        frame = _finished(_durations(metric, asked, by, period), metric, asked, by)
    else:
        frame = _finished(_counts(metric, asked, by, period), metric, asked, by)
    if period and by is None and metric.kind != "composite":
        frame = _every_period(frame, metric, asked)
    if asked.scope.audience == "public" and by is not None:
        frame = hide_small_cells(frame, metric.unit)
    return frame


def window(metric: Metric, facts: Facts) -> Any:
    """The condition that puts a row into the question's period; a stock and a mixed metric have none."""
    return facts.during(metric.date_field) if metric.window and metric.kind != "stock" else true()


def _counts(metric: Metric, asked: Asked, by: str | None, period: bool) -> pd.DataFrame:
    """n (rows that count) and hits, by group and period."""
    facts = asked.facts(metric)
    assert metric.rows is not None
    rows = and_(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
    hits = metric.hits(facts) if metric.hits else true()
    columns = [func.count().label("n"), cast(func.sum(cast(hits, Integer)), Integer).label("hits")]
    keys = []
    if period:
        keys.append(facts.column(DAY_OF[metric.date_field]).label("day"))
    if by is not None:
        keys.append(asked.group(facts, metric, by).label("grp"))
    statement = select(*keys, *columns).where(rows)
    if keys:
        statement = statement.group_by(*[key.element for key in keys])
    if period:
        statement = by_period(statement, ["n", "hits"], by is not None, asked.question.grain, asked.calendar)
    return asked.mart.read(statement, asked.scope)


def _durations(metric: Metric, asked: Asked, by: str | None, period: bool) -> pd.DataFrame:
    """n, mean and exact quantiles (type 7) of a metric's days, by group and period."""
    facts = asked.facts(metric)
    assert metric.rows is not None and metric.days is not None
    days = metric.days(facts).label("days")
    keys = []
    if period:
        day = facts.column(DAY_OF[metric.date_field])
        keys.append(rolled_up(day, asked.question.grain, asked.calendar).label("period"))
    if by is not None:
        keys.append(asked.group(facts, metric, by).label("grp"))
    condition = and_(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
    inner = select(*keys, days).where(condition).subquery("durations")
    quantiles = [func.quantile_cont(inner.c.days, share).label(name) for name, share in QUANTILES.items()]
    outer_keys = [inner.c[key.name] for key in keys]
    statement = select(*outer_keys, func.count(inner.c.days).label("n"), func.avg(inner.c.days).label("mean"), *quantiles)
    return asked.mart.read(statement.group_by(*outer_keys) if keys else statement, asked.scope)


def _finished(frame: pd.DataFrame, metric: Metric, asked: Asked, by: str | None) -> pd.DataFrame:
    """The columns of an `Answer` from what was counted."""
    if by is not None:
        frame = asked.named(frame, by)
    if "period" in frame.columns:
        frame = frame.assign(period=pd.to_datetime(frame["period"])).sort_values([c for c in ("key", "period") if c in frame.columns])
    n = frame["n"].astype("float64").fillna(0)
    if metric.kind == "duration":
        value, numerator, denominator = frame["median"], None, n
    elif metric.kind == "share":
        numerator, denominator = frame["hits"].astype("float64").fillna(0), n
        value = numerator / denominator.where(denominator > 0)
    else:
        value, numerator, denominator = n, n, None
    made = frame.drop(columns=[c for c in ("hits",) if c in frame.columns])
    return made.assign(value=value, numerator=numerator, denominator=denominator, n=n, suppressed=False).reset_index(drop=True)


def _every_period(frame: pd.DataFrame, metric: Metric, asked: Asked) -> pd.DataFrame:
    """All periods asked for: those without a case have n = 0, and no share or duration."""
    question = asked.question
    starts = pd.to_datetime(asked.calendar.starts(question.start, question.end, question.grain))
    full = frame.set_index("period").reindex(starts.rename("period")).reset_index()
    counted = ["n", "value", "numerator"] if metric.kind in ("flow", "stock") else ["n"]
    if metric.kind == "share":
        counted = ["n", "numerator", "denominator"]
    filled = {name: full[name].astype("float64").fillna(0) for name in counted}
    return full.assign(**filled, suppressed=False)
