"""What somebody who can add and subtract knows of numbers that are not shown.

Every sum of the published cells is an equation between the hidden ones. The least and the most that a hidden cell can be
follow from all of them together by linear programming (HiGHS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor

import numpy as np

from data_access.released.trees import Cell, Line

Sum = tuple[dict[Cell, int], int]
"""Hidden cells with their signs, and what they add up to."""
MOST = 10_000_000.0
"""More cases than any cell has: where nothing bounds a cell, this does."""
ROUNDING = 1e-6
TRIES = 12


class Contradiction(RuntimeError):
    """The published numbers do not add up, whatever the hidden ones are."""


def sums_of(shown: Mapping[Cell, int], hidden: set[Cell], lines: Iterable[Line]) -> list[Sum]:
    """The equations between hidden cells. A cell that is neither shown nor hidden is zero, and everybody knows it."""
    made = []
    for total, parts in lines:
        signs = {part: 1 for part in parts if part in hidden}
        value = shown.get(total, 0) - sum(shown.get(part, 0) for part in parts)
        if total in hidden:
            signs[total] = -1
        if signs:
            made.append((signs, value))
    return made


def too_narrow(sums: Sequence[Sum], wanted: Mapping[Cell, int], truth: Mapping[Cell, int] | None = None) -> dict[Cell, tuple[int, int]]:
    """Of the hidden cells `wanted`, those whose least and most lie less than the given number apart: (least, most).

    Zeros are shown, so a hidden cell is known to be at least 1; whole numbers are known to be whole. Who has the `truth`
    gives it: one solution to begin with, which saves most of the search for cells that are wide enough.

    Raises:
        Contradiction: no numbers fit the sums.
    """
    found: dict[Cell, tuple[int, int]] = {}
    for members in _together(sums, wanted):
        found |= _Programme(members).too_narrow({cell: wanted[cell] for cell in members.cells if cell in wanted}, truth)
    return found


class _Group:
    """Sums that have hidden cells in common."""

    def __init__(self) -> None:
        self.sums: list[Sum] = []
        self.cells: list[Cell] = []


def _together(sums: Sequence[Sum], wanted: Iterable[Cell]) -> list[_Group]:
    """The groups of sums that have something to do with each other; a `wanted` cell in no sum is free and in none."""
    leader: dict[Cell, Cell] = {}

    def find(cell: Cell) -> Cell:
        while leader.setdefault(cell, cell) != cell:
            leader[cell] = cell = leader[leader[cell]]
        return cell

    for signs, _ in sums:
        first, *others = signs
        for other in others:
            leader[find(other)] = find(first)
        find(first)
    groups: dict[Cell, _Group] = {}
    for signs, value in sums:
        groups.setdefault(find(next(iter(signs))), _Group()).sums.append((signs, value))
    for cell in sorted(leader):
        groups[find(cell)].cells.append(cell)
    asked = {find(cell) for cell in wanted if cell in leader}
    return [group for head, group in groups.items() if head in asked]


class _Programme:
    """The linear programme of one group."""

    def __init__(self, group: _Group) -> None:
        # Large, and needed by residents' figures and loads only: staff processes do without.
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix

        self.linprog = linprog
        self.cells = group.cells
        self.place = {cell: at for at, cell in enumerate(self.cells)}
        rows, columns, signs = [], [], []
        for at, (terms, _) in enumerate(group.sums):
            rows += [at] * len(terms)
            columns += [self.place[cell] for cell in terms]
            signs += list(terms.values())
        self.sums = csr_matrix((signs, (rows, columns)), shape=(len(group.sums), len(self.cells)), dtype=float)
        self.values = np.array([value for _, value in group.sums], dtype=float)

    def solve(self, weights: np.ndarray) -> np.ndarray:
        """The numbers that fit all sums and give the least of `weights`."""
        made = self.linprog(weights, A_eq=self.sums, b_eq=self.values, bounds=(1, MOST), method="highs")
        if made.x is None:
            raise Contradiction(f"the sums of {len(self.cells)} hidden cells contradict each other ({made.message})")
        return made.x

    def too_narrow(self, wanted: Mapping[Cell, int], truth: Mapping[Cell, int] | None) -> dict[Cell, tuple[int, int]]:
        """As the function of that name. Solutions for many cells at once show most of them to be wide enough."""
        low, high = np.full(len(self.cells), np.inf), np.full(len(self.cells), -np.inf)
        if truth is not None:
            low = high = np.array([truth[cell] for cell in self.cells], dtype=float)
        open_cells = {self.place[cell]: width for cell, width in wanted.items()}
        chance = np.random.default_rng(311)
        for _ in range(TRIES):
            before = len(open_cells)
            weights = np.zeros(len(self.cells))
            weights[list(open_cells)] = chance.uniform(0.5, 1.5, before) * chance.choice((-1, 1), before)
            for sign in (1, -1):
                found = self.solve(sign * weights)
                low, high = np.minimum(low, found), np.maximum(high, found)
                if all(_whole(low[at], high[at], width) is None for at, width in open_cells.items()):
                    return {}
            open_cells = {at: width for at, width in open_cells.items() if _whole(low[at], high[at], width) is not None}
            if not open_cells or len(open_cells) == before:
                break
        made = {}
        for at, width in open_cells.items():
            weights = np.zeros(len(self.cells))
            weights[at] = 1
            ends = _whole(self.solve(weights)[at], self.solve(-weights)[at], width)
            if ends is not None:
                made[self.cells[at]] = ends
        return made


def _whole(low: float, high: float, width: int) -> tuple[int, int] | None:
    """The whole numbers between which a cell lies, if they are less than `width` apart."""
    least, most = ceil(low - ROUNDING), floor(high + ROUNDING)
    return (least, most) if most - least < width else None
