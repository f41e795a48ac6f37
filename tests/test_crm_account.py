"""docs/crm-account.md: the account made by exactly its statements lets a load in, and nothing else."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from settings import ROOT
from tests.support.crm import MAPPING, Crm
from tests.support.towns import Town

DOCUMENT = (ROOT / "docs" / "crm-account.md").read_text("utf-8")
PASSWORD = "change-me"


def written(heading: str, language: str) -> str:
    """The first block in `language` below `heading`."""
    below = DOCUMENT.split(f"\n### {heading}\n", 1)[1]
    return re.search(rf"^```{language}\n(.*?)^```", below, re.M | re.S)[1]  # type: ignore[index]


@dataclass
class Account:
    """What the statements below one heading made, and how to ask as it."""

    crm: Crm
    url: str
    mapping: str
    tables: str
    """Where the CRM's own tables are, as a prefix of their names."""
    mine: str
    """Where what the account may read is."""

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """A statement of its own, in a transaction that it has made writable where it may."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET TRANSACTION READ WRITE"))
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []


WAYS = ("PostgreSQL by views", "PostgreSQL by columns", "MariaDB by views", "MariaDB by columns")


@pytest.fixture(params=WAYS)
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    is_postgres, by_views = request.param.startswith("PostgreSQL"), request.param.endswith("views")
    crm = Crm(request.getfixturevalue("postgres_url" if is_postgres else "mariadb_url"))
    crm.run("CREATE TABLE residents (name VARCHAR(60))")
    server, ending = make_url(crm.url), secrets.token_hex(4)
    login, views = f"test_reader_{ending}", "for_statroom" if is_postgres else f"test_views_{ending}"
    statements = written(request.param, "sql")
    for name, ours in (
        (r"\bstatroom\b", login),
        (r"\bcrm\b", str(server.database)),
        ("for_statroom", views),
        (r"10\.0\.0\.%", "127.0.0.%"),
    ):
        statements = re.sub(name, ours, statements)
    try:
        for statement in statements.split(";\n"):
            if statement.strip():
                crm.run(statement)
        database = views if by_views and not is_postgres else server.database
        url = server.set(username=login, password=PASSWORD, database=database).render_as_string(hide_password=False)
        places = ("public.", f"{views}." if by_views else "public.") if is_postgres else (f"{server.database}.", f"{database}.")
        yield Account(crm, url, written(request.param, "toml") + MAPPING[MAPPING.index("[columns]") :], *places)
    finally:
        _remove(crm, login, views, is_postgres)


def _remove(crm: Crm, login: str, views: str, is_postgres: bool) -> None:
    if is_postgres:
        crm.run(f"DROP OWNED BY {login}")
        crm.run(f"DROP ROLE {login}")
    else:
        crm.run(f"DROP USER IF EXISTS '{login}'@'127.0.0.%'")
        crm.run(f"DROP DATABASE IF EXISTS {views}")


def test_the_account_loads_and_can_do_nothing_else(account: Account, tmp_path: Path) -> None:
    """Three cases with one event, then a change; then every other thing it might try is refused by the server itself."""
    account.crm.happens(1, "closed", "2026-03-16 10:00:00")
    town = Town(tmp_path).database(account.url, account.mapping)
    assert town.load().rows_new == 3
    assert town.ask("SELECT count(*) FROM case_event") == [(1,)]
    account.crm.change(2, status="Closed", closed_at="2026-03-17 09:00:00", updated_at="2026-03-17 09:00:00")
    report = town.load()
    assert (report.mode, report.rows_changed) == ("incremental", 1)

    requests = f"{account.mine}requests" if '\ncases = "requests"' in account.mapping else f"{account.tables}service_requests"
    assert account.ask(f"SELECT status FROM {requests} WHERE id = 2") == [("Closed",)]
    refused = (
        f"SELECT * FROM {account.tables}residents",
        f"SELECT resident_name FROM {account.tables}service_requests",
        f"SELECT resident_name FROM {requests}",
        f"UPDATE {requests} SET status = 'Open' WHERE id = 2",
        f"DELETE FROM {requests}",
        f"INSERT INTO {account.tables}activities (id, request_id) VALUES (99, 1)",
        f"CREATE TABLE {account.mine}mine (n INTEGER)",
        f"DROP TABLE {account.tables}activities",
    )
    for statement in refused:
        with pytest.raises(DBAPIError, match=r"(?i)denied|permission|must be owner|does not exist|Unknown column"):
            account.ask(statement)
    assert account.crm.run("SELECT status FROM service_requests WHERE id = 2") == [("Closed",)]
    _assert_limits(account)


def _assert_limits(account: Account) -> None:
    """They are the account's, whatever a client forgets to set."""
    if account.url.startswith("postgresql"):
        assert account.ask("SELECT current_setting('statement_timeout'), current_setting('default_transaction_read_only')") == [
            ("15min", "on")
        ]
        assert account.ask("SELECT rolconnlimit, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == [(3, False, False)]
    else:
        said = " ".join(str(row[0]) for row in account.ask("SHOW GRANTS"))
        assert "MAX_USER_CONNECTIONS 3" in said and "MAX_STATEMENT_TIME 3600" in said
        assert account.ask("SELECT @@max_statement_time") == [(3600.0,)]


def test_only_what_the_mapping_names_is_granted_anywhere_on_the_page() -> None:
    """No statement of the page gives a column about a person, a whole database or a right to write."""
    statements = "\n".join(re.findall(r"^```sql\n(.*?)^```", DOCUMENT, re.M | re.S))
    granted = re.findall(r"GRANT (\w+(?: \w+)?)", statements)
    assert set(granted) <= {"SELECT", "SELECT ON", "CONNECT ON", "USAGE ON", "READ ON", "CREATE SESSION"}
    assert not re.search(r"resident|\.\*|ALL PRIVILEGES|ALL TABLES", statements)
