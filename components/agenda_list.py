"""The agenda of a meeting as a list that can be edited: order, minutes, titles, notes; what is taken off can come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_bootstrap_components as dbc
from dash import MATCH, Input, Output, State, dcc, html

from components import gate, meetings, words
from components.schedule import tell
from data_access.store import agendas
from data_access.store.acting import Acting
from data_access.store.agendas import Item
from data_access.store.meetings import PLANNED, Meeting, NotPlanned
from metrics.question import BadQuestion
from metrics.select import Asked


def row_id(part: str, number: Any) -> dict[str, Any]:
    return {"type": f"item-{part}", "id": number}


def rows(items: list[Item], chosen: Item | None, of: Meeting, asked: Asked) -> list[Any]:
    """The items in their order; the one whose charts are shown is marked."""
    may, open_ = meetings.may_run(), of.state == PLANNED
    return [_row(item, at, len(items), item == chosen, of, asked, may=may, is_open=open_) for at, item in enumerate(items)]


def _row(item: Item, at: int, n: int, is_shown: bool, of: Meeting, asked: Asked, *, may: bool, is_open: bool) -> html.Li:
    link = dcc.Link(item.title, href=f"{meetings.address(of)}?item={item.id}")
    about = asked.name_of("department", item.department) if item.department else ""
    made = [
        html.Div([html.Span(f"{item.minutes} min", className="item-minutes"), link], className="item-title"),
        *([html.P(about, className="note")] if about else []), *([html.P(f"Noted: {item.note}", className="note item-note")] if item.note else []),
    ]  # fmt: skip
    if may:
        made.append(html.Div([*(_moves(item, at, n) if is_open else []), _edit(item, is_open=is_open)], className="item-do"))
    return html.Li(made, className="item is-shown", **{"aria-current": "true"}) if is_shown else html.Li(made, className="item")


def _moves(item: Item, at: int, n: int) -> list[Any]:
    return [
        _button("up", item.id, "↑", f"Move up: {item.title}", disabled=at == 0), _button("down", item.id, "↓", f"Move down: {item.title}", disabled=at == n - 1),
        _button("remove", item.id, "Take off", f"Take off the agenda: {item.title}"),
    ]  # fmt: skip


def _edit(item: Item, *, is_open: bool) -> html.Details:
    title = dbc.Input(
        id=row_id("title", item.id), type="text", value=item.title, maxlength=agendas.LONGEST_TITLE, size="sm", disabled=not is_open
    )
    minutes = dbc.Input(
        id=row_id("minutes", item.id), type="number", value=item.minutes, min=1, max=90, step=1, size="sm", disabled=not is_open
    )
    note = dbc.Textarea(id=row_id("note", item.id), value=item.note, maxlength=agendas.LONGEST_NOTE, rows=3)
    seen = dcc.Store(id=row_id("seen", item.id), data=item.note)
    return html.Details(
        [
            html.Summary("Edit", **{"aria-label": f"Edit: {item.title}"}),
            html.Div(
                [
                    html.Label(["Title", title]), html.Label(["Minutes", minutes]), html.Label(["Note", note]), seen,
                    html.Button("Keep", id=row_id("keep", item.id), type="button", className="btn btn-sm btn-primary"),
                ],
                className="item-edit",
            ),
        ]
    )  # fmt: skip


def _button(part: str, number: int, text: str, label: str, *, disabled: bool = False) -> html.Button:
    return html.Button(
        text, id=row_id(part, number), type="button", disabled=disabled, className="btn btn-sm btn-link", **{"aria-label": label}
    )


def total(items: list[Item], of: Meeting) -> str:
    """ "55 of 60 minutes"."""
    return f"{sum(item.minutes for item in items)} of {of.series.minutes} minutes"


def off(of: Meeting, asked: Asked) -> list[Any]:
    """What was taken off, for who may bring it back."""
    found = agendas.items(gate.desk().store(), of.id, meetings.only(asked), removed=True)
    if not found or not meetings.may_run() or of.state != PLANNED:
        return []
    made = [html.Li([html.Span(item.title), _button("restore", item.id, "Bring back", f"Bring back: {item.title}")]) for item in found]
    return [html.Details([html.Summary(words.plural(len(found), "item") + " taken off"), html.Ul(made, className="notes-list")])]


def _change(part: str, does: Callable[..., str], values: dict[str, Any] | None = None) -> None:
    """A button of a row that changes the agenda; the page is filled again and says what was done."""

    @gate.changes(
        Output(row_id(part, MATCH), "title"), action="run_meeting", trigger=Input(row_id(part, MATCH), "n_clicks"), question=State("question", "data"),
        values={
            "query": (State("question", "data"), gate.query_of), "number": (State(row_id(part, MATCH), "id"), meetings.number_of), **(values or {}),
        },
    )  # fmt: skip
    def change(acting: Acting, asked: Asked, query: dict[str, str], number: int, **given: Any) -> str:
        try:
            said = does(acting, number, **given)
        except NotPlanned as error:
            raise BadQuestion(str(error)) from None
        tell(said, query)
        return said


def _kept(acting: Acting, number: int, title: str, minutes: int, note: str, seen: str) -> str:
    return f"“{agendas.keep(acting, number, title, minutes, note, seen=seen).title}” is kept."


_change("up", lambda acting, number: f"“{agendas.move(acting, number, -1).title}” comes earlier now.")
_change("down", lambda acting, number: f"“{agendas.move(acting, number, 1).title}” comes later now.")
_change("remove", lambda acting, number: f"“{agendas.remove(acting, number).title}” is off the agenda; it can be brought back below.")
_change("restore", lambda acting, number: f"“{agendas.restore(acting, number).title}” is back on the agenda.")
_change("keep", _kept, {
    "title": (State(row_id("title", MATCH), "value"), gate.short_text(agendas.LONGEST_TITLE, "The title")),
    "minutes": (State(row_id("minutes", MATCH), "value"), meetings.whole(1, 90, "The minutes")),
    "note": (State(row_id("note", MATCH), "value"), gate.short_text(agendas.LONGEST_NOTE, "The note")),
    "seen": (State(row_id("seen", MATCH), "data"), gate.short_text(agendas.LONGEST_NOTE, "The note")),
})  # fmt: skip
