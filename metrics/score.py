"""A CityScore-type index, offered because cities know it and corrected where it misleads.

value / target, or target / value when lower is better; a zero where lower is better is the best
possible and scores the cap; nothing is rounded; a missing value or target is not scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from metrics.kinds import Direction

CAP = 2.0


@dataclass(frozen=True, slots=True)
class Score:
    """Plain mean of the scored parts, with how many there are and how many miss their target."""

    score: float | None
    scored: int
    total: int
    below_target: int


def component(value: float | None, target: float | None, direction: Direction, cap: float = CAP) -> float | None:
    """One measure's score: 1 is on target. Above `cap` counts as `cap`."""
    if value is None or target is None:
        return None
    if direction == "lower":
        return cap if value == 0 else min(cap, target / value)
    return None if target == 0 else min(cap, value / target)


def city_score(components: Sequence[float | None]) -> Score:
    """The mean of the scored components. Never a headline: the mean hides the misses."""
    scored = [part for part in components if part is not None]
    mean = sum(scored) / len(scored) if scored else None
    return Score(mean, len(scored), len(components), sum(part < 1 for part in scored))
