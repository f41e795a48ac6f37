"""`/areas`: find one's neighbourhood or district, on the map or in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, dcc, html

from components import address_search, gate, portal, portal_charts, portal_links
from components.area_map import map_block
from components.chart import Chart, Drawn
from components.language import N_, _
from components.page import Query, heading, page
from metrics.areas import layers
from metrics.select import Asked


def build(query: Query) -> list[Any]:
    return [
        heading(_("Your neighbourhood"), _("Choose an area on the map or in the lists, to see what was reported there and how well the city answered.")),
        portal.quarter(query),
        html.Div([address_search.search()], className="stack before-grid"),
        html.Div([map_block(MAP, "span-7"), html.Section(html.P("…"), id="areas-list", className="span-5")], className="grid"),
        portal.before_you_compare(),
    ]  # fmt: skip


@gate.answers(Output("areas-list", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def fill(asked: Asked) -> list[Any]:
    """Every area of every layer; areas that lie in another are listed below it."""
    known = layers(asked)
    if not known:
        return [html.P(_("The data of this city names no areas."))]
    made: list[Any] = []
    for layer, plural in known.items():
        links = [
            dcc.Link(member.name, href=portal_links.in_quarter(portal_links.area(layer, member.slug), asked))
            for member in asked.mart.dimensions.areas(layer)
        ]
        made += [html.H2(plural), html.Ul([html.Li(link) for link in links], className="names")]
    return made


def draw_map(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    # The smallest areas are what a reader knows by name.
    return portal_charts.on_time_by_area(asked, list(layers(asked))[-1] if layers(asked) else None)


MAP = Chart("areas-map", "Closed on time, by area", draw_map, metric="ontime_due", is_map=True, height=460)

layout = page(__name__, portal_links.AREAS, N_("Your neighbourhood"), build, nav=N_("Your neighbourhood"), order=3)
