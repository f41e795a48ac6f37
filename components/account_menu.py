"""Who is signed in, in the header of the staff application, with the way out."""

from __future__ import annotations

from typing import Any

from dash import Output, html

from access import MAY
from components import gate, shell
from metrics.select import Asked


@gate.answers(
    Output("viewer-menu", "children"), question=shell.QUESTION, initial=False, refused=lambda _message: shell.without_question(offer, "")
)
def offer(_asked: Asked) -> Any:
    """The name of whoever is signed in; a link to the account and a form that signs out."""
    viewer, by_proxy = gate.desk().viewer(), gate.desk().settings.proxy is not None
    name = [html.I(className="bi bi-person-circle", **{"aria-hidden": "true"}), " ", viewer.name]
    # Plain links: the account's page is none of Dash's.
    links = [] if by_proxy else [html.A("Your account", href="/account", className="viewer-choice")]
    if viewer.role == "admin":
        links.append(html.A("Accounts and audit", href="/admin", className="viewer-choice"))
    if viewer.role in MAY["look_at_sources"]:
        links.append(html.A("Sources", href="/admin/sources", className="viewer-choice"))
    if by_proxy:
        # Who was signed in by a proxy is signed out there.
        return html.Details(
            [html.Summary(name), html.Div(links or [html.P(viewer.role.capitalize(), className="note")], className="views-body")],
            className="viewer-menu",
        )
    out = html.Form(html.Button("Sign out", type="submit", className="viewer-choice"), method="POST", action="/sign-out")
    return html.Details([html.Summary(name), html.Div([*links, out], className="views-body")], className="viewer-menu")
