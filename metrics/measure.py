"""`measure`: one metric, one question, one viewer -> one small frame. The door every figure comes through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable

import pandas as pd
from sqlalchemy import Integer, Select, and_, cast, func, select, true

from access import Viewer, scope_of
from data_access.cache import cached
from data_access.mart.reading import Mart
from metrics import by_day, composite, stock
from metrics.agreed import NOTHING_AGREED, Agreed
from metrics.answer import Answer, pack, plain, unpack
from metrics.beginning import unknown_before
from metrics.definitions import REGISTRY
from metrics.kinds import DAY_OF, Facts, Metric
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question, require_metric
from metrics.release import hidden_rows, require_released
from metrics.select import GROUPS, KEYS, Asked, By, by_period
from metrics.suppression import threshold_of
from metrics.wording import Phrase

QUANTILES = {"median": 0.5, "p90": 0.9}


def ask(mart: Mart, calendar: Calendar, question: Question, viewer: Viewer, agreed: Agreed = NOTHING_AGREED) -> Asked:
    """`question` bound to what `viewer` may see of `mart`, judged by the targets that were `agreed`."""
    return Asked(mart, scope_of(viewer), calendar, question, agreed=agreed)


def measure(metric_id: str, asked: Asked, *, by: By = None, period: bool = False) -> Answer:
    """Answer `metric_id` for what was asked, split by one dimension or two, and by the question's grain if `period`.

    Groups without any case are absent; without groups, periods without any case are there, with zero or
    null. A period before the data begin has null: nothing is known of it (`metrics.beginning`).

    Raises:
        BadQuestion: no such metric or dimension, or a figure of one instant asked for by period.
    """
    metric = REGISTRY[require_metric(metric_id)]
    dimensions = asked.dimensions(by)
    if period and not metric.by_period:
        raise BadQuestion(
            "'{label}' is a figure of one instant or one stretch; ask for it without periods, or of another day.",
            label=Phrase(metric.label),
        )
    return Answer(metric, asked.question, _shown(metric, asked, dimensions, period), asked.mart.generation, by, period)


def _shown(metric: Metric, asked: Asked, by: tuple[str, ...], period: bool) -> pd.DataFrame:
    """What this audience may see of the counts, and what can be told at all."""
    frame = _visible(metric, asked, by, period)
    return unknown_before(frame, metric, asked) if period else frame


def _visible(metric: Metric, asked: Asked, by: tuple[str, ...], period: bool) -> pd.DataFrame:
    if asked.scope.audience != "public":
        return counted(metric, asked, by, period).drop(columns=composite.SMALLEST, errors="ignore")
    require_released(metric, asked, by, period)

    def released() -> pd.DataFrame:
        frame = counted(metric, asked, by, period)
        least = frame[composite.SMALLEST] if composite.SMALLEST in frame.columns else frame["n"]
        few = least.fillna(0).between(0, threshold_of(metric.unit), inclusive="neither")
        hidden = few | pd.Series(hidden_rows(metric, asked, frame, by, period, counted), index=frame.index, dtype="bool")
        figures = [name for name in frame.columns if name not in (*KEYS, "suppressed", composite.SMALLEST)]
        cleared = {name: frame[name].astype("float64").mask(hidden) for name in figures}
        return frame.assign(**cleared, suppressed=hidden).drop(columns=composite.SMALLEST, errors="ignore")

    return _cached("shown", metric, asked, by, period, released)


def counted(metric: Metric, asked: Asked, by: By = None, period: bool = False) -> pd.DataFrame:
    """The answer's frame with nothing hidden: for figures made of figures, never for a reader.

    Rows are in the order of their keys, so that equal answers are equal to the byte.
    """

    def ordered() -> pd.DataFrame:
        frame = _counted(metric, asked, by, period)
        frame = _every_period(frame, metric, asked) if period and not by else frame
        keys = [name for name in KEYS if name in frame.columns]
        return frame.sort_values(keys, ignore_index=True) if keys else frame

    return _cached("counted", metric, asked, by, period, ordered)


def _cached(name: str, metric: Metric, asked: Asked, by: By, period: bool, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    parameters = [metric.id, metric.version, metric.owner, asked.question.parameters(), by, period]
    key = repr([name, parameters])
    if asked.memory is not None and key in asked.memory:
        return asked.memory[key]
    made: list[pd.DataFrame] = []

    def packed() -> dict[str, list[Any]]:
        made.append(plain(compute()))
        return pack(made[0])

    kept = cached(name, asked.mart.edition, asked.scope, parameters, packed)
    frame = made[0] if made else unpack(kept)
    if asked.memory is not None:
        asked.memory[key] = frame
    return frame


def _counted(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    if metric.kind == "composite":
        return composite.frame(metric, asked, by, period, counted)
    if metric.kind == "stock" and period:
        return _finished(stock.series(metric, asked, by), metric, asked, by)
    if metric.kind == "duration":
        return _finished(_durations(metric, asked, by, period), metric, asked, by)
    if metric.kind == "share" and not metric.window:
        return _finished(_mixed(metric, asked, by, period), metric, asked, by)
    return _finished(_counts(metric, asked, by, period), metric, asked, by)


def window(metric: Metric, facts: Facts) -> Any:
    """The condition that puts a row into the question's period; a stock and a mixed metric have none."""
    return facts.during(metric.date_field) if metric.window and metric.kind != "stock" else true()


def _counts(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """n (rows that count) and hits, by group and period."""
    if (statement := by_day.counts(metric, asked, by, period)) is None:
        statement = _counted_on_cases(metric, asked, by, period)
    if period:
        groups = [name for name, _ in zip(GROUPS, asked.dimensions(by), strict=False)]
        statement = by_period(statement, ["n", "hits"], groups, asked.question.grain, asked.calendar)
        return asked.mart.read(statement, asked.scope, numbers=True)
    return asked.mart.read(statement, asked.scope)


def _counted_on_cases(metric: Metric, asked: Asked, by: By, period: bool) -> Select:
    facts = asked.facts(metric)
    assert metric.rows is not None
    rows = and_(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
    hits = metric.hits(facts) if metric.hits else true()
    columns = [func.count().label("n"), cast(func.sum(cast(hits, Integer)), Integer).label("hits")]
    groups = asked.groups(facts, metric, by)
    keys = [facts.column(DAY_OF[metric.date_field]).label("day"), *groups] if period else groups
    statement = select(*keys, *columns).where(rows)
    return statement.group_by(*[key.element for key in keys]) if keys else statement


def _mixed(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """A share of a flow and a stock: what is dated in the period and what is open now; by period, all of the latter every time again."""
    rules = metric.rows
    assert rules is not None
    flow = _counts(replace(metric, window=True), asked, by, period)
    standing = _counts(replace(metric, only_open=True, rows=lambda f: and_(rules(f), f.is_open)), asked, by, False)
    if period:
        starts = asked.calendar.starts(asked.question.start, asked.question.end, asked.question.grain)
        standing = standing.merge(pd.DataFrame({"period": starts}), how="cross")
        flow, standing = (part.assign(period=pd.to_datetime(part["period"])) for part in (flow, standing))
    keys = [name for name in (*GROUPS, "period") if name in standing.columns]
    both = pd.concat([flow, standing]).astype({"n": "float64", "hits": "float64"})
    return both.groupby(keys, as_index=False)[["n", "hits"]].sum() if keys else both.sum().to_frame().T


def _durations(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """n, mean and exact quantiles (type 7) of a metric's days, by group and period."""
    facts = asked.facts(metric)
    assert metric.rows is not None and metric.days is not None
    keys = asked.keys(facts, metric, by, period)
    condition = and_(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
    inner = select(*keys, metric.days(facts).label("days")).where(condition).subquery("durations")
    quantiles = [func.quantile_cont(inner.c.days, share).label(name) for name, share in QUANTILES.items()]
    outer_keys = [inner.c[key.name] for key in keys]
    statement = select(*outer_keys, func.count(inner.c.days).label("n"), func.avg(inner.c.days).label("mean"), *quantiles)
    return asked.mart.read(statement.group_by(*outer_keys) if keys else statement, asked.scope)


def grouped(metric: Metric, asked: Asked, by: By) -> pd.DataFrame:
    """What a flow, stock or share counted by period and group, as bare numbers: `period`, `grp`, `grp_2`, `n` and, but of a stock, `hits`.

    For figures made of hundreds of groups, which need no names yet; nothing is hidden and no empty period added.
    """
    return stock.series(metric, asked, by) if metric.kind == "stock" else _counts(metric, asked, by, True)


def _finished(frame: pd.DataFrame, metric: Metric, asked: Asked, by: By) -> pd.DataFrame:
    """The columns of an `Answer` from what was counted."""
    frame = asked.named(frame, by)
    if "period" in frame.columns:
        frame = frame.assign(period=pd.to_datetime(frame["period"]))
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
    if metric.unit == "share":
        counted = ["n", "numerator", "denominator"]
    filled = {name: full[name].astype("float64").fillna(0) for name in counted}
    return full.assign(**filled, suppressed=False)
