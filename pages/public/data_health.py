"""`/data-health` of the portal: how fresh the published figures are."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html

from components import gate, health
from components.language import N_, _
from components.page import Query, heading, page
from metrics.select import Asked


def build(_query: Query) -> list[Any]:
    return [
        heading(_("State of the data"), _("How fresh these figures are.")),
        html.Div(html.Section(className="card prose"), id="data-health", className="stack"),
    ]


@gate.answers(
    Output("data-health", "children"), question=Input("question", "data"), refused=lambda message: health.card(_("Not shown"), message)
)
def fill(asked: Asked) -> list[Any]:
    """Freshness only: what a load read holds cases that are not published."""
    return [health.freshness(asked)]


layout = page(__name__, "/data-health", N_("State of the data"), build, nav=N_("State of the data"), order=9)
