"""The tables that name things: programmes and their stages, departments, types, areas, streets. Part of `data_access.mart.schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Integer, MetaData, SmallInteger, String, Table

metadata = MetaData()


def column(name: str, kind: object, meaning: str, **options: object) -> Column:
    """A column with its meaning and unit."""
    return Column(name, kind, comment=meaning, **options)  # type: ignore[arg-type]


programme = Table(
    "programme", metadata,
    column("id", SmallInteger, "1, 2, ..."), column("slug", String, "in URLs"),
    column("name", String, "label"), column("kind", String, "service_request, idea, application, ..."),
    column("about", String, "one sentence for readers; may be empty"),
    column("case_word", String, "what one of its cases is called"), column("cases_word", String, "and several"),
    column("privacy", String, "open, staff or aggregate"), column("is_main", Boolean, "headline figures count its cases"),
)  # fmt: skip

stage = Table(
    "stage", metadata,
    column("id", SmallInteger, "1, 2, ..."), column("slug", String, "programme and stage, in URLs: records.received"),
    column("name", String, "label"), column("programme_id", SmallInteger, "programme.id"),
    column("position", SmallInteger, "1, 2, ... in the usual order"),
    column("amount", Double, "promised longest stay, in unit; null = none"), column("unit", String, "as in an SLA rule"),
    column("waits", Boolean, "somebody outside has to act"), column("ends", Boolean, "a case that comes here is at its end"),
)  # fmt: skip

department = Table(
    "department", metadata,
    column("id", SmallInteger, "1, 2, ...; 0 = none named"), column("slug", String, "in URLs"),
    column("name", String, "label"), column("parent_id", SmallInteger, "division's department, else null"),
    column("on_time_target", Double, "share 0-1; null = none set"),
)  # fmt: skip

request_group = Table(
    "request_group", metadata,
    column("id", SmallInteger, "1, 2, ..."), column("slug", String, "in URLs"), column("name", String, "label"),
)  # fmt: skip

request_type = Table(
    "request_type", metadata,
    column("id", SmallInteger, "1, 2, ..."), column("slug", String, "in URLs"), column("name", String, "label"),
    column("request_group_id", SmallInteger, "request_group.id of most of its cases"),
    column("department_id", SmallInteger, "department.id of most of its cases"),
    column("release_class", String, "A, B or C; C unless the city says otherwise"),
)  # fmt: skip

area_layer = Table(
    "area_layer", metadata,
    column("slot", SmallInteger, "n of column area_n_id"), column("id", String, "e.g. district; in URLs"),
    column("name", String, "label, singular"), column("plural", String, "label, plural"),
    column("is_context", Boolean, "true: drawn under maps (water, streets), holds no cases; slot is then 0"),
)  # fmt: skip

area = Table(
    "area", metadata,
    column("layer_id", String, "area_layer.id"), column("id", SmallInteger, "1, 2, ... within its layer"),
    column("slug", String, "in URLs"), column("name", String, "label"),
    column("parent_slug", String, "area of the layer above, if any"),
    column("population", Integer, "people; null = unknown"),
    column("median_income", Double, "city currency a year; null = unknown"),
    column("geometry", String, "GeoJSON geometry in WGS84, made valid; null = known by name only"),
)  # fmt: skip

street = Table(
    "street", metadata,
    column("layer_id", String, "area_layer.id"),
    column("area_slug", String, "an area of the layer that the street, or this part of it, lies in"),
    column("slug", String, "the street's name as a key"), column("name", String, "label"),
    column("first_number", Integer, "lowest house number of the part; null = numbers are not known"),
    column("last_number", Integer, "and the highest"),
)  # fmt: skip
"""Which areas a street runs through, from the city's own map or address file: never from cases."""
