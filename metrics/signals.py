"""What changed really: every weekly series judged by the same rules, and each signal told from its first week to its last.

A series is judged as it is; a stock by its change from week to week, because a level carries its past along
and would call its own memory a signal; a series with a season by its difference to the same week of the year before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from metrics import xmr
from metrics.definitions import REGISTRY
from metrics.question import to_query
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.weekly import METRICS, WHOLE, Weekly, weekly

YEAR = 52
"""Weeks: the same weekdays, as in `SAME_WEEK_LAST_YEAR`."""
LEAST_WEEKS = xmr.BASELINE_POINTS + 1
SEASONAL = 0.4
"""Correlation, without each year's own trend, of the last 52 weeks with the 52 before from which a series has a season."""
EXCEPTIONAL = 4
"""Mean distances from its year's own line from which a week is no measure for the same week of the next year."""
BRIDGED = 3
"""Weeks without a signal that do not end one which goes on after them."""
LEAST_Z = 3.5
"""Standard errors between a signal's mean and its baseline's from which it is clear; what is nearer is faint: counted, not listed."""
EPISODE_COLUMNS = ("series", "start", "end", "weeks", "sign", "cases", "z", "rules", "clear")


Filters = dict[str, frozenset[str]]
"""What a series is about: filter (as in an address) -> the values it is cut to."""


class Rebased(Protocol):
    """Who knows where a person gave series a new baseline."""

    @property
    def version(self) -> str:
        """Changes whenever an answer may: part of what answers are kept under."""
        ...

    def day(self, metric: str, filters: Filters) -> date | None:
        """The day from which a series has its new baseline, or None."""
        ...


@dataclass(frozen=True)
class Board:
    """Every series, judged over the same weeks."""

    weekly: Weekly
    """The judged weeks and those before that they are compared with."""
    weeks: tuple[date, ...]
    """First days of the judged weeks."""
    value: np.ndarray
    """Values in each metric's unit: series x judged weeks."""
    judged: np.ndarray
    """What the rules are put to: the value, its change or its difference to the year before."""
    result: xmr.Judged
    is_seasonal: np.ndarray
    is_change: np.ndarray
    enough: np.ndarray
    """Whether a series has data to be judged: `LEAST_N` cases a week and `xmr.LEAST_POINTS` weeks."""
    first: np.ndarray
    """Position of each series' first baseline week."""

    @property
    def rows(self) -> pd.DataFrame:
        return self.weekly.rows

    @property
    def deviation(self) -> np.ndarray:
        """How far each week lies from what its baseline leads to expect, in the metric's unit."""
        return self.judged - self.result.mean[:, None]

    @property
    def cases(self) -> np.ndarray:
        """How many cases each deviation stands for, signed: of a share, promises kept more or fewer."""
        is_share = np.array([REGISTRY[name].kind == "share" for name in self.rows["metric"]], dtype=bool)
        return self.deviation * np.where(is_share[:, None], self.weekly.n[:, -len(self.weeks) :], 1.0)


def window(asked: Asked) -> tuple[date, date]:
    """The weeks that are judged: the complete ones of the question's period, and as many before as a baseline and one week need."""
    _, end = asked.last_week()
    first = asked.calendar.start_of(asked.question.start, "week")
    if first < asked.question.start:
        first += timedelta(weeks=1)
    return min(first, end - timedelta(weeks=LEAST_WEEKS)), end


def filters_of(asked: Asked) -> Filters:
    """What a question is about, without its period."""
    query = to_query(asked.question, asked.mart)
    return {name: frozenset(text.split(",")) for name, text in query.items() if name not in ("from", "to", "grain", "as_of")}


def board(
    asked: Asked, rebased: Rebased | None = None, *, metrics: Sequence[str] = METRICS, dimensions: Sequence[str] | None = None
) -> Board:
    """All series of the question's weeks, judged: as `metrics.weekly.weekly` takes them."""
    first, end = window(asked)
    count = (end - first).days // 7
    of = weekly(asked, first - timedelta(weeks=max(YEAR, 2 * YEAR - count) + 1), metrics, dimensions)
    days: list[date | None] = [None] * len(of.rows)
    if rebased is not None:
        own = filters_of(asked)
        days = [
            rebased.day(metric, own if name == WHOLE else {**own, name: frozenset((key,))})
            for metric, name, key in of.rows[["metric", "dimension", "key"]].itertuples(index=False)
        ]
    return judge(of, count, days)


def judge(of: Weekly, count: int, rebased: Sequence[date | None] | None = None) -> Board:
    """The last `count` weeks of every series, judged. `rebased`: the day of each series' new baseline, or None."""
    rows, value, weeks = of.rows, of.value, of.weeks[-count:]
    is_change = np.array([REGISTRY[name].kind == "stock" for name in rows["metric"]], dtype=bool)
    base = value.copy()
    base[is_change, 1:] = np.diff(value[is_change], axis=1)
    base[is_change, :1] = np.nan
    compared = base[:, -count - YEAR : -YEAR]
    seasonal = is_seasonal(base) & ~np.isnan(compared[:, : xmr.BASELINE_POINTS]).any(axis=1)
    judged = base[:, -count:].copy()
    judged[seasonal] -= without_exceptions(compared[seasonal])
    days = [None] * len(rows) if rebased is None else rebased
    first = np.array([0 if day is None else sum(week < day for week in weeks) for day in days], dtype=int)
    judged = np.where(np.arange(count) >= first[:, None], judged, np.nan)
    result = xmr.judged(judged)
    # A baseline begins where the data do: before that there are not few cases, but none is known.
    begun = np.maximum(first, (~of.known[:, -count:]).sum(axis=1))
    usual = [row[at : at + xmr.BASELINE_POINTS].mean() if at < count else 0.0 for row, at in zip(of.n[:, -count:], begun, strict=True)]
    enough = (np.array(usual) >= LEAST_N) & (result.points >= xmr.LEAST_POINTS)
    return Board(of, weeks, value[:, -count:], judged, result, seasonal, is_change, enough, first)


def is_seasonal(values: np.ndarray, periods: int = YEAR) -> np.ndarray:
    """Which series go through their last year (of so many `periods`, 52 weeks) much as through the one before; single wild weeks count as far ones, not more."""
    if values.shape[1] < 2 * periods:
        return np.zeros(len(values), dtype=bool)
    years = []
    for year in (values[:, -periods:], values[:, -2 * periods : -periods]):
        distance = _from_line(year)
        most = 2 * np.abs(distance).mean(axis=1, keepdims=True)
        years.append(np.clip(distance, -most, most))
    this, last = years
    spread = np.sqrt((this**2).sum(axis=1) * (last**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num((this * last).sum(axis=1) / spread) >= SEASONAL


def _from_line(values: np.ndarray) -> np.ndarray:
    """Values less their own straight line; nan throughout where a week is unknown, so that a broken year has no season."""
    at = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    centred = values - values.mean(axis=1, keepdims=True)
    slope = (centred * at).sum(axis=1) / (at**2).sum()
    return centred - slope[:, None] * at


def without_exceptions(before: np.ndarray) -> np.ndarray:
    """The weeks of the year before, nan for those that were exceptional themselves."""
    distance = np.abs(_from_line(before))
    return np.where(distance > EXCEPTIONAL * distance.mean(axis=1, keepdims=True), np.nan, before)


def episodes(of: Board) -> pd.DataFrame:
    """Every signal of every series that has data enough, from its first week to its last (`EPISODE_COLUMNS`).

    `series`, `start` and `end` are positions; `weeks` how many it spans; `sign` +1 above what was expected, -1
    below; `cases` how many more or fewer cases it stands for altogether; `z` its mean's distance from the baseline's
    in standard errors; `rules` the rules that its weeks broke, in the order of `xmr.RULES`; `clear` whether it lies
    `LEAST_Z` or more away and stands for `LEAST_N` cases or more: of hundreds of series some always break a rule by chance.
    """
    deviation, cases = of.deviation, of.cases
    flagged = of.result.broken.any(axis=0) & of.enough[:, None] & (deviation != 0)
    sigma = (of.result.upper - of.result.mean) / 3
    made = []
    for row in np.flatnonzero(flagged.any(axis=1)):
        signs = np.sign(deviation[row])
        for start, end in _spans(flagged[row], signs):
            inside = np.arange(start, end + 1)
            inside = inside[~np.isnan(deviation[row, inside])]
            error = sigma[row] * np.sqrt(1 / len(inside) + 1 / of.result.points[row])
            z = abs(deviation[row, inside].mean()) / error if error > 0 else np.inf
            fired = tuple(rule for rule, broken in zip(xmr.RULES, of.result.broken[:, row], strict=True) if broken[inside].any())
            count = float(abs(cases[row, inside].sum()))
            clear = bool(z >= LEAST_Z and count >= LEAST_N)
            made.append((int(row), start, end, len(inside), int(signs[start]), count, float(z), fired, clear))
    return pd.DataFrame(made, columns=list(EPISODE_COLUMNS))


def _spans(flagged: np.ndarray, signs: np.ndarray) -> list[tuple[int, int]]:
    """(first, last) week of each signal: flagged weeks on one side, short gaps bridged."""
    made: list[tuple[int, int]] = []
    for at in np.flatnonzero(flagged):
        if made and at - made[-1][1] <= BRIDGED + 1 and signs[at] == signs[made[-1][0]]:
            made[-1] = (made[-1][0], int(at))
        else:
            made.append((int(at), int(at)))
    return made
