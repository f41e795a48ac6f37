"""Business time: weekly windows and holidays of one calendar as a table of UTC intervals.

Every window is turned into UTC by itself, so the weeks in which the clock changes are right by
construction. With C(t) the business seconds before t: business seconds(a, b) = C(b) - C(a), and
the instant at which a budget is used up is C^-1(C(opened) + budget).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, Mapping

import numpy as np
import pandas as pd

_DAY = 24 * 60
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Minutes = int
Windows = tuple[tuple[Minutes, Minutes], ...]
"""Minutes after local midnight; a closing at or before its opening is on the next day."""


class CalendarError(ValueError):
    """A calendar that cannot be used: names it, the value and the remedy."""


@dataclass(frozen=True)
class Calendar:
    """Weekly local windows (0 = Monday) in `zone`; a holiday removes the windows that start that day."""

    id: str
    zone: str
    weekly: tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_business_day(self, day: date) -> bool:
        """Whether some window starts on local `day`."""
        return bool(self.weekly[day.weekday()]) and day not in self.holidays


def make_calendar(id: str, zone: str, weekly: Mapping[int, list[tuple[str, str]]], holidays: frozenset[date] = frozenset()) -> Calendar:
    """A calendar from "HH:MM" windows per weekday number.

    Raises:
        CalendarError: a time that is none, or windows that overlap, also past midnight into the next day.
    """
    days = [tuple(sorted((_minutes(id, a), _minutes(id, b)) for a, b in weekly.get(weekday, []))) for weekday in range(7)]
    if not any(days):
        raise CalendarError(f"calendar {id!r} has no window; give at least one day its hours.")
    week = [(day, day * _DAY + start, day * _DAY + closing(start, end)) for day, windows in enumerate(days) for start, end in windows]
    first_again = (week[0][0], week[0][1] + 7 * _DAY, 0)
    for (day, _, end), (_, start, _) in zip(week, [*week[1:], first_again], strict=True):
        if end > start:
            raise CalendarError(f"calendar {id!r}: a window of {_WEEKDAYS[day]} runs into the next one; let it end before that begins.")
    return Calendar(id, zone, tuple(days), frozenset(holidays))  # type: ignore[arg-type]


def closing(start: Minutes, end: Minutes) -> Minutes:
    """Minutes after the midnight of its day at which a window ends; more than 24 hours if it runs past midnight."""
    return end if end > start else end + _DAY


def _minutes(calendar_id: str, text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) * 60 + int(minute) <= 24 * 60 and int(minute) < 60):
        raise CalendarError(f"calendar {calendar_id!r}: {text!r} is not a time; write it as '09:00', midnight at the end as '24:00'.")
    return int(hour) * 60 + int(minute)


@dataclass(frozen=True)
class WindowTable:
    """A calendar's windows over a range of days. All instants are int64 microseconds UTC."""

    start: np.ndarray
    end: np.ndarray
    before: np.ndarray
    """Business microseconds before each window."""
    days: np.ndarray
    """Local business days, datetime64[D]."""
    first_open: np.ndarray
    """Minutes after local midnight of each business day's first opening."""
    last_close: np.ndarray
    """Instant of each business day's last closing."""

    def used(self, instants: np.ndarray) -> np.ndarray:
        """C(t): business microseconds before each instant."""
        at = np.clip(np.searchsorted(self.start, instants, side="right") - 1, 0, None)
        inside = np.clip(instants - self.start[at], 0, self.end[at] - self.start[at])
        return self.before[at] + inside

    def when(self, budget: np.ndarray) -> np.ndarray:
        """C^-1: the first instant at which `budget` microseconds have been used."""
        after = self.before + (self.end - self.start)
        at = np.clip(np.searchsorted(after, budget, side="left"), 0, len(after) - 1)
        return self.start[at] + budget - self.before[at]


@lru_cache(maxsize=64)
def window_table(calendar: Calendar, first: date, last: date) -> WindowTable:
    """The windows that start on local days `first` to `last`, both included."""
    days = [day for day in _each(first, last) if calendar.is_business_day(day)]
    opens, closes, owner = [], [], []
    for number, day in enumerate(days):
        for begin, end in calendar.weekly[day.weekday()]:
            midnight = datetime(day.year, day.month, day.day)
            opens.append(midnight + timedelta(minutes=begin))
            closes.append(midnight + timedelta(minutes=closing(begin, end)))
            owner.append(number)
    start, end = (_edges_to_utc(np.array(edges, "datetime64[us]"), calendar.zone) for edges in (opens, closes))
    length = end - start
    last_close = np.zeros(len(days), "int64")
    np.maximum.at(last_close, np.array(owner, dtype="int64"), end)
    first_open = np.array([calendar.weekly[day.weekday()][0][0] for day in days], "int64")
    before = np.concatenate([[0], np.cumsum(length)[:-1]])
    return WindowTable(start, end, before, np.array(days, "datetime64[D]"), first_open, last_close)


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def to_utc(local: np.ndarray, zone: str) -> np.ndarray:
    """Naive local times as int64 microseconds UTC.

    A time the spring change skips moves forward an hour; one the autumn change repeats is the first.
    """
    return _to_utc(local, zone, pd.Timedelta(hours=1))


def _edges_to_utc(local: np.ndarray, zone: str) -> np.ndarray:
    """Openings and closings as `to_utc`, but the skipped hour is no time at all: its edges fall on its end, so that windows never overlap."""
    return _to_utc(local, zone, "shift_forward")


def _to_utc(local: np.ndarray, zone: str, skipped: pd.Timedelta | Literal["shift_forward"]) -> np.ndarray:
    index = pd.DatetimeIndex(local.astype("datetime64[us]"))
    first = np.ones(len(index), dtype=bool)
    aware = index.tz_localize(zone, ambiguous=first, nonexistent=skipped)
    return aware.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64")


def to_local(instants: np.ndarray, zone: str) -> np.ndarray:
    """int64 microseconds UTC as naive local datetime64[us]."""
    index = pd.DatetimeIndex(instants.astype("datetime64[us]"), tz="UTC")
    return index.tz_convert(zone).tz_localize(None).to_numpy().astype("datetime64[us]")
