"""Views kept under a name, in the header of every staff page. A public process never imports this."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dash
import dash_bootstrap_components as dbc
from dash import MATCH, Input, Output, State, dcc, html

from components import gate
from components.letter_words import new_address
from data_access.store import views
from data_access.store.acting import Acting
from metrics.question import BadQuestion
from metrics.select import Asked

HERE = State("question", "data", allow_optional=True)


def menu() -> html.Details:
    """The menu: what is kept, and a form that keeps the page as it is now."""
    return html.Details(
        [
            html.Summary([html.I(className="bi bi-bookmark", **{"aria-hidden": "true"}), " Views"]),
            html.Div(
                [
                    html.Ul(id="views-list", className="views-list"),
                    html.Div(
                        [
                            html.Label("Keep this page as it is now, as", htmlFor="view-name"),
                            dbc.Input(id="view-name", type="text", maxlength=views.LONGEST_NAME, size="sm", autocomplete="off"),
                            html.Button("Keep", id="view-keep", type="button", className="btn btn-sm btn-primary"),
                        ],
                        className="view-form",
                    ),
                    html.P(id="view-said", className="note", role="status"),
                    html.P(id="view-mail", className="view-mail"),
                ],
                className="views-body",
            ),
        ],
        className="viewer-menu views-menu",
    )


def row_id(part: str, number: Any) -> dict[str, Any]:
    return {"type": f"view-{part}", "id": number}


def _pathname(value: Any) -> str:
    """A parser of the address of a page of this process."""
    path = value if isinstance(value, str) and len(value) <= views.LONGEST_ADDRESS else ""
    fixed = {page["path"].rstrip("/") or "/" for page in dash.page_registry.values() if not page.get("path_template")}
    under = tuple(page["path_template"].split("<")[0] for page in dash.page_registry.values() if page.get("path_template"))
    if (path.rstrip("/") or "/") not in fixed and not (under and path.startswith(under)):
        raise BadQuestion("This page cannot be kept as a view.")
    return path


def _search(value: Any) -> str:
    """A parser of the query in an address."""
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not value.startswith("?") or len(value) > views.LONGEST_ADDRESS:
        raise BadQuestion("The address of this page cannot be read; open the page again.")
    return "" if value == "?" else value


def _number(value: Any) -> int:
    """A parser of the id of one row's button."""
    number = value.get("id") if isinstance(value, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadQuestion("There is no such view; open the menu again.")
    return number


def _clicks(value: Any) -> int:
    """A parser of a count of clicks."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadQuestion("This click cannot be read; open the menu again.")
    return value


@gate.answers(
    Output("views-list", "children"), question=Input("question", "data", allow_optional=True), initial=False,
    values={"said": (Input("view-said", "children"), gate.any_value)},
    refused=lambda _message: [],
)  # fmt: skip
def fill(_asked: Asked, said: None = None) -> list[Any]:
    """The viewer's views."""
    desk = gate.desk()
    return [_row(view) for view in views.kept(desk.store(), desk.viewer())] or [html.Li("No views yet.", className="note")]


@gate.answers(
    Output("view-mail", "children"), question=Input("question", "data", allow_optional=True), initial=False, refused=lambda _message: []
)
def offer_mail(asked: Asked) -> list[Any]:
    """The way to have what the page is about sent. Plain links: the form is none of Dash's pages."""
    return [html.A("Get this by mail", href=new_address(asked)), " ", html.A("Your subscriptions", href="/subscriptions")]


def _row(view: views.SavedView) -> html.Li:
    button = html.Button("Remove", id=row_id("toggle", view.id), type="button", className="btn btn-link btn-sm", **{"aria-label": f"Remove {view.name}"})  # fmt: skip
    return html.Li([html.Span(dcc.Link(view.name, href=view.address), id=row_id("link", view.id)), button])


@gate.changes(
    {"said": Output("view-said", "children"), "name": Output("view-name", "value")},
    action="save_view", trigger=Input("view-keep", "n_clicks"), question=HERE,
    values={
        "name": (State("view-name", "value"), gate.short_text(views.LONGEST_NAME, "The name")),
        "path": (State("url", "pathname"), _pathname), "search": (State("url", "search"), _search),
    },
)  # fmt: skip
def keep(acting: Acting, _asked: Asked, name: str, path: str, search: str) -> dict[str, str]:
    """Keep the page the reader looks at."""
    gate.desk().ask(gate.query_of(dict(parse_qsl(urlsplit(search).query))))  # a question that cannot be asked is not worth keeping
    try:
        replaced = views.keep(acting, name, path + search)
    except views.NotKept as error:
        raise BadQuestion(str(error)) from None
    said = f"“{name}” now leads here." if replaced else f"Kept as “{name}”."
    moving = "" if "from=" in search else " Its period moves with the data; give it dates to keep them."
    return {"said": said + moving, "name": ""}


@gate.changes(
    {"link": Output(row_id("link", MATCH), "hidden"), "label": Output(row_id("toggle", MATCH), "children")},
    action="save_view", trigger=Input(row_id("toggle", MATCH), "n_clicks"), question=HERE,
    values={
        "number": (State(row_id("toggle", MATCH), "id"), _number), "clicks": (State(row_id("toggle", MATCH), "n_clicks"), _clicks),
    },
)  # fmt: skip
def toggle(acting: Acting, _asked: Asked, number: int, clicks: int) -> dict[str, Any]:
    """Take a view away; the second click undoes it, and so on until the menu is filled again."""
    removed = clicks % 2 == 1
    (views.remove if removed else views.restore)(acting, number)
    return {"link": removed, "label": "Removed. Undo" if removed else "Remove"}
