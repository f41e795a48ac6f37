"""A database nobody has described: which table has the cases, which tables explain its ids, which one is the log of what happened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Column, Connection, Inspector, MetaData, Table, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from data_access.proposing.facts import Facts, facts_of
from data_access.proposing.fields import Proposed, propose
from data_access.proposing.names import plain_name
from data_access.proposing.personal import by_name, personal
from data_access.proposing.words import event_kind
from data_access.sources.connections import frame_of

LOOKED_AT = 400
MOST_TABLES = 80
MOST_LOOKED_UP = 20_000
LABELS = ("name", "title", "label", "description", "text", "code")
GROUPS = ("category", "group", "type_group", "group_name", "category_name")
EVENT_NAMES = {
    "event_at": ("happened", "created", "date", "time", " at", "occurred", "logged", "on"),
    "event_kind": ("kind", "type", "activity", "event", "action", "code", "status"),
}
FROM_TO = {"from_value": ("from value", "old value", "from", "old", "previous value"), "to_value": ("to value", "new value", "to", "new")}


@dataclass(frozen=True)
class TableFacts:
    """One table or view. `rows` is None where counting took too long."""

    name: str
    rows: int | None
    columns: tuple[str, ...]
    key: str | None
    is_view: bool
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Column -> (table, its column), as the database declares it."""


@dataclass(frozen=True)
class Join:
    """A look-up table: `column` of the cases is `key` of `table`; `labels` are its columns that say something -> their new name."""

    column: str
    table: str
    key: str
    labels: dict[str, str]
    declared: bool


@dataclass(frozen=True)
class EventTable:
    """The log: which of its columns say whose, when and what."""

    table: str
    case_column: str
    at: str
    kind: str
    values: dict[str, str]
    kinds: tuple[tuple[str, int, str | None], ...]
    """(word, how often, the event it probably means)."""


def tables_of(connection: Connection) -> list[TableFacts]:
    """Every table and view that may be read, largest first."""
    looking = inspect(connection)
    made = [
        _table(connection, looking, name, is_view)
        for names, is_view in ((looking.get_table_names(), False), (looking.get_view_names(), True))
        for name in names[:MOST_TABLES]
    ]
    return sorted((one for one in made if one is not None), key=lambda one: -(one.rows or 0))


def _table(connection: Connection, looking: Inspector, name: str, is_view: bool) -> TableFacts | None:
    try:
        columns = tuple(column["name"] for column in looking.get_columns(name))
        key = (looking.get_pk_constraint(name) or {}).get("constrained_columns") or []
        foreign = looking.get_foreign_keys(name)
        rows = None
        with connection.begin_nested():
            rows = int(connection.execute(select(func.count()).select_from(_as_table(name))).scalar_one())
    except (SQLAlchemyError, NotImplementedError):
        return None
    links = {
        one["constrained_columns"][0]: (one["referred_table"], one["referred_columns"][0])
        for one in foreign
        if len(one["constrained_columns"]) == 1
    }
    return TableFacts(name, rows, columns, key[0] if len(key) == 1 else None, is_view, links)


def _as_table(name: str) -> Table:
    return Table(name, MetaData())


def some_rows(connection: Connection, table: TableFacts, columns: list[str], rows: int = LOOKED_AT) -> pd.DataFrame:
    """The latest rows by the table's key, else any."""
    source = Table(table.name, MetaData(), *(Column(name) for name in table.columns))
    query = select(*(source.c[name] for name in columns)).limit(rows)
    if table.key is not None:
        query = query.order_by(source.c[table.key].desc())
    found = connection.execute(query).fetchall()
    return frame_of(found, columns) if found else pd.DataFrame(columns=columns)


def readable(table: TableFacts) -> list[str]:
    """Its columns, without those whose name says that they are about people."""
    return [name for name in table.columns if by_name(name) is None]


def rank_cases(connection: Connection, tables: list[TableFacts]) -> list[tuple[float, TableFacts]]:
    """Tables that may hold the cases, likeliest first: how many fields of a case they have, and how much they hold."""
    ranked = []
    for table in tables:
        if len(table.columns) < 4 or not table.rows:
            continue
        proposed = propose(facts_of(some_rows(connection, table, readable(table))))
        score = _caseness(proposed) + sum(
            bool(re.search(r"(type|department|agency|status|queue|category)_?id$", name, re.I)) for name in table.columns
        )
        if score > 0:
            ranked.append((score + min((table.rows or 1), 1_000_000) ** 0.1 / 4, table))
    return sorted(ranked, key=lambda pair: -pair[0])


def _caseness(proposed: Proposed) -> float:
    worth = {
        "opened_at": 3,
        "closed_at": 3,
        "status": 2,
        "due_at": 2,
        "request_type": 2,
        "latitude": 1,
        "longitude": 1,
        "channel": 1,
        "department": 1,
    }
    found = proposed.fields
    return sum(value for name, value in worth.items() if name in found) if "opened_at" in found and "source_id" in found else 0.0


def joins_of(connection: Connection, cases: TableFacts, tables: list[TableFacts]) -> list[Join]:
    """Look-up tables of `cases`: by foreign key, else by name where the ids are found there."""
    by_name = {table.name: table for table in tables}
    made = []
    for column in cases.columns:
        declared = cases.links.get(column)
        target, key = declared if declared else _by_name(column, by_name)
        table = by_name.get(target or "")
        if table is None or table is cases or not key or not table.rows or table.rows > MOST_LOOKED_UP:
            continue
        labels = _labels(connection, column, table)
        if labels and (declared or _are_found(connection, cases, column, table, key)):
            made.append(Join(column, table.name, key, labels, declared is not None))
    return made


def _by_name(column: str, tables: dict[str, TableFacts]) -> tuple[str | None, str | None]:
    """ "request_type_id" -> table "request_types", or "types", and its key."""
    base = re.sub(r"(_id|Id|ID|_code|_key)$", "", column)
    if base == column or not base:
        return None, None
    said = plain_name(base).replace(" ", "")
    for ending in (said, plain_name(base).split(" ")[-1]):
        for name, table in tables.items():
            plain = re.sub(r"^(lu|lkp|ref|tbl|dim) ?", "", plain_name(name)).replace(" ", "")
            if table.key and plain in (ending, ending + "s", ending + "es", ending[:-1] + "ies", ending + "types"):
                return name, table.key
    return None, None


def _labels(connection: Connection, column: str, table: TableFacts) -> dict[str, str]:
    base = plain_name(re.sub(r"(_id|Id|ID|_code|_key)$", "", column)).replace(" ", "_")
    open_to = {plain_name(name).replace(" ", "_"): name for name in readable(table)}
    label = next((open_to[wanted] for known in LABELS for wanted in (known, f"{base}_{known}") if wanted in open_to), None)
    if label is None:
        return {}
    values = some_rows(connection, table, [label])[label].dropna().astype("str")
    if personal(label, values) is not None:
        return {}
    groups = {open_to[name]: f"{base}_category" for name in GROUPS if name in open_to}
    return {label: base, **dict(list(groups.items())[:1])}


def _are_found(connection: Connection, cases: TableFacts, column: str, table: TableFacts, key: str) -> bool:
    used = set(some_rows(connection, cases, [column])[column].dropna().astype("str"))
    known = set(some_rows(connection, table, [key], MOST_LOOKED_UP)[key].dropna().astype("str"))
    return bool(used) and len(used & known) >= 0.95 * len(used)


def parent_column(cases: TableFacts) -> str | None:
    """The column with the key of the case that this one repeats."""
    for column, (target, _) in cases.links.items():
        if target == cases.name:
            return column
    return next(
        (
            name
            for name in cases.columns
            if plain_name(name) in ("parent id", "parent request id", "parent case id", "duplicate of id", "master id")
        ),
        None,
    )


def events_of(connection: Connection, cases: TableFacts, tables: list[TableFacts]) -> EventTable | None:
    """The log of what happened to cases: a table that points at them, with a time and with words that are events."""
    best: tuple[int, EventTable] | None = None
    for table in tables:
        column = next((name for name, (target, _) in table.links.items() if target == cases.name), None) or _points_at(table, cases)
        if table is cases or column is None or table.is_view:
            continue
        found = _event_table(table, column, facts_of(some_rows(connection, table, readable(table), 2_000)))
        if found is not None and (best is None or (table.rows or 0) > best[0]):
            best = (table.rows or 0, found)
    return best[1] if best else None


def _points_at(table: TableFacts, cases: TableFacts) -> str | None:
    one = re.sub(r"s$", "", plain_name(cases.name).replace(" ", "_"))
    names = {f"{one}_id", f"{one.split('_')[-1]}_id", "case_id", "request_id", "ticket_id"}
    return next((name for name in table.columns if plain_name(name).replace(" ", "_") in names), None)


def _event_table(table: TableFacts, column: str, facts: dict[str, Facts]) -> EventTable | None:
    times = [name for name, one in facts.items() if one.times is not None and one.null_share < 0.05]
    at = next((name for word in EVENT_NAMES["event_at"] for name in times if word.strip() in plain_name(name)), None)
    words = [name for name, one in facts.items() if one.kind == "word" and one.distinct <= 60 and not one.personal]
    for name in sorted(words, key=lambda name: not any(word in plain_name(name) for word in EVENT_NAMES["event_kind"])):
        kinds = tuple((value, count, event_kind(value)) for value, count in facts[name].top)
        if at and sum(count for _, count, kind in kinds if kind) >= 0.5 * sum(count for _, count, _ in kinds):
            values = {wanted: next((n for n in facts if plain_name(n) in names and n != name), None) for wanted, names in FROM_TO.items()}
            return EventTable(table.name, column, at, name, {key: value for key, value in values.items() if value}, kinds)
    return None
