"""`/api/v1/programmes` and `/api/v1/programmes/<id>/stages`: programmes side by side, and how cases go through the stages of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from flask import Response, jsonify

from api.asking import asked_of, context, parameters
from api.errors import NotThere
from api.files import file_of
from components import files
from metrics.desk import Desk
from metrics.outcomes import overview
from metrics.question import visible_programmes
from metrics.select import Asked
from metrics.stages import cohort, funnel, times, whole

WEEKS = "52"
OF_STAYS = {"n": "stays", "left": "stays_over", "median": "median_days", "p90": "p90_days", "lower_bound": "longest_days", "due": "stays_due", "met": "stays_on_time", "open": "stays_now"}  # fmt: skip
"""Columns of `metrics.stages.times` -> what they are called here, beside those that count cases."""


def asked_for(desk: Desk, programme: str = "") -> Asked:
    """The present request's question, of the last 52 weeks where it names no period; about one programme, or all of them.

    Raises:
        NotThere: there is no such programme.
        BadQuestion: of that programme there are totals only.
    """
    if programme and programme not in visible_programmes(desk.ask({}).scope, desk.mart()):
        raise NotThere(f"There is no programme called '{programme[:60]}'; /api/v1/programmes lists those there are.")
    weeks = {} if {"from", "to", "weeks"} & set(parameters()) else {"weeks": WEEKS}
    return asked_of(desk, programme=programme or "all", **weeks)


def programmes(asked: Asked, form: str) -> Response:
    """Every programme with its figures; null where only totals are told."""
    known = asked.mart.dimensions.programmes.by_slug
    frame = overview(asked)
    rows = frame.assign(
        case_word=[known[key].extra["case_word"] for key in frame["key"]], cases_word=[known[key].extra["cases_word"] for key in frame["key"]],
        stages=[sum(stage.extra["programme_id"] == known[key].id for stage in asked.mart.dimensions.stages) for key in frame["key"]],
    )  # fmt: skip
    return _answered(rows, asked, form, "programmes", {})


def stages(asked: Asked, programme: str, form: str) -> Response:
    """The stages of a programme in their order: how many cases came to each and stand there, how long it takes, and whether its promise is kept."""
    taken = times(asked)[["key", *OF_STAYS, "on_time"]].rename(columns={**OF_STAYS, "on_time": "on_time"})
    frame = funnel(asked).rename(columns={"amount": "promised", "unit": "promised_unit"}).merge(taken, on="key", how="left")
    frame = frame.assign(promised_unit=frame["promised_unit"].where(frame["promised"].notna(), None))
    return _answered(frame, asked, form, f"stages-{programme}", {"programme": programme, "cases": cohort(whole(asked))})


def _answered(rows: pd.DataFrame, asked: Asked, form: str, name: str, more: dict[str, Any]) -> Response:
    facts = context(asked)
    if form == "json":
        return jsonify({**facts, **more, "rows": files.json_rows(rows)})
    return file_of(rows.assign(as_of=facts["as_of"]), form, f"{name}-{facts['as_of'][:10]}", facts)


def paths(
    filters: list[Any], operation: Callable[..., Any], common: dict[str, Any], forms: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    """What OpenAPI says of these addresses, written with `api.openapi`'s own means."""
    rows = {"type": "array", "items": {"type": "object"}}
    which = {"name": "programme", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Its id."}
    others = [parameter for parameter in filters if parameter["name"] != "programme"]
    of_one = {**common, "programme": {"type": "string"}, "cases": {"type": "integer", "description": "Opened in the period."}, "rows": rows}
    made = {}
    for end, name, kind in forms:
        listed = operation(f"programmes{name}", "All programmes side by side.", others, {**common, "rows": rows}, kind)
        walked = operation(f"stages{name}", "How cases go through the stages of one programme.", [which, *others], of_one, kind)
        made |= {f"/programmes{end}": {"get": listed}, f"/programmes/{{programme}}/stages{end}": {"get": walked}}
    return made
