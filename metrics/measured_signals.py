"""Whether a figure that is not cases really changed: the rules of `metrics.xmr`, over its months, quarters, weeks or years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data_access.cache import cached
from metrics import xmr
from metrics.answer import pack
from metrics.measured import RUNNING, listed, valued
from metrics.select import Asked
from metrics.signals import is_seasonal, without_exceptions

PERIODS_A_YEAR = {"week": 52, "month": 12}
"""Of grains fine enough to see a season in."""
TOO_SHORT, QUIET, SIGNAL = "too_short", "quiet", "signal"


@dataclass(frozen=True)
class Judgement:
    """One series judged: arrays have one entry a period."""

    judged: np.ndarray
    """What the rules are put to: the value, or with a season its difference to the year before."""
    is_seasonal: bool
    points: int
    """Values that can be judged."""
    limits: xmr.Limits | None
    """None under `xmr.LEAST_POINTS` values; from the first twelve of them."""
    broken: np.ndarray
    """Rules in the order of `xmr.RULES` x periods."""
    state: str
    """Of the last period with a value: `TOO_SHORT`, `QUIET` or `SIGNAL`."""
    sign: int
    """Of a signal: on which side of what was expected it lies, 1 above, -1 below; else 0."""


def judge(values: np.ndarray, grain: str) -> Judgement:
    """Judge one series; nan where a period has no value, which the rules pass over."""
    return many(values[None, :], grain)[0]


def many(values: np.ndarray, grain: str) -> list[Judgement]:
    """Judge many series at once: series x periods."""
    judged = values.copy()
    year = PERIODS_A_YEAR.get(grain)
    seasonal = np.zeros(len(values), dtype=bool)
    if year is not None and values.shape[1] >= 2 * year + xmr.LEAST_POINTS:
        seasonal = is_seasonal(_ended(values), year)
        before = np.full_like(values, np.nan)
        before[:, year:] = values[:, :-year]
        judged[seasonal] = values[seasonal] - without_exceptions(before[seasonal])
    result = xmr.judged(judged)
    known = (~np.isnan(judged)).sum(axis=1)
    return [_one(judged[row], bool(seasonal[row]), int(known[row]), result, row) for row in range(len(values))]


def _ended(values: np.ndarray) -> np.ndarray:
    """Every series moved so that its last value is in the last column."""
    made = np.full_like(values, np.nan)
    for row, known in enumerate(~np.isnan(values)):
        end = int(np.flatnonzero(known)[-1]) + 1 if known.any() else 0
        made[row, values.shape[1] - end :] = values[row, :end]
    return made


def _one(judged: np.ndarray, seasonal: bool, known: int, result: xmr.Judged, row: int) -> Judgement:
    limits, broken = result.limits(row), result.broken[:, row]
    at = np.flatnonzero(~np.isnan(judged))
    state, sign = (TOO_SHORT, 0) if limits is None else (QUIET, 0)
    if limits is not None and len(at) and broken[:, at[-1]].any():
        state, sign = SIGNAL, 1 if judged[at[-1]] > limits.mean else -1
    return Judgement(judged, seasonal, known, limits, broken, state, sign)


def latest(values: pd.DataFrame) -> pd.DataFrame:
    """What the last period of each measure says: `measure_id`, `signal` (`TOO_SHORT`, `QUIET`, `SIGNAL`), `sign`, `points`, `grain`.

    `values`: columns of `measured.valued`; each measure is judged in the grain it has most figures in.
    """
    known = values[values["value"].notna() & (values["state"] != RUNNING)]
    counts = known.groupby(["measure_id", "grain"], as_index=False).size().sort_values("size")
    chosen = counts.drop_duplicates("measure_id", keep="last")[["measure_id", "grain"]]
    mine = known.merge(chosen, on=["measure_id", "grain"])
    made = []
    for grain, rows in mine.groupby("grain"):
        wide = rows.pivot(index="measure_id", columns="starts_on", values="value")
        found = many(wide.to_numpy("float64"), str(grain))
        made += [(int(key), one.state, one.sign, one.points, str(grain)) for key, one in zip(wide.index, found, strict=True)]
    return pd.DataFrame(made, columns=["measure_id", "signal", "sign", "points", "signal_grain"])


def standing(asked: Asked) -> pd.DataFrame:
    """`latest` for the measures asked about, kept between questions."""

    def made() -> dict[str, list[Any]]:
        return pack(latest(valued(asked, listed(asked))))

    frame = pd.DataFrame(cached("measured_signals", asked.mart.edition, asked.scope, asked.question.parameters(), made))
    return frame.astype({"measure_id": "int64", "signal": "str", "sign": "float64", "points": "float64", "signal_grain": "str"})
