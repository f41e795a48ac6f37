"""Reaching Statroom's own database, and keeping its tables up to date."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from data_access.store import copying
from data_access.store.models import load_run
from settings import Settings, utc_now

Store = Engine
"""Statroom's own database, for those who only hand it on."""
MIGRATIONS = Path(__file__).resolve().parent / "migrations"
MIGRATION_LOCK = 7_382_911
"""Number of the PostgreSQL advisory lock that only one upgrading process holds."""


def open_store(settings: Settings) -> Engine:
    """Statroom's own database, brought up to date."""
    engine = create_engine(settings.store_url)
    upgrade(engine, settings.backups)
    return engine


@cache
def opened(store_url: str) -> Engine:
    """The database for a process that only looks: one engine, and no table is ever changed."""
    return create_engine(store_url)


@cache
def prepared(store_url: str, backups: Path | None = None) -> Engine:
    """The database for a process in which people write: one engine, brought up to date when first asked for."""
    engine = opened(store_url)
    upgrade(engine, backups)
    return engine


def is_prepared(engine: Engine) -> bool:
    """Whether its tables are there; a city that never loaded anything has none."""
    return inspect(engine).has_table(load_run.name)


_FOUND: set[str] = set()


def is_kept(store_url: str) -> bool:
    """Whether there is a database at all; once found it is not looked for again. To look is cheaper than to make one for somebody who only reads."""
    if store_url not in _FOUND and is_prepared(opened(store_url)):
        _FOUND.add(store_url)
    return store_url in _FOUND


def upgrade(engine: Engine, backups: Path | None = None) -> None:
    """Apply the migrations that are missing; of several processes that try at once one does, the others wait for it.

    Args:
        backups: where a copy is put before tables that hold something are changed; None: beside the file of a SQLite database,
            and none of another.
    """
    with alone(engine):
        before = copying.revision(engine)
        newest = ScriptDirectory.from_config(_config()).get_current_head()
        if before is not None and before != newest:
            _keep_copy(engine, before, backups)
        migrate(engine, "head")


def migrate(engine: Engine, version: str | None) -> None:
    """Give the tables of `engine` the version `version`."""
    config = _config()
    with engine.begin() as connection:
        _lock(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, version or "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _keep_copy(engine: Engine, version: str, backups: Path | None) -> None:
    """The tables as they were, in case the newer version has to be given up. An older copy of the same version stays."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    folder = backups or (Path(file).parent / "backups" if file else None)
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    when = f"{utc_now():%Y%m%dT%H%M%SZ}"
    aside = folder / f".before-upgrade-{when}-{os.getpid()}.tmp"
    aside.touch(mode=0o600)
    try:
        copying.take(engine, aside, migrate)
        aside.replace(folder / f"before-upgrade-from-{version}-{when}.sqlite")
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """For a database that is a file: be the only process on this machine that changes its tables."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if not file or file == ":memory:":
        yield
        return
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    with open(f"{file}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})


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
