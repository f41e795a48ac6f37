"""Brings a generation that was built in files to a PostgreSQL database, and puts it into service there.

Everything happens in one transaction: two schemas with all tables, what may read them, and the row that says what is in
service. If anything fails, nothing is left. Editions before the last ones are dropped afterwards, unless somebody reads them.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from data_access.mart import generations
from data_access.mart.generations import NotBrought
from data_access.mart.postgres import CONNECT_SECONDS, Server, first_line, lock_of, server_of
from settings import AUDIENCES, Audience

TYPES = {
    "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint", "DOUBLE": "double precision", "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp", "DATE": "date", "VARCHAR": 'text COLLATE "C"',
}  # fmt: skip
"""Of DuckDB's columns. Texts are ordered by code points, as DuckDB orders them, whatever the database's language."""
INDEXES: dict[str, tuple[str, ...]] = {
    "spell": ("brin (opened_at)", "btree (case_id)"),
    "closed_spell": ("brin (closed_at)",),
    "due_spell": ("brin (due_at)",),
    "stage_visit": ("btree (case_id)",),
    "case_record": ("btree (case_id)", "btree (source_id)", "brin (opened_at)"),
    "case_event": ("btree (case_id)", "btree (event_at)"),
}
"""Rows lie in the order of their instant, so a small index of ranges finds a stretch of time."""
CHUNK = 1 << 20
DROP_SECONDS = 5
BASE = """CREATE TABLE {}.generation (
    edition text PRIMARY KEY, number integer NOT NULL, published_at timestamptz NOT NULL DEFAULT now(), in_service boolean NOT NULL)"""


def bring(address: str, root: Path) -> bool:
    """Put the generation in service below `root` into service at `address` too; answers whether it was not yet.

    Raises:
        NotBrought: nothing has changed there.
    """
    generation = generations.current(root)
    if generation is None:
        return False
    server = server_of(address)
    try:
        with connected(server) as connection:
            return _bring(connection, server, generation)
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotBrought(
            f"{server.name} does not let {server.url.username} write the mart ({first_line(error)}); loads need the role that owns it in STATROOM_MART_URL."
        ) from error
    except (psycopg.Error, duckdb.Error, OSError) as error:
        raise NotBrought(
            f"the data is loaded, but not in service in {server.name}: {first_line(error)}. Mend the cause and load again."
        ) from error


def connected(server: Server) -> psycopg.Connection[Any]:
    """A connection of the role in STATROOM_MART_URL, to write with."""
    url = server.url
    return psycopg.connect(
        host=url.host, port=url.port, dbname=url.database, user=url.username, password=url.password,
        connect_timeout=CONNECT_SECONDS, application_name="statroom load", options="-c timezone=UTC -c maintenance_work_mem=256MB",
        **{name: str(value) for name, value in url.query.items()},
    )  # fmt: skip


def _bring(connection: psycopg.Connection[Any], server: Server, generation: generations.Generation) -> bool:
    with _opened(generation.path("staff")) as held:
        edition = held.execute("SELECT value FROM meta WHERE key = 'edition'").fetchall()[0][0]
    base = sql.Identifier(server.schema)
    with connection.transaction():
        if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [server.schema]).fetchone():
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(base))
            connection.execute(sql.SQL(BASE).format(base))
        table = sql.SQL("{}.generation").format(base)
        # Two loads of one mart, from two machines, take their turns.
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
        there = dict(connection.execute(sql.SQL("SELECT edition, in_service FROM {}").format(table)).fetchall())
        if there.get(edition):
            return False
        if edition not in there:
            for audience in AUDIENCES:
                _copy(connection, server, generation.path(audience), audience, edition)  # type: ignore[arg-type]
            connection.execute(
                sql.SQL("INSERT INTO {} (edition, number, in_service) VALUES (%s, %s, false)").format(table), [edition, generation.number]
            )
        connection.execute(sql.SQL("UPDATE {} SET in_service = (edition = %s)").format(table), [edition])
        _grant(connection, server, edition)
    _drop_old(connection, server)
    return True


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    """A file of a generation, attached: readers in this process may have it open with settings of their own."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{path}' AS held (READ_ONLY)")
    connection.execute("USE held")
    return connection


def _copy(connection: psycopg.Connection[Any], server: Server, path: Path, audience: Audience, edition: str) -> None:
    """All tables of one file, into a schema of their own."""
    schema = server.schema_of(audience, edition)
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    with _opened(path) as held:
        for (table,) in held.execute("SELECT table_name FROM information_schema.tables WHERE table_catalog = 'held' ORDER BY 1").fetchall():
            columns = [(name, kind) for name, kind, *_ in held.execute(f'DESCRIBE "{table}"').fetchall()]
            name = sql.Identifier(schema, table)
            made = sql.SQL(", ").join(sql.SQL(f"{{}} {TYPES[kind]}").format(sql.Identifier(column)) for column, kind in columns)  # type: ignore[arg-type]
            connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, made))
            _fill(connection, held, table, columns, name)
            for index in INDEXES.get(table, ()):
                connection.execute(sql.SQL("CREATE INDEX ON {} USING {}").format(name, sql.SQL(index)))  # type: ignore[arg-type]
            connection.execute(sql.SQL("ANALYZE {}").format(name))


def _fill(
    connection: psycopg.Connection[Any], held: duckdb.DuckDBPyConnection, table: str, columns: list[tuple[str, str]], name: sql.Identifier
) -> None:
    """One table's rows in their order: DuckDB writes CSV into a pipe, PostgreSQL reads it from there."""
    # PostgreSQL has no character 0 in texts.
    read = ", ".join(f'replace("{column}", chr(0), \'\') AS "{column}"' if kind == "VARCHAR" else f'"{column}"' for column, kind in columns)
    out, into = os.pipe()
    failed: list[Exception] = []

    def write() -> None:
        try:
            held.execute(f"COPY (SELECT {read} FROM \"{table}\") TO '/dev/fd/{into}' (FORMAT csv, HEADER false, NULLSTR '')")
        except Exception as error:
            failed.append(error)
        finally:
            os.close(into)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # Written by the transaction that made the table: its rows need no further look by anybody.
        copying = sql.SQL("COPY {} FROM STDIN (FORMAT csv, FREEZE)").format(name)
        with os.fdopen(out, "rb", buffering=0) as pipe, connection.cursor() as cursor, cursor.copy(copying) as copy:
            while chunk := pipe.read(CHUNK):
                copy.write(chunk)
            writer.join()
            if failed:
                raise failed[0]
    finally:
        writer.join()


def _grant(connection: psycopg.Connection[Any], server: Server, edition: str) -> None:
    """What the roles of readers may see, where there are such roles: staff both audiences, the public its own."""
    roles = {audience: f"{server.schema}_{audience}" for audience in AUDIENCES}
    known = {
        name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(roles.values())]).fetchall()
    }
    for audience, role in roles.items():
        if role not in known:
            continue
        to = sql.Identifier(role)
        readable = [
            server.schema,
            *(server.schema_of(of, edition) for of in (("public",) if audience == "public" else ("public", "staff"))),
        ]  # type: ignore[arg-type]
        for schema in map(sql.Identifier, readable):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, to))
            connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, to))


def _drop_old(connection: psycopg.Connection[Any], server: Server) -> None:
    """Drop the editions before the last ones; what somebody still reads goes after a later load."""
    table = sql.SQL("{}.generation").format(sql.Identifier(server.schema))
    old = connection.execute(
        sql.SQL("SELECT edition FROM {} WHERE NOT in_service ORDER BY published_at DESC OFFSET %s").format(table),
        [generations.GENERATIONS_KEPT - 1],
    ).fetchall()
    for (edition,) in old:
        with connection.transaction():
            if not connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_of(edition)]).fetchall()[0][0]:
                continue
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{DROP_SECONDS}s")))
            for audience in AUDIENCES:
                schema = sql.Identifier(server.schema_of(audience, edition))  # type: ignore[arg-type]
                connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            connection.execute(sql.SQL("DELETE FROM {} WHERE edition = %s").format(table), [edition])
