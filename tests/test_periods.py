"""Civil periods: what day, week, month, quarter and fiscal year an instant lies in, and how long they last.

Clocks in New York went forward on 8 March 2026 and back on 2 November 2025; in Sydney forward on
5 October 2025 and back on 5 April 2026; in Beirut and Havana the change falls on midnight itself.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.periods import GRAINS, SAME_WEEK_LAST_YEAR, Calendar, Grain, iso_week

NEW_YORK = Calendar("America/New_York")
ZONES = ("America/New_York", "Australia/Sydney", "Asia/Beirut", "America/Havana", "Asia/Kathmandu", "Pacific/Apia", "UTC")
HOUR = timedelta(hours=1)


def _hours(calendar: Calendar, first: date, last: date) -> float:
    return (calendar.midnight(last) - calendar.midnight(first)) / HOUR


def test_a_day_begins_at_local_midnight() -> None:
    assert NEW_YORK.midnight(date(2026, 1, 15)) == datetime(2026, 1, 15, 5)
    assert NEW_YORK.midnight(date(2026, 7, 15)) == datetime(2026, 7, 15, 4)
    assert Calendar("Asia/Kathmandu").midnight(date(2026, 1, 15)) == datetime(2026, 1, 14, 18, 15)


def test_a_request_opened_at_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = NEW_YORK.midnight(date(2026, 3, 2))
    assert NEW_YORK.day_of(midnight) == date(2026, 3, 2)
    assert NEW_YORK.day_of(midnight - timedelta(seconds=1)) == date(2026, 3, 1)


@pytest.mark.parametrize(("zone", "monday", "hours"), [
    ("America/New_York", date(2026, 3, 2), 167), ("America/New_York", date(2025, 10, 27), 169), ("America/New_York", date(2026, 3, 9), 168),
    ("Australia/Sydney", date(2025, 9, 29), 167), ("Australia/Sydney", date(2026, 3, 30), 169), ("Asia/Beirut", date(2026, 3, 23), 167),
    ("America/Havana", date(2026, 3, 2), 167), ("UTC", date(2026, 3, 2), 168),
])  # fmt: skip
def test_a_week_has_an_hour_less_or_more_when_the_clock_changes(zone: str, monday: date, hours: int) -> None:
    assert _hours(Calendar(zone), monday, monday + timedelta(days=7)) == hours


def test_where_midnight_itself_is_skipped_the_day_begins_an_hour_later_on_the_clock() -> None:
    """In Beirut the clock goes from 23:59:59 on 28 March 2026 to 01:00 on the 29th."""
    beirut = Calendar("Asia/Beirut")
    start = beirut.midnight(date(2026, 3, 29))
    assert beirut.local(start).strftime("%d %H:%M") == "29 01:00"
    assert beirut.day_of(start) == date(2026, 3, 29)
    assert beirut.day_of(start - timedelta(seconds=1)) == date(2026, 3, 28)


def test_where_midnight_comes_twice_the_day_begins_at_the_first() -> None:
    """In Havana the clock goes back from 01:00 to 00:00 on 1 November 2026: that day has 25 hours."""
    assert _hours(Calendar("America/Havana"), date(2026, 11, 1), date(2026, 11, 2)) == 25


@pytest.mark.parametrize(("week_start", "day", "first"), [
    ("monday", date(2026, 3, 31), date(2026, 3, 30)), ("monday", date(2026, 3, 30), date(2026, 3, 30)), ("monday", date(2026, 3, 29), date(2026, 3, 23)),
    ("sunday", date(2026, 3, 31), date(2026, 3, 29)), ("sunday", date(2026, 3, 29), date(2026, 3, 29)), ("sunday", date(2026, 3, 28), date(2026, 3, 22)),
    ("sunday", date(2026, 1, 1), date(2025, 12, 28)),
])  # fmt: skip
def test_weeks_begin_on_the_city_s_first_day(week_start: str, day: date, first: date) -> None:
    assert Calendar("UTC", week_start).start_of(day, "week") == first


@pytest.mark.parametrize(("fiscal_year_start", "day", "first", "following"), [
    (7, date(2026, 6, 30), date(2025, 7, 1), date(2026, 7, 1)), (7, date(2026, 7, 1), date(2026, 7, 1), date(2027, 7, 1)),
    (1, date(2026, 12, 31), date(2026, 1, 1), date(2027, 1, 1)), (10, date(2026, 9, 30), date(2025, 10, 1), date(2026, 10, 1)),
    (12, date(2026, 1, 1), date(2025, 12, 1), date(2026, 12, 1)), (4, date(2024, 2, 29), date(2023, 4, 1), date(2024, 4, 1)),
])  # fmt: skip
def test_fiscal_years_begin_in_the_city_s_month(fiscal_year_start: int, day: date, first: date, following: date) -> None:
    calendar = Calendar("UTC", fiscal_year_start=fiscal_year_start)
    assert calendar.start_of(day, "fiscal_year") == first
    assert calendar.next_start(first, "fiscal_year") == following


@pytest.mark.parametrize(("grain", "starts"), [
    ("day", [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)]), ("week", [date(2025, 12, 29)]),
    ("month", [date(2025, 12, 1), date(2026, 1, 1)]), ("quarter", [date(2025, 10, 1), date(2026, 1, 1)]), ("fiscal_year", [date(2025, 7, 1)]),
])  # fmt: skip
def test_all_periods_that_touch_a_span_are_named_by_their_first_day(grain: Grain, starts: list[date]) -> None:
    assert Calendar("UTC", fiscal_year_start=7).starts(date(2025, 12, 30), date(2026, 1, 2), grain) == starts


def test_a_period_that_ends_as_another_begins_does_not_touch_it() -> None:
    assert Calendar("UTC").starts(date(2026, 3, 1), date(2026, 4, 1), "month") == [date(2026, 3, 1)]


@pytest.mark.parametrize(("as_of", "span"), [
    (datetime(2026, 3, 31, 16), (date(2026, 3, 23), date(2026, 3, 30))),
    # Sunday 23:59 in New York is Monday in UTC: the week has not ended.
    (datetime(2026, 3, 30, 3, 59), (date(2026, 3, 16), date(2026, 3, 23))), (datetime(2026, 3, 30, 4), (date(2026, 3, 23), date(2026, 3, 30))),
])  # fmt: skip
def test_a_week_is_complete_when_its_last_local_second_has_passed(as_of: datetime, span: tuple[date, date]) -> None:
    assert NEW_YORK.last_complete(as_of, "week") == span


@pytest.mark.parametrize(("grain", "span"), [
    ("day", (date(2026, 3, 30), date(2026, 3, 31))), ("month", (date(2026, 2, 1), date(2026, 3, 1))),
    ("quarter", (date(2025, 10, 1), date(2026, 1, 1))), ("fiscal_year", (date(2024, 7, 1), date(2025, 7, 1))),
])  # fmt: skip
def test_the_last_complete_period_of_every_grain(grain: Grain, span: tuple[date, date]) -> None:
    assert Calendar("UTC", fiscal_year_start=7).last_complete(datetime(2026, 3, 31, 12), grain) == span


def test_the_same_week_last_year_keeps_the_weekdays() -> None:
    assert SAME_WEEK_LAST_YEAR.days == 364
    monday = date(2026, 3, 30)
    assert (monday - SAME_WEEK_LAST_YEAR).weekday() == 0


def test_the_53rd_week_of_2026_is_compared_with_the_first_of_2026() -> None:
    assert iso_week(date(2026, 12, 28)) == "2026-W53"
    assert iso_week(date(2026, 12, 28) - SAME_WEEK_LAST_YEAR) == "2026-W01"
    assert iso_week(date(2027, 1, 3)) == "2026-W53", "a Sunday in January may lie in the old year's last week"
    assert iso_week(date(2027, 1, 4)) == "2027-W01"


def test_the_same_point_of_last_week_is_the_same_time_on_the_wall() -> None:
    """Tuesday 10 March 2026, 12:00 in New York, is two days after the clock went forward: a week before it was 17:00 in UTC, not 16:00."""
    start, end = NEW_YORK.same_point(datetime(2026, 3, 10, 16))
    assert (start, end) == (datetime(2026, 3, 2, 5), datetime(2026, 3, 3, 17))


@given(st.sampled_from(ZONES), st.sampled_from(("monday", "sunday")), st.integers(1, 12), st.sampled_from(GRAINS), st.datetimes(datetime(1995, 1, 1), datetime(2060, 1, 1)))  # fmt: skip
def test_every_instant_lies_in_exactly_one_period_of_each_grain(zone: str, week_start: str, fiscal_year_start: int, grain: Grain, instant: datetime) -> None:  # fmt: skip
    calendar = Calendar(zone, week_start, fiscal_year_start)
    first = calendar.start_of(calendar.day_of(instant), grain)
    following = calendar.next_start(first, grain)
    assert calendar.midnight(first) <= instant < calendar.midnight(following)
    assert calendar.start_of(first, grain) == first
    assert calendar.start_of(following - timedelta(days=1), grain) == first


@given(st.sampled_from(ZONES), st.datetimes(datetime(1995, 1, 1), datetime(2060, 1, 1)))
def test_a_local_day_is_the_day_on_the_city_s_clock(zone: str, instant: datetime) -> None:
    assert Calendar(zone).day_of(instant) == instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
