"""The demo city's meetings: two clusters of departments in turn and one weekly meeting, with what happened to those that are over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from access import Viewer
from data_access.store import meetings
from data_access.store.acting import Acting

OFFICE = Viewer("mayor-s-office", "Mayor's office", "executive")
WEEKS_BACK = 16
SERIES = (
    ("Streets and water", ("public-works", "transportation", "water-and-sewer"), 3, 0, "09:00", 60, 2),
    ("Homes, parks and property", ("inspections", "parks-and-trees", "property-and-graffiti"), 3, 1, "09:00", 60, 2),
    ("Hotline stand-up", ("mayors-hotline",), 1, 0, "08:30", 30, 1),
)
"""Name, departments, weekday (0: Monday), weeks after the first, beginning, minutes, weeks between meetings."""
CANCELLED = (
    ("Homes, parks and property", 3, "The department heads were at the storm briefing."),
    ("Hotline stand-up", 5, "Public holiday."),
)
"""Series, which of its past meetings (0: the latest), why."""


def plan_demo(store: Engine, today: date) -> bool:
    """Plan the demo's series and say of every meeting before `today` what happened; answers False where there are series already."""
    if meetings.every_series(store, None):
        return False
    acting = Acting(OFFICE, store, datetime(today.year, today.month, today.day, 12))
    begin = today - timedelta(days=today.weekday(), weeks=WEEKS_BACK)
    for name, departments, weekday, later, starts_at, minutes, every in SERIES:
        first = begin + timedelta(days=weekday, weeks=later)
        meetings.plan_series(
            acting, name=name, departments=departments, first_on=first, starts_at=starts_at, minutes=minutes, every_weeks=every
        )
    meetings.materialise(store, today)
    over = list(reversed(meetings.schedule(store, None, begin, today - timedelta(days=1))))
    for name, *_ in SERIES:
        for at, met in enumerate([met for met in over if met.series.name == name]):
            why = next((reason for series, number, reason in CANCELLED if (series, number) == (name, at)), None)
            then = Acting(OFFICE, store, datetime(met.on.year, met.on.month, met.on.day, 18))
            if why is None:
                meetings.hold(then, met.id, today)
            else:
                meetings.cancel(then, met.id, why)
    return True
