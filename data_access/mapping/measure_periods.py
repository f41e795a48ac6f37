"""The periods of figures that are not cases: how a source writes them, and which days of the city they are.

A fiscal year is named after the year it ends in; its quarters are its thirds of a year from its first month on. A week is the seven
days from an ISO week's Monday.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from data_access.mapping.measure_words import MeasureGrain

FIRST_YEAR, LAST_YEAR = 2, 9998
"""Years are read from text: 0 and 9999 are no reason to stop, and their neighbours are no dates."""
_MONTHS: dict[MeasureGrain, int] = {"month": 1, "quarter": 3, "fiscal_year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """One period: its grain and first day, the fiscal year it begins in, and which quarter of that (0: it is a whole year)."""

    grain: MeasureGrain
    starts_on: date
    fiscal_year: int
    quarter: int


def fiscal_period(fiscal_year: int, quarter: int, first_month: int) -> Period:
    """A quarter of a fiscal year; 0 is the whole year."""
    first = 12 * (fiscal_year - (first_month > 1)) + first_month - 1
    start = first if quarter == 0 else first + 3 * (quarter - 1)
    return Period("fiscal_year" if quarter == 0 else "quarter", _first_of(start), fiscal_year, quarter)


def containing(day: date, grain: MeasureGrain, first_month: int) -> Period:
    """The period of `grain` that `day` lies in."""
    year = day.year + (first_month > 1 and day.month >= first_month)
    if grain == "fiscal_year":
        return fiscal_period(year, 0, first_month)
    into = (day.month - first_month) % 12
    if grain == "quarter":
        return fiscal_period(year, 1 + into // 3, first_month)
    start = day.replace(day=1) if grain == "month" else day - timedelta(days=day.weekday())
    return Period(grain, start, year, 1 + into // 3)


def end_of(starts_on: date, grain: MeasureGrain) -> date:
    """The day after the last of a period."""
    if grain == "week":
        return starts_on + timedelta(days=7)
    return _first_of(12 * starts_on.year + starts_on.month - 1 + _MONTHS[grain])


def read_period(text: str, grain: MeasureGrain | None, first_month: int) -> Period | None:
    """A period as sources write it: a day or a month with `grain`, `2026-03`, `2026-W10`, `2026-Q1` (of the calendar year), `FY2026-Q1`, `FY2026`, `2026`.

    `grain`: what the source says a period is; a text that says another one itself is none. None: the text must say it.
    """
    plain = text.strip().upper().replace(" ", "")
    for pattern, made in _FORMS:
        found = pattern.fullmatch(plain)
        if found is None:
            continue
        try:
            period = made(*(int(part) for part in found.groups()), first_month, grain)
        except ValueError:
            return None
        return period if period is not None and grain in (None, period.grain) else None
    return None


def _day(year: int, month: int, day: int, first_month: int, grain: MeasureGrain | None) -> Period | None:
    return None if grain is None else containing(date(year, month, day), grain, first_month)


def _month(year: int, month: int, first_month: int, grain: MeasureGrain | None) -> Period | None:
    return containing(date(year, month, 1), grain if grain in ("quarter", "fiscal_year") else "month", first_month)


def _week(year: int, week: int, first_month: int, _grain: MeasureGrain | None) -> Period:
    return containing(date.fromisocalendar(year, week, 1), "week", first_month)


def _quarter(year: int, quarter: int, first_month: int, _grain: MeasureGrain | None) -> Period | None:
    made = containing(date(year, 3 * quarter - 2, 1), "quarter", first_month)
    # Of a city whose fiscal quarters cut those of the calendar, nobody can say which one is meant.
    return made if made.starts_on == date(year, 3 * quarter - 2, 1) else None


def _fiscal_quarter(year: int, quarter: int, first_month: int, _grain: MeasureGrain | None) -> Period:
    return fiscal_period(year, quarter, first_month)


def _fiscal_year(year: int, first_month: int, _grain: MeasureGrain | None) -> Period:
    return fiscal_period(year, 0, first_month)


_FORMS = (
    (re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]?00:00(?::00)?(?:\.0+)?)?"), _day),
    (re.compile(r"(\d{4})-(\d\d?)"), _month),
    (re.compile(r"(\d{4})-?W(\d\d?)"), _week),
    (re.compile(r"(\d{4})-?Q([1-4])"), _quarter),
    (re.compile(r"FY(\d{4})-?Q([1-4])"), _fiscal_quarter),
    (re.compile(r"(?:FY)?(\d{4})"), _fiscal_year),
)  # fmt: skip


def _first_of(months: int) -> date:
    return date(min(max(FIRST_YEAR, months // 12), LAST_YEAR), months % 12 + 1, 1)
