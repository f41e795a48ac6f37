"""How Statroom connects to a city's database: to read, for a bounded time, and so that one bad value spoils one row only."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Sequence
from urllib.parse import quote

import pandas as pd
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from data_access.city_models import ANSWER_SECONDS
from data_access.mapping.spec import LINE_FAULT
from data_access.sources.patience import watch

CONNECT_SECONDS = 10


def engine_for(address: str, answer_seconds: float = ANSWER_SECONDS) -> Engine:
    """An engine that reads from `address`; a city's own choices in the URL's query win. After so many seconds of silence it gives up.

    Raises:
        ValueError, ModuleNotFoundError, sqlalchemy.exc.SQLAlchemyError: the address is none, or its driver is not installed.
    """
    url = make_url(address)
    engine = create_engine(_read_only(url), connect_args=_connect_arguments(url, answer_seconds), poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_text)
    elif engine.dialect.driver == "psycopg":
        # First: the dialect itself asks the server things, and would be answered in bytes.
        event.listen(engine, "connect", _psycopg_text, insert=True)
    elif engine.dialect.driver in ("pyodbc", "oracledb"):
        event.listen(engine, "connect", partial(_answer_in_time, answer_seconds))
    if engine.dialect.name != "sqlite":
        watch(engine, answer_seconds)
    return engine


def one_state(connection: Connection, answer_seconds: float = ANSWER_SECONDS) -> Connection:
    """`connection` in a transaction that sees one state of the database and, where the database can promise it, cannot write."""
    name = connection.dialect.name
    if name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        for setting in ("datestyle = 'ISO'", "timezone = 'UTC'", f"statement_timeout = {int(answer_seconds * 1000)}"):
            connection.exec_driver_sql(f"SET LOCAL {setting}")
    elif name in ("mysql", "mariadb"):
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    elif name == "oracle":
        # The first statement of its transaction, which then sees the instant it began.
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql("ALTER SESSION SET TIME_ZONE = 'UTC'")
    elif name == "mssql":
        # Reading what is not committed yet would count changes that never were: where snapshots are not allowed, each statement
        # sees its own state.
        allowed = connection.exec_driver_sql("SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()").scalar()
        connection.rollback()
        connection = connection.execution_options(isolation_level="SNAPSHOT" if allowed == 1 else "READ COMMITTED")
    elif name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    return connection


def limit_time(connection: Connection, seconds: float) -> None:
    """Let the database end a statement of this connection after so long, where it can."""
    name, limit = connection.dialect.name, max(int(seconds * 1000), 1)
    if name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {limit}")
    elif name in ("mysql", "mariadb"):
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        connection.exec_driver_sql(
            f"SET SESSION max_statement_time = {limit / 1000}" if is_mariadb else f"SET SESSION max_execution_time = {limit}"
        )
    elif name == "sqlite":
        until = time.monotonic() + seconds
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: time.monotonic() > until, 10_000)


def is_secret(address: str) -> bool:
    """Whether a database's address may hold a password: in its place, or in its query under any name."""
    url = make_url(address)
    return bool(url.password) or bool(url.query)


def shown_address(address: str) -> str:
    """The address without its password and its query."""
    try:
        return make_url(address).set(query={}).render_as_string(hide_password=True)
    except ArgumentError:
        return "the database"


def shown(address: str, error: Exception) -> tuple[str, str]:
    """(the address, the cause of `error`), both without secrets and on one line."""
    url = make_url(address)
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    if url.password:
        cause = cause.replace(str(url.password), "***")
    # A query may hold a password under any name.
    return url.set(query={}).render_as_string(hide_password=True), cause[:200]


def frame_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Fetched rows as they are: whole numbers stay whole beside nulls, and text that is no UTF-8 is a `LINE_FAULT` of its row."""
    faults: dict[int, str] = {}
    columns = {name: _column(name, list(values), faults) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    frame = pd.DataFrame(columns)
    if faults:
        frame[LINE_FAULT] = pd.Series(faults, dtype="str").reindex(frame.index)
    return frame


def _column(name: str, values: list[Any], faults: dict[int, str]) -> pd.Series:
    types = set(map(type, values))
    if types & {bytes, bytearray, memoryview}:
        values = [bytes(v).decode("utf-8", "surrogateescape") if isinstance(v, (bytes, bytearray, memoryview)) else v for v in values]
    try:
        made = pd.Series(values, dtype=object).infer_objects()
    except UnicodeEncodeError:
        made = pd.Series([_readable(name, row, value, faults) for row, value in enumerate(values)], dtype=object).infer_objects()
    if made.dtype == "float64" and not any(issubclass(kind, float) for kind in types):
        return pd.Series(values, dtype=object)
    return made


def _readable(name: str, row: int, value: Any, faults: dict[int, str]) -> Any:
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        faults.setdefault(row, f"The text in column {name!r} is not UTF-8.")
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return value


def _read_only(url: URL) -> URL:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return url
    # Opening a missing SQLite file would create it.
    return url.set(database=f"file:{quote(str(url.database))}", query={"mode": "ro", "uri": "true"})


def _connect_arguments(url: URL, answer_seconds: float) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if url.get_driver_name() in ("psycopg", "psycopg2"):
        wanted = {"connect_timeout": CONNECT_SECONDS}
    elif url.get_driver_name() in ("pymysql", "mysqldb"):
        wanted = {"connect_timeout": CONNECT_SECONDS, "read_timeout": max(1, int(answer_seconds))}
    elif url.get_driver_name() == "pyodbc":
        wanted = {"timeout": CONNECT_SECONDS}
    elif url.get_driver_name() == "oracledb":
        wanted = {"tcp_connect_timeout": CONNECT_SECONDS}
    return {name: value for name, value in wanted.items() if name not in url.query}


def _sqlite_text(connection: Any, _record: Any) -> None:
    """One text that is no UTF-8 would stop the whole extract: it is judged row by row."""
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")


def _answer_in_time(seconds: float, connection: Any, _record: Any) -> None:
    """These drivers know how long to wait for an answer only once they are connected: in seconds, or in milliseconds."""
    if hasattr(connection, "call_timeout"):
        connection.call_timeout = int(seconds * 1000)
    else:
        connection.timeout = int(seconds)


def _psycopg_text(connection: Any, _record: Any) -> None:
    """One `infinity`, year 12000 or byte that is no UTF-8 would stop the whole extract: they come as text and are judged row by row."""
    from psycopg.adapt import Loader
    from psycopg.types.string import TextLoader

    class AnyText(Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode("utf-8", "surrogateescape")

    times = ("timestamp", "timestamptz", "date")
    # A server that does not know its encoding can promise none: it sends its bytes as they are, or nothing.
    lawless = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
    if lawless:
        connection.execute("SET client_encoding = 'SQL_ASCII'")
        connection.commit()
    for kind in (*times, *(("text", "varchar", "bpchar", "name") if lawless else ())):
        connection.adapters.register_loader(kind, AnyText if lawless else TextLoader)
