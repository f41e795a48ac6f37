"""The ranking everybody makes first, all departments by their raw share, and why it misleads: shown beside the fair one, never instead of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from metrics.intervals import Z_WARN, difference_z
from metrics.ranking import LEAST_N


@dataclass(frozen=True)
class Doubts:
    """What a ranking by raw shares gets wrong; None or 0 where it gets it right."""

    ranked: int
    low_but_kept: tuple[str, int] | None
    """The department ranked lowest, in the lower half, that meets its own target all the same: (name, rank)."""
    high_but_missed: tuple[str, int] | None
    """The department ranked highest, in the upper half, that is below its own target by more than chance: (name, rank)."""
    few: int
    """Ranks that rest on fewer than `LEAST_N` cases."""
    alike: tuple[int, int] | None
    """The longest row of ranks of which chance explains every difference: (first, last)."""


def by_raw_share(board: pd.DataFrame) -> pd.DataFrame:
    """The rows of `metrics.leaderboard.board` that have a share, highest first, with `naive_rank` (equal shares share a rank)."""
    rows = board[board["n"] > 0].sort_values(["value", "label"], ascending=[False, True], ignore_index=True)
    return rows.assign(naive_rank=rows["value"].rank(method="min", ascending=False))


def doubts(ranked: pd.DataFrame) -> Doubts:
    """What is wrong with the order of `by_raw_share`; one department alone has no order to be wrong."""
    if len(ranked) < 2:
        return Doubts(len(ranked), None, None, 0, None)
    half = len(ranked) / 2
    kept = ranked[(ranked["value"] >= ranked["target"]) & (ranked["naive_rank"] > half) & (ranked["n"] >= LEAST_N)]
    missed = ranked[ranked["tier"].isin(["below", "far_below"]) & (ranked["naive_rank"] <= half)]
    return Doubts(len(ranked), _named(kept.tail(1)), _named(missed.head(1)), int((ranked["n"] < LEAST_N).sum()), _alike(ranked))


def _named(row: pd.DataFrame) -> tuple[str, int] | None:
    return None if row.empty else (str(row["label"].iloc[0]), int(row["naive_rank"].iloc[0]))


def _alike(ranked: pd.DataFrame) -> tuple[int, int] | None:
    """The longest row of neighbours no two of which differ by more than chance."""
    counts = list(zip(ranked["numerator"], ranked["n"], strict=True))
    ranks = ranked["naive_rank"].tolist()
    first, best = 0, (0, 0)
    for last in range(len(counts)):
        first = next(at for at in range(first, last + 1) if _all_alike(counts[last], counts[at:last]))
        if last - first > best[1] - best[0]:
            best = (first, last)
    ends = int(ranks[best[0]]), int(ranks[best[1]])
    return ends if ends[1] > ends[0] else None


def _all_alike(one: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
    return all(abs(difference_z(*one, *other) or 0.0) < Z_WARN for other in others)
