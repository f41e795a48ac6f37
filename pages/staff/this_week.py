"""`/`: thirty seconds before the meeting. What got better, what got worse, and is that real?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
from dash import Input, Output, html

from components import annotations, filters, gate, on_time, remark_marks, running_week, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.commitments import promised_block
from components.figures.ranked import bars
from components.figures.series import Line, bars_over_time
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.definitions import HEADLINE, REGISTRY
from metrics.headline import headlines
from metrics.measure import measure
from metrics.movers import movers
from metrics.question import Question
from metrics.select import Asked

WEEKS, FLOW_WEEKS = 52, 13
MOVES = 8
MOST_MOVES = 10_000
"""All there are: signals are counted over every department and type, also those not drawn."""
MOVED_LETTERS = 30
"""Their labels are longer than most."""


def build(query: Query) -> list[Any]:
    return [
        heading("This week"),
        html.P("The last complete week", id="week-line", className="lead"),
        filters.bar(query, without=("weeks", "from", "to", "grain"), weeks=WEEKS),
        html.Div([html.Section(className="card tile") for _ in HEADLINE], id="tiles", className="tiles"),
        html.P(id="running-week", className="note running-week"),
        promised_block(),
        html.Div([block(MOVED, "span-7"), block(OVERDUE, "span-5"), block(ON_TIME, "span-6"), block(FLOW, "span-6")], className="grid"),
    ]


@gate.answers(Output("running-week", "children"), question=Input("question", "data"))
def fill_running(asked: Asked) -> list[Any]:
    """The week that still runs."""
    return running_week.line(asked)


@gate.answers({"tiles": Output("tiles", "children"), "week": Output("week-line", "children")}, question=Input("question", "data"))
def fill_tiles(asked: Asked) -> dict[str, Any]:
    """The six headline figures of the last complete week."""
    start, end = asked.last_week()
    chosen = filters.said(asked)
    week = f"The week of {words.days_between(start, end)}, the last complete one" + (f": {chosen}" if chosen else "")
    return {"tiles": remark_marks.made_tiles(headlines(HEADLINE, asked), asked), "week": week}


def draw_moved(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What lies furthest from what its baseline leads to expect, signals first."""
    every = movers(asked, MOST_MOVES, annotations.rebasing())
    real, frame = int(every["is_signal"].sum()), every.head(MOVES)
    names = [_what(row) for row in frame.to_dict("records")]
    units = [REGISTRY[name].unit for name in frame["metric"]]
    rows = frame.assign(
        what=names, now=[words.amount(v, u) for v, u in zip(frame["value"], units, strict=True)],
        href=_behind(frame, asked), usual=[words.amount(v, u) for v, u in zip(frame["base"], units, strict=True)],
        kind=["signal" if is_signal else "within its usual range" for is_signal in frame["is_signal"]], label=names,
    )  # fmt: skip
    columns = (
        Column("what", "What", href="href"), Column("now", "This week", href="href"), Column("n", "Cases behind it", "cases", href="href"), Column("usual", "Expected"), Column("cases", "Cases affected", "cases"),
        Column("verdict", "Direction"), Column("kind", "Is it real?"),
    )  # fmt: skip
    colours = [
        theme.QUIET if not s else {"better": theme.GOOD, "worse": theme.BAD}.get(v, theme.PRIMARY)
        for s, v in zip(frame["is_signal"], frame["verdict"], strict=True)
    ]
    drawn = rows.assign(
        value=rows["cases"], label=[f"{name} {_direction(row)}" for name, row in zip(names, frame.to_dict("records"), strict=True)]
    )
    start, end = asked.last_week()
    return Drawn(
        _moved_words(frame, names, real), bars(drawn, "cases", colours=colours, href=None, letters=MOVED_LETTERS) if len(drawn) else None,
        remark_marks.with_column(Twin(rows, columns, "What moved most, by cases affected"), remark_marks.line_texts(frame.to_dict("records"), asked)), leads=_first_lead(rows, real), title=f"What moved most in the week of {words.days_between(start, end)}",
        note="Length: by how many cases, against what the baseline leads to expect. Grey: no clear signal. The limits are those of the page Signals.",
    )  # fmt: skip


def _behind(frame: pd.DataFrame, asked: Asked) -> list[str]:
    """The list behind each value: the cases of the week, or those open at its end."""
    at = zip(frame["metric"], frame["dimension"], frame["key"], strict=True)
    return [tiles.cases_of(metric, asked, **{dimension: key}) for metric, dimension, key in at]


def _first_lead(rows: pd.DataFrame, real: int) -> dict[str, str]:
    """The value that the finding begins with."""
    return {rows["now"].iloc[0]: rows["href"].iloc[0]} if real else {}


def _what(row: dict[str, Any]) -> str:
    return f"{row['label']}: {words.label(REGISTRY[row['metric']])}"


def _direction(row: dict[str, Any]) -> str:
    way = "▲" if row["difference"] > 0 else "▼"
    return way if row["verdict"] == "neither" else f"{way}\u00a0{row['verdict']}"


def _moved_words(frame: pd.DataFrame, names: list[str], real: int) -> str:
    """The first of `frame`, and how many of all moves are signals, shown or not."""
    if not len(frame):
        return "Nothing moved: no department or type has enough cases to say more."
    if not real:
        return "No signal this week: every department and type stayed within its usual range."
    first = frame.iloc[0]
    unit = REGISTRY[first["metric"]].unit
    change = f"{words.amount(first['value'], unit)}, where {words.amount(first['base'], unit)} was to be expected"
    others = f"; {words.plural(real - 1, 'more signal')}" if real > 1 else ""
    return words.sentence(f"{names[0]} is a signal: {change}{others}")


def draw_overdue(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Overdue cases by department, most first."""
    frame = measure("overdue_now", asked, by="department").frame
    frame = frame[frame["value"] > 0].sort_values("value", ascending=False)
    frame = frame.assign(href=[filters.link("/backlog", asked, department=key, list="overdue_now") for key in frame["key"]])
    total, every = frame["value"].sum(), tiles.cases_link(asked, "overdue_now")
    if frame.empty:
        return Drawn("No case is overdue.", None, Twin(frame, (Column("label", "Department"), Column("value", "Overdue", "cases"))))
    finding = (
        f"{frame['label'].iloc[0]} has {words.percent_of(frame['value'].iloc[0] / total)} of the {words.cases(total)} that are overdue."
    )
    return Drawn(finding, bars(frame, "cases", colours=theme.BAD), Twin(frame, (Column("label", "Department", href="href"), Column("value", "Overdue", "cases", href="href"))),
                 cases=every, leads={words.cases(total): every})  # fmt: skip


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The headline share by week, with the range that is only noise."""
    return on_time.trend(asked.about(asked.question.about(grain="week")), annotations.rebasing())


def draw_flow(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Opened and closed by week, of the last weeks of the question."""
    asked = asked.about(_last_weeks(asked))
    opened, closed = (measure(name, asked, period=True).frame for name in ("opened", "closed"))
    frame = opened[["period"]].assign(opened=opened["value"], closed=closed["value"].to_numpy())
    series = [Line("opened", "Opened", theme.PRIMARY), Line("closed", "Closed", theme.THIRD)]
    figure = bars_over_time(frame, series, "cases")
    for trace, line in zip(figure["data"], series, strict=True):
        hrefs = [tiles.cases_link(asked, line.column, **on_time.span_of(first, asked)) for first in frame["period"]]
        frame = frame.assign(**{f"{line.column}_href": hrefs})
        trace["customdata"] = hrefs
    columns = (
        Column("period", "Week from", "day"), Column("opened", "Opened", "cases", href="opened_href"), Column("closed", "Closed", "closures", href="closed_href"),
    )  # fmt: skip
    return Drawn(_flow_words(frame), figure, Twin(frame.iloc[::-1], columns, "Opened and closed by week"), cases=tiles.cases_link(asked, "opened"),
                 title=f"{FLOW.title}, {words.asked_period(asked.question)}")  # fmt: skip


def _last_weeks(asked: Asked) -> Question:
    """The question about the last complete weeks that are drawn, as far as it goes back."""
    question, (last, end) = asked.question, asked.last_week()
    # A week that still runs has fewer of both: it is not set beside whole ones.
    end = end if end > question.start else question.end
    return question.about(start=max(question.start, last - timedelta(weeks=FLOW_WEEKS - 1)), end=end, grain="week")


def _flow_words(frame: pd.DataFrame) -> str:
    more_in = frame["opened"].sum() - frame["closed"].sum()
    weeks = "the last week" if len(frame) == 1 else f"the last {len(frame)} weeks"
    if not more_in:
        return f"In {weeks} as many cases were opened as closed."
    were = "case was" if abs(more_in) == 1 else "cases were"
    return f"In {weeks} {words.count(abs(more_in))} {'more' if more_in > 0 else 'fewer'} {were} opened than closed."


MOVED = Chart("what-moved", "What moved most in the last complete week", draw_moved, has_period=False)
OVERDUE = Chart("overdue-by-department", "Overdue cases by department", draw_overdue, metric="overdue_now", has_period=False)
ON_TIME = Chart("on-time-by-week", "Cases closed on time, by the week they fell due", draw_on_time, metric="ontime_due")
FLOW = Chart("flow-by-week", "Cases opened and closed by week", draw_flow, metric="opened")

layout = page(__name__, "/", "This week", build, nav="This week", order=0, weeks=WEEKS)
