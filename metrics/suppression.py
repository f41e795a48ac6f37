"""Small numbers: which cells of a published table are hidden so that no person can be found in it.

A cell with 0 < n < k is hidden; if the total is known, further cells (smallest first) are hidden
until at least two are and their sum is at least k. Zeros are shown. (CMS cell-size policy;
Washington DOH small-number guidance.)
"""

from __future__ import annotations

from typing import Mapping, TypeVar

import pandas as pd

from metrics.select import KEYS

LEAST_COUNT = 5
LEAST_FOR_RATE = 10
Cell = TypeVar("Cell", str, int)


def suppress(cells: Mapping[str, int], threshold: int = LEAST_COUNT) -> dict[str, int | None]:
    """`cells` with the ones that must not be known as None; the total stays publishable."""
    hidden = complemented(cells, {name for name, n in cells.items() if 0 < n < threshold}, threshold)
    return {name: None if name in hidden else n for name, n in cells.items()}


def complemented(cells: Mapping[Cell, int], hidden: set[Cell], threshold: int) -> set[Cell]:
    """`hidden` and the further cells of one line that must be hidden so that none of them follows from the line's total."""
    found = set(hidden)
    if found:
        rest = sorted((n, name) for name, n in cells.items() if n > 0 and name not in found)
        while rest and (len(found) < 2 or sum(cells[name] for name in found) < threshold):
            found.add(rest.pop(0)[1])
    return found


def hide_small_cells(frame: pd.DataFrame, unit: str, count: pd.Series, *, adds_over_time: bool = True) -> pd.DataFrame:
    """An answer frame as residents may see it: cells with a small `count` have no value and are marked.

    Every line of the table (all groups of one period, all periods of one group, ...) has a total
    that can be asked for, so along every line either nothing is hidden or too much to work it out.
    Stocks do not add up over time, so their periods need no such care.
    """
    threshold = LEAST_FOR_RATE if unit == "share" else LEAST_COUNT
    frame, count = frame.reset_index(drop=True), count.fillna(0).astype("int64").reset_index(drop=True)
    axes = [name for name in ("key", "key_2", "period") if name in frame.columns]
    lines = [line for axis in axes if axis != "period" or adds_over_time for line in _lines(frame, axis, axes)]
    hidden: set[int] = set(count.index[(count > 0) & (count < threshold)])
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for line in lines:
            cells = {at: int(count[at]) for at in line}
            hidden |= complemented(cells, hidden & cells.keys(), threshold)
    small = frame.index.isin(hidden)
    figures = [name for name in frame.columns if name not in (*KEYS, "suppressed")]
    cleared = {name: frame[name].astype("float64").mask(small) for name in figures}
    return frame.assign(**cleared, suppressed=small)


def _lines(frame: pd.DataFrame, axis: str, axes: list[str]) -> list[list[int]]:
    """The rows of each line of the table that runs along `axis`."""
    others = [name for name in axes if name != axis]
    if not others:
        return [list(range(len(frame)))]
    return [positions.tolist() for positions in frame.groupby(others, sort=False).indices.values()]
