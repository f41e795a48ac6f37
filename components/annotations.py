"""Notes at the time axis: who writes them, and how charts show them. The public process has none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import dash_bootstrap_components as dbc
from dash import MATCH, Input, Output, State, dcc, html

from access import MAY
from components import filters, gate, words
from components.chart import ASKING, NOTES, Drawn
from components.figures.control import Mark, mark
from components.page import Query
from data_access.store import annotations, runs
from data_access.store.acting import Acting
from data_access.store.annotations import KINDS, Annotation
from metrics.definitions import METRICS, REGISTRY
from metrics.notes import Rebasing, concerns
from metrics.outages import without_a_load
from metrics.question import BadQuestion
from metrics.select import Asked
from metrics.signals import filters_of

HERE = State("question", "data")
PAGE = "/signals"
EVERY = "every"
OUTAGE = "outage"
CHOICES = tuple(metric.id for metric in METRICS if metric.by_period)
"""The figures a note may be about: those that are drawn over time."""
NARROW = ("place", "cell", "moved")
"""Filters that are no part of what a note is about."""
DAY = filters.Option("note_day", "Day of a note", None, lambda: "", longest=10)
MOST_LOADS, MOST_HINTS = 500, 5
NOTE = filters.Option(
    "note", "Figure of a note", lambda _asked: {EVERY: "All figures", **{name: REGISTRY[name].label for name in CHOICES}}, lambda: EVERY
)


def standing() -> list[Annotation]:
    """The notes that stand; none in the public process."""
    desk = gate.desk()
    return [] if desk.is_public else annotations.standing(desk.store(), desk.viewer())


def rebasing() -> Rebasing:
    """The notes that give series new baselines."""
    return Rebasing([note for note in standing() if note.rebases])


def marked(drawn: Drawn, asked: Asked, metric: str) -> Drawn:
    """`drawn` with the notes that concern it on its axis and below it, if it is a chart over time."""
    if drawn.figure is None or not drawn.figure["data"] or drawn.figure["layout"].get("xaxis", {}).get("type") != "date":
        return drawn
    x = sorted(str(day)[:10] for trace in drawn.figure["data"] for day in trace.get("x", ()))
    first, last = date.fromisoformat(x[0]), date.fromisoformat(x[-1]) + timedelta(days=7)
    own = filters_of(asked)
    notes = [note for note in standing() if concerns(note, metric, own) and note.at < last and (note.until or note.at) >= first]
    mark(drawn.figure, [Mark(max(note.at, first), min((note.until or note.at) + timedelta(days=1), last), note.title) for note in notes])
    said = " ".join(_said(note, short=True) for note in notes)
    return replace(drawn, note=f"{drawn.note} {said}".strip())


NOTES.append(marked)


def _said(note: Annotation, *, short: bool = False) -> str:
    """A note in words."""
    when = words.days_between(note.at, (note.until or note.at) + timedelta(days=1))
    base = " New baseline from here." if note.rebases else ""
    about = f"{when}: {note.title} ({KINDS[note.kind].split(' ')[0].lower()}, noted by {note.created_by_name}). {words.sentence(note.reason)}{base}"
    return about if short else f"{about} {_scope_said(note)}"


def _scope_said(note: Annotation) -> str:
    metric = REGISTRY[note.metric].label if note.metric else "All figures"
    return f"Concerns: {metric[0].lower()}{metric[1:]}, {cases_said(note.filters)}."


def cases_said(kept: str) -> str:
    """The cases of a kept query in words; the query itself where this viewer cannot ask for them."""
    try:
        return filters.said(gate.desk().ask(dict(parse_qsl(kept)))) or "all cases"
    except BadQuestion:
        return kept.replace("&", ", ")


def offer(metric: str, asked: Asked) -> Any:
    """The way from a chart to a note about what it shows; nothing for who may not write one."""
    if metric not in CHOICES or gate.desk().viewer().role not in MAY["annotate"]:
        return None
    query = {name: ",".join(sorted(values)) for name, values in filters_of(asked).items() if name not in NARROW}
    return dcc.Link("Write a note", href=f"{PAGE}?{urlencode({NOTE.name: metric, **query})}#notes")


def panel(query: Query) -> html.Section:
    """The notes, and a form that writes one about what the page is filtered to; open where the address asks for a note about a figure."""
    figure, day = query.get(NOTE.name, ""), query.get(DAY.name, "")
    day = day if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else ""
    choices = [{"value": name, "label": label} for name, label in KINDS.items()]
    metrics = [{"value": EVERY, "label": "All figures"}, *({"value": name, "label": REGISTRY[name].label} for name in CHOICES)]
    return html.Section(
        [
            html.H2("Notes at the time axis", className="finding"),
            html.Ul(id="notes-list", className="notes-list"),
            html.Ul(id="notes-hints", className="notes-list"),
            html.Details(
                [
                    html.Summary("Write a note"),
                    html.P("It concerns the cases that this page is filtered to, and stands on every chart over time of them.", className="note"),
                    html.Div(
                        [
                            _field("note-at", "Day", dbc.Input(id="note-at", type="date", value=day or None, size="sm")),
                            _field("note-until", "Until (if longer)", dbc.Input(id="note-until", type="date", size="sm")),
                            _field("note-kind", "Kind", dbc.Select(id="note-kind", options=choices, value=OUTAGE if day else "storm", size="sm")),
                            _field("note-metric", "Figure", dbc.Select(id="note-metric", options=metrics, value=figure if figure in CHOICES else EVERY, size="sm")),
                            _field("note-title", "Title", dbc.Input(id="note-title", type="text", maxlength=annotations.LONGEST_TITLE, size="sm")),
                            _field("note-reason", "Why", dbc.Textarea(id="note-reason", maxlength=annotations.LONGEST_REASON, rows=2)),
                            dbc.Checkbox(id="note-rebases", label="Begin new limits on this day", value=False),
                            html.Button("Keep the note", id="note-keep", type="button", className="btn btn-sm btn-primary"),
                        ],
                        className="note-form",
                    ),
                ],
                open=figure in CHOICES or bool(day),
            ),
            html.P(id="note-said", className="note", role="status"),
        ],
        className="card", id="notes",
    )  # fmt: skip


def _field(name: str, label: str, control: Any) -> html.Div:
    return html.Div([html.Label(label, htmlFor=name), control], className="filter")


def row_id(part: str, number: Any) -> dict[str, Any]:
    return {"type": f"note-{part}", "id": number}


ASKING.append(offer)


@gate.answers(
    Output("notes-list", "children"), question=Input("question", "data"), values={"said": (Input("note-said", "children"), gate.any_value)},
    refused=lambda _message: [],
)  # fmt: skip
def fill(_asked: Asked, said: None = None) -> list[Any]:
    """The notes that stand, latest first."""
    return [_row(note) for note in reversed(standing())] or [html.Li("No notes yet.", className="note")]


@gate.answers(
    Output("notes-hints", "children"), question=Input("question", "data"), values={"said": (Input("note-said", "children"), gate.any_value)},
    refused=lambda _message: [],
)  # fmt: skip
def fill_hints(asked: Asked, said: None = None) -> list[Any]:
    """Days on which no load succeeded and no note says so, the latest first, for who may write one."""
    if gate.desk().viewer().role not in MAY["annotate"]:
        return []
    noted = [note for note in standing() if note.kind == OUTAGE]
    days = without_a_load(runs.recent(gate.desk().store(), MOST_LOADS), asked.calendar)
    open_ = [day for day in days if not any(note.at <= day <= (note.until or note.at) for note in noted)]
    return [
        html.Li([html.Span(f"{words.weekday(day)}: no load succeeded."), dcc.Link("Note it as an outage", href=f"{PAGE}?{DAY.name}={day}#notes")])
        for day in open_[:MOST_HINTS]
    ]  # fmt: skip


def _row(note: Annotation) -> html.Li:
    button = html.Button("Withdraw", id=row_id("toggle", note.id), type="button", className="btn btn-link btn-sm", **{"aria-label": f"Withdraw {note.title}"})  # fmt: skip
    return html.Li([html.Span(_said(note), id=row_id("text", note.id)), button])


def _day(name: str, *, needed: bool) -> gate.Parser:
    """A parser of a day."""

    def parse(value: Any) -> date | None:
        if value in (None, "") and not needed:
            return None
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise BadQuestion(f"{name} must be a day, such as 2026-03-31.") from None
        if not 1900 < day.year < 2200:
            raise BadQuestion(f"{name} is {day}; choose a day between 1901 and 2199.")
        return day

    return parse


def _number(value: Any) -> int:
    """A parser of the id of one note's button."""
    number = value.get("id") if isinstance(value, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadQuestion("There is no such note; open the page again.")
    return number


def _clicks(value: Any) -> int:
    """A parser of a count of clicks."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadQuestion("This click cannot be read; open the page again.")
    return value


@gate.changes(
    Output("note-said", "children"), action="annotate", trigger=Input("note-keep", "n_clicks"), question=HERE,
    values={
        "at": (State("note-at", "value"), _day("The day", needed=True)), "until": (State("note-until", "value"), _day("The end", needed=False)),
        "kind": (State("note-kind", "value"), gate.one_of(KINDS, "kind of note")),
        "metric": (State("note-metric", "value"), gate.one_of((EVERY, *CHOICES), "figure")),
        "title": (State("note-title", "value"), gate.short_text(annotations.LONGEST_TITLE, "The title")),
        "reason": (State("note-reason", "value"), gate.short_text(annotations.LONGEST_REASON, "The reason")),
        "rebases": (State("note-rebases", "value"), bool),
    },
)  # fmt: skip
def keep(acting: Acting, asked: Asked, at: date, until: date | None, kind: str, metric: str, title: str, reason: str, rebases: bool) -> str:
    """Keep a note about what the page is filtered to."""
    scope = urlencode(sorted((name, ",".join(sorted(values))) for name, values in filters_of(asked).items()))
    try:
        annotations.add(
            acting,
            at=at,
            until=until,
            kind=kind,
            title=title,
            reason=reason,
            metric="" if metric == EVERY else metric,
            filters=scope,
            rebases=rebases,
        )
    except annotations.NotNoted as error:
        raise BadQuestion(str(error)) from None
    about = filters.said(asked) or "all cases"
    return f"Noted “{title}” for {about}. Charts show it when they are drawn again."


@gate.changes(
    {"text": Output(row_id("text", MATCH), "hidden"), "label": Output(row_id("toggle", MATCH), "children")},
    action="annotate", trigger=Input(row_id("toggle", MATCH), "n_clicks"), question=HERE,
    values={"number": (State(row_id("toggle", MATCH), "id"), _number), "clicks": (State(row_id("toggle", MATCH), "n_clicks"), _clicks)},
)  # fmt: skip
def toggle(acting: Acting, _asked: Asked, number: int, clicks: int) -> Mapping[str, Any]:
    """Withdraw a note; the second click undoes it."""
    withdrawn = clicks % 2 == 1
    (annotations.withdraw if withdrawn else annotations.restore)(acting, number)
    return {"text": withdrawn, "label": "Withdrawn. Undo" if withdrawn else "Withdraw"}
