"""What one commitment's page says: the facts, what happened, and which changes are open to the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from access import MAY, Action, Viewer
from components import commitment_words, words
from components.commitments import owes, scope_said
from data_access.store.commitment_rows import NOBODY_TOLD
from data_access.store.commitments import DROPPED, IN_REVIEW, KEPT, LONGEST, OPEN, STATES, Commitment, Event
from metrics.select import Asked


@dataclass(frozen=True)
class Act:
    """One change of a commitment, as a form."""

    name: str
    title: str
    label: str
    """Of its text."""
    button: str
    action: Action
    states: tuple[str, ...]
    """In which it can be done."""


ACTS = (
    Act("evidence", "Give evidence", "What was done, and how one can see it", "It is done", "answer_commitment", (OPEN, IN_REVIEW)),
    Act("keep", "Accept the evidence", "What you saw (may stay empty)", "It is kept", "commit", (IN_REVIEW,)),
    Act("return", "Send it back", "What is missing", "Send it back", "commit", (IN_REVIEW,)),
    Act("note", "Write a note", "Note", "Keep the note", "answer_commitment", STATES),
    Act("move", "Move the day", "Why", "Move the day", "commit", (OPEN, IN_REVIEW)),
    Act("drop", "Drop it", "Why", "Drop it", "commit", (OPEN, IN_REVIEW)),
    Act("reopen", "Open it again", "Why", "Open it again", "commit", (KEPT, DROPPED)),
)
EVENT_WORDS = {
    "made": "Promised", "moved": "Day moved", "note": "Note", "evidence": "Evidence given", "returned": "Sent back", "kept": "Accepted as kept",
    "dropped": "Dropped", "reopened": "Opened again",
}  # fmt: skip


def is_open(act: Act, of: Commitment, viewer: Viewer, events: Sequence[Event]) -> bool:
    """Whether `viewer` may do it now. Who gave the evidence that waits is not offered its review."""
    if viewer.role not in MAY[act.action] or of.state not in act.states:
        return False
    if act.name not in ("keep", "return"):
        return True
    since = max((at for at, event in enumerate(events) if event.kind in ("returned", "reopened")), default=0)
    return viewer.id not in {event.by_id for event in events[since:] if event.kind == "evidence"}


def part_id(part: str, name: Any) -> dict[str, Any]:
    """Id of one part of an act's form: the two kinds of rights have callbacks of their own."""
    return {"type": f"promise-{part}", "name": name}


def form(act: Act) -> html.Details:
    """The form of one change; it stays hidden until the page knows for whom it is open."""
    kind = "answer" if act.action == "answer_commitment" else "decide"
    text = part_id(f"{kind}-text", act.name)
    dom = f'{{"name":"{act.name}","type":"promise-{kind}-text"}}'
    more: list[Any] = []
    if act.name == "evidence":
        more = [
            html.Label("Address of a page that shows it (optional)", htmlFor="promise-address"),
            dbc.Input(id="promise-address", type="text", maxlength=LONGEST["address"], size="sm", autocomplete="off"),
        ]
    if act.name == "move":
        more = [html.Label("Due on", htmlFor="promise-day"), dbc.Input(id="promise-day", type="date", size="sm")]
    return html.Details(
        [
            html.Summary(act.title),
            html.Div(
                [
                    *more, html.Label(act.label, htmlFor=dom), dbc.Textarea(id=text, maxlength=LONGEST["text"], rows=3),
                    html.Button(act.button, id=part_id(f"{kind}-do", act.name), type="button", className="btn btn-sm btn-primary"),
                ],
                className="promise-form",
            ),
        ],
        id=f"promise-box-{act.name}", className="promise-act", hidden=True,
    )  # fmt: skip


def facts(of: Commitment, asked: Asked) -> list[Any]:
    """Who owes it, until when, and what it should move."""
    rows = [
        ("Owes it", f"{of.owner_name}, {owes(of, asked)}"),
        ("Due", words.weekday(of.due_on)),
        ("Made", f"{words.weekday(of.made_on)}, asked for by {of.created_by_name}{'' if of.meeting_id is None else ' in a meeting'}"),
        ("Its figure", f"{commitment_words.hoped(of)} ({scope_said(of, asked)})"),
    ]
    if of.owner_name != NOBODY_TOLD:
        rows.append(("Reminders", f"to {of.owner_email}" if of.owner_email else "none: no e-mail address is known"))
    return [html.Dl([part for name, text in rows for part in (html.Dt(name), html.Dd(text))], className="promise-facts")]


def history(events: Sequence[Event], asked: Asked) -> list[Any]:
    """Everything that happened, latest first."""
    return [html.Li(_event(event, asked)) for event in reversed(events)]


def _event(event: Event, asked: Asked) -> list[Any]:
    when = html.Span(f"{words.moment(event.at, asked.calendar)}, {event.by_name}", className="promise-when")
    moved = ""
    if event.kind == "moved" and event.due_before and event.due_after:
        moved = f" from {words.day(event.due_before)} to {words.day(event.due_after)}"
    if event.kind == "made" and event.due_after:
        moved = f", due {words.day(event.due_after)}"
    parts: list[Any] = [when, html.Span(f"{EVENT_WORDS[event.kind]}{moved}", className="promise-what")]
    if event.text:
        parts.append(html.Span(event.text, className="promise-text"))
    if event.address:
        parts.append(dcc.Link("The page that shows it", href=event.address))
    return parts
