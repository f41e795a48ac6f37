"""Any database SQLAlchemy reaches, read with the selects a mapping declares. Never writes."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Iterable, Iterator
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from data_access.mapping.spec import Sql
from data_access.sources.base import BATCH_ROWS, RawBatch, Source, SourceError
from settings import utc_now

CONNECT_SECONDS = 10
CLOCK_SLACK = timedelta(hours=1)
"""How far a CRM's clock may run ahead before its update times are taken for typing errors."""


class SqlSource(Source):
    """`url` is an SQLAlchemy URL; `[sql]` of the mapping has the selects, or names of tables and views."""

    def batches(self, since: str | None) -> Iterator[RawBatch]:
        sql = self._spec()
        start = self._start(since)
        with self._reading() as connection:
            there = self._columns(connection, sql.cases)
            chosen = self.chosen_columns(there)
            wanted = {*chosen.values(), *(self._column(name, there) for name in (sql.watermark,) if name)}
            statement = f"SELECT {_listed(connection, 'q', wanted)} FROM {_rows(connection, sql.cases, 'q')}"
            condition, values = self._since(connection, start)
            for frame in _partitions(connection, statement + condition, values):
                mark = None if sql.watermark is None or frame.empty else self._highest(frame[sql.watermark])
                yield RawBatch("cases", pd.DataFrame({field: frame[column] for field, column in chosen.items()}), mark)
            if sql.events and self.mapping.events:
                yield from self._events(connection, start)

    def count(self) -> int | None:
        with self._reading() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {_rows(connection, self._spec().cases, 'q')}")).scalar_one())

    def keys(self) -> Iterator[pd.Series] | None:
        return None if self._spec().watermark is None else self._keys()

    def _keys(self) -> Iterator[pd.Series]:
        sql = self._spec()
        with self._reading() as connection:
            key = self._column(sql.key, self._columns(connection, sql.cases))
            statement = f"SELECT {_listed(connection, 'q', [key])} FROM {_rows(connection, sql.cases, 'q')}"
            for frame in _partitions(connection, statement, {}):
                yield frame[key].dropna().astype("str").str.strip()

    def _spec(self) -> Sql:
        if self.mapping.sql is None:
            raise SourceError(f"source {self.config.name!r}: {self.mapping_path.name} has no [sql]; say there which rows to read.")
        return self.mapping.sql

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One connection that sees one state of the database, cases and events alike, and cannot write."""
        try:
            engine = self._engine()
            with engine.connect() as connection:
                if engine.dialect.name == "postgresql":
                    connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                elif engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                yield connection
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            raise self._unreachable(error) from error

    def _engine(self) -> Engine:
        try:
            url = make_url(str(self.config.url))
            engine = create_engine(_read_only(url), connect_args=_connect_arguments(url), poolclass=NullPool)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise SourceError(
                f"source {self.config.name!r}: url cannot be used ({str(error)[:160]}); write it as SQLAlchemy does."
            ) from None
        if engine.dialect.driver == "psycopg":
            event.listen(engine, "connect", _times_as_text)
        return engine

    def _columns(self, connection: Connection, select: str) -> list[str]:
        return list(connection.execute(text(f"SELECT q.* FROM {_rows(connection, select, 'q')} WHERE 1 = 0")).keys())

    def _column(self, name: str, there: list[str]) -> str:
        """`name`, if the select has such a column."""
        if name in there:
            return name
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(map(repr, there))}."
        raise SourceError(
            f"source {self.config.name!r}: [sql] of {self.mapping_path.name} names column {name!r}, which the select does not have; {hint}"
        )

    def _start(self, since: str | None) -> datetime | None:
        sql = self._spec()
        if since is None or sql.watermark is None:
            return None
        return datetime.fromisoformat(since) - timedelta(minutes=sql.overlap_minutes)

    def _since(self, connection: Connection, start: datetime | None) -> tuple[str, dict[str, Any]]:
        watermark = self._spec().watermark
        if start is None or watermark is None:
            return "", {}
        # SQLite keeps times as text, with or without fractions: the shorter text sorts first.
        value: Any = start.isoformat(sep=" ", timespec="seconds") if connection.dialect.name == "sqlite" else start
        return f" WHERE {_quoted(connection, 'q', watermark)} >= :since", {"since": value}

    def _events(self, connection: Connection, start: datetime | None) -> Iterator[RawBatch]:
        sql, spec = self._spec(), self.mapping.events
        assert spec is not None and sql.events is not None
        there = self._columns(connection, sql.events)
        chosen = {field: self._column(column, there) for field, column in spec.columns.items()}
        statement = f"SELECT {_listed(connection, 'e', set(chosen.values()))} FROM {_rows(connection, sql.events, 'e')}"
        condition, values = self._since(connection, start)
        if condition:
            key = self._column(sql.events_key or chosen["source_id"], there)
            changed = f"SELECT {_quoted(connection, 'q', sql.key)} FROM {_rows(connection, sql.cases, 'q')}{condition}"
            statement += f" WHERE {_quoted(connection, 'e', key)} IN ({changed})"
        for frame in _partitions(connection, statement, values):
            yield RawBatch("events", pd.DataFrame({field: frame[column] for field, column in chosen.items()}))

    def _highest(self, column: pd.Series) -> str | None:
        """The latest update time as ISO text. One typed into the future would hide every change until then: it does not count."""
        here = ZoneInfo(self.mapping.time.zone or self.city.zone)
        limit = pd.Timestamp(utc_now() + CLOCK_SLACK).tz_convert(here)
        known = pd.to_datetime(column, format="ISO8601", errors="coerce")
        known = known[known <= (limit if known.dt.tz is not None else limit.tz_localize(None))]
        return None if known.empty else known.max().isoformat()

    def _unreachable(self, error: Exception) -> SourceError:
        url = make_url(str(self.config.url)).render_as_string(hide_password=True)
        cause = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
        return SourceError(
            f"source {self.config.name!r}: {url} cannot be read: {cause}. Check that it runs and that {self.mapping_path.name} fits its tables."
        )


def _read_only(url: URL) -> URL:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return url
    # Opening a missing SQLite file would create it.
    return url.set(database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"})


def _connect_arguments(url: URL) -> dict[str, Any]:
    backend = url.get_backend_name()
    if backend == "postgresql":
        return {"connect_timeout": CONNECT_SECONDS, "options": "-c datestyle=ISO"}
    return {"connect_timeout": CONNECT_SECONDS} if backend in ("mysql", "mariadb") else {}


def _rows(connection: Connection, select: str, alias: str) -> str:
    """A select, or the name of a table or view, as something to select from."""
    if any(letter.isspace() for letter in select.strip()):
        return f"({select.strip().rstrip(';')}) {alias}"
    quote_name = connection.dialect.identifier_preparer.quote
    return f"{'.'.join(quote_name(part) for part in select.strip().split('.'))} {alias}"


def _quoted(connection: Connection, alias: str, column: str) -> str:
    return f"{alias}.{connection.dialect.identifier_preparer.quote_identifier(column)}"


def _listed(connection: Connection, alias: str, columns: Iterable[str]) -> str:
    return ", ".join(_quoted(connection, alias, column) for column in sorted(columns))


def _partitions(connection: Connection, statement: str, values: dict[str, Any]) -> Iterator[pd.DataFrame]:
    result = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS).execute(text(statement), values)
    names = list(result.keys())
    for rows in result.partitions(BATCH_ROWS):
        yield pd.DataFrame.from_records([tuple(row) for row in rows], columns=names)


def _times_as_text(connection: Any, _record: Any) -> None:
    """One `infinity` or year 12000 would stop the whole extract: times come as text and are judged row by row."""
    from psycopg.types.string import TextLoader

    for kind in ("timestamp", "timestamptz", "date"):
        connection.adapters.register_loader(kind, TextLoader)
