"""Gates before a generation takes over: what was built is compared with what is in service, source by source."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from data_access.city import City
from data_access.mart.gate_rules import Remark, Seen, judged
from data_access.mart.generations import Generation
from data_access.mart.public import silent_sources

LATELY_DAYS = 90
"""A load of changes is compared with the cases opened in so many days before it: older ones often were registered otherwise."""
EMPTY = {
    "type": "request_type_id = 0",
    "department": "department_id = 0",
    "channel": "channel_raw IS NULL",
    "place": "latitude IS NULL",
    "deadline": "due_at IS NULL",
    "closing": "closed_at IS NULL",
}
"""Column -> when a case has nothing in it."""
KNOWN_LATER = ("deadline", "closing")
"""Columns that young cases may lack: compared only where all cases are."""
VALUES = {
    "type": ("request_type", "request_type_id"),
    "department": ("department", "department_id"),
    "channel": ("", "channel_raw"),
}
"""Column -> table with its labels, and the column of `case_record`."""


class Loaded(Protocol):
    """What the gates need to know of the load of one source (`loading.LoadReport`)."""

    source_name: str
    mode: str
    rows_read: int
    rows_new: int
    rows_quarantined: int


def remarks(built: Path, held: Generation, city: City, reports: Sequence[Loaded]) -> list[Remark]:
    """What of the generation in folder `built` goes beyond the gates of its sources, beside `held`, which is in service."""
    found = []
    with duckdb.connect() as connection:
        for name, path in (("held", held.path("staff")), ("built", built / "staff.duckdb")):
            connection.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        whole = {report.source_name for report in reports if report.mode == "full"}
        before, now = (_states(connection, of, whole) for of in ("held", "built"))
        silent, gates = silent_sources(city), {source.name: source.gate for source in city.sources}
        for report in reports:
            name = report.source_name
            read = replace(now.get(name, Seen(0)), read=report.rows_read, refused=report.rows_quarantined)
            made = judged(name, before.get(name, Seen(0)), read, gates[name], new=report.rows_new)
            found += map(_hushed, made) if name in silent else made
    return found


def fingerprint(built: Path) -> str:
    """A text that two generations share only if their cases, figures and contacts are the same."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{built / 'staff.duckdb'}' AS built (READ_ONLY)")
        parts = {
            "case_record": "content_hash",
            "measure_value": "concat_ws('|', measure_id, grain, starts_on, value, target)",
            "contact_interval": "concat_ws('|', source_name, queue, language, starts_at, offered, answered, abandoned)",
        }
        sums = (f"SELECT count(*), sum(md5_number_lower({text})::HUGEINT) FROM built.{table}" for table, text in parts.items())
        return ";".join(f"{n}.{total or 0}" for query in sums for n, total in connection.execute(query).fetchall())


def _hushed(remark: Remark) -> Remark:
    """The remark without any number: of some sources nobody is told how many cases they have."""
    about = f" ({remark.subject})" if remark.gate == "nulls" else ""
    sentence = f"{remark.source_name}: the load goes beyond the limit {remark.gate!r}{about}; numbers of this source are not told."
    return replace(remark, measured=None, subject="", sentence=sentence)


def _states(connection: duckdb.DuckDBPyConnection, of: str, whole: Collection[str]) -> dict[str, Seen]:
    """Each source as the attached generation `of` has it. Of sources not read `whole`, cases opened lately are compared, of `built` those that came now."""
    run = connection.execute
    run("SET VARIABLE whole = ?::VARCHAR[]", [sorted(whole)])
    run("SET VARIABLE as_of = ?::TIMESTAMP", [_as_of(connection, "held")])
    run("SET VARIABLE last = (SELECT coalesce(max(id), 0) FROM held.load)")
    came = "AND load_id > getvariable('last')" if of == "built" else ""
    is_compared = (
        f"(list_contains(getvariable('whole'), source_name) OR (opened_at > getvariable('as_of') - INTERVAL {LATELY_DAYS} DAY {came}))"
    )
    made = _counted(connection, of, is_compared, whole)
    departments, _ = _grouped(connection, of, "department", "true")
    # What is known at all is no news, also where no case of late has it.
    which = is_compared if of == "built" else "true"
    values, names = {}, {}
    for column in VALUES:
        values[column], names[column] = _grouped(connection, of, column, which)
    for name, seen in made.items():
        its = {column: counts[name] for column, counts in values.items() if name in counts}
        made[name] = replace(seen, departments=departments.get(name, {}), values=its, names=names)
    return made


def _counted(connection: duckdb.DuckDBPyConnection, of: str, is_compared: str, whole: Collection[str]) -> dict[str, Seen]:
    empty = ", ".join(f"count(*) FILTER ({is_compared} AND {condition})" for condition in EMPTY.values())
    cases = f"""SELECT source_name, count(*), max(opened_at) FILTER (opened_at <= getvariable('now')), count(*) FILTER ({is_compared}), {empty}
        FROM {of}.case_record GROUP BY 1"""
    connection.execute("SET VARIABLE now = ?::TIMESTAMP", [_as_of(connection, of)])
    loads = _last_full(connection, of)
    made: dict[str, Seen] = {}
    for name, rows, newest, compared, *counts in connection.execute(cases).fetchall():
        columns = {column: n for column, n in zip(EMPTY, counts, strict=True) if name in whole or column not in KNOWN_LATER}
        read, refused = loads.get(name, (0, 0))
        made[name] = Seen(rows, newest, compared=compared, empty=columns, read=read, refused=refused)
    others = f"""SELECT source_name, count(*) FROM {of}.measure m JOIN {of}.measure_value v ON v.measure_id = m.id GROUP BY 1
        UNION ALL SELECT source_name, count(*) FROM {of}.contact_interval GROUP BY 1"""
    for name, rows in connection.execute(others).fetchall():
        made.setdefault(name, Seen(rows))
    return made


def _as_of(connection: duckdb.DuckDBPyConnection, of: str) -> datetime:
    ((text,),) = connection.execute(f"SELECT value FROM {of}.meta WHERE key = 'as_of'").fetchall()
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _last_full(connection: duckdb.DuckDBPyConnection, of: str) -> dict[str, tuple[int, int]]:
    """Source -> rows read and rows refused by the latest load of everything of it."""
    query = f"SELECT source_name, arg_max(rows_read, id), arg_max(rows_quarantined, id) FROM {of}.load WHERE mode = 'full' GROUP BY 1"
    return {name: (read, refused) for name, read, refused in connection.execute(query).fetchall()}


def _grouped(
    connection: duckdb.DuckDBPyConnection, of: str, column: str, condition: str
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Source -> word -> cases, and word -> label. Numbers and labels may be others in the next generation; a word is what it was."""
    counted = f"SELECT source_name, {VALUES[column][1]} AS word, count(*) AS n FROM {of}.case_record WHERE {condition} GROUP BY 1, 2"
    query = f"SELECT source_name, word, word, n FROM ({counted}) WHERE word IS NOT NULL"
    if VALUES[column][0]:
        query = f"SELECT c.source_name, d.slug, d.name, c.n FROM ({counted}) c JOIN {of}.{VALUES[column][0]} d ON d.id = c.word"
    made: dict[str, dict[str, int]] = {}
    labels: dict[str, str] = {}
    for name, word, label, n in connection.execute(query).fetchall():
        made.setdefault(name, {})[word] = n
        labels[word] = label
    return made, labels
