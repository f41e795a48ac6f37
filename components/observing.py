"""Each request gets a number, is timed, and leaves one line in the log; nothing of who asked, or of what, is kept."""

from __future__ import annotations

import logging
import re
import secrets
import time

import dash
from flask import Flask, Response, g, request

from data_access import observed
from settings import Settings

GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
HEADER = "X-Request-Id"
FILES = ("/assets/", "/_dash-component-suites/", "/bootstrap/", "/_favicon.ico")
OTHER = "/..."

log = logging.getLogger("statroom.requests")


def start(server: Flask, settings: Settings) -> None:
    """Called before everything else that looks at requests, so that what others answer is seen too."""
    is_trusted = settings.trusted_proxies > 0

    @server.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "") if is_trusted else ""
        g.request_id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
        g.begun = time.perf_counter()

    @server.after_request
    def end(answer: Response) -> Response:
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        observed.REQUEST_SECONDS.labels(kind(request.path), str(answer.status_code)).observe(seconds)
        # An answer may be one that was kept: the number belongs to this request.
        answer.headers[HEADER] = g.get("request_id", "")
        size = None if answer.is_streamed or answer.direct_passthrough else answer.content_length
        log.info(
            "answered",
            extra={
                "method": request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other", "path": told(request.path),
                "status": answer.status_code, "milliseconds": round(seconds * 1_000, 1), "bytes": size, "role": _role(server),
            },
        )  # fmt: skip
        return answer


def kind(path: str) -> str:
    """What was asked for: one of a few words."""
    if path.startswith(FILES):
        return "file"
    if path.endswith("/_dash-update-component"):
        return "callback"
    if path.startswith("/api/") or path.startswith(("/data/", "/open311/", "/embed/")):
        return "api"
    return "health" if path in ("/healthz", "/readyz", "/metrics") else "page"


def told(path: str) -> str:
    """The address as the log has it: of the route or the page, without the number of a case or the secret of a link."""
    rule = request.url_rule.rule if request.url_rule else ""
    if rule and rule not in ("/", "/<path:path>"):
        return rule
    for page in dash.page_registry.values():
        template = page.get("path_template")
        if page["path"] == path or (template and re.fullmatch(re.sub(r"<[^>]*>", "[^/]+", template), path)):
            return str(template or path)
    return OTHER


def _role(server: Flask) -> str:
    """The role of who is signed in, as far as this request has found out already: nobody is looked up for the log."""
    known = g.get("account")
    if known is not None:
        return str(known.viewer.role)
    return "public" if server.extensions["statroom-desk"].is_public else "unknown"
