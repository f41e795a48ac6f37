"""A calendar given as plain data, and one deadline or one stretch of business time under it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data_access.calendars import Calendar, make_calendar
from data_access.sla import SlaRule, due_dates, time_used


def calendar_from_data(data: dict[str, Any]) -> Calendar:
    """A calendar from `tz`, `weekly` ("0" = Monday -> [["09:00", "17:00"], ...]) and `holidays` (ISO days)."""
    weekly = {int(day): [(a, b) for a, b in windows] for day, windows in data["weekly"].items()}
    return make_calendar("given", data["tz"], weekly, frozenset(date.fromisoformat(day) for day in data["holidays"]))


def due_date_of(opened_at: pd.Timestamp, unit: str, amount: float, calendar: dict[str, Any]) -> pd.Timestamp:
    """One deadline (naive UTC)."""
    calendars = {"given": calendar_from_data(calendar)} if calendar["weekly"] else {}
    rule = SlaRule(("any",), unit, amount, calendar="given")  # type: ignore[arg-type]
    frame = pd.DataFrame({"request_type": ["any"], "opened_at": [opened_at]})
    return due_dates(frame, [rule], calendars, calendar["tz"]).iloc[0]


def business_seconds_between(start: pd.Timestamp, end: pd.Timestamp, calendar: dict[str, Any]) -> float:
    """Business seconds from `start` to `end` (naive UTC), as the clock of a rule in business hours counts them."""
    rule = SlaRule(("any",), "business_hours", 1, calendar="given")
    instants = [np.array([at], "datetime64[us]").astype("int64") for at in (start, end)]
    return float(time_used(rule, *instants, {"given": calendar_from_data(calendar)}, calendar["tz"])[0]) * 3600
