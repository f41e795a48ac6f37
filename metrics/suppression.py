"""Small numbers: which cells of a published table are hidden so that no person can be found in it.

A cell with 0 < n < k is hidden; if the total is known, further cells (smallest first) are hidden
until at least two are and their sum is at least k. Zeros are shown. (CMS cell-size policy;
Washington DOH small-number guidance.) In a table with many totals, two hidden cells of a line may still
follow from the other lines together, so what the sums determine is looked for and more is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from metrics.kinds import Unit

LEAST_COUNT = 5
LEAST_FOR_RATE = 10
COUNTS: tuple[Unit, ...] = ("cases", "closures", "reports")
CERTAIN = 1e-6
"""Rounding of sums of products: what differs by less is equal."""
Cell = TypeVar("Cell", str, int, tuple[str, str, str, str])
Lines = Sequence[tuple[Cell, tuple[Cell, ...]]]
"""Totals, each with the cells that add up to it."""


def threshold_of(unit: Unit) -> int:
    """How many cases a figure of `unit` needs to be published: a share or a duration of few would describe them one by one."""
    return LEAST_COUNT if unit in COUNTS else LEAST_FOR_RATE


def is_small(n: int, threshold: int) -> bool:
    return 0 < n < threshold


def suppress(cells: Mapping[str, int], threshold: int = LEAST_COUNT) -> dict[str, int | None]:
    """`cells` with the ones that must not be known as None; the total stays publishable."""
    hidden = complemented(cells, {name for name, n in cells.items() if is_small(n, threshold)}, threshold)
    return {name: None if name in hidden else n for name, n in cells.items()}


def complemented(cells: Mapping[Cell, int], hidden: set[Cell], threshold: int) -> set[Cell]:
    """`hidden` and the further cells of one line that must be hidden so that none of them follows from the line's total."""
    found = set(hidden)
    if found:
        rest = sorted((n, name) for name, n in cells.items() if n > 0 and name not in found)
        while rest and (len(found) < 2 or sum(cells[name] for name in found) < threshold):
            found.add(rest.pop(0)[1])
    return found


def protected(cells: Mapping[Cell, int], lines: Lines[Cell], hidden: set[Cell], threshold: int) -> set[Cell]:
    """`hidden`, the cells with few cases, and those that must be hidden with them so that none follows from what is shown.

    Args:
        cells: all cells with cases, totals too.
        lines: every sum that is known: a total and its parts; where the parts leave something out, as if they did not.
        threshold: fewer cases than this are too few.
    """
    found = hidden | {cell for cell, n in cells.items() if is_small(n, threshold)}
    before = -1
    while len(found) != before:
        before = len(found)
        for total, parts in lines:
            small = found.intersection(parts)
            if total in found and not small:
                found.add(min(parts, key=lambda part: (cells[part], part)))
            elif total not in found and small:
                found |= complemented({part: cells[part] for part in parts}, small, threshold)
                found |= {total} if len(parts) == 1 else set()
        if len(found) == before:
            found |= _cover_for(_determined(found, lines), found, cells, lines)
    return found


def _determined(hidden: set[Cell], lines: Lines[Cell]) -> list[Cell]:
    """The hidden cells that all known sums together leave no freedom."""
    order = sorted(hidden)
    place = {cell: at for at, cell in enumerate(order)}
    known = [line for line in lines if line[0] in place or any(part in place for part in line[1])]
    if not known:
        return []
    sums = np.zeros((len(known), len(order)))
    for at, (total, parts) in enumerate(known):
        for cell, sign in ((total, -1.0), *((part, 1.0) for part in parts)):
            if cell in place:
                sums[at, place[cell]] = sign
    # A cell is determined if it lies wholly in the span of the sums: then its share of the projection onto them is one.
    strength, mixes = np.linalg.eigh(sums @ sums.T)
    kept = strength > CERTAIN * strength[-1]
    within = (np.square(mixes[:, kept].T @ sums) / strength[kept][:, None]).sum(axis=0)
    return [cell for cell, share in zip(order, within, strict=True) if share > 1 - CERTAIN]


def _cover_for(known: list[Cell], hidden: set[Cell], cells: Mapping[Cell, int], lines: Lines[Cell]) -> set[Cell]:
    """Of each sum that one of `known` is in, the smallest cell that is still shown."""
    wanted, made = set(known), set()
    for total, parts in lines:
        if len(parts) > 1 and (total in wanted or not wanted.isdisjoint(parts)):
            shown = [part for part in parts if part not in hidden]
            made |= {min(shown, key=lambda part: (cells[part], part))} if shown else set()
    return made
