"""What was promised for each case and what was noticed of it: no source has it, so each load takes it over from the one before.

The newest generation that can be read is asked, whatever version of Statroom made it: a mart that is made anew after its
tables changed keeps its promises. What an older version did not keep is simply not known.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from data_access.mart.generations import Generation

HELD = {
    "case_record": {
        "case_id": "BIGINT", "programme_id": "SMALLINT", "source_id": "VARCHAR", "opened_at": "TIMESTAMP", "due_at": "TIMESTAMP",
        "first_due_at": "TIMESTAMP", "due_source_id": "SMALLINT", "request_type_id": "SMALLINT",
    },
    "case_event": {
        "case_id": "BIGINT", "event_at": "TIMESTAMP", "event_kind_id": "SMALLINT", "from_value": "VARCHAR", "to_value": "VARCHAR", "reason": "VARCHAR",
    },
    "programme": {"id": "SMALLINT", "slug": "VARCHAR"},
    "request_type": {"id": "SMALLINT", "name": "VARCHAR"},
}  # fmt: skip
"""Table -> the columns that are read, with their types."""
_NEEDED = {"case_record": ("case_id", "programme_id", "source_id", "opened_at", "due_at"), "programme": ("id", "slug")}
"""Without these a generation cannot say of which case it speaks, or what was promised."""
# Cases keep their numbers from load to load, but not where the mart is made anew.
_SAME_CASES = """CREATE TABLE held_case AS SELECT c.case_id, r.case_id AS held_id FROM held_case_record r
    JOIN held_programme p ON p.id = r.programme_id JOIN changed c ON c.programme = p.slug AND c.source_id = r.source_id"""


def newest_readable(kept: Iterable[Generation]) -> Generation | None:
    """The first of `kept` (newest first) that tells what was promised."""
    return next((generation for generation in kept if _is_readable(generation)), None)


def attach(connection: duckdb.DuckDBPyConnection, generation: Generation, attached: str | None = None) -> None:
    """Show what is read of `generation` as views `held_...`, with null for what it does not have. `attached`: its name, where it is open already."""
    name = attached or "promising"
    if attached is None:
        connection.execute(f"ATTACH '{generation.path('staff')}' AS {name} (READ_ONLY)")
    for table, columns in HELD.items():
        there = _columns(connection, name, table)
        listed = ", ".join(column if column in there else f"NULL::{kind} AS {column}" for column, kind in columns.items())
        rows = f"FROM {name}.{table}" if there else "WHERE false"
        connection.execute(f"CREATE VIEW held_{table} AS SELECT {listed} {rows}")


def match(connection: duckdb.DuckDBPyConnection, last_held: int | None) -> None:
    """Make `held_case`, the cases of table `changed` that are held, with the number they have there (`held_id`), and what is held of them.

    Args:
        last_held: the highest number of a held case, where only few of the cases of the very generation are in `changed`; else None.
    """
    if last_held is None:
        connection.execute(_SAME_CASES)
    else:
        connection.execute(f"CREATE TABLE held_case AS SELECT case_id, case_id AS held_id FROM changed WHERE case_id <= {last_held}")
    # Of few cases their rows are looked up once.
    kind, cut = ("VIEW", "") if last_held is None else ("TABLE", "SEMI JOIN held_case k ON k.held_id = r.case_id")
    connection.execute(f"CREATE {kind} promised_record AS SELECT r.* FROM held_case_record r {cut}")
    connection.execute(f"CREATE {kind} promised_event AS SELECT r.* FROM held_case_event r {cut}")


def _is_readable(generation: Generation) -> bool:
    try:
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{generation.path('staff')}' AS promising (READ_ONLY)")
            for table, columns in HELD.items():
                there = [name for name in columns if name in _columns(connection, "promising", table)]
                if not set(_NEEDED.get(table, ())) <= set(there):
                    return False
                if there:
                    # Read once, so that damage is met here and not in the middle of a load.
                    connection.execute(f"SELECT bit_xor(hash({', '.join(there)})) FROM promising.{table}").fetchall()
    except duckdb.Error:
        return False
    return True


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> set[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND table_name = ?", [database, table]
    ).fetchall()
    return {name for (name,) in rows}
