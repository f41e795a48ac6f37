"""A promise's clock is data: every option of a rule has a case counted by hand, and what a city writes reaches every deadline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import select

from access import scope_of
from data_access import vocabulary
from data_access.city import City, CityError, load_city
from data_access.due import compute_due_dates
from tests.support.marts import MAYOR, instant, make_mart, small_city

NEW_YORK = "America/New_York"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
OFFICE = {"id": "office", "weekly": {day: [["08:00", "17:00"]] for day in WEEKDAYS}, "add": ["2026-03-30"]}
"""Monday to Friday, 08:00 to 17:00; 30 March 2026, a Monday, is a holiday. The 2nd of March is a Monday too."""
DESK = {"id": "desk", "weekly": {day: [["08:00", "12:00"], ["13:00", "17:00"]] for day in WEEKDAYS}}
NIGHTS = {"id": "nights", "weekly": {day: [["22:00", "06:00"]] for day in (*WEEKDAYS, "saturday", "sunday")}}


def city_of(*rules: dict[str, Any], zone: str = NEW_YORK, **tables: Any) -> City:
    """A city with the three calendars above and `rules`."""
    return small_city(zone, calendar=[OFFICE, DESK, NIGHTS], sla_rule=[{"request_type": "Pothole", **rule} for rule in rules], **tables)


def deadlines(city: City, *cases: dict[str, Any]) -> list[str | None]:
    """The deadline of each case, opened at a local time, as a local time."""
    zone = ZoneInfo(city.zone)
    opened = [datetime.fromisoformat(case["opened"]).replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for case in cases]
    frame = pd.DataFrame([{"request_type": "Pothole", "department": None, "priority": None, **case} for case in cases])
    due = compute_due_dates(frame.assign(opened_at=pd.Series(opened, dtype="datetime64[us]")), city)
    return [None if at is pd.NaT else at.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") for at in due]


def due(opened: str, *, zone: str = NEW_YORK, **rule: Any) -> str | None:
    """The local deadline of one case opened at local time `opened` under one rule, to the minute."""
    (found,) = deadlines(city_of(rule, zone=zone), {"opened": opened})
    return found and found.removesuffix(":00")


def elapsed_hours(opened: str, until: str | None) -> float:
    """Hours between two New York times, as a stopwatch counts them."""
    begin, end = (datetime.fromisoformat(str(text)).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC) for text in (opened, until))
    return (end - begin).total_seconds() / 3600


@pytest.mark.parametrize(
    ("opened", "amount", "calendar", "expected"),
    [
        ("2026-03-02 09:00", 4, "office", "2026-03-02 13:00"),
        ("2026-03-02 16:00", 4, "office", "2026-03-03 11:00"),  # one hour today, three tomorrow
        ("2026-03-02 09:00", 8, "office", "2026-03-02 17:00"),  # used up at closing time: due then, not next morning
        ("2026-03-02 09:00", 8.5, "office", "2026-03-03 08:30"),
        ("2026-03-02 06:00", 1, "office", "2026-03-02 09:00"),  # before hours
        ("2026-03-02 17:00", 1, "office", "2026-03-03 09:00"),  # at closing time the day is over
        ("2026-03-07 12:00", 1, "office", "2026-03-09 09:00"),  # Saturday
        ("2026-03-27 16:00", 2, "office", "2026-03-31 09:00"),  # Friday before a Monday off
        ("2026-03-02 11:00", 1, "desk", "2026-03-02 12:00"),  # used up when the break begins
        ("2026-03-02 11:00", 2, "desk", "2026-03-02 14:00"),
        ("2026-03-02 12:30", 1, "desk", "2026-03-02 14:00"),  # in the break
        ("2026-03-02 08:00", 45, "office", "2026-03-06 17:00"),  # a week's work is done on Friday
        ("2026-03-03 03:00", 4, "nights", "2026-03-03 23:00"),  # three hours of Monday's night, one of Tuesday's
        ("2026-03-07 22:00", 7, "nights", "2026-03-08 06:00"),  # the clock goes forward: the night has seven hours
        ("2026-10-31 22:00", 9, "nights", "2026-11-01 06:00"),  # and back: nine
    ],
)
def test_business_hours_run_only_within_the_hours(opened: str, amount: float, calendar: str, expected: str) -> None:
    assert due(opened, unit="business_hours", amount=amount, calendar=calendar) == expected


@pytest.mark.parametrize(
    ("opened", "amount", "policy", "expected"),
    [
        ("2026-03-02 10:00", 2, "same_day", "2026-03-04 17:00"),
        ("2026-03-06 10:00", 1, "same_day", "2026-03-09 17:00"),  # Friday
        ("2026-03-07 10:00", 1, "same_day", "2026-03-09 17:00"),  # Saturday: Monday is day one
        ("2026-03-27 10:00", 1, "same_day", "2026-03-31 17:00"),  # Monday is a holiday
        ("2026-03-02 18:00", 1, "same_day", "2026-03-03 17:00"),
        ("2026-03-02 18:00", 1, "next_start", "2026-03-04 17:00"),  # after hours counts as Tuesday
        ("2026-03-02 16:59", 1, "next_start", "2026-03-03 17:00"),
        ("2026-03-02 17:00", 1, "next_start", "2026-03-04 17:00"),
        ("2026-03-06 18:00", 1, "next_start", "2026-03-10 17:00"),  # as Monday
        ("2026-03-07 10:00", 1, "next_start", "2026-03-10 17:00"),  # so does Saturday
    ],
)
def test_business_days_end_with_the_last_closing_of_the_last_day(opened: str, amount: int, policy: str, expected: str) -> None:
    assert due(opened, unit="business_days", amount=amount, calendar="office", after_hours_policy=policy) == expected


@pytest.mark.parametrize(
    ("opened", "weekend", "after_hours", "expected"),
    [
        ("2026-03-02 10:20", "keep_time", "same_day", "2026-03-04 10:20"),
        ("2026-03-02 06:15", "keep_time", "next_start", "2026-03-04 06:15"),  # early is not late
        ("2026-03-07 10:20", "keep_time", "same_day", "2026-03-11 10:20"),  # Saturday counts as Monday, same time
        ("2026-03-07 10:20", "next_window_start", "same_day", "2026-03-11 08:00"),  # as Monday morning
        ("2026-03-07 10:20", "last_close", "same_day", "2026-03-10 17:00"),  # as Friday evening
        ("2026-03-02 18:00", "keep_time", "same_day", "2026-03-04 18:00"),
        ("2026-03-02 18:00", "keep_time", "next_start", "2026-03-05 08:00"),  # Tuesday morning and two days
        ("2026-03-02 17:00", "keep_time", "next_start", "2026-03-05 08:00"),  # at closing time the day is over
        ("2026-03-02 18:00", "keep_time", "last_close", "2026-03-04 17:00"),  # Monday evening and two days
        ("2026-03-06 18:00", "keep_time", "next_start", "2026-03-11 08:00"),  # Friday evening is Monday morning
        ("2026-03-07 18:00", "keep_time", "next_start", "2026-03-12 08:00"),  # Saturday evening is Monday evening, so Tuesday morning
        ("2026-03-07 18:00", "next_window_start", "next_start", "2026-03-11 08:00"),
        ("2026-03-07 18:00", "keep_time", "last_close", "2026-03-11 17:00"),
        ("2026-03-07 18:00", "last_close", "next_start", "2026-03-10 17:00"),
        ("2026-03-28 10:20", "keep_time", "same_day", "2026-04-02 10:20"),  # Monday is a holiday: counts as Tuesday
        ("2026-03-27 10:20", "keep_time", "same_day", "2026-04-01 10:20"),
    ],
)
def test_business_days_at_the_same_time_of_day(opened: str, weekend: str, after_hours: str, expected: str) -> None:
    """Two business days, under each way to read an opening outside the hours."""
    rule = {"unit": "business_days", "amount": 2, "calendar": "office", "due_time": "same_time"}
    assert due(opened, weekend_policy=weekend, after_hours_policy=after_hours, **rule) == expected


def test_three_calendar_days_are_71_hours_in_spring_and_73_in_autumn() -> None:
    for opened, expected, hours in (
        ("2026-03-06 10:00", "2026-03-09 10:00", 71),
        ("2026-10-30 10:00", "2026-11-02 10:00", 73),
        ("2026-06-05 10:00", "2026-06-08 10:00", 72),
    ):
        found = due(opened, unit="calendar_days", amount=3)
        assert (found, elapsed_hours(opened, found)) == (expected, hours)


@pytest.mark.parametrize(("opened", "expected"), [("2026-03-06 10:00", "2026-03-09 11:00"), ("2026-10-30 10:00", "2026-11-02 09:00")])
def test_elapsed_calendar_days_are_72_hours_whatever_the_clock_does(opened: str, expected: str) -> None:
    assert due(opened, unit="calendar_days", amount=3, clock="elapsed") == expected
    assert due(opened, unit="elapsed_hours", amount=72) == expected


def test_a_deadline_in_the_hour_that_spring_skips_is_an_hour_later() -> None:
    assert due("2026-03-07 02:30", unit="calendar_days", amount=1) == "2026-03-08 03:30"


def test_a_deadline_in_the_hour_that_autumn_repeats_is_the_first_of_the_two() -> None:
    """01:30 in summer time, 24 hours after 01:30 of the day before; the second 01:30 would be 06:30 UTC."""
    frame = pd.DataFrame({"request_type": ["Pothole"], "opened_at": [instant("2026-10-31T05:30:00Z")]})
    (found,) = compute_due_dates(frame, city_of({"unit": "calendar_days", "amount": 1}))
    assert found == instant("2026-11-01T05:30:00Z")


def test_a_promise_of_no_days_is_due_at_once() -> None:
    assert due("2026-03-02 10:00", unit="calendar_days", amount=0) == "2026-03-02 10:00"


@pytest.mark.parametrize(
    ("truncate", "expected"),
    [
        ("none", "2026-03-04 09:15:42"),
        ("second", "2026-03-04 09:15:42"),
        ("minute", "2026-03-04 09:15:00"),
        ("day", "2026-03-04 00:00:00"),
    ],
)
def test_a_deadline_may_be_cut_to_the_minute_or_the_day(truncate: str, expected: str) -> None:
    assert deadlines(
        city_of({"unit": "calendar_days", "amount": 2, "truncate": truncate}), {"opened": "2026-03-02 09:15:42.700000"}
    ) == [expected]  # fmt: skip


def test_to_the_second_means_without_its_fractions() -> None:
    frame = pd.DataFrame({"request_type": ["Pothole"], "opened_at": [pd.Timestamp("2026-03-02 14:15:42.7")]})
    for truncate, fraction in (("none", 700_000), ("second", 0)):
        (found,) = compute_due_dates(frame, city_of({"unit": "elapsed_hours", "amount": 2, "truncate": truncate}))
        assert (found.second, found.microsecond) == (42, fraction)


def test_a_calendar_may_keep_another_zone_than_the_city() -> None:
    """The call centre works from 08:00 in Denver; a case of 09:00 in New York waits an hour."""
    denver = {"id": "denver", "zone": "America/Denver", "weekly": OFFICE["weekly"]}
    city = small_city(NEW_YORK, calendar=[denver], sla_rule=[
        {"request_type": "Pothole", "unit": "business_hours", "amount": 1, "calendar": "denver"},
    ])  # fmt: skip
    assert deadlines(city, {"opened": "2026-03-02 09:00"}) == ["2026-03-02 11:00:00"]


def test_the_rule_in_force_at_the_opening_counts() -> None:
    """Five days until the end of March, three from April, none before the promise was first made."""
    rules = [
        {"unit": "calendar_days", "amount": 5, "valid_from": "2026-01-01", "valid_to": "2026-04-01"},
        {"unit": "calendar_days", "amount": 3, "valid_from": "2026-04-01"},
    ]
    cases = [{"opened": opened} for opened in ("2025-12-31 23:59", "2026-01-01 00:00", "2026-03-31 23:59", "2026-04-01 00:00")]
    for city in (city_of(*rules), city_of(*rules[::-1])):
        assert deadlines(city, *cases) == [None, "2026-01-06 00:00:00", "2026-04-05 23:59:00", "2026-04-04 00:00:00"]


def test_the_more_specific_rule_wins_whatever_the_order() -> None:
    """A type's rule, narrowed to a department in any of its spellings, narrowed to a priority."""
    rules = [
        {"unit": "calendar_days", "amount": 1, "department": "public-works", "priority": "High"},
        {"unit": "calendar_days", "amount": 5},
        {"unit": "calendar_days", "amount": 3, "department": "Public Works"},
    ]
    works = [{"id": "public-works", "name": "Public Works", "aliases": ["PWDx"]}]
    cases = [
        {"opened": "2026-03-02 10:00", "department": "Parks", "priority": "high"},
        {"opened": "2026-03-02 10:00", "department": "PWDx"},
        {"opened": "2026-03-02 10:00", "department": "pwdx", "priority": "HIGH"},
        {"opened": "2026-03-02 10:00"},
    ]
    days = ["2026-03-07 10:00:00", "2026-03-05 10:00:00", "2026-03-03 10:00:00", "2026-03-07 10:00:00"]
    assert deadlines(city_of(*rules, department=works), *cases) == days
    assert deadlines(city_of(*rules[::-1], department=works), *cases) == days


def test_one_rule_may_name_several_types_and_other_types_have_no_deadline() -> None:
    city = city_of({"request_type": ["Pothole", "Dead  animal"], "unit": "calendar_days", "amount": 1})
    cases = [{"opened": "2026-03-02 10:00", "request_type": name} for name in ("pothole", "Dead Animal", "Tree", None)]
    assert deadlines(city, *cases) == ["2026-03-03 10:00:00", "2026-03-03 10:00:00", None, None]


def test_a_deadline_is_found_however_many_holidays_lie_before_it() -> None:
    """Open on Mondays only, and every Monday of two years is a holiday: the first working day is 3 January 2028."""
    closed = [str(date(2026, 1, 5) + timedelta(weeks=week)) for week in range(104)]
    mondays = {"id": "mondays", "weekly": {"monday": [["09:00", "10:00"]]}, "add": closed}
    for unit in ("business_days", "business_hours"):
        city = small_city(NEW_YORK, calendar=[mondays], sla_rule=[
            {"request_type": "Pothole", "unit": unit, "amount": 1, "calendar": "mondays"},
        ])  # fmt: skip
        assert deadlines(city, {"opened": "2026-01-02 10:00"}) == ["2028-01-03 10:00:00"]


def test_the_source_s_deadline_stands_and_a_missing_one_is_computed_and_marked(tmp_path: Path) -> None:
    """Three potholes of Monday 10:00: one due by the CRM, one by the rule, one closed before it opened; a tree has no promise."""
    opened = instant("2026-03-02T15:00:00Z")
    city = city_of({"unit": "business_days", "amount": 2, "calendar": "office"})
    common = {"opened_at": opened, "request_type": "Pothole"}
    mart = make_mart(tmp_path, [
        {"source_id": "crm", **common, "due_at": instant("2026-03-20T15:00:00Z")},
        {"source_id": "rule", **common},
        {"source_id": "untrusted", **common, "closed_at": opened, "has_valid_interval": False},
        {"source_id": "tree", **common, "request_type": "Tree"},
    ], as_of=datetime(2026, 3, 31), city=city)  # fmt: skip
    records = mart.case_records(scope_of(MAYOR))
    frame = mart.read(select(records.c.source_id, records.c.due_at, records.c.due_source_id), scope_of(MAYOR)).set_index("source_id")
    found = {
        name: (None if at is pd.NaT else str(at), vocabulary.DUE_SOURCES[source]) for name, (at, source) in frame.T.to_dict("list").items()
    }
    assert found == {
        "crm": ("2026-03-20 15:00:00", "source"),
        "rule": ("2026-03-04 22:00:00", "sla_rule"),
        "untrusted": (None, "none"),
        "tree": (None, "none"),
    }


# What a city may write wrongly: one line that names the file and what to mend.

CITY = """
{top}
[city]
id = "t"
name = "T"
zone = "America/New_York"
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "export"
kind = "files"
path = "cases.csv"
mapping = "mapping.toml"
programme = "requests"
{tables}
"""
CALENDAR = '[[calendar]]\nid = "office"\nweekly = { monday = [["08:00", "17:00"]] }\n'
RULE = '[[sla_rule]]\nrequest_type = "Pothole"\n'


def written(folder: Path, tables: str = "", top: str = "") -> City:
    (folder / "city.toml").write_text(CITY.replace("{top}", top).replace("{tables}", tables))
    return load_city(folder, {})


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (RULE + 'unit = "business_days"\namount = 2', "SLA rule of 'Pothole': calendar None is not defined"),
        (CALENDAR + RULE + 'unit = "business_days"\namount = 2\ncalendar = "ofice"', "did you mean 'office'?"),
        (CALENDAR + RULE + 'unit = "business_hours"\namount = 0\ncalendar = "office"', "amount is 0; it must be more than 0"),
        (CALENDAR + RULE + 'unit = "business_days"\namount = 1.5\ncalendar = "office"', "1.5 business_days; days are whole"),
        (RULE + 'unit = "calendar_days"\namount = -1', "greater than or equal to 0"),
        (RULE + 'unit = "calendar_days"\namont = 1', "did you mean 'amount'?"),
        (RULE + 'unit = "weeks"\namount = 1', "'business_days', 'business_hours', 'calendar_days' or 'elapsed_hours'"),
        ("[[sla_rule]]\nrequest_type = []\nunit = 'calendar_days'\namount = 1", "at least 1 item"),
        (RULE + 'unit = "calendar_days"\namount = 1\nvalid_from = 2026-04-01\nvalid_to = 2026-04-01', "is not before valid_to 2026-04-01"),
        (CALENDAR.replace("17:00", "25:00"), "calendar 'office': '25:00' is not a time"),
        (CALENDAR + CALENDAR, "key 'calendar.id' has 'office' twice"),
    ],
)
def test_a_promise_that_cannot_be_kept_track_of_is_refused_when_the_file_is_read(tmp_path: Path, tables: str, said: str) -> None:
    with pytest.raises(CityError) as refused:
        written(tmp_path, tables)
    assert said in str(refused.value)
    assert str(tmp_path / "city.toml") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_deadlines_of_a_known_export_come_by_name_and_the_city_s_own_rule_goes_before_them(tmp_path: Path) -> None:
    own = RULE.replace("Pothole", "Tree Emergencies") + 'unit = "elapsed_hours"\namount = 4'
    city = written(tmp_path, own, top='sla_preset = ["boston_311"]')
    cases = [{"opened": "2011-07-06 10:00", "request_type": name} for name in ("Tree Emergencies", "Request for Pothole Repair")]
    assert deadlines(city, *cases) == ["2011-07-06 14:00:00", "2011-07-08 10:00:00"]


def test_a_preset_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"city\.toml: key 'sla_preset' names 'bostn'.*there are baltimore_311, boston_311"):
        written(tmp_path, top='sla_preset = ["bostn"]')
