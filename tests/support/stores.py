"""Statroom's own database, empty and up to date, for tests that write into one."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from data_access.store.engine import upgrade


def empty_store(url: str) -> Engine:
    """The database at `url` with all tables. A SQLite file is copied from one that the migrations made: that takes a fraction of the time."""
    engine = create_engine(url)
    file = make_url(url).database if engine.dialect.name == "sqlite" else None
    if file:
        Path(file).write_bytes(_made_by_migrations())
    else:
        upgrade(engine)
    return engine


@cache
def _made_by_migrations() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.sqlite"
        engine = create_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()
