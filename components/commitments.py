"""The register of commitments: what the viewer may see of it, as a table with how each stands, and what became of them by department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
from dash import Input, Output, dcc, html

from components import commitment_words, filters, gate, words
from components.chart import Chart, Drawn
from components.table import Column, Twin
from data_access.store import commitments
from data_access.store.commitments import Commitment
from metrics import promised
from metrics.commitment_effect import Effect
from metrics.commitment_record import EVERYBODY, record
from metrics.question import BadQuestion
from metrics.select import Asked

PAGE = "/commitments"
UNFINISHED, EVERY = "unfinished", "every"
STANDING = filters.Option(
    "standing", "Which", lambda _asked: {
        UNFINISHED: "All that are owed", "overdue": "Overdue", "in_review": "Waiting for review", "kept": "Kept", "dropped": "Dropped", EVERY: "All",
    }, lambda: UNFINISHED,
)  # fmt: skip
MOST_IN_BLOCK = 5


def about_of(promise: Commitment, asked: Asked) -> Asked | None:
    """The question about the cases of a promise; None where this viewer cannot ask it."""
    as_of = promised.as_of(asked)
    try:
        return gate.desk().ask({**dict(parse_qsl(promise.filters)), **({"as_of": as_of} if as_of else {})})
    except BadQuestion:
        return None


def scope_said(promise: Commitment, asked: Asked) -> str:
    """Which cases a promise is about, in words."""
    about = about_of(promise, asked)
    return commitment_words.scope(promise) if about is None else filters.said(about) or "all cases"


def link(of: Commitment) -> str:
    """Address of one commitment's page."""
    return f"{PAGE}/{of.id}"


def owes(of: Commitment, asked: Asked) -> str:
    """Name of the department that owes it; its id where there is none of that id any more."""
    member = asked.mart.dimensions.departments.by_slug.get(of.department)
    return of.department if member is None else member.name


def chosen(promises: Sequence[Commitment], standing: str, day: date) -> list[Commitment]:
    """Those that the page's option means, the longest overdue first, then by the day they are due; what is finished last."""
    kept = [
        one for one in promises
        if standing == EVERY or (standing == UNFINISHED and one.is_unfinished) or one.state == standing or (standing == "overdue" and one.days_late(day))
    ]  # fmt: skip
    return sorted(kept, key=lambda one: (not one.is_unfinished, -one.days_late(day), one.due_on, one.id))


def draw_register(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The register as a table."""
    desk, day = gate.desk(), promised.today(asked)
    every = promised.visible(desk, asked)
    shown = chosen(every, view[STANDING.name], day)
    effects = promised.effects_of(desk, shown, asked)
    rows = pd.DataFrame([_row(one, effects[one.id], asked, day) for one in shown], columns=[*_NAMES, "open"])
    columns = (
        Column("deliverable", "What is promised", href="open"), Column("standing", "How it stands"), Column("due_on", "Due", "day"), Column("verdict", "Did its figure move?"),
        Column("department", "Department"), Column("owner", "Who owes it"), Column("hoped", "Its figure"), Column("made_on", "Made", "day"),
    )  # fmt: skip
    twin = Twin(rows, columns, "Commitments, the longest overdue first", file=rows.drop(columns=["open", "standing", "hoped"]))
    return Drawn(_said(every, shown, view[STANDING.name], day), None, twin, title=f"Commitments, on {words.day(day)}")


_NAMES = (
    "id", "department", "deliverable", "owner", "made_on", "due_on", "days_late", "state", "standing", "figure", "filters", "expected", "expected_value", "hoped",
    "verdict", "usual", "latest", "reached", "meeting",
)  # fmt: skip


def _row(of: Commitment, effect: Effect, asked: Asked, day: date) -> dict[str, Any]:
    return {
        "id": of.id, "department": owes(of, asked), "deliverable": of.deliverable, "owner": of.owner_name, "made_on": of.made_on, "due_on": of.due_on,
        "days_late": of.days_late(day), "state": of.state, "standing": words.sentence(commitment_words.when(of, day)).removesuffix("."), "figure": of.metric,
        "filters": of.filters, "expected": of.expected, "expected_value": of.expected_value, "hoped": commitment_words.hoped(of),
        "verdict": commitment_words.VERDICT_WORDS[effect.verdict], "usual": effect.usual, "latest": effect.latest, "reached": effect.reached,
        "meeting": of.meeting_id, "open": link(of),
    }  # fmt: skip


def _said(every: Sequence[Commitment], shown: Sequence[Commitment], standing: str, day: date) -> str:
    if not every:
        return "Nothing is promised yet. “Ask for a commitment” below any chart of a figure makes the first."
    late = [one for one in every if one.days_late(day)]
    waiting = sum(one.state == "in_review" for one in every)
    owed = words.plural(sum(one.is_unfinished for one in every), "commitment")
    parts = [f"{owed} owed"]
    if late:
        worst = max(late, key=lambda one: one.days_late(day))
        parts.append(f"{len(late)} overdue, the longest by {words.plural(worst.days_late(day), 'day')}")
    if waiting:
        parts.append(f"{waiting} waiting for review")
    said = words.sentence("; ".join(parts))
    return f"{said} None is shown with this choice." if not shown and standing != EVERY else said


def draw_record(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What became of them, by department."""
    desk, day = gate.desk(), promised.today(asked)
    every = promised.visible(desk, asked)
    events = commitments.history(desk.store(), desk.viewer(), promised.open_to(desk.viewer(), asked))
    kept = [one for one in every if one.state == "kept"]
    frame = record(every, events, promised.effects_of(desk, kept, asked), day, asked.calendar)
    names = asked.mart.dimensions.departments.by_slug
    labels = ["All" if key == EVERYBODY else names[key].name if key in names else key for key in frame["department"]]
    frame = frame.assign(label=labels, between=[_between(low, high) for low, high in zip(frame["low"], frame["high"], strict=True)])
    columns = (
        Column("label", "Department"), Column("made", "Made", "number"), Column("kept_on_time", "Kept on time", "number"), Column("kept_late", "Kept late", "number"),
        Column("dropped", "Dropped", "number"), Column("overdue", "Overdue", "number"), Column("in_review", "In review", "number"), Column("not_due", "Not due yet", "number"),
        Column("no_effect", "Kept, no effect", "number"), Column("moved", "Day moved", "number"), Column("value", "On time, of those due", "share"), Column("between", "95 % interval"),
    )  # fmt: skip
    note = (
        "On time: shown to be done by the day that was agreed before the day before it had passed. Of those due: kept, dropped or overdue; a share is told of 10 "
        "or more. Kept, no effect: its figure did not move, or moved the wrong way."
    )
    return Drawn(
        _record_said(frame),
        None,
        Twin(frame, columns, "What became of commitments"),
        note,
        title=f"What became of them, on {words.day(day)}",
    )


def _between(low: Any, high: Any) -> str:
    return words.MISSING if words.is_missing(low) else f"{words.share(low)} to {words.share(high)}"


def _record_said(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "Nothing is promised yet, so nothing became of it."
    whole = frame.iloc[-1]
    kept = int(whole["kept_on_time"] + whole["kept_late"])
    told = (
        f"{words.share(whole['value'])} were kept on time"
        if not words.is_missing(whole["value"])
        else f"{int(whole['kept_on_time'])} kept on time"
    )
    said = f"Of {words.plural(int(whole['fallen_due']), 'commitment')} that fell due {told}"
    effect = f"; {int(whole['no_effect'])} of {kept} kept had no effect on its figure" if kept else ""
    return f"{said}{effect}."


REGISTER = Chart("commitments", "What is promised", draw_register, has_period=False)
RECORD = Chart("commitment-record", "What became of commitments", draw_record, has_period=False)


def promised_block(className: str = "") -> html.Section:
    """The place for what is due, late or waiting; it stays hidden where there is nothing."""
    return html.Section(id="promised", className=f"card prose {className}".strip(), hidden=True)


@gate.answers(
    {"content": Output("promised", "children"), "is_empty": Output("promised", "hidden")}, question=Input("question", "data"),
    refused=lambda _message: {"content": [], "is_empty": True},
)  # fmt: skip
def fill_promised(asked: Asked) -> dict[str, Any]:
    """What is overdue, falls due within a week or waits for a review."""
    day = promised.today(asked)
    found = chosen(promised.near(promised.visible(gate.desk(), asked), day), EVERY, day)
    return {"content": _block(found, asked, day), "is_empty": not found}


def _block(found: Sequence[Commitment], asked: Asked, day: date) -> list[Any]:
    items = [
        html.Li([
            html.Span(f"{words.sentence(commitment_words.when(one, day)).removesuffix('.')}: ", className="promise-late" if one.days_late(day) else ""),
            dcc.Link(one.deliverable, href=link(one)), f" ({owes(one, asked)}, {one.owner_name})",
        ])
        for one in found[:MOST_IN_BLOCK]
    ]  # fmt: skip
    more = f"All {len(found)} and the rest" if len(found) > MOST_IN_BLOCK else "All commitments"
    # The register's filters are the departments alone.
    target = filters.link(PAGE, asked, **dict.fromkeys(("from", "to", "grain", "request_type", "request_group")))
    return [html.H2("Promised", className="finding"), html.Ul(items, className="promises"), html.P(dcc.Link(more, href=target))]
