"""`/api/v1/programmes/<programme>/totals`: what is told of a programme in totals, the same to everybody."""

from __future__ import annotations

from flask import Response, jsonify

from api.asking import context, parameters
from api.errors import NotThere
from api.files import file_of
from components import files
from metrics import programme_totals
from metrics.select import Asked


def answer(asked: Asked, programme: str, form: str) -> Response:
    """Every published number of a programme, or with `counted` those of one period.

    Raises:
        NotThere: there is no such programme, or none that is told of in totals.
        BadQuestion: nothing is published of that period.
    """
    if programme not in {one.slug for one in programme_totals.programmes(asked.mart, asked.scope)}:
        raise NotThere(f"There are no totals of a programme called '{programme[:60]}'.")
    rows, told = programme_totals.to_take(asked, programme, parameters().get("counted", "")), context(asked)
    facts = {"as_of": told["as_of"], "load_id": told["load_id"]}
    if form != "json":
        return file_of(rows.assign(as_of=facts["as_of"]), form, f"programme-{programme}-{facts['as_of'][:10]}", facts)
    return jsonify({**facts, "programme": programme, "rows": files.json_rows(rows)})
