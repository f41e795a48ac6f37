"""Builds the next generation of a large city from few changes: the files of the one before, with logs of what changed (`logs`).

The staff mart of the next generation is put together as the catalog `staff` in memory: views of the large tables (rows of the
previous generation but those of touched cases, and the new ones) and small tables in full, so that whatever reads `staff`
reads the next generation, as in a whole build. Only the differences are then written down.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
from sqlalchemy import Table

from data_access.mart import logs, schema
from data_access.mart.day_schema import DAY_TABLES
from data_access.mart.fact_sql import USE
from data_access.mart.generations import Generation
from data_access.mart.staging import MEMORY_LIMIT, Stage, text_of
from settings import Audience

LEAST_CASES = 2_000_000
"""With fewer cases every generation is built whole."""
MOST_CHANGED = 0.02
"""When a larger share of the cases changed at once, the next generation is built whole."""
MOST_AMENDED = 0.05
"""When so many cases were written as amendments, as a share of all, a whole build puts their rows, which stand at the end, in order again."""
MOST_LOG_BYTES = 256 * 1024 * 1024
"""A larger log is worked into a copy of its file: each reader holds what is in the log in memory."""
ROOM_PER_CASE = 10_000
"""Bytes of a changed case in logs and aside, with long texts."""
AMENDED = "amended_cases"
"""Key of the staff mart's `meta`: cases written as amendments since the last whole build, each as often as it was."""
SHORT = 5_000
"""A small table of no more rows is written whole where any differs."""
LARGE = ("spell", "closed_spell", "due_spell", "open_spell", "case_record", "case_event", "stage_visit")
"""Tables with rows for each case, of which only differences are written."""
FRESH = {"spell": "new_spell", "case_record": "new_record", "case_event": "new_event", "stage_visit": "new_stage_visit"}
Changes = dict[str, tuple[str, str]]
"""Large table -> (table of the stage with the numbers of its rows that go, query for those that come)."""


def fits(stage: Stage, as_of: datetime) -> bool:
    """Whether the settled stage is small enough beside what is held, which has not been amended too often and is of no later instant."""
    if stage.previous is None or stage.rebuild:
        return False
    run = stage.connection.execute
    held, changed = run(
        "SELECT (SELECT count(*) FROM previous.case_record), (SELECT count(*) FROM changed) + (SELECT count(*) FROM gone)"
    ).fetchall()[0]
    meta = stage.previous_meta()
    return (
        held >= LEAST_CASES
        and changed <= held * MOST_CHANGED
        and amended_cases(stage) + changed <= held * MOST_AMENDED
        and datetime.fromisoformat(meta["as_of"]).replace(tzinfo=None) <= as_of
        and meta.get("generation") == str(stage.previous.number)
        and all(logs.can_link(stage.previous.path(audience), stage.folder) for audience in ("staff", "public"))
    )  # fmt: skip


def amended_cases(stage: Stage) -> int:
    """How many cases were written as amendments since the last whole build."""
    return int(stage.previous_meta().get(AMENDED, "0"))


def room_needed(stage: Stage, files: dict[Path, int]) -> int:
    """Bytes on disk: for the logs once more with what is staged, and for a copy of each file whose log may be worked in."""
    fresh = stage.connection.execute("SELECT count(*) FROM changed").fetchall()[0][0] * ROOM_PER_CASE
    folding = sum(size for path, size in files.items() if logs.log_bytes(path) + fresh > MOST_LOG_BYTES)
    return sum(map(logs.log_bytes, files)) + fresh + folding


def keeps_rules(stage: Stage) -> bool:
    """Whether what is published, and where programmes count, is as it was: else rows of untouched cases change too."""
    return stage.connection.execute(
        """SELECT (SELECT count(*) FROM previous.programme p LEFT JOIN dim_programme d USING (id)
            WHERE d.privacy IS DISTINCT FROM p.privacy OR (d.is_main = 'True') IS DISTINCT FROM p.is_main)
        + (SELECT count(*) FROM previous.request_type t JOIN dim_request_type d USING (id) JOIN release r ON r.name = d.name
            WHERE r.release_class IS DISTINCT FROM t.release_class)"""
    ).fetchall() == [(0,)]


def begin(stage: Stage, as_of: datetime) -> Changes:
    """Attach the catalog `staff` as the next generation will be, its small tables empty; answers what changes in the large ones."""
    run = stage.connection.execute
    run("CREATE TABLE touched AS SELECT case_id FROM coded UNION SELECT case_id FROM gone")
    use = ", ".join(USE)
    for name in LARGE:
        # An open case whose known closing has come is open no more.
        ended = f" OR closed_at <= TIMESTAMP '{as_of}'" if name == "open_spell" else ""
        more = f", {use}" if name == "spell" else ""
        run(f"CREATE TABLE old_{name} AS SELECT rowid AS row_no{more} FROM previous.{name} WHERE case_id IN (FROM touched){ended}")
    counts = " UNION ALL ".join(
        f"SELECT {use}, {sign}count(*) AS n FROM {table} GROUP BY ALL"
        for sign, table in (("", "previous.spell"), ("-", "old_spell"), ("", "new_spell"))
    )
    run(f"CREATE TABLE spell_use AS SELECT {use}, sum(n) AS n FROM ({counts}) GROUP BY ALL HAVING sum(n) > 0")
    run("ATTACH ':memory:' AS staff")
    for name, fresh in FRESH.items():
        run(f"CREATE VIEW staff.{name} AS {remaining('previous', name, f'old_{name}')} UNION ALL SELECT * FROM stage.main.{fresh}")
    copies = {
        "closed_spell": "closed_at IS NOT NULL ORDER BY closed_at, case_id, spell_no",
        "due_spell": "due_at IS NOT NULL ORDER BY due_at, case_id, spell_no",
        "open_spell": f"closed_at IS NULL OR closed_at > TIMESTAMP '{as_of}' ORDER BY due_at, case_id",
    }
    changes = {name: (f"old_{name}", f"FROM {fresh} ORDER BY case_id") for name, fresh in FRESH.items()}
    return changes | {name: (f"old_{name}", f"FROM new_spell WHERE {which}") for name, which in copies.items()}


def remaining(catalog: str, name: str, old: str) -> str:
    """SQL: the rows of a large table without those whose numbers are in the stage's table `old`."""
    return f"SELECT r.* FROM {catalog}.{name} r ANTI JOIN stage.main.{old} o ON o.row_no = r.rowid"


def write(stage: Stage, audience: Audience, attached: str, made: str, changes: Changes, small: list[Table]) -> None:
    """Write the next generation's file of `audience` into the stage's folder.

    Args:
        attached: catalog of the previous file.
        made: catalog with the small tables as they are to be.
        changes: what changes in the large ones.
        small: the small tables.
    """
    assert stage.previous is not None
    run = stage.connection.execute
    path, target = stage.previous.path(audience), stage.folder / f"{audience}.duckdb"
    replaced = {table.name: found for table in small if (found := _differences(stage, table, attached, made))}
    stub = logs.open_for_changes(stage.connection, path, attached, "next", stage.folder)
    run("BEGIN")
    for name, (old, fresh) in {**changes, **replaced}.items():
        run(f"DELETE FROM next.{name} WHERE rowid IN (SELECT row_no FROM {old})")
        run(f"INSERT INTO next.{name} {fresh}")
    run("COMMIT")
    logs.take(stage.connection, "next", stub, path, target)
    if logs.log_bytes(target) > MOST_LOG_BYTES:
        logs.fold(target, MEMORY_LIMIT)


def _differences(stage: Stage, table: Table, attached: str, made: str) -> tuple[str, str] | None:
    """What changes in a small table, None if nothing: all of it, in its order, or of a longer one the rows that differ."""
    run = stage.connection.execute
    name, gone, new = table.name, f"gone_{table.name}", f"new_{table.name}"
    # The same row several times is told apart by number.
    hashed = "md5(concat_ws(chr(31), " + ", ".join(text_of(f"t.{column.name}") for column in table.c) + "))"
    numbered = f"rowid AS row_no, {hashed} AS hash, row_number() OVER (PARTITION BY {hashed}) AS nth"
    run(f"CREATE OR REPLACE TEMP TABLE row_there AS SELECT {numbered} FROM {attached}.{name} t")
    run(f"CREATE OR REPLACE TEMP TABLE row_made AS SELECT {numbered} FROM {made}.{name} t")
    run(f"CREATE OR REPLACE TEMP TABLE {gone} AS SELECT row_no FROM row_there ANTI JOIN row_made USING (hash, nth)")
    run(f"CREATE OR REPLACE TEMP TABLE {new} AS SELECT row_no FROM row_made ANTI JOIN row_there USING (hash, nth)")
    counted = run(f"SELECT (SELECT count(*) FROM {gone}) + (SELECT count(*) FROM {new}), (SELECT count(*) FROM row_made)").fetchall()
    differing, rows = counted[0]
    if not differing:
        return None
    if rows <= SHORT:
        run(f"CREATE OR REPLACE TEMP TABLE {gone} AS SELECT row_no FROM row_there")
        return gone, f"FROM {made}.{name}"
    return gone, f"SELECT t.* FROM {made}.{name} t SEMI JOIN {new} n ON n.row_no = t.rowid"


def attach_public(stage: Stage) -> bool:
    """Attach the previous public file as `previous_public`; False if it cannot be read or is not of the same load."""
    previous: Generation | None = stage.previous
    assert previous is not None
    try:
        stage.connection.execute(f"ATTACH '{previous.path('public')}' AS previous_public (READ_ONLY)")
        edition = stage.connection.execute("SELECT value FROM previous_public.meta WHERE key = 'edition'").fetchall()
    except duckdb.Error:
        return False
    return edition == [(stage.previous_meta().get("edition"),)]


def small_tables(public: bool) -> list[Table]:
    """The tables of an audience that are written in full."""
    return [
        table
        for table in schema.metadata.sorted_tables
        if table.name not in LARGE and table not in DAY_TABLES and not (public and table in schema.STAFF_TABLES)
    ]  # fmt: skip
