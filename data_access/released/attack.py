"""What a reader who has every release can find out: by subtraction, by linear programming, and by comparing vintages.

It is given what is published and nothing else. A release from which it finds out a hidden number is not published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from data_access.released.bounds import sums_of, too_narrow
from data_access.released.trees import Cell, Line, lines_of

Published = Mapping[Cell, int | None]
"""Cells with cases; None: hidden."""


def recovered(published: Published) -> set[Cell]:
    """The hidden cells whose number follows from all that is published together."""
    shown = {cell: n for cell, n in published.items() if n is not None}
    hidden = {cell for cell, n in published.items() if n is None}
    lines = lines_of(published)
    subtracted = _subtracted(shown, hidden, lines)
    return subtracted | set(too_narrow(sums_of(shown, hidden, lines), dict.fromkeys(hidden - subtracted, 1)))


def _subtracted(shown: Mapping[Cell, int], hidden: Iterable[Cell], lines: Sequence[Line]) -> set[Cell]:
    """What is found by subtracting alone: a sum with one unknown gives it, and so on from there."""
    known, unknown, found = dict(shown), set(hidden), set[Cell]()
    changed = True
    while changed:
        changed = False
        for total, parts in lines:
            missing = [cell for cell in (total, *parts) if cell in unknown]
            if len(missing) != 1:
                continue
            (cell,) = missing
            rest = sum(known[part] for part in parts if part != cell)
            known[cell] = rest if cell == total else known[total] - rest
            unknown.discard(cell)
            found.add(cell)
            changed = True
    return found


def compared(older: Published, newer: Published, least: Mapping[str, int]) -> set[Cell]:
    """What two vintages of one period tell together: a number one of them hides, or a change of few cases."""
    told = set()
    for cell in {*older, *newer}:
        before, after = older.get(cell, 0), newer.get(cell, 0)
        if before is None or after is None:
            # Shown first and hidden then, it is the old number that is known, and it was not too small; hidden first and
            # none then, the old one is not known.
            told |= {cell} if before is None and after else set()
        elif 0 < abs(before - after) < least[cell[2]]:
            told.add(cell)
    return told
