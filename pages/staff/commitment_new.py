"""`/commitments/new`: a commitment about what a chart showed: who, what, until when, and which figure it should move how far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from access import MAY
from components import commitment_marks, filters, gate, words
from components.commitments import PAGE
from components.form_fields import day_of, field, value_of
from components.page import Query, heading, page
from data_access.store import commitments
from data_access.store.acting import Acting
from data_access.store.commitments import LONGEST
from metrics import promised
from metrics.definitions import METRICS, REGISTRY
from metrics.kinds import Metric
from metrics.question import BadQuestion, visible_departments
from metrics.select import Asked
from metrics.signals import filters_of

HERE = State("question", "data")
BETTER = "better"
EXPECTED = {BETTER: "The way that is better", "higher": "Higher", "lower": "Lower"}
FIGURES = tuple(metric.id for metric in METRICS if metric.by_period)
USUAL_WEEKS = 4
"""Until a commitment is due, where nobody says otherwise."""


def build(_query: Query) -> list[Any]:
    figures = [{"value": name, "label": REGISTRY[name].label} for name in FIGURES]
    directions = [{"value": name, "label": label} for name, label in EXPECTED.items()]
    return [
        html.Nav(dcc.Link("All commitments", href=PAGE), className="crumbs", **{"aria-label": "Where this is"}),
        heading("Ask for a commitment", "Read it aloud before you keep it: who does what until when, and which figure shows it."),
        html.Section(
            [
                html.P(id="promise-about", className="promise-about"),
                html.Div(
                    [
                        field("promise-deliverable", "What will have been done", dbc.Textarea(id="promise-deliverable", maxlength=LONGEST["deliverable"], rows=2), wide=True),
                        field("promise-department", "Department that owes it", dbc.Select(id="promise-department", options=[], value="", placeholder="Choose one")),
                        field("promise-owner", "Person who owes it", dbc.Input(id="promise-owner", type="text", maxlength=LONGEST["owner_name"], autocomplete="off")),
                        field("promise-email", "E-mail for reminders (optional)", dbc.Input(id="promise-email", type="email", maxlength=LONGEST["owner_email"], autocomplete="off")),
                        field("promise-due", "Due on", dbc.Input(id="promise-due", type="date")),
                        field("promise-figure", "Figure it should move", dbc.Select(id="promise-figure", options=figures, value=FIGURES[0])),
                        field("promise-expected", "Which way", dbc.Select(id="promise-expected", options=directions, value=BETTER)),
                        field(
                            "promise-value", "How far (optional; a share in percent)", dbc.Input(id="promise-value", type="text", inputMode="decimal", maxlength=20, autocomplete="off"),
                        ),
                    ],
                    className="promise-new",
                ),
                html.Button("Keep the commitment", id="promise-make", type="button", className="btn btn-primary"),
                html.P(id="promise-made", className="note", role="status"),
            ],
            className="card prose", id="promise-form", hidden=True,
        ),
        html.P("Your account may look at commitments but not ask for them.", id="promise-closed", className="empty", hidden=True),
    ]  # fmt: skip


@gate.answers(
    {
        "about": Output("promise-about", "children"), "departments": Output("promise-department", "options"), "department": Output("promise-department", "value"),
        "figure": Output("promise-figure", "value"), "due": Output("promise-due", "value"), "is_closed": Output("promise-form", "hidden"),
        "is_open": Output("promise-closed", "hidden"),
    },
    question=Input("question", "data"), values={"query": (State("question", "data"), gate.query_of)},
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """What the chart showed, as the form's first values."""
    desk = gate.desk()
    may, figure = desk.viewer().role in MAY["commit"], query.get(commitment_marks.FIGURE, "")
    departments = visible_departments(desk.viewer(), asked.mart)
    chosen = asked.question.department
    return {
        "about": f"It is about: {filters.said(asked) or 'all cases'}. Open this form from a chart to make it about what the chart shows.",
        "departments": [{"value": name, "label": member.name} for name, member in departments.items()],
        "department": chosen[0] if len(chosen) == 1 and chosen[0] in departments else "", "figure": figure if figure in FIGURES else FIGURES[0],
        "due": (promised.today(asked) + timedelta(weeks=USUAL_WEEKS)).isoformat(), "is_closed": not may, "is_open": may,
    }  # fmt: skip


def direction_of(expected: str, metric: Metric) -> str:
    """Which way is meant.

    Raises:
        BadQuestion: the figure's better way, where neither is better.
    """
    if expected != BETTER:
        return expected
    if metric.direction == "neither":
        raise BadQuestion(f"Of “{metric.label}” neither way is better by itself; choose higher or lower.")
    return metric.direction


@gate.changes(
    {"said": Output("promise-made", "children"), "deliverable": Output("promise-deliverable", "value")},
    action="commit", trigger=Input("promise-make", "n_clicks"), question=HERE,
    values={
        "deliverable": (State("promise-deliverable", "value"), gate.short_text(LONGEST["deliverable"], "What will have been done")),
        "department": (State("promise-department", "value"), gate.short_text(80, "The department")),
        "owner": (State("promise-owner", "value"), gate.short_text(LONGEST["owner_name"], "The person")),
        "email": (State("promise-email", "value"), gate.short_text(LONGEST["owner_email"], "The e-mail address")), "due": (State("promise-due", "value"), day_of("The day it is due")),
        "figure": (State("promise-figure", "value"), gate.one_of(FIGURES, "figure")), "expected": (State("promise-expected", "value"), gate.one_of(EXPECTED, "way")),
        "value": (State("promise-value", "value"), gate.short_text(20, "How far")),
    },
)  # fmt: skip
def keep(
    acting: Acting, asked: Asked, deliverable: str, department: str, owner: str, email: str, due: date | None, figure: str, expected: str, value: str,
) -> Mapping[str, Any]:  # fmt: skip
    """Keep the commitment, and say where it is."""
    metric = REGISTRY[figure]
    if department and department not in visible_departments(acting.viewer, asked.mart):
        raise BadQuestion(f"There is no department called '{department[:40]}'.")
    scope = urlencode(sorted((name, ",".join(sorted(values))) for name, values in filters_of(asked).items()))
    try:
        number = commitments.make(
            acting, meeting_id=None, department=department, deliverable=deliverable, owner_name=owner, owner_email=email, due_on=due, metric=figure,
            filters=scope, expected=direction_of(expected, metric), expected_value=value_of(value, metric, "How far"), made_on=promised.today(asked),
        )  # fmt: skip
    except commitments.NotPromised as error:
        raise BadQuestion(str(error)) from None
    dash.set_props("notice", {"hidden": True})
    day = "" if due is None else words.weekday(due)
    said = ["Kept: ", dcc.Link(f"{owner}: {deliverable}, due {day}", href=f"{PAGE}/{number}"), "."]
    return {"said": said, "deliverable": ""}


# Before the page of one commitment, whose address would take "new" for a number.
layout = page(__name__, f"{PAGE}/new", "Ask for a commitment", build, order=98)
