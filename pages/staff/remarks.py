"""`/remarks`: what departments said of their figures, and what was found: those that wait for an answer first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import Input, Output, dcc, html

from components import filters, gate, remark_marks, words
from components.chart import Chart, Drawn, block
from components.page import Query, heading, page
from components.table import Column, Twin
from data_access.store import remarks
from data_access.store.remarks import Remark
from metrics.question import visible_departments
from metrics.remarks import open_to
from metrics.select import Asked

STANDING, WAITING, EVERY = "standing", "waiting", "every"
SAID = filters.Option("said", "Which", lambda _asked: {STANDING: "All that stand", WAITING: "Without an answer", "disputed": "Disputed", EVERY: "Withdrawn ones too"}, lambda: STANDING)  # fmt: skip
_NAMES = (
    "id",
    "department",
    "said",
    "week",
    "figure",
    "text",
    "answer",
    "written_by",
    "written_at",
    "answered_by",
    "answered_at",
    "state",
    "metric",
    "filters",
    "open",
)


def build(query: Query) -> list[Any]:
    return [
        heading("What departments say", "Figures that a department explains or disputes, and what was found. The words stand with the figure wherever it is shown."),
        html.Div([filters.control(name, query) for name in (SAID.name, "department")], className="list-controls"),
        html.Div([block(REGISTER, "span-12", with_table=True)], className="grid"),
        html.Section([html.H2("Before the meeting", className="finding"), html.P("Each department's figures, with the boxes to explain or dispute them:", className="note"), html.Ul(id="remarks-departments", className="promises")], className="card prose"),
    ]  # fmt: skip


@gate.answers(Output("remarks-departments", "children"), question=Input("question", "data"))
def fill(asked: Asked) -> list[Any]:
    """The pages of the departments that the viewer may see."""
    members = sorted(visible_departments(gate.desk().viewer(), asked.mart).values(), key=lambda member: member.name.casefold())
    return [html.Li(dcc.Link(member.name, href=f"{remark_marks.PAGE}/{member.slug}")) for member in members]


def chosen(every: Sequence[Remark], which: str, asked: Asked) -> list[Remark]:
    """Those that the page's option and its department mean; disputes that wait for an answer first, then the latest week."""
    named = set(asked.question.department)
    kept = [
        one for one in every
        if (which == EVERY or one.stands) and (which != WAITING or not one.answer) and (which != "disputed" or one.is_dispute) and (not named or one.department in named)
    ]  # fmt: skip
    return sorted(kept, key=lambda one: (not (one.stands and one.is_dispute and not one.answer), -one.week.toordinal(), -one.id))


def draw_register(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """All of them as a table."""
    desk = gate.desk()
    every = remarks.register(desk.store(), desk.viewer(), open_to(desk.viewer(), asked.mart))
    shown = chosen(every, view[SAID.name], asked)
    rows = pd.DataFrame([_row(one) for one in shown], columns=list(_NAMES))
    columns = (
        Column("said", "Who", href="open"), Column("figure", "Figure"), Column("week", "Week from", "day"), Column("text", "What is said"), Column("answer", "What was found"),
        Column("state", "State"), Column("written_by", "Written by"), Column("written_at", "Written", "instant"),
    )  # fmt: skip
    return Drawn(_finding(every, shown), None, Twin(rows, columns, "What departments say", file=rows.drop(columns=["open", "said"])))


def _row(one: Remark) -> dict[str, Any]:
    state = "withdrawn" if not one.stands else "answered" if one.answer else "waits for an answer" if one.is_dispute else "stands"
    return {
        "id": one.id, "department": remark_marks.department(one), "said": remark_marks.head(one), "week": one.week, "figure": remark_marks.figure_said(one),
        "text": one.text, "answer": remark_marks.answer_said(one), "written_by": one.written_by_name, "written_at": pd.Timestamp(one.written_at), "answered_by": one.answered_by_name,
        "answered_at": None if one.answered_at is None else pd.Timestamp(one.answered_at), "state": state, "metric": one.metric, "filters": one.filters, "open": remark_marks.link(one),
    }  # fmt: skip


def _finding(every: Sequence[Remark], shown: Sequence[Remark]) -> str:
    if not every:
        return "No department has explained or disputed a figure yet."
    if not shown:
        return "Nothing is shown with this choice."
    waiting = sum(one.stands and one.is_dispute and not one.answer for one in every)
    disputed = sum(one.stands and one.is_dispute for one in every)
    standing = sum(one.stands for one in every)
    return words.sentence(
        f"{words.plural(standing, 'remark')} stand{'s' if standing == 1 else ''}; {disputed} of them dispute{'s' if disputed == 1 else ''} a figure, {waiting} without an answer"
    )


REGISTER = Chart("remarks", "What departments say of their figures", draw_register, has_period=False)

layout = page(__name__, "/remarks", "What departments say", build)
