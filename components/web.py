"""What the web server does around the pages: headers, refused bodies, loopback only, demo viewers, charts as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import dash
import orjson
from dash.exceptions import DependencyException
from flask import Flask, Response, redirect, request, session
from werkzeug.middleware.proxy_fix import ProxyFix

from access import AccessDenied
from components import chart, files, filters, gate, viewers
from metrics.desk import Unknown
from metrics.question import BadQuestion

LARGEST_BODY = 64 * 1024
PAGES = ("/", "/<path:path>")
"""Dash's names for the routes of pages: whatever no other route answers."""
LOOPBACK = ("127.0.0.1", "::1")
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
ASSET_SECONDS = 3600
JSON_TYPES = ("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8")
"""As which a callback's request may come: never as what a form of another site can send."""
ROUTER = "_pages_content"
"""In the name of Dash's own callback, which opens pages."""
REFUSED_AS = {BadQuestion: 400, Unknown: 401, AccessDenied: 403}
"""What is answered to a file that cannot be given; anything else may be better later (503)."""


def protect(server: Flask, hashes: Callable[[], str], *, public: bool, hsts: int) -> None:
    """Refuse what no browser of ours sends, and send the headers every answer needs.

    Args:
        hashes: names the scripts that stand in the page itself, once all are known.
        hsts: seconds for which a browser that came by HTTPS is to use nothing else; 0 says nothing.
    """
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # Ours carry their time in their address; Bootstrap's do not, and change with an upgrade only.
    server.config["SEND_FILE_MAX_AGE_DEFAULT"] = ASSET_SECONDS

    def headers(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", _policy(hashes()))
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.is_secure and hsts:
            answer.headers.setdefault("Strict-Transport-Security", f"max-age={hsts}")
        if not public and not request.path.startswith(("/assets/", "/_dash-component-suites/", "/bootstrap/")):
            answer.headers.setdefault("Cache-Control", "no-store")
            answer.vary.add("Cookie")
        return answer

    server.after_request(headers)
    # Dash answers a file that no component has with a server error.
    server.register_error_handler(DependencyException, lambda _error: _refusal(404, "There is no such file."))


def tell_missing(server: Flask, is_missing: Callable[[str], bool]) -> None:
    """Say 404 to who opens an address that the portal has no page for; the page itself says it in words."""

    @server.after_request
    def status(answer: Response) -> Response:
        if request.endpoint in PAGES and request.method in ("GET", "HEAD") and answer.status_code == 200 and is_missing(request.path):
            answer.status_code = 404
        return answer


def behind_proxies(server: Flask, proxies: int) -> None:
    """Believe what so many proxies of ours say about the client's address, scheme and host; without any, believe nobody."""
    if proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)


def before_dash(server: Flask, *, this_machine: bool) -> None:
    """Checks that come before Dash's own; so this is called before the Dash application is made.

    Args:
        this_machine: serve nobody else, and under no other name.
    """
    if this_machine:

        @server.before_request
        def this_machine_only() -> Response | None:
            """Demo viewers need no password: nobody but this machine may be served, under no other name."""
            name = request.host.rpartition(":")[0] if not request.host.endswith("]") and ":" in request.host else request.host
            if request.remote_addr not in LOOPBACK or name not in LOOPBACK_NAMES:
                return _refusal(403, "Without passwords the staff application serves this machine only.")
            return None

    @server.before_request
    def well_formed() -> Response | None:
        if request.path.rstrip("/").endswith("/_dash-update-component") and request.method == "POST":
            if (request.content_length or 0) > LARGEST_BODY:
                return _refusal(413, f"A question may have {LARGEST_BODY:,} bytes.")
            if request.content_type not in JSON_TYPES:
                return _refusal(415, "A question is sent as application/json.")
            problem = malformed(request.get_data(), known_callbacks())
            if problem:
                return _refusal(400, problem)
        return None


def known_callbacks() -> dict[str, Any]:
    """The callbacks of this process, by Dash's name for their outputs."""
    return dash.get_app().callback_map


def malformed(body: bytes, callbacks: dict[str, Any]) -> str | None:
    """Why `body` is no callback request of this application; None if it is one.

    Dash takes inputs by position and answers a malformed body with a server error, so its shape is
    compared with the declared callback first.
    """
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "The request is not JSON."
    if not isinstance(sent, dict) or not isinstance(sent.get("output"), str) or sent["output"] not in callbacks:
        return "There is no such callback; open the page again."
    declared = callbacks[sent["output"]]
    for part in ("inputs", "state"):
        wanted = declared.get(part) or []
        given = sent.get(part) or []
        if not isinstance(given, list) or len(given) != len(wanted):
            return f"The request's {part} do not fit the callback."
        if not all(_fits(one, spec) for one, spec in zip(given, wanted, strict=True)):
            return f"The request's {part} do not fit the callback."
    if ROUTER in sent["output"] and not _is_address([one["value"] if "value" in one else None for one in sent["inputs"]]):
        return "The request names no page."
    outputs = sent.get("outputs")
    names = sent["output"].strip(".").split("...") if sent["output"].startswith("..") else [sent["output"]]
    several = outputs if sent["output"].startswith("..") and isinstance(outputs, list) else [outputs]
    if len(several) != len(names) or not all(_is_output(one, name) for one, name in zip(several, names, strict=True)):
        return "The request's outputs do not fit the callback."
    # Parts that match any number of components speak of the same ones, or Dash cannot pair them.
    lists = [part for part in (*sent.get("inputs", []), *(sent.get("state") or []), *several) if isinstance(part, list)]
    if any([one["id"] for one in part] != [one["id"] for one in lists[0]] for part in lists):
        return "The request's parts speak of different components."
    changed = sent.get("changedPropIds")
    if not isinstance(changed, list) or not all(isinstance(name, str) for name in changed):
        return "The request does not say what changed."
    return None


def _is_address(values: list[Any]) -> bool:
    """Whether the router's inputs are the path and the query of a page: Dash takes both for text without looking."""
    path, query = values
    return isinstance(path, str) and path.startswith("/") and isinstance(query, (str, type(None)))


def _fits(given: Any, spec: dict[str, Any]) -> bool:
    if isinstance(given, list):
        # A pattern that matches any number of components.
        return '"ALL"' in str(spec.get("id")) and all(_is_target(one) and one.get("property") == spec["property"] for one in given)
    return _is_target(given) and given["property"] == spec["property"]


def _is_output(given: Any, name: str) -> bool:
    """Whether `given` is what the declared output `name` ("id.property", the id maybe a pattern) stands for."""
    target, _, prop = name.rpartition(".")
    if not target.startswith("{"):
        return _is_target(given) and not isinstance(given, list) and given["id"] == target and given["property"] == prop
    pattern = orjson.loads(target)
    parts = given if isinstance(given, list) and ["ALL"] in pattern.values() else [given]
    return all(
        _is_target(one) and not isinstance(one, list) and isinstance(one["id"], dict) and one["property"] == prop
        and one["id"].keys() == pattern.keys()
        and all(isinstance(wanted, list) or one["id"][key] == wanted for key, wanted in pattern.items())
        for one in parts
    )  # fmt: skip


def _is_target(given: Any) -> bool:
    if isinstance(given, list):
        return all(isinstance(one, dict) and _is_target(one) for one in given)
    return isinstance(given, dict) and isinstance(given.get("id"), (str, dict)) and isinstance(given.get("property"), str)


def add_routes(server: Flask) -> None:
    """Charts as CSV for both audiences, and the icon where browsers look for one."""

    @server.get("/favicon.ico")
    def icon() -> Any:
        """Browsers ask here for the icon of what is no page: an answer of the API, a feed."""
        return redirect("/_favicon.ico", 301)

    @server.get("/charts/<name>.csv")
    def chart_file(name: str) -> Response:
        made = chart.CHARTS.get(name)
        if made is None:
            return _refusal(404, "There is no such chart.")
        try:
            query = gate.query_of({key: ",".join(values) for key, values in request.args.lists()})
            asked = gate.desk().ask(query)
            frame = chart.noted(made, asked, filters.view_of(query, asked)).twin.for_file()
            gate.desk().note("exported", f"{len(frame)} rows of chart {name}")
        except Exception as error:
            return refused(error)
        answer = Response(files.csv_lines(frame), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{asked.question.as_of:%Y-%m-%d}.csv"'
        answer.headers["X-Statroom-As-Of"] = asked.question.as_of.isoformat(timespec="seconds") + "Z"
        return answer


def add_viewer_choice(server: Flask) -> None:
    """`POST /viewer`: look at the city as somebody else."""

    @server.post("/viewer")
    def choose_viewer() -> Any:
        try:
            gate.require_same_site()
        except AccessDenied as error:
            return _refusal(403, str(error))
        found = viewers.viewer_named(request.form.get("viewer", ""), gate.desk().mart())
        if found is None:
            return _refusal(400, "There is no such viewer.")
        session.clear()
        session[viewers.KEY] = found.id
        return redirect(_way_back(), 303)


def _way_back() -> str:
    """The page the form was on, if it is one of ours."""
    try:
        came = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    path = came.path if came.netloc == request.host and came.path.startswith("/") and not came.path.startswith("//") else "/"
    return path


def refused(error: Exception) -> Response:
    """What is answered instead of a file that cannot be given."""
    return _refusal(next((code for kind, code in REFUSED_AS.items() if isinstance(error, kind)), 503), gate.sentence_for(error))


def _refusal(code: int, message: str) -> Response:
    return Response(message + "\n", status=code, content_type="text/plain; charset=utf-8")


def _policy(hashes: str) -> str:
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
