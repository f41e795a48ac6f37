"""The contact centre's figures: calls offered, answered, given up, how long they waited, and whether they settled anything.

`contacts(asked, by=..., period=...)` gives a tidy frame with every figure of `metrics.contact_dictionary` and the counts it is made of;
`hour_of_week(asked)` the week's hours; `weekly(asked)` complete weeks with their signals. The question's period, department and `as_of` count;
filters of cases say nothing of calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, select

from data_access.cache import cached
from metrics import xmr
from metrics.answer import pack
from metrics.contact_dictionary import DICTIONARY
from metrics.measure import measure
from metrics.measured_signals import Judgement, judge
from metrics.select import Asked

DIMENSIONS = ("queue", "language", "weekday", "hour")
LEAST = 20
"""Contacts below which a share says nothing."""
HOURS_A_WEEK = 168


@dataclass(frozen=True)
class Contacts:
    """Who and what is asked about, beside the question: queues and languages by name; empty for all."""

    queues: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


ALL = Contacts()


def _sums(table: Any) -> dict[str, ColumnElement[Any]]:
    """The counts figures are made of. Each numerator has a denominator of the hours in which it is counted."""
    c = table.c

    def where(*known: Any) -> Any:
        return and_(*(column.is_not(None) for column in known))

    def added(column: Any, *known: Any) -> Any:
        return func.sum(case((where(column, *known), column)))

    short = c.abandoned_short
    return {
        "offered": func.sum(c.offered), "answered": func.sum(c.answered), "abandoned": added(c.abandoned), "offered_gone": added(c.offered, c.abandoned),
        "abandoned_long": func.sum(case((where(c.abandoned, short), c.abandoned - short))), "offered_long": func.sum(case((where(c.abandoned, short), c.offered - short))),
        "wait_seconds": added(c.wait_seconds), "answered_waited": added(c.answered, c.wait_seconds), "in_time": added(c.answered_in_time),
        "offered_timed": func.sum(case((where(c.answered_in_time), c.offered - func.coalesce(short, 0)))), "offered_all_timed": added(c.offered, c.answered_in_time),
        "answered_timed": added(c.answered, c.answered_in_time), "handle_seconds": added(c.handle_seconds), "answered_handled": added(c.answered, c.handle_seconds),
        "handle_staffed": added(c.handle_seconds, c.staffed_seconds), "staffed_seconds": added(c.staffed_seconds, c.handle_seconds),
        "resolved_first": added(c.resolved_first, c.resolution_known), "resolution_known": added(c.resolution_known), "threshold_seconds": func.max(c.threshold_seconds),
        "threshold_least": func.min(c.threshold_seconds), "short_seconds": func.max(c.short_seconds),
    }  # fmt: skip


def _read(asked: Asked, of: Contacts, by: tuple[str, ...], start: date, end: date, *, by_day: bool = False) -> pd.DataFrame:
    """Sums by `by` (columns of the mart) and, with `by_day`, by the city's day, of `[start, end)` as known at `as_of`."""

    def made() -> dict[str, list[Any]]:
        table = asked.mart.contact_intervals(asked.scope)
        keys = [table.c[name].label(name) for name in by] + ([table.c.starts_on.label("day")] if by_day else [])
        conditions = [table.c.starts_on >= start, table.c.starts_on < end, table.c.starts_at < asked.question.as_of]
        if asked.question.department:
            conditions.append(table.c.department_id.in_(asked.mart.dimensions.department_ids(asked.question.department)))
        conditions += [table.c.queue.in_(of.queues)] if of.queues else []
        conditions += [table.c.language.in_(of.languages)] if of.languages else []
        statement = select(*keys, *(column.label(name) for name, column in _sums(table).items())).where(*conditions)
        if keys:
            statement = statement.group_by(*(key.element for key in keys)).order_by(*(key.element for key in keys))
        frame = asked.mart.read(statement, asked.scope)
        return pack(frame.assign(**({"day": pd.to_datetime(frame["day"]).astype("datetime64[us]")} if by_day else {})))

    parameters = [asked.question.parameters(), list(of.queues), list(of.languages), list(by), start.isoformat(), end.isoformat(), by_day]
    frame = pd.DataFrame(cached("contacts", asked.mart.edition, asked.scope, parameters, made))
    figures = {name: "float64" for name in frame.columns if name not in (*by, "day")}
    return frame.astype(figures).assign(**({"day": pd.to_datetime(frame["day"])} if by_day else {}))


def _figures(frame: pd.DataFrame) -> pd.DataFrame:
    """The sums with every figure of the dictionary; null where there is nothing to divide by or it is not counted."""
    made = {}
    for figure in DICTIONARY:
        if figure.of:
            made[figure.id] = frame[figure.hits] / frame[figure.of].where(frame[figure.of] > 0)
    return frame.assign(**made)


def contacts(asked: Asked, of: Contacts = ALL, *, by: str = "", period: bool = False) -> pd.DataFrame:
    """Every figure of the question's period: one row, or one for each value of `by` (`key`) and each of its periods (`period`).

    Columns: `key` with `by`, `period` (first day) with `period`, the figures of `contact_dictionary.DICTIONARY` by their id and the counts they
    are made of. A figure that the source does not give is null. Without contacts: no row with `by`, else one row of nulls.
    """
    assert not by or by in DIMENSIONS
    question = asked.question
    frame = _read(asked, of, (by,) if by else (), question.start, question.end, by_day=period)
    if period:
        starts = [asked.calendar.start_of(day.date(), question.grain) for day in frame["day"]]
        frame = frame.assign(period=pd.to_datetime(pd.Series(starts, index=frame.index, dtype="object")))
        frame = _added(frame.drop(columns="day"), [*([by] if by else []), "period"])
    return _figures(frame.rename(columns={by: "key"}) if by else frame)


def _added(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    limits = {"threshold_seconds": "max", "threshold_least": "min", "short_seconds": "max"}
    counts = [name for name in frame.columns if name not in (*keys, *limits)]
    groups = frame.groupby(keys, as_index=False)
    return groups[counts].sum(min_count=1).merge(groups[list(limits)].agg(limits), on=keys)


def hour_of_week(asked: Asked, of: Contacts = ALL) -> pd.DataFrame:
    """Each hour of the week: `weekday` (0 Monday), `hour`, its figures, `offered_mean` (calls in such an hour, on average over the weeks of the
    period) and `erlangs` (that many people are talking at once on average: calls an hour x their mean handling time in hours; null where
    handling is not counted).
    """
    frame = _figures(_read(asked, of, ("weekday", "hour"), asked.question.start, asked.question.end))
    last = asked.calendar.day_of(asked.question.as_of)
    days = pd.date_range(asked.question.start, min(asked.question.end, last + timedelta(days=1)), inclusive="left")
    hours = pd.Series(days.day_of_week).value_counts().rename("days")
    frame = frame.merge(hours, left_on="weekday", right_index=True, how="left")
    mean = frame["offered"] / frame["days"]
    return frame.assign(offered_mean=mean, erlangs=mean * frame["handle_time"] / 3_600)


@dataclass(frozen=True)
class Weekly:
    """Complete weeks of one figure, judged."""

    frame: pd.DataFrame
    """`period` and the columns of `contacts`; weeks without a contact are missing values."""
    judgement: Judgement


def weekly(asked: Asked, figure: str, of: Contacts = ALL) -> Weekly:
    """The complete weeks of the question's period, and at least as many before as a baseline and one week need, judged by `metrics.xmr`.

    A week of fewer than `LEAST` contacts gives no share.
    """
    _, end = asked.last_week()
    least = pd.Timestamp(end) - pd.Timedelta(weeks=xmr.BASELINE_POINTS + 1)
    start = min(asked.calendar.start_of(asked.question.start, "week"), least.date())
    about = asked.about(asked.question.about(start=start, end=end, grain="week"))
    frame = contacts(about, of, period=True)
    weeks = pd.Series(pd.to_datetime(asked.calendar.starts(start, end, "week")), name="period")
    frame = (
        frame.assign(period=pd.to_datetime(frame["period"]).astype("datetime64[us]"))
        .set_index("period")
        .reindex(weeks.astype("datetime64[us]"))
        .reset_index()
    )
    values = frame[figure].where((frame["offered"] >= LEAST) | (figure in ("offered", "answered"))).to_numpy("float64")
    # What was before the first contact is not known, rather than none.
    return Weekly(frame.assign(**{figure: values}), judge(values, "week"))


def per_answered_call(asked: Asked, of: Contacts = ALL) -> tuple[float | None, int, int]:
    """(cases opened by phone for each answered call, those cases, answered calls) of the question's period; None without calls."""
    cases = int(measure("opened", asked.about(asked.question.about(channel=("phone",), case_class=(), department=()))).value or 0)
    answered = contacts(asked, of)["answered"].iloc[0]
    if np.isnan(answered) or answered == 0:
        return None, cases, 0
    return cases / float(answered), cases, int(answered)


def choices(asked: Asked, dimension: str) -> list[str]:
    """The queues or languages there are, by name."""
    table = asked.mart.contact_intervals(asked.scope)
    frame = asked.mart.read(select(table.c[dimension].label("name")).group_by(table.c[dimension]), asked.scope)
    return sorted(str(name) for name in frame["name"].dropna())
