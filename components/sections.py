"""The parts of a subject that has several pages: links that keep the question from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import Input, Output, State, dcc, html

from components import filters, gate
from components.page import Query
from metrics.question import BadQuestion
from metrics.select import Asked

SECTIONS: dict[str, Mapping[str, str]] = {}
"""Name of a subject -> address -> the page's name."""


def bar(name: str, here: str, query: Query) -> html.Nav:
    """The links of subject `name` on the page at address `here`; they keep up with the page's question."""
    search = filters.address(query) if query else ""
    return html.Nav(
        [
            dcc.Store(id="sections-of", data=[name, here]),
            html.Ul(_links(name, here, lambda path: path + search), id="sections", className="sections"),
        ],
        **{"aria-label": "Parts of this page"},
    )


def _links(name: str, here: str, address: Callable[[str], str]) -> list[Any]:
    made = []
    for path, label in SECTIONS[name].items():
        current = {"aria-current": "page"}
        link = html.A(label, href="#main", className="current", **current) if path == here else dcc.Link(label, href=address(path))
        made.append(html.Li(link))
    return made


def _place(value: Any) -> tuple[str, str]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(part, str) for part in value)
        or value[0] not in SECTIONS
        or value[1] not in SECTIONS[value[0]]
    ):
        raise BadQuestion("This page cannot be read; open it again.")
    return value[0], value[1]


@gate.answers(Output("sections", "children"), question=Input("question", "data"), values={"place": (State("sections-of", "data"), _place)})
def keep_question(asked: Asked, place: tuple[str, str]) -> list[Any]:
    """The links with the question the page asks now."""
    return _links(*place, lambda path: filters.link(path, asked))
