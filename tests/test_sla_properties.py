"""What holds for every working calendar and every opening, against a clock that walks minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from data_access.calendars import Calendar, make_calendar, window_table
from data_access.sla import SlaRule, due_dates, time_used
from tests.support.clocks import business_seconds_between

ZONES = ("America/New_York", "America/Los_Angeles", "Europe/London", "America/Phoenix", "Asia/Kolkata")
FIRST, LAST = date(2026, 1, 1), date(2027, 6, 30)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Up to two windows of whole hours on some days, the last of a day maybe past midnight, and a few holidays."""
    weekly: dict[int, list[tuple[str, str]]] = {}
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        edges = sorted(draw(st.sets(st.integers(6, 24), min_size=2, max_size=4)))
        pairs = list(zip(edges[::2], edges[1::2], strict=False))
        weekly[day] = [(f"{a:02d}:00", f"{b:02d}:00") for a, b in pairs]
        if draw(st.booleans()) and pairs[-1][1] < 23:
            weekly[day].append(("23:00", f"{draw(st.integers(1, 5)):02d}:00"))
    days = draw(st.sets(st.dates(FIRST, LAST), max_size=5))
    return make_calendar("drawn", draw(st.sampled_from(ZONES)), weekly, frozenset(days))


# Around both changes of the clock, and in between.
instants = st.one_of(
    *(st.datetimes(datetime(2026, month, 1), datetime(2026, month, 28)) for month in (3, 6)),
    st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 10)),
)
OFTEN = settings(max_examples=60, deadline=None)


def in_hours(calendar: Calendar, at: datetime) -> bool:
    """Whether the minute that begins at UTC `at` is worked, by what the clock on the wall shows then."""
    wall = at.replace(tzinfo=UTC).astimezone(ZoneInfo(calendar.zone))
    minute, today = wall.hour * 60 + wall.minute, wall.date()
    if calendar.is_business_day(today) and any(a <= minute < (b if b > a else b + 1440) for a, b in calendar.weekly[today.weekday()]):
        return True
    before = today - timedelta(days=1)
    return calendar.is_business_day(before) and any(b <= a and minute < b for a, b in calendar.weekly[before.weekday()])


@given(calendars(), instants, st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_the_deadline_is_when_a_clock_that_walks_minute_by_minute_has_counted_the_hours(
    calendar: Calendar, opened: datetime, hours: int
) -> None:
    start = opened.replace(second=0, microsecond=0)
    frame = pd.DataFrame({"request_type": ["any"], "opened_at": [pd.Timestamp(start)]})
    (found,) = due_dates(frame, [SlaRule(("any",), "business_hours", hours, calendar="drawn")], {"drawn": calendar}, calendar.zone)
    assume(found - start < timedelta(days=12))
    at, left = start, hours * 60
    while left:
        left -= in_hours(calendar, at)
        at += timedelta(minutes=1)
    assert found == at


@given(calendars(), st.lists(st.floats(0, 1, exclude_min=True), min_size=1, max_size=20))
@OFTEN
def test_the_clock_and_its_inverse_cancel(calendar: Calendar, shares: list[float]) -> None:
    """C(C^-1(budget)) = budget; and at an instant within the hours C^-1(C(t)) = t."""
    table = window_table(calendar, FIRST, LAST)
    total = int((table.end - table.start).sum())
    budget = np.array([max(1, int(share * total)) for share in shares], "int64")
    when = table.when(budget)
    assert (table.used(when) == budget).all()
    assert (table.when(table.used(when)) == when).all()


@given(calendars(), st.lists(instants, min_size=2, max_size=12), st.integers(1, 40))
@OFTEN
def test_who_opens_later_is_never_due_earlier(calendar: Calendar, opened: list[datetime], amount: int) -> None:
    frame = pd.DataFrame({"request_type": "any", "opened_at": pd.Series(sorted(opened), dtype="datetime64[us]")})
    for unit in ("business_hours", "business_days", "elapsed_hours"):
        for policy in ("same_day", "next_start"):
            rule = SlaRule(("any",), unit, amount, calendar="drawn", after_hours_policy=policy)  # type: ignore[arg-type]
            found = due_dates(frame, [rule], {"drawn": calendar}, calendar.zone)
            assert found.is_monotonic_increasing
            assert (found > frame["opened_at"]).all()


@given(calendars(), st.lists(instants, min_size=3, max_size=3))
@OFTEN
def test_elapsed_business_time_adds_up(calendar: Calendar, three: list[datetime]) -> None:
    """From a to c is from a to b and from b to c, each worked out by itself, and never more than a stopwatch shows."""
    weekly = {str(day): [[f"{a // 60:02d}:00", f"{b // 60:02d}:00"] for a, b in windows] for day, windows in enumerate(calendar.weekly)}
    data = {"tz": calendar.zone, "weekly": weekly, "holidays": [str(day) for day in calendar.holidays]}
    a, b, c = (pd.Timestamp(at) for at in sorted(three))
    parts = business_seconds_between(a, b, data) + business_seconds_between(b, c, data)
    assert business_seconds_between(a, c, data) == pytest.approx(parts, abs=1e-6)
    assert 0 <= parts <= (c - a).total_seconds()


LATE = make_calendar(
    "drawn", ZONES[0], {0: [("06:00", "07:00")], 2: [("06:00", "07:00"), ("23:00", "01:00")], 4: [("06:00", "07:00")]}, frozenset()
)


@given(calendars(), st.lists(st.tuples(instants, st.floats(0, 40)), min_size=1, max_size=12), st.integers(1, 12))
@example(LATE, [(datetime(2026, 3, 7, 4), 5.0)], 2).via("ended on a Thursday at midnight, an hour before Wednesday's last closing")
@OFTEN
def test_who_ended_by_the_deadline_used_no_more_than_was_promised(
    calendar: Calendar, cases: list[tuple[datetime, float]], amount: int
) -> None:
    """And who ended after it used more: the clock that judges and the one that measures are one. (Hours stand still outside the windows.)"""
    opened = pd.Series([at for at, _ in cases], dtype="datetime64[us]")
    ended = opened + pd.to_timedelta([days * 86_400 // 1 for _, days in cases], unit="s").astype("timedelta64[us]")
    begin, end = (column.to_numpy().astype("datetime64[us]").astype("int64") for column in (opened, ended))
    frame = pd.DataFrame({"request_type": "any", "opened_at": opened})
    for unit, due_time in (("business_days", "last_close"), ("business_days", "same_time"), ("business_hours", "last_close"), ("elapsed_hours", "last_close")):  # fmt: skip
        for after_hours in ("same_day", "next_start", "last_close"):
            rule = SlaRule(("any",), unit, amount, calendar="drawn", due_time=due_time, after_hours_policy=after_hours)  # type: ignore[arg-type]
            due = due_dates(frame, [rule], {"drawn": calendar}, calendar.zone)
            used = time_used(rule, begin, end, {"drawn": calendar}, calendar.zone)
            assert (used[(ended <= due).to_numpy()] <= amount).all()
            late = (ended > due).to_numpy()
            assert (used[late] >= amount if unit == "business_hours" else used[late] > amount).all()
