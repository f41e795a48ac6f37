"""`/departments/<department>`: one department's week, promise, open work and kinds of work. What its head opens first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, dcc, html

from components import annotations, filters, gate, measured_list, on_time, remark_marks, tiles, words
from components.backlog_outlook import FORECAST, SOON_TYPES
from components.chart import Chart, Drawn, block
from components.closing_curves import closing, days_said
from components.commitments import promised_block
from components.open_ages import ALL_AGES
from components.page import Query, page
from components.split import draw_split
from components.stock_over_time import OVER_TIME
from components.table import Column, Twin
from metrics import measured
from metrics.curves import BEFORE
from metrics.definitions import HEADLINE
from metrics.headline import headlines
from metrics.measure import measure
from metrics.question import BadQuestion
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import target_of
from metrics.type_table import type_table


def build(query: Query) -> list[Any]:
    return [
        html.Div(html.H1("Department"), id="department-head", className="page-head"),
        html.Div(
            [
                filters.bar(query, without=("department",), own=("against",)),
                html.P("The last complete week", id="department-week", className="subtitle"),
                html.Div([html.Section(className="card tile") for _ in HEADLINE], id="department-tiles", className="tiles"),
                promised_block(),
                html.Div(
                    [
                        block(TREND, "span-6"), block(OVER_TIME, "span-6"), block(FORECAST, "span-6"), block(SOON_TYPES, "span-6"), block(TYPES, "span-8", with_table=True), block(ALL_AGES, "span-4"),
                        block(SPLIT, "span-12"),
                        block(CLOSING, "span-12"),
                        block(FIGURES, "span-12", with_table=True),
                    ],
                    className="grid",
                ),
            ],
            id="department-body",
        ),
    ]  # fmt: skip


@gate.answers(
    {"head": Output("department-head", "children"), "is_refused": Output("department-body", "hidden")}, question=Input("question", "data"),
    refused=lambda message: {"head": [html.H1("Not shown"), html.P([message, " ", dcc.Link("All departments", href="/departments")])], "is_refused": True},
)  # fmt: skip
def fill_head(asked: Asked) -> dict[str, Any]:
    """Which department this is, what it has promised, and its work lists."""
    key = _department(asked)
    name, target = asked.name_of("department", key), target_of(asked, on_time.city_target())
    promise = (
        "No target is set for it." if target is None else f"Its target: {words.share(target)} of the cases that fall due closed on time."
    )
    lists = []
    for metric, said in (
        ("overdue_now", "overdue now"),
        ("due_next_7_days", "due in the next 7 days"),
        ("stuck", "without any event for 14 days"),
    ):
        n = measure(metric, asked).value or 0
        lists.append(dcc.Link(f"{words.cases(n)} {said}", href=filters.link("/backlog", asked, list=metric)))
    places = dcc.Link("Its work place by place", href=filters.link("/peers", asked))
    before = dcc.Link("Before the meeting", href=f"{remark_marks.PAGE}/{key}")
    others = dcc.Link("All departments", href=filters.link("/departments", asked, department=None))
    return {
        "head": [html.H1(name), html.P(promise, className="lead"), html.P([*lists, places, before, others], className="work-lists")],
        "is_refused": False,
    }


def _department(asked: Asked) -> str:
    """The one department this page is about.

    Raises:
        BadQuestion: the address names none or several.
    """
    chosen = asked.question.department
    if len(chosen) != 1:
        raise BadQuestion("This page is about one department; the address names none or several.")
    return chosen[0]


@gate.answers(
    {"tiles": Output("department-tiles", "children"), "week": Output("department-week", "children")}, question=Input("question", "data"),
    refused=lambda _message: {"tiles": [], "week": ""},
)  # fmt: skip
def fill_tiles(asked: Asked) -> dict[str, Any]:
    """The six headline figures of the last complete week."""
    made = remark_marks.made_tiles(headlines(HEADLINE, asked), asked)
    return {"tiles": made, "week": f"The week of {words.days_between(*asked.last_week())}, the last complete one"}


def draw_trend(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time by period, with the department's own target."""
    return on_time.trend(asked, annotations.rebasing())


def draw_types(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The department's request types side by side, as a table."""
    frame = type_table(asked)

    def listed(of: str, **more: Any) -> list[str]:
        return [tiles.cases_link(asked, of, request_type=key, **more) for key in frame["key"]]

    rows = frame.assign(
        days_said=[days_said(days, more) for days, more in zip(frame["days"], frame["days_more_than"], strict=True)],
        page=[filters.link("/sla", asked, request_type=key) for key in frame["key"]], opened_href=listed("opened"), due_href=listed("ontime_due"),
        late=[on_time.late_link(asked, n, met, request_type=key) if n else None for key, n, met in zip(frame["key"], frame["due"], frame["met"], strict=True)],
        open_href=listed("backlog"), overdue_href=[filters.link("/backlog", asked, request_type=key, list="overdue_now") for key in frame["key"]],
    )  # fmt: skip
    twin = Twin(rows, (
        Column("label", "Request type", href="page"), Column("opened", "Opened", "cases", href="opened_href"), Column("on_time", "On time", "share", href="late"),
        Column("due", "Fell due", "cases", href="due_href"), Column("days_said", "Days to close", "days", href="opened_href"), Column("open", "Open now", "cases", href="open_href"),
        Column("overdue", "Overdue", "cases", href="overdue_href"),
    ), f"Request types, {words.asked_period(asked.question)}; open and overdue: now", frame)  # fmt: skip
    note = (
        f"Days to close: by when half of the cases opened in the period were closed, the open ones taken into account (Kaplan-Meier). "
        f"{words.MISSING}: fewer than {LEAST_N} cases."
    )
    return Drawn(_type_words(frame), None, twin, note, cases=tiles.cases_link(asked, "opened"))


def draw_closing(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How the share closed grows with age, beside the same weeks a year earlier."""
    return closing(asked, BEFORE)


def draw_figures(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What the department counts beside its cases, each figure with its target."""
    frame = measured_list.with_signals(measured.standing(asked), asked)
    title = "Figures that are not cases, the latest period of each that can be judged"
    twin = measured_list.table(frame, asked, title, measured_list.OF_DEPARTMENT)
    if frame.empty:
        return Drawn("No figure beside its cases is loaded for this department.", None, twin, title=title)
    return Drawn(measured_list.finding(frame, named=False), None, twin, measured_list.note(frame), title=title)


def _type_words(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "No case was opened or due in this period, and none is open."
    known = frame.dropna(subset=["on_time"]).sort_values(["on_time", "label"])
    said = [words.plural(len(frame), "request type")]
    if len(known) > 1:
        worst = known.iloc[0]
        said.append(f"{worst['label']} is least on time, {words.share(worst['on_time'])} of {words.cases(worst['due'])}")
    overdue = frame.sort_values(["overdue", "label"], ascending=[False, True]).iloc[0]
    if overdue["overdue"]:
        said.append(f"{overdue['label']} has most overdue, {words.count(overdue['overdue'])}")
    return words.sentence("; ".join(said))


TREND = Chart("department-on-time", "Share closed on time, by when they fell due", draw_trend, metric="ontime_due")
SPLIT = Chart("department-split", "Why the share on time changed, by request type", draw_split, metric="ontime_due")
CLOSING = Chart("department-closing", "Share closed by days since opening, and a year earlier", draw_closing, metric="ttc_km")
FIGURES = Chart("department-figures", "Figures that are not cases", draw_figures, has_period=False)
TYPES = Chart("department-types", "Request types side by side", draw_types, metric="ttc_km")

layout = page(__name__, "/departments", "Department", build, template="/departments/<department>")
