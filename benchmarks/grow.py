"""A large mart made of a loaded small one: `python -m benchmarks.grow FOLDER COPIES` prints what was made as JSON.

Loading tens of millions of rows takes long on a small machine; what questions cost depends on the mart's tables only. Each case of the
city in FOLDER is there COPIES times in the mart that is written into FOLDER-xCOPIES, moved back by a number of seconds of its own below a
day, so that copies do not lie beside each other and do not compress better than other cases would. The public mart is that of the small city.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from data_access.mart import day_counts, generations, schema
from data_access.mart.day_schema import DAY_TABLES

INSTANTS = ("opened_at", "spell_opened_at", "closed_at", "next_opened_at", "due_at", "first_due_at", "first_transferred_at")
MIDNIGHT = 5 * 3600
"""Local days begin so many seconds, or an hour less, after those of UTC."""
ORDERS = {
    schema.spell: ("opened_on", "opened_at, case_id, spell_no"),
    schema.closed_spell: ("closed_on", "closed_at, case_id, spell_no"),
    schema.due_spell: ("due_on", "due_at, case_id, spell_no"),
    schema.open_spell: ("opened_on", "due_at, case_id"),
    schema.case_record: ("opened_at::DATE", "opened_at, case_id"),
}
STRETCH = timedelta(days=92)
"""Rows are sorted by so many days at a time, which fit into memory."""


def grow(folder: Path, copies: int) -> dict[str, float]:
    """Write the city of `copies` times the cases; how many there are, in how many seconds it was made, and its size."""
    begun = time.monotonic()
    held = generations.current(folder / "mart")
    if held is None:
        raise SystemExit(f"Load the city in {folder} first.")
    large = folder.with_name(f"{folder.name}-x{copies}")
    shutil.copytree(folder, large, ignore=shutil.ignore_patterns("mart", "export"), dirs_exist_ok=True)
    with generations.writing(large / "mart"), generations.building(large / "mart", 1) as made:
        shutil.copy(held.path("public"), made / "public.duckdb")
        with duckdb.connect(config={"memory_limit": "3GB", "temp_directory": str(made / "spill")}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"ATTACH '{held.path('staff')}' AS small (READ_ONLY)")
            connection.execute(f"ATTACH '{made / 'staff.duckdb'}' AS large")
            _write(connection, copies)
            rows = connection.execute("SELECT count(*) FROM large.case_record").fetchall()[0][0]
            connection.execute("DETACH large")
        shutil.rmtree(made / "spill", ignore_errors=True)
        size = (made / "staff.duckdb").stat().st_size / 1e9
        generations.publish(made)
    return {"rows": rows, "seconds": round(time.monotonic() - begun, 1), "staff_gb": round(size, 2)}


def _write(connection: duckdb.DuckDBPyConnection, copies: int) -> None:
    run = connection.execute
    for table in schema.metadata.sorted_tables:
        run(
            f"CREATE TABLE large.{table.name} AS SELECT * FROM small.{table.name}{' LIMIT 0' if table in ORDERS or table in DAY_TABLES else ''}"
        )
    as_of = datetime.fromisoformat(run("SELECT value FROM small.meta WHERE key = 'as_of'").fetchall()[0][0])
    first, last, most = run(
        "SELECT min(opened_on), greatest(max(opened_on), max(closed_on), max(due_on)), max(case_id) FROM small.spell"
    ).fetchall()[0]
    for table, (day, order) in ORDERS.items():
        made = _moved([column.name for column in table.c], most)
        start = first
        while start <= last:
            near = f"WHERE {day} >= DATE '{start}' AND {day} < DATE '{start + STRETCH}'"
            run(f"INSERT INTO large.{table.name} SELECT {made} FROM small.{table.name} s, range({copies}) t(k) {near} ORDER BY {order}")
            start += STRETCH
    day_counts.write(connection, "large", as_of)


def _moved(names: list[str], most: int) -> str:
    """The columns of copy `k` of a row `s`: no day is another than before, for a case moves no further back than any of its days began."""
    into_day = [f"coalesce(epoch(s.{name}_at) - epoch(s.{name}_at::DATE) - {MIDNIGHT}, 86400)" for name in ("opened", "closed", "due")]
    back = f"to_seconds((hash(s.case_id, k) % (1 + greatest(0, least({', '.join(into_day)})))::BIGINT)::BIGINT)"

    def sql(name: str) -> str:
        if name == "case_id":
            return f"s.case_id + k * {most}"
        if name == "source_id":
            return "CASE WHEN k = 0 THEN s.source_id ELSE concat(s.source_id, '-', k) END"
        return f"s.{name} - {back}" if name in INSTANTS else f"s.{name}"

    return ", ".join(f"{sql(name)} AS {name}" for name in names)


if __name__ == "__main__":
    print(json.dumps(grow(Path(sys.argv[1]), int(sys.argv[2]))))
