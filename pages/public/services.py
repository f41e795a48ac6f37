"""`/services`: every service residents may ask about, most reported first, to be found by name."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, dcc, html

from components import filters, gate, portal, portal_links, resident_words, words
from components.language import N_, _, plural
from components.page import Query, heading, page
from metrics.resident import services
from metrics.select import Asked

filters.Option("find", N_("Find a service"), None, lambda: "")


def build(query: Query) -> list[Any]:
    return [
        heading(_("Services"), _("What you can report, and how long it takes. Choose one to see more.")),
        html.Form(
            [filters.control("find", query), filters.control("during", query)],
            className="filters filters-alone", id="filters", role="search", **{"aria-label": _("Find a service")},
        ),
        html.Div(html.P("…"), id="services-list", **{"aria-live": "polite"}),
        portal.before_you_compare(),
    ]  # fmt: skip


@gate.answers(
    Output("services-list", "children"), question=Input("question", "data"), values={"query": (State("question", "data"), gate.query_of)},
    refused=lambda message: html.P(message),
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> list[Any]:
    """The services whose name has what was typed."""
    # Of the city as a whole: a filter that came with the address is not this page's.
    asked = asked.about(asked.question.about(request_type=(), areas=()))
    typed = filters.view_of(query, asked)["find"].casefold()
    frame = services(asked)
    rows = [row for row in frame.to_dict("records") if typed in str(row["label"]).casefold()]
    if frame.empty:
        return [html.P(_("No service was reported in this period."))]
    if not rows:
        return [html.P(_("No service has this in its name; try a shorter word."))]
    found = plural("{count} service, of those reported in this period.", "{count} services, the most reported first.", len(rows), count=words.count(len(rows)))  # fmt: skip
    return [html.P(found, className="subtitle"), html.Ul([_row(row, asked) for row in rows], className="choices")]


def _row(row: dict[Any, Any], asked: Asked) -> html.Li:
    address = portal_links.in_quarter(portal_links.service(row["key"]), asked)
    return html.Li([dcc.Link(row["label"], href=address), html.P(" ".join([resident_words.reported_short(row["opened"]), _time(row)]))])


def _time(row: dict[Any, Any]) -> str:
    if words.is_missing(row["median"]):
        return ""
    return _("Half are closed within {time}.", time=words.length(row["median"]))


layout = page(__name__, portal_links.SERVICES, N_("Services"), build, nav=N_("Services"), order=2)
