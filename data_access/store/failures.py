"""Failures of loads in a row, from the record of all that were tried: for whoever is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from data_access.mart.generations import BUSY
from data_access.store.models import load_run
from data_access.store.runs import IN_SERVICE

_COUNTS = load_run.c.error.is_distinct_from(BUSY)
"""Of an attempt that found another load at work nothing is wrong with the source."""


@dataclass(frozen=True, slots=True)
class Spell:
    """Loads of one source that failed one after the other, and none between that did not."""

    source_name: str
    first: int
    """Number of the first of them: it names the spell."""
    times: int
    since: datetime
    """Naive UTC."""
    error: str
    """Of the last one."""


def going_on(store: Engine, source_name: str) -> Spell | None:
    """The failures of a source since its last load that did not fail; None if there are none."""
    good = select(func.coalesce(func.max(load_run.c.id), 0)).where(load_run.c.source_name == source_name, load_run.c.state != "failed")
    failed = (load_run.c.source_name == source_name) & _COUNTS & (load_run.c.id > good.scalar_subquery())
    query = select(func.min(load_run.c.id), func.max(load_run.c.id), func.count(), func.min(load_run.c.started_at)).where(failed)
    with store.connect() as connection:
        first, last, times, since = connection.execute(query).one()
        if first is None:
            return None
        error = connection.execute(select(load_run.c.error).where(load_run.c.id == last)).scalar()
    return Spell(source_name, first, times, since, error or "")


def well_since(store: Engine, source_name: str, number: int) -> datetime | None:
    """When a load of a source began that came after load `number` and whose data are in service, if it is the last one tried; else None."""
    query = select(load_run.c.id, load_run.c.state, load_run.c.started_at).where(load_run.c.source_name == source_name, _COUNTS)
    with store.connect() as connection:
        last = connection.execute(query.order_by(load_run.c.id.desc()).limit(1)).first()
    return last.started_at if last is not None and last.id > number and last.state in IN_SERVICE else None
