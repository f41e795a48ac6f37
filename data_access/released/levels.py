"""How finely the released cube is cut: the finest level at which few cells are small, chosen once and then kept."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pandas as pd

from data_access.released.trees import Level, quarter_of

MOST_SMALL_CELLS = 0.05
MOST_CASES_IN_SMALL_CELLS = 0.01


def choose(atoms: pd.DataFrame, layers: int, least: Mapping[str, int]) -> tuple[Level, Level | None]:
    """The finest level for numbers of cases, and the finest at or above it at which they are split by deadline (None: nowhere).

    Args:
        atoms: as `trees.summed` takes them, of all periods that can be released.
        layers: layers of areas below the city.
        least: service path -> fewest cases that are shown.
    """
    every = [Level(period, area, service) for period, area, service in product(range(3), range(layers + 1), range(3))]
    plain = _finest(atoms, every, least) or Level(0, 0, 0)
    coarser = [Level(level.period, level.area, level.service, True) for level in every if _is_within(level, plain)]
    return plain, _finest(atoms, coarser, least)


def _finest(atoms: pd.DataFrame, levels: list[Level], least: Mapping[str, int]) -> Level | None:
    cuts = {("area", steps): _cut(atoms["area"], steps) for steps in {level.area for level in levels}}
    cuts |= {("service", steps): _cut(atoms["service"], steps) for steps in {level.service for level in levels}}
    months = atoms["month"]
    periods = (months.str[:4], months.map({month: quarter_of(month) for month in months.unique()}), months)
    fine = []
    for level in levels:
        keys = {"period": periods[level.period], "area": cuts["area", level.area], "service": cuts["service", level.service]}
        rows = pd.DataFrame({**keys, "deadline": atoms["deadline"], "n": atoms["n"]})
        rows = rows[rows["deadline"] != ""] if level.by_deadline else rows[rows["deadline"] == ""]
        if rows.empty:
            continue
        cells = rows.groupby(["period", "area", "service", "deadline"], as_index=False)["n"].sum()
        small = cells[cells["n"] < cells["service"].map(least)]["n"]
        if len(small) <= MOST_SMALL_CELLS * len(cells) and small.sum() <= MOST_CASES_IN_SMALL_CELLS * cells["n"].sum():
            fine.append(level)
    # Of levels of which none is finer than the other: a service first, then quarters, then a part of the city, then months.
    return max(fine, key=lambda level: (level.service, min(level.period, 1), level.area, level.period), default=None)


def _cut(paths: pd.Series, steps: int) -> pd.Series:
    """`paths` with at most so many steps."""
    return paths.map({path: "/".join(path.split("/")[:steps]) for path in paths.unique()})


def _is_within(level: Level, other: Level) -> bool:
    return level.period <= other.period and level.area <= other.area and level.service <= other.service
