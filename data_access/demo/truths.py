"""The truths planted in the demo city: when, where and how strong, fixed before a single case is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

ZONE = "America/New_York"
"""Whose wall clock the CRM writes."""
YEARS = 4
BAD_ROW_SHARE = 0.001
UNKNOWN_PLACE_SHARE = 0.08
DUPLICATE_SHARE = 0.04
REOPENED_SHARE = 0.035
"""An assumption: no published figures were found."""
EARLY_REOPENED_SHARE = 0.20
SLOW_FACTOR = 1.9
IMPROVED_FACTOR = 0.45
EXTRA_HARD_SHARE = 0.2
"""Share of the hard cases, late anywhere, which one neighbourhood reports on top of its own."""
STORM_DAYS = 2
STORM_RECOVERY_DAYS = 45
APP_START = 0.25
"""Share of its final weight that the app had at the beginning."""
NEW_AMOUNT = 7
"""Business days for the type whose deadline changed."""
STORM_CALL_DAYS = 7
"""Days after the storm on which three times as many people call."""
FIGURE_RISE = 1.22
"""How much more overtime is paid since it began to rise."""


@dataclass(frozen=True)
class Dates:
    """When the planted things happen. All local days of the city."""

    start: date
    as_of: date
    """The day the city was simulated for; later days follow the same course."""
    storm: date
    rule_change: date
    clean_up: date
    improvement: date
    outage: date
    overtime: date
    """First of the month from which crews work more overtime."""
    silent: date
    """First of the month of which one figure was not measured."""


def dates_of(as_of: date) -> Dates:
    """All dates of a demo city that is simulated for the four years before `as_of`."""
    monday = as_of - timedelta(days=as_of.weekday())

    def weeks_ago(weeks: int, weekday: int = 0) -> date:
        return monday - timedelta(weeks=weeks) + timedelta(days=weekday)

    return Dates(
        start=as_of - timedelta(days=round(365.25 * YEARS)), as_of=as_of, storm=weeks_ago(61, 5), rule_change=weeks_ago(104),
        clean_up=weeks_ago(35, 3), improvement=weeks_ago(26), outage=weeks_ago(17, 2), overtime=_months_ago(as_of, 10), silent=_months_ago(as_of, 6),
    )  # fmt: skip


def _months_ago(day: date, months: int) -> date:
    """The first of the month so many before that of `day`."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, 1)
