"""Civil periods of a city: local days, weeks, months, quarters and fiscal years, and their UTC bounds.

A period is half-open, `[start, end)`, and begins at local midnight; its length in hours
follows the clock (a week has 167 or 169 hours when the clock changes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Grain = Literal["day", "week", "month", "quarter", "fiscal_year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "fiscal_year")
WEEKDAY_NUMBER = {"monday": 0, "sunday": 6}
SAME_WEEK_LAST_YEAR = timedelta(days=364)
"""52 whole weeks: keeps the weekdays, so a Monday is compared with a Monday."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a city counts its days: zone, first day of the week, first month of the fiscal year."""

    zone: str
    week_start: str = "monday"
    fiscal_year_start: int = 1

    def midnight(self, day: date) -> datetime:
        """The instant (naive UTC) at which local `day` begins."""
        local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC).replace(tzinfo=None)

    def last_instant(self, day: date) -> datetime:
        """The last instant (naive UTC) before local `day` begins: when a stock at the end of a period is counted."""
        return self.midnight(day) - timedelta(microseconds=1)

    def day_of(self, instant: datetime) -> date:
        """The local day `instant` (naive UTC) lies in."""
        return self.local(instant).date()

    def local(self, instant: datetime) -> datetime:
        """`instant` (naive UTC) on the city's clock."""
        return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))

    def utc(self, local: datetime) -> datetime:
        """The naive UTC instant of a naive time on the city's clock."""
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC).replace(tzinfo=None)

    def start_of(self, day: date, grain: Grain) -> date:
        """First day of the period of `grain` that `day` lies in."""
        if grain == "day":
            return day
        if grain == "week":
            return day - timedelta(days=(day.weekday() - WEEKDAY_NUMBER[self.week_start]) % 7)
        if grain == "month":
            return day.replace(day=1)
        if grain == "quarter":
            return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        year = day.year if day.month >= self.fiscal_year_start else day.year - 1
        return date(year, self.fiscal_year_start, 1)

    def next_start(self, start: date, grain: Grain) -> date:
        """First day of the period after the one that begins on `start`."""
        if grain in ("day", "week"):
            return start + timedelta(days=1 if grain == "day" else 7)
        months = {"month": 1, "quarter": 3, "fiscal_year": 12}[grain]
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        return date(year, month + 1, 1)

    def starts(self, start: date, end: date, grain: Grain) -> list[date]:
        """First days of all periods that touch `[start, end)`."""
        found, at = [], self.start_of(start, grain)
        while at < end:
            found.append(at)
            at = self.next_start(at, grain)
        return found

    def last_complete(self, as_of: datetime, grain: Grain) -> tuple[date, date]:
        """The latest period of `grain` that had ended by `as_of`: (first day, day after the last)."""
        end = self.start_of(self.day_of(as_of), grain)
        return self.start_of(end - timedelta(days=1), grain), end

    def same_point(self, as_of: datetime) -> tuple[datetime, datetime]:
        """Last week up to the same local weekday and time as `as_of`: (start, end), naive UTC."""
        local = self.local(as_of).replace(tzinfo=None)
        start = self.start_of(local.date(), "week") - timedelta(days=7)
        return self.midnight(start), self.utc(local - timedelta(days=7))


def quarter_name(start: date, end: date) -> str | None:
    """Name of the calendar quarter `[start, end)`, e.g. 2026-Q3; None if it is not exactly one."""
    name = f"{start.year}-Q{(start.month + 2) // 3}"
    return name if quarter_days(name) == (start, end) else None


def quarter_days(name: str) -> tuple[date, date] | None:
    """(first day, day after the last) of a quarter by its name, e.g. 2026-Q3; None if it is no such name."""
    if len(name) != 7 or not (name[:4].isascii() and name[:4].isdigit()) or name[4:6] != "-Q" or name[6] not in "1234":
        return None
    year, quarter = int(name[:4]), int(name[6])
    if not 1900 < year < 2199:
        return None
    return date(year, 3 * quarter - 2, 1), date(year + quarter // 4, 3 * quarter % 12 + 1, 1)


def iso_week(day: date) -> str:
    """ISO 8601 name of the week of `day`, e.g. 2026-W53."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
