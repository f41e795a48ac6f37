"""A generation whose large tables are Parquet files, opened for reading and hardened as `embedded` hardens one file.

DuckDB lets a process without access to files read none but its database, so that access is taken away after the files of this
generation were named to it: these and no others, each by its full name, so neither a folder nor a pattern nor a link opens more.
What was named cannot be changed any more when the first statement runs.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Engine, event

from data_access.mart import parquet
from data_access.mart.generations import NoGeneration

LOCKED = ("SET parquet_metadata_cache = true", "SET enable_external_access = false", "SET lock_configuration = true")
"""What is settled before anybody has a connection."""


@lru_cache(maxsize=16)
def files_of(path: Path) -> dict[str, tuple[str, ...]]:
    """Large table -> its files, by their full names, of the mart file at `path`.

    Raises:
        NoGeneration: some are not there, or are not what was put into service.
    """
    folder = path.with_suffix("").resolve()
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS held (READ_ONLY)")
        listed = connection.execute(f"SELECT table_name, file, row_count FROM held.{parquet.FILES} ORDER BY 1, 2").fetchall()
        made: dict[str, tuple[str, ...]] = {}
        for table, file, _ in listed:
            if not (folder / file).is_file():
                raise NoGeneration(f"{path.parent.name}/{path.stem}/{file} is missing; bring that generation again.")
            made[table] = (*made.get(table, ()), str(folder / file))
        every = [file for files in made.values() for file in files]
        there = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [every]).fetchall()[0][0] if every else 0
    if there != sum(rows for *_, rows in listed):
        raise NoGeneration(
            f"The files of {path.parent.name}/{path.stem} are not those that were put into service; bring that generation again."
        )
    return made


def serve(engine: Engine, path: Path) -> Engine:
    """Give each connection of `engine`, on the mart file at `path`, the large tables in the place of the empty ones, and nothing else."""
    files = files_of(path)
    named = ", ".join(_quoted(file) for of in files.values() for file in of)
    closing = threading.Lock()

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, record: object) -> None:
        run = raw.execute
        # Connections of a pool share one database: the first of them settles it for all.
        with closing:
            if run("SELECT current_setting('lock_configuration')").fetchall() != [(True,)]:
                run(f"SET allowed_paths = [{named}]")
                for statement in LOCKED:
                    run(statement)
        for table, of in files.items():
            columns = ", ".join(name for (name, *_) in run(f'DESCRIBE main."{table}"').fetchall())
            run(
                f'CREATE TEMP VIEW "{table}" AS SELECT {columns} FROM read_parquet([{", ".join(map(_quoted, of))}], hive_partitioning = false)'
            )

    return engine


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
