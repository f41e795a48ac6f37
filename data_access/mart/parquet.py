"""A generation as Parquet files, in a folder of generations of its own: what a Spark cluster reads and DuckDB readers serve.

    current                        gen-000012
    gen-000012/staff.duckdb        the small tables, the large ones empty, and `mart_file`: which files hold their rows
    gen-000012/staff/spell/year=2026/...parquet

A large table lies in files by the year of one of its days. `parquet_reading` opens such a generation as it is; loads build theirs in
a folder of DuckDB files and do not go on from one of these.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb

from data_access.disk import flush
from data_access.mart import generations
from data_access.mart.generations import Generation
from settings import Audience

LARGE: dict[str, str] = {
    "spell": "opened_on", "closed_spell": "closed_on", "due_spell": "due_on", "open_spell": "opened_on", "stage_visit": "opened_on",
    "case_record": "opened_at", "case_event": "event_at", "work_day": "day", "place_day": "day",
}  # fmt: skip
"""Table -> the column by whose year its files are divided."""
FILES = "mart_file"
"""Table of the DuckDB file: name of a large table, a file of it below the audience's folder, and how many rows are in it."""
MEMORY_LIMIT = "2GB"
ROW_GROUP = 122_880
OPTIONS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"


def is_divided(path: Path) -> bool:
    """Whether the mart file at `path` has its large tables in Parquet files beside it."""
    return path.with_suffix("").is_dir()


def export(held: Path, folder: Path, audience: Audience, *, without: Collection[str] = ()) -> None:
    """Write the tables of the mart file `held` below `folder`: all as Parquet, and the small ones into `folder/audience.duckdb` too.

    Args:
        without: large tables that somebody else writes.
    """
    target = folder / audience
    target.mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill")}) as connection:
        run = connection.execute
        run(f"ATTACH '{held}' AS held (READ_ONLY)")
        run(f"ATTACH '{folder / f'{audience}.duckdb'}' AS made")
        run(f"CREATE TABLE made.{FILES} (table_name VARCHAR, file VARCHAR, row_count BIGINT)")
        for (table,) in run("SELECT table_name FROM duckdb_tables() WHERE database_name = 'held' ORDER BY 1").fetchall():
            run(f'CREATE TABLE made."{table}" AS FROM held."{table}"{" LIMIT 0" if table in LARGE else ""}')
            if table not in without:
                write(connection, f'SELECT * FROM held."{table}"', target / table, LARGE.get(table))
    shutil.rmtree(folder / "spill", ignore_errors=True)


def write(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, day: str | None = None) -> None:
    """Write the rows of `query` into Parquet files in `folder`, by the year of column `day` where one is named."""
    folder.mkdir()
    if day is None:
        connection.execute(f"COPY ({query}) TO '{folder / 'part-0.parquet'}' ({OPTIONS})")
    else:
        connection.execute(f"COPY (SELECT *, year({day}) AS year FROM ({query})) TO '{folder}' ({OPTIONS}, PARTITION_BY (year))")


def register(folder: Path, audience: Audience) -> int:
    """Note in `folder/audience.duckdb` which files hold the rows of the large tables; how many rows they have together."""
    with duckdb.connect(str(folder / f"{audience}.duckdb")) as made:
        made.execute(f"DELETE FROM {FILES}")
        for table in LARGE:
            found = sorted(str(path) for path in (folder / audience / table).rglob("*.parquet"))
            if found:
                made.execute(
                    f"""INSERT INTO {FILES} SELECT ?, substr(file_name, ?), num_rows FROM parquet_file_metadata(?) WHERE num_rows > 0""",
                    [table, len(str(folder / audience)) + 2, found],
                )
        ((rows,),) = made.execute(f"SELECT coalesce(sum(row_count), 0)::BIGINT FROM {FILES}").fetchall()
    return rows


def started(root: Path, number: int) -> Path:
    """An empty folder for generation `number` below `root`, or for the one after the generation in service there, if that is later.

    What builds that died left is removed. Numbers only rise, also where the machine that loads has lost its own and begins anew.
    """
    held = generations.current(root)
    for left in generations.kept(root):
        if held is None or left.number > held.number:
            shutil.rmtree(left.folder)
    folder = root / f"gen-{max(number, held.number + 1 if held else 0):06d}"
    folder.mkdir(parents=True)
    return folder


def put_into_service(folder: Path) -> Generation:
    """Let readers read the finished generation in `folder`; the oldest ones are dropped.

    Its files are made unwritable: DuckDB may read what lies in its list of files, and would write there too.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            flush(path)
            path.chmod(path.stat().st_mode & ~0o222)
    root = folder.parent
    pointer = root / "current.new"
    pointer.write_text(folder.name + "\n")
    flush(pointer)
    pointer.replace(root / "current")
    flush(root)
    for old in generations.kept(root)[generations.GENERATIONS_KEPT :]:
        shutil.rmtree(old.folder, ignore_errors=True)
    return Generation(int(folder.name.removeprefix("gen-")), folder)
