"""A copy of a database of ours as one SQLite file, taken while people go on writing; and the way back.

From SQLite the copy is the database's own online backup. From PostgreSQL it is every row as of one instant (a read-only transaction that
sees no later change), in a file whose tables the same migrations made; so a copy of either can be put back into either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, Integer, MetaData, Table, create_engine, insert, inspect, select, text
from sqlalchemy.pool import NullPool

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 2_000
WAIT_SECONDS = 30
"""How long a restore waits for somebody who is just writing into a SQLite file."""

Maker = Callable[[Engine, str | None], None]
"""Makes the tables of a version in an empty database."""


class CopyError(RuntimeError):
    """A copy could not be taken or put back; one line says why."""


def revision(engine: Engine) -> str | None:
    """Version of the tables; None where there are none, or where no migrations made them."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def take(engine: Engine, file: Path, make: Maker) -> dict[str, int]:
    """Copy all of `engine` into `file`, which must not exist. Returns the number of rows of each table.

    Raises:
        CopyError: the copy is not whole.
    """
    if engine.dialect.name == "sqlite":
        _online_backup(Path(str(engine.url.database)), file)
    else:
        _copy_rows_out(engine, file, make)
    return counted(file)


def put_back(file: Path, engine: Engine, make: Maker) -> None:
    """Replace everything in `engine` by the copy in `file`, whose tables have the version `engine` has or is to have.

    Other processes see all of it or nothing of it, and need not be stopped.
    """
    if engine.dialect.name == "sqlite":
        target = Path(str(engine.url.database))
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target, timeout=WAIT_SECONDS)) as destination:
            source.backup(destination)
        return
    with file_engine(file) as source:
        version = revision(source)
        make(engine, version)
        with source.connect() as reading, engine.begin() as writing:
            _replace_rows(reading, writing)


def counted(file: Path) -> dict[str, int]:
    """Rows of each table of a copy, after it was checked from end to end.

    Raises:
        CopyError: it is damaged.
    """
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise CopyError(f"{file.name} is damaged: {found}.")
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
                )
            ]
            return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
        except sqlite3.DatabaseError as error:
            raise CopyError(f"{file.name} is damaged: {error}.") from None


@contextmanager
def file_engine(file: Path) -> Iterator[Engine]:
    """A SQLite file as an engine that lets go of it at the end."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def _online_backup(source: Path, file: Path) -> None:
    if not source.is_file():
        raise CopyError(f"{source} is not there.")
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reading, closing(sqlite3.connect(file)) as writing:
        # In one step: a backup in steps begins anew whenever somebody writes in between.
        reading.backup(writing)


def _copy_rows_out(engine: Engine, file: Path, make: Maker) -> None:
    one_instant = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with file_engine(file) as target, one_instant.connect() as reading:
        make(target, MigrationContext.configure(reading).get_current_revision())
        with target.begin() as writing:
            _replace_rows(reading, writing)


def _replace_rows(reading: Connection, writing: Connection) -> None:
    """The rows of every table that both have; in `writing` nothing else is left."""
    source, target = MetaData(), MetaData()
    source.reflect(reading)
    target.reflect(writing)
    tables = [table for table in target.sorted_tables if table.name != VERSION_TABLE]
    strangers = {table.name for table in source.sorted_tables} - {table.name for table in tables} - {VERSION_TABLE}
    if strangers:
        raise CopyError(f"tables {', '.join(sorted(strangers))} have no place where the rows are to go.")
    for table in reversed(tables):
        writing.execute(table.delete())
    for table in tables:
        if table.name in source.tables:
            _copy_table(reading, source.tables[table.name], writing, table)


def _copy_table(reading: Connection, source: Table, writing: Connection, target: Table) -> None:
    order = list(source.primary_key.columns) or list(source.columns)
    columns = [source.columns[column.name] for column in target.columns]
    rows = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(select(*columns).order_by(*order)).mappings()
    for part in rows.partitions():
        writing.execute(insert(target), [{name: _plain(value) for name, value in row.items()} for row in part])
    keys = list(target.primary_key.columns)
    if writing.dialect.name == "postgresql" and len(keys) == 1 and isinstance(keys[0].type, Integer):
        # The next row that somebody writes must not get the number of one that was put back.
        last = "SELECT setval(pg_get_serial_sequence(:table, :key), greatest((SELECT max({key}) FROM {table}), 1))"
        quoted = {"key": f'"{keys[0].name}"', "table": f'"{target.name}"'}
        writing.execute(text(last.format(**quoted)), {"table": quoted["table"], "key": keys[0].name})


def _plain(value: Any) -> Any:
    # Times are kept without a zone, in UTC; a driver that gives one must not move them.
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def has_tables(engine: Engine) -> bool:
    """Whether anything is kept in it."""
    return bool(inspect(engine).get_table_names())
