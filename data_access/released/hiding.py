"""Which cells of a released table are hidden, so that no small number is shown and none follows from what is shown.

Cells with few cases are hidden first; then, over all sums, further ones until every hidden cell has another beside it; then
linear programming looks whether the sums together still say too much of a small cell, and more is hidden until they do not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from data_access.released.bounds import sums_of, too_narrow
from data_access.released.trees import Cell, Line

LEAST = 5
LEAST_SENSITIVE = 11
"""Fewest cases that are shown, and of services about health, homes or persons."""


class CannotHide(RuntimeError):
    """A hidden number follows from what was published, and nothing more can be hidden."""


def few(n: int, least: int) -> bool:
    return 0 < n < least


def hidden_cells(
    cells: Mapping[Cell, int], lines: Sequence[Line], least: Mapping[str, int], *, hidden: Collection[Cell] = (), fixed: Collection[Cell] = (),
    primary: Collection[Cell] = (), worth: Mapping[Cell, int] | None = None,
    unpublished: Collection[Cell] = (),
) -> set[Cell]:  # fmt: skip
    """The cells that must not be shown.

    Args:
        cells: all cells with cases.
        lines: every sum between them.
        least: service path -> fewest cases that are shown.
        hidden: what is hidden already.
        fixed: published before, hidden or shown: that stays so.
        primary: to be hidden whatever their number.
        unpublished: numbers that are told of in no form and only complete sums: what follows of them does no harm in itself.
        worth: of cells that could be hidden beside others those with less of it are, and among them the smallest.

    Raises:
        CannotHide: what is fixed gives a hidden number away.
    """
    small = {cell for cell, n in cells.items() if few(n, least[cell[2]]) and (cell not in fixed or cell in hidden)} | set(primary)
    made, still, outside = set(hidden) | small | set(unpublished), set(fixed), set(unpublished)
    published = [line for line in lines if outside.isdisjoint((line[0], *line[1]))]
    order = {cell: ((worth or {}).get(cell, 0), n, cell) for cell, n in cells.items()}
    while True:
        _complement(made, cells, published, least, still, order)
        shown = {cell: n for cell, n in cells.items() if cell not in made}
        # Whoever finds out a cell that was hidden to protect another one is one step further: that must not follow either.
        wanted = {cell: (least[cell[2]] - 1 if cell in small else 1) for cell in made - outside}
        narrow = too_narrow(sums_of(shown, made, lines), wanted)
        if not narrow:
            return made
        further = _further(narrow, made, lines, still, order)
        if not further:
            cell, (low, high) = next(iter(narrow.items()))
            raise CannotHide(f"{'/'.join(part or 'all' for part in cell)} would be known to lie between {low} and {high}")
        made |= further


def _complement(
    hidden: set[Cell], cells: Mapping[Cell, int], lines: Sequence[Line], least: Mapping[str, int], fixed: set[Cell],
    order: Mapping[Cell, tuple[int, int, Cell]],
) -> None:  # fmt: skip
    """Until nothing changes: a shown total with hidden parts has at least two, of enough cases; a hidden total has a hidden part."""
    changed = True
    while changed:
        changed = False
        for total, parts in lines:
            without = [part for part in parts if part in hidden]
            if (total in hidden) == bool(without) and (total in hidden or not without):
                continue
            if total not in hidden:
                enough = max(least[part[2]] for part in without)
                if len(without) > 1 and sum(cells[part] for part in without) >= enough:
                    continue
            shown = [part for part in parts if part not in hidden and part not in fixed]
            if shown:
                hidden.add(min(shown, key=order.__getitem__))
            elif total not in hidden and total not in fixed:
                hidden.add(total)
            else:
                # Only what was published before is left: whether that says too much is seen below, over all sums.
                continue
            changed = True


def _further(
    narrow: Collection[Cell], hidden: set[Cell], lines: Sequence[Line], fixed: set[Cell], order: Mapping[Cell, tuple[int, int, Cell]]
) -> set[Cell]:
    """One more cell to hide of the sums each of `narrow` is in; of the sums beside those, where they have none left."""
    made: set[Cell] = set()
    for cell in narrow:
        near, reached = {cell}, {cell}
        while near:
            touched = [line for line in lines if line[0] in near or not near.isdisjoint(line[1])]
            around = {one for total, parts in touched for one in (total, *parts)}
            free = [one for one in around if one not in hidden and one not in fixed]
            if free:
                made.add(min(free, key=order.__getitem__))
                break
            near = {one for one in around if one in hidden and one not in reached}
            reached |= near
    return made
