"""One period against another: differences, mixes, and when a percentage may be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

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


def mix_and_rate(before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]]) -> tuple[float, float, float] | None:
    """(change, mix effect, rate effect) of a total share between two periods (Kitagawa 1955); None where a period has no case.

    Args:
        before, after: type -> (n, share). Types absent on one side have n = 0 there.
    """
    total_before, total_after = (sum(n for n, _ in side.values()) for side in (before, after))
    if not total_before or not total_after:
        return None
    mix = rate = 0.0
    for name in set(before) | set(after):
        n0, p0 = before.get(name, (0.0, after.get(name, (0.0, 0.0))[1]))
        n1, p1 = after.get(name, (0.0, p0))
        w0, w1 = n0 / total_before, n1 / total_after
        mix += (w1 - w0) * (p0 + p1) / 2
        rate += (p1 - p0) * (w0 + w1) / 2
    return mix + rate, mix, rate


def pace(backlog: float, closed_weeks: list[float], opened_total: float | None = None) -> tuple[float | None, str | None]:
    """(weeks of work, growing / shrinking / steady) from the last complete weeks' closings."""
    total = sum(closed_weeks)
    weeks = backlog / (total / len(closed_weeks)) if total else None
    if opened_total is None:
        return weeks, None
    return weeks, "steady" if opened_total == total else "growing" if opened_total > total else "shrinking"
