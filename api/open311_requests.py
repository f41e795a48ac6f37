"""The service requests of Open311: which are asked for, and a published case as the standard's record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from api.asking import one_of, whole_number
from components.files import json_value
from metrics.periods import Calendar
from metrics.published_cases import Chosen
from metrics.question import BadQuestion
from metrics.select import Asked

MOST_DAYS, MOST_ROWS, MOST_NUMBERS = 90, 1_000, 100
STATES = {"": None, "open": True, "closed": False, "open,closed": None, "closed,open": None}
FIELDS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible", "service_notice",
    "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
)  # fmt: skip
"""Every field of the standard, in its order."""


def asked_for(asked: Asked, query: Mapping[str, str]) -> tuple[Chosen, Asked, int, int]:
    """Which requests: (chosen, the question with its services, rows to skip, rows to give).

    Numbers that are named go before everything else, as the standard wants. Without dates it is the last 90 days of the data.

    Raises:
        BadQuestion: a sentence naming what cannot be used.
    """
    size = whole_number(query, "page_size", MOST_ROWS, MOST_ROWS) or MOST_ROWS
    offset = max(whole_number(query, "page", 1, 10**5) - 1, 0) * size
    numbers = _listed(query, "service_request_id")
    if numbers:
        return Chosen(numbers=numbers), asked, offset, size
    services = _listed(query, "service_code")
    known = asked.mart.dimensions.request_types.by_slug
    for code in services:
        if code not in known:
            raise BadQuestion("There is no service_code {name}; /open311/v2/services.json lists those there are.", name=code[:60])
    first, before = _days(asked, query)
    chosen = Chosen(first=first, before=before, is_open=one_of(query, "status", STATES))
    return chosen, asked.about(asked.question.about(request_type=services)), offset, size


def _listed(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in query.get(name, "").split(",") if part.strip()))
    if len(found) > MOST_NUMBERS:
        raise BadQuestion("{name} has {n} values; {most} are allowed.", name=name, n=len(found), most=MOST_NUMBERS)
    return found


def _days(asked: Asked, query: Mapping[str, str]) -> tuple[date, date]:
    """`[first, before)`: the days whose midnight, at which a request of that day is told, lies between the two dates."""
    start, end, longest = (
        _instant(query, "start_date", asked.calendar),
        _instant(query, "end_date", asked.calendar),
        timedelta(days=MOST_DAYS),
    )
    if start is not None and end is not None and start > end:
        raise BadQuestion("start_date {start} is after end_date {end}.", start=query["start_date"][:40], end=query["end_date"][:40])
    if start is not None and end is not None and end - start > longest:
        raise BadQuestion("From start_date to end_date there are more than {most} days; ask for less at once.", most=MOST_DAYS)
    last = end or (start + longest if start else asked.calendar.local(asked.mart.as_of))
    start = start or last - longest
    first = start.date() if start.time() == time() else start.date() + timedelta(days=1)
    return first, last.date() + timedelta(days=1)


def _instant(query: Mapping[str, str], name: str, calendar: Calendar) -> datetime | None:
    """A date of the query on the city's clock; without an offset it is of the city."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        # A plus sign in an address stands for a blank.
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        if not 1900 < found.year < 2200:
            raise ValueError(text)
    except ValueError:
        raise BadQuestion("{name} is '{text}'; write an instant such as 2026-03-31T00:00:00Z.", name=name, text=text[:40]) from None
    zone = ZoneInfo(calendar.zone)
    return found.astimezone(zone) if found.tzinfo else found.replace(tzinfo=zone)


def request_rows(frame: pd.DataFrame, asked: Asked) -> list[dict[str, Any]]:
    """Published cases as records of the standard; what is not published is null."""
    return [_record(row, asked.calendar) for row in frame.to_dict("records")]


def _record(row: Mapping[Any, Any], calendar: Calendar) -> dict[str, Any]:
    closed = json_value(row["closed_on"])
    told = {
        "service_request_id": row["case_number"], "status": "open" if row["is_open"] else "closed",
        "status_notes": None if row["is_open"] else json_value(row["outcome"]), "service_name": json_value(row["service"]),
        "service_code": json_value(row["service_id"]), "agency_responsible": json_value(row["department"]),
        "requested_datetime": _midnight(row["opened_on"], calendar), "updated_datetime": _midnight(row["closed_on"] if closed else row["opened_on"], calendar),
        "expected_datetime": _midnight(row["due_on"], calendar), "lat": json_value(row["latitude"]), "long": json_value(row["longitude"]),
    }  # fmt: skip
    return {name: told.get(name) for name in FIELDS}


def _midnight(day: Any, calendar: Calendar) -> str | None:
    """The instant at which a day of the city begins, with its offset."""
    if json_value(day) is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(calendar.zone)).isoformat()
