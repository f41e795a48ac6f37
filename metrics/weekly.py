"""Weekly series of many groups at once: what signals are sought in. A few grouped queries answer hundreds of series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from metrics.beginning import known
from metrics.definitions import REGISTRY
from metrics.measure import grouped
from metrics.select import GROUPS, Asked

METRICS = ("opened", "closed", "backlog", "overdue_now", "ontime_due")
"""The headline figures, without weeks of work: that one is made of two others, and what moves it is among these."""
WHOLE = "whole"
"""Dimension and key of the series of everything that is asked about."""
COLUMNS = ("metric", "dimension", "key", "label")


@dataclass(frozen=True)
class Weekly:
    """Series x complete weeks."""

    rows: pd.DataFrame
    """What each series is: `COLUMNS`."""
    weeks: tuple[date, ...]
    """First days, oldest first."""
    hits: np.ndarray
    """Cases counted; of a share, those that met it."""
    n: np.ndarray
    """Cases behind each value."""
    known: np.ndarray
    """Whether the data reach so far back."""
    owners: dict[str, str]
    """Request type -> label of the department that most of its cases of these weeks belong to."""
    parents: dict[tuple[str, str], tuple[str, str]]
    """(dimension, key) -> the (dimension, key) that most of its cases belong to, one step up."""

    @property
    def value(self) -> np.ndarray:
        """Values in each metric's unit, nan where there is none."""
        is_share = np.array([REGISTRY[metric].kind == "share" for metric in self.rows["metric"]], dtype=bool)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            made = np.where(is_share, self.hits / np.where(self.n > 0, self.n, np.nan), self.n)
        return np.where(self.known, made, np.nan)


def layers(asked: Asked) -> list[str]:
    """The area layers that cases are counted by."""
    return [layer.slug for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]]


def weekly(asked: Asked, first: date, metrics: Sequence[str] = METRICS, dimensions: Sequence[str] | None = None) -> Weekly:
    """The series of `metrics` over all that is asked about and by each of `dimensions`, from the week of `first` to the last complete one.

    Args:
        dimensions: default: departments, request types and the area layers; () gives the whole alone.
    """
    _, end = asked.last_week()
    long = asked.about(asked.question.about(start=first, end=end, grain="week"))
    weeks = tuple(first + timedelta(weeks=n) for n in range((end - first).days // 7))
    names = ["department", "request_type", *layers(asked)] if dimensions is None else list(dimensions)
    pairs = [tuple(names[at : at + 2]) for at in range(0, len(names), 2)] or [()]
    # Which department has most of a type's cases is asked of the first figure alone.
    parts = [_read(long, metric, pair, weeks, related=metric == metrics[0]) for metric in metrics for pair in pairs]
    rows = pd.DataFrame([row for part in parts for row in part.rows], columns=list(COLUMNS))
    hits, n = (np.vstack([*[getattr(part, name) for part in parts], np.zeros((0, len(weeks)))]) for name in ("hits", "n"))
    told = {metric: known(REGISTRY[metric], weeks, long) for metric in metrics}
    parents = {child: above for part in parts for child, above in part.parents.items()}
    labels = {(row[1], row[2]): row[3] for part in parts for row in part.rows}
    owners = {key: labels[above] for (name, key), above in parents.items() if name == "request_type" and above in labels}
    return Weekly(rows, weeks, hits, n, np.array([told[metric] for metric in rows["metric"]]).reshape(n.shape), owners, parents)


@dataclass(frozen=True)
class _Part:
    """The series of one metric by one or two dimensions."""

    rows: list[tuple[str, str, str, str]]
    hits: np.ndarray
    n: np.ndarray
    parents: dict[tuple[str, str], tuple[str, str]]


def _read(asked: Asked, metric_id: str, names: tuple[str, ...], weeks: tuple[date, ...], *, related: bool) -> _Part:
    """One query: split by two dimensions at once, summed over the one for the figures of the other, and over both for the whole."""
    frame = grouped(REGISTRY[metric_id], asked, names or None)
    week = ((pd.to_datetime(frame["period"]) - pd.Timestamp(weeks[0])).dt.days // 7).to_numpy()
    n = frame["n"].to_numpy("float64")
    figures = {"hits": frame["hits"].to_numpy("float64") if "hits" in frame.columns else n, "n": n}
    groups = [(WHOLE, np.zeros(len(frame), dtype=int), [0], {0: (WHOLE, "All")})] if names[:1] in ((), ("department",)) else []
    known = [{member.id: (member.slug, member.name) for member in asked.members(name)} for name in names]
    for name, column, members in zip(names, GROUPS, known, strict=False):
        numbers, group = np.unique(frame[column].to_numpy("int64"), return_inverse=True)
        groups.append((name, group, numbers.tolist(), members))
    rows, made = [], {name: [] for name in figures}
    for name, group, numbers, members in groups:
        # Cases without a place, type or department are in the whole and nowhere else.
        kept = [at for at, number in enumerate(numbers) if number in members]
        rows += [(metric_id, name, *members[numbers[at]]) for at in kept]
        for figure, values in figures.items():
            table = np.zeros((len(numbers), len(weeks)))
            np.add.at(table, (group, week), np.nan_to_num(values))
            made[figure].append(table[kept])
    stacked = {name: np.vstack([*parts, np.zeros((0, len(weeks)))]) for name, parts in made.items()}
    return _Part(rows, stacked["hits"], stacked["n"], _parents(frame, names, known) if related else {})


def _parents(
    frame: pd.DataFrame, names: tuple[str, ...], known: list[dict[int, tuple[str, str]]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """For each group of the finer of two dimensions, the group of the other that most of its cases belong to."""
    if len(names) < 2 or frame.empty:
        return {}
    sums = frame.groupby(list(GROUPS), as_index=False)["n"].sum()
    sums = sums[sums[GROUPS[0]].isin(list(known[0])) & sums[GROUPS[1]].isin(list(known[1]))]
    coarse, fine = (0, 1) if sums[GROUPS[0]].nunique() <= sums[GROUPS[1]].nunique() else (1, 0)
    most = sums.sort_values("n").drop_duplicates(GROUPS[fine], keep="last")
    return {
        (names[fine], known[fine][child][0]): (names[coarse], known[coarse][parent][0])
        for child, parent in zip(most[GROUPS[fine]], most[GROUPS[coarse]], strict=True)
    }
