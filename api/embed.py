"""`/embed/chart/<name>` and `/embed/figure/<metric>`: widgets for other sites. Of the public process only, without a cookie."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from api.asking import parameters
from api.files import kept_fresh
from components import embed, gate
from components.chart import CHARTS
from components.language import _
from components.web import REFUSED_AS
from metrics.desk import Desk
from metrics.select import Asked

NOT_ASKED = ("lang",)
"""Parameters that are no part of the question."""


def blueprint(desk: Desk) -> Blueprint:
    """Both addresses, answered by `desk`."""
    made = Blueprint("embed", __name__, url_prefix="/embed")

    @made.get("/chart/<name>")
    def chart(name: str) -> Response:
        if name not in CHARTS:
            return _framed(desk, embed.page_of(embed.refusal(_("There is no such chart.")), None, embed.home()), 404)
        return _answer(desk, lambda asked, query: embed.of_chart(CHARTS[name], asked, query))

    @made.get("/figure/<metric_id>")
    def figure(metric_id: str) -> Response:
        return _answer(desk, lambda asked, _query: embed.of_figure(metric_id, asked))

    return made


def _answer(desk: Desk, show: Callable[[Asked, dict[str, str]], embed.Widget]) -> Response:
    try:
        query = {name: value for name, value in gate.query_of(parameters()).items() if name not in NOT_ASKED}
        asked = desk.ask(query)
        answer = kept_fresh(desk, asked, lambda: _framed(desk, embed.page_of(show(asked, query), asked, embed.portal_page(asked, query))))
    except Exception as error:
        code = next((code for kind, code in REFUSED_AS.items() if isinstance(error, kind)), 503)
        return _framed(desk, embed.page_of(embed.refusal(gate.sentence_for(error)), None, embed.home()), code)
    answer.headers["Content-Security-Policy"] = embed.policy(desk.city.file.portal.embed_on)
    return answer


def _framed(desk: Desk, text: str, code: int = 200) -> Response:
    answer = Response(text, status=code, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = embed.policy(desk.city.file.portal.embed_on)
    if code != 200:
        answer.headers["Cache-Control"] = "no-store"
    return answer
