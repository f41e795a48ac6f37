"""Signal or noise: XmR (individuals and moving range) charts with the four NHS rules.

Limits are mean +- 2.66 x mean moving range; ranges of 3.267 x their mean or more are left out
once (NHSRplotthedots). Limits come from a fixed baseline; tests use raw limits, drawings the
ones a count or a rate can reach. One implementation judges one series or hundreds: rows of a
table, one column per period, with nan where a period has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Sequence

import numpy as np

from metrics.kinds import Direction

LIMIT_FACTOR, RANGE_FACTOR = 2.66, 3.267
BASELINE_POINTS = 12
LEAST_POINTS = 6
RUN = 7
RULES = ("outside", "shift", "trend", "two_of_three")
HAIR = 1e-9
"""Of a value's size: two figures that differ by less are equal, whatever their binary fractions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Mean and natural process limits; `trial` while the baseline has fewer than 12 points."""

    mean: float
    lower: float
    upper: float
    trial: bool


@dataclass(frozen=True, slots=True)
class Signals:
    """Positions (from 0) of points that break a rule; a run or trend names all its points."""

    outside: list[int]
    shift: list[int]
    trend: list[int]
    two_of_three: list[int]

    @property
    def any(self) -> bool:
        return bool(self.outside or self.shift or self.trend or self.two_of_three)


@dataclass(frozen=True, slots=True)
class Judged:
    """Many series judged at once."""

    points: np.ndarray
    """Values in each baseline; below `LEAST_POINTS` there are no limits and no signals."""
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    broken: np.ndarray
    """Which point breaks which rule: rules in the order of `RULES` x series x periods."""

    def limits(self, row: int) -> Limits | None:
        """The limits of one series."""
        if self.points[row] < LEAST_POINTS:
            return None
        return Limits(float(self.mean[row]), float(self.lower[row]), float(self.upper[row]), bool(self.points[row] < BASELINE_POINTS))


def limits(values: Sequence[float], baseline: int | None = BASELINE_POINTS, *, screen: bool = True) -> Limits | None:
    """Limits from the first `baseline` values (None: all); None under 6 points."""
    row = np.array([values], dtype="float64")
    return _nothing_broken(row, *_limits(row, baseline, screen)).limits(0)


def signals(values: Sequence[float], of: Limits) -> Signals:
    """Which points break which of the four rules."""
    row = np.array([values], dtype="float64")
    broken = _rules(row, *(np.array([end]) for end in (of.mean, of.lower, of.upper)))
    return Signals(*[np.flatnonzero(found[0]).tolist() for found in broken])


def sides(values: Sequence[float], of: Limits, found: Signals) -> list[int]:
    """Of each point the side on which it is a signal: 1 above, -1 below (of a trend: rising, falling), 0 where it is none."""
    made = [0] * len(values)
    for i in found.trend:
        before, after = (values[i - 1], values[i]) if i and i - 1 in found.trend else (values[i], values[i + 1])
        made[i] = (after > before) - (after < before)
    for i in (*found.outside, *found.shift, *found.two_of_three):
        made[i] = 1 if values[i] > of.mean else -1
    return made


def judged(values: np.ndarray, baseline: int | None = BASELINE_POINTS) -> Judged:
    """Limits and broken rules of every row of `values` (series x periods).

    A period without value (nan) is passed over: its neighbours are consecutive points.
    """
    # Known values move to the front, in their order, and what is found of them back to their periods.
    order = np.argsort(np.isnan(values), axis=1, kind="stable")
    packed = np.take_along_axis(values, order, axis=1)
    points, mean, lower, upper = _limits(packed, baseline, True)
    found = _rules(packed, mean, lower, upper)
    broken = np.zeros_like(found)
    for rule in range(len(RULES)):
        np.put_along_axis(broken[rule], order, found[rule], axis=1)
    return Judged(points, mean, lower, upper, broken & (points >= LEAST_POINTS)[:, None])


def _nothing_broken(values: np.ndarray, points: np.ndarray, mean: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Judged:
    return Judged(points, mean, lower, upper, np.zeros((len(RULES), *values.shape), dtype=bool))


def _limits(packed: np.ndarray, baseline: int | None, screen: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(points, mean, lower, upper) of each row's first values."""
    base = packed[:, :baseline]
    points = (~np.isnan(base)).sum(axis=1)
    mean = _mean(base)
    ranges = np.abs(np.diff(base, axis=1))
    average = _mean(ranges)
    if screen:
        kept = np.where(ranges < RANGE_FACTOR * average[:, None], ranges, np.nan)
        screened = _mean(kept)
        average = np.where(np.isnan(screened), average, screened)
    return points, mean, mean - LIMIT_FACTOR * average, mean + LIMIT_FACTOR * average


def _mean(values: np.ndarray) -> np.ndarray:
    known = (~np.isnan(values)).sum(axis=1)
    return np.where(known > 0, np.nansum(values, axis=1) / np.maximum(known, 1), np.nan)


def _rules(packed: np.ndarray, mean: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Which of the packed points break which rule; comparisons with nan are false."""
    hair = HAIR * np.maximum(np.abs(mean), np.abs(upper - mean))[:, None]
    above, high = packed - mean[:, None], (upper - mean)[:, None]
    sides = (above > hair).astype("int8") - (above < -hair).astype("int8")
    outside = (packed > upper[:, None] + hair) | (packed < lower[:, None] - hair)
    steps = np.zeros_like(sides)
    steps[:, 1:] = np.sign(np.nan_to_num(np.diff(packed, axis=1)))
    rising = _runs(steps, RUN - 1)
    trend = rising.copy()
    trend[:, :-1] |= rising[:, 1:]
    near = np.zeros_like(outside)
    for side in (1, -1):
        far, there = side * above > 2 * high / 3 + hair, sides == side
        for at in range(packed.shape[1] - 2):
            three = slice(at, at + 3)
            full = there[:, three].all(axis=1) & (far[:, three].sum(axis=1) >= 2)
            near[:, three] |= far[:, three] & full[:, None]
    return np.stack([outside, _runs(sides, RUN), trend, near & ~outside])


def _runs(sides: np.ndarray, least: int) -> np.ndarray:
    """Which points lie in runs of at least `least` equal, non-zero sides."""
    wide = sides.shape[1]
    length = np.zeros(sides.shape, dtype="int32")
    for at in range(wide):
        before = length[:, at - 1] * (sides[:, at] == sides[:, at - 1]) if at else 0
        length[:, at] = np.where(sides[:, at] != 0, before + 1, 0)
    inside = length >= least
    for at in range(wide - 2, -1, -1):
        inside[:, at] |= inside[:, at + 1] & (length[:, at + 1] == length[:, at] + 1) & (length[:, at] > 0)
    return inside


def shown(of: Limits, kind: Literal["count", "share", "days"]) -> Limits:
    """The limits as drawn: never below 0, shares never above 1."""
    upper = min(of.upper, 1.0) if kind == "share" else of.upper
    return Limits(of.mean, max(of.lower, 0.0), upper, of.trial)


def assurance(of: Limits, target: float, direction: Direction) -> Literal["consistently_meets", "consistently_fails", "hit_and_miss"]:
    """Whether the process as it is will meet `target`."""
    if of.lower <= target <= of.upper:
        return "hit_and_miss"
    meets = target < of.lower if direction == "higher" else target > of.upper
    return "consistently_meets" if meets else "consistently_fails"
