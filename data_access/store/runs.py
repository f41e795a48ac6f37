"""Every load that was tried, also those that failed, in Statroom's own database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, insert, select
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


def last_failure(engine: Engine) -> str | None:
    """The error of the latest load if it failed, else None."""
    latest = recent(engine, 1)
    if latest.empty or latest["state"].iloc[0] != "failed":
        return None
    return str(latest["error"].iloc[0])
