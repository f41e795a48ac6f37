"""Endpoints of Open311 and of SeeClickFix on this machine, which answer as their standards and documents say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request
from lxml import etree

from tests.support.web_api import Portal, serving


class Endpoint(Portal):
    """Requests, updates and issues as lists that a test may change."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.requests: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.services: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.has_pages = True
        """Whether it knows the extension `page` and `page_size`; otherwise it gives the newest `most`."""
        self.has_updated_after = False
        self.speaks_json = True
        self.wraps = False
        """Whether every value comes in a list, as FixMyStreet's own endpoint writes it."""


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Both APIs on a free port of this machine."""
    app = Flask("endpoint")
    with serving(app, Endpoint) as made:
        _open311(app, made)
        _seeclickfix(app, made)
        yield made


def _open311(app: Flask, made: Endpoint) -> None:
    @app.get("/open311/v2/services.<form>")
    def services(form: str) -> Any:
        return _written(made, form, "services", "service", made.services)

    @app.get("/open311/v2/requests.<form>")
    def requests(form: str) -> Any:
        args = request.args
        if "updated_after" in args and made.has_updated_after:
            found = [row for row in made.requests if _at(row["updated_datetime"]) >= _at(args["updated_after"])]
        else:
            found = _between(made.requests, "requested_datetime")
        if args.get("extensions") != "true":
            found = [{name: value for name, value in row.items() if name not in ("notes", "extended_attributes")} for row in found]
        return _written(made, form, "service_requests", "request", _paged(made, found, "requested_datetime"))

    @app.get("/open311/v2/servicerequestupdates.<form>")
    def updates(form: str) -> Any:
        found = _between(made.updates, "updated_datetime")
        return _written(made, form, "service_request_updates", "request_update", _paged(made, found, "updated_datetime"))


def _between(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Rows of the window that is asked for: of a longer one, and of none, 90 days."""
    end = _at(request.args["end_date"]) if "end_date" in request.args else datetime.now(UTC)
    start = _at(request.args["start_date"]) if "start_date" in request.args else end - timedelta(days=90)
    end = min(end, start + timedelta(days=90))
    return [row for row in rows if start <= _at(row[name]) <= end]


def _paged(made: Endpoint, rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    rows = sorted(rows, key=lambda row: _at(row[name]), reverse=True)
    if not made.has_pages:
        return rows[: made.most]
    size = min(int(request.args.get("page_size", 50)), made.most)
    first = size * (int(request.args.get("page", 1)) - 1)
    return rows[first : first + size]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _written(made: Endpoint, form: str, many: str, one: str, rows: list[dict[str, Any]]) -> Any:
    if form == "json" and made.speaks_json:
        if made.wraps:
            return jsonify({many: [{one: [{name: [value] for name, value in row.items()} for row in rows]}]})
        return jsonify(rows)
    if form != "xml":
        return jsonify([{"code": 404, "description": "format not supported"}]), 404
    root = etree.Element(many)
    for row in rows:
        element = etree.SubElement(root, one)
        for name, value in row.items():
            etree.SubElement(element, name).text = None if value is None else str(value)
    return Response(etree.tostring(root, xml_declaration=True, encoding="utf-8"), content_type="text/xml; charset=utf-8")


def _seeclickfix(app: Flask, made: Endpoint) -> None:
    @app.get("/api/v2/issues")
    def issues() -> Any:
        args = request.args
        found = [row for row in made.issues if row["status"].lower() in args.get("status", "open,acknowledged,closed").split(",")]
        for name, column in (("after", "created_at"), ("updated_at_after", "updated_at")):
            found = [row for row in found if name not in args or _at(row[column]) >= _at(args[name])]
        found = [row for row in found if "before" not in args or _at(row["created_at"]) < _at(args["before"])]
        found.sort(key=lambda row: row[args.get("sort", "created_at")], reverse=args.get("sort_direction", "DESC") == "DESC")
        size, page = min(int(args.get("per_page", 20)), 100), int(args.get("page", 1))
        pages = max(1, -(-len(found) // size))
        pagination = {
            "entries": len(found),
            "page": page,
            "per_page": size,
            "pages": pages,
            "next_page": page + 1 if page < pages else None,
        }
        return jsonify({"metadata": {"pagination": pagination}, "issues": found[size * (page - 1) : size * page], "errors": None})
