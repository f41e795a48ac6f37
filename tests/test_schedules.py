"""A source is read again at the minutes its cron line names, on the city's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data_access.schedules import ScheduleError, parse_schedule


@pytest.mark.parametrize(
    ("line", "fits", "does_not"),
    [
        ("*/15 * * * *", "2026-03-16 08:45", "2026-03-16 08:50"),
        ("0 6 * * *", "2026-03-16 06:00", "2026-03-16 06:01"),
        ("30 5 * * 1-5", "2026-03-16 05:30", "2026-03-15 05:30"),  # Monday, Sunday
        ("0 0 * * 7", "2026-03-15 00:00", "2026-03-16 00:00"),
        ("0 4 1,15 * *", "2026-03-15 04:00", "2026-03-16 04:00"),
        ("0 4 1 * 1", "2026-03-16 04:00", "2026-03-17 04:00"),  # the first of a month or a Monday
        ("5/20 * * 3 *", "2026-03-16 08:25", "2026-04-16 08:25"),
    ],
)
def test_a_line_fits_its_minutes_and_no_others(line: str, fits: str, does_not: str) -> None:
    schedule = parse_schedule(line)
    assert schedule.fits(datetime.fromisoformat(fits))
    assert not schedule.fits(datetime.fromisoformat(does_not))


def test_a_quarter_hourly_line_fits_96_minutes_a_day() -> None:
    schedule = parse_schedule("*/15 * * * *")
    start = datetime(2026, 3, 16)
    assert sum(schedule.fits(start + timedelta(minutes=minute)) for minute in range(24 * 60)) == 96


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hourly", "write five"),
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "minute is '60'"),
        ("* 24 * * *", "hour is '24'; it may be from 0 to 23"),
        ("* * 0 * *", "day of month is '0'"),
        ("* * * * mon", "day of week is 'mon'"),
        ("*/0 * * * *", "minute is '*/0'"),
        ("30-10 * * * *", "minute is '30-10'"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_its_field(line: str, said: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_schedule(line)
    assert said in str(refused.value)
