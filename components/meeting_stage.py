"""What is shown at an item of the agenda: its charts drawn now, and what belongs to its kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from dash import dcc, html

from components import (
    annotations,
    commitment_words,
    filters,
    gate,
    meetings,
    remark_marks,
    restated_words,
    shown_charts,
    signal_words,
    words,
)
from data_access.store import agendas, commitments
from data_access.store import meetings as kept
from data_access.store.agendas import Item
from data_access.store.commitment_rows import as_it_stood
from data_access.store.commitments import Commitment
from data_access.store.meetings import HELD, Meeting
from metrics.commitment_effect import Effect, effect_of
from metrics.definitions import HEADLINE, REGISTRY
from metrics.headline import headlines
from metrics.promised import open_to
from metrics.question import BadQuestion
from metrics.select import Asked
from metrics.signal_list import narrowed
from metrics.signals import filters_of

WORST_FIRST = ("worse", "none_yet", "too_early", "not_measurable", "as_hoped")


def agenda(of: Meeting, asked: Asked) -> list[Item]:
    """The items that the present viewer may see, each of the page it shows as that was known at the meeting's instant."""
    found = agendas.items(gate.desk().store(), of.id, meetings.only(asked))
    return [replace(item, address=shown_charts.known_at(item.address, of.as_of)) if item.address else item for item in found]


def item_in(items: list[Item], text: Any) -> Item | None:
    """The item that an address or a press of a key names; the first where it names none that is there."""
    found = next((item for item in items if str(item.id) == str(text)), None)
    return found or (items[0] if items else None)


def item_to_change(items: list[Item], text: str) -> Item:
    """The item on the screen, for what is written down beside it; the first where the address names none.

    Raises:
        BadQuestion: it was taken off the agenda meanwhile; what is written must not go to another one.
    """
    found = item_in(items, text)
    if found is None or (text and str(found.id) != text):
        raise BadQuestion(
            "This item was taken off the agenda meanwhile; what you wrote is still here. Choose the item it belongs to, and keep it there."
        )
    return found


def stage(item: Item, of: Meeting, asked: Asked) -> list[Any]:
    """Everything at an item."""
    own = {"data": _data, "promises": _promises, "city": _city, "actions": _actions}.get(item.kind)
    made = own(item, of, asked) if own else []
    if not own and item.address:
        made = shown_charts.blocks(item.address)
    return made or [html.P("Nothing is drawn for this item.", className="empty")]


def way_there(item: Item) -> list[Any]:
    """The page an item is about, to look further."""
    if not item.address or shown_charts.page_at(item.address) is None:
        return []
    return [dcc.Link("Open the page", href=shown_charts.seen_at(item.address), className="stage-link")]


def _data(_item: Item, of: Meeting, asked: Asked) -> list[Any]:
    store = gate.desk().store()
    closed = meetings.frozen_before(of, asked, store)
    known = words.instant(of.as_of or asked.mart.as_of, asked.calendar)
    said = html.P(f"The figures of this meeting are those known on {known}.", className="stage-words")
    return [said, restated_words.section(closed, asked)]


def _city(item: Item, _of: Meeting, _asked: Asked) -> list[Any]:
    asked = gate.desk().ask(gate.query_of(shown_charts.query_of(item.address)))
    made = remark_marks.made_tiles(headlines(HEADLINE, asked), asked)
    said = f"The week of {words.days_between(*asked.last_week())}"
    if asked.scope.departments is not None:
        said += f": {words.joined([asked.name_of('department', key) for key in asked.scope.departments])} alone, as far as your account sees the city"
    return [html.P(said, className="subtitle"), html.Div(made, className="tiles")]


def promised(of: Meeting, asked: Asked) -> list[Effect]:
    """What was promised in earlier meetings of the series and is not finished, or in the last one; and what its departments owe without a meeting.

    The latest first, then by the verdict, the worst first. Of a meeting that was held they are told as they stood when it was closed.
    """
    desk = gate.desk()
    store, viewer = desk.store(), desk.viewer()
    last = kept.before(store, of, meetings.only(asked))
    earlier = {met.id for met in kept.of_series(store, of.series.id, meetings.only(asked)) if met.on < of.on}
    every = commitments.register(store, viewer, open_to(viewer, asked), until=of.state_at if of.state == HELD else None)
    found = [
        one for one in every
        if (one.meeting_id in earlier and (one.is_unfinished or (last is not None and one.meeting_id == last.id)))
        or (one.meeting_id is None and one.is_unfinished and one.department in of.series.departments and one.made_on <= of.on)
    ]  # fmt: skip
    as_of = (of.as_of or asked.mart.as_of).isoformat() + "Z"
    rebasing = annotations.rebasing()
    effects = [effect_of(one, desk.ask, rebasing, as_of) for one in found]
    return sorted(effects, key=lambda one: (-one.commitment.days_late(of.on), WORST_FIRST.index(one.verdict), one.commitment.due_on))


def _promises(_item: Item, of: Meeting, asked: Asked) -> list[Any]:
    effects = promised(of, asked)
    if not effects:
        return [
            html.P(
                "Nothing is owed: nothing was promised in earlier meetings of this series or by its departments, or all of it is finished.",
                className="empty",
            )
        ]
    late = sum(one.commitment.days_late(of.on) > 0 for one in effects)
    said = words.plural(len(effects), "promise") + (f", {late} late" if late else ", none late")
    return [
        html.P(words.sentence(said), className="stage-words"),
        html.Ul([_promise(one, of, asked) for one in effects], className="promised"),
    ]


def _promise(one: Effect, of: Meeting, asked: Asked) -> html.Li:
    what = one.commitment
    verdict = commitment_words.VERDICT_WORDS[one.verdict]
    tone = {"worse": "tag tag-bad", "as_hoped": "tag tag-good"}.get(one.verdict, "tag")
    owes = f"{what.owner_name} ({asked.name_of('department', what.department)}), {commitment_words.when(what, of.on)}"
    return html.Li(
        [
            html.P([html.Strong(what.deliverable), " ", html.Span(verdict, className=tone)]), html.P(owes),
            html.P(commitment_words.sentence(one), className="note"),
        ]
    )  # fmt: skip


def captured(of: Meeting, asked: Asked) -> list[Commitment]:
    """The actions of this meeting that the present viewer may see, in the order they were written; once it is closed, with the days agreed in it."""
    desk = gate.desk()
    viewer = desk.viewer()
    found = [one for one in commitments.register(desk.store(), viewer, open_to(viewer, asked)) if one.meeting_id == of.id]
    if of.state == HELD and of.state_at is not None:
        events = commitments.history(desk.store(), viewer, open_to(viewer, asked))
        found = [as_it_stood(one, [event for event in events if event.commitment_id == one.id], of.state_at) for one in found]
    return sorted(found, key=lambda one: one.id)


def _actions(_item: Item, of: Meeting, asked: Asked) -> list[Any]:
    """The screen from which the actions are read aloud, one at a time."""
    found = captured(of, asked)
    if not found:
        return [html.P("No action has been written down. An action has an owner, a deliverable, a date and a figure.", className="empty")]
    return [html.Ol([_aloud(one, at, len(found), asked) for at, one in enumerate(found, start=1)], className="aloud", id="aloud")]


def _aloud(one: Commitment, at: int, n: int, asked: Asked) -> html.Li:
    about = cases_said(one.filters)
    rows = (
        ("Who", f"{one.owner_name}, {asked.name_of('department', one.department)}"), ("What", one.deliverable), ("By when", words.weekday(one.due_on)),
        ("Measured by", commitment_words.hoped(one) + (f" ({about})" if about else "")),
    )  # fmt: skip
    parts = [part for name, text in rows for part in (html.Dt(name), html.Dd(text))]
    return html.Li([html.P(f"Action {at} of {n}", className="aloud-count"), html.Dl(parts)])


def cases_said(scope: str) -> str:
    """A canonical query in words: "Public Works, Pothole"; empty for all cases."""
    if not scope:
        return ""
    try:
        return filters.said(gate.desk().ask(shown_charts.open_to_viewer(dict(parse_qsl(scope)))))
    except BadQuestion:
        return "cases that are not open to you"


def measured_by(item: Item, asked: Asked, department: str = "") -> tuple[str, str]:
    """The figure an item is about and the cases it is cut to (a canonical query): what an action taken at it should move.

    Args:
        department: who owes the action; of an item for several departments only this one's cases are meant. An item that one of them answers
            for is about the cases of that one, whoever owes the action.
    """
    query = shown_charts.open_to_viewer(shown_charts.query_of(item.address)) if item.address else {}
    try:
        about = gate.desk().ask(gate.query_of({name: text for name, text in query.items() if name not in ("from", "to", "as_of", "weeks")}))
        series = query.get("series", "")
        metric, dimension, key = signal_words.series_of(series, asked) if series else (_figure(item), "whole", "")
        about = narrowed(about, dimension, key) if series else about
    except BadQuestion:
        return _figure(item), ""
    scope = {name: sorted(values) for name, values in filters_of(about).items()}
    answers = item.department or department
    if answers and len(scope.get("department", [])) > 1:
        scope["department"] = [answers]
    return metric, urlencode(sorted((name, ",".join(values)) for name, values in scope.items()))


def _figure(item: Item) -> str:
    """The figure of the first chart of an item, or the headline."""
    query = dict(parse_qsl(urlsplit(item.address).query))
    names = shown_charts.charts_at(item.address) if item.address and item.kind not in ("city", "promises", "data") else []
    of_chart = next((shown_charts.CHARTS[name].metric for name in names if shown_charts.CHARTS[name].metric), "")
    named = query.get("of") or of_chart
    # What is no figure by week cannot tell later whether it moved.
    return named if named in REGISTRY and REGISTRY[named].by_period else "ontime_due"
