"""A department's cases in the periods of one of its figures that are not cases: how many fell due on time, and what lay open at the end."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pandas as pd

from metrics.measure import measure
from metrics.periods import Grain
from metrics.question import LONGEST_DAYS
from metrics.select import Asked


def grain_of(asked: Asked, grain: str) -> Grain:
    """The periods cases are counted in beside a figure of `grain`: months where the city's fiscal quarters are not the calendar's."""
    if grain == "quarter" and asked.calendar.fiscal_year_start % 3 != 1:
        return "month"
    return next((name for name in get_args(Grain) if name == grain), "month")


def beside(asked: Asked, department: str, grain: str, starts: date, ends: date) -> pd.DataFrame:
    """`period`, `on_time` (share of the cases that fell due), `due` (how many those are), `backlog` (open at the period's end) of `[starts, ends)`.

    A running period is left out: its share is not final, and its end has not come.
    """
    today = asked.calendar.day_of(asked.question.as_of)
    by = grain_of(asked, grain)
    end = min(ends, asked.calendar.start_of(today, by))
    first = max(starts, date.fromordinal(max(1, end.toordinal() - LONGEST_DAYS)))
    if first >= end:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in ("period", "on_time", "due", "backlog")})
    about = asked.about(asked.question.about(start=first, end=end, grain=by, department=(department,)))
    due = measure("ontime_due", about, period=True).frame
    backlog = measure("backlog", about, period=True).frame
    made = due[["period", "value", "n"]].rename(columns={"value": "on_time", "n": "due"})
    return made.merge(backlog[["period", "value"]].rename(columns={"value": "backlog"}), on="period", how="left")
