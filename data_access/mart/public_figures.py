"""What residents may see of figures that are not cases: the measures the city names, without what people wrote beside them."""

from __future__ import annotations

from data_access.city import City
from data_access.mart import schema
from data_access.mart.staging import Stage

_DAYS = ("offered", "answered", "abandoned", "abandoned_short", "answered_in_time", "wait_seconds", "resolved_first", "resolution_known")
"""What residents are told of a day's contacts; how people worked is not theirs."""
_NOT_TOLD = {"measure": ("source_name", "line_is"), "measure_value": ("value_raw", "rating_raw", "note")}
"""Columns that are null in the public file: how the city works inside, and texts nobody wrote for residents."""


def release_figures(stage: Stage, city: City) -> None:
    """Fill the public mart's measures from the attached staff mart. A name of `[release] measures` that no measure has is noted among the findings."""
    run = stage.connection.execute
    wanted = city.file.release.measures
    named = [] if isinstance(wanted, bool) else list(wanted)
    run(
        "CREATE TEMP TABLE released_measure AS SELECT id FROM staff.measure WHERE $all OR list_contains($named, name)",
        {"all": wanted is True, "named": named},
    )
    for table, key in ((schema.measure, "id"), (schema.measure_value, "measure_id")):
        nothing = ", ".join(f"NULL AS {column}" for column in _NOT_TOLD[table.name])
        run(
            f"INSERT INTO public_mart.{table.name} SELECT * REPLACE ({nothing}) FROM staff.{table.name} WHERE {key} IN (FROM released_measure)"
        )
    run("DROP TABLE released_measure")
    known = {name for (name,) in run("SELECT DISTINCT name FROM staff.measure").fetchall()}
    for name in (name for name in named if name not in known):
        run(
            """INSERT INTO staff.quality_issue SELECT max(id), arg_max(source_name, id), 'unknown_released_measure', 'release', ?, 0, NULL FROM staff.load""",
            [name],
        )


def release_contacts(stage: Stage, city: City) -> None:
    """Fill the public mart's contacts, if the city releases them: whole days of each queue, without hours and languages."""
    if not city.file.release.contacts:
        return
    sums = ", ".join(f"CASE WHEN count({name}) = count(*) THEN sum({name}) END AS {name}" for name in _DAYS)
    stage.connection.execute(
        f"""INSERT INTO public_mart.contact_interval BY NAME SELECT department_id, queue, min(starts_at) AS starts_at, starts_on, any_value(weekday) AS weekday, {sums},
            max(short_seconds) AS short_seconds, max(threshold_seconds) AS threshold_seconds
        FROM staff.contact_interval GROUP BY department_id, queue, starts_on ORDER BY starts_on, queue"""
    )
