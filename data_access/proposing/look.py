"""A look at a source nobody has described: its rows, what the columns hold, what is proposed for them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from data_access.city import City
from data_access.city_models import CityFile
from data_access.mapping.spec import MappingFile
from data_access.proposing.facts import Facts, facts_of
from data_access.proposing.fields import Proposed, propose
from data_access.proposing.known import preset_of
from data_access.proposing.personal import by_name
from data_access.proposing.selects import Joined, joined
from data_access.proposing.tables import EventTable, Join, TableFacts, events_of, joins_of, parent_column, rank_cases, readable, tables_of
from data_access.proposing.web_look import kind_of, web_sample
from data_access.proposing.zones import zone_of
from data_access.sources.base import Sample, SourceError
from data_access.sources.files import ENDINGS, FilesSource
from data_access.sources.sql import SqlSource

ROWS = 20_000
SECONDS = 60.0
ENCODINGS = ("utf-8", "cp1252")
DELIMITERS = ",;\t|"
ALIKE = 0.5
"""Of the columns of two files together, so many must be in both for them to be of one kind."""
Choose = Callable[[list[tuple[float, TableFacts]]], TableFacts]


@dataclass
class Look:
    """What was seen and what is proposed. `proposed` may be changed by answers."""

    kind: str
    """files, sql, or a kind of API on the web."""
    address: str
    """A path, an SQLAlchemy URL, or an address on the web."""
    sample: Sample
    facts: dict[str, Facts]
    proposed: Proposed
    preset: str | None
    zone: str | None
    encoding: str = "utf-8"
    delimiter: str = ","
    tables: list[TableFacts] = field(default_factory=list)
    cases: TableFacts | None = None
    joins: list[Join] = field(default_factory=list)
    joined: Joined | None = None
    events: EventTable | None = None
    quote: Callable[[str], str] = str


def look_at_files(path: Path, *, presets: bool = True) -> Look:
    """Look at a file, a folder or a pattern.

    Raises:
        SourceError: nothing is there, it cannot be read, or its files are of different kinds.
    """
    first = _first_file(path)
    encoding, delimiter = _form(first) if first is not None and not first.name.lower().endswith(".parquet") else ("utf-8", ",")
    mapping = {"read": {"encoding": encoding, "delimiter": delimiter}, "columns": {"source_id": "?", "opened_at": "?"}}
    source = FilesSource(*_stand_in("files", {"path": str(path)}, mapping))
    try:
        _same_kind(source, path)
    except pd.errors.EmptyDataError:
        raise SourceError(f"{path} is empty.") from None
    sample = source.sample(ROWS, SECONDS, _is_personal)
    if sample.frame.empty:
        raise SourceError(f"{path} has no rows.")
    look = _looked("files", str(path), sample, presets=presets)
    look.encoding, look.delimiter = encoding, delimiter
    return look


def look_at_web(url: str, *, presets: bool = True) -> Look:
    """Look at an API on the web, its kind told from its address.

    Raises:
        SourceError: it is of no known kind, or cannot be read.
    """
    kind = kind_of(url)
    return _looked(kind, url, web_sample(url, kind), presets=presets)


def look_at_database(url: str, choose: Choose, *, presets: bool = True) -> Look:
    """Look at a database; `choose` picks the table with the cases from the likeliest.

    Raises:
        SourceError: it cannot be reached, or no table looks like cases.
    """
    source = SqlSource(
        *_stand_in("sql", {"url": url}, {"sql": {"cases": "?", "key": "?"}, "columns": {"source_id": "?", "opened_at": "?"}})
    )
    with source.connected() as connection:
        quote = connection.dialect.identifier_preparer.quote
        tables = tables_of(connection)
        ranked = rank_cases(connection, tables)
        if not ranked:
            there = ", ".join(f"{table.name} ({table.rows or 0:,} rows)" for table in tables[:12]) or "none"
            raise SourceError(f"no table looks like cases, with an id and an opening time; there are {there}. Name one with --table.")
        cases = choose(ranked)
        joins = joins_of(connection, cases, tables)
        events = events_of(connection, cases, tables)
    bare = joined(cases, readable(cases), joins, None, None, quote)
    number = _proposed_id(url, bare, cases)
    parent = parent_column(cases) if number != cases.key else None
    whole = joined(cases, [name for name in readable(cases) if name != parent], joins, parent, number, quote)
    look = _looked("sql", url, _sample(url, whole, cases), presets=presets)
    look.proposed.left_out |= {name: what for name in cases.columns if (what := by_name(name))}
    look.tables, look.cases, look.joins, look.joined, look.events, look.quote = tables, cases, joins, whole, events, quote
    return look


def _proposed_id(url: str, bare: Joined, cases: TableFacts) -> str | None:
    found = propose(facts_of(_sample(url, bare, cases, 2_000).frame)).fields.get("source_id")
    return found.column if found else None


def _sample(url: str, rows: Joined, cases: TableFacts, most: int = ROWS) -> Sample:
    names = [column.name for column in rows.columns]
    # Sorted by its key where that is among the columns.
    mapping = {"sql": {"cases": rows.select(names), "key": cases.key or names[0]}, "columns": {"source_id": "?", "opened_at": "?"}}
    return SqlSource(*_stand_in("sql", {"url": url}, mapping)).sample(most, SECONDS, _is_personal)


def _looked(kind: str, address: str, sample: Sample, *, presets: bool) -> Look:
    facts = facts_of(sample.frame)
    proposed = propose(facts)
    proposed.left_out |= {name: by_name(name) or "facts about people" for name in sample.left_out}
    preset = preset_of([*sample.frame.columns, *sample.left_out]) if presets else None
    place = [facts.get(proposed.fields[name].column) if name in proposed.fields else None for name in ("latitude", "longitude")]
    return Look(kind, address, sample, facts, proposed, preset, zone_of(*place))


def _is_personal(column: str) -> bool:
    return by_name(column) is not None


def _stand_in(kind: str, where: dict[str, str], mapping: dict[str, Any]) -> tuple[Any, City, MappingFile, Path]:
    """What a source is made of, before there is a city."""
    file = CityFile.model_validate({
        "city": {"id": "new", "name": "New", "zone": "UTC"}, "programme": [{"id": "requests", "name": "Requests"}],
        "source": [{"name": "source", "kind": kind, "programme": "requests", "mapping": "crm.toml", **where}],
    })  # fmt: skip
    return file.source[0], City(Path.cwd(), file), MappingFile.model_validate(mapping), Path("crm.toml")


def _first_file(path: Path) -> Path | None:
    if path.is_dir():
        return next((file for file in sorted(path.iterdir()) if file.name.lower().endswith(ENDINGS)), None)
    if path.exists():
        return path
    return next((file for file in sorted(path.parent.glob(path.name)) if file.is_file()), None) if path.parent.is_dir() else None


def _form(path: Path) -> tuple[str, str]:
    """(encoding, delimiter) of a CSV file, told from its beginning."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            raw = file.read(1 << 20)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror or error}); deliver it again.") from None
    # The last line may be cut inside a letter.
    whole = raw.rpartition(b"\n")[0] or raw
    encoding = next((name for name in ENCODINGS if _decodes(whole, name)), "latin-1")
    line = whole.decode(encoding, "replace").partition("\n")[0]
    try:
        return encoding, csv.Sniffer().sniff(line, DELIMITERS).delimiter
    except csv.Error:
        return encoding, ","


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _same_kind(source: FilesSource, path: Path) -> None:
    """Refuse a folder with files of several kinds: their rows would be taken for one."""
    headers = source.headers()
    first, columns = next(iter(headers.items()))
    other = [file.name for file, names in headers.items() if len({*names} & {*columns}) < ALIKE * len({*names} | {*columns})]
    if other:
        raise SourceError(
            f"{path} has files of different kinds: {', '.join(other[:4])}{' and more' if len(other) > 4 else ''} have other columns than {first.name}; "
            "name the files of one kind, such as 'folder/requests_*.csv'."
        )
