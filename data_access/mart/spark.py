"""The mart on an Apache Spark cluster: which generation is in service there, and an engine that reads it through the Thrift server.

Each generation has a database of its own for each audience, `statroom_mart_staff_<edition>` and `statroom_mart_public_<edition>`, of
tables whose rows are Parquet files in the folder that STATROOM_MART_URL names (`parquet` says how they lie there). A view
`statroom_mart.generation` says which edition is in service; `spark_writing` replaces it when all tables are there.

Nothing here is imported where no address begins with `hive://`, so that PyHive is needed only by who has such a cluster.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from data_access.mart.generations import NoGeneration
from settings import Audience

SESSIONS = 4
SCHEMA = "statroom_mart"
"""The database where STATROOM_MART_URL names none."""
ADDRESS = "hive://HOST:10000/statroom_mart?files=/FOLDER"
REMEDY = "Statroom's environment needs requirements-spark.txt for an address with hive://"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Thrift server, the database in it that says what is in service, and the folder with the files."""

    url: URL
    schema: str
    files: Path
    builds: bool = True
    """Whether Spark makes the facts; else they are copied as the load made them, which is quicker for a small city."""

    @property
    def name(self) -> str:
        """For messages: no password, no user."""
        return f"{self.url.host or 'localhost'}:{self.url.port or 10000}/{self.schema}"

    def schema_of(self, audience: Audience, edition: str) -> str:
        """The database with an edition's tables for `audience`."""
        return f"{self.schema}_{audience}_{edition}"


@dataclass(frozen=True, slots=True)
class Held:
    """The generation that a cluster has in service."""

    cluster: Cluster
    edition: str
    number: int

    @property
    def mark(self) -> str:
        """What tells it from the generation in service before and after it."""
        return self.edition

    @property
    def name(self) -> str:
        return f"Generation {self.number} in {self.cluster.name}"

    def described(self, audience: Audience) -> str:
        """What is wrong where it cannot be opened."""
        return f"{self.name} cannot be read for {audience}"

    def engine(self, audience: Audience, seconds: float) -> Engine:
        """An engine for statements of metrics that take `seconds` at most."""
        return engine_of(self.cluster, self.cluster.schema_of(audience, self.edition), seconds)


@lru_cache(maxsize=64)
def cluster_of(address: str) -> Cluster:
    """The cluster that STATROOM_MART_URL names.

    Raises:
        NoGeneration: it cannot be one.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise NoGeneration(f"STATROOM_MART_URL is no address of a cluster; write {ADDRESS}.") from None
    schema, files = url.database or SCHEMA, url.query.get("files", "")
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,38}", schema):
        raise NoGeneration(f"STATROOM_MART_URL has the database {schema!r}; write at most 39 small letters, digits and _.")
    if not isinstance(files, str) or not re.fullmatch(r"/[\w./ -]*", files):
        raise NoGeneration(f"STATROOM_MART_URL names no folder for the files that this machine and the cluster see; write {ADDRESS}.")
    facts = url.query.get("facts", "built")
    if facts not in ("built", "copied"):
        raise NoGeneration(f"STATROOM_MART_URL has facts={facts!r}; write 'built' or 'copied'.")
    return Cluster(url.difference_update_query(["files", "facts"]).set(database="default"), schema, Path(files), facts == "built")


def current(address: str) -> Held | None:
    """The generation in service, or None before the first load.

    Raises:
        NoGeneration: the cluster does not answer.
    """
    cluster = cluster_of(address)
    try:
        with _pointers(cluster).connect() as connection:
            found = connection.exec_driver_sql(f"SELECT edition, number FROM {cluster.schema}.generation").fetchall()
    except DBAPIError as error:
        if any(word in str(error.orig) for word in ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")):
            return None
        raise NoGeneration(f"{cluster.name} (STATROOM_MART_URL) cannot be read: {first_line(error.orig)}") from error
    except (SQLAlchemyError, OSError) as error:
        raise NoGeneration(f"{cluster.name} (STATROOM_MART_URL) cannot be read: {first_line(error)}") from error
    return Held(cluster, *found[0])


@lru_cache(maxsize=64)
def _pointers(cluster: Cluster) -> Engine:
    """Asks which generation is in service: at every view, so its connections stay."""
    return engine_of(cluster, "default", 60)


def engine_of(cluster: Cluster, schema: str, seconds: float) -> Engine:
    """An engine whose sessions stand in the database `schema`; a statement that takes longer than `seconds` is ended by the server.

    Raises:
        NoGeneration: the packages for it are not installed.
    """
    try:
        from data_access.mart import spark_dialect

        return create_engine(
            cluster.url.set(drivername=spark_dialect.NAME.replace(".", "+"), database=schema),
            connect_args={"configuration": {"set:hiveconf:spark.sql.thriftServer.queryTimeout": f"{max(1, round(seconds))}s"}},
            pool_size=8,
            max_overflow=24,
            pool_recycle=600,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise NoGeneration(f"{REMEDY} ({error}).") from None


def driver_error() -> type[Exception]:
    """What PyHive raises."""
    try:
        from data_access.mart import spark_dialect
    except ImportError as error:
        raise NoGeneration(f"{REMEDY} ({error}).") from None
    return spark_dialect.hive.Error


def first_line(error: BaseException | None) -> str:
    """An error of a cluster in one line: its own words, without the traces that come with them."""
    said = re.search(r"errorMessage='(.*?)(?:\\n|'\)|$)", str(error), re.S)
    return " ".join((said.group(1) if said else str(error)).split())[:300]


def run_together(engine: Engine, statements: list[str]) -> None:
    """Run `statements` that need no order in several sessions of `engine` at once: making a table is mostly waiting."""
    with ThreadPoolExecutor(SESSIONS) as sessions:
        for done in [sessions.submit(run, engine, statements[start::SESSIONS]) for start in range(SESSIONS)]:
            done.result()


def run(engine: Engine, statements: list[str]) -> None:
    """Run `statements`, which are Spark's own SQL, one after the other in one session of `engine`."""
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        for statement in statements:
            cursor = raw.cursor()
            try:
                cursor.execute(statement)
            finally:
                cursor.close()
