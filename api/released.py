"""`/api/v1/released` of the public process: the released cells of sensitive services, as they were published."""

from __future__ import annotations

from flask import Response, jsonify

from api.asking import context, parameters
from api.files import file_of
from components import files
from metrics.released_tables import cells_to_take, releases_to_take
from metrics.select import Asked


def answer(asked: Asked, form: str) -> Response:
    """All releases and their cells, or with `release` those of one.

    Raises:
        BadQuestion: nothing was released under that name.
    """
    release = parameters().get("release") or None
    cells, told = cells_to_take(asked, release), context(asked)
    facts = {"as_of": told["as_of"], "load_id": told["load_id"]}
    if form != "json":
        return file_of(cells.assign(as_of=facts["as_of"]), form, f"released-{facts['as_of'][:10]}", facts)
    found = releases_to_take(asked)
    if release is not None:
        found = found[found["release"] == release]
    return jsonify({**facts, "releases": files.json_rows(found), "rows": files.json_rows(cells)})
