"""`/map`: where. A figure for every area, the density of its cases, and areas compared without mistaking reports for problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import Input, Output, Patch, State, dcc, html

from components import area_equity, area_pairs, area_ranking, area_versions, filters, gate, words
from components.area_given_types import given_types
from components.area_map import district_map, map_block
from components.area_months import STEP, month_map
from components.area_versions import layers_of_today
from components.area_words import on_time_target, unique_label
from components.chart import Chart, Drawn, block, chart_id, permanent_query
from components.cluster_map import cluster_cells, cluster_map
from components.density_map import NO_TABLE, View, closer, density_map, viewport
from components.figures import maps
from components.page import Query, heading, page
from components.table import html_table
from components.tiles import cases_link
from metrics.definitions import METRICS, REGISTRY
from metrics.select import Asked

AREAS, MONTHS, DENSITY, HOT_AREAS, HOT_CELLS = "areas", "months", "density", "hot_areas", "hot_cells"
SHOWN = {
    AREAS: "A figure by area",
    MONTHS: "Month by month",
    DENSITY: "Density of cases",
    HOT_AREAS: "Clusters of areas",
    HOT_CELLS: "Clusters of places",
}
NO_LAYER = "none"
FIGURE = chart_id("figure", "area-map")


def _first_layer() -> str:
    """The first layer that has a map, else the first."""
    known = [layer for layer in gate.desk().city.area_layers if layer.version_of is None]
    return next((layer.id for layer in known if layer.file), known[0].id if known else NO_LAYER)


filters.Option("show", "Show", lambda _asked: SHOWN, lambda: AREAS)
filters.Option("metric", "Figure", lambda _asked: {metric.id: unique_label(metric) for metric in METRICS}, lambda: "ontime_due")
filters.Option("layer", "Areas", lambda asked: layers_of_today(asked) or {NO_LAYER: "No areas known"}, _first_layer)
filters.Option(
    "boundaries", "Boundaries", lambda _asked: {"then": "As they were in the period", "today": "Today's for all years"}, lambda: "then"
)


def build(query: Query) -> list[Any]:
    redrawn = any(layer.version_of for layer in gate.desk().city.area_layers)
    return [
        heading("Map", "Where the promise is kept, where it is not, and where cases are."),
        filters.bar(query, own=("show", "metric", "layer", *(("boundaries",) if redrawn else ()))),
        dcc.Store(id="map-view"),
        html.Div(
            [
                map_block(MAP, "span-6"),
                block(RANK, "span-3"),
                block(PER_1000, "span-3"),
                block(GIVEN_TYPES, "span-6"),
                block(LEFT_OUT, "span-6"),
                block(DELAYS, "span-4"),
                html.Div(
                    [
                        html.Div([filters.control(name, query) for name in (area_pairs.FIRST, area_pairs.SECOND)], className="pickers"),
                        block(PAIR, with_table=True),
                    ],
                    className="span-8 pair",
                ),
                html.Section(id="areas-compared", className="card span-12"),
            ],
            className="grid",
        ),
    ]


def draw_map(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The areas in colours, or the density of the cases behind the figure."""
    metric = REGISTRY[view["metric"]]
    if view["layer"] == NO_LAYER:
        return Drawn("This city's data names no areas, so there is no map; a layer of areas in city.toml makes one.", None, NO_TABLE)
    layer = area_versions.chosen(asked, view)
    if view["show"] == AREAS:
        cases = cases_link(asked, metric.id) if metric.rows is not None else ""
        drawn = district_map(asked, metric.id, layer, target=on_time_target(asked), cases=cases)
    elif view["show"] == MONTHS:
        drawn = month_map(asked, metric.id, layer, view[STEP], target=on_time_target(asked))
    else:
        drawn = {DENSITY: density_map, HOT_AREAS: cluster_map, HOT_CELLS: cluster_cells}[view["show"]](asked, metric.id, layer)
    return area_versions.noted(drawn, asked, view)


@gate.answers(
    Output(FIGURE, "figure", allow_duplicate=True), question=State("question", "data"), initial=False,
    values={"view": (Input("map-view", "data"), viewport), "query": (State("question", "data"), gate.query_of)},
)  # fmt: skip
def look_closer(asked: Asked, view: View | None, query: Query) -> Patch:
    """The map was zoomed or moved: only its cells are counted and sent again, as fine as the view allows."""
    chosen, made = filters.view_of(query, asked), Patch()
    if view is not None and chosen["show"] == DENSITY and chosen["layer"] != NO_LAYER:
        found = closer(asked, chosen["metric"], area_versions.chosen(asked, chosen), view)
        if found is not None:
            at, trace = found
            made["data"][at] = trace
            made["layout"]["meta"]["view"] = list(view)
    return made


gate.in_browser("map", "view", Output("map-view", "data"), Input(FIGURE, "relayoutData"), Input(FIGURE, "figure"), State(FIGURE, "id"))


def _by_area(draw: Callable[[Asked, Mapping[str, str], str], Drawn]) -> Callable[[Asked, Mapping[str, str]], Drawn]:
    """A chart of areas: with the boundaries that were chosen, or the sentence that there are none."""

    def drawn(asked: Asked, view: Mapping[str, str]) -> Drawn:
        if view["layer"] == NO_LAYER:
            return Drawn("This city's data names no areas to compare.", None, NO_TABLE)
        return draw(asked, view, area_versions.chosen(asked, view))

    drawn.__module__ = __name__
    return drawn


@_by_area
def draw_rank(asked: Asked, view: Mapping[str, str], layer: str) -> Drawn:
    """The areas by the figure, worst first."""
    return area_ranking.ranking(asked, view["metric"], layer, on_time_target(asked))


@_by_area
def draw_per_1000(asked: Asked, _view: Mapping[str, str], layer: str) -> Drawn:
    """Who reports how readily."""
    return area_ranking.per_1000(asked, layer)


@_by_area
def draw_given_types(asked: Asked, _view: Mapping[str, str], layer: str) -> Drawn:
    """On time, raw and with the mix of types taken out."""
    return given_types(asked, layer)


@_by_area
def draw_left_out(asked: Asked, _view: Mapping[str, str], layer: str) -> Drawn:
    """Who reports little and waits long."""
    return area_equity.left_out(asked, layer)


@_by_area
def draw_delays(asked: Asked, _view: Mapping[str, str], layer: str) -> Drawn:
    """How long problems wait for a report."""
    return area_equity.delays(asked, layer)


def draw_pair(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Two areas side by side."""
    return area_pairs.pair(asked, view)


@_by_area
def draw_compared(asked: Asked, view: Mapping[str, str], layer: str) -> Drawn:
    """Several figures of every area, as a table."""
    return area_ranking.side_by_side(asked, layer, view["metric"])


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
PER_1000 = Chart("area-per-1000", "Reporting rate: residents' reports per 1,000", draw_per_1000, metric="per_1000")
GIVEN_TYPES = Chart("area-given-types", "On time given the mix of types, by area", draw_given_types, metric="ontime_given_types")
LEFT_OUT = Chart("area-left-out", "Reporting rate and days to close by area", draw_left_out, metric="per_1000", height=380)
DELAYS = Chart("area-delays", "How long problems wait for a report, by area", draw_delays, metric="reporting_delay")
PAIR = Chart("area-pair", "Two areas side by side", draw_pair)
COMPARE = Chart("areas-compared", "Areas side by side", draw_compared)

layout = page(__name__, "/map", "Map", build, nav="Map", order=5)
