"""`/participation`: who takes part, over which channel, whether they are answered, and what came of it."""

from __future__ import annotations

from typing import Any

from dash import html

from components import filters
from components.chart import block
from components.page import Query, heading, page
from components.participation import CAME_OF, CHANNELS, HEARD, IDEAS, RETURNING, SATISFACTION


def build(query: Query) -> list[Any]:
    return [
        heading("Participation", "Who takes part, whether they are answered, and what came of it. By quarter as far back as the data go; areas in the chosen period."),
        filters.bar(query, without=("grain",), own=("layer",)),
        html.Div(
            [
                block(CHANNELS, "span-6"), block(RETURNING, "span-6"), block(CAME_OF, "span-6"), block(SATISFACTION, "span-6"),
                block(IDEAS, "span-12"), block(HEARD, "span-12"),
            ], className="grid",
        ),
    ]  # fmt: skip


layout = page(__name__, "/participation", "Participation", build, nav="Participation", order=12)
