"""SQL Server and Oracle: what is asked is written in their own language, in a transaction that only reads, for a bounded time.

No such server runs here: SQLAlchemy's real dialects speak to a stand-in that keeps what it is told.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import oracledb
import pytest

from data_access.sources import open_source
from data_access.sources.base import SourceError
from data_access.sources.connections import ANSWER_SECONDS, CONNECT_SECONDS
from tests.support.drivers import COLUMNS, Server, pyodbc
from tests.support.towns import Town

MAPPING = """
[sql]
cases = "crm.requests"
key = "id"
watermark = "updated_at"
[columns]
source_id = "id"
request_type = "type"
status = "status"
opened_at = "opened_at"
[status]
"Open" = "open"
"""
SINCE = "2026-03-16T12:00:00"
ORACLE, MICROSOFT = (
    "oracle+oracledb://me:s3cret@db.example/?service_name=crm",
    "mssql+pyodbc://me:s3cret@db.example/crm?driver=ODBC+Driver+18+for+SQL+Server",
)


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Server:
    """An Oracle database, which keeps names in capitals."""
    server = Server(COLUMNS)
    monkeypatch.setattr(oracledb, "connect", server.connect)
    return server


@pytest.fixture
def microsoft(monkeypatch: pytest.MonkeyPatch) -> Server:
    """A SQL Server, which keeps names as they were written."""
    server = Server(tuple(name.lower() for name in COLUMNS))
    monkeypatch.setitem(sys.modules, "pyodbc", pyodbc(server))
    return server


def read(folder: Path, url: str, mapping: str = MAPPING, since: str | None = None) -> None:
    city = Town(folder).database(url, mapping).city()
    assert list(open_source(city.sources[0], city).batches(since)) == []


def test_oracle_is_asked_in_a_read_only_transaction_with_its_names_in_capitals(oracle: Server, tmp_path: Path) -> None:
    read(tmp_path, ORACLE, since=SINCE)
    assert oracle.statements() == [
        "SET TRANSACTION READ ONLY",
        "ALTER SESSION SET TIME_ZONE = 'UTC'",
        "SELECT q.* FROM crm.requests q WHERE 1 = 0",
        'SELECT q."ID", q."OPENED_AT", q."STATUS", q."TYPE", q."UPDATED_AT" FROM crm.requests q WHERE (q."UPDATED_AT" >= :since OR q."UPDATED_AT" IS NULL)',
    ]
    assert oracle.told[-1][1] == {"since": datetime(2026, 3, 16, 11)}
    assert (oracle.reached["tcp_connect_timeout"], oracle.connections[0].call_timeout) == (CONNECT_SECONDS, ANSWER_SECONDS * 1000)


def test_sql_server_is_asked_from_a_snapshot_where_that_is_allowed_and_never_for_what_is_not_committed(
    microsoft: Server, tmp_path: Path
) -> None:
    read(tmp_path, MICROSOFT, since=SINCE)
    assert microsoft.statements() == [
        "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()",
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
        "SELECT q.* FROM crm.requests q WHERE 1 = 0",
        "SELECT q.[id], q.[opened_at], q.[status], q.[type], q.[updated_at] FROM crm.requests q WHERE (q.[updated_at] >= ? OR q.[updated_at] IS NULL)",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ]  # fmt: skip
    asked = next(parameters for statement, parameters in microsoft.told if "updated_at] >=" in statement)
    assert asked == (datetime(2026, 3, 16, 11),)
    assert (microsoft.reached["timeout"], microsoft.connections[0].timeout) == (CONNECT_SECONDS, ANSWER_SECONDS)
    microsoft.allows_snapshots, microsoft.told = 0, []
    read(tmp_path, MICROSOFT)
    assert "SNAPSHOT" not in " ".join(microsoft.statements()).replace("snapshot_isolation_state", "")
    assert "UNCOMMITTED" not in " ".join(microsoft.statements())


@pytest.mark.parametrize(
    ("url", "server", "column", "quoted"),
    [(ORACLE, "oracle", "Reporter Name", 'q."Reporter Name"'), (MICROSOFT, "microsoft", "reporter name", "q.[reporter name]")],
)
def test_a_select_of_ones_own_and_names_with_spaces_are_quoted_as_each_wants_it(
    request: pytest.FixtureRequest, url: str, server: str, column: str, quoted: str, tmp_path: Path
) -> None:
    """A table's alias stands without AS, which Oracle does not know; the select keeps its lines, because it may end in a comment."""
    made: Server = request.getfixturevalue(server)
    own = MAPPING.replace('"crm.requests"', '"SELECT r.* FROM crm.requests r -- all of them"').replace(
        'status = "status"', f'status = "{column}"'
    )
    read(tmp_path, url, own)
    statements = [statement for statement, _ in made.told if "all of them" in statement]
    assert statements[0] == "SELECT q.* FROM (\nSELECT r.* FROM crm.requests r -- all of them\n) q WHERE 1 = 0"
    assert quoted in statements[1] and statements[1].endswith("FROM (\nSELECT r.* FROM crm.requests r -- all of them\n) q")


@pytest.mark.parametrize(
    ("url", "module", "said"),
    [
        (ORACLE, "oracledb", "its driver is not there: import of oracledb halted; None in sys.modules; install it with `.venv/bin/pip install oracledb`"),
        (MICROSOFT, "pyodbc", "install it with `.venv/bin/pip install pyodbc`, and Microsoft's ODBC driver on this machine"),
    ],
)  # fmt: skip
def test_a_driver_that_is_not_installed_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, module: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError) as caught:
        read(tmp_path, url)
    assert said in str(caught.value) and "s3cret" not in str(caught.value)
