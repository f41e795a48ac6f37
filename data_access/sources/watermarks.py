"""Up to when a source was read, as the text that a later load begins from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from data_access.mapping.spec import Time
from data_access.mapping.times import parse_times

CLOCK_SLACK = timedelta(hours=1)
"""How far a source's clock may run ahead before its update times are taken for typing errors."""


def highest(column: pd.Series, time: Time, zone: str, now: datetime) -> str | None:
    """The latest update time as ISO text. One typed into the future would hide every change until then: it does not count.

    Args:
        zone: the city's, for times without an offset.
        now: with its offset.
    """
    written, aware = parse_times(column, time.model_copy(update={"formats": ("ISO8601",), "ignore_offset": False}))
    said = written.notna()
    with_offset = bool(aware[said].all()) and bool(said.any())
    limit = pd.Timestamp(now + CLOCK_SLACK).tz_convert("UTC" if with_offset else ZoneInfo(time.zone or zone))
    latest = written[written <= limit.tz_localize(None)].max()
    return None if latest is pd.NaT else latest.isoformat() + ("+00:00" if with_offset else "")


def not_after(mark: str, began: datetime, time: Time, zone: str) -> str:
    """`mark`, or `began` on the same clock if that was earlier: what changed while pages were read is read next time.

    Args:
        began: when the first page was asked, with its offset.
    """
    with_offset = mark.endswith("+00:00")
    clock = UTC if with_offset else ZoneInfo(time.zone or zone)
    own = began.astimezone(clock).replace(tzinfo=None).isoformat() + ("+00:00" if with_offset else "")
    return min(mark, own)
