"""Where the data begin. Before that nothing is known, and nothing known is not the same as nothing there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import pandas as pd
from sqlalchemy import func, select, true

from data_access.cache import cached
from metrics.kinds import Metric
from metrics.select import Asked


def first_day(asked: Asked) -> date | None:
    """The city's day of the first case that this viewer's data hold of the programmes asked about, whatever else it filters; None without any case."""
    programmes = asked.programmes()

    def earliest() -> str | None:
        spells = asked.mart.spells(asked.scope)
        of_them = true() if programmes is None else spells.c.programme_id.in_(programmes)
        found = asked.mart.read(select(func.min(spells.c.opened_at).label("first")).where(of_them), asked.scope)["first"].iloc[0]
        return None if found is None or found is pd.NaT else pd.Timestamp(found).isoformat()

    found = cached("first_day", asked.mart.edition, asked.scope, [programmes], earliest)
    return None if found is None else asked.calendar.day_of(datetime.fromisoformat(found))


def known(metric: Metric, firsts: Iterable[date], asked: Asked) -> list[bool]:
    """Whether the periods that begin on `firsts` can be told of `metric`.

    Not those before the data, nor, of a figure over time, the one in which they begin; what is open at the
    end of a period is known as soon as the data reach that end.
    """
    begins, at_end, grain = first_day(asked), metric.date_field == "as_of", asked.question.grain
    if begins is None:
        return [True for _ in firsts]
    return [asked.calendar.next_start(first, grain) > begins if at_end else first >= begins for first in firsts]


def unknown_before(frame: pd.DataFrame, metric: Metric, asked: Asked) -> pd.DataFrame:
    """`frame` (with `period`) with null for zero where the data had not begun; `n` stays what was counted."""
    firsts = list(frame["period"].unique())
    told = dict(zip(firsts, known(metric, [first.date() for first in firsts], asked), strict=True))
    hidden = ~frame["period"].map(told).astype("bool")
    if not hidden.any():
        return frame
    figures = [name for name in frame.columns if frame[name].dtype.kind == "f" and name != "n"]
    return frame.assign(**{name: frame[name].mask(hidden) for name in figures})
