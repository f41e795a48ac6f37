"""Any database SQLAlchemy reaches, read with the selects a mapping declares. Never writes."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Callable, Iterable, Iterator

import pandas as pd
from sqlalchemy import ColumnClause, Connection, Engine, literal_column, select, text
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from data_access.mapping.ids import plain_ids
from data_access.mapping.spec import LINE_FAULT, Sql
from data_access.sources.base import BATCH_ROWS, RawBatch, Sample, Source, SourceError
from data_access.sources.connections import engine_for, frame_of, limit_time, one_state, shown
from data_access.sources.passing import may_pass
from data_access.sources.patience import answering
from data_access.sources.watermarks import highest
from settings import utc_now

INSTALL = {
    "pyodbc": "install it with `.venv/bin/pip install pyodbc`, and Microsoft's ODBC driver on this machine",
    "odbc": "install unixODBC and Microsoft's ODBC driver on this machine",
    "oracledb": "install it with `.venv/bin/pip install oracledb`",
}
"""What to do about a driver that is not there, by what the error names; the first that fits."""


class SqlSource(Source):
    """`url` is an SQLAlchemy URL; `[sql]` of the mapping has the selects, or names of tables and views."""

    def batches(self, since: str | None) -> Iterator[RawBatch]:
        sql = self._spec()
        start = self._start(since)
        with self.connected() as connection:
            there = self._columns(connection, sql.cases)
            chosen = self.chosen_columns(there)
            self._column(sql.key, there)
            wanted = {*chosen.values(), *(self._column(name, there) for name in (sql.watermark,) if name)}
            statement = f"SELECT {_listed(connection, 'q', wanted)} FROM {_rows(connection, sql.cases, 'q')}"
            condition, values = self._since(connection, start)
            for frame in _partitions(connection, statement + condition, values):
                mark = None if sql.watermark is None else highest(frame[sql.watermark], self.mapping.time, self.city.zone, utc_now())
                yield RawBatch(self.mapping.read.entity, _named(frame, chosen), mark)
            if sql.events and self.mapping.events:
                yield from self._events(connection, start)

    def count(self) -> int | None:
        with self.connected() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {_rows(connection, self._spec().cases, 'q')}")).scalar_one())

    def sample(self, rows: int, seconds: float, leave_out: Callable[[str], bool]) -> Sample:
        """The rows with the highest keys, which are mostly the newest; where these take too long, the first the database gives."""
        spec = self._spec()
        for latest in (True, False):
            try:
                return self._sample(spec, rows, seconds / 2, leave_out, latest)
            except SourceError as error:
                if not latest or not isinstance(error.__cause__, DBAPIError):
                    raise
        raise AssertionError("the second attempt answers or raises")

    def _sample(self, spec: Sql, rows: int, seconds: float, leave_out: Callable[[str], bool], latest: bool) -> Sample:
        with self.connected() as connection:
            limit_time(connection, seconds)
            there = self._columns(connection, spec.cases)
            left_out = tuple(name for name in there if leave_out(name))
            names = [name for name in there if name not in left_out]
            chosen = select(*(_alone(connection, name) for name in names)).select_from(text(_rows(connection, spec.cases, "q")))
            if latest and spec.key in there:
                chosen = chosen.order_by(_alone(connection, spec.key).desc())
            found = connection.execute(chosen.limit(rows)).fetchall()
            frame = frame_of(found, names) if found else pd.DataFrame(columns=names)
            return Sample(frame.drop(columns=LINE_FAULT, errors="ignore"), left_out, len(frame), len(frame) < rows)

    def keys(self) -> Iterator[pd.Series] | None:
        known = self._spec().watermark is not None and "source_id" in self.mapping.columns and not self.mapping.read.id_from
        known = known and self.mapping.read.entity == "cases"
        return self._keys() if known else None

    def _keys(self) -> Iterator[pd.Series]:
        """The ids as cases have them, whichever column is the database's own key."""
        with self.connected() as connection:
            select = self._spec().cases
            column = self.chosen_columns(self._columns(connection, select))["source_id"]
            statement = f"SELECT {_listed(connection, 'q', [column])} FROM {_rows(connection, select, 'q')}"
            for frame in _partitions(connection, statement, {}):
                yield plain_ids(frame[column]).dropna()

    def _spec(self) -> Sql:
        if self.mapping.sql is None:
            raise SourceError(f"source {self.config.name!r}: {self.mapping_path.name} has no [sql]; say there which rows to read.")
        return self.mapping.sql

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One connection that sees one state of the database, cases and events alike."""
        engine = self._engine()
        try:
            connection = engine.connect()
        except (SQLAlchemyError, UnicodeError, RuntimeError, ValueError, OSError) as error:
            # Drivers have their own ways to say that they cannot sign in.
            raise self._unreachable(error) from error
        try:
            yield one_state(connection, self.config.answer_seconds)
        except (SQLAlchemyError, UnicodeError) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def _engine(self) -> Engine:
        try:
            return engine_for(str(self.config.url), self.config.answer_seconds)
        except (NoSuchModuleError, ImportError) as error:
            said = str(error)[:100]
            remedy = next((text for name, text in INSTALL.items() if name in said), "")
            remedy = remedy or "name an installed one, such as postgresql+psycopg:// or mysql+pymysql://"
            cause = f"its driver is not there: {said}; {remedy}"
        except (SQLAlchemyError, ValueError):
            # Said without the text: what looks like a port may be half a password.
            cause = "it is no address; write it as SQLAlchemy does, special characters of a password as %40, %2F or %3A"
        raise SourceError(f"source {self.config.name!r}: url cannot be used: {cause}.") from None

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
        column = _quoted(connection, "q", watermark)
        # A row that does not say when it changed may have changed.
        return f" WHERE ({column} >= :since OR {column} IS NULL)", {"since": value}

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
            yield RawBatch("events", _named(frame, chosen).drop(columns=LINE_FAULT, errors="ignore"))

    def _unreachable(self, error: Exception) -> SourceError:
        url, cause = shown(str(self.config.url), error)
        return SourceError(
            f"source {self.config.name!r}: {url} cannot be read: {cause}. Check that it runs and that {self.mapping_path.name} fits its tables.",
            may_pass=may_pass(error),
        )


def _named(frame: pd.DataFrame, chosen: dict[str, str]) -> pd.DataFrame:
    """Columns named by canonical field; what is wrong with a row stays beside it."""
    made = {field: frame[column] for field, column in chosen.items()}
    return pd.DataFrame(made | ({LINE_FAULT: frame[LINE_FAULT]} if LINE_FAULT in frame else {}))


def _rows(connection: Connection, select: str, alias: str) -> str:
    """A select, or the name of a table or view, as something to select from."""
    if any(letter.isspace() for letter in select.strip()):
        # On lines of its own: a select may end in a comment.
        return f"(\n{select.strip().rstrip(';')}\n) {alias}"
    quote_name = connection.dialect.identifier_preparer.quote
    return f"{'.'.join(quote_name(part) for part in select.strip().split('.'))} {alias}"


def _quoted(connection: Connection, alias: str, column: str) -> str:
    dialect = connection.dialect
    # Oracle keeps names in capitals and SQLAlchemy shows them in small letters: in quotation marks only its own spelling fits.
    own = dialect.denormalize_name(column) if dialect.requires_name_normalize else column
    name = dialect.identifier_preparer.quote_identifier(own)
    if name.count("%") > column.count("%"):
        name = name.replace("%%", "%")  # `text` doubles it again
    return f"{alias}.{name}".replace(":", r"\:")


def _alone(connection: Connection, column: str) -> ColumnClause[Any]:
    """A column of the rows in an expression, which needs no escape for what `text` takes for a parameter."""
    return literal_column(_quoted(connection, "q", column).replace(r"\:", ":"))


def _listed(connection: Connection, alias: str, columns: Iterable[str]) -> str:
    return ", ".join(_quoted(connection, alias, column) for column in sorted(columns))


def _partitions(connection: Connection, statement: str, values: dict[str, Any]) -> Iterator[pd.DataFrame]:
    result = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS).execute(text(statement), values)
    names = list(result.keys())
    chunks = iter(result.partitions(BATCH_ROWS))
    while True:
        with answering(connection):
            rows = next(chunks, None)
        if rows is None:
            return
        yield frame_of(rows, names)
