"""The public mart: only what residents may see, in a file of its own.

It holds rows of class-A request types, without staff columns, with points snapped to a coarse
grid and with case numbers that lead nowhere. What is not in the file cannot leak from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from data_access.mart import schema
from data_access.mart.staging import Stage

GRID_DEGREES = 0.0025
"""Public points are centres of cells this wide: about 250 m. The move depends on the place only."""
_SNAPPED = {name: f"(floor({name} / {GRID_DEGREES}) + 0.5) * {GRID_DEGREES}" for name in ("latitude", "longitude")}
SPELLS = {
    schema.spell: "opened_at, case_id, spell_no",
    schema.open_spell: "due_at, case_id",
    schema.closed_spell: "closed_at, case_id, spell_no",
    schema.due_spell: "due_at, case_id, spell_no",
}


def build_public(stage: Stage, path: Path, columns: Callable[..., str]) -> None:
    """Write the public mart to `path` from the attached staff mart."""
    run = stage.connection.execute
    run(f"ATTACH '{path}' AS public_mart")
    for table in schema.metadata.sorted_tables:
        if table not in schema.STAFF_TABLES:
            hidden = schema.NOT_PUBLIC_COLUMNS if table is schema.case_record else ()
            run(f"CREATE TABLE public_mart.{table.name} ({columns(table, hidden)})")
    run("CREATE TEMP TABLE released AS SELECT id FROM staff.request_type WHERE release_class = 'A'")
    for table, order in SPELLS.items():
        run(
            f"""INSERT INTO public_mart.{table.name} SELECT * REPLACE (NULL AS location_key, NULL AS satisfaction,
                {_SNAPPED["latitude"]} AS latitude, {_SNAPPED["longitude"]} AS longitude) FROM staff.{table.name}
            WHERE request_type_id IN (FROM released) ORDER BY {order}"""
        )
    run(
        f"INSERT INTO public_mart.case_record SELECT {_record()} FROM staff.case_record WHERE request_type_id IN (FROM released) ORDER BY opened_at, case_id"
    )
    for table in (schema.programme, schema.department, schema.request_group, schema.area_layer, schema.area):
        run(f"INSERT INTO public_mart.{table.name} SELECT * FROM staff.{table.name}")
    run("INSERT INTO public_mart.request_type SELECT * FROM staff.request_type WHERE id IN (FROM released)")
    run("INSERT INTO public_mart.load SELECT * REPLACE (NULL AS watermark) FROM staff.load")
    run("INSERT INTO public_mart.meta SELECT key, value FROM staff.meta WHERE key NOT IN ('public_salt', 'placeholder_points', 'audience')")
    run("INSERT INTO public_mart.meta VALUES ('audience', 'public')")
    run("DROP TABLE released")
    run("DETACH public_mart")


def _record() -> str:
    made = {
        "source_id": """substr(md5(concat((SELECT value FROM staff.meta WHERE key = 'public_salt'), programme_id, ':', source_id)), 1, 12)""",
        "source_name": "NULL",
        "parent_source_id": "NULL",
        "channel_raw": "NULL",
        "status_raw": "NULL",
        "outcome_raw": "NULL",
        "content_hash": "NULL",
        "location_key": "NULL",
        "satisfaction": "NULL",
        "source_updated_at": "NULL",
        "acknowledged_at": "NULL",
        "inspected_at": "NULL",
        **_SNAPPED,
        "opened_at": "date_trunc('day', opened_at)",
        "closed_at": "date_trunc('day', closed_at)",
        "due_at": "date_trunc('day', due_at)",
        "first_due_at": "NULL",
    }
    shown = [column.name for column in schema.case_record.c if column.name not in schema.NOT_PUBLIC_COLUMNS]
    return ", ".join(f"{made.get(name, name)} AS {name}" for name in shown)
