"""`/api/v1/cases.geojson` of the public process, and `/api/v1/areas/<layer>.geojson`: places with what is told of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from api.asking import context, one_of, parameters, whole_number
from api.errors import NotThere
from components import geojson
from metrics import published_cases
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.open_data import WHOLE
from metrics.select import Asked

DEFAULT_CASES, MOST_CASES = 1_000, 2_000
STATES = {"": None, "open": True, "closed": False}
FIGURES = ("value", "numerator", "denominator", "n", "suppressed")


def cases(asked: Asked) -> Response:
    """Published cases at their fixed points, latest day first: those opened in the period, or ever where none is named.

    Raises:
        AccessDenied: the city publishes no single cases.
        BadQuestion: a parameter that cannot be used.
    """
    query, question = parameters(), asked.question
    names_period = bool({"from", "to", "during"} & set(query))
    chosen = published_cases.Chosen(
        first=question.start if names_period else None,
        before=question.end if names_period else None,
        is_open=one_of(query, "status", STATES),
    )
    offset, limit = whole_number(query, "offset", 0, 10**8), whole_number(query, "limit", DEFAULT_CASES, MOST_CASES)
    total = published_cases.count(asked, chosen)
    frame = published_cases.found(asked, chosen, offset, limit)
    features = [
        geojson.feature(row["case_number"], geojson.point(row.pop("longitude"), row.pop("latitude")), row)
        for row in frame.to_dict("records")
    ]
    following = f"{request.path}?{urlencode({**query, 'offset': offset + limit})}" if limit and offset + limit < total else None
    told = {**context(asked), "total": total, "offset": offset, "limit": limit, "next": following}
    if not names_period:
        told["filters"] = {name: value for name, value in told["filters"].items() if name not in ("from", "to", "during")}
    answer = Response(geojson.collection(features, **told), content_type=geojson.TYPE)
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def areas(asked: Asked, layer: str) -> Response:
    """The areas of one layer, each with one figure as `/api/v1/metrics/<metric>?by=<layer>` answers it.

    Raises:
        BadQuestion: no such metric, or a question that is not answered.
    """
    metric = REGISTRY[one_of(parameters(), "metric", {"": "opened", **{name: name for name in REGISTRY}})]
    told = {row["key"]: row for row in measure(metric.id, asked, by=layer).frame.to_dict("records")}
    none = dict.fromkeys(FIGURES) | {"n": 0, "suppressed": False} | ({"value": 0} if metric.unit in WHOLE else {})
    features = []
    for area in asked.open_areas(layer):
        figures = {name: told.get(area.slug, none)[name] for name in FIGURES}
        about = {"area": area.slug, "name": area.name, "within": area.extra.get("parent_slug"), "population": area.extra.get("population")}
        features.append(geojson.feature(f"{layer}/{area.slug}", geojson.outline(area.extra.get("geometry")), {**about, **figures}))
    facts: dict[str, Any] = {"metric": metric.id, "definition_version": metric.version, "unit": metric.unit, "label": metric.label}
    return Response(geojson.collection(features, layer=layer, **facts, **context(asked)), content_type=geojson.TYPE)


def require_layer(asked: Asked, layer: str) -> None:
    """Let a layer of areas go on that cases lie in.

    Raises:
        NotThere: there is none of that name.
    """
    known = [one.slug for one in asked.mart.dimensions.area_layers if not one.extra["is_context"]]
    if layer not in known:
        raise NotThere(f"There is no layer of areas called '{layer[:40]}'; there are {', '.join(known) or 'none'}.")
