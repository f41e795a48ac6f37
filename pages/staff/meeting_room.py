"""`/meeting/<meeting>/room`: the meeting on a wall screen, one item at a time with its charts drawn now, and the actions written down beside them."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, dcc, html

from components import capture, gate, meeting_stage, meetings, schedule, words
from components.capture import ITEM
from components.page import Query, page
from data_access.store import agendas
from data_access.store import meetings as kept
from data_access.store.acting import Acting
from data_access.store.agendas import Item
from data_access.store.meetings import HELD, PLANNED, Meeting, NotPlanned
from metrics.question import BadQuestion
from metrics.select import Asked

KEYS = (
    ("→ or space", "next item; at the actions, the next action"), ("←", "back"), ("A", "write down an action"), ("N", "note what is said"),
    ("S", "start or stop the clock"), ("Esc", "leave a field, then the room"), ("?", "show or hide this help"),
)  # fmt: skip


def build(query: Query) -> list[Any]:
    return [
        html.Div(
            [
                dcc.Store(id=ITEM, data=query.get("item", "")), dcc.Store(id="room-shown"),
                html.Header(
                    [
                        html.Div([html.H1("Meeting", id="room-title"), html.H2("–", id="room-item-title", className="room-item-title")]),
                        html.Div([html.P("–", id="room-item-clock", className="room-clock"), html.P("–", id="room-clock", className="room-clock room-clock-all")], **{"aria-hidden": "true"}),
                        html.Div(_buttons(), className="room-buttons"),
                    ],
                    className="room-head",
                ),
                html.Div(
                    [
                        html.Nav(html.Ol(id="room-strip", className="room-strip"), **{"aria-label": "Agenda"}),
                        html.Div(id="room-stage", className="stage room-stage", **{"aria-live": "polite"}),
                        html.Aside([_note_form(), capture.form(), _captured()], className="room-aside", id="room-aside"),
                    ],
                    className="room-body",
                ),
                html.Dialog(_help(), id="room-help"),
            ],
            id="room", className="room",
        ),
    ]  # fmt: skip


def _buttons() -> list[Any]:
    def button(name: str, sign: Any, label: str) -> html.Button:
        return html.Button(sign, id=name, type="button", className="btn room-button", title=label, **{"aria-label": label})

    return [
        button("room-back", "←", "Item before"), button("room-next", "→", "Next item"), button("room-clock-toggle", html.I(className="bi bi-stopwatch", **{"aria-hidden": "true"}), "Start or stop the clock"),
        button("room-help-toggle", "?", "Help"), dcc.Link("Leave", href=meetings.PATH, id="room-leave", className="btn room-button"),
    ]  # fmt: skip


def _help() -> list[Any]:
    rows = [part for key, what in KEYS for part in (html.Dt(key), html.Dd(what))]
    close = html.Button("Close", id="room-help-close", type="button", className="btn btn-primary")
    return [html.H2("Keys"), html.Dl(rows), html.P("Every link opens here; “Back to the room” returns to the same item."), close]


def _note_form() -> html.Div:
    note = dcc.Textarea(id="room-note", maxLength=agendas.LONGEST_NOTE, rows=2, className="form-control")
    return html.Div(
        [
            html.Label("What is said", htmlFor="room-note"), note,
            html.Button("Keep the note", id="room-note-keep", type="button", className="btn btn-sm btn-outline-secondary"),
            html.P(id="room-note-said", className="note", role="status"),
        ],
        id="room-note-form", className="card action-form", hidden=True,
    )  # fmt: skip


def _captured() -> html.Section:
    return html.Section(
        [
            html.H2("Actions of this meeting"), html.Ol(id="room-actions", className="room-actions"),
            html.Div(id="room-close"), html.P(id="meet-said", className="note", role="status"),
        ],
        className="card",
    )  # fmt: skip


def _refused(message: str) -> dict[str, Any]:
    return {
        "title": "Not shown", "strip": [], "stage": [html.P([message, " ", dcc.Link("All meetings", href=meetings.PATH)], className="empty")], "item_title": "",
        "leave": meetings.PATH, "no_note": True, "note": "", "shown": None, "departments": [], "department": None, "metric": None, "expected": "lower", "about": "",
        "no_form": True,
    }  # fmt: skip


@gate.answers(
    {
        "title": Output("room-title", "children"), "item_title": Output("room-item-title", "children"), "strip": Output("room-strip", "children"),
        "stage": Output("room-stage", "children"), "leave": Output("room-leave", "href"), "no_note": Output("room-note-form", "hidden"),
        "note": Output("room-note", "value"), "shown": Output("room-shown", "data"), "departments": Output("action-department", "options"), "department": Output("action-department", "value"),
        "metric": Output("action-metric", "value"), "expected": Output("action-expected", "value"), "about": Output("action-about", "children"),
        "no_form": Output("action-form", "hidden"),
    },
    question=State("question", "data"),
    values={"query": (State("question", "data"), gate.query_of), "item": (Input(ITEM, "data"), gate.short_text(20, "The item"))}, refused=_refused,
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str], item: str) -> dict[str, Any]:
    """The item that is shown, the strip of all, and what an action taken at it begins with."""
    of = meetings.chosen(query, asked)
    items = meeting_stage.agenda(of, asked)
    shown = meeting_stage.item_in(items, item)
    may = meetings.may_run()
    made = {
        "title": f"{of.series.name}, {words.day(of.on)}", "item_title": "" if shown is None else shown.title,
        "strip": [_step(one, at, one == shown, of) for at, one in enumerate(items, start=1)], "leave": meetings.address(of), "no_note": not may or shown is None,
        "note": "" if shown is None else shown.note, "shown": None if shown is None else {"item": str(shown.id), "note": shown.note}, "no_form": not may, **capture.prefilled(shown, of, asked),
    }  # fmt: skip
    if shown is None:
        return {**made, "stage": [html.P("This meeting has no agenda yet; draft it on its page.", className="empty")]}
    return {**made, "stage": [*meeting_stage.stage(shown, of, asked), *meeting_stage.way_there(shown)]}


def _step(item: Item, at: int, is_shown: bool, of: Meeting) -> html.Li:
    """One item of the strip; the browser moves to it (`assets/47-room.js`)."""
    link = html.A(
        [html.Span(str(at), className="step-at"), html.Span(item.title, className="step-title"), html.Span(f"{item.minutes} min", className="step-minutes")],
        href=f"{meetings.address(of, 'room')}?item={item.id}", **{"data-item": str(item.id), "data-minutes": str(item.minutes), "data-whole": str(of.series.minutes)},
    )  # fmt: skip
    return html.Li(link, **({"aria-current": "step", "className": "is-shown"} if is_shown else {}))


@gate.answers(
    {"rows": Output("room-actions", "children"), "close": Output("room-close", "children")}, question=Input("question", "data"),
    values={
        "query": (Input("question", "data"), gate.query_of), "said": (Input("action-said", "children"), gate.any_value),
    },
    refused=lambda _message: {"rows": [], "close": ""},
)  # fmt: skip
def fill_actions(asked: Asked, query: dict[str, str], said: None = None) -> dict[str, Any]:
    """The actions so far, and how the meeting is closed."""
    of = meetings.chosen(query, asked)
    memo = dcc.Link("The memo", href=meetings.address(of, "memo"))
    if of.state == HELD:
        return {
            "rows": capture.rows(meeting_stage.captured(of, asked), asked),
            "close": [html.P("The meeting is closed."), memo, *_undo(of, asked)],
        }
    close = html.Button("Close the meeting", id="room-close-button", type="button", className="btn btn-primary")
    shown = [close] if meetings.may_run() and of.state == PLANNED else []
    return {"rows": capture.rows(meeting_stage.captured(of, asked), asked), "close": [*shown, " ", memo]}


def _undo(of: Meeting, asked: Asked) -> list[Any]:
    return schedule.controls(of, meetings.today(asked)) if meetings.may_run() else []


def _shown(value: Any) -> tuple[str, str]:
    """A parser of the item on the screen and of its note as it was shown."""
    item, text = (value.get(name) for name in ("item", "note")) if isinstance(value, dict) else (None, None)
    if not isinstance(item, str) or not 0 < len(item) <= 20 or not isinstance(text, str) or len(text) > agendas.LONGEST_NOTE:
        raise BadQuestion("This note cannot be kept; open the room again.")
    return item, text


@gate.changes(
    {"said": Output("room-note-said", "children"), "shown": Output("room-shown", "data", allow_duplicate=True)}, action="run_meeting",
    trigger=Input("room-note-keep", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "shown": (State("room-shown", "data"), _shown),
        "text": (State("room-note", "value"), gate.short_text(agendas.LONGEST_NOTE, "The note")),
    },
)  # fmt: skip
def note(acting: Acting, asked: Asked, query: dict[str, str], shown: tuple[str, str], text: str) -> dict[str, Any]:
    """Keep what is said at the item that is shown."""
    item = meeting_stage.item_to_change(meeting_stage.agenda(meetings.chosen(query, asked), asked), shown[0])
    try:
        noted = agendas.note(acting, item.id, text, seen=shown[1])
    except NotPlanned as error:
        raise BadQuestion(str(error)) from None
    dash.set_props("notice", {"hidden": True})
    return {"said": f"Kept with “{item.title}”.", "shown": {"item": str(item.id), "note": noted.note}}


@gate.changes(
    Output("room-close-button", "title"), action="run_meeting", trigger=Input("room-close-button", "n_clicks"), question=State("question", "data"),
    values={"query": (State("question", "data"), gate.query_of)},
)  # fmt: skip
def close(acting: Acting, asked: Asked, query: dict[str, str]) -> str:
    """Say that the meeting was held."""
    of = meetings.chosen(query, asked)
    try:
        kept.hold(acting, of.id, meetings.today(asked))
    except NotPlanned as error:
        raise BadQuestion(str(error)) from None
    schedule.tell("The meeting is closed and counts as held; its memo is ready.", query)
    return ""


gate.in_browser("statroom", "typed_note", Output("room-note-form", "data-typed"), Input("room-shown", "data"), initial=True)
gate.in_browser("statroom", "typed_action", Output("action-form", "data-typed"), Input("action-said", "children"), initial=True)

layout = page(__name__, "/meeting/1/room", "The room", build, template="/meeting/<meeting>/room", order=98)
