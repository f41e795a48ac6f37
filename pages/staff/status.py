"""`/admin/status`: how the installation fares: what needs attention, the data, the loads, the backups, slow questions. For administrators."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, dcc, html

from components import gate, status
from components.page import Query, heading, page
from metrics.select import Asked


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("Accounts and audit", href="/admin"), className="crumbs", **{"aria-label": "Where this is"}),
        heading(
            "Status of the installation",
            "What needs attention, and how loads, backups and questions go. Machines read the same at /metrics.",
        ),
        html.Div(html.Section(className="card prose"), id="installation-status", className="stack"),
    ]


@gate.answers(
    Output("installation-status", "children"),
    question=Input("question", "data"),
    refused=lambda message: status.card("Not shown", html.P(message)),
)
def fill(asked: Asked) -> list[Any]:
    """All parts, for who administers."""
    return status.parts(asked)


layout = page(__name__, "/admin/status", "Status of the installation", build)
