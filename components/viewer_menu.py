"""The choice of demo viewers in the header of the staff application. A public process never imports this."""

from __future__ import annotations

from typing import Any

from dash import Output, dcc, html
from flask import Flask

from access import MAY
from components import gate, shell, viewers, web
from metrics.select import Asked


@gate.answers(
    Output("viewer-menu", "children"),
    question=shell.QUESTION,
    initial=False,
    refused=lambda _message: shell.without_question(offer_viewers, ""),
)
def offer_viewers(asked: Asked) -> Any:
    """The choice of demo viewers. A form, so that the choice is one request that changes the session."""
    now = gate.desk().viewer()
    buttons = [
        html.Button(viewer.name, name="viewer", value=viewer.id, type="submit", className="viewer-choice", disabled=viewer.id == now.id)
        for viewer in viewers.demo_viewers(asked.mart)
    ]
    way = [dcc.Link("Accounts and audit", href="/admin", className="viewer-choice")] if now.role == "admin" else []
    way += [dcc.Link("Sources", href="/admin/sources", className="viewer-choice")] if now.role in MAY["look_at_sources"] else []
    note = html.P("Without accounts, look at the city as:", className="note")
    return html.Details(
        [html.Summary([html.I(className="bi bi-person-circle", **{"aria-hidden": "true"}), " ", now.name]), html.Form([*way, note, *buttons], method="POST", action="/viewer")],
        className="viewer-menu",
    )  # fmt: skip


def add(server: Flask) -> None:
    """Let `server` take the choice; its menu was declared by importing this."""
    web.add_viewer_choice(server)
