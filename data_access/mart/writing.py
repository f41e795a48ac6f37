"""Builds the next generation from a stage: the staff mart, the public mart, checks, then the swap.

A generation is a fresh pair of files: what did not change is copied from the previous one, sorted
again with what did. Where that would take minutes and little changed, it is the previous pair with
logs of what did (`amending`). Nothing that readers have open is ever written.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd
from sqlalchemy import Boolean, Date, DateTime, Double, Integer, SmallInteger, Table
from sqlalchemy.types import BigInteger

from data_access.city import City
from data_access.mart import (
    amending,
    checks,
    contacts,
    day_counts,
    generations,
    logs,
    measures,
    programme_totals,
    promises,
    schema,
    small_tables,
)
from data_access.mart.dimension_tables import make_dimensions
from data_access.mart.fact_sql import USE
from data_access.mart.facts import make_facts
from data_access.mart.generations import Generation
from data_access.mart.places import drop_placeholder_points, place
from data_access.mart.public import NOTHING_TOLD, build_public, release_layers
from data_access.mart.public_amending import amend_public
from data_access.mart.staging import Settled, Stage
from data_access.released import cube, files, publishing
from data_access.released.programmes import releasing
from data_access.streets import write_streets

_DUCKDB_TYPES = (
    (SmallInteger, "SMALLINT"), (BigInteger, "BIGINT"), (Integer, "INTEGER"), (Double, "DOUBLE"),
    (Boolean, "BOOLEAN"), (DateTime, "TIMESTAMP"), (Date, "DATE"),
)  # fmt: skip
FACTS = {
    schema.spell: ("new_spell", "opened_at, case_id, spell_no"),
    schema.case_record: ("new_record", "opened_at, case_id"),
    schema.case_event: ("new_event", "case_id, event_at"),
    schema.stage_visit: ("new_stage_visit", "opened_at, case_id, visit_no"),
}
ROOM_NEEDED = 2.5
"""A build needs the previous generation's size times this on disk."""


FRAMES = "frames"
"""The source name of cases that were published straight from frames."""


class BuildError(RuntimeError):
    """The next generation cannot be built or must not be put into service; one line says why."""


def publish_cases(
    root: Path, city: City, cases: pd.DataFrame, events: pd.DataFrame, as_of: datetime, released: Path | None = None, recount: str = ""
) -> Generation:
    """Build and publish a first or complete generation straight from canonical frames.

    Args:
        released: where released cells are kept (default: beside the generations).
        recount: a year of them to be counted anew.
        cases: `canonical.CASE_COLUMNS`; absent columns are null.
        events: `canonical.EVENT_COLUMNS`.
        as_of: instant up to which the frames are complete, naive UTC.
    """
    with generations.writing(root), generations.building(root, generations.next_number(root)) as folder:
        held = generations.current(root)
        base = held if held is not None and checks.damage(held) is None else None
        promising = promises.newest_readable(generations.kept(root)) if base is None else None
        with Stage(folder, base, promising) as stage:
            stage.add_cases(cases.assign(source_name=FRAMES))
            stage.add_events(events)
            settled = stage.settle(rebuild=True, read_whole=(FRAMES,)).get(FRAMES, Settled(0, 0, 0, 0))
            load = {
                "id": 1, "source_name": FRAMES, "mode": "full", "started_at": as_of, "seconds": 0.0, "rows_read": len(cases),
                "rows_new": settled.new, "rows_changed": settled.changed, "rows_unchanged": settled.unchanged,
                "rows_quarantined": 0, "rows_deleted": settled.deleted, "watermark": None, "as_of": as_of,
            }  # fmt: skip
            number = generations.next_number(root)
            cells = released or root / cube.FOLDER
            build(stage, city, as_of=as_of, loads=[load], number=number, released=cells, recount=recount)
        files.take(folder, cells)
        return generations.publish(folder)


def build(
    stage: Stage,
    city: City,
    *,
    as_of: datetime,
    loads: list[dict[str, object]],
    number: int,
    released: Path,
    recount: str = "",
    told: Mapping[str, str] = NOTHING_TOLD,
) -> None:
    """Write `staff.duckdb` and `public.duckdb` into the stage's folder, checked and closed.

    What is released for the first time lies there too (`files.take`): nothing may be released of a generation that never goes into service.

    `stage` is settled; `loads` are rows of `schema.load` for this build, oldest first; `released` is the folder of released cells;
    `recount` a year of them to be counted anew; `told` what residents are told from Statroom's own database.

    Raises:
        BuildError: disk too small, or a check failed; nothing is published then.
    """
    is_amended = amending.fits(stage, as_of)
    _require_room(stage, is_amended)
    drop_placeholder_points(stage, city)
    make_dimensions(stage, city)
    place(stage, city)
    make_facts(stage, city, int(str(loads[-1]["id"])), as_of)
    building = Building(stage, city, as_of, loads, number, released, recount, told)
    made = building.amended() if is_amended and amending.keeps_rules(stage) and amending.attach_public(stage) else None
    if made is None:
        if is_amended:
            _require_room(stage, False)
        made = building.whole()
    for one in made:
        replace(one, folder=stage.folder / files.PENDING / one.folder.relative_to(released)).keep()
    _tidy(stage)


@dataclass(frozen=True)
class Building:
    """The facts are made: what both ways of writing a generation need. Each answers what was released, to be kept when all is written."""

    stage: Stage
    city: City
    as_of: datetime
    loads: list[dict[str, object]]
    number: int
    released: Path
    recount: str
    told: Mapping[str, str]

    def whole(self) -> list[cube.Cube | releasing.Totals]:
        """Write every row of both files anew, in its order."""
        run = self.stage.connection.execute
        run(f"ATTACH '{self.stage.folder / 'staff.duckdb'}' AS staff")
        # One transaction: each of its own is written through to the disk.
        made = (f"CREATE TABLE staff.{table.name} ({_columns(table)})" for table in schema.metadata.sorted_tables)
        run("; ".join(["BEGIN", *made, "COMMIT"]))
        for table, (fresh, order) in FACTS.items():
            run(f"INSERT INTO staff.{table.name} {_merged(self.stage, table, fresh)} ORDER BY {order}")
            run(f"DROP TABLE {fresh}")
        # A closing that is known already but lies after as_of has not happened yet for the figures.
        run(
            "INSERT INTO staff.open_spell SELECT * FROM staff.spell WHERE closed_at IS NULL OR closed_at > ? ORDER BY due_at, case_id",
            [self.as_of],
        )
        for name in ("closed", "due"):
            run(
                f"INSERT INTO staff.{name}_spell SELECT * FROM staff.spell WHERE {name}_at IS NOT NULL ORDER BY {name}_at, case_id, spell_no"
            )
        day_counts.write(self.stage.connection, "staff", self.as_of)
        run(f"CREATE TABLE spell_use AS SELECT {', '.join(USE)}, count(*) AS n FROM staff.spell GROUP BY ALL")
        released = self._small_tables({})
        build_public(self.stage, self.city, self.stage.folder / "public.duckdb", _columns, self.as_of, self.released)
        self._require_sound(checks.problem(self.stage.connection))
        run("DETACH staff")
        return released

    def amended(self) -> list[cube.Cube | releasing.Totals] | None:
        """Write both files as those of the previous generation with what changed; None if more changes than the touched cases."""
        run = self.stage.connection.execute
        before = datetime.fromisoformat(self.stage.previous_meta()["as_of"]).replace(tzinfo=None)
        changes = amending.begin(self.stage, self.as_of)
        changes |= day_counts.amendments(self.stage.connection, before, self.as_of)
        for table in amending.small_tables(public=False):
            run(f"CREATE TABLE staff.{table.name} ({_columns(table)})")
        ((touched,),) = run("SELECT count(*) FROM touched").fetchall()
        made = self._small_tables({amending.AMENDED: str(amending.amended_cases(self.stage) + touched)})
        public = amend_public(self.stage, self.city, _columns, self.as_of, self.released)
        if public is None:
            for catalog in ("staff", "public_mart"):
                run(f"DETACH {catalog}")
            run("DROP TABLE spell_use")
            return None
        self._require_sound(checks.problem_of_changes(self.stage.connection))
        amending.write(self.stage, "staff", "previous", "staff", changes, amending.small_tables(public=False))
        amending.write(self.stage, "public", "previous_public", "public_mart", public, amending.small_tables(public=True))
        return made

    def _small_tables(self, facts: dict[str, str]) -> list[cube.Cube | releasing.Totals]:
        """Fill the small tables of the catalog `staff`, whose facts are there; `facts` are told in `meta` too."""
        stage, city = self.stage, self.city
        small_tables.write_dimensions(stage)
        streets = write_streets(stage, city)
        small_tables.write_history(stage, self.loads)
        measures.write(stage)
        contacts.write(stage)
        small_tables.write_meta(stage, city, self.as_of, self.number, streets, {**self.told, **facts})
        cells = _release(stage, city, self.released, self.as_of, self.loads[-1], self.recount)
        return [cells, *_totals(stage, city, self.released, self.as_of, self.loads[-1], self.recount)]

    def _require_sound(self, problem: str | None) -> None:
        if problem:
            raise BuildError(f"The new data was not put into service: {problem}")


def _release(stage: Stage, city: City, folder: Path, as_of: datetime, load: dict[str, object], recount: str) -> cube.Cube:
    """Write the released cells into the staff mart; a period that cannot be released is noted among the findings."""
    try:
        cells = cube.release(stage, city, folder, as_of, release_layers(stage, city), recount)
    except files.Altered as error:
        raise BuildError(str(error)) from error
    publishing.write(stage.connection, cells)
    _note_refused(stage, load, cells.refused)
    return cells


def _totals(stage: Stage, city: City, folder: Path, as_of: datetime, load: dict[str, object], recount: str) -> list[releasing.Totals]:
    """Write the totals of programmes into the staff mart, as `_release` does the released cells."""
    slot = next((number for number, _ in release_layers(stage, city)), None)
    try:
        totals = releasing.release(stage, city, folder, as_of, slot, recount)
    except files.Altered as error:
        raise BuildError(str(error)) from error
    programme_totals.write(stage, totals)
    for one in totals:
        _note_refused(stage, load, one.refused)
    return totals


def _note_refused(stage: Stage, load: dict[str, object], refused: str) -> None:
    if refused:
        found = [load["id"], load["source_name"], refused]
        stage.connection.execute("INSERT INTO staff.quality_issue VALUES (?, ?, 'release_refused', 'released cells', ?, 0, NULL)", found)


@cache
def _columns(table: Table, hidden: tuple[str, ...] = ()) -> str:
    return ", ".join(f"{column.name} {_type(column.type)}" for column in table.c if column.name not in hidden)


def _type(kind: object) -> str:
    return next((name for python, name in _DUCKDB_TYPES if isinstance(kind, python)), "VARCHAR")


def _require_room(stage: Stage, is_amended: bool) -> None:
    if stage.previous is None:
        return
    paths = [stage.previous.path(audience) for audience in ("staff", "public")]
    files = {path: path.stat().st_size if path.exists() else 0 for path in paths}
    needed = int((sum(files.values()) + sum(map(logs.log_bytes, paths))) * ROOM_NEEDED)
    if is_amended:
        needed = amending.room_needed(stage, files)
    free = shutil.disk_usage(stage.folder).free
    if free < needed:
        raise BuildError(f"The disk has {free / 1e9:.2f} GB free and this load needs {needed / 1e9:.2f} GB; make room and load again.")


def _merged(stage: Stage, table: Table, fresh: str) -> str:
    if stage.previous is None:
        return f"SELECT * FROM {fresh}"
    replaced = "SELECT case_id FROM coded UNION ALL SELECT case_id FROM gone"
    return f"SELECT * FROM {fresh} UNION ALL SELECT * FROM previous.{table.name} WHERE case_id NOT IN ({replaced})"


def _tidy(stage: Stage) -> None:
    stage.connection.close()
    for leftover in ("stage.duckdb", "stage.duckdb.wal"):
        (stage.folder / leftover).unlink(missing_ok=True)
    for name in ("spill", logs.STUBS):
        shutil.rmtree(stage.folder / name, ignore_errors=True)
