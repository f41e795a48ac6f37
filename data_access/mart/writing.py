"""Builds the next generation from a stage: the staff mart, the public mart, checks, then the swap.

A generation is always a fresh pair of files. What did not change is copied from the previous
one, sorted again with what did; nothing that readers have open is ever written.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pandas as pd
from sqlalchemy import Boolean, Date, DateTime, Double, Integer, SmallInteger, Table
from sqlalchemy.types import BigInteger

from data_access.city import City
from data_access.mart import checks, contacts, generations, measures, programme_totals, promises, schema
from data_access.mart.dimension_tables import make_dimensions
from data_access.mart.facts import make_facts
from data_access.mart.generations import Generation
from data_access.mart.places import drop_placeholder_points, place
from data_access.mart.public import NOTHING_TOLD, build_public, release_layers, silent_sources
from data_access.mart.staging import Settled, Stage
from data_access.released import cube, files, publishing
from data_access.released.programmes import releasing
from data_access.streets import META, write_streets
from settings import utc_now

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
            build(stage, city, as_of=as_of, loads=[load], number=number, released=released or root / cube.FOLDER, recount=recount)
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

    `stage` is settled; `loads` are rows of `schema.load` for this build, oldest first; `released` is the folder of released cells;
    `recount` a year of them to be counted anew; `told` what residents are told from Statroom's own database.

    Raises:
        BuildError: disk too small, or a check failed; nothing is published then.
    """
    _require_room(stage)
    run = stage.connection.execute
    drop_placeholder_points(stage, city)
    make_dimensions(stage, city)
    place(stage, city)
    make_facts(stage, city, int(str(loads[-1]["id"])), as_of)
    run(f"ATTACH '{stage.folder / 'staff.duckdb'}' AS staff")
    # One transaction: each of its own is written through to the disk.
    run(
        "; ".join(["BEGIN", *(f"CREATE TABLE staff.{table.name} ({_columns(table)})" for table in schema.metadata.sorted_tables), "COMMIT"])
    )
    for table, (fresh, order) in FACTS.items():
        run(f"INSERT INTO staff.{table.name} {_merged(stage, table, fresh)} ORDER BY {order}")
        run(f"DROP TABLE {fresh}")
    # A closing that is known already but lies after as_of has not happened yet for the figures.
    run("INSERT INTO staff.open_spell SELECT * FROM staff.spell WHERE closed_at IS NULL OR closed_at > ? ORDER BY due_at, case_id", [as_of])
    for name in ("closed", "due"):
        run(f"INSERT INTO staff.{name}_spell SELECT * FROM staff.spell WHERE {name}_at IS NOT NULL ORDER BY {name}_at, case_id, spell_no")
    _write_dimensions(stage)
    streets = write_streets(stage, city)
    _write_history(stage, loads)
    measures.write(stage)
    contacts.write(stage)
    _write_meta(stage, city, as_of, number, streets, told)
    cells = _release(stage, city, released, as_of, loads[-1], recount)
    totals = _totals(stage, city, released, as_of, loads[-1], recount)
    build_public(stage, city, stage.folder / "public.duckdb", _columns, as_of, released)
    problem = checks.problem(stage.connection)
    run("DETACH staff")
    if problem:
        raise BuildError(f"The new data was not put into service: {problem}")
    for made in (cells, *totals):
        made.keep()
    _tidy(stage)


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


def _require_room(stage: Stage) -> None:
    if stage.previous is None:
        return
    needed = int(sum(file.stat().st_size for file in stage.previous.folder.iterdir()) * ROOM_NEEDED)
    free = shutil.disk_usage(stage.folder).free
    if free < needed:
        raise BuildError(f"The disk has {free / 1e9:.2f} GB free and this load needs {needed / 1e9:.2f} GB; make room and load again.")


def _merged(stage: Stage, table: Table, fresh: str) -> str:
    if stage.previous is None:
        return f"SELECT * FROM {fresh}"
    replaced = "SELECT case_id FROM coded UNION ALL SELECT case_id FROM gone"
    return f"SELECT * FROM {fresh} UNION ALL SELECT * FROM previous.{table.name} WHERE case_id NOT IN ({replaced})"


def _write_dimensions(stage: Stage) -> None:
    run = stage.connection.execute
    run(
        "INSERT INTO staff.programme SELECT id, slug, name, kind, about, case_word, cases_word, privacy, is_main = 'True' FROM dim_programme"
    )
    run(
        """INSERT INTO staff.stage SELECT s.id, s.slug, s.name, p.id, s.position::SMALLINT, s.amount::DOUBLE, s.unit, s.waits = 'True', s.ends = 'True'
        FROM dim_stage s LEFT JOIN dim_programme p ON p.slug = s.programme"""
    )
    run("INSERT INTO staff.department SELECT id, slug, name, parent_id, on_time_target FROM dim_department")
    run("INSERT INTO staff.request_group SELECT id, slug, name FROM dim_request_group")
    run(
        """INSERT INTO staff.request_type SELECT d.id, d.slug, d.name, u.request_group_id, u.department_id, coalesce(r.release_class, 'C')
        FROM dim_request_type d LEFT JOIN release r USING (name) LEFT JOIN (
            SELECT request_type_id, mode(request_group_id) AS request_group_id, mode(department_id) AS department_id
            FROM staff.spell GROUP BY 1) u ON u.request_type_id = d.id"""
    )
    run("INSERT INTO staff.area_layer SELECT slot, id, name, plural, is_context FROM dim_area_layer")
    run("INSERT INTO staff.area SELECT layer_id, id, slug, name, parent_slug, population, median_income, geometry FROM dim_area")


def _write_history(stage: Stage, loads: list[dict[str, object]]) -> None:
    """Loads, refused rows and quality findings: the earlier ones and this build's."""
    run = stage.connection.execute
    if stage.previous is not None:
        run("INSERT INTO staff.load SELECT * FROM previous.load")
        # A full load reads every row again, so what it finds replaces what was found before.
        run("INSERT INTO staff.quality_issue SELECT * FROM previous.quality_issue WHERE source_name NOT IN (SELECT unnest(?::VARCHAR[]))",
            [list(stage.read_whole)])  # fmt: skip
        run("INSERT INTO staff.quarantine SELECT * FROM still_refused")
    for load in loads:
        marks = ", ".join("?" for _ in schema.load.c)
        run(f"INSERT INTO staff.load VALUES ({marks})", [load[column.name] for column in schema.load.c])
    its_load = "(SELECT max(id) FROM staff.load l WHERE l.source_name = p.source_name)"  # may be an earlier build's
    run("INSERT INTO staff.quarantine SELECT load_id, source_name, source_id, reason, original FROM stage_quarantine")
    run(
        """INSERT INTO staff.quality_issue SELECT load_id, source_name, kind, field, value, sum(case_count), min(example_source_id)
        FROM stage_issue GROUP BY ALL"""
    )
    run(
        f"""INSERT INTO staff.quality_issue SELECT {its_load}, source_name, 'placeholder_point', 'latitude, longitude',
        concat(latitude, ', ', longitude), case_count, example FROM placeholder_count p"""
    )
    run(f"INSERT INTO staff.quality_issue SELECT {its_load}, p.* FROM unplaced p")


def _write_meta(stage: Stage, city: City, as_of: datetime, number: int, streets: str, told: Mapping[str, str]) -> None:
    run = stage.connection.execute
    points = run("SELECT latitude, longitude FROM placeholder").fetchall()
    facts = {
        "schema_version": str(schema.SCHEMA_VERSION),
        "audience": "staff",
        "as_of": as_of.isoformat(),
        "generation": str(number),
        # Numbers begin again when a mart is made anew; this never comes twice.
        "edition": secrets.token_hex(8),
        "city_id": city.facts.id,
        "city_zone": city.zone,
        "built_at": utc_now().replace(tzinfo=None).isoformat(timespec="seconds"),
        "layer_versions": json.dumps(_layer_versions(city)),
        META: streets,
        **told,
        "placeholder_points": json.dumps([list(point) for point in points]),
        # Public case numbers and the keys of places are hashes with this, so that nobody can count back to the CRM's or try addresses.
        "public_salt": stage.salt,
        schema.AGGREGATE: json.dumps([p.id for p in city.programmes if p.privacy == "aggregate"]),
        schema.SILENT: json.dumps(silent_sources(city)),
        schema.TYPES: json.dumps(_types(stage)),
    }
    run("INSERT INTO staff.meta SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", [list(facts), list(facts.values())])


def _types(stage: Stage) -> dict[str, dict[str, list[int]]]:
    """Programme -> the numbers of its request types and of their groups."""
    made: dict[str, dict[str, list[int]]] = {}
    for name in ("request_type", "request_group"):
        query = f"""SELECT p.slug, list(DISTINCT s.{name}_id ORDER BY s.{name}_id) FROM staff.spell s
            JOIN staff.programme p ON p.id = s.programme_id GROUP BY 1"""
        for slug, numbers in stage.connection.execute(query).fetchall():
            made.setdefault(slug, {})[name] = numbers
    return made


def _layer_versions(city: City) -> list[list[str | None]]:
    """Of layers that were drawn anew: (layer of today, layer with the boundaries, first day, last day) of each version."""
    redrawn = {layer.version_of for layer in city.area_layers if layer.version_of}

    def day(of: date | None) -> str | None:
        return None if of is None else of.isoformat()

    return [
        [layer.version_of or layer.id, layer.id, day(layer.valid_from), day(layer.valid_to)]
        for layer in city.area_layers
        if layer.version_of or layer.id in redrawn
    ]


def _tidy(stage: Stage) -> None:
    stage.connection.close()
    for leftover in ("stage.duckdb", "stage.duckdb.wal"):
        (stage.folder / leftover).unlink(missing_ok=True)
    shutil.rmtree(stage.folder / "spill", ignore_errors=True)
