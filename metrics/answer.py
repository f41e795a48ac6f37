"""What a measured question gives back: a small tidy frame and what is needed to explain it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from metrics.kinds import Metric
from metrics.question import Question
from metrics.select import KEYS, By
from metrics.wording import N_

WITHHELD = N_("not published: the number is small, or a small one would follow from it")


@dataclass(frozen=True)
class Answer:
    """One metric's answer.

    `frame` has, as asked, `key` and `label` of the group (`key_2` and `label_2` of the second
    dimension), `period` (first day), and always
    `value` (in the metric's unit; null = cannot be given), `numerator`, `denominator`, `n`
    (how many cases stand behind it) and `suppressed`; durations add `median`, `p90`, `mean`.
    """

    metric: Metric
    question: Question
    frame: pd.DataFrame
    generation: int
    by: By = None
    period: bool = False

    @property
    def value(self) -> float | None:
        """The one value of an answer without groups and periods; None = cannot be given."""
        return _plain(self.frame["value"].iloc[0]) if len(self.frame) else None

    @property
    def numerator(self) -> float | None:
        return _plain(self.frame["numerator"].iloc[0]) if len(self.frame) else None

    @property
    def denominator(self) -> float | None:
        return _plain(self.frame["denominator"].iloc[0]) if len(self.frame) else None

    @property
    def n(self) -> int:
        """How many cases stand behind the whole answer."""
        return int(self.frame["n"].sum())

    @property
    def reason(self) -> str | None:
        """Why there is no value, for the reader; None where there is one."""
        if self.value is not None:
            return None
        if self.metric.needs:
            return f"not known: it needs {self.metric.needs} in this period"
        if self.frame["suppressed"].any():
            return WITHHELD
        return {
            "share": "no case to judge in this period",
            "duration": "no case closed in this period",
        }.get(self.metric.kind, "nothing to divide by in this period")


def _plain(value: Any) -> float | None:
    return None if value is None or value is pd.NA or value != value else float(value)


def pack(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """`frame` as JSON values, for the cache."""
    return {str(name): _packed(frame[name]) for name in frame.columns}


def _packed(column: pd.Series) -> list[Any]:
    # Most columns are floats, whose missing values JSON writes as null by itself, or have none missing.
    if column.dtype.kind in "fbiu" or (column.dtype == "str" and column.notna().all()):
        return column.tolist()
    if column.dtype.kind == "M" and column.notna().all():
        return np.datetime_as_string(column.to_numpy(), unit="s").tolist()
    values = column.astype(object).where(column.notna(), None).tolist()
    return [v.isoformat() if isinstance(v, (date, datetime)) else getattr(v, "item", lambda v=v: v)() for v in values]


def unpack(packed: dict[str, list[Any]]) -> pd.DataFrame:
    """The frame that `pack` packed."""
    return plain(pd.DataFrame(packed))


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the types of an answer: keys text, periods days, figures numbers, whether it was kept or is new."""
    kinds = {name: "str" if name in KEYS else "bool" if name == "suppressed" else "float64" for name in frame.columns}
    if "period" in frame.columns:
        kinds["period"] = "datetime64[us]"
        frame = frame.assign(period=pd.to_datetime(frame["period"]))
    return frame.astype(kinds)
