"""The released tables as one Frictionless data package: a description that programs read, and everything in one zip file.

The package holds the files of `/data` byte by byte, so it tells nothing that they do not tell one by one.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import orjson
import pandas as pd

from components import files, open_data
from components.language import _
from data_access.cache import cached
from data_access.city import City
from metrics.definitions import DEFINITIONS_VERSION, REGISTRY
from metrics.open_data import TABLES, Table, columns_of, released
from metrics.select import Asked

DESCRIPTOR, ZIP = "datapackage.json", "datapackage.zip"
KINDS = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
NAMED = {"from": "date", "to": "date", "month": "yearmonth", "as_of": "datetime", "counted_as_of": "datetime"}
QUARTER = "[0-9]{4}-Q[1-4]"
SHARES = {
    name
    for table in TABLES.values()
    for figure in table.figures
    if REGISTRY[figure].unit == "share"
    for name in columns_of(REGISTRY[figure])[:1]
}


def descriptor(city: City, asked: Asked) -> dict[str, Any]:
    """What the package is and holds, as Data Package 1.0 with Table Schemas wants it; texts in the reader's language."""
    portal = city.file.portal
    about = {
        "profile": "tabular-data-package", "name": f"{city.facts.id}-open-data", "title": _("Open data of {city}", city=city.name),
        "description": _("Released figures of the city's services, by service, area and period. A small number, or one from which a small one would follow, is an empty cell."),
        "version": asked.mart.edition, "created": asked.mart.as_of.isoformat(timespec="seconds") + "Z",
        "sources": [{"title": city.name, **({"path": portal.address} if portal.address else {})}],
        **({"homepage": f"{portal.address}/data"} if portal.address else {}),
        **_licence(portal.licence, portal.licence_url),
    }  # fmt: skip
    return {**about, "resources": [_resource(table, asked) for table in TABLES.values()]}


def zipped(city: City, asked: Asked) -> bytes:
    """The description, the dictionary and all tables as CSV in one zip file; of one edition always the same bytes."""
    made = {
        DESCRIPTOR: orjson.dumps(descriptor(city, asked), option=orjson.OPT_INDENT_2),
        "dictionary.csv": _csv(open_data.whole_dictionary()),
    }
    made |= {f"{table.id}.csv": _csv(released(table, asked)) for table in TABLES.values()}
    buffer, at = io.BytesIO(), asked.mart.as_of.timetuple()[:6]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.items():
            archive.writestr(zipfile.ZipInfo(name, at), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@dataclass(frozen=True)
class Size:
    """How much the package holds: rows of all tables, and bytes of the zip file."""

    rows: int
    zip: int


def size(city: City, asked: Asked) -> Size:
    """How large the package is now; in every language about the same."""
    parameters = [DEFINITIONS_VERSION, len(TABLES)]
    rows = sum(open_data.size(table, asked).rows for table in TABLES.values())
    return Size(rows, cached("data-package-size", asked.mart.edition, asked.scope, parameters, lambda: len(zipped(city, asked))))


def _csv(frame: pd.DataFrame) -> bytes:
    return "".join(files.csv_lines(frame)).encode()


def _licence(name: str, address: str) -> dict[str, Any]:
    if not name:
        return {}
    return {"licenses": [{"title": name, **({"path": address} if address else {"name": name.replace(" ", "-")})}]}


def _resource(table: Table, asked: Asked) -> dict[str, Any]:
    frame = released(table, asked)
    fields = [_field(entry, frame[entry.column]) for entry in open_data.dictionary(table)]
    key = _key(table)
    schema = {"fields": fields, "missingValues": [""], **({"primaryKey": key} if key else {})}
    return {
        "profile": "tabular-data-resource", "name": table.id, "path": f"{table.id}.csv", "title": open_data.title(table), "format": "csv",
        "mediatype": "text/csv", "encoding": "utf-8", "bytes": open_data.size(table, asked).csv, "dialect": {"lineTerminator": "\r\n"}, "schema": schema,
    }  # fmt: skip


def _field(entry: open_data.Entry, column: pd.Series) -> dict[str, Any]:
    kind = NAMED.get(entry.column) or KINDS.get(column.dtype.kind, "string")
    limits: dict[str, Any] = {"required": True} if entry.empty == _("never empty") else {}
    if entry.column == "quarter":
        limits["pattern"] = QUARTER
    if kind in ("integer", "number"):
        limits["minimum"] = 0
    if entry.column in SHARES:
        limits["maximum"] = 1
    said = f"{entry.meaning} {_('If empty:')} {entry.empty}" if "required" not in limits else entry.meaning
    return {"name": entry.column, "type": kind, "description": said, "unit": entry.unit, **({"constraints": limits} if limits else {})}


def _key(table: Table) -> list[str]:
    """The columns that are unique together."""
    if table.id.startswith("sensitive"):
        return []
    names = {"quarter": ["quarter"], "month": ["month"], "service": ["service"], "area": ["area_layer", "area"]}
    return [name for about in table.about for name in names[about]]
