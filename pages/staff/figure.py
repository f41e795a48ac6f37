"""`/figures/<department>/<measure>`: one figure that is not cases over its periods, with its targets, its years and its department's cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, dcc, html

from components import filters, gate, measured_words, on_time
from components.chart import Chart, block
from components.measured_chart import GRAIN, MEASURE, chosen, draw_backlog, draw_on_time, draw_series, draw_years
from components.page import Query, page
from metrics.measured_series import Series
from metrics.question import BadQuestion
from metrics.select import Asked


def build(query: Query) -> list[Any]:
    return [
        html.Div(html.H1("Figure"), id="figure-head", className="page-head"),
        html.Div(
            [
                html.Form([filters.control(GRAIN, query)], className="filters filters-alone", id="filters", role="search", **{"aria-label": "Filters"}),
                html.Div(
                    [block(SERIES, "span-12", with_table=True), block(YEARS, "span-12"), block(ON_TIME, "span-6"), block(BACKLOG, "span-6")],
                    className="grid",
                ),
            ],
            id="figure-body",
        ),
    ]  # fmt: skip


@gate.answers(
    {"head": Output("figure-head", "children"), "is_refused": Output("figure-body", "hidden")}, question=Input("question", "data"),
    values={"query": (State("question", "data"), gate.query_of)},
    refused=lambda message: {"head": [html.H1("Not shown"), html.P([message, " ", dcc.Link("All figures", href=measured_words.PAGE)])], "is_refused": True},
)  # fmt: skip
def fill_head(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """What the figure counts, for whom, and which way is better."""
    if len(asked.question.department) != 1:
        raise BadQuestion("This page is about a figure of one department; the address names none or several.")
    view = filters.view_of(query, asked)
    of = chosen(asked, view)
    return {"head": _head(of, asked, view), "is_refused": False}


def _head(of: Series, asked: Asked, _view: Mapping[str, str]) -> list[Any]:
    about = of.about
    department = str(about["department"])
    facts = [
        ("Unit", str(about["unit_label"])), ("Better", measured_words.DIRECTIONS[str(about["direction"])]),
        ("Kind", about["measure_kind"]), ("Budget programme or service", about["activity"]),
        ("A year is", "its periods added up" if about["year_is"] == "sum" else "not its periods added up"), ("Source", about["source_name"]),
    ]  # fmt: skip
    listed = [html.Div([html.Dt(name), html.Dd(str(value))]) for name, value in facts if value is not None]
    back = measured_words.PAGE + filters.address({"department": department})
    return [
        html.H1(str(about["name"])),
        html.P(str(about["definition"]) if about["definition"] else "Its source does not say what it counts.", className="lead"),
        html.Dl(listed, className="figure-facts"),
        html.P(
            [
                dcc.Link(str(about["department_label"]), href=on_time.department_page(asked, department)),
                dcc.Link("Its other figures", href=back),
                dcc.Link("All figures", href=measured_words.PAGE),
            ],
            className="work-lists",
        ),
    ]


def _title(query: Query) -> str:
    return f"Figure: {query.get('measure', '').replace('-', ' ')[:80]}" if query.get(MEASURE) else "Figure"


SERIES = Chart("figure", "A figure that is not cases, and its targets", draw_series, has_period=False, height=360)
YEARS = Chart("figure-years", "The figure by fiscal year", draw_years, has_period=False)
ON_TIME = Chart(
    "figure-on-time", "The department's cases closed on time, same periods", draw_on_time, metric="ontime_due", has_period=False
)
BACKLOG = Chart("figure-backlog", "The department's open cases, same periods", draw_backlog, metric="backlog", has_period=False)

layout = page(__name__, "/figures/department/measure", _title, build, template="/figures/<department>/<measure>")
