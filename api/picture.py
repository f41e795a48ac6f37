"""`/preview.png`: the picture of a page of the portal for previews of links. Of the public process only."""

from __future__ import annotations

import base64

from flask import Blueprint, Response

from api.asking import parameters
from api.errors import NotThere
from api.files import kept_fresh
from components import picture, portal, preview, words
from components.language import _, spoken
from data_access.cache import cached
from metrics.desk import Desk
from metrics.select import Asked

PATIENCE = 4.0
"""Seconds that a picture waits for its figure: who shows a link asks once."""
VERSION = 1
"""Of how pictures are drawn."""


def blueprint(desk: Desk) -> Blueprint:
    """The one address, answered by `desk`."""
    made = Blueprint("picture", __name__)

    @made.get("/preview.png")
    def preview_png() -> Response:
        query = {name: text for name, text in parameters().items() if name in preview.named()}
        path = parameters().get(preview.PAGE, "/")
        if portal.is_missing(path):
            raise NotThere("There is no such page.")
        asked = desk.ask(query)
        title, said = preview.told_of(path, query, PATIENCE)
        if not said.html:
            answer = _png(_drawn(desk, asked, title, said))
            answer.headers["Cache-Control"] = "no-store"
            return answer
        return kept_fresh(desk, asked, lambda: _png(_drawn(desk, asked, title, said)))

    return made


def _png(content: bytes) -> Response:
    return Response(content, content_type="image/png")


def _drawn(desk: Desk, asked: Asked, title: str, said: preview.Words) -> bytes:
    """Kept by what stands in it, so no address makes a picture that another has made."""
    about = [desk.called(desk.city.name), title, said.figure, said.sentence or said.finding]

    def made() -> str:
        foot = _("Data through {instant}", instant=words.instant(asked.mart.as_of, asked.calendar))
        return base64.b64encode(picture.drawn(*about, foot)).decode()

    kept = cached("preview-picture", asked.mart.edition, asked.scope, [*about, spoken().code, VERSION], made)
    return base64.b64decode(kept)
