"""Tables of names for other tools: departments, services, areas, definitions, and figures that are not cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlalchemy import select

from data_access.giving.tables import Column, Given
from data_access.mart import schema
from data_access.mart.dimensions import Dimension
from metrics.definitions import REGISTRY
from metrics.select import Asked

AREA = "Id of an area, as addresses of Statroom name it."

OF_MEASURE = ("slug", "name", "activity", "measure_kind", "unit", "unit_label", "direction", "definition")
OF_VALUE = ("grain", "starts_on", "fiscal_year", "quarter", "value", "target", "rating", "note")


def name_tables(asked: Asked) -> list[Given]:
    """All of them, cut to what the viewer may see."""
    return [departments(asked), request_types(asked), areas(asked), measures(asked), definitions()]


def of_mart(table: Any, name: str, kind: Any, called: str = "", unit: str = "") -> Column:
    """A column that the mart has too, in the mart's own words."""
    return Column(called or name, kind, sentence(table.c[name].comment or ""), unit)


def sentence(text: str) -> str:
    """`text` as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!")) else ".")


def once(name: str, meaning: str, columns: tuple[Column, ...], rows: list[dict[str, Any]], key: tuple[str, ...]) -> Given:
    """A table whose few rows are at hand."""
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return Given(name, meaning, columns, lambda: iter([frame]), len(frame), key)


def visible_departments(asked: Asked) -> Dimension:
    """The departments whose cases the viewer may see; their names alone are no secret to staff, but others' are no use to them."""
    every, open_to = asked.mart.dimensions.departments, asked.scope.departments
    if open_to is None:
        return every
    ids = asked.mart.dimensions.department_ids(open_to)
    return Dimension([one for one in every if one.id in ids])


def departments(asked: Asked) -> Given:
    every = asked.mart.dimensions.departments.by_id
    columns = (
        Column("department_id", "text", "Id of the department, as addresses of Statroom name it."),
        Column("department", "text", "Its name."),
        Column("part_of_id", "text", "Of a division, the id of what it belongs to; empty for a department."),
        Column("part_of", "text", "Its name."),
        Column(
            "on_time_target", "number", "The share of cases it should close by their deadline; empty where none is set.", "share 0 to 1"
        ),
    )
    rows = []
    for one in visible_departments(asked):
        above = every.get(int(one.extra["parent_id"])) if one.extra.get("parent_id") else None
        of = (above.slug, above.name) if above else (None, None)
        rows.append(
            {
                "department_id": one.slug,
                "department": one.name,
                "part_of_id": of[0],
                "part_of": of[1],
                "on_time_target": one.extra.get("on_time_target"),
            }
        )
    return once("departments", "Departments and their divisions.", columns, rows, ("department_id",))


def request_types(asked: Asked) -> Given:
    dimensions = asked.mart.dimensions
    groups, owners = dimensions.request_groups.by_id, dimensions.departments.by_id
    columns = (
        Column("request_type_id", "text", "Id of the request type, as addresses of Statroom name it."),
        Column("request_type", "text", "Its name."),
        Column("request_group", "text", "The group most of its cases belong to."),
        Column("department", "text", "The department that has most of its cases."),
        Column("release_class", "text", "A: residents see its figures; B: fixed tables only; C: withheld from residents."),
    )
    # Those of its cases alone: the kinds of complaint of a programme told in totals are in its totals, and others' are no use to a department.
    records = asked.mart.case_records(asked.scope)
    seen = set(asked.mart.read(select(records.c.request_type_id).distinct(), asked.scope)["request_type_id"])
    rows = []
    for one in (one for one in dimensions.request_types if one.id in seen):
        group, owner = groups.get(one.extra["request_group_id"]), owners.get(one.extra["department_id"])
        rows.append({
            "request_type_id": one.slug, "request_type": one.name, "request_group": group.name if group else None,
            "department": owner.name if owner else None, "release_class": one.extra["release_class"],
        })  # fmt: skip
    return once(
        "request_types",
        "Request types, with the group and the department most of their cases belong to.",
        columns,
        rows,
        ("request_type_id",),
    )


def areas(asked: Asked) -> Given:
    columns = (
        Column("area_layer", "text", "Which kind of area: the id of its layer."), Column("area_id", "text", AREA), Column("area", "text", "Its name."),
        Column("within_id", "text", "Id of the area of the layer above that it lies in."),
        of_mart(schema.area, "population", "whole", unit="people"), of_mart(schema.area, "median_income", "number", unit="currency a year"),
        Column("geometry", "text", "Its outline as GeoJSON, WGS84; empty where it is known by name only."),
    )  # fmt: skip
    rows = [
        {
            "area_layer": layer.slug, "area_id": one.slug, "area": one.name, "within_id": one.extra.get("parent_slug"), "population": one.extra.get("population"),
            "median_income": one.extra.get("median_income"), "geometry": one.extra.get("geometry"),
        }
        for layer in layers(asked) for one in asked.mart.dimensions.areas(layer.slug)
    ]  # fmt: skip
    return once("areas", "Areas that cases lie in, with their outlines.", columns, rows, ("area_layer", "area_id"))


def layers(asked: Asked) -> list[Any]:
    """The layers of areas that cases lie in, in the city's order."""
    return sorted((layer for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)


def measures(asked: Asked) -> Given:
    """Figures that are not cases, with their values and targets."""
    columns = (
        Column("measure_id", "text", "Id of the figure, unique in its department."), of_mart(schema.measure, "name", "text", "measure"),
        of_mart(schema.measure, "activity", "text"), Column("department_id", "text", "Id of the department."), Column("department", "text", "Its name."),
        *(of_mart(schema.measure, name, "text") for name in OF_MEASURE[3:]),
        of_mart(schema.measure_value, "grain", "text"), of_mart(schema.measure_value, "starts_on", "day"),
        of_mart(schema.measure_value, "fiscal_year", "whole"), of_mart(schema.measure_value, "quarter", "whole"),
        of_mart(schema.measure_value, "value", "number"), of_mart(schema.measure_value, "target", "number"),
        of_mart(schema.measure_value, "rating", "text"), of_mart(schema.measure_value, "note", "text"),
    )  # fmt: skip

    def rows() -> Iterator[pd.DataFrame]:
        names, values = asked.mart.measures(asked.scope), asked.mart.measure_values(asked.scope)
        told = [names.c[name] for name in ("department_id", *OF_MEASURE)]
        figures = [values.c[name] for name in OF_VALUE]
        statement = select(*told, *figures).join(values, values.c.measure_id == names.c.id)
        frame = asked.mart.read(statement.order_by(names.c.id, values.c.starts_on), asked.scope)
        known = asked.mart.dimensions.departments.by_id
        owners = [known.get(int(number)) for number in frame["department_id"]]
        yield frame.rename(columns={"slug": "measure_id", "name": "measure"}).assign(
            department_id=[one.slug if one else None for one in owners], department=[one.name if one else None for one in owners]
        )

    return Given("measures", "Figures that are not cases, period by period, with their targets.", columns, rows, None, ())


def definitions() -> Given:
    columns = (
        Column("metric", "text", "Id of the figure."), Column("label", "text", "Its name."), Column("unit", "text", "What its values are in."),
        Column("direction", "text", "Whether higher, lower or neither is better."), Column("meaning", "text", "What it counts."),
        Column("formula", "text", "How."), Column("caveat", "text", "What to bear in mind."), Column("source", "text", "Where the definition comes from."),
        Column("definition_version", "whole", "A changed definition has a new one."),
    )  # fmt: skip
    told = ("label", "unit", "direction", "meaning", "formula", "caveat", "source")
    rows = [
        {"metric": one.id, **{name: getattr(one, name) for name in told}, "definition_version": one.version} for one in REGISTRY.values()
    ]
    return once("metrics", "Every figure of this product with its definition.", columns, rows, ("metric",))
