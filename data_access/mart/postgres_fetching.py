"""Makes the files of a generation again from what a PostgreSQL database has in service, where a machine has lost its own.

Loads build on files: numbers of cases, deadlines that were promised and the secret of public case numbers live on in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from data_access.mart import generations, postgres
from data_access.mart.generations import NotBrought
from data_access.mart.postgres_writing import TYPES, connected
from settings import AUDIENCES

COLUMNS = """SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY c.relname, a.attnum"""
DUCKDB = {kind.partition(" COLLATE")[0]: name for name, kind in TYPES.items()} | {"timestamp without time zone": "TIMESTAMP"}


def fetch(address: str, root: Path) -> bool:
    """Write the generation in service at `address` below `root`, unless there is one; answers whether it was written.

    Raises:
        NotBrought: it cannot be read.
    """
    served = None if generations.current(root) else postgres.current(address)
    if served is None:
        return False
    try:
        with connected(served.server) as connection, generations.building(root, served.number) as folder:
            connection.execute("SELECT pg_advisory_lock_shared(%s)", [postgres.lock_of(served.edition)])
            # Rows come in the order in which they lie.
            connection.execute("SET synchronize_seqscans = off")
            for audience in AUDIENCES:
                with duckdb.connect(str(folder / f"{audience}.duckdb")) as made:
                    _write(connection, made, served.server.schema_of(audience, served.edition), folder / "table.csv")  # type: ignore[arg-type]
            (folder / "table.csv").unlink()
            generations.publish(folder)
    except (psycopg.Error, duckdb.Error, OSError) as error:
        raise NotBrought(f"what {served.server.name} has in service cannot be fetched: {postgres.first_line(error)}.") from error
    return True


def _write(connection: psycopg.Connection[Any], made: duckdb.DuckDBPyConnection, schema: str, file: Path) -> None:
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(COLUMNS, [schema]).fetchall():
        tables.setdefault(table, {})[column] = DUCKDB[kind]
    for table, columns in tables.items():
        copying = sql.SQL("COPY {} TO STDOUT (FORMAT csv)").format(sql.Identifier(schema, table))
        with open(file, "wb") as into, connection.cursor() as cursor, cursor.copy(copying) as copy:
            for chunk in copy:
                into.write(chunk)
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        made.execute(f'CREATE TABLE "{table}" ({declared})')
        made.execute(
            f"""INSERT INTO "{table}" FROM read_csv(?, columns = {columns}, header = false, auto_detect = false, delim = ',', quote = '"',
            escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = 100000000, parallel = false)""",
            [str(file)],
        )
