"""The weekly view of a figure: this week, the week before, the same week last year, and the way there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Sequence

import pandas as pd
from sqlalchemy import and_, func, select

from data_access.cache import cached
from metrics.beginning import known
from metrics.compare import LEAST_BASE, Change, change
from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.periods import SAME_WEEK_LAST_YEAR
from metrics.ranking import LEAST_N
from metrics.select import Asked

SPARKLINE_WEEKS = 26


@dataclass(frozen=True)
class Headline:
    """One tile: the value of the last complete week (or at its end), its comparisons and its recent weeks."""

    metric: Metric
    value: float | None
    n: float
    previous: Change
    last_year: Change
    previous_known: bool
    last_year_known: bool
    """Whether the data reach back so far."""
    series: pd.DataFrame
    """`period`, `value` of the last weeks; null where the data had not begun."""


def headlines(metric_ids: Sequence[str], asked: Asked) -> list[Headline]:
    """The tiles of one view; what several of them are made of is counted once."""
    together = asked.remembering()
    return [headline(metric_id, together) for metric_id in metric_ids]


def headline(metric_id: str, asked: Asked) -> Headline:
    """The tile of `metric_id` for the last complete week of the question's period.

    One weekly series of 53 weeks answers the value, both comparisons and the sparkline.
    """
    metric = REGISTRY[metric_id]
    question = asked.question
    start, end = asked.last_week()
    long = question.about(start=start - SAME_WEEK_LAST_YEAR, end=end, grain="week")
    series = measure(metric_id, asked.about(long), period=True).frame
    values = series.set_index("period")["value"]
    now, before, year_ago = (
        _at(values, pd.Timestamp(start) - shift) for shift in (pd.Timedelta(0), pd.Timedelta(days=7), SAME_WEEK_LAST_YEAR)
    )
    n = series.set_index("period")["n"].get(pd.Timestamp(start), 0.0)
    recent = series[["period", "value"]].tail(SPARKLINE_WEEKS).reset_index(drop=True)
    counted = series.set_index("period")["n"]
    compared = known(metric, [start - timedelta(days=7), start - SAME_WEEK_LAST_YEAR], asked.about(long))
    previous, last_year = (
        _compared(metric, now, then, n, counted.get(pd.Timestamp(start) - shift, 0.0))
        for then, shift in ((before, pd.Timedelta(days=7)), (year_ago, SAME_WEEK_LAST_YEAR))
    )
    return Headline(metric, now, float(n), previous, last_year, *compared, recent)


def _compared(metric: Metric, now: float | None, then: float | None, n: float, n_then: float) -> Change:
    """Two weeks against each other; a share of fewer than `LEAST_N` cases is compared with nothing."""
    if metric.unit == "share" and min(n, n_then) < LEAST_N:
        return change(None, None)
    return change(now, then, metric.direction, 0.0 if metric.unit == "share" else LEAST_BASE)


def _at(values: pd.Series, period: pd.Timestamp) -> float | None:
    value = values.get(period)
    return None if value is None or value != value else float(value)


@dataclass(frozen=True)
class RunningWeek:
    """A week that is not over: `now` and `before` (cases or closings until the same point of the week before), and how an address says which."""

    metric: str
    now: int
    before: int
    first: date
    """Its first day."""
    until: datetime
    """How far it goes, on the city's clock."""
    this: dict[str, str]
    last: dict[str, str]


def running_week(metric_id: str, asked: Asked) -> RunningWeek | None:
    """A flow in the week that runs at the question's `as_of`, beside the last one up to the same local day and time; None as a week begins."""
    calendar, as_of = asked.calendar, asked.question.as_of
    first = calendar.start_of(calendar.day_of(as_of), "week")
    if as_of <= calendar.midnight(first):
        return None
    parameters = [metric_id, REGISTRY[metric_id].version, asked.question.parameters()]
    found = cached("running_week", asked.mart.edition, asked.scope, parameters, lambda: week_to_date(metric_id, asked))
    start, end = calendar.same_point(as_of)
    # What happened at the very end of a span is not in it.
    ends = [instant - timedelta(microseconds=1) for instant in (as_of, end)]
    this, last = (
        {"from": day.isoformat(), "to": (day + timedelta(weeks=1)).isoformat(), "as_of": instant.isoformat() + "Z"}
        for day, instant in zip((first, calendar.day_of(start)), ends, strict=True)
    )
    now, before = (int(found[name]) for name in ("current_to_date", "previous_same_point"))
    return RunningWeek(metric_id, now, before, first, calendar.local(as_of), this, last)


def week_to_date(metric_id: str, asked: Asked) -> dict[str, float]:
    """The running week so far, last week up to the same local time, and last week whole (flows only)."""
    calendar, as_of = asked.calendar, asked.question.as_of
    start = calendar.midnight(calendar.start_of(calendar.day_of(as_of), "week"))
    before_start, before_end = calendar.same_point(as_of)
    spans = {
        "current_to_date": (start, as_of),
        "previous_same_point": (before_start, before_end),
        "previous_full_week": (before_start, start),
    }
    metric, facts = REGISTRY[metric_id], asked.facts()
    assert metric.rows is not None
    at = facts.column(metric.date_field)
    made = {}
    for name, (begin, end) in spans.items():
        rows = and_(asked.population(facts, metric), metric.rows(facts), at >= begin, at < end)
        made[name] = float(asked.mart.read(select(func.count()).select_from(facts.spell).where(rows), asked.scope).iloc[0, 0])
    return made
