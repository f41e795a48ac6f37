"""A schema of a PostgreSQL database: readers see views, and a new edition is put behind them in one transaction.

The tables of an edition lie in a schema of their own, `statroom_edition_3`, which readers need no right to: a view is read
with the rights of who made it. A view that keeps its columns is replaced and keeps its grants; one that changed is made anew
and gets the grants it had.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Index, MetaData, NullPool, Text, create_engine
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Table as SqlTable
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from data_access.giving.folder import KEPT, NotGiven
from data_access.giving.tables import Column, Given, Progress, View, about, dictionary, values_of

MARK = "Statroom export"
"""How the comment of every schema of ours begins: others are never touched."""
KINDS = {"text": Text, "whole": BigInteger, "number": Double, "yes_no": Boolean, "day": Date, "instant": lambda: DateTime(timezone=True)}
LOCK_SECONDS = 60
"""How long a reader's query is waited for before views change."""
READERS = """SELECT DISTINCT grantee FROM information_schema.role_table_grants
    WHERE table_schema = %s AND table_name = %s AND privilege_type = 'SELECT' AND grantee <> current_user"""
LONGEST_NAME = 63 - len("_edition_000000")


def write_schema(url: str, schema: str, tables: Sequence[Given], views: Sequence[View], facts: dict[str, str], progress: Progress) -> str:
    """Write a new edition of `tables`, and `views`, behind the views of `schema`; answers the schema of the edition.

    Raises:
        NotGiven: no such database, a schema of somebody else, or another export is writing.
    """
    address, everything = _address(url), [*tables, dictionary(tables, views), about(facts)]
    if not schema.isascii() or not schema.isidentifier() or schema != schema.lower() or len(schema) > LONGEST_NAME:
        raise NotGiven(f"the schema {schema!r} cannot be used; write small letters, digits and _, at most {LONGEST_NAME}.")
    engine = create_engine(address, poolclass=NullPool)
    try:
        with engine.connect() as connection, _alone(connection, schema):
            _require_ours(connection, schema)
            numbers = _editions(connection, schema)
            edition = f"{schema}_edition_{max(numbers, default=0) + 1}"
            _load(connection, edition, everything, progress)
            connection.commit()
            _swap(connection, schema, edition, everything, views)
            connection.commit()
            _clear(connection, schema, edition, KEPT)
            return edition
    except DBAPIError as error:
        raise NotGiven(f"{address.render_as_string()}: {_line(error.orig)}") from error
    except psycopg.Error as error:
        raise NotGiven(f"{address.render_as_string()}: {_line(error)}") from error
    finally:
        engine.dispose()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise NotGiven("the address is no SQLAlchemy URL; write postgresql+psycopg://user:password@host/database.") from None
    if address.get_backend_name() != "postgresql":
        raise NotGiven(f"{address.render_as_string()} is no PostgreSQL database; write postgresql+psycopg://user:password@host/database.")
    return address.set(drivername="postgresql+psycopg")


@contextmanager
def _alone(connection: SqlConnection, schema: str) -> Iterator[None]:
    """Nobody else exports into this schema: a lock that ends with the connection, however that ends."""
    number = zlib.crc32(f"{MARK} {schema}".encode())
    if not _one(connection, "SELECT pg_try_advisory_lock(%s)", number):
        raise NotGiven(f"another export is writing into schema {schema!r}; wait for its end.")
    yield


def _require_ours(connection: SqlConnection, schema: str) -> None:
    """The schema is ours, or empty, or made now."""
    said = _rows(connection, "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", schema)
    if not said:
        _run(connection, sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    elif not str(said[0][0] or "").startswith(MARK):
        held = _one(
            connection, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s", schema
        )
        if held:
            raise NotGiven(f"schema {schema!r} holds other tables; name an empty one with --schema.")
    _comment(connection, "SCHEMA", sql.Identifier(schema), f"{MARK}: views for tools; the tables behind them are replaced by each export.")


def _editions(connection: SqlConnection, schema: str) -> list[int]:
    found = _rows(
        connection,
        "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE starts_with(nspname, %s)",
        f"{schema}_edition_",
    )
    numbers = [(name.rpartition("_")[2], said) for name, said in found]
    return [int(number) for number, said in numbers if number.isdigit() and str(said or "").startswith(MARK)]


def _load(connection: SqlConnection, edition: str, tables: Sequence[Given], progress: Progress) -> None:
    """The edition's own schema with all rows, in one transaction: if it fails, nothing is left."""
    _run(connection, sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(edition)))
    _comment(connection, "SCHEMA", sql.Identifier(edition), f"{MARK}: tables of one edition; read the views instead.")
    metadata = MetaData(schema=edition)
    made = {table.name: _declared(table, metadata) for table in tables}
    for table in tables:
        made[table.name].create(connection)
        progress.begin(table.name, table.total)
        for frame in table.rows():
            _copy(connection, edition, table, [values_of(frame[column.name], column.kind) for column in table.columns])
            progress.advance(len(frame))
        for name in table.looked_up_by:
            Index(f"{table.name}_{name}", made[table.name].c[name]).create(connection)
        _run(connection, sql.SQL("ANALYZE {}").format(sql.Identifier(edition, table.name)))


def _declared(table: Given, metadata: MetaData) -> SqlTable:
    columns = [
        SqlColumn(column.name, KINDS[column.kind](), primary_key=column.name in table.key, autoincrement=False, comment=_said(column))
        for column in table.columns
    ]
    return SqlTable(table.name, metadata, *columns, comment=table.meaning)


def _copy(connection: SqlConnection, edition: str, table: Given, columns: list[list[Any]]) -> None:
    # PostgreSQL has no character 0 in texts.
    cleaned = [
        [cell.replace("\0", "") if cell else cell for cell in cells] if column.kind == "text" else cells
        for column, cells in zip(table.columns, columns, strict=True)
    ]
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(edition, table.name), names)
    with _raw(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for row in zip(*cleaned, strict=True):
            copy.write_row(row)


def _swap(connection: SqlConnection, schema: str, edition: str, tables: Sequence[Given], views: Sequence[View]) -> None:
    """All views lead to the new edition, at once for everybody."""
    _run(connection, sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
    names = {table.name: sql.Identifier(edition, table.name) for table in tables}
    for table in tables:
        listed = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
        _replace(connection, schema, table, sql.SQL("SELECT {} FROM {}").format(listed, names[table.name]))
    for view in views:
        _replace(connection, schema, view, sql.SQL(view.sql).format(**names))  # type: ignore[arg-type]


def _replace(connection: SqlConnection, schema: str, one: Given | View, select: sql.Composed) -> None:
    name, raw = sql.Identifier(schema, one.name), _raw(connection)
    make = sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(name, select)
    try:
        with raw.transaction():
            raw.execute(make)
    except psycopg.errors.InvalidTableDefinition:
        # Its columns are others than before: it is made anew, for the same readers.
        readers = _rows(connection, READERS, schema, one.name)
        _run(connection, sql.SQL("DROP VIEW {}").format(name))
        _run(connection, make)
        for (reader,) in readers:
            role = sql.SQL("PUBLIC") if reader == "PUBLIC" else sql.Identifier(reader)
            _run(connection, sql.SQL("GRANT SELECT ON {} TO {}").format(name, role))
    _comment(connection, "VIEW", name, one.meaning)
    for column in one.columns:
        _comment(connection, "COLUMN", sql.Identifier(schema, one.name, column.name), _said(column))


def _clear(connection: SqlConnection, schema: str, edition: str, kept: int) -> None:
    """Drop the editions before the last ones, with the views that no version makes any more; what somebody still reads goes next time."""
    for number in sorted(_editions(connection, schema))[:-kept]:
        try:
            _run(connection, sql.SQL("SET LOCAL lock_timeout = '2s'"))
            _run(connection, sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(f"{schema}_edition_{number}")))
            connection.commit()
        except psycopg.errors.LockNotAvailable:
            connection.rollback()


def _said(column: Column) -> str:
    return f"{column.meaning} Unit: {column.unit}." if column.unit else column.meaning


def _comment(connection: SqlConnection, what: str, name: sql.Identifier, text: str) -> None:
    _run(connection, sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(what), name, sql.Literal(text)))  # type: ignore[arg-type]


def _raw(connection: SqlConnection) -> psycopg.Connection[Any]:
    if not connection.in_transaction():
        connection.begin()
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def _run(connection: SqlConnection, statement: sql.Composable) -> None:
    _raw(connection).execute(statement)


def _rows(connection: SqlConnection, query: str, *given: Any) -> list[Any]:
    return _raw(connection).execute(query, given).fetchall()  # type: ignore[arg-type]


def _one(connection: SqlConnection, query: str, *given: Any) -> Any:
    return _rows(connection, query, *given)[0][0]


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]
