"""`/data/...`: the released tables as files, their dictionary, all of it as a data package, and the areas as GeoJSON. Of the public process only."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from api.asking import context
from api.errors import NotThere, NotYet
from api.files import file_of, kept_fresh
from components import data_package, geojson, open_data
from components.language import _
from metrics.definitions import DEFINITIONS_VERSION
from metrics.desk import Desk
from metrics.open_data import TABLES, released
from metrics.select import Asked


def blueprint(desk: Desk) -> Blueprint:
    """All files, answered by `desk`."""
    made = Blueprint("open_data", __name__, url_prefix="/data")

    @made.get("/<table_id>.<any(csv, parquet):form>")
    def table(table_id: str, form: str) -> Response:
        if table_id not in TABLES:
            raise NotThere("There is no such table; /data lists those there are.")
        asked = _ready(desk) if TABLES[table_id].figures else desk.ask({})
        return kept_fresh(
            desk, asked, lambda: file_of(released(TABLES[table_id], asked), form, f"{table_id}-{_day(asked)}", _facts(desk, asked))
        )

    @made.get("/dictionary.csv")
    def dictionary() -> Response:
        asked = desk.ask({})
        return kept_fresh(desk, asked, lambda: file_of(open_data.whole_dictionary(), "csv", "dictionary", _facts(desk, asked)))

    @made.get(f"/{data_package.DESCRIPTOR}")
    def package() -> Response:
        asked = _ready(desk)
        return kept_fresh(desk, asked, lambda: jsonify(data_package.descriptor(desk.city, asked)))

    @made.get(f"/{data_package.ZIP}")
    def everything() -> Response:
        asked = _ready(desk)
        return kept_fresh(desk, asked, lambda: _zip(desk, asked))

    @made.get("/areas.geojson")
    def areas() -> Response:
        asked = desk.ask({})
        return kept_fresh(desk, asked, lambda: _geojson(desk, asked))

    return made


def _ready(desk: Desk) -> Asked:
    """The question of everything, once its tables are made.

    Raises:
        NotYet: they are being made.
    """
    asked = desk.ask({})
    if not open_data.are_ready(asked):
        raise NotYet(_("The tables of the latest data are being made; ask again in a minute."))
    return asked


def _zip(desk: Desk, asked: Asked) -> Response:
    answer = Response(data_package.zipped(desk.city, asked), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{desk.city.facts.id}-open-data-{_day(asked)}.zip"'
    answer.headers["X-Statroom-As-Of"] = _facts(desk, asked)["as_of"]
    return answer


def _day(asked: Asked) -> str:
    return asked.mart.as_of.date().isoformat()


def _facts(desk: Desk, asked: Asked) -> dict[str, Any]:
    facts = desk.city.file.portal
    told = context(asked)
    about = {"as_of": told["as_of"], "load_id": told["load_id"], "definition_version": DEFINITIONS_VERSION, "city": desk.city.name}
    return {**about, **({"licence": facts.licence} if facts.licence else {})}


def _geojson(desk: Desk, asked: Asked) -> Response:
    """All released layers in one collection; areas known by name only have no geometry."""
    features = []
    for row in released(TABLES["areas"], asked).drop(columns="as_of").to_dict("records"):
        outline = asked.mart.dimensions.areas(row["area_layer"]).by_slug[row["area"]].extra.get("geometry")
        features.append(geojson.feature(f"{row['area_layer']}/{row['area']}", geojson.outline(outline), row))
    answer = Response(geojson.collection(features, **_facts(desk, asked)), content_type=geojson.TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="areas-{_day(asked)}.geojson"'
    answer.headers["X-Statroom-As-Of"] = _facts(desk, asked)["as_of"]
    return answer
