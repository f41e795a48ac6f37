"""Business hours of a stretch, as a second figure beside elapsed days: by the calendar of the type's rule, else the city's first."""

from __future__ import annotations

from datetime import datetime

from metrics.business_time import business_hours
from tests.support.marts import small_city

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
CITY = small_city(
    "UTC",
    calendar=[
        {"id": "office", "weekly": {day: [["08:00", "17:00"]] for day in WEEKDAYS}, "add": ["2026-03-09"]},
        {"id": "always", "weekly": {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "saturday", "sunday")}},
    ],
    sla_rule=[
        {"request_type": "Leak", "unit": "business_hours", "amount": 24, "calendar": "always"},
        {"request_type": "Rats", "unit": "calendar_days", "amount": 3},
    ],
)
FRIDAY, TUESDAY = datetime(2026, 3, 6, 16), datetime(2026, 3, 10, 9)


def test_nights_weekends_and_holidays_are_no_business_time() -> None:
    """Friday 16:00 to Tuesday 09:00 over a holiday on Monday: one hour and one more."""
    assert business_hours(CITY, "Pothole", FRIDAY, TUESDAY) == 2
    assert business_hours(CITY, None, FRIDAY, TUESDAY) == 2


def test_a_type_with_a_calendar_of_its_own_is_counted_by_it() -> None:
    assert business_hours(CITY, "Leak", FRIDAY, TUESDAY) == 89
    assert business_hours(CITY, "Rats", FRIDAY, TUESDAY) == 2


def test_without_a_calendar_there_is_no_second_figure() -> None:
    assert business_hours(small_city("UTC"), "Pothole", FRIDAY, TUESDAY) is None
