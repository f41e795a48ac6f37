"""Packets in lists: those of a meeting, all that a viewer may read, and what one may be drafted for."""

from __future__ import annotations

from datetime import timedelta

from dash import dcc, html

from components import packets, words
from components.gate import desk
from data_access.store import meetings
from data_access.store import packets as kept
from data_access.store.packets import Packet
from metrics.select import Asked

BEFORE, AHEAD = timedelta(weeks=4), timedelta(weeks=8)
"""Meetings that a packet may be drafted for: so long past, so far ahead."""
NONE_YET = "No packet has been drafted yet."
NONE_OF_MEETING = "No packet has been drafted for this meeting yet."


def packets_of(meeting_id: int, asked: Asked) -> html.Ul:
    """The packets of one meeting that the present viewer may read."""
    at = desk()
    found = kept.of_meeting(at.store(), at.viewer(), packets.only(at.viewer(), asked), meeting_id)
    return html.Ul([_item(one, asked) for one in found] or [html.Li(NONE_OF_MEETING, className="empty")], className="packet-list")


def every(asked: Asked) -> list[html.Li]:
    """All that the present viewer may read, those of the latest meetings first."""
    at = desk()
    found = kept.latest(at.store(), at.viewer(), packets.only(at.viewer(), asked))
    return [_item(one, asked) for one in found] or [html.Li(NONE_YET, className="empty")]


def _item(of: Packet, asked: Asked) -> html.Li:
    name = "The whole meeting" if of.department == kept.WHOLE else packets.about(of, asked)
    when = f"{of.series}, {words.weekday(of.meeting_on)}; figures as known on {words.moment(of.as_of, asked.calendar)}"
    return html.Li([dcc.Link(name, href=f"{packets.PATH}/{of.id}"), html.Span(when, className="note")])


def offered(asked: Asked) -> list[dict[str, str]]:
    """What a packet may be drafted for: each meeting near today, whole and by department."""
    at, today = desk(), asked.calendar.day_of(asked.mart.as_of)
    meetings.materialise(at.store(), today)
    near = meetings.schedule(at.store(), packets.only(at.viewer(), asked), today - BEFORE, today + AHEAD)
    # Those to come first, as they come; then those that were, backwards.
    ordered = sorted((one for one in near if one.state != meetings.CANCELLED), key=lambda one: (one.on < today, abs((one.on - today).days)))
    made = []
    for one in ordered:
        name = f"{one.series.name}, {words.day(one.on)}"
        made.append({"value": f"{one.id} ", "label": f"{name}: the whole meeting"})
        made += [{"value": f"{one.id} {key}", "label": f"{name}: {asked.name_of('department', key)}"} for key in one.series.departments]
    return made
