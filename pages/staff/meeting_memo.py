"""`/meeting/<meeting>/memo`: what a meeting agreed on, on one page, made of what was written down in it."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, dcc, html

from components import gate, meetings, memo
from components.page import Query, page
from metrics.select import Asked


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(
            [dcc.Link("Meetings", href=meetings.PATH), " ", html.Span(id="memo-way")], className="crumbs", **{"aria-label": "Where this is"}
        ),
        html.Section(html.H1("Memo"), id="memo", className="card prose memo"),
    ]


@gate.answers(
    {"memo": Output("memo", "children"), "way": Output("memo-way", "children")}, question=Input("question", "data"),
    values={"query": (Input("question", "data"), gate.query_of)},
    refused=lambda message: {"memo": [html.H1("Not shown"), html.P(message)], "way": ""},
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The memo of the meeting in the path."""
    of = meetings.chosen(query, asked)
    return {"memo": memo.page_parts(memo.memo_of(of, asked), of), "way": dcc.Link(of.series.name, href=meetings.address(of))}


layout = page(__name__, "/meeting/1/memo", "Memo", build, template="/meeting/<meeting>/memo", order=98)
