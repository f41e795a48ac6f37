"""Where the data begin. Before that nothing is known, and nothing known is not the same as nothing there."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from sqlalchemy import func, select

from data_access.cache import cached
from metrics.kinds import Metric
from metrics.select import Asked


def first_day(asked: Asked) -> date | None:
    """The city's day of the first case that this viewer's data hold, whatever the question's filters; None without any case."""

    def earliest() -> str | None:
        spells = asked.mart.spells(asked.scope)
        found = asked.mart.read(select(func.min(spells.c.opened_at).label("first")), asked.scope)["first"].iloc[0]
        return None if found is None or found is pd.NaT else pd.Timestamp(found).isoformat()

    found = cached("first_day", asked.mart.edition, asked.scope, [], earliest)
    return None if found is None else asked.calendar.day_of(datetime.fromisoformat(found))


def is_before(metric: Metric, first: date, asked: Asked) -> bool:
    """Whether the period that begins on `first` cannot be told of `metric`: it lies before the data, for a figure over time also in part.

    What is open at the end of a period is known as soon as the data reach that end.
    """
    begins = first_day(asked)
    if begins is None:
        return False
    return asked.calendar.next_start(first, asked.question.grain) <= begins if metric.date_field == "as_of" else first < begins


def unknown_before(frame: pd.DataFrame, metric: Metric, asked: Asked) -> pd.DataFrame:
    """`frame` (with `period`) with null for zero where the data had not begun; `n` stays what was counted."""
    unknown = {first: is_before(metric, first.date(), asked) for first in frame["period"].unique()}
    hidden = frame["period"].map(unknown).astype("bool")
    if not hidden.any():
        return frame
    figures = [name for name in frame.columns if frame[name].dtype.kind == "f" and name != "n"]
    return frame.assign(**{name: frame[name].mask(hidden) for name in figures})
