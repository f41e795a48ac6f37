"""`/admin`: accounts, their roles, and what was done. For administrators; everybody else gets a sentence."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components import accounts
from components.page import Query, heading, page


def build(_query: Query) -> list[Any]:
    def part(title: str, *content: Any) -> html.Section:
        return html.Section([html.H2(title), *content], className="card prose")

    return [
        heading("Accounts and audit", "Who may sign in, what they may see, and what was done. A change holds from the person's next request."),
        html.P(dcc.Link("Sources and what their columns and words mean", href="/admin/sources")),
        html.P(dcc.Link("Status of the installation: what needs attention, loads, backups, slow questions", href="/admin/status")),
        html.Div(
            [
                part("Accounts", html.Div(id="admin-accounts")),
                part("Make or change an account", accounts.form(), html.P(id="admin-said", role="status", className="said")),
                part("What was done", html.P("The latest 200 entries, newest first.", className="note"), html.Div(id="admin-audit")),
            ],
            className="stack",
        ),
    ]  # fmt: skip


layout = page(__name__, "/admin", "Accounts and audit", build)
