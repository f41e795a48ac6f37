"""Meetings on screen: which one an address names, who may see it, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from access import MAY
from components import gate, words
from data_access.due import calendars_of
from data_access.store import freezes, meetings
from data_access.store.engine import Store
from data_access.store.freezes import Freeze
from data_access.store.meetings import Meeting, Series
from metrics.agreed import concerned
from metrics.meetings import week_before
from metrics.question import BadQuestion
from metrics.select import Asked
from settings import utc_now

PATH = "/meeting"
STATE_WORDS = {"planned": "Planned", "held": "Held", "cancelled": "Cancelled"}
UNSAID = "Nobody said whether it was held"
LARGEST_NUMBER = 10**9


def only(asked: Asked) -> frozenset[str] | None:
    """The departments whose meetings the present viewer may see; None: all."""
    return concerned(gate.desk().viewer(), asked.mart)


def may_run() -> bool:
    """Whether the present viewer may plan and change meetings."""
    return gate.desk().viewer().role in MAY["run_meeting"]


def today(asked: Asked) -> date:
    """The city's day."""
    return asked.calendar.day_of(utc_now().replace(tzinfo=None))


def chosen(query: Mapping[str, str], asked: Asked) -> Meeting:
    """The meeting that the page's address names.

    Raises:
        BadQuestion: there is none of that number that the viewer may see.
    """
    text = query.get("meeting", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    found = meetings.one(gate.desk().store(), number, only(asked))
    if found is None:
        raise BadQuestion(meetings.NO_MEETING)
    return found


def number_of(value: Any) -> int:
    """A parser of the number in the id of one row's button."""
    number = value.get("id") if isinstance(value, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < LARGEST_NUMBER:
        raise BadQuestion("There is no such row; open the page again.")
    return number


def whole(low: int, high: int, what: str) -> gate.Parser:
    """A parser of a whole number."""

    def parse(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadQuestion(f"{what} must be a whole number from {low} to {high}.")
        return value

    return parse


def is_day_off(day: date) -> bool:
    """Whether nobody works on `day` by any of the city's calendars; no where it has none."""
    calendars = calendars_of(gate.desk().city).values()
    return bool(calendars) and not any(one.is_business_day(day) for one in calendars)


def address(of: Meeting, part: str = "") -> str:
    """Address of a meeting's page, or of its `room` or `memo`."""
    return f"{PATH}/{of.id}/{part}" if part else f"{PATH}/{of.id}"


def when(of: Meeting) -> str:
    """ "Thu 26 Mar 2026, 09:00"."""
    return f"{words.weekday(of.on)}, {of.series.starts_at}"


def about(series: Series, asked: Asked) -> str:
    """The departments of a series, in words."""
    return words.joined([asked.name_of("department", key) for key in series.departments], most=8)


def rhythm(series: Series) -> str:
    """ "every 2 weeks, 60 minutes"."""
    often = "every week" if series.every_weeks == 1 else f"every {series.every_weeks} weeks"
    return f"{often}, {series.minutes} minutes"


def frozen_before(of: Meeting, asked: Asked, store: Store) -> Freeze | None:
    """The last freeze of a week that was over before the meeting."""
    return freezes.before(store, week_before(of.on, asked.calendar))


def instant_for(of: Meeting, asked: Asked, store: Store) -> datetime:
    """The instant a meeting's figures are of: that of its week's freeze; without one what is known now, or was on its day."""
    week = week_before(of.on, asked.calendar)
    closed = freezes.of_week(store, week)
    known = asked.calendar.midnight(of.on) if closed is None else closed.as_of
    return min(asked.mart.as_of, known)
