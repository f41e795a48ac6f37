"""Fair comparison: departments against their own targets, peers after allowing for their mix of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from metrics.intervals import TIERS, Tier, funnel_z, tier

LEAST_N = 10
"""Below this many cases nobody is ranked."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One department: `met` of `due` cases, and its target (share) or None."""

    key: str
    name: str
    met: float
    due: float
    target: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A contender's place; `rank` and `tier` are None when it cannot be ranked, and `reason` says why."""

    contender: Contender
    tier: Tier | None
    rank: int | None
    reason: str | None = None


def leaderboard(contenders: Sequence[Contender], least_n: int = LEAST_N) -> list[Place]:
    """Tiers against each one's own target; one tier is one rank (1, 2, 2, 4), alphabetical inside.

    Those with too few cases or without a target come last, unranked.
    """
    ranked: list[tuple[int, str, Contender, Tier]] = []
    unranked: list[Place] = []
    for contender in sorted(contenders, key=lambda c: c.name.casefold()):
        if contender.due < least_n:
            unranked.append(Place(contender, None, None, "too_few"))
        elif contender.target is None:
            unranked.append(Place(contender, None, None, "no_target"))
        else:
            its_tier = _tier(contender.met, contender.due, contender.target)
            ranked.append((TIERS.index(its_tier), contender.name.casefold(), contender, its_tier))
    places: list[Place] = []
    for position, (order, _, contender, its_tier) in enumerate(sorted(ranked, key=lambda row: row[:2]), start=1):
        same = places and TIERS.index(places[-1].tier) == order  # type: ignore[arg-type]
        places.append(Place(contender, its_tier, places[-1].rank if same else position))
    return places + unranked


def _tier(met: float, due: float, target: float) -> Tier:
    z = funnel_z(met, due, target)
    if z is not None:
        return tier(z)
    # A target of everything (or of nothing) leaves nothing to chance: one case off is off for certain.
    share = met / due
    return "as_expected" if share == target else "far_above" if share > target else "far_below"


def standardised(groups: Mapping[str, Mapping[str, tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Observed against expected given each one's mix of types.

    Args:
        groups: group -> type -> (met, due).

    Returns:
        (nothing where there is no case) group -> raw share, observed, expected (sum over types of due x the common rate of the
        type), ratio observed / expected, and the standardised share (ratio x common share).
    """
    met: dict[str, float] = {}
    due: dict[str, float] = {}
    for types in groups.values():
        for name, (hits, n) in types.items():
            met[name] = met.get(name, 0.0) + hits
            due[name] = due.get(name, 0.0) + n
    if not sum(due.values()):
        return {}
    common = sum(met.values()) / sum(due.values())
    made = {}
    for group, types in groups.items():
        observed = sum(hits for hits, _ in types.values())
        n = sum(count for _, count in types.values())
        expected = sum(count * met[name] / due[name] for name, (_, count) in types.items() if due[name])
        ratio = observed / expected if expected else float("nan")
        made[group] = {
            "raw": observed / n if n else float("nan"), "observed": observed, "expected": expected,
            "ratio": ratio, "standardised": ratio * common,
        }  # fmt: skip
    return made


def shrunk(counts: Mapping[str, tuple[float, float]]) -> tuple[float, float, dict[str, float]]:
    """Empirical Bayes: (common share, weight of the prior in cases, group -> shrunken share).

    Beta-binomial with the moment estimator; groups without any case are left out. Only for eight or more comparable peers: with few
    unlike groups the prior weighs nothing and protects no one.
    """
    counts = {name: (met, due) for name, (met, due) in counts.items() if due}
    if not counts:
        return float("nan"), float("inf"), {}
    n = [due for _, due in counts.values()]
    p0 = sum(met for met, _ in counts.values()) / sum(n)
    spread = sum(due * (met / due - p0) ** 2 for met, due in counts.values())
    tau2 = max(0.0, (spread - (len(n) - 1) * p0 * (1 - p0)) / (sum(n) - sum(x * x for x in n) / sum(n)))
    weight = float("inf") if tau2 == 0 else p0 * (1 - p0) / tau2 - 1
    if weight == float("inf"):
        return p0, weight, dict.fromkeys(counts, p0)
    return p0, weight, {name: (met + weight * p0) / (due + weight) for name, (met, due) in counts.items()}
