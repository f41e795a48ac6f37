"""A city's working time: its weekly hours, the country's and state's holidays, and the city's own exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from data_access.calendars import Calendar, CalendarError, WindowTable, make_calendar, window_table
from data_access.city import City, CityError
from data_access.due import calendars_of
from tests.support.clocks import business_seconds_between
from tests.support.marts import instant, small_city

NEW_YORK = "America/New_York"
OFFICE = {day: [["08:00", "17:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


def city_with(**calendar: Any) -> City:
    return small_city(NEW_YORK, calendar=[{"id": "city", "weekly": OFFICE, **calendar}])


def calendar_with(**calendar: Any) -> Calendar:
    return calendars_of(city_with(**calendar))["city"]


def working_days(calendar: Calendar, first: date, last: date) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if calendar.is_business_day(day)]


def hours(table: WindowTable) -> float:
    return float((table.end - table.start).sum()) / 3.6e9


def test_a_state_s_holidays_are_added_to_the_country_s() -> None:
    patriots_day = date(2026, 4, 20)
    assert calendar_with(holidays={"country": "US"}).is_business_day(patriots_day)
    assert not calendar_with(holidays={"country": "US", "subdivision": "MA"}).is_business_day(patriots_day)


def test_an_ordinary_year_has_ten_federal_holidays_on_weekdays() -> None:
    """2026 has 261 weekdays; Independence Day is a Saturday and MA keeps no Friday for it. 11 others, Patriots' Day among them."""
    days = working_days(calendar_with(holidays={"country": "US", "subdivision": "MA"}), date(2026, 1, 1), date(2026, 12, 31))
    assert len(days) == 261 - 11


def test_a_city_adds_and_removes_days_of_the_list() -> None:
    """The city closes on the Friday before the Saturday of Independence Day, and works on Columbus Day."""
    calendar = calendar_with(holidays={"country": "US"}, add=[date(2026, 7, 3)], remove=[date(2026, 10, 12)])
    assert not calendar.is_business_day(date(2026, 7, 3))
    assert calendar.is_business_day(date(2026, 10, 12))
    assert not calendar.is_business_day(date(2026, 11, 11))


def test_a_day_both_added_and_removed_is_worked() -> None:
    assert calendar_with(add=[date(2026, 3, 3)], remove=[date(2026, 3, 3)]).is_business_day(date(2026, 3, 3))


def test_without_holidays_christmas_is_a_working_day() -> None:
    """Some cities' systems count every weekday."""
    assert calendar_with().is_business_day(date(2026, 12, 25))


def test_a_country_nobody_knows_is_named() -> None:
    with pytest.raises(CityError, match="calendar 'city': holidays of XX"):
        calendar_with(holidays={"country": "XX"})


def test_a_holiday_takes_the_shift_that_begins_on_it_and_leaves_the_one_that_ends_on_it() -> None:
    """Nights from 22:00 to 06:00, Monday to Friday, without Wednesday: four nights of eight hours, one of them ends on Wednesday."""
    nights = {day: [("22:00", "06:00")] for day in range(5)}
    table = window_table(make_calendar("nights", NEW_YORK, nights, frozenset({date(2026, 3, 18)})), date(2026, 3, 16), date(2026, 3, 22))
    assert hours(table) == 4 * 8
    assert instant("2026-03-18T10:00:00Z") in table.end.astype("datetime64[us]")
    assert instant("2026-03-19T02:00:00Z") not in table.start.astype("datetime64[us]")


@pytest.mark.parametrize(("saturday", "length"), [("2026-03-07", 7), ("2026-10-31", 9), ("2026-06-06", 8)])
def test_a_night_shift_is_seven_hours_in_spring_and_nine_in_autumn(saturday: str, length: int) -> None:
    day = date.fromisoformat(saturday)
    assert hours(window_table(make_calendar("night", NEW_YORK, {5: [("22:00", "06:00")]}), day, day)) == length


def test_hours_that_the_clock_skips_are_no_hours() -> None:
    """On 8 March the clock goes from 02:00 to 03:00: of 02:00-02:30 nothing is left, of 02:30-04:00 one hour."""
    table = window_table(
        make_calendar("early", NEW_YORK, {6: [("02:00", "02:30"), ("02:30", "04:00")]}), date(2026, 3, 8), date(2026, 3, 8)
    )
    assert ((table.end - table.start) / 3.6e9).tolist() == [0, 1]
    assert (table.start[1:] >= table.end[:-1]).all()


def test_a_shift_that_ends_in_the_repeated_hour_ends_when_it_comes_first() -> None:
    """On 1 November 01:00 to 02:00 comes twice: until 01:30 it is an hour and a half, from 01:30 to 03:00 two and a half."""
    table = window_table(
        make_calendar("early", NEW_YORK, {6: [("00:00", "01:30"), ("01:30", "03:00")]}), date(2026, 11, 1), date(2026, 11, 1)
    )
    assert ((table.end - table.start) / 3.6e9).tolist() == [1.5, 2.5]


def test_a_week_has_its_forty_five_hours_also_when_the_clock_changes() -> None:
    """Five days of nine hours: the change falls on a Sunday."""
    calendar = make_calendar("office", NEW_YORK, {day: [("08:00", "17:00")] for day in range(5)})
    assert [hours(window_table(calendar, date(2026, 3, d), date(2026, 3, d + 6))) for d in (2, 9)] == [45, 45]


def test_a_day_may_have_a_break_and_go_on_to_midnight() -> None:
    calendar = make_calendar("desk", "UTC", {0: [("13:00", "24:00"), ("08:00", "12:00")]})
    table = window_table(calendar, date(2026, 3, 16), date(2026, 3, 16))
    assert hours(table) == 15
    assert table.first_open.tolist() == [8 * 60]
    assert table.last_close.tolist() == [np.datetime64("2026-03-17", "us").astype("int64")]


def test_business_seconds_between_two_instants_leave_out_nights_weekends_and_holidays() -> None:
    """Friday 16:00 to Tuesday 09:00 with a holiday on Monday: one hour on Friday, one on Tuesday."""
    data = {"tz": NEW_YORK, "weekly": {str(day): [["08:00", "17:00"]] for day in range(5)}, "holidays": ["2026-03-16"]}
    assert business_seconds_between(instant("2026-03-13T20:00:00Z"), instant("2026-03-17T13:00:00Z"), data) == 2 * 3600


@pytest.mark.parametrize(
    ("weekly", "said"),
    [
        ({}, "has no window"),
        ({0: [("8", "17:00")]}, "'8' is not a time"),
        ({0: [("08:00", "25:00")]}, "'25:00' is not a time"),
        ({0: [("08:60", "17:00")]}, "'08:60' is not a time"),
        ({0: [("08:00", "12:30"), ("12:00", "17:00")]}, "a window of Monday runs into the next one"),
        ({0: [("20:00", "04:00"), ("22:00", "23:00")]}, "a window of Monday runs into the next one"),
        ({0: [("22:00", "06:00")], 1: [("05:00", "13:00")]}, "a window of Monday runs into the next one"),
        ({0: [("00:00", "08:00")], 6: [("22:00", "01:00")]}, "a window of Sunday runs into the next one"),
    ],
)
def test_hours_that_cannot_be_used_are_refused_with_their_day(weekly: dict[int, list[tuple[str, str]]], said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        make_calendar("city", NEW_YORK, weekly)


@pytest.mark.parametrize("weekly", [{0: [("08:00", "12:00"), ("12:00", "17:00")]}, {day: [("00:00", "24:00")] for day in range(7)}])
def test_windows_that_touch_are_two_windows(weekly: dict[int, list[tuple[str, str]]]) -> None:
    assert make_calendar("city", NEW_YORK, weekly).is_business_day(date(2026, 3, 16))
