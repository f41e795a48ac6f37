"""`/map`: where. A figure for every area, the density of its cases, and areas compared without mistaking reports for problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, Patch, State, dcc, html

from components import area_ranking, filters, gate, words
from components.area_map import district_map, map_block
from components.area_words import on_time_target, unique_label
from components.chart import Chart, Drawn, block, chart_id, permanent_query
from components.density_map import NO_TABLE, View, closer, density_map, viewport
from components.figures import maps
from components.page import Query, heading, page
from components.table import html_table
from components.tiles import cases_link
from metrics.areas import layers
from metrics.definitions import METRICS, REGISTRY
from metrics.select import Asked

AREAS, DENSITY = "areas", "density"
NO_LAYER = "none"
FIGURE = chart_id("figure", "area-map")


def _first_layer() -> str:
    """The first layer that has a map, else the first."""
    known = [layer for layer in gate.desk().city.area_layers if not layer.context]
    return next((layer.id for layer in known if layer.file), known[0].id if known else NO_LAYER)


filters.Option("show", "Show", lambda _asked: {AREAS: "A figure by area", DENSITY: "Density of cases"}, lambda: AREAS)
filters.Option("metric", "Figure", lambda _asked: {metric.id: unique_label(metric) for metric in METRICS}, lambda: "ontime_due")
filters.Option("layer", "Areas", lambda asked: layers(asked) or {NO_LAYER: "No areas known"}, _first_layer)


def build(query: Query) -> list[Any]:
    return [
        heading("Map", "Where the promise is kept, where it is not, and where cases are."),
        filters.bar(query, own=("show", "metric", "layer")),
        dcc.Store(id="map-view"),
        html.Div(
            [
                map_block(MAP, "span-6"),
                block(RANK, "span-3"),
                block(PER_1000, "span-3"),
                html.Section(id="areas-compared", className="card span-12"),
            ],
            className="grid",
        ),
    ]


def draw_map(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The areas in colours, or the density of the cases behind the figure."""
    layer, metric = view["layer"], REGISTRY[view["metric"]]
    if layer == NO_LAYER:
        return Drawn("This city's data names no areas, so there is no map; a layer of areas in city.toml makes one.", None, NO_TABLE)
    if view["show"] == DENSITY:
        return density_map(asked, metric.id, layer)
    cases = cases_link(asked, metric.id) if metric.rows is not None else ""
    return district_map(asked, metric.id, layer, target=on_time_target(asked), cases=cases)


@gate.answers(
    Output(FIGURE, "figure", allow_duplicate=True), question=State("question", "data"), initial=False,
    values={"view": (Input("map-view", "data"), viewport), "query": (State("question", "data"), gate.query_of)},
)  # fmt: skip
def look_closer(asked: Asked, view: View | None, query: Query) -> Patch:
    """The map was zoomed or moved: only its cells are counted and sent again, as fine as the view allows."""
    chosen, made = filters.view_of(query, asked), Patch()
    if view is not None and chosen["show"] == DENSITY and chosen["layer"] != NO_LAYER:
        found = closer(asked, chosen["metric"], chosen["layer"], view)
        if found is not None:
            at, trace = found
            made["data"][at] = trace
            made["layout"]["meta"]["view"] = list(view)
    return made


gate.in_browser("map", "view", Output("map-view", "data"), Input(FIGURE, "relayoutData"), Input(FIGURE, "figure"), State(FIGURE, "id"))


def draw_rank(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The areas by the figure, worst first."""
    if view["layer"] == NO_LAYER:
        return _no_areas()
    return area_ranking.ranking(asked, view["metric"], view["layer"], on_time_target(asked))


def draw_per_1000(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Who reports how readily."""
    return _no_areas() if view["layer"] == NO_LAYER else area_ranking.per_1000(asked, view["layer"])


def draw_compared(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Several figures of every area, as a table."""
    return _no_areas() if view["layer"] == NO_LAYER else area_ranking.side_by_side(asked, view["layer"], view["metric"])


def _no_areas() -> Drawn:
    return Drawn("This city's data names no areas to compare.", None, NO_TABLE)


@gate.answers(
    Output("areas-compared", "children"), question=Input("question", "data"), values={"query": (State("question", "data"), gate.query_of)},
    refused=lambda message: [html.H2(message, className="finding")],
)  # fmt: skip
def fill_compared(asked: Asked, query: Query) -> list[Any]:
    """The table of the areas, open on the page."""
    view = filters.view_of(query, asked)
    drawn = draw_compared(asked, view)
    if drawn.twin.frame.empty:
        return [html.H2(drawn.finding, className="finding")]
    when = f"{words.asked_period(asked.question)}; overdue: on {words.instant(asked.question.as_of, asked.calendar)}"
    return [
        html.H2(drawn.finding, className="finding"), html.P(when, className="subtitle"), html_table(drawn.twin, asked.calendar),
        html.P("A name leads to the map of the area, a number to its cases. – : fewer than 10 cases, or not known.", className="note"),
        html.Div(html.A("CSV", href=f"/charts/{COMPARE.name}.csv?{permanent_query(asked, view)}", download=f"{COMPARE.name}.csv",
                        title=f"{drawn.finding} as CSV"), className="chart-links"),
    ]  # fmt: skip


MAP = Chart("area-map", "The city by area", draw_map, is_map=True, height=maps.HEIGHT)
RANK = Chart("area-ranking", "Areas by the chosen figure", draw_rank)
PER_1000 = Chart("area-per-1000", "Reports by residents per 1,000", draw_per_1000, metric="per_1000")
COMPARE = Chart("areas-compared", "Areas side by side", draw_compared)

layout = page(__name__, "/map", "Map", build, nav="Map", order=5)
