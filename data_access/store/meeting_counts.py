"""What residents are told of meetings: of each series the days on which it met and on which it was cancelled. No names, no reasons, nothing of what was said."""

from __future__ import annotations

import json
from datetime import date, timedelta

from sqlalchemy import Engine

from data_access.store import meetings

DAYS = 365
"""So far back it is told."""


def published(store: Engine, today: date) -> str:
    """The days of a year up to `today` as JSON: a list of `series`, `held` and `cancelled`."""
    counted = meetings.counts(store, None, today - timedelta(days=DAYS), today)
    made = [
        {"series": of.series.name, "held": [str(day) for day in of.held], "cancelled": [str(day) for day in of.cancelled]}
        for of in counted
        if of.held or of.cancelled
    ]
    return json.dumps(made)
