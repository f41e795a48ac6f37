"""Figures that are not cases: every period's value beside its target, and where each measure stands.

A value **meets** its target if it is as high as the target or higher where higher is better, as low or lower where lower is better; else it
**misses** it. There is nothing between, nothing is rounded before it is decided, and a period that is not over is not judged. How far a
value is from its target is said in the measure's own unit. The verdict of the source, where it gives one, stands beside ours and is never
counted. How many meet their target is a count of measures: percentages and ratios of different things have no mean.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from data_access.cache import cached
from metrics.answer import pack
from metrics.select import Asked

MET, MISSED, RUNNING, NO_TARGET, NO_DIRECTION, NOT_REPORTED = "met", "missed", "running", "no_target", "no_direction", "not_reported"
LAPSED = "lapsed"
STATES = (MISSED, MET, RUNNING, NO_TARGET, NO_DIRECTION, NOT_REPORTED, LAPSED)
"""What can be said of a value; `running`: its period is not over, `lapsed`: of a measure whose last figure is older than the fiscal year before the
latest one of any: nobody reports it any more, and it is not counted."""
RATES = ("percent", "share", "ratio", "seconds", "minutes", "days")
"""Units of which a part of a year is measured like the whole: the year's target holds for its quarters, months and weeks too."""
OWN, OF_YEAR = "own", "year"
"""Whose target a period is judged by: its own, or the one of its fiscal year."""
GRAINS = ("week", "month", "quarter", "fiscal_year")
"""Periods that figures come in, finest first. A quarter is one of the fiscal year."""
_MONTHS = {"month": 1, "quarter": 3, "fiscal_year": 12}
ABOUT = (
    "id", "slug", "name", "activity", "department_id", "measure_kind", "unit", "unit_label", "direction", "year_is", "definition", "source_name",
)  # fmt: skip


def listed(asked: Asked) -> pd.DataFrame:
    """The measures of the departments asked about that the viewer may see: `ABOUT`, `department` (id in addresses) and `department_label`.

    `unit_label` is what people read: the unit's own name where the source gives none. `activity`, `measure_kind` and `definition` may be null.
    """
    table = asked.mart.measures(asked.scope)
    statement = select(*(table.c[name] for name in ABOUT))
    if asked.question.department:
        statement = statement.where(table.c.department_id.in_(asked.mart.dimensions.department_ids(asked.question.department)))
    frame = asked.mart.read(statement, asked.scope)
    members = asked.mart.dimensions.departments.by_id
    own = [members[int(number)] for number in frame["department_id"]]
    frame = frame.assign(department=[member.slug for member in own], department_label=[member.name for member in own])
    texts = {name: "str" for name in frame.columns if name not in ("id", "department_id")}
    frame = frame.astype({**texts, "id": "int64", "department_id": "int64"})
    frame["unit_label"] = frame["unit_label"].fillna(frame["unit"])
    return frame.sort_values(["department_label", "name", "activity", "id"], ignore_index=True)


def valued(asked: Asked, measures: pd.DataFrame) -> pd.DataFrame:
    """Every period of `measures` (rows of `listed`) that had begun at `as_of`, with its verdict.

    Columns: `measure_id`, `grain`, `starts_on`, `ends_on` (the day after the last), `fiscal_year`, `quarter`, `value`, `target`, `target_is`
    (`OWN`, `OF_YEAR` or null), `gap` (value - target, in the measure's unit), `short` (how far the value is on the wrong side of its target:
    0 if it meets it), `state` (`STATES`), `value_raw`, `rating` and `rating_raw` (the source's verdict), `note`.
    """
    table = asked.mart.measure_values(asked.scope)
    names = ("measure_id", "grain", "starts_on", "fiscal_year", "quarter", "value", "target", "value_raw", "rating", "rating_raw", "note")
    today = asked.calendar.day_of(asked.question.as_of)
    statement = select(*(table.c[name] for name in names)).where(table.c.starts_on <= today)
    if len(measures) == 1 or asked.question.department:
        statement = statement.where(table.c.measure_id.in_([int(number) for number in measures["id"]]))
    frame = asked.mart.read(statement, asked.scope)
    kinds = {"value": "float64", "target": "float64", **dict.fromkeys(("grain", "value_raw", "rating", "rating_raw", "note"), "str")}
    frame = frame.astype({**kinds, "measure_id": "int64", "fiscal_year": "int64", "quarter": "int64"})
    frame = frame.assign(starts_on=pd.to_datetime(frame["starts_on"]))
    frame = frame.merge(measures[["id", "unit", "direction", "year_is"]], left_on="measure_id", right_on="id").drop(columns="id")
    frame = _with_targets(frame.assign(ends_on=_ends(frame)))
    if asked.question.as_of != asked.mart.as_of:
        # Of a period that was not over then, nothing was known then.
        frame["value"] = frame["value"].where(frame["ends_on"] <= pd.Timestamp(today))
    frame = _judged(frame, today)
    return frame.sort_values(["measure_id", "grain", "starts_on"], ignore_index=True).drop(columns=["unit", "direction", "year_is"])


def _ends(frame: pd.DataFrame) -> pd.Series:
    """The day after the last of each period."""
    starts = frame["starts_on"].to_numpy().astype("datetime64[D]")
    months = frame["grain"].map(_MONTHS).fillna(0).to_numpy().astype("int64")
    whole = (starts.astype("datetime64[M]") + months).astype("datetime64[D]")
    return pd.Series(np.where(months > 0, whole, starts + np.timedelta64(7, "D")).astype("datetime64[us]"), index=frame.index)


def _with_targets(frame: pd.DataFrame) -> pd.DataFrame:
    """Each period's own target, else its fiscal year's where a part of the year is measured like the whole."""
    years = frame[frame["grain"] == "fiscal_year"].drop_duplicates(["measure_id", "fiscal_year"])
    of_year = frame[["measure_id", "fiscal_year"]].merge(
        years[["measure_id", "fiscal_year", "target"]], on=["measure_id", "fiscal_year"], how="left"
    )["target"]
    of_year = of_year.set_axis(frame.index).where(frame["unit"].isin(RATES) & (frame["year_is"] != "sum"))
    target_is = pd.Series(np.where(frame["target"].notna(), OWN, np.where(of_year.notna(), OF_YEAR, None)), index=frame.index, dtype="str")
    return frame.assign(target=frame["target"].fillna(of_year), target_is=target_is)


def _judged(frame: pd.DataFrame, today: date) -> pd.DataFrame:
    value, target, direction = frame["value"], frame["target"], frame["direction"]
    over = frame["ends_on"] <= pd.Timestamp(today)
    gap = value - target
    short = np.where(direction == "higher", -gap, np.where(direction == "lower", gap, np.nan))
    short = pd.Series(short, index=frame.index, dtype="float64").clip(lower=0).where(over)
    state = np.select(
        [value.isna(), ~over, target.isna(), ~direction.isin(["higher", "lower"]), short > 0],
        [NOT_REPORTED, RUNNING, NO_TARGET, NO_DIRECTION, MISSED], MET,
    )  # fmt: skip
    return frame.assign(gap=gap, short=short, state=pd.Series(state, index=frame.index, dtype="str"))


def fiscal_years(asked: Asked) -> list[int]:
    """The fiscal years for which a measure of those asked about has a figure, latest first."""

    def found() -> list[int]:
        values = valued(asked, listed(asked))
        return sorted({int(year) for year in values["fiscal_year"][values["value"].notna()]}, reverse=True)

    return cached("measured_years", asked.mart.edition, asked.scope, asked.question.parameters(), found)


def standing(asked: Asked, year: int | None = None) -> pd.DataFrame:
    """Where each measure stands: its row of `listed` beside the latest period that can be judged, worst gap first.

    The period is the last one of the measure's latest fiscal year with a figure (or of `year`) that has a target, else the last with a
    figure; of two that end together the longer one. Measures without any figure have none and come last. `worst` orders the misses: how
    far from the target in parts of it, null where the target is zero; it is no figure to be shown or added up.
    """

    def made() -> dict[str, list[Any]]:
        return pack(_standing(asked, year))

    return _unpacked(cached("measured_standing", asked.mart.edition, asked.scope, [asked.question.parameters(), year], made))


def _standing(asked: Asked, year: int | None) -> pd.DataFrame:
    measures = listed(asked)
    values = valued(asked, measures)
    known = values[values["value"].notna()]
    over = known[known["state"] != RUNNING]
    known = pd.concat([over, known[~known["measure_id"].isin(over["measure_id"])]])
    if year is not None:
        known = known[known["fiscal_year"] == year]
    else:
        known = known[known["fiscal_year"] == known.groupby("measure_id")["fiscal_year"].transform("max")]
    rank = known.assign(can=known["state"].isin([MET, MISSED]), long=known["grain"].map({name: at for at, name in enumerate(GRAINS)}))
    last = rank.sort_values(["can", "ends_on", "long"]).drop_duplicates("measure_id", keep="last").drop(columns=["can", "long"])
    frame = measures.merge(last, left_on="id", right_on="measure_id", how="left").drop(columns="measure_id")
    frame["state"] = frame["state"].fillna(NOT_REPORTED)
    if year is None and len(known):
        frame["state"] = frame["state"].mask(frame["fiscal_year"] < known["fiscal_year"].max() - 1, LAPSED)
    worst = frame["short"].where(frame["state"] == MISSED) / frame["target"].abs().replace(0.0, np.nan)
    order = frame["state"].map({state: at for at, state in enumerate(STATES)})
    frame = frame.assign(worst=worst, order=order)
    by = ["order", "worst", "department_label", "name", "id"]
    return frame.sort_values(by, ascending=[True, False, True, True, True], ignore_index=True).drop(columns="order")


def _unpacked(packed: dict[str, list[Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(packed)
    numbers = ("value", "target", "gap", "short", "worst", "fiscal_year", "quarter")
    texts = (
        *ABOUT[1:4],
        *ABOUT[5:],
        "department",
        "department_label",
        "grain",
        "target_is",
        "state",
        "value_raw",
        "rating",
        "rating_raw",
        "note",
    )
    days = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in ("starts_on", "ends_on")}
    return frame.astype({**dict.fromkeys(numbers, "float64"), **dict.fromkeys(texts, "str")}).assign(**days)


def kept(frame: pd.DataFrame) -> tuple[int, int]:
    """(measures that meet their target, measures that can be judged) of `standing`."""
    return int((frame["state"] == MET).sum()), int(frame["state"].isin([MET, MISSED]).sum())


def by_department(frame: pd.DataFrame) -> pd.DataFrame:
    """`standing` counted: `department`, `department_label`, `missed`, `met`, `not_judged`, most misses first."""
    parts = {"missed": frame["state"] == MISSED, "met": frame["state"] == MET}
    parts["not_judged"] = ~(parts["missed"] | parts["met"])
    counted = frame[["department", "department_label"]].assign(**{name: part.astype("int64") for name, part in parts.items()})
    counted = counted.groupby(["department", "department_label"], as_index=False).sum()
    return counted.sort_values(["missed", "met", "department_label"], ascending=[False, True, True], ignore_index=True)
