"""Small numbers: which cells of a published table are hidden so that no person can be found in it.

A cell with 0 < n < k is hidden; if the total is known, further cells (smallest first) are hidden
until at least two are and their sum is at least k. Zeros are shown. (CMS cell-size policy;
Washington DOH small-number guidance.) In a table with many totals, two hidden cells of a line may still
follow from the other lines together, so what the sums determine is looked for and more is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

from data_access.released.bounds import too_narrow
from metrics.kinds import Unit

LEAST_COUNT = 5
LEAST_FOR_RATE = 10
COUNTS: tuple[Unit, ...] = ("cases", "closures", "reports")
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


@dataclass(frozen=True, slots=True)
class Hidden(Generic[Cell]):
    """What must not be told of a table."""

    cells: frozenset[Cell]
    zeros_too: bool
    """Whether also that a cell is empty: so few cases are in the table that whoever knew which cells have any would know how many."""


def protected(
    cells: Mapping[Cell, int], lines: Lines[Cell], hidden: Set[Cell], threshold: int, told: Set[Cell] = frozenset()
) -> Hidden[Cell]:
    """`hidden`, the cells with few cases, and those that must be hidden with them so that none follows from what is shown.

    Zeros are told, so a hidden cell is known to have at least one case; none is hidden whose number these bounds and all
    sums leave no choice (linear programming, as an attacker would).

    Args:
        cells: all cells with cases, totals too.
        lines: every sum that is known: a total and its parts; where the parts leave something out, as if they did not.
        threshold: fewer cases than this are too few.
        told: totals that are known anyhow, unless they are small themselves.
    """
    found = set(hidden) | {cell for cell, n in cells.items() if is_small(n, threshold)}
    kept = told - found
    while True:
        before = len(found)
        for total, parts in lines:
            _hide_along(cells, total, parts, found, kept, threshold)
        if len(found) > before:
            continue
        pinned = _determined(found, lines, cells)
        found |= _cover_for(pinned, found, kept, cells, lines)
        if len(found) == before:
            return Hidden(frozenset(found), zeros_too=bool(pinned))


def _hide_along(cells: Mapping[Cell, int], total: Cell, parts: tuple[Cell, ...], found: set[Cell], kept: Set[Cell], threshold: int) -> None:
    """Add to `found` what one line gives away of its hidden cells."""
    small = found.intersection(parts)
    if total in found and not small:
        found.add(min(parts, key=lambda part: (cells[part], part)))
    elif total not in found and small:
        rest = sorted((cells[part], part) for part in parts if part not in small)
        # What counts is what their sum leaves beyond the one case that each is known to have.
        while rest and not _leaves_choice(cells, small, threshold):
            small.add(rest.pop(0)[1])
        found |= small
        if total not in kept and not _leaves_choice(cells, small, threshold):
            found.add(total)


def _leaves_choice(cells: Mapping[Cell, int], hidden: Set[Cell], threshold: int) -> bool:
    return len(hidden) > 1 and sum(cells[cell] - 1 for cell in hidden) >= threshold - 1


def _determined(hidden: Set[Cell], lines: Lines[Cell], cells: Mapping[Cell, int]) -> set[Cell]:
    """The hidden cells that all known sums together leave no choice."""
    sums = []
    for total, parts in lines:
        signs = {part: 1 for part in parts if part in hidden} | ({total: -1} if total in hidden else {})
        if signs:
            sums.append((signs, sum(sign * cells[cell] for cell, sign in signs.items())))
    return set(too_narrow(sums, dict.fromkeys(hidden, 1), cells))


def _cover_for(known: set[Cell], hidden: Set[Cell], kept: Set[Cell], cells: Mapping[Cell, int], lines: Lines[Cell]) -> set[Cell]:
    """Of each sum that one of `known` is in, the smallest cell that is still shown; its total where no part is."""
    made = set()
    for total, parts in lines:
        if total in known or not known.isdisjoint(parts):
            shown = [part for part in parts if part not in hidden] or [cell for cell in (total,) if cell not in hidden | kept]
            made |= {min(shown, key=lambda part: (cells[part], part))} if shown else set()
    return made
