"""Where high values lie together more than chance explains: Getis-Ord Gi* with control of false discoveries.

For each place the values of it and its neighbours are added (weights 1) and compared with the mean
(Getis and Ord 1992; Ord and Getis 1995). How likely such a sum is by chance is counted on shuffled
maps and not read from the normal curve, because counts of cases are skewed; of the many places asked
about at once, Benjamini and Hochberg (1995) keep the share of false alarms at 5 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FALSE_SHARE = 0.05
"""Of the places called hot or cold, at most this share is expected to be so by chance alone."""
LEAST_PLACES = 8
"""Fewer places have no pattern to speak of."""
LEAST_SHUFFLES = 9_999
SHUFFLES_PER_PLACE = 40
"""So that the smallest share of shuffles there can be is still small beside 5 % / places."""
MOST_AT_ONCE = 2_000_000
SEED = 20260302
"""The same map has the same hot spots every time."""


@dataclass(frozen=True)
class Clusters:
    """`z`: Gi* of each place; `p`: two-sided, from shuffles; `kind`: 1 hot, -1 cold, 0 neither; `cluster`: number from 0, or -1."""

    z: np.ndarray
    p: np.ndarray
    kind: np.ndarray
    cluster: np.ndarray

    def members(self, kind: int) -> list[np.ndarray]:
        """The places of each hot (1) or cold (-1) cluster, the largest first."""
        numbers = sorted(set(self.cluster[self.kind == kind].tolist()))
        found = [np.flatnonzero(self.cluster == number) for number in numbers]
        return sorted(found, key=lambda places: (-len(places), places[0]))


def hot_spots(values: np.ndarray, pairs: np.ndarray) -> Clusters | None:
    """The clusters of `values` over the neighbours `pairs` (rows of two positions); None where nothing can be said.

    That is with fewer than `LEAST_PLACES` places, or where all have the same value.
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    if n < LEAST_PLACES or np.ptp(values) == 0:
        return None
    sums, size = _sums(values, pairs)
    z = _gi_star(values, sums, size)
    p = _shuffled(values, sums, size)
    chosen = discoveries(p, FALSE_SHARE)
    kind = np.where(chosen, np.sign(z).astype(np.int64), 0)
    return Clusters(z, p, kind, _joined(kind, pairs))


def discoveries(p: np.ndarray, share: float) -> np.ndarray:
    """Which of many tests to believe so that at most `share` of those are false (Benjamini and Hochberg 1995)."""
    order = np.argsort(p, kind="stable")
    fits = np.flatnonzero(p[order] <= share * np.arange(1, len(p) + 1) / len(p))
    chosen = np.zeros(len(p), dtype=bool)
    if len(fits):
        chosen[order[: fits[-1] + 1]] = True
    return chosen


def _sums(values: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each place and its neighbours together: the sum, and how many they are."""
    n, (one, other) = len(values), (pairs[:, 0], pairs[:, 1])
    sums = values + np.bincount(one, values[other], n) + np.bincount(other, values[one], n)
    size = 1 + np.bincount(one, minlength=n) + np.bincount(other, minlength=n)
    return sums, size


def _gi_star(values: np.ndarray, sums: np.ndarray, size: np.ndarray) -> np.ndarray:
    n = len(values)
    spread = values.std() * np.sqrt(np.maximum(size * (n - size), 0) / (n - 1))
    return np.divide(sums - values.mean() * size, spread, out=np.zeros(n), where=spread > 0)


def _shuffled(values: np.ndarray, sums: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Two-sided chance of each sum, if the values lay anywhere: places with as many neighbours share their shuffles."""
    n, most = len(values), int(size.max())
    rounds = max(LEAST_SHUFFLES, SHUFFLES_PER_PLACE * n)
    chance = np.random.default_rng(SEED)
    known: dict[int, list[np.ndarray]] = {int(k): [] for k in np.unique(size)}
    step = max(1, MOST_AT_ONCE // n if n <= 20 * most else MOST_AT_ONCE // most)
    for start in range(0, rounds, step):
        upto = np.cumsum(values[_draws(chance, n, most, min(step, rounds - start))], axis=1)
        for k, parts in known.items():
            parts.append(upto[:, k - 1])
    p = np.ones(n)
    # Equal sums of decimals may differ in their last digit.
    slack = 1e-9 * max(1.0, float(np.abs(values).sum()))
    for k, parts in known.items():
        made, here = np.sort(np.concatenate(parts)), size == k
        above = rounds - np.searchsorted(made, sums[here] - slack, side="left")
        below = np.searchsorted(made, sums[here] + slack, side="right")
        p[here] = np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / (rounds + 1))
    return p


def _draws(chance: np.random.Generator, n: int, k: int, rounds: int) -> np.ndarray:
    """`rounds` rows of `k` different positions out of `n`, in random order."""
    if n <= 20 * k:
        return np.argsort(chance.random((rounds, n)), axis=1)[:, :k]
    drawn = chance.integers(0, n, (rounds, k))
    while True:
        ordered = np.sort(drawn, axis=1)
        twice = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(twice):
            return drawn
        drawn[twice] = chance.integers(0, n, (len(twice), k))


def _joined(kind: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The number of the cluster each place lies in: neighbours of one kind; -1 for neither."""
    cluster = np.where(kind != 0, np.arange(len(kind)), -1)
    same = pairs[(kind[pairs[:, 0]] != 0) & (kind[pairs[:, 0]] == kind[pairs[:, 1]])]
    while True:
        low = np.minimum(cluster[same[:, 0]], cluster[same[:, 1]])
        before = cluster.copy()
        np.minimum.at(cluster, same[:, 0], low)
        np.minimum.at(cluster, same[:, 1], low)
        if (cluster == before).all():
            return cluster
