"""Every load that was tried, also those that failed, in Statroom's own database."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Collection

import pandas as pd
from sqlalchemy import Engine, func, insert, select

from data_access.store.models import load_run

IN_SERVICE = ("loaded", "unchanged")
"""States of loads whose data people see."""


def record(engine: Engine, **facts: Any) -> None:
    """Remember one load; `facts` are columns of `load_run`."""
    with engine.begin() as connection:
        connection.execute(insert(load_run).values(**facts))


def recent(engine: Engine, limit: int = 20) -> pd.DataFrame:
    """The latest loads, newest first (columns of `load_run`)."""
    with engine.connect() as connection:
        result = connection.execute(select(load_run).order_by(load_run.c.id.desc()).limit(limit))
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def latest(engine: Engine, sources: Collection[str]) -> list[dict[str, Any]]:
    """The latest load of each of `sources`, by source (columns of `load_run`)."""
    newest = select(func.max(load_run.c.id)).where(load_run.c.source_name.in_(list(sources))).group_by(load_run.c.source_name)
    query = select(load_run).where(load_run.c.id.in_(newest)).order_by(load_run.c.source_name)
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def count_good(engine: Engine, source_name: str) -> int:
    """How many loads of a source did not fail, also if they were held."""
    query = select(func.count()).where(load_run.c.source_name == source_name, load_run.c.state != "failed")
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def last_compared(engine: Engine, source_name: str) -> datetime | None:
    """When a load in service last compared all ids of a source, or read all its rows (naive UTC); None if none did."""
    whole = (load_run.c.mode == "full") | load_run.c.ids_compared.is_not(None)
    query = select(func.max(load_run.c.started_at)).where(load_run.c.source_name == source_name, load_run.c.state.in_(IN_SERVICE), whole)
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def last_full_rows(engine: Engine, source_name: str) -> int | None:
    """How many rows the latest load of everything of a source read that is in service; None if there was none."""
    query = select(load_run.c.rows_read).where(
        load_run.c.source_name == source_name, load_run.c.state.in_(IN_SERVICE), load_run.c.mode == "full"
    )
    with engine.connect() as connection:
        return connection.execute(query.order_by(load_run.c.id.desc()).limit(1)).scalar()


def last_failure(engine: Engine, sources: Collection[str] | None = None) -> str | None:
    """The error of the latest load that failed and was not made good by a later load of the same source, else None.

    Args:
        sources: those the city has now; a failure of one it no longer has is history.
    """
    latest = select(func.max(load_run.c.id)).group_by(load_run.c.source_name)
    if sources is not None:
        latest = latest.where(load_run.c.source_name.in_(list(sources)))
    query = select(load_run.c.error).where(load_run.c.id.in_(latest), load_run.c.state == "failed").order_by(load_run.c.id.desc())
    with engine.connect() as connection:
        return connection.execute(query.limit(1)).scalar()
