"""When a source is to be read again: the five fields of a cron line, in the city's time.

Minute, hour, day of month, month, day of week (0 and 7 are Sunday); each `*`, a number, a
range `1-5`, a list `1,15` or a step `*/10`. As in cron, a line that names both a day of the
month and a day of the week fits when either does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))


class ScheduleError(ValueError):
    """A schedule that cannot be used; the text says what a good one looks like."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes at which something happens."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 = Sunday."""
    any_day: bool
    any_weekday: bool

    def fits(self, local: datetime) -> bool:
        """Whether the minute of `local` (the city's clock) is one of them."""
        if local.minute not in self.minutes or local.hour not in self.hours or local.month not in self.months:
            return False
        day, weekday = local.day in self.days, (local.weekday() + 1) % 7 in self.weekdays
        return (day or weekday) if not (self.any_day or self.any_weekday) else (day and weekday)


def parse_schedule(text: str) -> Schedule:
    """Read a cron line.

    Raises:
        ScheduleError: naming the field that cannot be used.
    """
    parts = text.split()
    if len(parts) != len(FIELDS):
        raise ScheduleError(
            f"schedule {text!r} has {len(parts)} fields; write five, for example '*/15 * * * *' for every quarter of an hour."
        )
    values = [_values(part, *field, text) for part, field in zip(parts, FIELDS, strict=True)]
    weekdays = frozenset(0 if value == 7 else value for value in values[4])
    return Schedule(*values[:4], weekdays, parts[2] == "*", parts[4] == "*")


def _values(part: str, name: str, low: int, high: int, text: str) -> frozenset[int]:
    found: set[int] = set()
    for piece in part.split(","):
        span, _, step = piece.partition("/")
        first, _, last = span.partition("-")
        try:
            start = low if span == "*" else int(first)
            end = int(last) if last else (high if span == "*" or step else start)
            chosen = range(start, end + 1, int(step) if step else 1)
        except ValueError:
            raise ScheduleError(f"schedule {text!r}: {name} is {part!r}; write *, a number, 1-5, 1,15 or */10.") from None
        if not chosen or chosen[0] < low or chosen[-1] > high:
            raise ScheduleError(f"schedule {text!r}: {name} is {part!r}; it may be from {low} to {high}.")
        found.update(chosen)
    return frozenset(found)
