"""`/backlog/flow`: how the stock of open cases moved, through the ages and between departments."""

from __future__ import annotations

from typing import Any

from dash import html

from components import filters, sections
from components.backlog_flow import AGE_FLOW, AGES_OVER_TIME, TRANSFERS
from components.chart import block
from components.page import Query, heading, page
from components.stock_over_time import NET_FLOW


def build(query: Query) -> list[Any]:
    return [
        heading("Backlog: how it moves", "What came and what left, at which age, and which cases were handed on."),
        sections.bar("backlog", "/backlog/flow", query),
        filters.bar(query),
        html.Div(
            [block(AGE_FLOW, "span-7"), block(NET_FLOW, "span-5"), block(AGES_OVER_TIME, "span-6"), block(TRANSFERS, "span-6")],
            className="grid",
        ),
    ]


layout = page(__name__, "/backlog/flow", "Backlog: how it moves", build)
