"""Holds: while a case waits for somebody else its clock stands still, so a computed deadline moves by what the clock would have counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from data_access.calendars import Calendar, WindowTable, to_local, to_utc, window_table
from data_access.sla import SlaRule


def moved_by_holds(rule: SlaRule, due: np.ndarray, holds: pd.DataFrame, calendars: Mapping[str, Calendar], zone: str) -> np.ndarray:
    """Deadlines (int64 microseconds UTC) after the holds that began before them.

    Args:
        holds: `row` (position in `due`), `since` and `until` (naive UTC), in the order they happened, not overlapping.

    A hold is worth its hours to a clock of hours, and the same time on the city's clock to one of calendar days. To a clock of
    business days it is worth as many as lie between the day it began and the day it ended: a hold within one day is worth none.
    """
    due = due.copy()
    holds = holds.loc[holds["until"] > holds["since"]]
    for _, turn in holds.groupby(holds.groupby("row").cumcount()):
        row = turn["row"].to_numpy("int64")
        since, until = (turn[name].to_numpy().astype("datetime64[us]").astype("int64") for name in ("since", "until"))
        stopped = since < due[row]
        row, since, until = row[stopped], since[stopped], until[stopped]
        if len(row):
            due[row] = _later(rule, due[row], since, until, calendars, zone)
    return due


def _later(
    rule: SlaRule, due: np.ndarray, since: np.ndarray, until: np.ndarray, calendars: Mapping[str, Calendar], zone: str
) -> np.ndarray:
    if rule.unit == "elapsed_hours" or (rule.unit == "calendar_days" and rule.clock == "elapsed"):
        return due + until - since
    if rule.unit == "calendar_days":
        return to_utc(to_local(due, zone) + (to_local(until, zone) - to_local(since, zone)), zone)
    calendar = calendars[str(rule.calendar)]
    table = _table(calendar, since, due + until - since)
    if rule.unit == "business_hours":
        return table.when(table.used(due) + table.used(until) - table.used(since))
    began, ended = (np.searchsorted(table.days, to_local(at, calendar.zone).astype("datetime64[D]"), side="right") for at in (since, until))
    if rule.due_time == "last_close":
        return table.last_close[np.searchsorted(table.last_close, due, side="left") + ended - began]
    local = to_local(due, calendar.zone)
    day = local.astype("datetime64[D]")
    target = table.days[np.searchsorted(table.days, day, side="left") + ended - began]
    return to_utc(target.astype("datetime64[us]") + (local - day.astype("datetime64[us]")), calendar.zone)


def _table(calendar: Calendar, first: np.ndarray, last: np.ndarray) -> WindowTable:
    """Windows from before the first hold to surely past the last deadline."""
    years = [int(str(at.astype("datetime64[us]").astype("datetime64[Y]"))) for at in (first.min(), last.max())]
    return window_table(calendar, date(years[0] - 1, 1, 1), date(years[1] + 2, 12, 31))
