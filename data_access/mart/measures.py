"""Figures that are not cases: what a load did to them, and their tables in the next generation.

A line of a source says one measure's stretch: a fiscal year with its quarters, or a single period. A
measure is known by source, department, activity and name. Where several lines say the same stretch
of a measure, each period keeps one value: a reported one before none, a later line before an
earlier one. A source of measures is read whole every time, so its load replaces all that it gave
before and nothing that another source gave.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from data_access.canonical import ISSUE_COLUMNS
from data_access.city import City
from data_access.mapping.measure_periods import end_of
from data_access.mart.staging import Settled, Stage, text_of
from data_access.slugs import slug

_IDENTITY = "source_name, department_slug, activity, measure"
_ABOUT = ("measure_kind", "unit", "unit_label", "direction", "year_is", "definition", "line_is")
"""What a measure is, of which the latest stretch decides."""
_SIGNS = {"%": " percent ", "#": " number "}
"""Signs that tell two measures apart and that a key would lose."""


def _same(one: str, other: str) -> str:
    """SQL: tables `one` and `other` mean the same measure."""
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in _IDENTITY.split(", "))


def settle(stage: Stage, city: City) -> tuple[dict[str, Settled], dict[str, pd.DataFrame]]:
    """Decide which staged values stand (tables `measure_told` and `measure_said`), after `Stage.settle`.

    Returns:
        By source: what happened to its lines, and findings (`canonical.ISSUE_COLUMNS`) about lines that contradict each other.
        A line is new if it is the first of a stretch that was not held, changed if it says something that neither
        the held stretch nor an earlier line says, and else unchanged.
    """
    run = stage.connection.execute
    labels = [label for (label,) in run("SELECT DISTINCT department FROM stage_measure").fetchall()]
    known = [(label, city.department_of(label)) for label in labels]
    keys = [(label, slug(label) if department is None else department.id) for label, department in known]
    stage.frame("measure_department", pd.DataFrame(keys, columns=["department", "department_slug"], dtype="str"))
    run(f"CREATE TABLE measure_staged AS SELECT *, {_STRETCH} AS stretch FROM stage_measure JOIN measure_department USING (department)")
    run(
        f"""CREATE TABLE measure_said AS SELECT * FROM measure_staged QUALIFY 1 = row_number() OVER (
            PARTITION BY {_IDENTITY}, grain, starts_on ORDER BY value IS NULL, line DESC)"""
    )
    run(
        f"""CREATE TABLE measure_told AS SELECT {_IDENTITY}, department, {", ".join(_ABOUT)}, stretch AS last_stretch
        FROM measure_staged QUALIFY 1 = row_number() OVER (PARTITION BY {_IDENTITY} ORDER BY stretch DESC, line DESC)"""
    )
    run(f"CREATE TABLE held_stretch AS {_HELD_STRETCH if stage.previous else _NOTHING_HELD}")
    run(f"CREATE TABLE said_stretch AS {_stretch_of('measure_said', 'measure_told')}")
    run(_LINES)
    gone = dict(run(_GONE, [list(stage.read_whole)]).fetchall())
    counts = {name: Settled(int(new), int(changed), int(same), 0) for name, new, changed, same in run(_ACCOUNT).fetchall()}
    settled = {}
    for name in counts.keys() | gone.keys():
        one = counts.get(name, Settled(0, 0, 0, 0))
        settled[name] = Settled(one.new, one.changed, one.unchanged, int(gone.get(name, 0)))
    findings = {
        name: pd.DataFrame([("contradicting_lines", "measure", None, int(count), example)], columns=list(ISSUE_COLUMNS))
        for name, count, example in run(_CONTRADICTING).fetchall()
    }
    return settled, findings


def write(stage: Stage) -> None:
    """Fill `staff.measure` and `staff.measure_value`: a measure keeps its number and slug over loads."""
    run = stage.connection.execute
    if stage.previous is not None:
        others = "source_name NOT IN (SELECT unnest(?::VARCHAR[]))"
        replaced = [list(stage.read_whole)]
        run(f"INSERT INTO staff.measure SELECT * FROM previous.measure WHERE {others}", replaced)
        run("INSERT INTO staff.measure_value SELECT * FROM previous.measure_value WHERE measure_id IN (SELECT id FROM staff.measure)")
    if run("SELECT count(*) FROM stage_measure").fetchall()[0][0] == 0:
        return
    _number(stage)
    run(
        f"""INSERT INTO staff.measure SELECT n.id, n.slug, n.measure, n.activity, n.source_name, d.id,
            t.measure_kind, t.unit, t.unit_label, t.direction, t.year_is, t.definition, t.line_is
        FROM measure_number n JOIN measure_told t ON {_same("t", "n")}
        JOIN map_department d ON d.label = t.department ORDER BY n.id"""
    )
    run(
        f"""INSERT INTO staff.measure_value SELECT n.id, s.department_id, h.grain, h.starts_on::DATE, h.fiscal_year, h.quarter, h.value, h.target,
            h.value_raw, h.rating, h.rating_raw, h.note
        FROM measure_said h JOIN measure_number n ON {_same("h", "n")} JOIN staff.measure s ON s.id = n.id ORDER BY ALL"""
    )


def known_until(stage: Stage, source_name: str, city: City, now: datetime) -> datetime | None:
    """The end (naive UTC, never after `now`) of the latest period for which source `source_name` has a value.

    A period that is still to begin is a mistyped year and does not count. Of a source that has only
    targets nothing is known but that its first year had begun; None if it has no line at all.
    """
    rows = stage.connection.execute(
        "SELECT grain, starts_on::DATE, count(value) > 0 FROM stage_measure WHERE source_name = ? GROUP BY 1, 2", [source_name]
    ).fetchall()
    periods = [(_midnight(start, city.zone), _midnight(end_of(start, grain), city.zone), reported) for grain, start, reported in rows]
    ends = [end for start, end, reported in periods if reported and start < now]
    starts = [start for start, _, _ in periods]
    return min(max(ends, default=min(starts)), now) if periods else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def _number(stage: Stage) -> None:
    """Make `measure_number`: each measure's held number and slug, or the next free ones."""
    held = "SELECT NULL::BIGINT AS id, NULL AS slug, NULL AS source_name, NULL AS department_slug, NULL AS activity, NULL AS measure WHERE false"
    if stage.previous is not None:
        held = """SELECT m.id, m.slug, m.source_name, d.slug AS department_slug, m.activity, m.name AS measure
            FROM previous.measure m JOIN previous.department d ON d.id = m.department_id"""
    everything = stage.connection.execute(f"SELECT id, department_slug, slug FROM ({held})").fetchall()
    taken = {(department, key) for _, department, key in everything}
    free = 1 + max((number for number, _, _ in everything), default=0)
    rows = []
    for number, key, *identity in stage.connection.execute(
        f"""SELECT h.id, h.slug, n.source_name, n.department_slug, n.activity, n.measure FROM measure_told n LEFT JOIN ({held}) h ON {_same("h", "n")}
        ORDER BY n.source_name, n.department_slug, n.measure, n.activity NULLS FIRST"""
    ).fetchall():
        if number is None:
            _, department, activity, measure = identity
            number, free = free, free + 1
            key = _free_slug(" ".join(filter(None, (measure, activity))), department, taken)
            taken.add((department, key))
        rows.append((number, key, *identity))
    frame = pd.DataFrame(rows, columns=["id", "slug", "source_name", "department_slug", "activity", "measure"])
    kinds = dict.fromkeys(frame.columns, "str") | {"id": "int64"}
    stage.frame("measure_number", frame.astype(kinds))


def _free_slug(label: str, department: str, taken: set[tuple[str, str]]) -> str:
    key = slug(re.sub("[%#]", lambda sign: _SIGNS[sign[0]], label))
    made, n = key, 1
    while (department, made) in taken:
        n += 1
        made = f"{key}-{n}"
    return made


def _content(columns: tuple[str, ...]) -> str:
    return "concat_ws(chr(31), " + ", ".join(text_of(column) for column in columns) + ")"


_VALUES = _content(("v.grain", "v.starts_on::DATE", "v.value", "v.target", "v.value_raw", "v.rating", "v.rating_raw", "v.note"))
# Sorts by time, whichever of the two it is.
_STRETCH = "CASE WHEN line_is = 'year' THEN lpad(fiscal_year::VARCHAR, 4, '0') ELSE concat(starts_on::DATE, ' ', grain) END"


def _about(table: str) -> str:
    return _content(tuple(f"{table}.{name}" for name in _ABOUT))


def _stretch_of(values: str, told: str) -> str:
    """One row per measure and stretch with the hash of its values and, for its latest one, of what the measure is."""
    return f"""SELECT v.source_name, v.department_slug, v.activity, v.measure, v.stretch,
            md5(concat(string_agg({_VALUES}, chr(30) ORDER BY v.grain, v.starts_on),
                any_value(CASE WHEN v.stretch = t.last_stretch THEN {_about("t")} ELSE '' END))) AS content
        FROM {values} v JOIN {told} t ON {_same("v", "t")} GROUP BY ALL"""


_HELD_IDENTITY = "m.source_name, d.slug AS department_slug, m.activity, m.name AS measure"
_HELD_FROM = """FROM previous.measure m JOIN previous.department d ON d.id = m.department_id
    JOIN previous.measure_value w ON w.measure_id = m.id"""
_HELD_STRETCH = _stretch_of(
    f"(SELECT {_HELD_IDENTITY}, w.*, {_STRETCH} AS stretch {_HELD_FROM})",
    f"""(SELECT {_HELD_IDENTITY}, {", ".join(f"any_value({name}) AS {name}" for name in _ABOUT if name != "line_is")}, any_value(m.line_is) AS line_is,
        max({_STRETCH}) AS last_stretch {_HELD_FROM} GROUP BY ALL)""",
)
_NOTHING_HELD = f"SELECT {_IDENTITY}, stretch, NULL::VARCHAR AS content FROM measure_said WHERE false"
_PLACE = "n.source_name, n.department_slug, n.activity, n.measure, n.stretch"
_LINES = f"""CREATE TABLE measure_line AS
    SELECT n.*, h.content IS NULL AS is_new, h.content IS NOT DISTINCT FROM s.content AS is_held,
        row_number() OVER (PARTITION BY {_PLACE} ORDER BY n.line) AS place,
        row_number() OVER (PARTITION BY {_PLACE}, n.content ORDER BY n.line) AS repeat
    FROM (
        SELECT source_name, department_slug, activity, measure, stretch, line,
            md5(concat(string_agg({_VALUES}, chr(30) ORDER BY v.grain, v.starts_on), any_value({_about("v")}))) AS content
        FROM measure_staged v GROUP BY ALL) n
    JOIN said_stretch s ON {_same("s", "n")} AND s.stretch = n.stretch
    LEFT JOIN held_stretch h ON {_same("h", "n")} AND h.stretch = n.stretch"""
_ACCOUNT = """SELECT source_name, count(*) FILTER (is_new AND place = 1), count(*) FILTER (NOT is_held AND repeat = 1 AND NOT (is_new AND place = 1)),
        count(*) FILTER (is_held OR repeat > 1)
    FROM measure_line GROUP BY 1"""
_CONTRADICTING = """SELECT source_name, count(*), min(concat_ws(' / ', department_slug, activity, measure, stretch))
    FROM measure_line WHERE place > 1 AND repeat = 1 GROUP BY 1"""
_GONE = f"""SELECT source_name, count(*) FROM held_stretch h WHERE source_name IN (SELECT unnest(?::VARCHAR[]))
    AND NOT EXISTS (FROM said_stretch n WHERE {_same("h", "n")} AND n.stretch = h.stretch) GROUP BY 1"""
