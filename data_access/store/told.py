"""What residents are told from Statroom's own database, written into each load: nothing of it is of a single person or case."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import Engine, select

from data_access.store import meeting_counts
from data_access.store.meeting_models import target
from data_access.store.targets import APPROVED

_READ = [target.c[name] for name in ("metric", "department", "value", "valid_from", "valid_until")]


def published(store: Engine, today: date) -> dict[str, str]:
    """Facts of the mart as JSON: `meetings` (`store.meeting_counts`) and `targets`: those approved for the city and for whole departments."""
    return {"meetings": meeting_counts.published(store, today), "targets": _targets(store)}


def _targets(store: Engine) -> str:
    # A target of one request type would name types that residents are told nothing of.
    query = select(*_READ).where(target.c.state == APPROVED, target.c.request_type == "").order_by(target.c.decided_at, target.c.id)
    with store.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return json.dumps([{name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()} for row in rows])
