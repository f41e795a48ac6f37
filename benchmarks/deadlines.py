"""`python -m benchmarks.deadlines`: deadlines and used business time of a million cases at once, beside a plain loop over a sample.

Prints how long a case takes each way and the ratio, from one run; every sampled deadline is compared.
BENCH_CASES sets how many (default 1,000,000).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data_access.calendars import Calendar, make_calendar
from data_access.sla import SlaRule, due_dates, time_used

ZONE = ZoneInfo("America/New_York")
OFFICE = make_calendar(
    "office", str(ZONE), {day: [("08:00", "12:00"), ("13:00", "17:00")] for day in range(5)},
    frozenset(date(year, month, day) for year in range(2018, 2032) for month, day in ((1, 1), (7, 4), (12, 25))),
)  # fmt: skip
RULES = (
    SlaRule(("any",), "business_hours", 20, calendar="office"), SlaRule(("any",), "business_days", 5, calendar="office"),
    SlaRule(("any",), "calendar_days", 7), SlaRule(("any",), "elapsed_hours", 72),
)  # fmt: skip
SAMPLE = 2_000


def main() -> None:
    """Measure every kind of clock and print a line for each."""
    count = int(os.environ.get("BENCH_CASES") or 1_000_000)
    rng = np.random.default_rng(7)
    opened = np.sort(
        rng.integers(int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()), count)
    )
    frame = pd.DataFrame({"request_type": "any", "opened_at": pd.Series(opened.astype("datetime64[s]").astype("datetime64[us]"))})
    sample = rng.choice(count, min(SAMPLE, count), replace=False)
    calendars = {"office": OFFICE}
    print(f"{count:,} cases; the loop takes {len(sample):,} of them")
    print(f"{'clock':<16} {'bulk s':>7} {'loop us a case':>15} {'ratio':>7}  equal")
    for rule in RULES:
        bulk, due = _timed(lambda rule=rule: due_dates(frame, [rule], calendars, str(ZONE)))
        loop, plain = _timed(lambda rule=rule: [plain_due(rule, at.to_pydatetime(), OFFICE) for at in frame["opened_at"].iloc[sample]])
        same = (due.iloc[sample].reset_index(drop=True) == pd.Series(plain, dtype="datetime64[us]")).all()
        each = loop / len(sample)
        print(f"{rule.unit:<16} {bulk:>7.2f} {each * 1e6:>15.0f} {each * count / bulk:>6.0f}x  {'yes' if same else 'NO'}")
    begun, ended = (frame["opened_at"] + timedelta(days=days) for days in (0, 9))
    instants = [column.to_numpy().astype("datetime64[us]").astype("int64") for column in (begun, ended)]
    used, _ = _timed(lambda: time_used(RULES[0], instants[0], instants[1], calendars, str(ZONE)))
    print(f"{'time used':<16} {used:>7.2f}")


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = call()
    return time.perf_counter() - begun, answer


def plain_due(rule: SlaRule, opened: datetime, calendar: Calendar) -> datetime:
    """One deadline (naive UTC) found by walking from window to window, day by day."""
    local = opened.replace(tzinfo=UTC).astimezone(ZONE)
    if rule.unit == "elapsed_hours":
        return opened + timedelta(hours=rule.amount)
    if rule.unit == "calendar_days":
        # The hour that spring skips is taken an hour later, the one that autumn repeats the first time.
        return (local.replace(tzinfo=None) + timedelta(days=rule.amount)).replace(tzinfo=ZONE, fold=0).astimezone(UTC).replace(tzinfo=None)
    day, left = local.date(), rule.amount
    if rule.unit == "business_days":
        while left:
            day += timedelta(days=1)
            left -= calendar.is_business_day(day)
        return _windows(day, calendar)[-1][1]
    seconds = left * 3600
    while True:
        for start, end in _windows(day, calendar):
            begins = max(start, opened)
            if end > begins:
                if (end - begins).total_seconds() >= seconds:
                    return begins + timedelta(seconds=seconds)
                seconds -= (end - begins).total_seconds()
        day += timedelta(days=1)


def _windows(day: date, calendar: Calendar) -> list[tuple[datetime, datetime]]:
    """The windows of a local day, naive UTC."""
    if not calendar.is_business_day(day):
        return []
    midnight = datetime(day.year, day.month, day.day)
    return [
        tuple((midnight + timedelta(minutes=at)).replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None) for at in window)
        for window in calendar.weekly[day.weekday()]
    ]  # type: ignore[return-value]


if __name__ == "__main__":
    main()
