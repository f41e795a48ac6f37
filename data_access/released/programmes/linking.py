"""Every sum between the totals of a programme: what somebody who can add, and knows how cases go, can work out from them.

Some sums hold but for a few cases that came late, were opened again or went another way. A reader is taken to know of these how many
they were, so that nothing rests on his not knowing it: they are cells of their own that are never hidden and never published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data_access.released.programmes.counting import EVERY
from data_access.released.trees import Cell, Line, period_above, period_depth

ADDED_UP = ("opened", "closed", "due", "reached", "stage_due", "stage_kept", "stage_missed")
"""What of a year is the sum of its quarters."""
SPLITS = {"opened": ("request_type", "area"), "closed": ("outcome", "state"), "due": ("state",), "open": ("state", "stage")}
KNOWN = "~"


def without_days(cells: Mapping[Cell, int]) -> dict[Cell, int]:
    """The cells that are numbers of cases."""
    return {cell: n for cell, n in cells.items() if not is_days(cell)}


def is_days(cell: Cell) -> bool:
    return cell[1].endswith(("median", "p90"))


def year_of(quarters: Mapping[Cell, int], year: str) -> dict[Cell, int]:
    """The cells of a year, added up from those of its quarters."""
    made: dict[Cell, int] = {}
    for (period, measure, programme, member), n in quarters.items():
        if measure in ADDED_UP and period_above(period) == year and not member.startswith("area:"):
            whole = (year, measure, programme, member)
            made[whole] = made.get(whole, 0) + n
    return made


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
        for period in periods:
            self._splits(period)
            self._ways(period, steps, ends)
            if period_depth(period) == 0:
                self._year(period)
            else:
                self._standing(period, _before(period) if _before(period) in periods else "", steps)

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
            self._nearly(self._at(period, "left", f"stage:{step}"), self._at(period, "reached", f"stage:{following}"))
        self._nearly(self._at(period, "closed"), *(self._at(period, "reached", f"stage:{end}") for end in ends))

    def _standing(self, quarter: str, before: str, steps: Sequence[str]) -> None:
        at = self._at
        self._exact(at(quarter, "in_hand"), at(quarter, "carried"), at(quarter, "opened"))
        self._exact(at(quarter, "in_hand"), at(quarter, "open"), at(quarter, "closed"))
        self._nearly(at(quarter, "carried"), at(before, "open"), exactly=True)
        for step in steps:
            here = f"stage:{step}"
            self._exact(at(quarter, "stayed", here), at(quarter, "was_in", here), at(quarter, "reached", here))
            self._exact(at(quarter, "stayed", here), at(quarter, "left", here), at(quarter, "open", here))
            self._nearly(at(quarter, "was_in", here), at(before, "open", here), exactly=True)

    def _year(self, year: str) -> None:
        for (period, measure), cells in self._members.items():
            if period == year and measure in ADDED_UP:
                for cell in cells:
                    if not cell[3].startswith("area:"):
                        self._exact(cell, *(self._at(f"{year}-Q{n}", measure, cell[3]) for n in range(1, 5)))


def _before(quarter: str) -> str:
    year, n = int(quarter[:4]), int(quarter[-1])
    return f"{year}-Q{n - 1}" if n > 1 else f"{year - 1}-Q4"
