"""`/commitments/<number>`: one commitment, what it moved, what happened to it, and what can be done with it."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlsplit

import dash
from dash import MATCH, Input, Output, State, dcc, html
from flask import request

from access import AccessDenied
from components import commitment_page, commitment_words, gate, words
from components.chart import block
from components.commitment_effect import EFFECT, WHICH, asked_about
from components.commitment_page import ACTS, part_id
from components.commitments import PAGE
from components.page import Query, page
from data_access.store import commitments
from data_access.store.acting import Acting
from metrics import promised
from metrics.question import BadQuestion
from metrics.select import Asked

HERE = State("question", "data")
SAID = {
    "evidence": "Kept. Somebody else looks at it now.", "note": "The note is kept.", "keep": "The commitment is kept.", "return": "It went back to its owner.",
    "move": "The day is moved.", "drop": "The commitment is dropped; it can be opened again.", "reopen": "The commitment is open again.",
}  # fmt: skip


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("All commitments", href=PAGE), className="crumbs", **{"aria-label": "Where this is"}),
        html.Div([html.H1("Commitment", id="promise-title"), html.P(id="promise-state", className="lead")], className="page-head"),
        html.Div(
            [
                block(EFFECT, "span-8"),
                html.Section([html.H2("What is promised", className="finding"), html.Div(id="promise-facts")], className="card prose span-4"),
                html.Section(
                    [
                        html.H2("What can be done", className="finding"), html.P(id="promise-none", className="note", hidden=True),
                        *[commitment_page.form(act) for act in ACTS], html.P(id="promise-said", className="note", role="status"),
                    ],
                    className="card prose span-6 promise-acts",
                ),
                html.Section([html.H2("What happened", className="finding"), html.Ol(id="promise-history", className="promise-history")], className="card prose span-6"),
            ],
            id="promise-body", className="grid",
        ),
        dcc.Store(id="promise-seen"),
    ]  # fmt: skip


def _refused(message: str) -> dict[str, Any]:
    hidden = {f"act_{act.name}": True for act in ACTS}
    return {
        "title": "Not shown",
        "state": message,
        "is_refused": True,
        "facts": [],
        "history": [],
        "seen": 0,
        "none": "",
        "is_any": True,
        **hidden,
    }


@gate.answers(
    {
        "title": Output("promise-title", "children"), "state": Output("promise-state", "children"), "is_refused": Output("promise-body", "hidden"),
        "facts": Output("promise-facts", "children"), "history": Output("promise-history", "children"), "seen": Output("promise-seen", "data"),
        "none": Output("promise-none", "children"), "is_any": Output("promise-none", "hidden"),
        **{f"act_{act.name}": Output(f"promise-box-{act.name}", "hidden") for act in ACTS},
    },
    question=Input("question", "data"), values={"query": (Input("question", "data"), gate.query_of)}, refused=_refused,
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The commitment in the path, and the forms that are open to the viewer."""
    desk, of = gate.desk(), asked_about(asked, query.get(WHICH.name, ""))
    events = commitments.history(desk.store(), desk.viewer(), promised.open_to(desk.viewer(), asked), of.id)
    offered = {act.name: commitment_page.is_open(act, of, desk.viewer(), events) for act in ACTS}
    return {
        "title": of.deliverable, "state": words.sentence(f"{commitment_words.when(of, promised.today(asked))}, {of.owner_name}"), "is_refused": False,
        "facts": commitment_page.facts(of, asked), "history": commitment_page.history(events, asked), "seen": events[-1].id if events else 0,
        "none": "Your account may look at commitments but not change them.", "is_any": any(offered.values()),
        **{f"act_{name}": not is_open for name, is_open in offered.items()},
    }  # fmt: skip


def _act(value: Any) -> str:
    """A parser of the id of one form's button."""
    name = value.get("name") if isinstance(value, dict) else None
    if name not in SAID:
        raise BadQuestion("There is no such change; open the page again.")
    return str(name)


def _seen(value: Any) -> int:
    """A parser of the number of the last event that the writer had before them."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise BadQuestion("This form cannot be read; open the commitment again.")
    return value


def _day(value: Any) -> date | None:
    """A parser of a day that may be missing."""
    if value in (None, ""):
        return None
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadQuestion("The day must be one such as 2026-03-31.") from None
    if not 1900 < day.year < 2200:
        raise BadQuestion(f"The day is {day}; choose one between 1901 and 2199.")
    return day


def _address(value: Any) -> str:
    """A parser of a page's address; a whole one of this site loses its front."""
    text = gate.short_text(commitments.LONGEST["address"], "The address")(value)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise BadQuestion("The address cannot be read; copy it from the browser's line, or leave it out.") from None
    if parts.scheme in ("http", "https") and parts.netloc == request.host:
        return parts._replace(scheme="", netloc="").geturl()
    return text


TEXT = gate.short_text(commitments.LONGEST["text"], "What you say")


def _common(kind: str) -> dict[str, Any]:
    return {
        "query": (HERE, gate.query_of), "act": (State(part_id(f"{kind}-do", MATCH), "id"), _act), "text": (State(part_id(f"{kind}-text", MATCH), "value"), TEXT),
        "seen": (State("promise-seen", "data"), _seen),
    }  # fmt: skip


@gate.changes(
    Output(part_id("answer-text", MATCH), "value"), action="answer_commitment", trigger=Input(part_id("answer-do", MATCH), "n_clicks"), question=HERE,
    values={**_common("answer"), "address": (State("promise-address", "value"), _address)},
)  # fmt: skip
def answer(acting: Acting, asked: Asked, query: dict[str, str], act: str, text: str, seen: int, address: str) -> str:
    """Give evidence, or write a note."""
    of, only = asked_about(asked, query.get(WHICH.name, "")), promised.open_to(acting.viewer, asked)
    try:
        if act == "evidence":
            commitments.give_evidence(acting, of.id, text, address, open_to=only, seen=seen)
        elif act == "note":
            commitments.note(acting, of.id, text, open_to=only)
        else:
            raise BadQuestion("There is no such change; open the page again.")
    except commitments.NotPromised as error:
        raise BadQuestion(str(error)) from None
    return _done(act, query)


@gate.changes(
    Output(part_id("decide-text", MATCH), "value"), action="commit", trigger=Input(part_id("decide-do", MATCH), "n_clicks"), question=HERE,
    values={**_common("decide"), "day": (State("promise-day", "value"), _day)},
)  # fmt: skip
def decide(acting: Acting, asked: Asked, query: dict[str, str], act: str, text: str, seen: int, day: date | None) -> str:
    """Accept, send back, move the day, drop, or open again."""
    of = asked_about(asked, query.get(WHICH.name, ""))
    try:
        if act in ("keep", "return"):
            commitments.review(acting, of.id, act == "keep", text, seen=seen)
        elif act == "move":
            if day is None:
                raise BadQuestion("Choose the day it is due on from now.")
            commitments.move_due(acting, of.id, day, text, seen=seen)
        elif act == "drop":
            commitments.drop(acting, of.id, text, seen=seen)
        elif act == "reopen":
            commitments.reopen(acting, of.id, text, seen=seen)
        else:
            raise AccessDenied("There is no such change; open the page again.")
    except commitments.NotPromised as error:
        raise BadQuestion(str(error)) from None
    return _done(act, query)


def _done(act: str, query: dict[str, str]) -> str:
    """The page follows what was changed; the text is taken."""
    dash.set_props("question", {"data": query})
    dash.set_props("promise-said", {"children": SAID[act]})
    dash.set_props("notice", {"hidden": True})
    return ""


layout = page(__name__, f"{PAGE}/1", "Commitment", build, template=f"{PAGE}/<commitment>")
