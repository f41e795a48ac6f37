"""Signal or noise: XmR (individuals and moving range) charts with the four NHS rules.

Limits are mean +- 2.66 x mean moving range; ranges of 3.267 x their mean or more are left out
once (NHSRplotthedots). Limits come from a fixed baseline; tests use raw limits, drawings the
ones a count or a rate can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Sequence

from metrics.kinds import Direction

LIMIT_FACTOR, RANGE_FACTOR = 2.66, 3.267
BASELINE_POINTS = 12
LEAST_POINTS = 6
RUN = 7


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


def limits(values: Sequence[float], baseline: int | None = BASELINE_POINTS, *, screen: bool = True) -> Limits | None:
    """Limits from the first `baseline` values (None: all); None under 6 points."""
    base = list(values if baseline is None else values[:baseline])
    if len(base) < LEAST_POINTS:
        return None
    mean = sum(base) / len(base)
    ranges = [abs(b - a) for a, b in zip(base, base[1:], strict=False)]
    average = sum(ranges) / len(ranges)
    if screen and average > 0:
        kept = [r for r in ranges if r < RANGE_FACTOR * average]
        average = sum(kept) / len(kept) if kept else average
    return Limits(mean, mean - LIMIT_FACTOR * average, mean + LIMIT_FACTOR * average, len(base) < BASELINE_POINTS)


def signals(values: Sequence[float], of: Limits) -> Signals:
    """Which points break which of the four rules."""
    outside = [i for i, v in enumerate(values) if v > of.upper or v < of.lower]
    sides = [(v > of.mean) - (v < of.mean) for v in values]
    shift = _runs(sides)
    steps = [0] + [(b > a) - (b < a) for a, b in zip(values, values[1:], strict=False)]
    trend = sorted({j for i in _runs(steps, RUN - 1) for j in (i - 1, i)})
    third = (of.upper - of.mean) / 3
    near: set[int] = set()
    for i in range(len(values) - 2):
        window = range(i, i + 3)
        for side in (1, -1):
            far = [j for j in window if side * (values[j] - of.mean) > 2 * third]
            if len(far) >= 2 and all(sides[j] == side for j in window):
                near.update(far)
    return Signals(outside, shift, trend, sorted(near - set(outside)))


def sides(values: Sequence[float], of: Limits, found: Signals) -> list[int]:
    """Of each point the side on which it is a signal: 1 above, -1 below (of a trend: rising, falling), 0 where it is none."""
    made = [0] * len(values)
    for i in found.trend:
        before, after = (values[i - 1], values[i]) if i and i - 1 in found.trend else (values[i], values[i + 1])
        made[i] = (after > before) - (after < before)
    for i in (*found.outside, *found.shift, *found.two_of_three):
        made[i] = 1 if values[i] > of.mean else -1
    return made


def _runs(sides: Sequence[int], length: int = RUN) -> list[int]:
    """Positions in runs of at least `length` equal, non-zero sides."""
    found: list[int] = []
    run: list[int] = []
    for i, side in enumerate(sides):
        run = [*run, i] if side and run and sides[run[-1]] == side else ([i] if side else [])
        if len(run) == length:
            found.extend(run)
        elif len(run) > length:
            found.append(i)
    return found


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
