"""Every sum between the totals of a programme: what somebody who can add, and knows how cases go, can work out from them.

Some sums hold but for a few cases that came late or were opened again. A reader is taken to know of these how many they were, so that
nothing rests on his not knowing it: they are cells of their own that are never hidden and never published. What would hold only if
every case went from each stage to the next is a sum where every case did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from data_access.released.hiding import few
from data_access.released.programmes.counting import EVERY
from data_access.released.trees import Cell, Line, period_above, period_depth

ADDED_UP = ("opened", "closed", "due", "reached", "stage_due", "stage_kept", "stage_missed")
"""What of a year is the sum of its quarters."""
COMPLETING = ("carried", "in_hand", "was_in", "stayed", "left")
"""What is not published and only completes sums: a reader knows that there are such numbers."""
SPLITS = {"opened": ("request_type", "area"), "closed": ("outcome", "state"), "due": ("state",), "open": ("state", "stage")}
KNOWN = "~"


KEPT = "="
"""Before the measure of a cell that is kept to be added up, and published in no form."""
COARSE = {("opened", EVERY), ("closed", EVERY), ("due", EVERY), ("due", "state:kept"), ("due", "state:missed")}
"""What is published of a quarter with few cases."""
LEAST_OF_QUARTER = 30
"""So many times the fewest cases that are shown a quarter has to have opened to be split further."""


def counts(cells: Mapping[Cell, int]) -> dict[Cell, int]:
    """The cells that are numbers of cases and published, shown or hidden."""
    return {cell: n for cell, n in cells.items() if not is_days(cell) and not is_kept(cell)}


MOST_SPARSE = 1 / 3
"""Share of the numbers of a split that may be small; one with more is told of as a whole only."""


def is_kept(cell: Cell) -> bool:
    return cell[1].startswith(KEPT)


def cut(quarter: Mapping[Cell, int], least: int) -> dict[Cell, int]:
    """The cells of a quarter: with few cases the totals, and the rest is kept only for its year."""
    opened = sum(n for (_, measure, _, member), n in quarter.items() if measure == "opened" and member == EVERY)
    if opened >= LEAST_OF_QUARTER * least:
        return without_sparse(quarter, least)
    return {cell if (cell[1], cell[3]) in COARSE else _kept(cell): n for cell, n in quarter.items()}


def without_sparse(cells: Mapping[Cell, int], least: int) -> dict[Cell, int]:
    """The cells of one period without the splits that have too many small numbers: hiding those would cost the totals."""
    members: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        if cell[3].partition(":")[0] in SPLITS.get(cell[1], ()) and cell[1] != "due":
            members.setdefault((cell[1], cell[3].partition(":")[0]), []).append(cell)
    sparse = {
        cell for table in members.values() if sum(few(cells[one], least) for one in table) > MOST_SPARSE * len(table) for cell in table
    }
    return {_kept(cell) if cell in sparse else cell: n for cell, n in cells.items()}


def _kept(cell: Cell) -> Cell:
    return cell[0], f"{KEPT}{cell[1]}", cell[2], cell[3]


def completing(cells: Iterable[Cell]) -> set[Cell]:
    """The cells that only complete sums."""
    return {cell for cell in cells if cell[1] in COMPLETING}


def worth(cells: Iterable[Cell]) -> dict[Cell, int]:
    """What is better told than hidden: totals before splits, years before quarters."""
    return {cell: 2 * (cell[3] == EVERY) + (period_depth(cell[0]) == 0) for cell in cells}


def is_days(cell: Cell) -> bool:
    return cell[1].endswith(("median", "p90"))


def year_of(quarters: Mapping[Cell, int], year: str) -> dict[Cell, int]:
    """The cells of a year, from those of its quarters: what began and ended in them is added up, the first and the last say what was open."""
    made: Counter[Cell] = Counter()
    for (period, measure, programme, member), n in quarters.items():
        measure = measure.removeprefix(KEPT)
        if period_above(period) != year:
            continue
        if (
            measure in (*ADDED_UP, "left")
            or (measure in ("carried", "was_in") and period.endswith("Q1"))
            or (measure == "open" and period.endswith("Q4"))
        ):
            made[year, measure, programme, member] += n
        if (
            (measure in ("carried", "was_in") and period.endswith("Q1"))
            or measure == "reached"
            or (measure == "opened" and member == EVERY)
        ):
            whole = "in_hand" if member == EVERY else "stayed"
            made[year, whole, programme, member] += n
    return {
        cell: n for cell, n in made.items() if cell[1] != "stayed" or (year, "left", *cell[2:]) in made or (year, "open", *cell[2:]) in made
    }


def known_to(programme: str) -> str:
    """The name under which a programme's cases that are known anyway stand."""
    return programme + KNOWN


class Links:
    """The sums between `cells`, all of one programme: `lines`, over the cells and those that are `known` anyway."""

    def __init__(self, cells: Mapping[Cell, int], programme: str, steps: Sequence[str], ends: Sequence[str]) -> None:
        self.cells, self.programme = cells, programme
        self.known: dict[Cell, int] = {}
        self.lines: list[Line] = []
        periods = sorted({cell[0] for cell in cells})
        self._members: dict[tuple[str, str], list[Cell]] = {}
        for cell in sorted(cells):
            self._members.setdefault((cell[0], cell[1]), []).append(cell)
        self._split = {(cell[0], cell[1], cell[3].partition(":")[0]) for cell in cells}
        for period in periods:
            self._splits(period)
            self._ways(period, steps, ends)
            self._standing(period, _before(period), steps)
            if period_depth(period) == 0:
                self._year(period)

    def _at(self, period: str, measure: str, member: str = EVERY) -> Cell:
        return period, measure, self.programme, member

    def _exact(self, total: Cell, *parts: Cell) -> None:
        """`total` is the sum of `parts`, always."""
        there = tuple(part for part in parts if part in self.cells)
        if total in self.cells and there:
            self.lines.append((total, there))

    def _nearly(self, total: Cell, *parts: Cell, exactly: bool = False) -> None:
        """`total` is the sum of `parts` but for some cases; where it must hold `exactly`, it says nothing else."""
        there = tuple(part for part in parts if part in self.cells)
        rest = self.cells.get(total, 0) - sum(self.cells[part] for part in there)
        if total not in self.cells or not there or (exactly and rest):
            return
        if rest:
            other = (total[0], f"{total[1]}-{parts[0][1]}", known_to(self.programme), total[3])
            self.known[other] = rest
            there = (*there, other)
        self.lines.append((total, there))

    def _splits(self, period: str) -> None:
        for measure, splits in SPLITS.items():
            for split in splits:
                parts = [cell for cell in self._members.get((period, measure), []) if cell[3].startswith(f"{split}:")]
                add = self._nearly if split in ("area", "stage") else self._exact
                add(self._at(period, measure), *parts)
        for cell in self._members.get((period, "stage_due"), []):
            self._exact(cell, self._at(period, "stage_kept", cell[3]), self._at(period, "stage_missed", cell[3]))

    def _ways(self, period: str, steps: Sequence[str], ends: Sequence[str]) -> None:
        """Cases come to the first stage when they are opened, from one stage to the next, and end in a stage that ends them."""
        if steps:
            self._nearly(self._at(period, "reached", f"stage:{steps[0]}"), self._at(period, "opened"))
        for step, following in zip(steps, steps[1:], strict=False):
            self._nearly(self._at(period, "left", f"stage:{step}"), self._at(period, "reached", f"stage:{following}"), exactly=True)
        self._nearly(self._at(period, "closed"), *(self._at(period, "reached", f"stage:{end}") for end in ends), exactly=True)

    def _standing(self, period: str, before: str, steps: Sequence[str]) -> None:
        """What was there and what came is what went and what is there; what is there at the end is so when the next period begins."""
        at = self._at
        self._exact(at(period, "in_hand"), at(period, "carried"), at(period, "opened"))
        self._nearly(at(period, "in_hand"), at(period, "open"), at(period, "closed"))
        self._nearly(at(period, "carried"), at(before, "open"), exactly=True)
        for step in steps:
            here = f"stage:{step}"
            self._exact(at(period, "stayed", here), at(period, "was_in", here), at(period, "reached", here))
            self._nearly(at(period, "stayed", here), at(period, "left", here), at(period, "open", here))
            self._nearly(at(period, "was_in", here), at(before, "open", here), exactly=True)

    def _year(self, year: str) -> None:
        for (period, measure), cells in self._members.items():
            if period == year and measure in ADDED_UP:
                for cell in cells:
                    if not cell[3].startswith("area:"):
                        self._of_year(cell, [self._at(f"{year}-Q{n}", measure, cell[3]) for n in range(1, 5)])
        for measure, quarter in (("carried", 1), ("was_in", 1), ("open", 4)):
            for cell in self._members.get((year, measure), []):
                self._of_year(cell, [self._at(f"{year}-Q{quarter}", measure, cell[3])])

    def _of_year(self, cell: Cell, quarters: list[Cell]) -> None:
        """Only where every quarter tells of it: of one that is cut coarser nobody knows that it has none."""
        if all(quarter in self.cells or self._is_cut_alike(quarter) for quarter in quarters):
            self._exact(cell, *quarters)

    def _is_cut_alike(self, quarter: Cell) -> bool:
        return (quarter[1], quarter[3]) in COARSE or (*quarter[:2], quarter[3].partition(":")[0]) in self._split


def _before(period: str) -> str:
    year, n = int(period[:4]), int(period[-1])
    if period_depth(period) == 0:
        return str(year - 1)
    return f"{year}-Q{n - 1}" if n > 1 else f"{year - 1}-Q4"
