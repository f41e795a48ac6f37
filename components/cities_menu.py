"""The other cities of the installation, in the header: links to their own applications, and to the page that compares them."""

from __future__ import annotations

from dash import dcc, html

from components import gate
from components.language import _
from data_access.neighbours import name_of

COMPARISON = "/compare/cities"


def menu() -> list[html.Details]:
    """A list of plain links; nothing where there is one city, or none that readers of this one may know of."""
    others = gate.desk().settings.others
    if not others:
        return []
    named = [(name_of(one), one.address) for one in others if one.address]
    links = [html.Li(html.A(name, href=address, className="viewer-choice")) for name, address in named if name]
    compare = dcc.Link(_("Compare the cities"), href=COMPARISON, className="viewer-choice")
    return [
        html.Details(
            [
                html.Summary([html.I(className="bi bi-buildings", **{"aria-hidden": "true"}), " ", _("Cities")]),
                html.Div([compare, html.Ul(links, className="views-list cities-list")], className="views-body"),
            ],
            className="viewer-menu cities-menu",
        )
    ]
