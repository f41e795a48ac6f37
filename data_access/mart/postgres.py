"""The mart in a PostgreSQL database: which generation is in service there, and an engine that reads it.

Each generation has a schema of its own for each audience, `statroom_mart_staff_<edition>` and `statroom_mart_public_<edition>`,
and a row in table `generation` of schema `statroom_mart`; the row that is `in_service` says what is read. `postgres_writing`
makes all of it in one transaction, so readers see the generation before or the new one and nothing between.

A reader's connections hold a lock of the edition, shared with other readers: an edition that anybody still reads is not dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from data_access.mart import dialects
from data_access.mart.generations import NoGeneration
from settings import Audience

SCHEMA = "statroom_mart"
"""The schema where STATROOM_MART_URL names none (`?schema=...`: several cities can share a database)."""
CONNECT_SECONDS = 5
READING = {
    "default_transaction_read_only": "on",
    "timezone": "UTC",
    # Compiling a question takes longer than answering it.
    "jit": "off",
    "work_mem": "64MB",
}
"""What holds in every connection that reads."""


@dataclass(frozen=True, slots=True)
class Server:
    """A database, and the schema in it that says which generation is in service."""

    url: URL
    schema: str

    @property
    def name(self) -> str:
        """For messages: no password, no user."""
        return f"{self.url.host or 'localhost'}:{self.url.port or 5432}/{self.url.database or ''}"

    def schema_of(self, audience: Audience, edition: str) -> str:
        """The schema with an edition's tables for `audience`."""
        return f"{self.schema}_{audience}_{edition}"


@dataclass(frozen=True, slots=True)
class Served:
    """The generation that a server has in service."""

    server: Server
    edition: str
    number: int

    @property
    def mark(self) -> str:
        """What tells it from the generation in service before and after it."""
        return self.edition

    @property
    def name(self) -> str:
        return f"Generation {self.number} in {self.server.name}"

    def described(self, audience: Audience) -> str:
        """What is wrong where it cannot be opened."""
        return f"{self.name} cannot be read for {audience}"

    def engine(self, audience: Audience, seconds: float) -> Engine:
        """An engine for statements of metrics that take `seconds` at most; it can change nothing."""
        chosen = {"search_path": self.server.schema_of(audience, self.edition), "statement_timeout": int(seconds * 1000)}
        engine = dialects.speak(_engine(self.server.url, READING | chosen))

        @event.listens_for(engine, "connect")
        def _connected(raw: psycopg.Connection[Any], record: object) -> None:
            raw.adapters.register_loader("numeric", dialects.Number)
            raw.execute("SELECT pg_advisory_lock_shared(%s)", [lock_of(self.edition)])

        return engine


def lock_of(edition: str) -> int:
    """The number of the lock that readers of an edition share."""
    return int(edition, 16) >> 1


@lru_cache(maxsize=64)
def server_of(address: str) -> Server:
    """The server that STATROOM_MART_URL names.

    Raises:
        NoGeneration: it cannot be one.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise NoGeneration("STATROOM_MART_URL is no address of a database; write postgresql://USER@HOST/DATABASE.") from None
    schema = url.query.get("schema", SCHEMA)
    if not isinstance(schema, str) or not re.fullmatch(r"[a-z_][a-z0-9_]{0,38}", schema):
        raise NoGeneration(f"STATROOM_MART_URL has the schema {schema!r}; write at most 39 small letters, digits and _.")
    return Server(url.difference_update_query(["schema"]).set(drivername="postgresql+psycopg"), schema)


def current(address: str) -> Served | None:
    """The generation in service, or None before the first load.

    Raises:
        NoGeneration: the server does not answer, or lets nobody see it.
    """
    server = server_of(address)
    try:
        with _pointers(server.url).connect() as connection:
            found = connection.exec_driver_sql(f"SELECT edition, number FROM {server.schema}.generation WHERE in_service").fetchall()
    except DBAPIError as error:
        if isinstance(error.orig, (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)):
            return None
        raise NoGeneration(f"{server.name} (STATROOM_MART_URL) cannot be read: {first_line(error.orig)}") from error
    except SQLAlchemyError as error:
        raise NoGeneration(f"{server.name} (STATROOM_MART_URL) cannot be read: {first_line(error)}") from error
    if len(found) > 1:
        raise NoGeneration(f"{server.name} has {len(found)} generations in service; leave one in table {server.schema}.generation.")
    return Served(server, *found[0]) if found else None


@lru_cache(maxsize=64)
def _pointers(url: URL) -> Engine:
    """Asks which generation is in service: at every view, so its connections stay."""
    return _engine(url, READING | {"statement_timeout": CONNECT_SECONDS * 1000})


def _engine(url: URL, chosen: dict[str, Any]) -> Engine:
    return create_engine(
        url,
        connect_args={
            "options": " ".join(f"-c {name}={value}" for name, value in chosen.items()),
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "statroom",
            # A plan made for any period is a bad one for this.
            "prepare_threshold": None,
        },
        # Every statement is a transaction of its own, which the server lets read only.
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=24,
    )


def first_line(error: BaseException | None) -> str:
    """An error of a server in one line."""
    return " ".join(str(error).split())[:200]
