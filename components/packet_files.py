"""A packet as a file: made aside, once for each version of the packet, and kept until the packet changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request

from access import AccessDenied
from components import gate, packets
from components.aside import done_within
from components.packet_html import html_file
from components.packet_pdf import pdf_file
from components.packet_pptx import pptx_file
from components.packet_view import View, view
from data_access.mart.reading import MartUnavailable
from data_access.store import packets as kept
from metrics.desk import Desk, Unknown
from metrics.question import BadQuestion

FORMS: dict[str, tuple[Callable[[View, str], bytes], str]] = {
    "html": (html_file, "text/html; charset=utf-8"), "pdf": (pdf_file, "application/pdf"),
    "pptx": (pptx_file, "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}  # fmt: skip
"""Form -> what makes it, and its type."""
PATIENCE = 6
"""Seconds that a reader waits for a file before being told that it is being made."""
AGAIN = 2
"""Seconds after which the browser asks again."""
MAKING = "The file is being made. This page asks again by itself until it is there."
FAILED = "The file could not be made; why is in the log. Try again, or take another form."


def view_of(desk: Desk, number: int) -> View:
    """Packet `number` as the present viewer may see it.

    Raises:
        AccessDenied: there is none for this viewer.
    """
    asked, viewer, store = desk.ask({}), desk.viewer(), desk.store()
    only = packets.only(viewer, asked)
    found = kept.one(store, viewer, only, number)
    if found is None:
        raise AccessDenied(kept.NO_PACKET)
    parts = kept.parts(store, viewer, only, number)
    return view(desk.city.name, found, packets.about(found, asked), parts, asked.calendar, kept.version(found, parts))


def made(of: View, form: str, site: str) -> bytes:
    """The whole file."""
    return FORMS[form][0](of, site)


def start(server: Flask, desk: Desk) -> None:
    """`/packet/<number>.<form>`: a packet as a file, for who may read it."""

    @server.get(f"{packets.PATH}/<int:number>.<form>")
    def packet_file(number: int, form: str) -> Response:
        if form not in FORMS:
            return _told(404, f"There is no '{form[:20]}' form of a packet; choose {', '.join(FORMS)}.")
        try:
            shown = view_of(desk, number)
        except (AccessDenied, BadQuestion, Unknown, MartUnavailable) as error:
            code = {AccessDenied: 404, BadQuestion: 404, Unknown: 401}.get(type(error), 503)
            return _told(code, gate.sentence_for(error))
        site = request.host_url.rstrip("/")
        path = _path(desk.settings.data, number, form, shown.version, site)
        # Which packet, version and site it is of is in its name: what is there is what is asked for.
        if not path.exists() and not done_within(str(path), PATIENCE, lambda: _keep(path, made(shown, form, site))):
            waiting = _told(202, MAKING)
            waiting.headers["Refresh"] = str(AGAIN)
            return waiting
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return _told(503, FAILED)
        desk.note("exported", f"packet {number} as {form}")
        answer = Response(content, content_type=FORMS[form][1])
        answer.headers["Content-Disposition"] = f'attachment; filename="packet-{number}.{form}"'
        return answer


def _path(data: Path, number: int, form: str, version: str, site: str) -> Path:
    return data / "packets" / f"{number}-{version}-{hashlib.sha256(site.encode()).hexdigest()[:8]}.{form}"


def _keep(path: Path, content: bytes) -> None:
    """Keep a file whole or not at all, in place of that of an earlier version or for another site: one for each packet and form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = path.stem.partition("-")[0]
    for old in path.parent.glob(f"{number}-*{path.suffix}"):
        if old != path:
            old.unlink(missing_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _told(code: int, message: str) -> Response:
    return Response(message + "\n", status=code, content_type="text/plain; charset=utf-8")
