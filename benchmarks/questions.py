"""What the pages ask, twice: through Statroom's doors, and of a pandas frame in memory as a Dash application usually does.

Each question answers a plain dict of numbers on both sides, so that the benchmark can also say
whether they agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.memory import Memory
from metrics.ageing import ageing
from metrics.cases import case_list
from metrics.dictionary.rules import AGE_BOUNDS
from metrics.headline import headline
from metrics.measure import measure
from metrics.select import Asked

Numbers = dict[Any, float]


@dataclass(frozen=True)
class Asking:
    """One question of one page."""

    page: str
    name: str
    ours: Callable[[Asked], Numbers]
    pandas: Callable[[Memory], Numbers]


def _series(metric: str) -> Callable[[Asked], Numbers]:
    def ask(asked: Asked) -> Numbers:
        series = headline(metric, asked).series
        return dict(zip(series["period"], series["value"], strict=True))

    return ask


def _by(metric: str, by: str, *, period: bool = False) -> Callable[[Asked], Numbers]:
    def ask(asked: Asked) -> Numbers:
        frame = measure(metric, asked, by=by, period=period).frame
        keys = zip(frame["label"], frame["period"], strict=True) if period else frame["label"]
        return dict(zip(keys, frame["value"], strict=True))

    return ask


def _ageing(asked: Asked) -> Numbers:
    frame = ageing(asked, by="department")
    return dict(zip(zip(frame["label"], frame["band"], strict=True), frame["n"].astype(float), strict=True))


def _list(of: str, sort: str) -> Callable[[Asked], Numbers]:
    def ask(asked: Asked) -> Numbers:
        page = case_list(asked, of, sort=sort, descending=True, limit=50)
        return {"total": float(page.total), **dict.fromkeys(page.frame["source_id"], 1.0)}

    return ask


def _weekly(days: pd.Series, weeks: pd.DatetimeIndex) -> pd.Series:
    """Rows per week (Monday) of a column of days."""
    return days.dt.to_period("W-SUN").dt.start_time.value_counts().reindex(weeks, fill_value=0).astype(float)


def _opened(m: Memory) -> Numbers:
    rows = m.chosen()
    rows = rows[(rows["opened_day"] >= m.weeks[0]) & (rows["opened_day"] < m.end)]
    return _weekly(rows["opened_day"], m.weeks).to_dict()


def _backlog(m: Memory) -> Numbers:
    rows = m.chosen()
    before = (rows["opened_day"] < m.weeks[0]).sum() - (rows["closed_day"] < m.weeks[0]).sum()
    opened = rows.loc[(rows["opened_day"] >= m.weeks[0]) & (rows["opened_day"] < m.end), "opened_day"]
    closed = rows.loc[(rows["closed_day"] >= m.weeks[0]) & (rows["closed_day"] < m.end), "closed_day"]
    return (before + (_weekly(opened, m.weeks) - _weekly(closed, m.weeks)).cumsum()).to_dict()


def _due(m: Memory, start: pd.Timestamp) -> pd.DataFrame:
    rows = m.chosen()
    rows = rows[(rows["due_day"] >= start) & (rows["due_day"] < m.end) & (rows["due"] <= m.as_of)]
    return rows.assign(met=rows["closed"] <= rows["due"])


def _ontime_weekly(m: Memory) -> Numbers:
    rows = _due(m, m.weeks[0])
    return rows.groupby(rows["due_day"].dt.to_period("W-SUN").dt.start_time)["met"].mean().reindex(m.weeks).to_dict()


def _ontime_matrix(m: Memory) -> Numbers:
    rows = _due(m, m.start)
    return rows.groupby(["type", rows["due_day"].dt.to_period("W-SUN").dt.start_time], observed=True)["met"].mean().to_dict()


def _ontime_by(column: str) -> Callable[[Memory], Numbers]:
    return lambda m: _due(m, m.start).groupby(column, observed=True)["met"].mean().to_dict()


def _days_by(column: str) -> Callable[[Memory], Numbers]:
    def ask(m: Memory) -> Numbers:
        rows = m.chosen()
        rows = rows[(rows["closed_day"] >= m.start) & (rows["closed_day"] < m.end)]
        days = (rows["closed"] - rows["opened"]).dt.total_seconds() / 86_400
        return days.groupby(rows[column], observed=True).median().to_dict()

    return ask


def _ages(m: Memory) -> Numbers:
    rows = m.chosen()
    rows = rows[rows["closed"].isna()]
    days = (m.as_of - rows["opened"]).dt.total_seconds() / 86_400
    names = [f"{low}-{high}" for low, high in zip(AGE_BOUNDS, AGE_BOUNDS[1:], strict=False)] + [f"{AGE_BOUNDS[-1]}+"]
    bands = pd.cut(days, [*AGE_BOUNDS, np.inf], right=False, labels=names)
    return pd.crosstab(rows["department"].astype(str), bands, dropna=False).stack().astype(float).to_dict()


def _overdue(m: Memory) -> pd.DataFrame:
    rows = m.chosen()
    return rows[rows["closed"].isna() & (rows["due"] < m.as_of)]


def _overdue_by(column: str) -> Callable[[Memory], Numbers]:
    return lambda m: _overdue(m).groupby(column, observed=True).size().astype(float).to_dict()


def _overdue_page(m: Memory) -> Numbers:
    rows = _overdue(m)
    page = rows.sort_values(["due", "case_id"]).head(50)
    return {"total": float(len(rows)), **dict.fromkeys(page["source_id"], 1.0)}


def _newest_page(m: Memory) -> Numbers:
    rows = m.chosen()
    rows = rows[(rows["opened_day"] >= m.start) & (rows["opened_day"] < m.end)]
    page = rows.sort_values(["opened", "case_id"], ascending=[False, True]).head(50)
    return {"total": float(len(rows)), **dict.fromkeys(page["source_id"], 1.0)}


QUESTIONS: tuple[Asking, ...] = (
    Asking("This week", "opened by week", _series("opened"), _opened),
    Asking("This week", "backlog by week", _series("backlog"), _backlog),
    Asking("This week", "on time by week", _series("ontime_due"), _ontime_weekly),
    Asking("This week", "overdue by department", _by("overdue_now", "department"), _overdue_by("department")),
    Asking("SLA", "on time, type x week", _by("ontime_due", "request_type", period=True), _ontime_matrix),
    Asking("Backlog", "ageing by department", _ageing, _ages),
    Asking("Backlog", "overdue list, first page", _list("overdue_now", "days_overdue"), _overdue_page),
    Asking("Departments", "on time by department", _by("ontime_due", "department"), _ontime_by("department")),
    Asking("Departments", "median days by department", _by("ttc_closed", "department"), _days_by("department")),
    Asking("Map", "on time by neighbourhood", _by("ontime_due", "neighbourhood"), _ontime_by("neighbourhood")),
    Asking("Map", "median days by district", _by("ttc_closed", "district"), _days_by("district")),
    Asking("Cases", "newest cases, first page", _list("opened", "opened_at"), _newest_page),
)
