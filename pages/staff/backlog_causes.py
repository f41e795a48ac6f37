"""`/backlog/causes`: the few types and places that make most of the overdue cases, and what keeps coming back."""

from __future__ import annotations

from typing import Any

from dash import html

from components import filters, sections
from components.backlog_causes import FEW_PLACES, FEW_TYPES, REPEATS
from components.chart import block
from components.page import Query, heading, page


def build(query: Query) -> list[Any]:
    return [
        heading("Backlog: what it is made of", "Which few make most of it, and what keeps coming back."),
        sections.bar("backlog", "/backlog/causes", query),
        filters.bar(query),
        html.Div([block(FEW_TYPES, "span-6"), block(FEW_PLACES, "span-6"), block(REPEATS, "span-12", with_table=True)], className="grid"),
    ]


layout = page(__name__, "/backlog/causes", "Backlog: what it is made of", build)
