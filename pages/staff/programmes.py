"""`/programmes`: everything the city does that is a case with a clock, each in its own words."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html

from components import filters, gate, programme_filters, programmes
from components.chart import block
from components.page import Query, heading, page
from metrics.select import Asked

WEEKS = 52


def build(query: Query) -> list[Any]:
    return [
        heading("Programmes", "Service requests, and everything else that is a case with a clock. " + programmes.NOT_RANKED),
        filters.bar(query, without=("programme", "request_type", "request_group"), weeks=WEEKS),
        html.Div(id="programme-cards", className="programmes"),
        html.Div([block(programmes.SIDE_BY_SIDE, "span-12", with_table=True)], className="grid"),
    ]


@gate.answers(
    Output("programme-cards", "children"), question=Input("question", "data"), refused=lambda message: [html.P(message, className="card")]
)
def fill(asked: Asked) -> list[Any]:
    """A card for each programme."""
    return programmes.cards(asked.remembering())


layout = page(
    __name__,
    "/programmes",
    "Programmes",
    build,
    nav="Programmes",
    order=5,
    weeks=WEEKS,
    asks=lambda _variables: {"programme": "all"},
    when=lambda: programme_filters.has_several(gate.desk().city),
)
