"""How the share of closed cases grows with their age: one curve for each group, how sure it is, and whether groups differ by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, exp, pi, sqrt
from typing import Literal

import numpy as np
import pandas as pd

from metrics import survival
from metrics.dictionary.closing import WITHIN_DAYS
from metrics.intervals import Z95
from metrics.periods import SAME_WEEK_LAST_YEAR
from metrics.ranking import LEAST_N
from metrics.select import Asked

MOST_GROUPS = 4
BEFORE = "before"
"""In place of a dimension: the period asked about, and the same one a year (364 days) earlier."""
CHANCE = 0.05
"""Groups differ if chance alone would part them this far in fewer than this share of cases."""


Difference = Literal["apart", "crossing", "alike"]
"""Told apart by log-rank; not by it, but by the share closed at some age (curves that cross); not at all."""


@dataclass(frozen=True)
class Curve:
    """One group's estimate, of `LEAST_N` cases or more. Of a period's own pace it ends where fewer than `LEAST_N` cases are at risk."""

    key: str
    label: str
    points: pd.DataFrame
    """One row for each day of age from 0 on: `day`, `closed` (share at its end), `low` and `high` (95 %; null where nothing or all is
    closed), `at_risk` (cases still open and watched after it), and for comparing `error` (standard, of `closed`), `ended` (closings of
    the day) and `exposed` (cases at risk in it)."""
    n: int
    opened: int
    """Of these, how many were opened in the period."""
    median_between: tuple[float | None, float | None] = (None, None)
    """95 % interval of the day by which half are closed, in whole days."""


def curves(asked: Asked, by: str | None, *, pace: bool = False, most: int = MOST_GROUPS) -> list[Curve]:
    """The curves of the groups of `by` with most cases opened in the period, most first; with `BEFORE`, of this period and the one a year earlier.

    Args:
        pace: not of the cases opened in the period, but of how all that were open in it were closed then.

    Raises:
        BadQuestion: an unknown dimension.
    """
    if by == BEFORE:
        earlier = asked.about(asked.question.shifted(SAME_WEEK_LAST_YEAR.days))
        found = [(name, _curves(survival.by_day(of, entry=pace), pace)) for name, of in (("now", asked), (BEFORE, earlier))]
        return [Curve(name, name, one.points, one.n, one.opened, one.median_between) for name, made in found for one in made]
    made = _curves(survival.by_day(asked, by, entry=pace), pace)
    return sorted(made, key=lambda curve: (-curve.opened, curve.label))[:most]


def _curves(frame: pd.DataFrame, pace: bool) -> list[Curve]:
    if frame.empty:
        return []
    if "key" not in frame.columns:
        frame = frame.assign(key="all", label="All cases")
    return [curve for _, rows in frame.groupby("key", sort=False) if (curve := _curve(rows, pace)) is not None]


def _curve(rows: pd.DataFrame, pace: bool) -> Curve | None:
    """A group's rows of `survival.by_day` as its curve; None where there are, or are at risk, too few cases to say anything."""
    n = int(rows["left"].sum())
    if n < LEAST_N:
        return None
    days = rows.set_index("day")[["survival", "variance", "least", "left", "entered", "closed"]].astype("float64")
    days = days.reindex(range(int(days.index.max()) + 1))
    counts = days[["left", "entered", "closed"]].fillna(0.0)
    in_all = counts["left"].sum() - counts["entered"].sum()
    gone = counts["left"].cumsum() - counts["entered"].cumsum()
    state = days[["survival", "variance", "least"]].ffill()
    # Nobody is older than the last age seen: what enters has left by then, so what is at risk counts back from there.
    at_risk = in_all - gone
    stays = state["survival"].fillna(1.0).clip(0.0, 1.0)
    low, high = band(stays.to_numpy(), state["variance"].fillna(0.0).to_numpy())
    points = pd.DataFrame({
        "day": days.index, "closed": 1.0 - stays.to_numpy(), "low": low, "high": high, "at_risk": at_risk.to_numpy(),
        "error": stays.to_numpy() * np.sqrt(state["variance"].fillna(0.0).to_numpy()), "ended": counts["closed"].to_numpy(), "exposed": (at_risk + counts["left"]).to_numpy(),
    })  # fmt: skip
    if pace:
        points = points[(state["least"].fillna(np.inf) >= LEAST_N).to_numpy()]
        if points.empty:
            return None
    shown = points.assign(days=points["day"].astype("float64"), soonest=1 - points["high"], latest=1 - points["low"])
    between = survival.quantile(shown, 0.5, "soonest"), survival.quantile(shown, 0.5, "latest")
    return Curve(str(rows["key"].iloc[0]), str(rows["label"].iloc[0]), points, n, int(in_all), between)


def band(stays: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of the share closed where `stays` is still open: Greenwood's variance on the scale of ln(-ln S), which keeps it between 0 and 1."""
    inside = (stays > survival.EPSILON) & (stays < 1 - survival.EPSILON)
    logs = np.log(np.where(inside, stays, 0.5))
    reach = np.exp(Z95 * np.sqrt(variance) / np.abs(logs))
    low, high = 1 - np.exp(logs / reach), 1 - np.exp(logs * reach)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def log_rank(groups: Sequence[Curve]) -> float | None:
    """How often chance alone would part the groups as far as this or further (Mantel 1966); None where there is nothing to compare.

    Ages are compared day by day: closings of one day of age count as made at one time, before open cases of that age leave.
    """
    if len(groups) < 2:
        return None
    last = max(int(curve.points["day"].max()) for curve in groups) + 1
    closed, exposed = (
        np.array([curve.points.set_index("day")[name].reindex(range(last), fill_value=0.0).to_numpy("float64") for curve in groups])
        for name in ("ended", "exposed")
    )
    d, n = closed.sum(axis=0), exposed.sum(axis=0)
    known = (d > 0) & (n > 1)
    closed, exposed, d, n = closed[:, known], exposed[:, known], d[known], n[known]
    if not len(d):
        return None
    excess = (closed - exposed * d / n).sum(axis=1)
    weight = d * (n - d) / (n - 1) / n**2
    spread = np.diag((exposed * n * weight).sum(axis=1)) - (exposed * weight) @ exposed.T
    statistic = float(excess[:-1] @ np.linalg.pinv(spread[:-1, :-1]) @ excess[:-1])
    return _chance(statistic, len(groups) - 1)


def compared(groups: Sequence[Curve]) -> list[tuple[Curve, Curve, Difference]]:
    """Every pair and how it differs; the limit is shared among all pairs, since of many one differs by chance."""
    pairs = list(combinations(groups, 2))
    return [(a, b, _difference(a, b, CHANCE / len(pairs))) for a, b in pairs]


def _difference(a: Curve, b: Curve, limit: float) -> Difference:
    p = log_rank((a, b))
    if p is not None and p < limit:
        return "apart"
    both = a.points.merge(b.points, on="day", suffixes=("_a", "_b"))
    both = both[both["day"].isin(WITHIN_DAYS) & (both["at_risk_a"] >= LEAST_N) & (both["at_risk_b"] >= LEAST_N)]
    spread = np.sqrt(both["error_a"] ** 2 + both["error_b"] ** 2)
    z = ((both["closed_a"] - both["closed_b"]).abs() / spread.where(spread > 0)).max()
    return "crossing" if z == z and erfc(z / sqrt(2)) < limit / len(both) else "alike"


def _chance(statistic: float, freedom: int) -> float:
    """The share of a chi-squared distribution with 1, 2 or 3 degrees of freedom that lies above."""
    x = max(statistic, 0.0)
    tail = erfc(sqrt(x / 2))
    return {1: tail, 2: exp(-x / 2), 3: tail + sqrt(2 * x / pi) * exp(-x / 2)}[freedom]
