"""`/backlog/ahead`: overdue cases in four weeks, what falls due this week, and what it takes to reach a target."""

from __future__ import annotations

from typing import Any

from dash import html

from components import backlog_plan, filters, sections
from components.backlog_outlook import FORECAST, PARTS, SOON, SOON_DEPARTMENTS, SOON_TYPES
from components.chart import block
from components.page import Query, heading, page


def build(query: Query) -> list[Any]:
    return [
        heading("Backlog: what is coming", "What will be overdue, what can still be prevented, and what a target takes."),
        sections.bar("backlog", "/backlog/ahead", query),
        filters.bar(query, without=("weeks", "from", "to", "grain")),
        html.Div(
            [
                block(FORECAST, "span-7"), block(PARTS, "span-5"), block(SOON_DEPARTMENTS, "span-6"), block(SOON_TYPES, "span-6"),
                html.Div([backlog_plan.controls(query), block(backlog_plan.PLAN)], className="span-12 plan"), block(SOON, "span-12", with_table=True),
            ],
            className="grid",
        ),
    ]  # fmt: skip


layout = page(__name__, "/backlog/ahead", "Backlog: what is coming", build)
