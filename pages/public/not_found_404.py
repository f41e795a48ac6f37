"""What an address without a page shows."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components.language import N_, _
from components.page import Query, heading, page


def build(_query: Query) -> list[Any]:
    return [
        heading(_("There is no page at this address")),
        html.P([_("It may have been mistyped."), " ", dcc.Link(_("Start from the front page"), href="/")]),
    ]


layout = page(__name__, "/not-found", N_("No such page"), build)
