"""Closes the week: freezes the headline figures of the last one that is over in the data."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from access import Viewer
from data_access.city import City
from data_access.store import held, runs
from data_access.store.engine import open_store
from data_access.store.freezes import Freeze
from settings import Settings, utc_now

CLOSER = Viewer("week", "Weekly close", "viewer")
"""Sees all departments and no single case."""


def close_week(settings: Settings, city: City) -> Freeze | None:
    """Freeze the last week that is over, if it is not frozen yet; answers what was frozen.

    Raises:
        MartUnavailable: before the first load.
    """
    from metrics.desk import Desk
    from metrics.freeze import close_week as freeze

    store = open_store(settings)
    try:
        failure = runs.last_failure(store, [source.name for source in city.sources])
        is_held = held.open_one(store) is not None
        # Also where the process is told to serve the public: what residents may see is not what is frozen.
        asked = Desk(replace(settings, audience="staff"), lambda: CLOSER).ask({})
        late = timedelta(hours=city.facts.stale_after_hours)
        return freeze(asked, store, utc_now().replace(tzinfo=None), stale_after=late, failure=failure, is_held=is_held)
    finally:
        store.dispose()


def closed_said(closed: Freeze) -> str:
    """What was frozen, for the operator."""
    what = f"The week of {closed.week:%-d %B %Y} is frozen as it was known on {closed.as_of:%Y-%m-%d %H:%M} UTC."
    return f"{what} Its data are not fit to be discussed: {closed.gate_note}" if closed.is_red else what
