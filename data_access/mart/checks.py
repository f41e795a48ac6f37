"""What must hold in a finished generation before anyone may read it, and before another is built from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb

from data_access.city import City
from data_access.mart import logs, schema
from data_access.mart.generations import Generation

_MUST_BE_EMPTY = {
    "some cases have no opening instant": "SELECT 1 FROM staff.spell WHERE opened_at IS NULL",
    "case numbers are not unique": "SELECT case_id FROM staff.case_record GROUP BY 1 HAVING count(*) > 1",
    "cases and first spells differ": """SELECT 1 WHERE (SELECT count(*) FROM staff.case_record)
        <> (SELECT count(*) FROM staff.spell WHERE spell_no = 1)""",
    "a spell ends before it begins": "SELECT 1 FROM staff.spell WHERE closed_at < spell_opened_at",
    "spells of a case overlap": "SELECT 1 FROM staff.spell WHERE closed_at > next_opened_at",
    "a measure has two values for one period": "SELECT 1 FROM staff.measure_value GROUP BY measure_id, grain, starts_on HAVING count(*) > 1",
    "a case has no programme": "SELECT 1 FROM staff.spell WHERE programme_id IS NULL",
}
_OF_CHANGES = {"staff.spell": "new_spell", "staff.case_record": "new_record"}
_FACTS = {
    schema.spell.name: (),
    schema.open_spell.name: (),
    schema.closed_spell.name: (),
    schema.due_spell.name: (),
    schema.case_event.name: (),
    schema.work_day.name: (),
    schema.place_day.name: (),
    schema.case_record.name: ("case_id", "source_id", "source_name", "programme_id", "content_hash"),
}
"""What a full load needs of the big tables of the generation before; of the others it needs all."""


def problem(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The first rule the attached staff mart breaks, as a sentence, or None."""
    for sentence, query in _MUST_BE_EMPTY.items():
        if connection.execute(f"{query} LIMIT 1").fetchall():
            return sentence + "."
    return None


def problem_of_changes(connection: duckdb.DuckDBPyConnection) -> str | None:
    """As `problem`, where all rows but those of touched cases are of a sound generation; the catalog `staff` has the small tables."""
    for sentence, query in _MUST_BE_EMPTY.items():
        for table, fresh in _OF_CHANGES.items():
            query = query.replace(table, fresh)
        if connection.execute(f"{query} LIMIT 1").fetchall():
            return sentence + "."
    return None


def damage(generation: Generation, *, deep: bool = False) -> str | None:
    """Why the next generation cannot be built from this one, as a sentence, or None.

    Args:
        deep: read everything that a full load takes over.
    """
    path = generation.path("staff")
    try:
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{path}' AS held (READ_ONLY)")
            meta = _meta(connection)
            version = meta.get("schema_version")
            if version != str(schema.SCHEMA_VERSION):
                return f"{path.parent.name} was made by another version of Statroom (tables of version {version})."
            if is_cut_short(path, meta, generation.number):
                return f"{path.parent.name} is damaged (its log is cut short)."
            if path.stat().st_size < _size_written(connection):
                return f"{path.parent.name} is damaged (its file is cut short)."
            for table in schema.metadata.sorted_tables if deep else ():
                columns = _FACTS.get(table.name, tuple(table.c.keys()))
                if columns:
                    connection.execute(f"SELECT bit_xor(hash({', '.join(columns)})) FROM held.{table.name}").fetchall()
    except duckdb.Error as error:
        return f"{path.parent.name} is damaged ({' '.join(str(error).split())[:120]})."
    return None


def _size_written(connection: duckdb.DuckDBPyConnection) -> int:
    """Bytes that the attached file must have at least. DuckDB opens one that was cut off, and fails at the first row that is gone."""
    found = connection.execute("SELECT block_size, total_blocks FROM pragma_database_size() WHERE database_name = 'held'").fetchall()
    return int(found[0][0]) * int(found[0][1])


def is_cut_short(path: Path, meta: Mapping[str, str], number: int) -> bool:
    """Whether a file with a log does not know what was last written into it: of a log that was cut off DuckDB reads what is left."""
    return logs.log_bytes(path) > 0 and meta.get("generation") != str(number)


def mismatch(generation: Generation, city: City) -> str | None:
    """How the rows of `generation` were made for another city than `city` describes, as a sentence, or None."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{generation.path('staff')}' AS held (READ_ONLY)")
        meta = _meta(connection)
        layers = [name for (name,) in connection.execute("SELECT id FROM held.area_layer WHERE slot > 0 ORDER BY slot").fetchall()]
        programmes = connection.execute(
            "SELECT slug, name, privacy FROM held.programme WHERE privacy IS NOT NULL AND id IN (SELECT programme_id FROM held.case_record)"
        ).fetchall()
        stages = connection.execute(
            """SELECT g.slug, g.name FROM held.stage g JOIN held.programme p ON p.id = g.programme_id
            WHERE g.id IN (SELECT stage_id FROM held.stage_visit) ORDER BY g.slug"""
        ).fetchall()
    if meta.get("city_zone") != city.zone:
        return f"The loaded days are those of {meta.get('city_zone')}, and city.toml says {city.zone}."
    if meta.get("crosswalk", "") != city.crosswalk.mark:
        return "The crosswalk of departments and areas is another one than the cases were loaded with."
    wanted = [layer.id for layer in city.area_layers]
    if layers != wanted:
        return f"The loaded cases lie in the area layers {json.dumps(layers)}, and city.toml has {json.dumps(wanted)}."
    return _other_programmes(programmes, stages, city)


def _other_programmes(programmes: list[tuple[str, str, str]], stages: list[tuple[str, str]], city: City) -> str | None:
    """How held cases belong to a programme or stand in a stage that `city` has no more, or keep more than it tells of them, as a sentence, or None."""
    known = {one.id: one for one in city.programmes}
    for slug, name, privacy in programmes:
        if slug not in known:
            return f"Loaded cases belong to the programme {name!r}, which city.toml has no more."
        if known[slug].privacy == "aggregate" != privacy:
            return f"Of {name!r} totals only are told from now on, and its cases were loaded with all that is known of them."
    ids = {f"{one.id}.{stage.id}" for one in city.programmes for stage in one.stage}
    gone = next((name for slug, name in stages if slug not in ids), None)
    return None if gone is None else f"Loaded cases were in the stage {gone!r}, which city.toml has no more."


def _meta(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM held.meta").fetchall())
