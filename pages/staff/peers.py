"""`/peers`: those who do the same work, side by side: areas, or the divisions of a department; raw, and allowing for their mix of types."""

from __future__ import annotations

from typing import Any

from dash import html

from components import filters
from components.chart import Chart, block
from components.page import Query, heading, page
from components.peers import draw_funnel, draw_ratios


def build(query: Query) -> list[Any]:
    return [
        heading(
            "Peers", "The same promise kept in different places: which differences are more than chance, and which are only other work."
        ),
        filters.bar(query, own=("peers",), without=("grain",)),
        html.Div([block(FUNNEL, "span-6", with_table=True), block(RATIOS, "span-6", with_table=True)], className="grid"),
    ]


FUNNEL = Chart("peers-funnel", "Share on time by volume, around the common share", draw_funnel, metric="ontime_due")
RATIOS = Chart("peers-ratios", "On time, observed / expected for the mix of types", draw_ratios, metric="ontime_given_types")

layout = page(__name__, "/peers", "Peers", build, nav="Peers", order=5)
