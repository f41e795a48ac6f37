"""The schedule on screen: what is planned, what happened, how often each series met, and the buttons that say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import MATCH, Input, Output, State, dcc, html

from access import MAY
from components import gate, meetings, words
from components.meetings import STATE_WORDS, UNSAID
from data_access.store import meetings as kept
from data_access.store.acting import Acting
from data_access.store.meetings import CANCELLED, HELD, PLANNED, Count, Meeting, NotPlanned, Series
from metrics.question import BadQuestion
from metrics.select import Asked

WEEKS_BACK, WEEKS_AHEAD = 26, kept.WEEKS_AHEAD
COUNTED_WEEKS = 52
SHOWN_AT_ONCE = 6


def row_id(part: str, number: Any) -> dict[str, Any]:
    return {"type": f"meet-{part}", "id": number}


def upcoming(asked: Asked) -> list[Any]:
    """What is planned, the next first; what is over and of which nobody said what happened stands before it."""
    day = meetings.today(asked)
    store, only = gate.desk().store(), meetings.only(asked)
    kept.materialise(store, day)
    found = kept.schedule(store, only, day - timedelta(weeks=WEEKS_BACK), day + timedelta(weeks=WEEKS_AHEAD))
    made = [met for met in found if met.on >= day or met.state == PLANNED]
    empty = "No meeting is planned. Plan a series below." if meetings.may_run() else "No meeting about your departments is planned."
    return _few([_row(met, asked, day) for met in made], "later") or [html.Li(empty, className="empty")]


def past(asked: Asked) -> list[Any]:
    """What happened, the latest first."""
    day = meetings.today(asked)
    found = kept.schedule(gate.desk().store(), meetings.only(asked), day - timedelta(weeks=WEEKS_BACK), day - timedelta(days=1))
    made = [met for met in reversed(found) if met.state != PLANNED]
    return _few([_row(met, asked, day) for met in made], "earlier") or [html.Li("No meeting was held or cancelled yet.", className="empty")]


def _few(rows: list[html.Li], rest: str) -> list[Any]:
    """The first rows, and the rest behind a line."""
    if len(rows) <= SHOWN_AT_ONCE + 1:
        return list(rows)
    more = html.Details([html.Summary(f"{len(rows) - SHOWN_AT_ONCE} {rest}"), html.Ul(rows[SHOWN_AT_ONCE:], className="meets")])
    return [*rows[:SHOWN_AT_ONCE], html.Li(more, className="meet-more")]


def _row(met: Meeting, asked: Asked, day: date) -> html.Li:
    unsaid = met.state == PLANNED and met.on < day
    tone = {HELD: "tag tag-good", CANCELLED: "tag tag-bad"}.get(met.state, "tag tag-bad" if unsaid else "tag")
    said = UNSAID if unsaid else STATE_WORDS[met.state]
    off = [html.Span("A day off by the city's calendars", className="note")] if met.state == PLANNED and meetings.is_day_off(met.on) else []
    return html.Li(
        [
            html.Div([html.Strong(meetings.when(met)), html.Span(said, className=tone), *off], className="meet-when"),
            html.Div([dcc.Link(met.series.name, href=meetings.address(met)), html.Span(meetings.about(met.series, asked), className="note")], className="meet-what"),
            html.Div([*reason(met), *(controls(met, day) if meetings.may_run() else [])], className="meet-do"),
        ],
        className="meet",
    )  # fmt: skip


def reason(met: Meeting) -> list[Any]:
    """Why a meeting was cancelled, and who said so."""
    if met.state != CANCELLED:
        return []
    # Whoever only looks reads no names of staff.
    by = f" ({met.state_by_name})" if gate.desk().viewer().role in MAY["answer_commitment"] else ""
    return [html.P(f"“{met.reason}”{by}", className="note")]


def controls(met: Meeting, day: date) -> list[Any]:
    """What may be said of a meeting now."""
    named = f"{met.series.name}, {words.day(met.on)}"
    if met.state != PLANNED:
        return [_button("undo", met.id, "Undo", f"Undo: {named} is planned again", "btn-link")]
    field = dbc.Input(id=row_id("reason", met.id), type="text", maxlength=kept.LONGEST_REASON, size="sm")
    why = html.Label([f"Why {named} is cancelled", field])
    cancel = html.Details([html.Summary("Cancel"), html.Div([why, _button("cancel", met.id, "Cancel it", f"Cancel {named}", "btn-outline-secondary")], className="meet-cancel")])  # fmt: skip
    held = [_button("hold", met.id, "It was held", f"{named} was held", "btn-primary")] if met.on <= day else []
    return [*held, cancel]


def _button(part: str, number: int, text: str, label: str, kind: str) -> html.Button:
    return html.Button(text, id=row_id(part, number), type="button", className=f"btn btn-sm {kind}", **{"aria-label": label})


def counter(asked: Asked) -> list[Any]:
    """How often each series met in a year, and all of them together."""
    day = meetings.today(asked)
    found = kept.counts(gate.desk().store(), meetings.only(asked), day - timedelta(weeks=COUNTED_WEEKS), day)
    if not any(count.held or count.cancelled or count.unsaid for count in found):
        return [html.P("Nothing to count yet: no meeting is over.", className="empty")]
    total = [sum(len(part) for part in parts) for parts in zip(*[(of.held, of.cancelled, of.unsaid) for of in found], strict=True)]
    head = html.P(
        [html.Strong(f"{total[0]} held, {total[1]} cancelled"), *([f", {total[2]} unsaid"] if total[2] else []), " in 52 weeks"],
        className="meet-total",
    )
    return [head, html.Ul([html.Li(_counted(count)) for count in found], className="meet-counts")]


def _counted(count: Count) -> str:
    unsaid = f", {len(count.unsaid)} of which nobody said what happened" if count.unsaid else ""
    return f"{count.series.name}: {len(count.held)} held, {len(count.cancelled)} cancelled{unsaid}"


def series(asked: Asked) -> list[Any]:
    """The series with their rhythm, each to be ended or taken up again."""
    found = kept.every_series(gate.desk().store(), meetings.only(asked))
    return [_series(one, asked) for one in found] or [html.Li("No series yet.", className="note")]


def _series(one: Series, asked: Asked) -> html.Li:
    over = "" if one.ended_at is None else "; has ended"
    part, text = ("end", "End") if one.ended_at is None else ("resume", "Take up again")
    button = [_button(part, one.id, text, f"{text}: {one.name}", "btn-link")] if meetings.may_run() else []
    return html.Li([html.Span(f"{one.name}: {meetings.rhythm(one)}, at {one.starts_at}; {meetings.about(one, asked)}{over}."), *button])


def _change(part: str, does: Callable[..., str], values: dict[str, Any] | None = None) -> None:
    """A button of a row that changes a meeting or a series; the page is filled again and says what was done."""

    @gate.changes(
        Output(row_id(part, MATCH), "title"), action="run_meeting", trigger=Input(row_id(part, MATCH), "n_clicks"), question=State("question", "data"),
        values={
            "query": (State("question", "data"), gate.query_of), "number": (State(row_id(part, MATCH), "id"), meetings.number_of), **(values or {}),
        },
    )  # fmt: skip
    def change(acting: Acting, asked: Asked, query: dict[str, str], number: int, **given: Any) -> str:
        try:
            said = does(acting, asked, number, **given)
        except NotPlanned as error:
            raise BadQuestion(str(error)) from None
        tell(said, query)
        return said


def tell(said: str, query: dict[str, str]) -> None:
    """Say what was done, and fill the page again."""
    dash.set_props("meet-said", {"children": said})
    dash.set_props("question", {"data": query})
    dash.set_props("notice", {"hidden": True})


def _held(acting: Acting, asked: Asked, number: int) -> str:
    met = kept.hold(acting, number, meetings.today(asked))
    return f"{met.series.name} of {words.day(met.on)} was held."


def _cancelled(acting: Acting, _asked: Asked, number: int, why: str) -> str:
    met = kept.cancel(acting, number, why)
    return f"{met.series.name} of {words.day(met.on)} is cancelled: {met.reason}"


def _undone(acting: Acting, _asked: Asked, number: int) -> str:
    met = kept.undo(acting, number)
    return f"{met.series.name} of {words.day(met.on)} is planned again."


_change("hold", _held)
_change("cancel", _cancelled, {"why": (State(row_id("reason", MATCH), "value"), gate.short_text(kept.LONGEST_REASON, "The reason"))})
_change("undo", _undone)
_change(
    "end",
    lambda acting, asked, number: f"“{kept.end_series(acting, number, meetings.today(asked))}” has ended; take it up again to undo that.",
)
_change("resume", lambda acting, _asked, number: f"“{kept.resume_series(acting, number)}” goes on.")
