"""The small tables of the next generation, filled into the attached catalog `staff`: names, loads, findings, and what it says of itself."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime

from data_access.city import City
from data_access.mart import schema
from data_access.mart.public import silent_sources
from data_access.mart.staging import Stage
from data_access.streets import META
from settings import utc_now


def write_dimensions(stage: Stage) -> None:
    """Programmes, stages, departments, groups, types, layers and areas, from the stage's `dim_*` and `spell_use`."""
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
    # The commonest, and of equally common ones always the same.
    commonest = "SELECT request_type_id, {of} FROM spell_use GROUP BY 1, 2 QUALIFY row_number() OVER (PARTITION BY request_type_id ORDER BY sum(n) DESC, {of}) = 1"
    run(
        f"""INSERT INTO staff.request_type SELECT d.id, d.slug, d.name, g.request_group_id, u.department_id, coalesce(r.release_class, 'C')
        FROM dim_request_type d LEFT JOIN release r USING (name)
        LEFT JOIN ({commonest.format(of="request_group_id")}) g ON g.request_type_id = d.id
        LEFT JOIN ({commonest.format(of="department_id")}) u ON u.request_type_id = d.id"""
    )
    run("INSERT INTO staff.area_layer SELECT slot, id, name, plural, is_context FROM dim_area_layer")
    run("INSERT INTO staff.area SELECT layer_id, id, slug, name, parent_slug, population, median_income, geometry FROM dim_area")


def write_history(stage: Stage, loads: list[dict[str, object]]) -> None:
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


def write_meta(stage: Stage, city: City, as_of: datetime, number: int, streets: str, told: Mapping[str, str]) -> None:
    """What the generation says of itself."""
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
        "crosswalk": city.crosswalk.mark,
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
        query = f"""SELECT p.slug, list(DISTINCT s.{name}_id ORDER BY s.{name}_id) FROM spell_use s
            JOIN staff.programme p ON p.id = s.programme_id GROUP BY 1 ORDER BY 1"""
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
