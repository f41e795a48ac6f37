"""Peers side by side: those who do the same work in other places, against their common share, raw and allowing for their mix of types."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import pandas as pd

from metrics.areas import FAIR, FEW, UNSURE, UNSURE_N, layers
from metrics.intervals import Z95, Tier, funnel_z, tier, wilson
from metrics.measure import measure
from metrics.question import NONE, BadQuestion
from metrics.ranking import LEAST_N, shrunk, standardised
from metrics.select import Asked

DIVISIONS = "division"
ENOUGH_PEERS = 8
"""From this many comparable peers on a small one may be drawn towards the others (empirical Bayes)."""
COLUMNS = (
    "key", "label", "n", "numerator", "value", "low", "high", "z", "tier", "expected", "ratio", "ratio_low", "ratio_high", "standardised", "adjusted_tier", "shrunk",
    "state",
)  # fmt: skip


@dataclass(frozen=True)
class Peers:
    """`frame`: one row for each peer with a case that fell due, most cases first.

    `value` is the raw share on time of `n` cases with its 95 % interval; `z` and `tier` its place in
    the funnel around `common`. `expected` is how many of its cases would be on time at the city's
    common share of each type, `ratio` what was, divided by it (the figure `ontime_given_types`), with a 95 % interval (Wilson's of the
    share, divided by the expected one, so that it leaves out 1 just when `adjusted_tier` is not as
    expected); `standardised` is ratio x common share: above 1 for one that does hard work better than
    the easy work of others is done. `shrunk` is the raw share drawn towards the common one, null under `ENOUGH_PEERS`.
    `state`: fair, unsure (fewer than `UNSURE_N` cases) or few (fewer than `LEAST_N`: no verdict).
    """

    by: str
    common: float
    """Share on time of the whole city under the same filters but for those of areas."""
    frame: pd.DataFrame
    elsewhere: int
    """Cases asked about that belong to none of the peers."""

    @property
    def judged(self) -> pd.DataFrame:
        return self.frame[self.frame["state"] != FEW]


def peer_groups(asked: Asked) -> dict[str, str]:
    """What may be compared as peers: id -> plural. The areas of each layer, and the divisions of the one department asked about, if it has several."""
    chosen = asked.question.department or asked.scope.departments or ()
    has_divisions = len(chosen) == 1 and len(asked.mart.dimensions.department_ids(tuple(chosen))) > 2
    return {**layers(asked), **({DIVISIONS: "Divisions"} if has_divisions else {})}


def peers(asked: Asked, by: str) -> Peers:
    """The peers of `by` (one of `peer_groups`) in what is asked.

    Raises:
        BadQuestion: they cannot be compared.
    """
    if by not in peer_groups(asked):
        raise BadQuestion(f"There are no peers called '{by[:60]}' to compare.")
    asked = asked.remembering()
    cells = measure("ontime_due", asked, by=(by, "request_type")).frame
    cells = cells[(cells["n"] > 0) & (cells["key"] != NONE)]
    city = measure("ontime_due", asked.about(asked.question.about(areas=())), by="request_type").frame
    if cells.empty:
        return Peers(by, float("nan"), pd.DataFrame(columns=list(COLUMNS)), 0)
    groups: dict[str, dict[str, tuple[float, float]]] = {}
    for key, kind, met, n in zip(cells["key"], cells["key_2"], cells["numerator"], cells["n"], strict=True):
        groups.setdefault(key, {})[kind] = (float(met), float(n))
    labels = dict(zip(cells["key"], cells["label"], strict=True))
    common, n_of = float(city["numerator"].sum() / city["n"].sum()), cells.groupby("key")["n"].sum()
    allowed = standardised({**groups, NONE: _others(city, cells)})
    steady = shrunk({key: (allowed[key]["observed"], float(n_of[key])) for key in groups})[2] if len(groups) >= ENOUGH_PEERS else {}
    elsewhere = measure("ontime_due", asked).n - int(n_of.sum())
    rows = [_row(key, labels[key], float(n_of[key]), allowed[key], common, steady.get(key)) for key in groups]
    numbers = [name for name in COLUMNS if name not in ("key", "label", "tier", "adjusted_tier", "state")]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(numbers, "float64"))
    return Peers(by, common, frame.sort_values(["n", "label"], ascending=[False, True], ignore_index=True), elsewhere)


def _others(city: pd.DataFrame, cells: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """By type the city's cases that are no peer's: they too say what a type's common share is."""
    of_peers = cells.groupby("key_2")[["numerator", "n"]].sum().reindex(city["key"]).fillna(0.0)
    met, n = city["numerator"].to_numpy() - of_peers["numerator"].to_numpy(), city["n"].to_numpy() - of_peers["n"].to_numpy()
    return {str(kind): (float(hits), float(count)) for kind, hits, count in zip(city["key"], met, n, strict=True)}


def _row(key: str, label: str, n: float, allowed: dict[str, float], common: float, steady: float | None) -> tuple:
    met, expected, ratio = allowed["observed"], allowed["expected"], allowed["ratio"]
    low, high = wilson(met, n) or (0.0, 1.0)
    state = FEW if n < LEAST_N else UNSURE if n < UNSURE_N else FAIR
    z, adjusted = funnel_z(met, n, common), funnel_z(met, n, expected / n)
    scale = n / expected if expected else float("nan")
    tiers: list[Tier | None] = [None if state == FEW else "as_expected" if value is None else tier(value) for value in (z, adjusted)]
    return (
        key, label, n, met, met / n, low, high, z, tiers[0], expected, ratio, low * scale, high * scale, allowed["standardised"], tiers[1], steady, state,
    )  # fmt: skip


def funnel_limits(common: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Between which shares `n` cases lie by chance alone if their true share is `common`: within 0 and 1."""
    half = z * sqrt(common * (1 - common) / n)
    return max(0.0, common - half), min(1.0, common + half)
