"""The dimension tables of the next generation: labels get numbers that stay the same over loads."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from data_access import areas
from data_access.city import City
from data_access.mart.staging import Stage
from data_access.slugs import slug

Row = dict[str, object]


def make_dimensions(stage: Stage, city: City) -> None:
    """Make tables `dim_*` (rows of the mart's dimension tables) and `map_*` (label -> id) in the stage."""
    _programmes(stage, city)
    _number(stage, "department", _departments(stage, city), {"parent_slug": "text", "on_time_target": "number"})
    stage.connection.execute(
        """CREATE OR REPLACE TABLE dim_department AS SELECT d.id, d.slug, d.name, p.id AS parent_id, d.on_time_target
        FROM dim_department d LEFT JOIN dim_department p ON p.slug = d.parent_slug"""
    )
    for name in ("request_group", "request_type"):
        found = [*_kept_names(stage, name), *_labels(stage, f"{name} FROM changed")]
        _number(stage, name, [{"slug": slug(label), "name": label, "label": label} for label in found], {})
    types = stage.connection.execute("SELECT name FROM dim_request_type").fetchall()
    stage.rows("release", {"name": "text", "release_class": "text"}, [(name, city.release_class(name)) for (name,) in types])
    _areas(stage, city)


PROGRAMME_FACTS = ("kind", "about", "case_word", "cases_word", "privacy", "is_main")


def _programmes(stage: Stage, city: City) -> None:
    """`dim_programme`, and `dim_stage` with the words of the sources for stages in `map_stage` (programme, label -> stage)."""
    programmes: list[Row] = [
        {
            "slug": p.id, "name": p.name, "kind": p.kind, "about": p.about, "case_word": p.case, "cases_word": p.cases, "privacy": p.privacy,
            "is_main": str(p.id in city.main_programmes), "label": p.id,
        }
        for p in city.programmes
    ]  # fmt: skip
    _number(stage, "programme", programmes, dict.fromkeys(PROGRAMME_FACTS, "text"))
    stages: list[Row] = [
        {
            "slug": f"{p.id}.{s.id}", "name": s.name, "programme": p.id, "position": str(at),
            "amount": None if s.amount is None else str(s.amount), "unit": s.unit, "waits": str(s.waits), "ends": str(s.ends), "label": s.id,
        }
        for p in city.programmes
        for at, s in enumerate(p.stage, start=1)
    ]  # fmt: skip
    _number(stage, "stage", stages, dict.fromkeys(STAGE_FACTS, "text"))
    said = stage.connection.execute(
        """SELECT DISTINCT programme, to_value AS label FROM stage_event WHERE event_kind = 'stage' AND to_value IS NOT NULL
        UNION SELECT DISTINCT programme, stage FROM changed WHERE stage IS NOT NULL"""
    ).fetchall()
    known = {p.id: p for p in city.programmes}
    meant = [
        (name, word, None if (found := known[name].stage_of(word)) is None else f"{name}.{found.id}")
        for name, word in said
        if name in known
    ]
    stage.rows("map_stage", dict.fromkeys(("programme", "label", "slug"), "text"), meant)


STAGE_FACTS = ("programme", "position", "amount", "unit", "waits", "ends")


def _labels(stage: Stage, what: str) -> list[str]:
    """The labels there are; of the spellings of one name the commonest comes first, and is the one that is shown."""
    rows = stage.connection.execute(f"SELECT label FROM (SELECT {what}) t(label) GROUP BY 1 ORDER BY count(*) DESC, 1").fetchall()
    return [label for (label,) in rows if label is not None]


def _kept_names(stage: Stage, table: str) -> list[str]:
    """The names that cases which stay as they are know their members by: a load of a few cases renames nothing."""
    return [] if stage.rebuild else [name for _, _, name in _held(stage, f"SELECT id, slug, name FROM previous.{table} ORDER BY id")]


def _departments(stage: Stage, city: City) -> list[Row]:
    def row(key: str, name: str, parent: str | None, target: float | None, label: str) -> Row:
        return {"slug": key, "name": name, "parent_slug": parent, "on_time_target": target, "label": label}

    rows = [row(d.id, d.name, d.parent, d.on_time_target, d.name) for d in city.departments]
    named = [
        *_kept_names(stage, "department"),
        *_labels(stage, "department FROM changed"),
        *_labels(stage, "unnest([from_value, to_value]) FROM stage_event WHERE event_kind = 'transferred'"),
        *_labels(stage, "department FROM stage_measure"),
        *_labels(stage, "department FROM stage_contact"),
    ]
    for label in dict.fromkeys(named):
        known = city.department_of(label)
        if known is None:
            # One without a target of its own has none here: the city's may be another one every day, as it is agreed.
            rows.append(row(slug(label), label, None, None, label))
        else:
            rows.append(row(known.id, known.name, known.parent, known.on_time_target, label))
    return rows


def _number(stage: Stage, name: str, rows: list[Row], extra: dict[str, str]) -> None:
    """Give each slug its old number or the next free one; write `dim_<name>` and `map_<name>`.

    Plain rows: they are few, and frames of them took most of the time of a small load.

    Args:
        rows: slug, name, label and the columns `extra`; the first of a slug gives its facts, the first of a label its number.
        extra: further columns of `dim_<name>`, with their kind; null for members that are there no more.
    """
    held = _held(stage, f"SELECT id, slug, name FROM previous.{name}")
    numbers = _numbered(held, [str(row["slug"]) for row in rows])
    first: dict[object, Row] = {}
    labels: dict[object, int] = {}
    for row in rows:
        first.setdefault(row["slug"], row)
        labels.setdefault(row["label"], numbers[str(row["slug"])])
    first |= {key: {"slug": key, "name": called} for _, key, called in held if key not in first}
    columns = {"id": "integer", "slug": "text", "name": "text", **extra}
    made = [(numbers[str(key)], *(row.get(column) for column in list(columns)[1:])) for key, row in first.items()]
    stage.rows(f"dim_{name}", columns, made)
    stage.rows(f"map_{name}", {"label": "text", "id": "integer"}, list(labels.items()))


def _numbered(held: list[tuple[int, str, str]], slugs: Iterable[str]) -> dict[str, int]:
    """slug -> its old number, or the next free one."""
    numbers = {key: number for number, key, _ in held}
    free = max(numbers.values(), default=0) + 1
    for key in slugs:
        if key not in numbers:
            numbers[key], free = free, free + 1
    return numbers


def _held(stage: Stage, query: str) -> list[tuple[int, str, str]]:
    """`query` (id, slug, name) asked of the previous generation."""
    return [] if stage.previous is None else stage.connection.execute(query).fetchall()


def _areas(stage: Stage, city: City) -> None:
    """Make `dim_area`, `dim_area_layer`, and per slot `map_area_n` (label -> id) and `point_area_n` (point -> id)."""
    points = stage.connection.execute(
        "SELECT DISTINCT latitude, longitude FROM changed WHERE latitude IS NOT NULL AND longitude IS NOT NULL"
    ).df()
    tables, layers = [], []
    for slot, layer in enumerate(city.area_layers, start=1):
        polygons = areas.read_layer(city, layer) if layer.file else None
        labels = _labels(stage, f"area_{slot} FROM changed")
        by_name = areas.names_to_slugs(layer, polygons, labels) if layer.assign == "name" or polygons is None else {}
        if polygons is not None:
            frame = pd.DataFrame(polygons.drop(columns="geometry")).assign(geometry=areas.drawn(polygons))
        else:
            first = {key: label for label, key in reversed(by_name.items())}
            frame = pd.DataFrame({"slug": list(first), "name": list(first.values())}, dtype="str")
        frame = _numbered_areas(stage, layer.id, frame)
        numbers = dict(zip(frame["slug"], frame["id"], strict=True))
        tables.append(frame)
        layers.append((slot, layer.id, layer.name, layer.plural, False))
        named = [(label, int(numbers[key])) for label, key in by_name.items()]
        stage.rows(f"map_area_{slot}", {"label": "text", "id": "integer"}, named)
        inside = points
        if layer.assign == "polygon" and polygons is not None and len(points):
            inside = points.assign(id=areas.locate(points, polygons).map(numbers))
        else:
            inside = points.assign(id=None)
        stage.frame(f"point_area_{slot}", inside.assign(id=inside["id"].astype("float64").fillna(0).astype("int64")))
    for layer in city.context_layers:
        shapes = areas.read_layer(city, layer)
        frame = pd.DataFrame({"slug": shapes["slug"], "name": shapes["name"], "geometry": areas.drawn(shapes)})
        tables.append(frame.assign(id=range(1, len(frame) + 1), layer_id=layer.id))
        layers.append((0, layer.id, layer.name, layer.plural, True))
    stage.rows("dim_area_layer", {"slot": "integer", "id": "text", "name": "text", "plural": "text", "is_context": "flag"}, layers)
    columns = {
        "layer_id": "text", "id": "integer", "slug": "text", "name": "text", "parent_slug": "text",
        "population": "number", "median_income": "number", "geometry": "text",
    }  # fmt: skip
    stage.rows("dim_area", columns, [])
    if tables:
        frame = pd.concat([pd.DataFrame(columns=list(columns)), *tables], ignore_index=True)[list(columns)]
        stage.frame(
            "dim_area",
            frame.astype({name: {"text": "str", "integer": "int64", "number": "float64"}[kind] for name, kind in columns.items()}),
        )


def _numbered_areas(stage: Stage, layer_id: str, frame: pd.DataFrame) -> pd.DataFrame:
    held = _held(stage, f"SELECT id, slug, name FROM previous.area WHERE layer_id = '{layer_id}'")
    numbers = _numbered(held, frame["slug"])
    there = set(frame["slug"])
    gone = pd.DataFrame([(key, name) for _, key, name in held if key not in there], columns=["slug", "name"], dtype="str")
    rows = pd.concat([frame, gone], ignore_index=True)
    return rows.assign(id=rows["slug"].map(numbers), layer_id=layer_id)
