"""One period against another: differences, mixes, and when a percentage may be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Mapping

import pandas as pd

from metrics.kinds import Direction

LEAST_BASE = 20
"""A percentage of a smaller base says more than is known."""


@dataclass(frozen=True, slots=True)
class Change:
    """`difference` in the metric's own unit; `share` of the previous value where the base allows it."""

    current: float | None
    previous: float | None
    difference: float | None
    share: float | None
    verdict: str
    """better, worse, same or none (no direction, or nothing to compare)."""


def change(current: float | None, previous: float | None, direction: Direction = "neither", least_base: float = LEAST_BASE) -> Change:
    """How `current` differs from `previous`."""
    if current is None or previous is None:
        return Change(current, previous, None, None, "none")
    difference = current - previous
    share = difference / previous if previous >= least_base and previous > 0 else None
    if difference == 0:
        verdict = "same"
    elif direction == "neither":
        verdict = "none"
    else:
        verdict = "better" if (difference > 0) == (direction == "higher") else "worse"
    return Change(current, previous, difference, share, verdict)


Side = Mapping[str, tuple[float, float]]
"""One period: type -> (n, share)."""


def mix_parts(before: Side, after: Side) -> dict[str, tuple[float, float]] | None:
    """Of each type its part in the change of a total share, in (mix, rate); None where a period has no case.

    Kitagawa 1955. Added up over the types the parts are the whole change. A type's mix part is
    measured from the mean of both totals, so that it says what a type does by growing: more of a type
    that is kept less often than the rest pulls the total down. That moves parts between types, never
    their sum.

    Args:
        before, after: a type absent on one side has n = 0 there, and its rate part is 0.
    """
    total_before, total_after = (sum(n for n, _ in side.values()) for side in (before, after))
    if not total_before or not total_after:
        return None
    middle = (_mean(before, total_before) + _mean(after, total_after)) / 2
    parts = {}
    for name in dict.fromkeys((*before, *after)):
        n0, p0 = before.get(name, (0.0, after.get(name, (0.0, 0.0))[1]))
        n1, p1 = after.get(name, (0.0, p0))
        w0, w1 = n0 / total_before, n1 / total_after
        parts[name] = ((w1 - w0) * ((p0 + p1) / 2 - middle), (p1 - p0) * (w0 + w1) / 2)
    return parts


def _mean(side: Side, total: float) -> float:
    return sum(n * share for n, share in side.values()) / total


def mix_and_rate(before: Side, after: Side) -> tuple[float, float, float] | None:
    """(change, mix effect, rate effect) of a total share between two periods: the sums of `mix_parts`."""
    parts = mix_parts(before, after)
    if parts is None:
        return None
    mix, rate = (sum(part[at] for part in parts.values()) for at in (0, 1))
    return mix + rate, mix, rate


def weeks_of_work(backlog: pd.Series, closed: pd.Series, weeks: int) -> pd.Series:
    """How many weeks the backlog takes at the pace of `closed` closings in `weeks` weeks; null without any."""
    pace = closed / weeks
    return backlog / pace.where(pace > 0)


def trend(change: float) -> Literal["growing", "shrinking", "steady"]:
    """Which way a backlog goes that changed by so many cases (opened less closed)."""
    return "steady" if change == 0 else "growing" if change > 0 else "shrinking"
