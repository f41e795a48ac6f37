"""How sure a share is: Wilson intervals and funnel tiers."""

from __future__ import annotations

from math import sqrt
from typing import Literal

Z95 = 1.959963984540054
Z_WARN, Z_ALARM = 1.96, 3.09
"""Funnel limits at 95 % and 99.8 % (Spiegelhalter 2005)."""

Tier = Literal["far_above", "above", "as_expected", "below", "far_below"]
TIERS: tuple[Tier, ...] = ("far_above", "above", "as_expected", "below", "far_below")


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float] | None:
    """95 % interval of a share (Wilson 1927), or None without any case."""
    if n <= 0:
        return None
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson_interval(count: float, z: float = Z95) -> tuple[float, float]:
    """95 % interval of the number of events expected where `count` were seen (Byar's approximation; Breslow and Day 1987)."""
    above = count + 1
    low = count * (1 - 1 / (9 * count) - z / (3 * sqrt(count))) ** 3 if count > 0 else 0.0
    return max(0.0, low), above * (1 - 1 / (9 * above) + z / (3 * sqrt(above))) ** 3


def difference_interval(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float]:
    """95 % interval of `one` - `other`, each (estimate, low, high) of independent cases.

    The ends come from the two intervals (MOVER; Zou and Donner 2008); of two shares with Wilson
    intervals that is Newcombe's method 10.
    """
    (a, a_low, a_high), (b, b_low, b_high) = one, other
    return a - b - sqrt((a - a_low) ** 2 + (b_high - b) ** 2), a - b + sqrt((a_high - a) ** 2 + (b - b_low) ** 2)


def funnel_z(hits: float, n: float, expected: float) -> float | None:
    """How many standard errors the share is from `expected` (a share strictly between 0 and 1)."""
    if n <= 0 or not 0 < expected < 1:
        return None
    return (hits / n - expected) / sqrt(expected * (1 - expected) / n)


def difference_z(hits: float, n: float, hits_before: float, n_before: float) -> float | None:
    """How many standard errors one share lies above another (pooled two-proportion test); None where that says nothing."""
    if min(n, n_before) <= 0:
        return None
    pooled = (hits + hits_before) / (n + n_before)
    spread = pooled * (1 - pooled) * (1 / n + 1 / n_before)
    return (hits / n - hits_before / n_before) / sqrt(spread) if spread > 0 else None


def tier(z: float) -> Tier:
    """In which band of the funnel `z` lies."""
    if abs(z) < Z_WARN:
        return "as_expected"
    if abs(z) < Z_ALARM:
        return "above" if z > 0 else "below"
    return "far_above" if z > 0 else "far_below"
