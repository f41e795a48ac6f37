"""`/open311/v2/...` of the public process: published cases as Open311 GeoReport v2 has them, to read only.

What is told is what `metrics.published_cases` tells; fields of the standard that are not published are empty. Times of day are the
local midnight of their day.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from access import AccessDenied
from api import errors
from api.asking import parameters
from api.files import kept_fresh
from api.open311_form import NotFound, document
from api.open311_requests import asked_for, request_rows
from data_access.mart.reading import MartUnavailable, QueryTooLong
from metrics import published_cases
from metrics.desk import Desk, Unknown
from metrics.question import BadQuestion
from metrics.select import Asked

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-30T00:00:00Z"
"""When what this address answers last changed its shape."""
FORMS = "any(json, xml):form"


def blueprint(desk: Desk) -> Blueprint:
    """All addresses, answered by `desk`."""
    made = Blueprint("open311", __name__, url_prefix="/open311/v2")
    _register_errors(made)

    def answered(root: str, item: str, rows: Any) -> Response:
        asked = _asked(desk)
        return kept_fresh(desk, asked, lambda: document(root, item, rows(asked)))

    @made.get(f"/discovery.<{FORMS}>")
    def discovery(form: str) -> Response:
        return kept_fresh(desk, _asked(desk), lambda: document("discovery", "", _discovery(desk)))

    @made.get("/services")
    @made.get(f"/services.<{FORMS}>")
    def services(form: str = "") -> Response:
        return answered("services", "service", _services)

    @made.get("/services/<code>")
    @made.get(f"/services/<code>.<{FORMS}>")
    def service(code: str, form: str = "") -> Response:
        return answered("service_definition", "", lambda asked: _definition(asked, code))

    @made.get("/requests")
    @made.get(f"/requests.<{FORMS}>")
    def requests(form: str = "") -> Response:
        asked = _asked(desk)

        def page() -> Response:
            chosen, about, offset, size = asked_for(asked, parameters())
            answer = document("service_requests", "request", request_rows(published_cases.found(about, chosen, offset, size), about))
            answer.headers["X-Statroom-Total"] = str(published_cases.count(about, chosen))
            return answer

        return kept_fresh(desk, asked, page)

    @made.get("/requests/<number>")
    @made.get(f"/requests/<number>.<{FORMS}>")
    def one(number: str, form: str = "") -> Response:
        return answered("service_requests", "request", lambda asked: _one(asked, number))

    @made.post("/requests")
    @made.post(f"/requests.<{FORMS}>")
    def reported(form: str = "") -> Response:
        contact = desk.city.file.portal.contact
        where = f"report to {contact}" if contact else f"report to {desk.city.name} itself"
        answer = document(
            "errors", "error", [{"code": 405, "description": f"Reports are not taken here, they are only read: {where}."}], 405
        )
        answer.headers["Allow"] = "GET, HEAD, OPTIONS"
        return answer

    @made.get("/<path:_rest>")
    def nothing(_rest: str) -> Response:
        raise NotFound("There is nothing at this address; /open311/v2/discovery.json says what there is.")

    return made


def _asked(desk: Desk) -> Asked:
    """The question of everything; a jurisdiction that is named must be this one."""
    named = parameters().get("jurisdiction_id", "")
    if named not in ("", desk.city.facts.id):
        raise NotFound(f"jurisdiction_id '{named[:60]}' was not found; this is {desk.city.facts.id}, or leave it out.")
    return published_cases.of_every_class(desk.ask({}))


def _discovery(desk: Desk) -> dict[str, Any]:
    portal = desk.city.file.portal
    home = portal.address or request.host_url.rstrip("/")
    endpoint = {
        "specification": SPECIFICATION, "url": f"{home}/open311/v2", "changeset": CHANGESET, "type": "production",
        "formats": ["application/json", "text/xml"],
    }  # fmt: skip
    return {
        "changeset": CHANGESET,
        "contact": portal.contact or home,
        "key_service": "No key is needed: what is published is only read.",
        "endpoints": [endpoint],
    }


def _services(asked: Asked) -> list[dict[str, Any]]:
    groups = asked.mart.dimensions.request_groups.by_id
    made = []
    for one in asked.mart.dimensions.request_types:
        if one.extra["release_class"] == "A":
            group = groups.get(one.extra["request_group_id"])
            made.append({
                "service_code": one.slug, "service_name": one.name, "description": "", "metadata": False, "type": "realtime", "keywords": "",
                "group": group.name if group else "",
            })  # fmt: skip
    return made


def _definition(asked: Asked, code: str) -> dict[str, Any]:
    if code not in [one["service_code"] for one in _services(asked)]:
        raise NotFound("service_code was not found; /open311/v2/services.json lists those there are.")
    return {"service_code": code, "attributes": []}


def _one(asked: Asked, number: str) -> list[dict[str, Any]]:
    rows = request_rows(published_cases.found(asked, published_cases.Chosen(numbers=(number,)), 0, 1), asked)
    if not rows:
        raise NotFound("service_request_id was not found.")
    return rows


def _register_errors(made: Blueprint) -> None:
    """Every failure in the standard's own form; what it says is what the API says."""
    answers = (
        (BadQuestion, 400), (Unknown, 403), (AccessDenied, 403), (NotFound, 404), (MartUnavailable, 503), (QueryTooLong, 503),
    )  # fmt: skip
    for kind, code in answers:
        made.register_error_handler(kind, lambda error, code=code: _failure(code, str(error)))
    made.register_error_handler(
        RateLimitExceeded, lambda error: _failure(429, f"You may ask {error.description}; wait a little and ask again.")
    )
    made.register_error_handler(HTTPException, lambda error: _failure(error.code or 500, str(error.description)))
    made.register_error_handler(Exception, lambda error: _failure(500, errors.logged(error)))


def _failure(code: int, description: str) -> Response:
    answer = document("errors", "error", [{"code": code, "description": description}], code)
    answer.headers["Cache-Control"] = "no-store"
    if code == 503:
        answer.headers["Retry-After"] = "30"
    return answer
