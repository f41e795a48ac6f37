"""One parameter of a URL as a value; whatever it cannot be is refused with a sentence that names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from metrics.periods import GRAINS, Calendar, Grain
from metrics.wording import BadQuestion

LONGEST_DAYS = 366 * 12
MOST_VALUES = 60
LONGEST_TEXT = 2_000


def text_of(query: Mapping[str, Any], name: str) -> str:
    if (value := query.get(name)) is None or (value == "all" and name != "case_class"):
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        value = ",".join(value)
    if not isinstance(value, str):
        raise BadQuestion("{name} must be text.", name=name)
    if len(value) > LONGEST_TEXT:
        raise BadQuestion("{name} is {n} characters long; {most} are allowed.", name=name, n=len(value), most=LONGEST_TEXT)
    return value.strip()


def members(text: str, known: Mapping[str, Any], what: str) -> tuple[str, ...]:
    if len(chosen := tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))) > MOST_VALUES:
        raise BadQuestion("There are {n} values for {what}; choose at most {most}.", n=len(chosen), what=what, most=MOST_VALUES)
    for slug in chosen:
        if slug not in known:
            raise BadQuestion("There is no {what} called {name}.", what=what, name=shown(slug))
    return chosen


def grain_of(text: str) -> Grain:
    grain = next((grain for grain in GRAINS if grain == (text or "week")), None)
    if grain is None:
        raise BadQuestion("There is no period called {text}; choose {grains}.", text=shown(text), grains=", ".join(GRAINS))
    return grain


def weeks_of(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 0 < int(text) <= LONGEST_DAYS // 7):
        raise BadQuestion("weeks is {text}; write a whole number from 1 to {most}.", text=shown(text), most=LONGEST_DAYS // 7)
    return int(text)


def day_of(text: str, default: date, name: str) -> date:
    if not text:
        return default
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadQuestion("{name} is {text}; write a date such as 2026-03-31.", name=name, text=shown(text)) from None
    if not 1900 < day.year < 2200:
        raise BadQuestion("{name} is {day}; choose a date between 1901 and 2199.", name=name, day=day)
    return day


def instant_of(text: str, latest: datetime, calendar: Calendar) -> datetime:
    """An instant, or a day: what was known when that day of the city ended (today: by now)."""
    if not text:
        return latest
    if len(text) == len("2026-03-31") and "T" not in text:
        day = day_of(text, latest.date(), "as_of")
        if calendar.midnight(day) > latest:
            raise BadQuestion("as_of is {day}, but the data reaches only to {latest}.", day=day, latest=calendar.day_of(latest))
        return min(calendar.midnight(day + timedelta(days=1)), latest)
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise BadQuestion("as_of is {text}; write an instant such as 2026-03-31T04:00:00Z.", text=shown(text)) from None
    if not 1900 < instant.year < 2200:
        raise BadQuestion("as_of is {text}; choose a date between 1901 and 2199.", text=shown(text))
    if instant.tzinfo is not None:
        instant = (instant - instant.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
    if instant > latest:
        raise BadQuestion(
            "as_of is {text}, but the data reaches only to {value}Z.", text=shown(text), value=latest.isoformat(timespec="minutes")
        )
    return instant


def shown(value: object) -> str:
    """`value` as it may be repeated to the reader: short, on one line."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return f"'{text[:60]}'"
