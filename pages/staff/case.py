"""`/cases/<programme>/<id>`: one case: what, where, when, who, its clock, and everything that happened to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from dash import Input, Output, dcc, html

from components import case, gate
from components.page import Query, page
from metrics.case_history import case_detail
from metrics.select import Asked

NOT_THERE = "There is no such case, or it is not open to you."


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("All cases", href="/cases"), className="crumbs", **{"aria-label": "Where this is"}),
        html.Div([html.H1("Case", id="case-title"), html.P(id="case-verdict", className="lead")], className="page-head"),
        html.Div(id="case-content", className="case"),
    ]


def _refused(message: str) -> dict[str, Any]:
    return {"title": "Case", "verdict": message, "content": ""}


@gate.answers(
    {
        "title": Output("case-title", "children"),
        "verdict": Output("case-verdict", "children"),
        "content": Output("case-content", "children"),
    },
    question=Input("question", "data"),
    values={"query": (Input("question", "data"), gate.query_of)},
    refused=_refused,
)
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The case in the path. One that does not exist and one that may not be seen are answered alike."""
    found = case_detail(asked, unquote(query.get("of_programme", "")), unquote(query.get("case_id", "")))
    if found is None:
        return _refused(NOT_THERE)
    if found.is_protected:
        gate.desk().note("protected case viewed", f"{found.facts['programme']} {found.facts['source_id']}")
    return {"title": case.title(found), "verdict": case.verdict(found, asked), "content": case.content(found, asked, gate.desk().city)}


layout = page(__name__, "/cases/requests/1", "Case", build, template="/cases/<of_programme>/<case_id>")
