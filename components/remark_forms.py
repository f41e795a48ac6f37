"""Remarks where they are written and answered: one with its buttons, the box in which a figure is explained or disputed, and what both send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from access import MAY, Viewer
from components import gate, remark_marks, signal_words, words
from data_access.store import remarks
from data_access.store.remarks import DISPUTE, EXPLAIN, LONGEST, Event, Remark
from metrics.definitions import HEADLINE
from metrics.question import BadQuestion
from metrics.remarks import canonical, own_filters
from metrics.select import Asked
from metrics.signal_list import narrowed
from metrics.weekly import METRICS, WHOLE

NOTHING = "There is no such figure to say something about; open the page again."
LARGEST_NUMBER = 10**9
EVENT_WORDS = {"written": "Written", "answered": "Answered", "withdrawn": "Withdrawn", "restored": "Brought back"}
STANCES = {EXPLAIN: "Explain: the figure is right, and this is why", DISPUTE: "Dispute: the figure is wrong, and this is why"}


@dataclass(frozen=True)
class Flag:
    """A figure of a week that a department may speak of: a series of the signal board, or a headline figure of all its cases."""

    metric: str
    dimension: str
    key: str
    week: date

    @property
    def name(self) -> str:
        """As a part of a page is called."""
        return f"{self.week.isoformat()}.{self.metric}.{self.dimension}.{self.key}"

    def filters(self, asked: Asked) -> str:
        """The cases it counts, as they are kept."""
        return canonical(own_filters(narrowed(asked, self.dimension, self.key)))


def flag_of(text: str, asked: Asked) -> Flag:
    """The flag that a part of the page is called by.

    Raises:
        BadQuestion: there is none of that name that the viewer may see, or its week is not over.
    """
    day, _, series = text.partition(".")
    metric, _, rest = series.partition(".")
    try:
        week = date.fromisoformat(day)
    except ValueError:
        raise BadQuestion(NOTHING) from None
    if week != asked.calendar.start_of(week, "week") or week > asked.last_week()[0] or metric not in (*METRICS, *HEADLINE):
        raise BadQuestion(NOTHING)
    # Which series there are is known for the figures of the signal board; the others are told of all cases alone.
    known = metric if metric in METRICS else METRICS[0]
    _, dimension, key = signal_words.series_of(f"{known}.{rest}", asked)
    if metric not in METRICS and dimension != WHOLE:
        raise BadQuestion(NOTHING)
    return Flag(metric, dimension, key, week)


def part_id(part: str, name: Any) -> dict[str, Any]:
    """Id of one part of a flag's box, or of a remark."""
    return {"type": f"remark-{part}", "name": name}


def name_of(value: Any) -> str:
    """A parser of the name in the id of a flag's button."""
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or len(name) > 300 or not re.match(r"\d{4}-\d\d-\d\d\.\w+\.", name):
        raise BadQuestion(NOTHING)
    return name


def number_of(value: Any) -> int:
    """A parser of the number in the id of a remark's button."""
    number = value.get("name") if isinstance(value, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < LARGEST_NUMBER:
        raise BadQuestion(remarks.NO_REMARK)
    return number


def revision_of(value: Any) -> int:
    """A parser of the number of the last change that the writer had before them."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < LARGEST_NUMBER:
        raise BadQuestion("This remark cannot be read; open the page again.")
    return value


def box(flag: Flag, what: str) -> html.Details:
    """The box at a flag. `what`: the figure's name, for who cannot see where it stands."""
    text = f'{{"name":"{flag.name}","type":"remark-text"}}'
    stances = [{"value": name, "label": label} for name, label in STANCES.items()]
    return html.Details(
        [
            html.Summary("Explain or dispute", **{"aria-label": f"Explain or dispute {what}"}),
            html.Div(
                [
                    dbc.RadioItems(id=part_id("stance", flag.name), options=stances, value=EXPLAIN),
                    html.Label("What the others should know when they see this figure", htmlFor=text),
                    dbc.Textarea(id=part_id("text", flag.name), maxlength=LONGEST, rows=3),
                    html.Button("Keep it with the figure", id=part_id("do", flag.name), type="button", className="btn btn-sm btn-primary"),
                ],
                className="promise-form",
            ),
        ],
        className="remark-box",
    )  # fmt: skip


def item(one: Remark, events: list[Event], asked: Asked) -> html.Li:
    """One remark with what can be done with it; both kinds of change say below it what became of them."""
    return html.Li([
        html.Div(content(one, events, asked), id=part_id("one", one.id)),
        html.P(id=part_id("turned", one.id), className="note", role="status"), html.P(id=part_id("answered", one.id), className="note", role="status"),
    ])  # fmt: skip


def content(one: Remark, events: list[Event], asked: Asked) -> list[Any]:
    """What a remark says now, and the forms that are open to the present viewer."""
    viewer = gate.desk().viewer()
    seen = dcc.Store(id=part_id("seen", one.id), data=one.revision)
    written = f"{one.written_by_name}, {words.moment(one.written_at, asked.calendar)}; week of {words.day(one.week)}"
    if not one.stands:
        parts: list[Any] = [
            html.P(f"Withdrawn: {remark_marks.head(one)[0].lower()}{remark_marks.head(one)[1:]}, “{one.text}”", className="note")
        ]
        return [*parts, *_turn(one, viewer, "Bring it back"), *_history(events, asked), seen]
    parts = [
        html.P(html.Strong(remark_marks.head(one)), className=f"remark-head remark-{one.stance}"), html.P(f"“{one.text}”", className="remark-text"),
        html.P(written, className="remark-by"),
    ]  # fmt: skip
    if one.answer:
        parts.append(html.P(remark_marks.answer_said(one), className="remark-found"))
    return [*parts, *_answer(one, viewer), *_turn(one, viewer, "Withdraw"), *_history(events, asked), seen]


def _turn(one: Remark, viewer: Viewer, label: str) -> list[Any]:
    if viewer.role not in MAY["remark"] or not remarks.is_own(viewer, one):
        return []
    said = f"{label}: {one.text[:60]}"
    return [html.Button(label, id=part_id("turn", one.id), type="button", className="btn btn-link btn-sm", **{"aria-label": said})]


def _answer(one: Remark, viewer: Viewer) -> list[Any]:
    if viewer.role not in MAY["answer_remark"] or viewer.id == one.written_by_id:
        return []
    text = f'{{"name":{one.id},"type":"remark-found"}}'
    form = html.Div(
        [
            html.Label("What was found", htmlFor=text), dbc.Textarea(id=part_id("found", one.id), maxlength=LONGEST, rows=3, value=""),
            html.Button("Keep the answer", id=part_id("reply", one.id), type="button", className="btn btn-sm btn-primary"),
        ],
        className="promise-form",
    )  # fmt: skip
    return [html.Details([html.Summary("Correct the answer" if one.answer else "Say what was found"), form], className="remark-box")]


def _history(events: list[Event], asked: Asked) -> list[Any]:
    """What happened to it, where there is more than that it was written."""
    if len(events) < 2:
        return []
    rows = [
        html.Li(f"{EVENT_WORDS[one.kind]}, {one.by_name}, {words.moment(one.at, asked.calendar)}{': ' + one.text if one.text else ''}")
        for one in events
    ]
    return [html.Details([html.Summary("History"), html.Ol(rows, className="remark-history")], className="remark-box")]
