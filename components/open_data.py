"""Open data in words: the title of each released table, and its dictionary, written from the registry of figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from components import files, programme_dictionary, sensitive_dictionary
from components.aside import done_within
from components.language import _
from data_access.cache import cached, is_kept
from metrics.definitions import DEFINITIONS_VERSION, REGISTRY
from metrics.describe import UNITS
from metrics.kinds import Metric
from metrics.open_data import TABLES, Table, columns, columns_of, period_of, released
from metrics.select import Asked
from metrics.suppression import threshold_of

PATIENCE = 4.0
"""Seconds that a request waits for tables that are being made."""


@dataclass(frozen=True)
class Entry:
    """One column in the dictionary."""

    column: str
    meaning: str
    unit: str
    empty: str
    """What it means where the cell is empty."""


@dataclass(frozen=True)
class Size:
    """How large a table is: rows, bytes of its files, and the days it is about (ISO; empty where it is about now)."""

    rows: int
    csv: int
    parquet: int
    first: str
    end: str


def title(table: Table) -> str:
    """What the table holds, in a few words."""
    return {
        "services-by-area-by-quarter": _("Reported and on time, by service, area and quarter"),
        "services-by-quarter": _("Reported and on time, by service and quarter"),
        "areas-by-quarter": _("Reported and on time, by area and quarter"),
        "city-by-month": _("The whole city, by month"),
        "open-now": _("Open now, by service and area"),
        "sensitive-services": _("Sensitive services: every released number"),
        "sensitive-releases": _("Sensitive services: the releases"),
        "programme-totals": _("Other programmes: every published total"),
        "services": _("The services"),
        "areas": _("The areas"),
    }[table.id]


def dictionary(table: Table) -> list[Entry]:
    """Every column of `table`: meaning, unit, and what an empty cell means."""
    figures = {name: (REGISTRY[figure], at) for figure in table.figures for at, name in enumerate(columns_of(REGISTRY[figure]))}
    own = sensitive_dictionary.meanings(table.id) | programme_dictionary.meanings(table.id)
    return [
        _figure(name, *figures[name]) if name in figures else Entry(name, *own[name]) if name in own else _plain(name)
        for name in columns(table)
    ]


def _figure(name: str, metric: Metric, at: int) -> Entry:
    meaning = _(metric.meaning)
    if at and metric.unit == "share":
        empty = _("Withheld: fewer than {least} cases, or another cell would follow.", least=threshold_of(metric.unit))
        return Entry(name, _("How many cases '{figure}' is a share of.", figure=metric.id), _("cases"), empty)
    if at:
        meaning = _("The same for 9 of 10: {meaning}", meaning=meaning)
    unit = _("share from 0 to 1") if metric.unit == "share" else _(UNITS[metric.unit])
    least = threshold_of(metric.unit)
    if metric.unit in ("cases", "closures", "reports"):
        return Entry(name, meaning, unit, _("Withheld: fewer than {least}, or another cell would follow. Zero is told.", least=least))
    return Entry(
        name, meaning, unit, _("Withheld where 'withheld' names it (fewer than {least} cases); else there is nothing to tell.", least=least)
    )


def _plain(name: str) -> Entry:
    none = _("never empty")
    told = {
        "quarter": (_("The quarter of the calendar year."), _("for example 2026-Q3"), none),
        "month": (_("The month."), _("for example 2026-09"), none),
        "from": (_("First day of the period."), _("date"), none),
        "to": (_("The day after its last."), _("date"), none),
        "service": (_("The service, as addresses of the portal and the API name it."), _("text"), none),
        "service_name": (_("Its name."), _("text"), none),
        "group": (_("The group most of its cases belong to."), _("text"), _("not known")),
        "department": (_("The department that has most of its cases."), _("text"), _("not known")),
        "area_layer": (_("Which kind of area."), _("text"), none),
        "area": (_("The area, as addresses of the portal and the API name it; 'none' for cases whose area is not known."), _("text"), none),
        "area_name": (_("Its name."), _("text"), none),
        "within": (_("The larger area it lies in."), _("text"), _("it lies in none")),
        "population": (_("Residents."), _("people"), _("not known")),
        "withheld": (_("The figures of this row that are withheld, separated by blanks."), _("names of columns"), _("nothing is withheld")),
        "as_of": (_("The instant up to which the data is complete."), _("instant in UTC"), none),
    }  # fmt: skip
    return Entry(name, *told[name])


def whole_dictionary() -> pd.DataFrame:
    """The dictionary of all tables, for a file."""
    return pd.DataFrame([{"table": table.id, **asdict(entry)} for table in TABLES.values() for entry in dictionary(table)])


def size(table: Table, asked: Asked) -> Size:
    """How large the files of `table` are now."""

    def measured() -> list[Any]:
        frame, period = released(table, asked), period_of(table, asked)
        csv = sum(len(piece.encode()) for piece in files.csv_lines(frame))
        return [len(frame), csv, len(files.parquet_bytes(frame, {})), *(day.isoformat() for day in period or ())]

    rows, csv, parquet, *period = cached("open-data-size", asked.mart.edition, asked.scope, [table.id, DEFINITIONS_VERSION], measured)
    return Size(rows, csv, parquet, *(period or ("", "")))


def are_ready(asked: Asked, patience: float = PATIENCE) -> bool:
    """Whether the tables of this load are made; if not, they are begun aside, and waited for a little.

    Deciding what is withheld in years of quarters takes long, and no visitor should hold a place in the queue meanwhile.
    """
    if all(is_kept("open-data-size", asked.mart.edition, asked.scope, [name, DEFINITIONS_VERSION]) for name in TABLES):
        return True
    return done_within(f"open-data {asked.mart.edition}", patience, lambda: [size(table, asked) for table in TABLES.values()])
