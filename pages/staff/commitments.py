"""`/commitments`: what was promised, by whom, until when, and whether the figure it should move has moved."""

from __future__ import annotations

from typing import Any

from dash import html

from components import filters
from components.chart import block
from components.commitments import PAGE, RECORD, REGISTER, STANDING
from components.page import Query, heading, page


def build(query: Query) -> list[Any]:
    controls = [filters.control(name, query) for name in (STANDING.name, "department")]
    return [
        heading("Commitments", "What was promised, by whom and until when, and whether the figure it should move has moved."),
        html.Form(controls, className="filters filters-alone", id="filters", role="search", **{"aria-label": "Which commitments"}),
        html.Div([block(REGISTER, "span-12", with_table=True), block(RECORD, "span-12", with_table=True)], className="grid"),
    ]


layout = page(__name__, PAGE, "Commitments", build, nav="Commitments", order=2)
