"""Days on which no load succeeded: the data may have a hole there. A person decides whether a note says so."""

from __future__ import annotations

from datetime import date

import pandas as pd

from metrics.periods import Calendar

FAILED = "failed"
"""State of a load that failed."""


def without_a_load(loads: pd.DataFrame, calendar: Calendar) -> list[date]:
    """The city's days on which every load that was tried failed, the latest first. `loads`: `started_at` (UTC) and `state`."""
    days = [calendar.day_of(at.to_pydatetime()) for at in pd.to_datetime(loads["started_at"])]
    good = {day for day, state in zip(days, loads["state"], strict=True) if state != FAILED}
    return sorted(set(days) - good, reverse=True)
