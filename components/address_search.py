"""Find one's area by typing an address. It goes to this application in the body of one request, is looked up there, and is kept nowhere."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from components import gate, portal_links
from components.language import _
from metrics.address import LONGEST, Found, find, knows_streets
from metrics.select import Asked


def search() -> html.Section:
    """The field, and the place where what was found is listed."""
    # No form: a form that is sent would put the address into the page's own.
    field = dbc.Input(id="address", type="text", maxlength=LONGEST, autoComplete="off", debounce=True, n_submit=0)
    return html.Section(
        [
            html.H2(html.Label(_("Type your address"), htmlFor="address")),
            html.Div([field, html.Button(_("Find my area"), id="address-find", n_clicks=0, type="button", className="btn btn-primary")], className="ask-address"),
            html.P(_("Only looked up here: it is not stored, not logged and sent to nobody else."), id="address-kept", className="note"),
            html.Div(id="address-found", **{"aria-live": "polite"}),
        ],
        className="card prose", role="search", **{"aria-label": _("Find your area by an address")},
    )  # fmt: skip


def _clicks(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


@gate.answers(
    Output("address-found", "children"), question=State("question", "data"), initial=False,
    values={
        "clicks": (Input("address-find", "n_clicks"), _clicks), "submits": (Input("address", "n_submit"), _clicks),
        "text": (State("address", "value"), gate.short_text(LONGEST, "An address")),
    },
    refused=lambda message: html.P(message),
)  # fmt: skip
def look_up(asked: Asked, clicks: int, submits: int, text: str) -> list[Any]:
    """Where the typed address lies; nothing before somebody asks."""
    if not clicks and not submits:
        return []
    if not knows_streets(asked):
        return [html.P(_("This city gave no list of its streets; choose your area on the map or in the lists."))]
    if not text:
        return [html.P(_("Type a street, with the house number if you like."))]
    found = find(asked, text)
    if not found:
        return [html.P(_("We could not find this street. Check how it is written, or choose your area on the map or in the lists."))]
    return [html.Ul([html.Li(_told(one, asked)) for one in found], className="found")]


def _told(found: Found, asked: Asked) -> list[Any]:
    smallest = found.areas[0][0]
    is_one = sum(layer == smallest for layer, _area in found.areas) == 1
    lead = (
        _("{street} lies in:", street=found.street)
        if is_one
        else _("{street} runs through several areas; choose yours:", street=found.street)
    )
    links = [
        html.Li(dcc.Link(asked.name_of(layer, area), href=portal_links.in_quarter(portal_links.area(layer, area), asked)))
        for layer, area in found.areas
    ]
    return [html.P(lead), html.Ul(links)]
