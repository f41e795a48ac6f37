"""Local wall-clock times as whole seconds since 1970: how the simulator counts.

-1 stands for "has not happened". The hour that the clock skips in spring does not exist on any
wall, so whatever falls into it happens at its end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from data_access.demo.truths import ZONE

NEVER = -1
HOUR, DAY = 3_600, 86_400


def midnight(day: date) -> int:
    """The first second of a local day."""
    return int(np.datetime64(day, "s").astype("int64"))


def wall_seconds(at: datetime) -> int:
    """A naive local time in seconds."""
    return int(np.datetime64(at, "s").astype("int64"))


def existing(seconds: np.ndarray) -> np.ndarray:
    """The same times, those in a skipped hour moved to its end; NEVER stays."""
    starts = skipped_hours()
    before = np.searchsorted(starts, seconds, side="right") - 1
    skipped = (before >= 0) & (seconds - starts[before.clip(0)] < HOUR)
    return np.where(skipped, starts[before.clip(0)] + HOUR, seconds)


@lru_cache(maxsize=1)
def skipped_hours(first_year: int = 1990, last_year: int = 2060) -> np.ndarray:
    """Local seconds at which a skipped hour begins."""
    zone = ZoneInfo(ZONE)
    found = []
    for year in range(first_year, last_year + 1):
        for day in range(60, 120):
            at = datetime(year, 1, 1, 2) + timedelta(days=day)
            if at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
                found.append(wall_seconds(at))
    return np.array(found, dtype="int64")


def stamps(seconds: np.ndarray) -> list[str | None]:
    """ "YYYY-MM-DD HH:MM:SS"; NEVER as null."""
    if not seconds.size:
        # NumPy cannot work on the text of nothing, and a stretch of cases may well have, say, no reopening.
        return []
    text = np.char.replace(np.datetime_as_string(seconds.astype("datetime64[s]")), "T", " ").tolist()
    return [None if never else value for never, value in zip((seconds == NEVER).tolist(), text, strict=True)]
