"""Charts of other pages, drawn where they are talked about: an address says which, and with which question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dash
from dash import MATCH, Input, Output, dcc, html
from dash.development.base_component import Component

from components import chart, gate, theme
from components.chart import CHARTS
from metrics.question import BadQuestion, visible_departments

MOST = 2
"""Charts shown of one page: more are no longer read from the back of a room."""
PREFIX = "chart-"
BESIDE = {"overdue-ahead": ("due-soon-by-department",)}
"""A chart -> those of its page that belong to what is said of it."""


def page_at(address: str) -> dict[str, Any] | None:
    """The page of this process that an address leads to."""
    if not address.startswith("/") or address.startswith("//"):
        return None
    path = urlsplit(address).path.rstrip("/") or "/"
    fixed = next((page for page in dash.page_registry.values() if not page.get("path_template") and page["path"] == path), None)
    return fixed or next(
        (page for page in dash.page_registry.values() if (page.get("path_template") or "/").split("<")[0].rstrip("/") == path.rpartition("/")[0] != ""),
        None,
    )  # fmt: skip


def query_of(address: str) -> dict[str, str]:
    """The question and options in an address, path variables included."""
    page, parts = page_at(address), urlsplit(address)
    query = dict(parse_qsl(parts.query))
    template = (page or {}).get("path_template") or ""
    if template.count("<") == 1:
        query[template.partition("<")[2].rstrip(">")] = parts.path.rpartition("/")[2]
    return query


def open_to_viewer(query: dict[str, str]) -> dict[str, str]:
    """`query` with only those of several departments that the present viewer may name: a meeting of a cluster is also for the head of one."""
    named = query.get("department", "").split(",")
    desk = gate.desk()
    known = visible_departments(desk.viewer(), desk.mart())
    kept = [key for key in named if key in known]
    return {**query, "department": ",".join(kept)} if kept and len(kept) < len(named) else query


def seen_at(address: str) -> str:
    """`address` as the present viewer may open it."""
    return _with(address, open_to_viewer)


def known_at(address: str, as_of: datetime | None) -> str:
    """`address` as it was known at `as_of`, whatever instant it names itself."""
    return address if as_of is None else _with(address, lambda query: {**query, "as_of": as_of.isoformat() + "Z"})


def _with(address: str, changed: Callable[[dict[str, str]], dict[str, str]]) -> str:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    other = changed(query)
    return address if other == query else urlunsplit(parts._replace(query=urlencode(other)))


def charts_at(address: str) -> list[str]:
    """The charts that an address shows: the one it points at with those beside it, else the first of its page."""
    part = urlsplit(address).fragment
    if part.startswith(PREFIX):
        name = part.removeprefix(PREFIX)
        return [name, *BESIDE.get(name, ())] if name in CHARTS else []
    page = page_at(address)
    if page is None:
        return []
    return list(dict.fromkeys(_names(page["layout"](**query_of(address)))))[:MOST]


def _names(part: Any) -> Iterator[str]:
    """The charts in a layout."""
    if isinstance(part, (list, tuple)):
        for one in part:
            yield from _names(one)
    elif isinstance(part, Component):
        name = getattr(part, "id", None)
        if isinstance(name, dict) and name.get("type") == "chart-figure":
            yield name["name"]
        yield from _names(getattr(part, "children", None))


def blocks(address: str) -> list[Any]:
    """Everything an address shows, drawn for the present viewer; a sentence where it cannot be."""
    return [_block(name, address) for name in charts_at(address)]


def _block(name: str, address: str) -> html.Section:
    query = gate.query_of(open_to_viewer(query_of(address)))
    of = CHARTS[name]
    try:
        parts = chart.draw(gate.desk().ask(query), of, query)
    except Exception as error:
        return html.Section(html.P(gate.sentence_for(error), className="empty"), className="card chart")
    graph = dcc.Graph(id=_id("figure", name), config=theme.graph_config(is_map=of.is_map), figure=parts["figure"], style=parts["size"])  # type: ignore[arg-type]
    # What a link says of its own page would be about this one.
    links = [one for one in parts["links"] if not str(getattr(one, "href", "")).startswith("?")]
    return html.Section(
        [
            html.Div([html.H3(parts["finding"], className="finding"), html.P(parts["title"], className="subtitle")], className="chart-head"),
            html.Div(graph, id=_id("image", name), className="chart-image", role="img", hidden=parts["is_empty"], **{"aria-label": parts["image"]}),
            html.P(parts["note"], className="note"),
            html.Details([html.Summary("Show as table"), html.Div(parts["table"])], className="twin"),
            html.Div(links, className="chart-links"),
        ],
        className="card chart shown-chart",
    )  # fmt: skip


def _id(part: str, name: Any) -> dict[str, Any]:
    return {"type": f"shown-{part}", "name": name}


def checked(address: str) -> str:
    """`address` if it leads to a page of this process, asked in a way it understands; empty stays empty.

    Raises:
        BadQuestion: it does not.
    """
    if not address:
        return ""
    if page_at(address) is None:
        raise BadQuestion(f"There is no page at '{address[:60]}'; copy the address of one, from its '/' on, or leave it out.")
    gate.desk().ask(gate.query_of(query_of(address)))
    return address


gate.in_browser("statroom", "open_clicked", Output(_id("image", MATCH), "data-opened"), Input(_id("figure", MATCH), "clickData"))
