"""Actions written down in the room, beside the chart they are about: each has an owner, a deliverable, a date and a figure."""

from __future__ import annotations

from datetime import date
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, html

from components import commitment_words, gate, meeting_stage, meetings, words
from components.form_fields import day_of
from data_access.store import commitments
from data_access.store.acting import Acting
from data_access.store.agendas import Item
from data_access.store.commitments import Commitment, NotPromised
from data_access.store.meetings import CANCELLED, Meeting
from metrics.definitions import METRICS, REGISTRY
from metrics.question import BadQuestion, visible_departments
from metrics.select import Asked

EXPECTED = {"higher": "go up", "lower": "go down"}
ITEM = "room-item"


def form() -> html.Section:
    """The form; what is prefilled comes from the item that is shown."""
    metrics = [{"value": metric.id, "label": metric.label} for metric in METRICS if metric.by_period]
    fields = (
        ("what", "What will have been done", dbc.Textarea(id="action-what", maxlength=commitments.LONGEST["deliverable"], rows=2)),
        ("owner", "Owner (one person)", dbc.Input(id="action-owner", type="text", maxlength=commitments.LONGEST["owner_name"], autocomplete="off")),
        ("mail", "E-mail, for reminders", dbc.Input(id="action-mail", type="email", maxlength=commitments.LONGEST["owner_email"], autocomplete="off")),
        ("department", "Department", dbc.Select(id="action-department", options=[])),
        ("due", "By when", dbc.Input(id="action-due", type="date")),
        ("metric", "Measured by", dbc.Select(id="action-metric", options=metrics)),
        ("expected", "It should", dbc.Select(id="action-expected", options=[{"value": name, "label": label} for name, label in EXPECTED.items()])),
    )  # fmt: skip
    made = [html.Div([html.Label(label, htmlFor=f"action-{name}"), field], className=f"action-{name}") for name, label, field in fields]
    return html.Section(
        [
            html.H2("Write down an action"), html.Div(made, className="action-fields"), html.P(id="action-about", className="note"),
            html.Button("Keep the action", id="action-keep", type="button", className="btn btn-primary"), html.P(id="action-said", className="note", role="status"),
        ],
        id="action-form", className="card action-form",
    )  # fmt: skip


def prefilled(item: Item | None, of: Meeting, asked: Asked) -> dict[str, Any]:
    """What the form holds at an item: the department that answers, the figure and the cases it is about."""
    open_to = visible_departments(gate.desk().viewer(), asked.mart)
    keys = [key for key in of.series.departments if key in open_to]
    department = item.department if item is not None and item.department in keys else next(iter(keys), None)
    metric, scope = ("ontime_due", "") if item is None else meeting_stage.measured_by(item, asked, department or "")
    several = (
        " Of several departments, those of the one that owes it."
        if len(of.series.departments) > 1 and "department=" in scope and not (item and item.department)
        else ""
    )
    return {
        "departments": [{"value": key, "label": asked.name_of("department", key)} for key in keys],
        "department": department, "metric": metric,
        "expected": "higher" if REGISTRY[metric].direction == "higher" else "lower",
        "about": f"Of the cases this item is about: {meeting_stage.cases_said(scope)}.{several}" if scope else "Of all cases.",
    }  # fmt: skip


def rows(found: list[Commitment], asked: Asked) -> list[Any]:
    """The actions written down so far."""
    return [html.Li(_row(one, asked)) for one in found] or [html.Li("No action yet.", className="note")]


def _row(one: Commitment, asked: Asked) -> list[Any]:
    owes = f"{one.owner_name}, {asked.name_of('department', one.department)}, by {words.day(one.due_on)}; {commitment_words.hoped(one)}"
    return [html.Strong(one.deliverable), html.Span(words.sentence(owes), className="note")]


@gate.changes(
    {
        "said": Output("action-said", "children"), "what": Output("action-what", "value"), "owner": Output("action-owner", "value"),
        "mail": Output("action-mail", "value"), "due": Output("action-due", "value"),
    },
    action="commit", trigger=Input("action-keep", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "item": (State(ITEM, "data"), gate.short_text(20, "The item")),
        "what": (State("action-what", "value"), gate.short_text(commitments.LONGEST["deliverable"], "What will have been done")),
        "owner": (State("action-owner", "value"), gate.short_text(commitments.LONGEST["owner_name"], "The owner")),
        "mail": (State("action-mail", "value"), gate.short_text(commitments.LONGEST["owner_email"], "The e-mail")),
        "department": (State("action-department", "value"), gate.short_text(80, "The department")), "due": (State("action-due", "value"), day_of("By when")),
        "metric": (State("action-metric", "value"), gate.short_text(60, "The figure")),
        "expected": (State("action-expected", "value"), gate.one_of(EXPECTED, "direction")),
    },
)  # fmt: skip
def keep(
    acting: Acting, asked: Asked, query: dict[str, str], item: str, what: str, owner: str, mail: str, department: str, due: date | None,
    metric: str, expected: str,
) -> dict[str, str | None]:  # fmt: skip
    """Keep an action, about what the item is about."""
    of = meetings.chosen(query, asked)
    if of.state == CANCELLED:
        raise BadQuestion("This meeting was cancelled; nothing can be promised in it.")
    if metric and metric not in REGISTRY:
        raise BadQuestion(f"There is no figure called '{metric[:40]}'.")
    if department and department not in of.series.departments:
        raise BadQuestion(f"'{department[:40]}' is no department of this meeting.")
    items = meeting_stage.agenda(of, asked)
    scope = meeting_stage.measured_by(meeting_stage.item_to_change(items, item), asked, department)[1] if items or item else ""
    day = meetings.today(asked)
    try:
        commitments.make(
            acting, meeting_id=of.id, department=department, deliverable=what, owner_name=owner, owner_email=mail, due_on=due, metric=metric,
            filters=scope, expected=expected, expected_value=None, made_on=min(of.on, day),
        )  # fmt: skip
    except NotPromised as error:
        raise BadQuestion(str(error)) from None
    dash.set_props("notice", {"hidden": True})
    return {"said": f"Kept: {owner} owes “{what}” by {words.day(due) if due else ''}.", "what": "", "owner": "", "mail": "", "due": None}
