"""One figure that is not cases over time: every period with its gap or the reason for one, its years, and whether it really changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics import measured, xmr
from metrics.measured_signals import Judgement, judge
from metrics.question import BadQuestion
from metrics.select import Asked

NO_ROW, NO_FIGURE, NO_NUMBER, NOT_OVER = "no_row", "no_figure", "no_number", "not_over"
"""Why a period has no value: its source has no row of it, a row without a figure, a figure that is no number, or it is not over."""
FROM_SOURCE, ADDED, INCOMPLETE, NEVER_ADDED = "source", "added", "incomplete", "never_added"
"""Where a year's figure comes from, or why there is none: not all of its periods are known, or it is not made of them by adding up."""
MOST_PERIODS = 520


@dataclass(frozen=True)
class Series:
    """One measure in one grain."""

    about: dict[str, Any]
    """Its row of `measured.listed`; missing texts are None."""
    grain: str
    grains: tuple[str, ...]
    """Those it has figures in, finest first."""
    frame: pd.DataFrame
    """Columns of `measured.valued`, one row a period without a hole from the first to the last that its source names; `why` says why there is no value, `because` what the source says of it."""
    judgement: Judgement
    years: pd.DataFrame
    """`fiscal_year`, `value`, `target`, `gap`, `state`, `made` (`FROM_SOURCE` ..), `periods` (known of a year's `of`)."""


def series(asked: Asked, department: str, slug: str, grain: str = "") -> Series:
    """The measure `slug` of `department`, in `grain`: its finest where none is named.

    Raises:
        BadQuestion: there is no such measure, or it is not open to this viewer, or it has no figure in that grain.
    """
    narrowed = asked.about(asked.question.about(department=()))
    measures = measured.listed(narrowed)
    found = measures[(measures["department"] == department) & (measures["slug"] == slug)]
    if found.empty:
        raise BadQuestion("There is no such figure, or it is not open to you.")
    about = {name: None if isinstance(value, float) and value != value else value for name, value in found.iloc[0].to_dict().items()}
    values = measured.valued(narrowed, found)
    grains = tuple(
        name for name in measured.GRAINS if (values["grain"] == name).any() and values["value"][values["grain"] == name].notna().any()
    )
    grains = grains or tuple(name for name in measured.GRAINS if (values["grain"] == name).any())
    if grain and grain not in grains:
        raise BadQuestion("This figure is not reported by {grain}.", grain=grain.replace("_", " "))
    chosen = grain or (grains[0] if grains else "fiscal_year")
    frame = _without_holes(values[values["grain"] == chosen], pd.Timestamp(asked.calendar.day_of(asked.question.as_of)))
    judgement = judge(frame["value"].where(frame["state"] != measured.RUNNING).to_numpy("float64"), chosen)
    return Series(about, chosen, grains, frame, judgement, _years(values, str(about["year_is"]), str(about["direction"])))


def _without_holes(values: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """`values` of one grain with a row for each period between the first and the last, and why a value is missing."""
    frame = values.sort_values("starts_on", ignore_index=True).assign(is_there=True)
    if len(frame) > 1:
        grain = frame["grain"].iloc[0]
        step = {"week": "7D", "month": "MS", "quarter": pd.DateOffset(months=3), "fiscal_year": pd.DateOffset(years=1)}[grain]
        starts = pd.date_range(frame["starts_on"].iloc[0], frame["starts_on"].iloc[-1], freq=step).astype("datetime64[us]")
        # A mistyped year far away would make a line of thousands of holes.
        if len(starts) <= MOST_PERIODS and set(frame["starts_on"]) <= set(starts):
            frame = frame.set_index("starts_on").reindex(starts.rename("starts_on")).reset_index()
            frame["grain"] = grain
    missing = frame["value"].isna()
    there = frame["is_there"].fillna(False).astype(bool)
    why = np.select([~missing, ~there, frame["value_raw"].notna()], ["", NO_ROW, NO_NUMBER], NO_FIGURE)
    why = np.where(missing & there & (frame["ends_on"] > today), NOT_OVER, why)
    frame = frame.assign(
        why=pd.Series(why, index=frame.index, dtype="str"), because=frame["note"].fillna(frame["value_raw"].where(missing))
    )
    frame["state"] = frame["state"].fillna(measured.NOT_REPORTED)
    return frame.drop(columns="is_there")


def _years(values: pd.DataFrame, year_is: str, direction: str) -> pd.DataFrame:
    rows = []
    for year, mine in values.groupby("fiscal_year"):
        whole = mine[mine["grain"] == "fiscal_year"]
        parts = [mine[mine["grain"] == name] for name in ("quarter", "month", "week")]
        part = next((frame for frame in parts if frame["value"].notna().any()), parts[0])
        known, needed = int(part["value"].notna().sum()), _needed(part)
        target = whole["target"].iloc[0] if len(whole) else np.nan
        value, made, state = np.nan, NEVER_ADDED, measured.NOT_REPORTED
        if len(whole) and pd.notna(whole["value"].iloc[0]):
            value, made, state = float(whole["value"].iloc[0]), FROM_SOURCE, str(whole["state"].iloc[0])
        elif year_is == "sum":
            made = ADDED if known == needed and not part["state"].eq(measured.RUNNING).any() else INCOMPLETE
            if made == ADDED:
                value = float(part["value"].sum())
                target = target if pd.notna(target) else part["target"].sum(min_count=needed)
                state = _state(value, target, direction)
        rows.append((int(year), value, target, value - target, state, made, known, needed))
    columns = ["fiscal_year", "value", "target", "gap", "state", "made", "periods", "of"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:4], "float64"))


def _needed(part: pd.DataFrame) -> int:
    """How many periods such as these a year has."""
    grain = part["grain"].iloc[0] if len(part) else "quarter"
    return {"quarter": 4, "month": 12, "week": 52}[grain] if grain != "week" else max(52, len(part))


def _state(value: float, target: float, direction: str) -> str:
    if pd.isna(target):
        return measured.NO_TARGET
    if direction not in ("higher", "lower"):
        return measured.NO_DIRECTION
    return measured.MISSED if (value < target if direction == "higher" else value > target) else measured.MET


def assurance(of: Series) -> str | None:
    """Whether the process as it is will meet its latest target (`xmr.assurance`); None without limits, target or direction, or of a season."""
    limits, targets = of.judgement.limits, of.frame["target"].dropna()
    if limits is None or targets.empty or of.judgement.is_seasonal or of.about["direction"] not in ("higher", "lower"):
        return None
    return xmr.assurance(limits, float(targets.iloc[-1]), of.about["direction"])
