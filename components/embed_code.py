"""The lines that show one of the portal's charts on another site, with a button that copies them."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from dash import html

from components import gate
from components.embed import home
from components.language import _
from metrics.question import default_question, to_query
from metrics.select import Asked

CHART_HIGH, FIGURE_HIGH = 480, 230


def of_chart(name: str, title: str, asked: Asked, own: dict[str, str], *, is_tall: bool = False) -> html.Details | None:
    """How to show chart `name` elsewhere; None where the city lets no site show it."""
    return _offer(f"/embed/chart/{quote(name, safe='')}", {**_question(asked), **own}, title, CHART_HIGH + 160 * is_tall)


def of_figure(metric_id: str, title: str, asked: Asked) -> html.Details | None:
    """How to show one figure elsewhere."""
    return _offer(f"/embed/figure/{quote(metric_id, safe='')}", _question(asked), title, FIGURE_HIGH)


def _question(asked: Asked) -> dict[str, str]:
    """The question in an address; the latest period is left out, so that what is shown stays the latest."""
    query, latest = to_query(asked.question, asked.mart), default_question(asked.mart, asked.calendar)
    if (asked.question.start, asked.question.end) == (latest.start, latest.end):
        query = {name: value for name, value in query.items() if name not in ("from", "to", "during")}
    return query


def _offer(path: str, query: dict[str, str], title: str, high: int) -> html.Details | None:
    desk = gate.desk()
    if not desk.is_public or not desk.city.file.portal.embed_on:
        return None
    address = home() + path + (f"?{urlencode(query)}" if query else "")
    code = f'<iframe src="{escape(address)}" title="{escape(title)}" width="100%" height="{high}" loading="lazy" style="border:0"></iframe>'
    field: Any = html.Code(code, className="embed-code", tabIndex=0)
    return html.Details(
        [
            html.Summary(_("Embed")),
            html.Div([field, html.Button(_("Copy"), type="button", className="btn btn-sm btn-outline-secondary", **{"data-copy": code, "data-copied": _("Copied")})]),
        ],
        className="embed-offer",
    )  # fmt: skip
