"""Writing the demo CRM to SQLite, PostgreSQL or MariaDB, and never over anything else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from sqlalchemy import Connection, Engine, Table, create_engine, delete, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from data_access.demo import crm_schema
from data_access.demo.rows import Row

ROWS_AT_ONCE = 20_000
BACKENDS = ("sqlite", "postgresql", "mysql", "mariadb")


class DemoError(RuntimeError):
    """The demo database cannot be built; one line says why."""


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine for the demo CRM.

    Raises:
        DemoError: the address is none, or nobody answers there.
    """
    engine = create_engine(_checked(url))
    try:
        yield engine
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise DemoError(f"the demo CRM at {engine.url.render_as_string(hide_password=True)} cannot be written: {reason}") from error
    finally:
        engine.dispose()


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
        known = parsed.get_backend_name() in BACKENDS
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise DemoError(f"{url!r} is no database address; write it like sqlite:///var/demo_crm.sqlite.") from error
    if not known:
        raise DemoError(f"the demo CRM can be in {', '.join(BACKENDS)}, not in {parsed.get_backend_name()}.")
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return parsed


def replace_tables(connection: Connection) -> None:
    """Empty tables of the CRM in place of an earlier demo's.

    Raises:
        DemoError: the database holds tables and none of them marks it as a demo.
    """
    there = set(inspect(connection).get_table_names())
    if there and crm_schema.demo_marker.name not in there:
        some = ", ".join(sorted(there)[:3]) + (", ..." if len(there) > 3 else "")
        raise DemoError(f"the database already has tables ({some}) and is no demo city; name an empty database with --url.")
    crm_schema.metadata.drop_all(connection)
    crm_schema.metadata.create_all(connection)


def make_fast(connection: Connection) -> None:
    """A demo that dies while it is built is built again: safety would only cost time."""
    if connection.dialect.name == "sqlite":
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -200000", "temp_store = MEMORY"):
            connection.execute(text(f"PRAGMA {pragma}"))
            connection.commit()


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Append rows whose values are in the order of the table's columns."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join(column.name for column in table.columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([mark] * len(table.columns))})"
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.exec_driver_sql(statement, list(rows[start : start + ROWS_AT_ONCE]))


def remove(connection: Connection, table: Table, column: str, ids: Sequence[int]) -> None:
    """Delete the rows whose `column` is one of `ids`."""
    for start in range(0, len(ids), 500):
        connection.execute(delete(table).where(table.c[column].in_(list(ids[start : start + 500]))))
