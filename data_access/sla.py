"""Deadlines from dated SLA rules: the clock rule is data, applied to many cases at once.

The options cover the textbook clocks (business hours and days, calendar days, elapsed hours) and
the habits of real systems: Boston 2011 moved a weekend opening to Monday at the same time of day,
an opening at 17:00 or later to 08:30 of the next weekday, and counted holidays as working days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Mapping, Sequence

import numpy as np
import pandas as pd

from data_access.calendars import Calendar, WindowTable, closing, to_local, to_utc, window_table
from data_access.slugs import slug

SECOND, DAY = 1_000_000, 86_400_000_000
NOT_A_TIME = np.iinfo("int64").min


class SlaRuleError(ValueError):
    """A rule that cannot be applied: names the rule, the value and the remedy."""


@dataclass(frozen=True, slots=True)
class SlaRule:
    """The deadline of a case of these request types opened while the rule is valid."""

    request_types: tuple[str, ...]
    """Empty: every type."""
    unit: Literal["business_days", "business_hours", "calendar_days", "elapsed_hours"]
    amount: float
    calendar: str | None = None
    department: str | None = None
    priority: str | None = None
    programme: str | None = None
    basis: str | None = None
    """The law that sets it."""
    weekend_policy: Literal["next_window_start", "keep_time", "last_close"] = "next_window_start"
    """same_time clocks: an opening on a day without hours counts as made when the next business day
    opens, on that day at the same time, or at the last closing before."""
    after_hours_policy: Literal["same_day", "next_start", "last_close"] = "same_day"
    """next_start: an opening at or after the last closing counts as made when the next business day opens;
    last_close (same_time clocks): as made at that closing."""
    due_time: Literal["last_close", "same_time"] = "last_close"
    """business_days: due at the last closing of day n, or n business days later at the same time of day."""
    clock: Literal["wall", "elapsed"] = "wall"
    """calendar_days: the same time on the city's clock, or n x 24 elapsed hours."""
    truncate: Literal["none", "second", "minute", "day"] = "none"
    valid_from: date | None = None
    valid_to: date | None = None
    """First day on which the rule is no longer valid."""


def check_rules(rules: Sequence[SlaRule], calendars: Mapping[str, Calendar]) -> None:
    """Raise `SlaRuleError` for the first rule that cannot be applied."""
    for rule in rules:
        what = f"SLA rule of {(rule.request_types or (rule.programme or 'all types',))[0]!r}"
        if rule.unit.startswith("business") and rule.calendar not in calendars:
            raise SlaRuleError(f"{what}: calendar {rule.calendar!r} is not defined; known are {', '.join(calendars) or 'none'}.")
        if rule.amount < 0 or (rule.amount == 0 and rule.unit.startswith("business")):
            least = "more than 0" if rule.unit.startswith("business") else "0 (due at once) or more"
            raise SlaRuleError(f"{what}: amount is {rule.amount:g}; it must be {least}.")
        if rule.unit.endswith("days") and rule.amount != int(rule.amount):
            raise SlaRuleError(f"{what}: {rule.amount:g} {rule.unit}; days are whole, use hours for a part of one.")
        if rule.valid_from and rule.valid_to and rule.valid_from >= rule.valid_to:
            raise SlaRuleError(f"{what}: valid_from {rule.valid_from} is not before valid_to {rule.valid_to}.")


def due_dates(frame: pd.DataFrame, rules: Sequence[SlaRule], calendars: Mapping[str, Calendar], zone: str) -> pd.Series:
    """The deadline of each case (naive UTC, NaT without a rule), by the rule in force when it opened.

    Args:
        frame: `request_type`, `opened_at` (naive UTC), and if rules use them `department`, `priority`, `programme`.

    The most specific rule wins: type, department and priority before type and department before type, and one of a
    whole programme last; of equally specific ones the last.
    """
    check_rules(rules, calendars)
    opened = frame["opened_at"].to_numpy().astype("datetime64[us]").astype("int64")
    due = np.full(len(frame), NOT_A_TIME)
    numbers = rules_in_force(frame, rules, zone)
    for number in np.unique(numbers[numbers >= 0]):
        chosen = numbers == number
        due[chosen] = _due(rules[number], opened[chosen], to_local(opened[chosen], zone), calendars, zone)
    return pd.Series(due.astype("datetime64[us]"), index=frame.index)


def rules_in_force(frame: pd.DataFrame, rules: Sequence[SlaRule], zone: str) -> np.ndarray:
    """The position in `rules` of the rule of each case (columns as `due_dates` takes them); -1 without one."""
    opened = frame["opened_at"].to_numpy().astype("datetime64[us]").astype("int64")
    known = opened != NOT_A_TIME
    local = np.full(len(frame), np.datetime64("NaT"), "datetime64[us]")
    local[known] = to_local(opened[known], zone)
    keys = {name: _keys(frame, name) for name in ("request_type", "department", "priority", "programme")}
    found = np.full(len(frame), -1)
    for number in sorted(range(len(rules)), key=lambda n: _narrowness(rules[n])):
        found[known & _applies(rules[number], keys, local)] = number
    return found


def time_used(rule: SlaRule, opened: np.ndarray, ended: np.ndarray, calendars: Mapping[str, Calendar], zone: str) -> np.ndarray:
    """How much of its clock each case used from `opened` to `ended` (int64 microseconds UTC), in the rule's unit.

    Days are counted as the rule counts them: a case that ended by the deadline of n days used n or fewer.
    """
    if not len(opened):
        return np.zeros(0)
    if rule.unit == "calendar_days" and rule.clock == "wall":
        return (to_local(ended, zone) - to_local(opened, zone)).astype("timedelta64[us]").astype("int64") / DAY
    if not rule.unit.startswith("business"):
        return (ended - opened) / (3600 * SECOND if rule.unit == "elapsed_hours" else DAY)
    calendar = calendars[str(rule.calendar)]
    here, there = to_local(opened, calendar.zone), to_local(ended, calendar.zone)
    first, last = (at.astype("datetime64[D]").astype(date) for at in (here.min(), there.max()))
    table = window_table(calendar, date(first.year - 1, 1, 1), date(last.year + 1, 12, 31))
    if rule.unit == "business_hours":
        return (table.used(ended) - table.used(opened)) / (3600 * SECOND)
    if rule.due_time == "last_close":
        used = np.searchsorted(table.last_close, ended, side="left") - _first_day(rule, opened, here, table) + 1
    else:
        at, time, at_close = _made_at(rule, opened, here, table, calendar.zone)
        day = there.astype("datetime64[D]")
        number = np.searchsorted(table.days, day, side="left")
        later = (table.days[number] == day) & (there - day.astype("datetime64[us]") > time)
        # Closings are counted as such: one past midnight is still that of the day before.
        used = np.where(at_close, np.searchsorted(table.last_close, ended, side="left"), number + later) - at
    return np.maximum(used, 0).astype("float64")


def _keys(frame: pd.DataFrame, name: str) -> tuple[np.ndarray, list[str]]:
    """Each row's position in the list of normalised values of a column; -1 where it has none."""
    if name not in frame.columns:
        return np.full(len(frame), -1), []
    codes, values = pd.factorize(frame[name])
    return codes, [slug(str(value)) for value in values]


def _narrowness(rule: SlaRule) -> int:
    return 3 * bool(rule.request_types) + (rule.department is not None) + (rule.priority is not None)


def _applies(rule: SlaRule, keys: dict[str, tuple[np.ndarray, list[str]]], local: np.ndarray) -> np.ndarray:
    chosen = np.ones(len(local), dtype=bool)
    given = {
        "request_type": rule.request_types,
        "department": (rule.department,),
        "priority": (rule.priority,),
        "programme": (rule.programme,),
    }
    for name, (codes, values) in keys.items():
        wanted = {slug(value) for value in given[name] if value is not None}
        if wanted:
            # Code -1, a case without the value, finds the last entry.
            chosen &= np.array([*(value in wanted for value in values), False])[codes]
    if rule.valid_from:
        chosen &= local >= np.datetime64(rule.valid_from)
    if rule.valid_to:
        chosen &= local < np.datetime64(rule.valid_to)
    return chosen


def _due(rule: SlaRule, opened: np.ndarray, local: np.ndarray, calendars: Mapping[str, Calendar], zone: str) -> np.ndarray:
    if rule.unit == "elapsed_hours" or (rule.unit == "calendar_days" and rule.clock == "elapsed"):
        hours = rule.amount if rule.unit == "elapsed_hours" else rule.amount * 24
        due = opened + int(hours * 3600 * SECOND)
    elif rule.unit == "calendar_days":
        due = to_utc(local + np.timedelta64(int(rule.amount) * DAY, "us"), zone)
    else:
        calendar = calendars[str(rule.calendar)]
        here = to_local(opened, calendar.zone)
        table = _table(calendar, here, rule)
        if rule.unit == "business_hours":
            due = table.when(table.used(opened) + int(rule.amount * 3600 * SECOND))
        elif rule.due_time == "last_close":
            due = _last_close(rule, opened, here, table)
        else:
            due = _same_time(rule, opened, here, table, calendar.zone)
    return _truncated(due, rule.truncate, zone)


def _table(calendar: Calendar, local: np.ndarray, rule: SlaRule) -> WindowTable:
    """Windows from before the first opening to surely past the last deadline."""
    first = local.min().astype("datetime64[D]").astype(date) - timedelta(days=8)
    last = local.max().astype("datetime64[D]").astype(date)
    week = [sum(closing(start, end) - start for start, end in day) for day in calendar.weekly]
    per_week = sum(1 for minutes in week if minutes) if rule.unit == "business_days" else sum(week) / 60
    days = int(rule.amount / per_week * 7) + 21
    reach = without_holidays = last + timedelta(days=days)
    # A holiday pushes a deadline further, by a week at most; on the way there may lie more of them.
    while (
        pushed := without_holidays + timedelta(weeks=sum(last - timedelta(days=8) <= day <= reach for day in calendar.holidays))
    ) > reach:
        reach = pushed
    return window_table(calendar, date(first.year, 1, 1), date(reach.year, 12, 31))


def _last_close(rule: SlaRule, opened: np.ndarray, local: np.ndarray, table: WindowTable) -> np.ndarray:
    return table.last_close[_first_day(rule, opened, local, table) + int(rule.amount) - 1]


def _first_day(rule: SlaRule, opened: np.ndarray, local: np.ndarray, table: WindowTable) -> np.ndarray:
    """Number of the business day that is day 1 of an opening."""
    day = local.astype("datetime64[D]")
    if rule.after_hours_policy == "next_start":
        day = _counted_from(opened, day, table)
    return np.searchsorted(table.days, day, side="right")


def _counted_from(opened: np.ndarray, day: np.ndarray, table: WindowTable) -> np.ndarray:
    """The business day an opening counts for: its own, or the next one when it came after hours."""
    at = np.searchsorted(table.days, day, side="left")
    late = (table.days[at] == day) & (opened >= table.last_close[at])
    return table.days[at + late]


def _same_time(rule: SlaRule, opened: np.ndarray, local: np.ndarray, table: WindowTable, zone: str) -> np.ndarray:
    """Business days at the same time of day."""
    at, time, at_close = _made_at(rule, opened, local, table, zone)
    target = at + int(rule.amount)
    due = to_utc(table.days[target].astype("datetime64[us]") + time, zone)
    return np.where(at_close, table.last_close[target], due)


def _made_at(
    rule: SlaRule, opened: np.ndarray, local: np.ndarray, table: WindowTable, zone: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(number of the business day, time of day, whether it is that day's closing) at which an opening counts as made:
    first the day without hours is left, then the hour after closing."""
    day = local.astype("datetime64[D]")
    time = local - day.astype("datetime64[us]")
    at = np.searchsorted(table.days, day, side="left")
    business = table.days[at] == day
    at_close = np.zeros(len(day), dtype=bool)
    if rule.weekend_policy == "last_close":
        at_close = ~business
        at = at - at_close
    elif rule.weekend_policy == "next_window_start":
        time = np.where(business, time, _opening(table, at))
    if rule.after_hours_policy != "same_day":
        made_at = np.where(business, opened, to_utc(table.days[at].astype("datetime64[us]") + time, zone))
        late = ~at_close & (made_at >= table.last_close[at])
        if rule.after_hours_policy == "last_close":
            at_close = at_close | late
        else:
            at = at + late
            time = np.where(late, _opening(table, at), time)
    return at, time, at_close


def _opening(table: WindowTable, at: np.ndarray) -> np.ndarray:
    """Time of day at which business days number `at` open."""
    return (table.first_open[at] * 60 * SECOND).astype("timedelta64[us]")


def _truncated(due: np.ndarray, to: str, zone: str) -> np.ndarray:
    if to == "none":
        return due
    if to == "day":
        return to_utc(to_local(due, zone).astype("datetime64[D]").astype("datetime64[us]"), zone)
    step = SECOND if to == "second" else 60 * SECOND
    return due // step * step
