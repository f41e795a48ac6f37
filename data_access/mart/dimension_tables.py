"""The dimension tables of the next generation: labels get numbers that stay the same over loads."""

from __future__ import annotations

import pandas as pd

from data_access import areas
from data_access.city import City
from data_access.mart.staging import Stage
from data_access.slugs import slug


def make_dimensions(stage: Stage, city: City) -> None:
    """Make tables `dim_*` (rows of the mart's dimension tables) and `map_*` (label -> id) in the stage."""
    _programmes(stage, city)
    _number(stage, "department", _departments(stage, city), ["parent_slug", "on_time_target"])
    stage.connection.execute(
        """CREATE OR REPLACE TABLE dim_department AS SELECT d.id, d.slug, d.name, p.id AS parent_id, d.on_time_target
        FROM dim_department d LEFT JOIN dim_department p ON p.slug = d.parent_slug"""
    )
    for name in ("request_group", "request_type"):
        found = pd.DataFrame({"label": [*_kept_names(stage, name), *_labels(stage, f"{name} FROM changed")]}, dtype="str")
        _number(stage, name, found.assign(slug=found["label"].map(slug), name=found["label"]), [])
    stage.frame("release", pd.DataFrame(
        [(name, city.release_class(name)) for (name,) in stage.connection.execute("SELECT name FROM dim_request_type").fetchall()],
        columns=["name", "release_class"], dtype="str",
    ))  # fmt: skip
    _areas(stage, city)


PROGRAMME_FACTS = ("kind", "about", "case_word", "cases_word", "privacy", "is_main")


def _programmes(stage: Stage, city: City) -> None:
    """`dim_programme`, and `dim_stage` with the words of the sources for stages in `map_stage` (programme, label -> stage)."""
    rows = [(p.id, p.name, p.kind, p.about, p.case, p.cases, p.privacy, str(p.id in city.main_programmes), p.id) for p in city.programmes]
    _number(stage, "programme", pd.DataFrame(rows, columns=["slug", "name", *PROGRAMME_FACTS, "label"]), list(PROGRAMME_FACTS))
    stages = pd.DataFrame(
        [
            (f"{p.id}.{s.id}", s.name, p.id, str(at), None if s.amount is None else str(s.amount), s.unit, str(s.waits), str(s.ends), s.id)
            for p in city.programmes
            for at, s in enumerate(p.stage, start=1)
        ],
        columns=["slug", "name", *STAGE_FACTS, "label"],
        dtype="str",
    )
    _number(stage, "stage", stages, list(STAGE_FACTS))
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
    stage.frame("map_stage", pd.DataFrame(meant, columns=["programme", "label", "slug"], dtype="str"))


STAGE_FACTS = ("programme", "position", "amount", "unit", "waits", "ends")


def _labels(stage: Stage, what: str) -> list[str]:
    """The labels there are; of the spellings of one name the commonest comes first, and is the one that is shown."""
    rows = stage.connection.execute(f"SELECT label FROM (SELECT {what}) t(label) GROUP BY 1 ORDER BY count(*) DESC, 1").fetchall()
    return [label for (label,) in rows if label is not None]


def _kept_names(stage: Stage, table: str) -> list[str]:
    """The names that cases which stay as they are know their members by: a load of a few cases renames nothing."""
    return [] if stage.rebuild else _held(stage, f"SELECT id, slug, name FROM previous.{table} ORDER BY id")["name"].tolist()


def _departments(stage: Stage, city: City) -> pd.DataFrame:
    rows = [(d.id, d.name, d.parent, d.on_time_target, d.name) for d in city.departments]
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
            rows.append((slug(label), label, None, None, label))
        else:
            rows.append((known.id, known.name, known.parent, known.on_time_target, label))
    # One without a target of its own has none here: the city's may be another one every day, as it is agreed.
    return pd.DataFrame(rows, columns=["slug", "name", "parent_slug", "on_time_target", "label"]).astype({"on_time_target": "float64"})


def _number(stage: Stage, name: str, frame: pd.DataFrame, extra: list[str]) -> None:
    """Give each slug its old number or the next free one; write `dim_<name>` and `map_<name>`."""
    held = _held(stage, f"SELECT id, slug, name FROM previous.{name}")
    numbers = _numbered(held, frame)
    unique = frame.drop_duplicates("slug")
    gone = held[~held["slug"].isin(unique["slug"])]
    rows = pd.concat([unique[["slug", "name", *extra]], gone[["slug", "name"]]], ignore_index=True)
    rows.insert(0, "id", rows["slug"].map(numbers).astype("int64"))
    for column in extra:
        if column not in rows.columns:
            rows[column] = None
    kinds = {column: ("float64" if column == "on_time_target" else "str") for column in extra}
    stage.frame(f"dim_{name}", rows.astype({"slug": "str", "name": "str", **kinds}))
    mapping = pd.DataFrame({"label": frame["label"].astype("str"), "id": frame["slug"].map(numbers).astype("int64")})
    stage.frame(f"map_{name}", mapping.drop_duplicates("label"))


def _numbered(held: pd.DataFrame, frame: pd.DataFrame) -> dict[str, int]:
    """slug -> its old number, or the next free one."""
    numbers = dict(zip(held["slug"], held["id"], strict=True))
    free = max(numbers.values(), default=0) + 1
    for key in frame["slug"].drop_duplicates():
        if key not in numbers:
            numbers[key], free = free, free + 1
    return numbers


def _held(stage: Stage, query: str) -> pd.DataFrame:
    """`query` (id, slug, name) asked of the previous generation."""
    if stage.previous is None:
        return pd.DataFrame({"id": pd.Series(dtype="int64"), "slug": pd.Series(dtype="str"), "name": pd.Series(dtype="str")})
    return stage.connection.execute(query).df()


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
        named = pd.DataFrame({"label": list(by_name), "id": [numbers[key] for key in by_name.values()]})
        stage.frame(f"map_area_{slot}", named.astype({"label": "str", "id": "int64"}))
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
    columns = ["layer_id", "id", "slug", "name", "parent_slug", "population", "median_income", "geometry"]
    empty = pd.DataFrame(columns=columns)
    frame = pd.concat([empty, *tables], ignore_index=True)[columns]
    kinds = dict.fromkeys(columns, "str") | {"id": "int64", "population": "float64", "median_income": "float64"}
    stage.frame("dim_area", frame.astype(kinds))
    stage.frame("dim_area_layer", pd.DataFrame(layers, columns=["slot", "id", "name", "plural", "is_context"]).astype(
        {"slot": "int64", "id": "str", "name": "str", "plural": "str", "is_context": "bool"}))  # fmt: skip


def _numbered_areas(stage: Stage, layer_id: str, frame: pd.DataFrame) -> pd.DataFrame:
    held = _held(stage, f"SELECT id, slug, name FROM previous.area WHERE layer_id = '{layer_id}'")
    numbers = _numbered(held, frame)
    gone = held.loc[~held["slug"].isin(frame["slug"]), ["slug", "name"]]
    rows = pd.concat([frame, gone], ignore_index=True)
    return rows.assign(id=rows["slug"].map(numbers), layer_id=layer_id)
