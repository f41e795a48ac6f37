"""The public mart: only what residents may see, in a file of its own.

It holds rows of class-A request types, without staff columns, with the day of what happened instead of its time and
without places: no figure for residents needs one. Where single cases are published, they have case numbers that lead
nowhere and are shown at fixed points (`data_access.released.points`). What is not in the file
cannot leak from it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Callable
from zoneinfo import ZoneInfo

from data_access.city import City
from data_access.mart import schema
from data_access.mart.amending import LARGE
from data_access.mart.fact_sql import HEADLINE
from data_access.mart.public_figures import release_contacts, release_figures
from data_access.mart.staging import Stage
from data_access.released.points import write_moved

SPELLS = {
    schema.spell: ("true", "opened_at, case_id, spell_no"),
    schema.open_spell: ("closed_at IS NULL OR closed_at > $as_of", "due_at, case_id"),
    schema.closed_spell: ("closed_at IS NOT NULL", "closed_at, case_id, spell_no"),
    schema.due_spell: ("due_at IS NOT NULL", "due_at, case_id, spell_no"),
}
SHOWN_AT = {"latitude": "moved.to_latitude", "longitude": "moved.to_longitude"}
INSTANTS = ("opened_at", "spell_opened_at", "closed_at", "due_at", "first_due_at", "first_transferred_at")
KEPT_DAYS = (0, 7, -7, -14)
"""Days from `as_of` that figures compare with (now, due soon, a week ago, two weeks ago): on which side of them an instant lies is kept."""
FACTS = ("schema_version", "as_of", "generation", "edition", "city_id", "city_zone", "meetings", "targets", schema.AGGREGATE)
"""What the public file says of itself, beside its audience and whether it has single cases; nothing else that the staff's says."""
NOTHING_TOLD = {"meetings": "[]", "targets": "[]"}
"""The facts that come from Statroom's own database, where it has nothing to tell: see `store.told`."""
STEP_SECONDS = 1800
"""Durations are rounded up to this; every limit in a definition is a multiple of it."""


def build_public(stage: Stage, city: City, path: Path, columns: Callable[..., str], as_of: datetime, released: Path) -> None:
    """Write the public mart to `path` from the attached staff mart; `released` is where fixed points are kept."""
    run = stage.connection.execute
    run(f"ATTACH '{path}' AS public_mart")
    layers = begin(stage, city, columns, set(LARGE))
    write_moved(stage, city, released, layers)
    cut_to_days(stage, city.zone, as_of, layers, "staff.spell")
    for table, (which, order) in SPELLS.items():
        given = {"as_of": as_of} if "$as_of" in which else {}
        run(f"INSERT INTO public_mart.{table.name} SELECT * FROM day_spell WHERE {which} ORDER BY {order}", given)
    run("DROP TABLE day_spell")
    if city.file.release.cases:
        run(f"INSERT INTO public_mart.case_record {public_records(layers, 'staff.case_record')}")
    write_rest(stage, city)
    run("DETACH public_mart")


def begin(stage: Stage, city: City, columns: Callable[..., str], large: set[str]) -> list[tuple[int, str]]:
    """Make the empty tables of `public_mart`, of those with rows for each case the `large` ones, and the released types; answers `release_layers`."""
    run = stage.connection.execute
    shown = {
        table: schema.NOT_PUBLIC_COLUMNS if table is schema.case_record else ()
        for table in schema.metadata.sorted_tables
        if table not in schema.STAFF_TABLES and (table.name not in LARGE or table.name in large)
    }
    run(
        "; ".join(
            ["BEGIN", *(f"CREATE TABLE public_mart.{table.name} ({columns(table, hidden)})" for table, hidden in shown.items()), "COMMIT"]
        )
    )
    run(
        f"""CREATE OR REPLACE TEMP TABLE released AS SELECT id FROM staff.request_type WHERE release_class = 'A'
        AND id NOT IN (SELECT s.request_type_id FROM spell_use s GROUP BY 1 HAVING NOT bool_or({HEADLINE}))"""
    )
    return release_layers(stage, city)


def public_records(layers: list[tuple[int, str]], source: str) -> str:
    """SQL: what residents may see of the cases in `source`, where single cases are published."""
    return f"""SELECT {_replaced(_record() | _hidden_areas(layers))} FROM {source} s {_moved(_district(layers))}
        WHERE request_type_id IN (FROM released) AND {HEADLINE} ORDER BY case_id"""


def _district(layers: list[tuple[int, str]]) -> str:
    return f"s.area_{layers[0][0]}_id" if layers else "0"


def _hidden_areas(layers: list[tuple[int, str]]) -> dict[str, str]:
    slots = {slot for slot, _ in layers}
    return {f"area_{n}_id": "0::SMALLINT" for n in range(1, schema.AREA_SLOTS + 1) if n not in slots}


def write_rest(stage: Stage, city: City) -> None:
    """Fill the small tables of `public_mart`, whose spells are there."""
    run = stage.connection.execute
    release_figures(stage, city)
    release_contacts(stage, city)
    _release_names(stage)
    run("INSERT INTO public_mart.area_layer SELECT * FROM staff.area_layer WHERE is_context OR id IN (SELECT id FROM released_layer)")
    run("INSERT INTO public_mart.area SELECT * FROM staff.area WHERE layer_id IN (SELECT id FROM public_mart.area_layer)")
    unmapped = "SELECT slot, id FROM released_layer WHERE id IN (SELECT layer_id FROM public_mart.area WHERE geometry IS NULL)"
    for slot, layer in run(unmapped).fetchall():
        # Areas that are on no map are known from cases only.
        unseen = f"geometry IS NULL AND id NOT IN (SELECT area_{slot}_id FROM public_mart.spell)"
        run(f"DELETE FROM public_mart.area WHERE layer_id = ? AND {unseen}", [layer])
    run("INSERT INTO public_mart.street SELECT * FROM staff.street WHERE layer_id IN (SELECT id FROM released_layer)")
    run("INSERT INTO public_mart.request_type SELECT * FROM staff.request_type WHERE id IN (FROM released)")
    # Of a load residents learn when it was: what it read holds the cases that are not published.
    kept = ("id", "mode", "started_at", "as_of")
    nothing = _replaced({column.name: "NULL" for column in schema.load.c if column.name not in kept})
    # Up to when a source is known is when something happened last to one of its cases, which residents may know of open programmes.
    run(f"INSERT INTO public_mart.load SELECT * REPLACE ({nothing}) FROM staff.load")
    run(
        "UPDATE public_mart.load SET as_of = NULL WHERE id IN (SELECT id FROM staff.load WHERE list_contains(?, source_name))",
        [_unnamed_sources(city)],
    )
    for table in (schema.release, schema.released_cell, schema.programme_total):
        run(f"INSERT INTO public_mart.{table.name} SELECT * FROM staff.{table.name}")
    run("INSERT INTO public_mart.meta SELECT key, value FROM staff.meta WHERE list_contains(?, key)", [list(FACTS)])
    run("INSERT INTO public_mart.meta VALUES ('audience', 'public'), ('cases_published', ?)", [str(city.file.release.cases)])
    run("DROP TABLE released")
    run("DROP TABLE released_layer")
    run("DROP TABLE moved")


def silent_sources(city: City) -> list[str]:
    """The sources of programmes that are told of in totals only."""
    return [source.name for source in city.sources if city.programme(source.programme).privacy == "aggregate"]


def _unnamed_sources(city: City) -> list[str]:
    """Those of which residents are told no single case at all."""
    return [source.name for source in city.sources if city.programme(source.programme).privacy != "open"]


def _release_names(stage: Stage) -> None:
    """Programmes as the city names them; departments and groups of types only where a released case or figure has them, with those above them."""
    run = stage.connection.execute
    run("INSERT INTO public_mart.programme SELECT * FROM staff.programme WHERE privacy <> 'staff'")
    run("INSERT INTO public_mart.stage SELECT * FROM staff.stage WHERE programme_id IN (SELECT id FROM public_mart.programme)")
    of_released = f"FROM spell_use s WHERE s.request_type_id IN (FROM released) AND {HEADLINE}"
    run(
        f"""INSERT INTO public_mart.department WITH RECURSIVE kept(id) AS (
            SELECT department_id {of_released} UNION SELECT closing_department_id {of_released}
            UNION SELECT department_id FROM public_mart.measure UNION SELECT department_id FROM public_mart.contact_interval
            UNION SELECT d.parent_id FROM staff.department d JOIN kept ON kept.id = d.id)
            SELECT * FROM staff.department WHERE id IN (SELECT id FROM kept) ORDER BY id"""
    )
    run(f"INSERT INTO public_mart.request_group SELECT * FROM staff.request_group WHERE id IN (SELECT request_group_id {of_released})")


def release_layers(stage: Stage, city: City) -> list[tuple[int, str]]:
    """The area layers residents may ask for, as (slot, id): the first, and each whose areas are parts of the last released one's.

    Areas of two layers that cut each other would give away what lies between them.
    """
    run = stage.connection.execute
    run("CREATE OR REPLACE TEMP TABLE released_layer (slot SMALLINT, id VARCHAR)")
    former = {layer.id for layer in city.area_layers if layer.version_of is not None}
    for slot, layer in run("SELECT slot, id FROM staff.area_layer WHERE slot > 0 ORDER BY slot").fetchall():
        outside = """SELECT count(*) FROM staff.area WHERE layer_id = $layer AND coalesce(parent_slug, '') NOT IN (
            SELECT slug FROM staff.area WHERE layer_id = (SELECT arg_max(id, slot) FROM released_layer))"""
        is_first = run("SELECT count(*) FROM released_layer").fetchall() == [(0,)]
        if layer not in former and (is_first or run(outside, {"layer": layer}).fetchall() == [(0,)]):
            run("INSERT INTO released_layer VALUES (?, ?)", [slot, layer])
    return run("SELECT slot, id FROM released_layer ORDER BY slot").fetchall()


def cut_to_days(stage: Stage, zone: str, as_of: datetime, layers: list[tuple[int, str]], source: str) -> None:
    """Table `day_spell`: the released spells of `source` with every instant cut to the local midnight before it, the place to its fixed point,
    and without what residents are not told.

    Figures must come out as with the exact times, so what they compare is kept: the order in which things happened on
    one day and on which side of `KEPT_DAYS` they lie, as microseconds after midnight (or after such an instant), and
    whether a reopening came within a number of days, as the time since the closing in steps of `STEP_SECONDS`.
    """
    run = stage.connection.execute
    _write_midnights(stage, zone, source)
    kept = [as_of + timedelta(days=days) for days in KEPT_DAYS]
    floors, joins = [], []
    for name in INSTANTS:
        sides = ", ".join(f"CASE WHEN s.{name} >= TIMESTAMP '{at}' THEN TIMESTAMP '{at}' END" for at in kept)
        floors.append(f"greatest(m_{name}.at, {sides}) AS floor_{name}")
        joins.append(f"LEFT JOIN midnight m_{name} ON m_{name}.day = {_day_of(zone, 's.' + name)}")
    made = {name: _cut(name) for name in INSTANTS}
    later = f"{_cut('closed_at')} + to_seconds({_steps('epoch(next_opened_at) - epoch(closed_at)')})"
    made["next_opened_at"] = (
        f"CASE WHEN next_opened_at <= TIMESTAMP '{as_of}' THEN least({later}, TIMESTAMP '{as_of}') "
        f"WHEN next_opened_at IS NOT NULL THEN greatest({later}, TIMESTAMP '{as_of}' + INTERVAL 1 MICROSECOND) END"
    )
    made["seconds_to_close"] = f"{_steps('seconds_to_close')}::BIGINT"
    made |= {"location_key": "NULL::BIGINT", "satisfaction": "NULL::SMALLINT", **_hidden_areas(layers)}
    floor_names = ", ".join(f"floor_{name}" for name in INSTANTS)
    run(
        f"""CREATE TEMP TABLE day_spell AS SELECT * EXCLUDE ({floor_names}) REPLACE ({_replaced(made)}) FROM (
            SELECT s.* REPLACE ({_replaced(SHOWN_AT)}), {", ".join(floors)} FROM {source} s {" ".join(joins)} {_moved(_district(layers))} WHERE s.request_type_id IN (FROM released) AND {HEADLINE})"""
    )
    run("DROP TABLE midnight")


def _write_midnights(stage: Stage, zone: str, source: str) -> None:
    """Table `midnight`: the instant at which each local day begins, for all days of the facts in `source`."""
    ends = ", ".join(f"min({_day_of(zone, name)}), max({_day_of(zone, name)})" for name in INSTANTS)
    known = [day for day in stage.connection.execute(f"SELECT {ends} FROM {source}").fetchone() or () if isinstance(day, date)]
    days = [min(known) + timedelta(days=at) for at in range((max(known) - min(known)).days + 1)] if known else []
    starts = [datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None) for day in days]
    stage.connection.execute(
        "CREATE TEMP TABLE midnight AS SELECT unnest($days::DATE[]) AS day, unnest($starts::TIMESTAMP[]) AS at",
        {"days": days, "starts": starts},
    )


def _day_of(zone: str, instant: str) -> str:
    return f"timezone('{zone}', timezone('UTC', {instant}))::DATE"


def _cut(name: str) -> str:
    """`name` cut to its floor, with a microsecond for each thing that happened between its floor and itself."""
    before = [f"coalesce({other} > floor_{name} AND {other} < {name}, false)::INTEGER" for other in INSTANTS if other != name]
    return f"floor_{name} + to_microseconds(({name} > floor_{name})::INTEGER + {' + '.join(before)})"


def _moved(district: str) -> str:
    """SQL: the fixed point of a spell or case `s`, where single cases are published."""
    return (
        f"""LEFT JOIN moved ON moved.from_latitude = s.latitude AND moved.from_longitude = s.longitude AND moved.district_id = {district}"""
    )


def _steps(seconds: str) -> str:
    return f"(ceil(({seconds}) / {STEP_SECONDS}.0) * {STEP_SECONDS})"


def _replaced(made: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in made.items())


def _record() -> dict[str, str]:
    """Column -> SQL of a published case; its days are those of its spells."""
    made = {
        "source_id": """substr(md5(concat((SELECT value FROM staff.meta WHERE key = 'public_salt'), programme_id, ':', source_id)), 1, 12)""",
        **dict.fromkeys(
            (
                "source_name", "parent_source_id", "channel_raw", "status_raw", "outcome_raw", "content_hash", "location_key", "satisfaction",
                "source_updated_at", "acknowledged_at", "inspected_at", "opened_at", "closed_at", "due_at", "first_due_at",
            ), "NULL",
        ),
        **SHOWN_AT,
    }  # fmt: skip
    return {
        column.name: made.get(column.name, column.name) for column in schema.case_record.c if column.name not in schema.NOT_PUBLIC_COLUMNS
    }
