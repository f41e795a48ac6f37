"""What residents may see of figures that are not cases: the measures the city names, without what people wrote beside them."""

from __future__ import annotations

from data_access.city import City
from data_access.mart import schema
from data_access.mart.staging import Stage

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
