"""The cells of the released cube: one tree of periods, one of areas, one of services, and what became of the deadline.

A cell is (period, area, service, deadline). Paths name where it is in its tree: period "2025", "2025-Q3" or "2025-08"; area ""
(the whole city), "north" or "north/old-town"; service "" (all), "housing" or "housing/no-heat"; deadline "" for the cases opened in
the period, "due" for those that fell due in it, which are "met" or "missed". Every cell is the sum of the cells one step below it,
whichever of its trees one goes down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

import pandas as pd

Cell = tuple[str, str, str, str]
Line = tuple[Cell, tuple[Cell, ...]]
"""A total and the cells that add up to it."""
ELSEWHERE = "none"
"""The area of cases whose place is not known: without it an area's number would not be the sum of its parts."""
DUE = "due"


@dataclass(frozen=True, slots=True)
class Level:
    """How far down each tree cells are published.

    `period`: 0 years, 1 quarters, 2 months. `area`: layers below the city. `service`: 0 all, 1 groups, 2 types.
    `by_deadline`: the cases that fell due, and how many of them were closed in time, are published down to here.
    """

    period: int
    area: int
    service: int
    by_deadline: bool = False

    def holds(self, cell: Cell) -> bool:
        """Whether `cell` lies at this level or above it."""
        period, area, service, deadline = cell
        fits = period_depth(period) <= self.period and depth(area) <= self.area and depth(service) <= self.service
        return fits and (self.by_deadline or not deadline)


def depth(path: str) -> int:
    """Steps below the root of an area or a service."""
    return path.count("/") + 1 if path else 0


def period_depth(period: str) -> int:
    return 0 if "-" not in period else 1 if "Q" in period else 2


def above(path: str) -> str:
    """The area or service one step up."""
    return path.rpartition("/")[0]


def period_above(period: str) -> str:
    """The quarter of a month, the year of a quarter, nothing for a year."""
    if period_depth(period) == 2:
        return quarter_of(period)
    return period[:4] if period_depth(period) == 1 else ""


def quarter_of(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:7]) + 2) // 3}"


def closed_quarters(first: date, today: date) -> list[str]:
    """The whole quarters since `first` that ended at least a quarter before `today`, oldest first."""
    last = _quarter_number(today) - 2
    begun = _quarter_number(first) + (0 if first == date(first.year, 3 * ((first.month - 1) // 3) + 1, 1) else 1)
    return [f"{number // 4}-Q{number % 4 + 1}" for number in range(begun, last + 1)]


def _quarter_number(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def up(path: str) -> Iterator[str]:
    """`path` and everything above it, the root last."""
    yield path
    while path:
        path = above(path)
        yield path


_ATOM = ("month", "area", "service", "deadline", "n")


def summed(atoms: pd.DataFrame, levels: Collection[Level], periods: Iterable[int]) -> dict[Cell, int]:
    """The cells with cases at these levels and above.

    Args:
        atoms: `month`, `area`, `service`, `deadline` ("", "met" or "missed") and `n`: the smallest groups there are.
        periods: which depths of the tree of periods are made.
    """
    finest = max(level.period for level in levels)
    wanted = {each for each in periods if each <= finest}
    areas = {path: [one for one in up(path) if depth(one) <= max(level.area for level in levels)] for path in atoms["area"].unique()}
    services = {
        path: [one for one in up(path) if depth(one) <= max(level.service for level in levels)] for path in atoms["service"].unique()
    }
    months = {
        month: [time for time in (month, quarter_of(month), month[:4]) if period_depth(time) in wanted] for month in atoms["month"].unique()
    }
    made: Counter[Cell] = Counter()
    for month, area, service, deadline, n in zip(*(atoms[name].tolist() for name in _ATOM), strict=True):
        states = (deadline, DUE) if deadline else ("",)
        for cell in product(months[month], areas[area], services[service], states):
            made[cell] += n
    return {cell: n for cell, n in made.items() if any(level.holds(cell) for level in levels)}


def lines_of(cells: Iterable[Cell]) -> list[Line]:
    """Every sum between `cells`, in a fixed order."""
    known = set(cells)
    parts: dict[tuple[Cell, str], list[Cell]] = {}
    for cell in sorted(known):
        period, area, service, deadline = cell
        totals = {
            "period": (period_above(period), area, service, deadline) if period_above(period) else None,
            "area": (period, above(area), service, deadline) if area else None,
            "service": (period, area, above(service), deadline) if service else None,
            "deadline": (period, area, service, DUE) if deadline not in ("", DUE) else None,
        }
        for name, total in totals.items():
            if total is not None and total in known:
                parts.setdefault((total, name), []).append(cell)
    return [(total, tuple(line)) for (total, _), line in parts.items()]


def least_of(services: Mapping[str, int]) -> dict[str, int]:
    """Service path -> fewest cases that are shown, for all paths: of a group the highest of its types'."""
    made: dict[str, int] = {}
    for path, least in services.items():
        for one in up(path):
            made[one] = max(least, made.get(one, 0))
    return made
