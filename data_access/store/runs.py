"""Every load that was tried, also those that failed, in Statroom's own database."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Collection

import pandas as pd
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, func, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from data_access.store.models import load_run
from settings import Settings

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def open_store(settings: Settings) -> Engine:
    """Statroom's own database, brought up to date."""
    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    upgrade(engine)
    return engine


@cache
def opened(store_url: str) -> Engine:
    """The database for a process that only looks: one engine, and no table is ever changed."""
    return create_engine(store_url)


def is_prepared(engine: Engine) -> bool:
    """Whether its tables are there; a city that never loaded anything has none."""
    return inspect(engine).has_table(load_run.name)


def upgrade(engine: Engine) -> None:
    """Apply the migrations that are missing."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_reachable(settings: Settings) -> bool:
    """Whether Statroom's own database answers."""
    engine = create_engine(settings.store_url)
    try:
        with engine.connect():
            return True
    except (SQLAlchemyError, OSError):
        return False
    finally:
        engine.dispose()


def record(engine: Engine, **facts: Any) -> None:
    """Remember one load; `facts` are columns of `load_run`."""
    with engine.begin() as connection:
        connection.execute(insert(load_run).values(**facts))


def recent(engine: Engine, limit: int = 20) -> pd.DataFrame:
    """The latest loads, newest first (columns of `load_run`)."""
    with engine.connect() as connection:
        result = connection.execute(select(load_run).order_by(load_run.c.id.desc()).limit(limit))
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def count_good(engine: Engine, source_name: str) -> int:
    """How many loads of a source did not fail."""
    query = select(func.count()).where(load_run.c.source_name == source_name, load_run.c.state != "failed")
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


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
