"""`/meeting`: when departments meet, which meetings were held or cancelled, and how often."""

from __future__ import annotations

from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from components import gate, meetings, schedule
from components.form_fields import day_of
from components.page import Query, heading, page
from data_access.store import meetings as kept
from data_access.store.acting import Acting
from metrics.question import BadQuestion, visible_departments
from metrics.select import Asked

USUAL_START, USUAL_MINUTES, USUAL_WEEKS = "09:00", 60, 2


def build(_query: Query) -> list[Any]:
    return [
        heading("Meetings", "Follow-up needs a fixed rhythm: what is planned, what was held, and what was cancelled with its reason."),
        html.P(dcc.Link("Briefing packets", href="/packet"), className="work-lists"),
        html.P(id="meet-said", className="note", role="status"),
        html.Div(
            [
                html.Div([_list("Upcoming", "meet-upcoming"), _list("Past", "meet-past")], className="span-8 meet-column"),
                html.Div(
                    [
                        html.Section([html.H2("Held and cancelled", className="finding"), html.Div(id="meet-counter")], className="card"),
                        html.Section(
                            [
                                html.H2("Series", className="finding"), html.Ul(id="meet-series", className="notes-list"),
                                html.Div(_form(), id="meet-form", hidden=True),
                            ],
                            className="card",
                        ),
                    ],
                    className="span-4 meet-column",
                ),
            ],
            className="grid",
        ),
    ]  # fmt: skip


def _list(title: str, name: str) -> html.Section:
    return html.Section([html.H2(title, className="finding"), html.Ul(id=name, className="meets")], className="card")


def _form() -> html.Details:
    fields = (
        ("name", "Name", dbc.Input(id="series-name", type="text", maxlength=kept.LONGEST_NAME, size="sm", autocomplete="off")),
        ("first", "First meeting", dbc.Input(id="series-first", type="date", size="sm")),
        ("start", "Begins at", dbc.Input(id="series-start", type="time", value=USUAL_START, size="sm")),
        ("minutes", f"Minutes (at most {kept.LONGEST})", dbc.Input(id="series-minutes", type="number", min=kept.SHORTEST, max=kept.LONGEST, step=5, value=USUAL_MINUTES, size="sm")),
        ("weeks", "Weeks between meetings", dbc.Input(id="series-weeks", type="number", min=1, max=kept.MOST_WEEKS, step=1, value=USUAL_WEEKS, size="sm")),
    )  # fmt: skip
    return html.Details(
        [
            html.Summary("Plan a series"),
            html.Div(
                [
                    *[html.Div([html.Label(label, htmlFor=f"series-{name}"), field], className="filter") for name, label, field in fields],
                    html.Fieldset([html.Legend("Departments"), dbc.Checklist(id="series-departments", options=[], value=[])]),
                    html.Button("Plan it", id="series-plan", type="button", className="btn btn-sm btn-primary"),
                ],
                className="note-form",
            ),
        ]
    )


def _refused(message: str) -> dict[str, Any]:
    return {
        "upcoming": [html.Li(message, className="empty")], "past": [], "counter": "", "series": [], "no_form": True, "departments": [],
    }  # fmt: skip


@gate.answers(
    {
        "upcoming": Output("meet-upcoming", "children"), "past": Output("meet-past", "children"), "counter": Output("meet-counter", "children"),
        "series": Output("meet-series", "children"), "no_form": Output("meet-form", "hidden"), "departments": Output("series-departments", "options"),
    },
    question=Input("question", "data"), refused=_refused,
)  # fmt: skip
def fill(asked: Asked) -> dict[str, Any]:
    """The schedule, and the form for whom it is open."""
    return {
        "upcoming": schedule.upcoming(asked), "past": schedule.past(asked), "counter": schedule.counter(asked), "series": schedule.series(asked),
        "no_form": not meetings.may_run(),
        "departments": [{"value": one.slug, "label": one.name} for one in visible_departments(gate.desk().viewer(), asked.mart).values()],
    }  # fmt: skip


@gate.changes(
    {"name": Output("series-name", "value"), "chosen": Output("series-departments", "value")},
    action="run_meeting", trigger=Input("series-plan", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "name": (State("series-name", "value"), gate.short_text(kept.LONGEST_NAME, "The name")),
        "first": (State("series-first", "value"), day_of("The first meeting")),
        "start": (State("series-start", "value"), gate.short_text(5, "The beginning")),
        "minutes": (State("series-minutes", "value"), meetings.whole(kept.SHORTEST, kept.LONGEST, "The minutes")),
        "weeks": (State("series-weeks", "value"), meetings.whole(1, kept.MOST_WEEKS, "The weeks between meetings")),
        "departments": (State("series-departments", "value"), gate.texts),
    },
)  # fmt: skip
def plan(
    acting: Acting, asked: Asked, query: dict[str, str], name: str, first: date | None, start: str, minutes: int, weeks: int, departments: list[str],
) -> dict[str, Any]:  # fmt: skip
    """Begin a series; its meetings of the next weeks are there at once."""
    if first is None:
        raise BadQuestion("Choose the day of the first meeting.")
    known = visible_departments(acting.viewer, asked.mart)
    for department in departments:
        if department not in known:
            raise BadQuestion(f"There is no department called '{department[:40]}'.")
    try:
        kept.plan_series(acting, name=name, departments=departments, first_on=first, starts_at=start, minutes=minutes, every_weeks=weeks)
    except kept.NotPlanned as error:
        raise BadQuestion(str(error)) from None
    schedule.tell(f"“{' '.join(name.split())}” is planned.", query)
    return {"name": "", "chosen": []}


layout = page(__name__, "/meeting", "Meetings", build, nav="Meetings", order=1)
