"""Releases the totals of each programme: a quarter when the quarter after it has ended, a year with its last quarter, never again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from data_access import programme_models
from data_access.city import City
from data_access.mart.staging import Stage
from data_access.released import files
from data_access.released.bounds import Contradiction
from data_access.released.cube import next_vintage, told_by_change
from data_access.released.files import Released
from data_access.released.hiding import LEAST, LEAST_SENSITIVE, CannotHide, hidden_cells
from data_access.released.programmes import counting, linking
from data_access.released.publishing import bounds
from data_access.released.trees import Cell, closed_quarters, period_depth

FOLDER = "programmes"
"""Name of the folder within that of the released cells."""


@dataclass
class Totals:
    """What is released of one programme, with what this load adds."""

    folder: Path
    programme: str
    least: int
    periods: dict[str, Released]
    """Period -> its newest vintage."""
    made: list[Released] = field(default_factory=list)
    """Released now; not yet kept."""
    refused: str = ""
    """Why further periods were not released, as a sentence."""

    def keep(self) -> None:
        """Write what was released now, for good."""
        if self.made:
            files.keep_periods(self.folder, self.made)


def told_in_totals(city: City) -> list[programme_models.Programme]:
    """The programmes of which totals are made: those told of in no other way, and the open ones that headline figures leave out."""
    return [
        one
        for one in city.programmes
        if one.privacy == "aggregate" or (one.privacy == "open" and one.id not in city.main_programmes)
    ]  # fmt: skip


def release(stage: Stage, city: City, folder: Path, as_of: datetime, slot: int | None, recount: str = "") -> list[Totals]:
    """The totals of every programme that has some, of the attached staff mart.

    Args:
        folder: where released cells are kept.
        slot: of the first area layer residents may ask for.
        recount: a year to be counted anew, as a further vintage; empty for none.

    Raises:
        files.Altered: what was published before was changed.
    """
    return [_release(stage, city, one, folder / FOLDER / one.id, as_of, slot, recount) for one in told_in_totals(city)]


def _release(
    stage: Stage, city: City, config: programme_models.Programme, folder: Path, as_of: datetime, slot: int | None, recount: str
) -> Totals:  # fmt: skip
    made = Totals(folder, config.id, _least(stage, city, config), files.read_all(folder))
    due = _due(stage, city, config.id, as_of)
    new = [quarter for quarter in due if quarter not in made.periods or quarter[:4] == recount]
    if not new:
        return made
    programme = counting.read(stage, config.id, config.privacy == "aggregate", made.least, slot)
    now = pd.Timestamp(as_of)
    counted = {quarter: linking.cut(counting.quarter(programme, quarter, *bounds(quarter)), made.least) for quarter in new}
    cells = _merged({name: dict(one.cells) for name, one in made.periods.items()} | counted)
    for year in sorted({quarter[:4] for quarter in new}):
        if all(f"{year}-Q{n}" in counted or f"{year}-Q{n}" in made.periods for n in range(1, 5)):
            whole = linking.year_of(cells, year) | counting.areas(programme, year, *bounds(year))
            counted[year] = linking.without_sparse(whole, made.least)
    try:
        hidden = _hidden(programme, made, counted)
    except (CannotHide, Contradiction) as error:
        made.refused = f"Totals of {config.name!r} for {', '.join(counted)} were not released: {error}."
        return made
    for period, of_period in sorted(counted.items()):
        shown = {cell: n for cell, n in of_period.items() if cell not in hidden}
        days = counting.durations(programme, period, *bounds(period), now, shown)
        vintage = next_vintage(made.periods.get(period))
        kept = {cell for cell in of_period if linking.is_kept(cell)}
        made.made.append(Released(period, vintage, as_of, of_period | days, frozenset(hidden & of_period.keys() | kept)))
    made.periods |= {one.period: one for one in made.made}
    return made


def _hidden(programme: counting.Programme, held: Totals, counted: dict[str, dict[Cell, int]]) -> set[Cell]:
    """What is hidden of the `counted` periods, beside all that was published before."""
    before = {name: one for name, one in held.periods.items() if name not in counted}
    fixed = _merged({name: linking.counts(one.cells) for name, one in before.items()})
    cells = fixed | linking.counts(_merged(counted))
    links = linking.Links(cells, programme.slug, programme.steps, programme.ends)
    least = {programme.slug: held.least, linking.known_to(programme.slug): 1}
    primary: set[Cell] = set()
    for period, of_period in counted.items():
        primary |= told_by_change(held.periods.get(period), of_period, least)
    hidden = {cell for one in before.values() for cell in one.hidden} & fixed.keys()
    return hidden_cells(
        cells | links.known,
        links.lines,
        least,
        hidden=hidden,
        fixed=fixed.keys() | links.known.keys(),
        primary=primary & cells.keys(),
        worth=linking.worth(cells),
        unpublished=linking.completing(cells),
    )


def _merged(periods: dict[str, dict[Cell, int]]) -> dict[Cell, int]:
    return {cell: n for cells in periods.values() for cell, n in cells.items()}


def _least(stage: Stage, city: City, config: programme_models.Programme) -> int:
    """Fewest cases that are shown of a programme: more where its cases are about persons, health or homes."""
    if config.privacy == "aggregate":
        return LEAST_SENSITIVE
    types = stage.connection.execute(
        """SELECT DISTINCT t.name FROM staff.spell s JOIN staff.programme p ON p.id = s.programme_id
        JOIN staff.request_type t ON t.id = s.request_type_id WHERE p.slug = ?""", [config.id],
    ).fetchall()  # fmt: skip
    return LEAST_SENSITIVE if any(city.is_sensitive(name) for (name,) in types) else LEAST


def _due(stage: Stage, city: City, programme: str, as_of: datetime) -> list[str]:
    ((first,),) = stage.connection.execute(
        "SELECT min(s.opened_on) FROM staff.spell s JOIN staff.programme p ON p.id = s.programme_id WHERE p.slug = ?", [programme]
    ).fetchall()
    if first is None:
        return []
    return closed_quarters(first, as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(city.zone)).date())


def years(totals: Totals) -> list[str]:
    """The years of which something is released."""
    return sorted(period for period in totals.periods if period_depth(period) == 0)
