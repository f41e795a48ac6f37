"""`/meeting/<meeting>`: the agenda of one meeting beside the charts it is about."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from components import agenda_list, agenda_pages, gate, meeting_stage, meetings, remark_marks, restated_words, schedule, shown_charts, words
from components.packet_list import packets_of
from components.page import Query, page
from data_access.store import agendas
from data_access.store.acting import Acting
from data_access.store.agendas import Draft, Item
from data_access.store.meetings import CANCELLED, PLANNED, Meeting, NotPlanned
from metrics.question import BadQuestion, visible_departments
from metrics.select import Asked


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("Meetings", href=meetings.PATH), className="crumbs", **{"aria-label": "Where this is"}),
        html.Div(html.H1("Meeting"), id="meeting-head", className="page-head"),
        html.P(id="meet-said", className="note", role="status"),
        html.Div(
            [
                html.Section(
                    [
                        html.H2("Agenda", className="finding"), html.P(id="agenda-total", className="subtitle"),
                        html.Div(_draft_button("Draft the agenda"), id="agenda-draft-form", hidden=True),
                        html.Ol(id="agenda-items", className="agenda"),
                        html.Div(id="agenda-off"),
                        html.Div([_add_form(), _redraft_form()], id="agenda-add-form", hidden=True),
                    ],
                    className="card span-5",
                ),
                html.Section([html.Div(id="stage", className="stage")], className="span-7 stage-side", **{"aria-label": "What this item shows"}),
                html.Div(id="meeting-restated", className="span-12"),
            ],
            id="meeting-body", className="grid",
        ),
    ]  # fmt: skip


def _draft_button(text: str) -> list[Any]:
    return [
        html.P(
            "The agenda is made of the signals, the promises and the forecast as known at the meeting's instant, and can be edited after."
        ),
        html.Button(text, id="agenda-draft", type="button", className="btn btn-sm btn-primary"),
    ]


def _add_form() -> html.Details:
    return html.Details(
        [
            html.Summary("Add an item"),
            html.Div(
                [
                    html.Label(["Title", dbc.Input(id="agenda-new-title", type="text", maxlength=agendas.LONGEST_TITLE, size="sm")]),
                    html.Label(["Minutes", dbc.Input(id="agenda-new-minutes", type="number", min=1, max=90, step=1, value=5, size="sm")]),
                    html.Label(["Page it shows (its address, or a chart's “Link to this view”)", dbc.Input(id="agenda-new-address", type="text", maxlength=agendas.LONGEST_ADDRESS, size="sm")]),
                    html.Button("Add it", id="agenda-add", type="button", className="btn btn-sm btn-primary"),
                ],
                className="item-edit",
            ),
        ]
    )  # fmt: skip


def _redraft_form() -> html.Details:
    return html.Details(
        [
            html.Summary("Draft it anew"),
            html.P("From what is known by now. The items above are taken off, and can be brought back."),
            html.Button("Draft it anew", id="agenda-redraft", type="button", className="btn btn-sm btn-outline-secondary"),
        ]
    )


def _refused(message: str) -> dict[str, Any]:
    head = [html.H1("Not shown"), html.P([message, " ", dcc.Link("All meetings", href=meetings.PATH)])]
    return {
        "head": head, "total": "", "no_draft": True, "items": [], "off": [], "no_add": True, "stage": [], "restated": [], "is_refused": True,
    }  # fmt: skip


@gate.answers(
    {
        "head": Output("meeting-head", "children"), "total": Output("agenda-total", "children"), "no_draft": Output("agenda-draft-form", "hidden"),
        "items": Output("agenda-items", "children"), "off": Output("agenda-off", "children"), "no_add": Output("agenda-add-form", "hidden"),
        "stage": Output("stage", "children"), "restated": Output("meeting-restated", "children"), "is_refused": Output("meeting-body", "hidden"),
    },
    question=Input("question", "data"), values={"query": (Input("question", "data"), gate.query_of)}, refused=_refused,
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The meeting in the path, its agenda, and the charts of the item in the address."""
    of = meetings.chosen(query, asked)
    items = meeting_stage.agenda(of, asked)
    item = meeting_stage.item_in(items, query.get("item"))
    may = meetings.may_run() and of.state == PLANNED
    drafted = of.as_of is not None
    return {
        "head": _head(of, asked), "total": agenda_list.total(items, of) if drafted else "No agenda has been drafted yet.", "no_draft": not may or drafted,
        "items": agenda_list.rows(items, item, of, asked), "off": agenda_list.off(of, asked), "no_add": not may or not drafted,
        "stage": _stage(item, of, asked),
        "restated": [] if item is None or item.kind == "data" else restated_words.section(meetings.frozen_before(of, asked, gate.desk().store()), asked),
        "is_refused": False,
    }  # fmt: skip


def _head(of: Meeting, asked: Asked) -> list[Any]:
    known = "" if of.as_of is None else f" Figures as known on {words.instant(of.as_of, asked.calendar)}."
    said = f"{meetings.when(of)}, {of.series.minutes} minutes: {meetings.about(of.series, asked)}.{known}"
    state = {CANCELLED: "tag tag-bad", PLANNED: "tag"}.get(of.state, "tag tag-good")
    links = (
        []
        if of.as_of is None
        else [dcc.Link("Open the room", href=meetings.address(of, "room")), dcc.Link("Memo", href=meetings.address(of, "memo"))]
    )
    controls = schedule.controls(of, meetings.today(asked)) if meetings.may_run() else []
    open_ = visible_departments(gate.desk().viewer(), asked.mart)
    before = [
        dcc.Link(asked.name_of("department", key), href=f"{remark_marks.PAGE}/{key}") for key in of.series.departments if key in open_
    ]
    return [
        html.H1([of.series.name, " ", html.Span(meetings.STATE_WORDS[of.state], className=state)]), html.P(said, className="lead"),
        html.Div([*links, *schedule.reason(of), *controls], className="meeting-do"),
        *([html.P(["Before the meeting, by department: ", *before], className="work-lists")] if before and of.state == PLANNED else []),
        html.Details([html.Summary("Briefing packets"), packets_of(of.id, asked), dcc.Link("Draft one, or see all", href="/packet")], open=True, className="meeting-packets"),
    ]  # fmt: skip


def _stage(item: Item | None, of: Meeting, asked: Asked) -> list[Any]:
    if item is None:
        return []
    return [html.H2(item.title, className="stage-title"), *meeting_stage.stage(item, of, asked), *meeting_stage.way_there(item)]


def _drafting(name: str) -> None:
    """A button that makes the agenda, and fixes what its figures are of."""

    @gate.changes(
        Output(name, "title"), action="run_meeting", trigger=Input(name, "n_clicks"), question=State("question", "data"),
        values={"query": (State("question", "data"), gate.query_of)},
    )  # fmt: skip
    def draft(acting: Acting, asked: Asked, query: dict[str, str]) -> str:
        of = meetings.chosen(query, asked)
        as_of = meetings.instant_for(of, asked, acting.store)
        try:
            is_new = agendas.draft(acting, of.id, as_of, agenda_pages.drafted(of, as_of), instead_of=of.as_of)
        except NotPlanned as error:
            raise BadQuestion(str(error)) from None
        said = f"The agenda is drafted from what was known on {words.instant(as_of, asked.calendar)}."
        schedule.tell(said if is_new else "Somebody drafted this agenda just now; it is shown here.", {**query, "item": ""})
        return ""


_drafting("agenda-draft")
_drafting("agenda-redraft")


@gate.changes(
    {"title": Output("agenda-new-title", "value"), "address": Output("agenda-new-address", "value")},
    action="run_meeting", trigger=Input("agenda-add", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "title": (State("agenda-new-title", "value"), gate.short_text(agendas.LONGEST_TITLE, "The title")),
        "minutes": (State("agenda-new-minutes", "value"), meetings.whole(1, 90, "The minutes")),
        "address": (State("agenda-new-address", "value"), gate.short_text(agendas.LONGEST_ADDRESS, "The address")),
    },
)  # fmt: skip
def add(acting: Acting, asked: Asked, query: dict[str, str], title: str, minutes: int, address: str) -> dict[str, str]:
    """Put an item of one's own on the agenda."""
    of = meetings.chosen(query, asked)
    try:
        agendas.add(acting, of.id, Draft("issue", title, minutes, agenda_pages.answers_for(address, of), shown_charts.checked(address)))
    except NotPlanned as error:
        raise BadQuestion(str(error)) from None
    schedule.tell(f"“{title}” is on the agenda.", query)
    return {"title": "", "address": ""}


layout = page(__name__, "/meeting/1", "Meeting", build, template="/meeting/<meeting>")
