"""`/departments/<department>`: one department's week, promise, open work and kinds of work. What its head opens first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, dcc, html

from components import annotations, filters, gate, on_time, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.closing_curves import closing, days_said
from components.figures.ranked import bars
from components.figures.series import Line, lines
from components.page import Query, page
from components.split import draw_split
from components.table import Column, Twin
from metrics.ageing import ageing
from metrics.curves import BEFORE
from metrics.definitions import HEADLINE
from metrics.headline import headlines
from metrics.measure import measure
from metrics.question import BadQuestion
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import target_of
from metrics.type_table import type_table

OLD = ("365+", "a year or longer")


def build(query: Query) -> list[Any]:
    return [
        html.Div(html.H1("Department"), id="department-head", className="page-head"),
        html.Div(
            [
                filters.bar(query, without=("department",), own=("against",)),
                html.P("The last complete week", id="department-week", className="subtitle"),
                html.Div([html.Section(className="card tile") for _ in HEADLINE], id="department-tiles", className="tiles"),
                html.Div(
                    [
                        block(TREND, "span-6"), block(OPEN, "span-6"), block(TYPES, "span-8", with_table=True), block(AGEING, "span-4"),
                        block(SPLIT, "span-12"),
                        block(CLOSING, "span-12"),
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
    for metric, said in (("overdue_now", "overdue now"), ("due_next_7_days", "due in the next 7 days")):
        n = measure(metric, asked).value or 0
        lists.append(dcc.Link(f"{words.cases(n)} {said}", href=filters.link("/backlog", asked, list=metric)))
    places = dcc.Link("Its work place by place", href=filters.link("/peers", asked))
    others = dcc.Link("All departments", href=filters.link("/departments", asked, department=None))
    return {
        "head": [html.H1(name), html.P(promise, className="lead"), html.P([*lists, places, others], className="work-lists")],
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
    made = [tiles.tile(head, asked, cases=tiles.cases_of(head.metric.id, asked)) for head in headlines(HEADLINE, asked)]
    return {"tiles": made, "week": f"The week of {words.days_between(*asked.last_week())}, the last complete one"}


def draw_trend(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time by period, with the department's own target."""
    return on_time.trend(asked, annotations.rebasing())


def draw_open(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open and overdue cases at the end of each period."""
    together = asked.remembering()
    backlog, overdue = (measure(name, together, period=True).frame for name in ("backlog", "overdue_now"))
    step = on_time.step(asked)
    frame = backlog[["period"]].assign(open=backlog["value"], overdue=overdue["value"].to_numpy())
    frame = frame.assign(
        name=[words.period(first, asked.question.grain, asked.calendar) for first in frame["period"]],
        open_href=[_open_then(asked, first, "backlog") for first in frame["period"]],
        overdue_href=[_open_then(asked, first, "overdue_now") for first in frame["period"]],
    )  # fmt: skip
    twin = Twin(frame.iloc[::-1], (
        Column("name", f"End of the {step} of"), Column("open", "Open", "cases", href="open_href"), Column("overdue", "Overdue", "cases", href="overdue_href"),
    ), f"Open and overdue cases at the end of each {step}")  # fmt: skip
    if frame.empty or not frame["open"].any():
        return Drawn("No case was open in this period.", None, twin)
    figure = lines(frame, [Line("open", "Open", theme.PRIMARY), Line("overdue", "Overdue", theme.BAD, "dash")], "cases")
    for trace, href in zip(figure["data"], ("open_href", "overdue_href"), strict=True):
        trace["customdata"] = frame[href].tolist()
    title = f"Cases open and overdue at the end of each {step}, {words.asked_period(asked.question)}"
    return Drawn(_open_words(frame, step), figure, twin, cases=frame["open_href"].iloc[-1], title=title)


def _open_then(asked: Asked, first: Any, metric: str) -> str:
    """The list of what was open when a period ended."""
    question = asked.question
    end = asked.calendar.next_start(pd.Timestamp(first).date(), question.grain)
    instant = min(asked.calendar.last_instant(min(end, question.end)), question.as_of)
    return tiles.cases_link(asked, metric, as_of=instant.isoformat() + "Z")


def _open_words(frame: pd.DataFrame, step: str) -> str:
    first, last = frame.iloc[0], frame.iloc[-1]
    change = last["open"] - first["open"]
    moved = "as many as" if not change else f"{words.count(abs(change))} {'more' if change > 0 else 'fewer'} than"
    since = f", {moved} at the end of the first {step} shown" if len(frame) > 1 else ""
    return words.sentence(f"{words.cases(last['open'])} were open at the end{since}; {words.count(last['overdue'])} of them overdue")


def draw_ageing(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open cases by age, as of one instant."""
    frame = ageing(asked)
    total = frame["n"].sum()
    frame = frame.assign(
        label=[_band(band) for band in frame["band"]], value=frame["n"], href=[tiles.cases_link(asked, "backlog", age=band) for band in frame["band"]]
    )  # fmt: skip
    twin = Twin(frame, (Column("label", "Open for"), Column("n", "Cases", "cases", href="href")), "Open cases by age")
    if not total:
        return Drawn("No case is open.", None, twin)
    old = int(frame["n"][frame["band"] == OLD[0]].iloc[0])
    finding = f"{words.count(old)} of {words.cases(total)} ({words.percent_of(old / total)}) have been open for {OLD[1]}."
    if not old:
        oldest = frame[frame["n"] > 0].iloc[-1]
        finding = f"None of {words.cases(total)} has been open for {OLD[1]}; the oldest {words.count(oldest['n'])} for {oldest['label']}."
    return Drawn(finding, bars(frame, "cases", colours=theme.AGE_COLOURS), twin, cases=tiles.cases_link(asked, "backlog"))


def _band(band: str) -> str:
    """ "7-14" as "7 to 14 days"."""
    low, _, high = band.partition("-")
    return f"{low} to {high} days" if high else f"{low.rstrip('+')} days or longer"


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


def _type_words(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "No case was opened or due in this period, and none is open."
    known = frame.dropna(subset=["on_time"]).sort_values(["on_time", "label"])
    said = [words.plural(len(frame), "request type")]
    if len(known):
        worst = known.iloc[0]
        said.append(f"{worst['label']} is least on time, {words.share(worst['on_time'])} of {words.cases(worst['due'])}")
    overdue = frame.sort_values(["overdue", "label"], ascending=[False, True]).iloc[0]
    if overdue["overdue"]:
        said.append(f"{overdue['label']} has most overdue, {words.count(overdue['overdue'])}")
    return words.sentence("; ".join(said))


TREND = Chart("department-on-time", "Share closed on time, by when they fell due", draw_trend, metric="ontime_due")
OPEN = Chart("department-open", "Cases open and overdue at the end of each step", draw_open, metric="backlog")
AGEING = Chart("department-ageing", "Open cases by age", draw_ageing, metric="backlog", has_period=False)
SPLIT = Chart("department-split", "Why the share on time changed, by request type", draw_split, metric="ontime_due")
CLOSING = Chart("department-closing", "Share closed by days since opening, and a year earlier", draw_closing, metric="ttc_km")
TYPES = Chart("department-types", "Request types side by side", draw_types, metric="ttc_km")

layout = page(__name__, "/departments", "Department", build, template="/departments/<department>")
