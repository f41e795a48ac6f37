"""The server that STATROOM_MART_URL names, of whichever kind: what is in service there, and how a load's generation gets there.

Spark's modules are imported where an address asks for them: their packages are not part of what every city installs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from data_access.mart import postgres, postgres_fetching, postgres_writing
from settings import Audience


class Served(Protocol):
    """A generation that a server has in service."""

    @property
    def number(self) -> int: ...

    @property
    def mark(self) -> str: ...

    @property
    def name(self) -> str: ...

    def described(self, audience: Audience) -> str: ...

    def engine(self, audience: Audience, seconds: float) -> Engine: ...


def current(address: str) -> Served | None:
    """The generation in service at `address`, or None before the first load.

    Raises:
        NoGeneration: the server does not answer, or lets nobody see it.
    """
    if not _is_spark(address):
        return postgres.current(address)
    from data_access.mart import spark

    return spark.current(address)


def bring(address: str, root: Path) -> bool:
    """Put the generation in service below `root` into service at `address` too; answers whether it was not yet.

    Raises:
        NotBrought: what was in service there is in service still.
    """
    if not _is_spark(address):
        return postgres_writing.bring(address, root)
    from data_access.mart import spark_writing

    return spark_writing.bring(address, root)


def fetch(address: str, root: Path) -> bool:
    """Make lost files of a generation again from what is in service at `address`; answers whether any were written.

    Raises:
        NotBrought: it cannot be read.
    """
    # What a cluster reads are files themselves, and lack the cases that are told of in totals only: a backup has to have the others.
    return not _is_spark(address) and postgres_fetching.fetch(address, root)


def _is_spark(address: str) -> bool:
    return address.startswith("hive://")
