"""A city's configured calendars and SLA rules, ready to compute deadlines with."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from data_access.calendars import Calendar, make_calendar, window_table
from data_access.city import City, CityError
from data_access.city_models import WEEKDAYS, CalendarConfig, SlaRuleConfig
from data_access.sla import SlaRule, SlaRuleError, due_dates

HOLIDAY_YEARS = range(1990, 2051)


def compute_due_dates(frame: pd.DataFrame, city: City) -> pd.Series:
    """Deadlines of cases (`request_type`, `department`, `priority`, `opened_at`) by the city's rules."""
    rules = [rule_of(config) for config in city.sla_rules]
    try:
        return due_dates(frame, rules, calendars_of(city), city.zone)
    except SlaRuleError as error:
        raise CityError(str(error)) from None


def calendars_of(city: City) -> dict[str, Calendar]:
    """The city's calendars by id, with their holidays worked out."""
    return {config.id: _calendar(config, city.zone) for config in city.calendars}


def rule_of(config: SlaRuleConfig) -> SlaRule:
    """A configured rule as the engine takes it."""
    return SlaRule(**config.model_dump(exclude={"measure"}))


def _calendar(config: CalendarConfig, zone: str) -> Calendar:
    weekly = {number: [tuple(window) for window in config.weekly.get(day, ())] for number, day in enumerate(WEEKDAYS)}
    days = set()
    if config.holidays is not None:
        days = set(_holidays(config.holidays.country, config.holidays.subdivision, config.id))
    return make_calendar(config.id, config.zone or zone, weekly, frozenset((days | set(config.add)) - set(config.remove)))  # type: ignore[arg-type]


@lru_cache(maxsize=16)
def _holidays(country: str, subdivision: str | None, calendar_id: str) -> frozenset[date]:
    import holidays  # imported late: only calendars with holidays need it

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=HOLIDAY_YEARS))
    except NotImplementedError as error:
        raise CityError(f"calendar {calendar_id!r}: holidays of {country} {subdivision or ''} are not known ({error}).") from None


def calendar_from_data(data: dict[str, Any]) -> Calendar:
    """A calendar from plain data: `tz`, `weekly` ("0" = Monday -> [["09:00", "17:00"], ...]), `holidays` (ISO days)."""
    weekly = {int(day): [(a, b) for a, b in windows] for day, windows in data["weekly"].items()}
    return make_calendar("given", data["tz"], weekly, frozenset(date.fromisoformat(day) for day in data["holidays"]))


def due_date_of(opened_at: pd.Timestamp, unit: str, amount: float, calendar: dict[str, Any]) -> pd.Timestamp:
    """One deadline (naive UTC) under a calendar given as plain data."""
    calendars = {"given": calendar_from_data(calendar)} if calendar["weekly"] else {}
    rule = SlaRule("any", unit, amount, calendar="given")  # type: ignore[arg-type]
    frame = pd.DataFrame({"request_type": ["any"], "opened_at": [opened_at]})
    return due_dates(frame, [rule], calendars, calendar["tz"]).iloc[0]


def business_seconds_between(start: pd.Timestamp, end: pd.Timestamp, calendar: dict[str, Any]) -> float:
    """Business seconds from `start` to `end` (naive UTC) under a calendar given as plain data."""
    table = window_table(calendar_from_data(calendar), start.date() - timedelta(days=8), end.date() + timedelta(days=8))
    used = table.used(np.array([start, end], "datetime64[us]").astype("int64"))
    return float(used[1] - used[0]) / 1e6
