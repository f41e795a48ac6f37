"""The figures of class B, counted by a load for each period that is closed: what is new is made, what was made stays.

A quarter is released when the quarter after it has ended, a year with its last quarter. A year's cells are the sums of its
quarters' as these were released, so that the two can be put side by side; hidden is then whatever a year's number would give away.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from data_access.city import City
from data_access.mart.staging import Stage
from data_access.released import atoms as counting
from data_access.released import attack, files, levels
from data_access.released.bounds import Contradiction
from data_access.released.files import Released, Tree
from data_access.released.hiding import LEAST_SENSITIVE, CannotHide, few, hidden_cells
from data_access.released.trees import Cell, closed_quarters, least_of, lines_of, period_above, period_depth, quarter_of, summed

FOLDER = "released"
"""Name of the folder in the data folder."""


@dataclass
class Cube:
    """Everything released so far, with what this load adds."""

    folder: Path
    tree: Tree | None
    periods: dict[str, Released]
    """Period -> its newest vintage."""
    made: list[Released]
    """Released now; not yet kept."""
    refused: str = ""
    """Why a further period was not released, as a sentence."""

    def keep(self) -> None:
        """Write what was released now, for good."""
        if self.tree is not None and self.made:
            files.keep(self.folder, self.tree, self.made)


def release(stage: Stage, city: City, folder: Path, as_of: datetime, layers: list[tuple[int, str]], recount: str = "") -> Cube:
    """The cube of the attached staff mart, with the periods that can be released since the last load.

    Args:
        folder: where released cells are kept.
        layers: slot and id of the area layers residents may ask for.
        recount: a year to be counted anew, as a further vintage of all that was released of it; empty for none.

    Raises:
        files.Altered: what was published before was changed.
    """
    cube = Cube(folder, files.read_tree(folder), files.read_all(folder), [])
    if stage.connection.execute("SELECT count(*) FROM staff.request_type WHERE release_class = 'B'").fetchall() == [(0,)]:
        return cube
    due = _due_quarters(stage, city, as_of)
    if not recount and not [quarter for quarter in due if quarter not in cube.periods and quarter[:4] not in cube.periods]:
        return cube
    found = counting.count(stage, layers, cube.tree)
    found = found[found["month"].map(quarter_of).isin(due)]
    if found.empty:
        return cube
    tree = cube.tree = _grown(cube.tree, stage, city, found, layers, {quarter[:4] for quarter in due})
    for year in sorted({quarter[:4] for quarter in due}):
        try:
            of_year = [quarter for quarter in due if quarter[:4] == year]
            new = _year(stage, tree, year, of_year, found, cube.periods, as_of, year == recount)
            _attack(tree, cube.periods, new, year)
        except (CannotHide, Contradiction, Recovered) as error:
            cube.refused = f"Figures of sensitive services for {year} were not released: {error}."
            break
        cube.made += new
        cube.periods |= {one.period: one for one in new}
    return cube


class Recovered(RuntimeError):
    """The attacker found out a hidden number."""


def _year(
    stage: Stage, tree: Tree, year: str, due: list[str], found: pd.DataFrame, held: dict[str, Released], as_of: datetime,
    is_anew: bool,
) -> list[Released]:  # fmt: skip
    """What is to be released of one year now: its further quarters and, with the last, the year itself; `is_anew`: all of them again."""
    least = _least(tree, year)
    made: dict[str, Released] = {}
    for quarter in due if tree.plain.period else []:
        if quarter not in held or is_anew:
            before = held.get(quarter)
            cells = summed(found[found["month"].map(quarter_of) == quarter], tree.levels, (1, 2))
            hidden = hidden_cells(cells, lines_of(cells), least, primary=told_by_change(before, cells, least))
            made[quarter] = Released(quarter, next_vintage(before), as_of, cells, frozenset(hidden))
    quarters = [{**held, **made}[name] for name in (f"{year}-Q{n}" for n in range(1, 5)) if name in held or name in made]
    if (year not in held or is_anew) and f"{year}-Q4" in due and (len(quarters) == 4 or (not tree.plain.period and len(due) == 4)):
        made[year] = _whole_year(stage, tree, year, found, quarters, least, as_of, held.get(year))
    return list(made.values())


def _whole_year(
    stage: Stage, tree: Tree, year: str, found: pd.DataFrame, quarters: list[Released], least: dict[str, int], as_of: datetime,
    before: Released | None,
) -> Released:  # fmt: skip
    parts: dict[Cell, int] = {cell: n for quarter in quarters for cell, n in quarter.cells.items()}
    hidden = {cell for quarter in quarters for cell in quarter.hidden}
    years: Counter[Cell] = Counter()
    for (period, *rest), n in parts.items():
        if period_above(period) == year:
            years[(year, *rest)] += n  # type: ignore[index]
    cells = dict(years) if quarters else summed(found[found["month"].str[:4] == year], tree.levels, (0,))
    every = {**parts, **cells}
    lines = lines_of(every)
    # Whose quarters are all shown is known to whoever can add.
    known = {total for total, of in lines if total in cells and of[0] in parts and hidden.isdisjoint(of)} if quarters else set()
    withheld = counting.withheld(stage, year)
    primary = told_by_change(before, cells, least) - known
    return Released(
        year, next_vintage(before), as_of, cells,
        frozenset(hidden_cells(every, lines, least, hidden=hidden, fixed=parts.keys() | known, primary=primary) & cells.keys()),
        None if withheld == 0 or few(withheld, LEAST_SENSITIVE) else withheld,
    )  # fmt: skip


def next_vintage(before: Released | None) -> int:
    return 1 if before is None else before.vintage + 1


def told_by_change(before: Released | None, cells: dict[Cell, int], least: dict[str, int]) -> set[Cell]:
    """The cells that two vintages put side by side would tell of: hidden before, or changed by few cases."""
    if before is None:
        return set()
    shown = before.shown
    return {cell for cell, n in cells.items() if cell in before.hidden or (cell in shown and few(abs(n - shown[cell]), least[cell[2]]))}


def _attack(tree: Tree, held: dict[str, Released], new: list[Released], year: str) -> None:
    """Let the attacker at all that would be published of a year, and at what was published of the same periods before.

    Raises:
        Recovered: it found out a hidden number.
    """
    periods = {**held, **{one.period: one for one in new}}
    published: dict[Cell, int | None] = {}
    for one in periods.values():
        published |= one.published if one.period[:4] == year else {}
    found = attack.recovered(published)
    least = _least(tree, year)
    for one in new:
        if one.period in held:
            known = {cell for cell in one.shown if cell in held[one.period].shown and period_depth(cell[0]) == 0}
            found |= attack.compared(held[one.period].published, one.published, least) - known
    if found:
        raise Recovered(f"{len(found)} hidden numbers would follow from the others")


def _due_quarters(stage: Stage, city: City, as_of: datetime) -> list[str]:
    """The whole quarters of the data that ended at least a quarter ago, oldest first."""
    # Fetched to its end: a result that is not stands in the way of what comes next.
    ((first,),) = stage.connection.execute("SELECT min(opened_on) FROM staff.spell").fetchall()
    if first is None:
        return []
    today = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(city.zone)).date()
    return closed_quarters(first, today)


def _grown(tree: Tree | None, stage: Stage, city: City, found: pd.DataFrame, layers: list[tuple[int, str]], years: set[str]) -> Tree:
    """The tree with the services and areas that are new, for the `years` that are released; the first time also with how finely cells are cut."""
    services = {path.rpartition("/")[2]: path for path in sorted(set(found["service"]))}
    names = counting.names(stage, layers, found)
    this_least = counting.least(stage, city)
    if tree is None:
        least = least_of({path: this_least[name] for name, path in services.items()})
        plain, by_deadline = levels.choose(found, len(layers), least)
        tree = Tree(plain, by_deadline, [layer for _, layer in layers])
    return replace(
        tree,
        services={**services, **tree.services},
        least={**tree.least, **{year: {**this_least, **tree.least.get(year, {})} for year in years}},
        names={**names, **tree.names},
    )


def _least(tree: Tree, year: str) -> dict[str, int]:
    """Service path -> fewest cases that are shown of it."""
    return least_of({path: tree.least[year].get(name, LEAST_SENSITIVE) for name, path in tree.services.items()})
