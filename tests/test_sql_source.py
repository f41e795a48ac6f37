"""A city's database, read as it is: the same mart from every database, only what changed, and nothing lost or invented."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import NullPool, create_engine, text

from data_access.city import load_city
from data_access.demo.build import build_demo
from data_access.mart import generations
from data_access.mart.staging import Stage
from data_access.sources import open_source
from data_access.store import runs
from data_access.store.engine import open_store
from data_access.sync import sync
from settings import AUDIENCES, ROOT, Settings, read_settings
from tests.support.crm import MAPPING, Crm
from tests.support.towns import Town

EVERYWHERE = pytest.mark.parametrize("crm", ["sqlite", "postgresql", "mariadb"], indirect=True)
NOON = "2026-03-16T12:00:00"
"""When the little CRM's three cases were last changed, as it writes it."""


@pytest.fixture
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Crm:
    """The little CRM, in SQLite unless a test asks for other databases."""
    fixture = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}.get(getattr(request, "param", "sqlite"))
    return Crm(request.getfixturevalue(fixture) if fixture else f"sqlite:///{tmp_path / 'crm.sqlite'}")


@pytest.fixture
def town(crm: Crm, tmp_path: Path) -> Town:
    """A town that reads the little CRM."""
    return Town(tmp_path).database(crm.url, MAPPING)


def reading(crm: Crm, folder: Path, *changes: tuple[str, str]) -> Town:
    """A town that reads it with another mapping."""
    mapping = MAPPING
    for old, new in changes:
        assert old in mapping
        mapping = mapping.replace(old, new, 1)
    return Town(folder).database(crm.url, mapping)


# What changed, and nothing else


@EVERYWHERE
def test_a_second_load_reads_the_overlap_and_finds_nothing_new(town: Town) -> None:
    """The three cases lie within the hour before the watermark: they are read again, and are unchanged."""
    first, second = town.load(), town.load()
    assert (first.mode, first.rows_read, first.rows_new, first.watermark) == ("full", 3, 3, NOON)
    assert (second.mode, second.rows_read, second.rows_unchanged, second.generation) == ("incremental", 3, 3, None)
    assert town.generation() == 1
    assert [run["state"] for run in town.runs()] == ["unchanged", "loaded"]


@EVERYWHERE
def test_an_incremental_load_takes_the_changed_and_the_new_case_and_nothing_else(crm: Crm, town: Town) -> None:
    town.load()
    before = town.cases()
    crm.change(2, status="Closed", closed_at="2026-03-17 09:00:00", updated_at="2026-03-17 09:00:00")
    crm.add(4, updated_at="2026-03-17 10:00:00")
    report = town.load()
    assert (report.rows_read, report.rows_new, report.rows_changed, report.rows_unchanged) == (4, 1, 1, 2)
    assert report.watermark == "2026-03-17T10:00:00"
    after = town.cases()
    assert sorted(after) == ["1001", "1002", "1003", "1004"]
    assert (after["1002"]["status"], after["1002"]["closed_at"]) == ("closed", datetime(2026, 3, 17, 13))
    assert (after["1002"]["case_id"], after["1004"]["case_id"]) == (before["1002"]["case_id"], 4)
    for same in ("1001", "1003"):
        assert after[same] == before[same]


def test_a_change_that_arrives_late_is_found_within_the_overlap_and_by_a_full_load_beyond_it(crm: Crm, town: Town) -> None:
    """The watermark is noon and the overlap an hour: 11:30 is read again, 09:00 is not."""
    town.load()
    crm.add(4, updated_at="2026-03-16 11:30:00")
    crm.add(5, updated_at="2026-03-16 09:00:00")
    assert (town.load().rows_new, sorted(town.cases())) == (1, ["1001", "1002", "1003", "1004"])
    report = town.load(full=True)
    assert (report.mode, report.rows_read, report.rows_new, report.rows_unchanged) == ("full", 5, 1, 4)
    assert sorted(town.cases()) == ["1001", "1002", "1003", "1004", "1005"]


def test_a_row_that_does_not_say_when_it_changed_is_read_every_time(crm: Crm, town: Town) -> None:
    town.load()
    crm.add(4, updated_at=None)
    assert town.load().rows_new == 1
    crm.change(4, status="Closed", closed_at="2026-03-16 11:00:00")
    assert town.load().rows_changed == 1


def test_an_update_time_typed_into_the_future_does_not_hide_later_changes(crm: Crm, town: Town) -> None:
    crm.change(1, updated_at="2062-03-16 12:00:00")
    assert town.load().watermark == NOON
    crm.add(4, updated_at="2026-03-16 13:00:00")
    assert (town.load().rows_new, town.runs()[0]["watermark"]) == (1, "2026-03-16T13:00:00")


def test_a_changed_case_brings_all_its_events_and_the_others_keep_theirs(crm: Crm, town: Town) -> None:
    """Case 1001 is closed and reopened: its two spells come from events written at different times."""
    crm.happens(1, "closed", "2026-03-16 10:00:00")
    crm.happens(2, "closed", "2026-03-16 11:00:00")
    town.load()
    crm.happens(1, "reopened", "2026-03-17 10:00:00")
    crm.change(1, updated_at="2026-03-17 10:00:00")
    assert town.load().rows_changed == 1
    events = "SELECT r.source_id, count(*) FROM case_event JOIN case_record r USING (case_id) GROUP BY 1 ORDER BY 1"
    assert town.ask(events) == [("1001", 2), ("1002", 1)]
    spells = "SELECT spell_no, spell_opened_at, s.closed_at FROM spell s JOIN case_record r USING (case_id) WHERE r.source_id = '1001' ORDER BY 1"
    assert town.ask(spells) == [
        (1, datetime(2026, 3, 16, 12, 1), datetime(2026, 3, 16, 14)),
        (2, datetime(2026, 3, 17, 14), None),
    ]


def test_an_event_of_an_unchanged_case_is_a_change_once_the_row_is_read_again(crm: Crm, town: Town) -> None:
    town.load()
    crm.happens(3, "closed", "2026-03-16 11:00:00")
    report = town.load()
    assert (report.rows_changed, report.rows_unchanged) == (1, 2)


def test_times_with_an_offset_are_compared_as_instants_through_the_change_of_clocks(tmp_path: Path, postgres_url: str) -> None:
    """A PostgreSQL that writes -05 in winter and -04 in summer: the later instant is the watermark."""
    crm = Crm(postgres_url)
    crm.run("ALTER TABLE service_requests ALTER updated_at TYPE timestamptz USING updated_at AT TIME ZONE 'America/New_York'")
    crm.run(f"ALTER DATABASE {postgres_url.rsplit('/', 1)[1]} SET timezone = 'America/New_York'")
    crm.change(1, updated_at="2026-03-06 23:30:00-05")
    town = reading(crm, tmp_path)
    assert town.load().watermark == "2026-03-16T16:00:00+00:00"
    crm.add(4, updated_at="2026-03-16 11:30:00-04")
    crm.add(5, updated_at="2026-03-16 10:30:00-04")
    report = town.load()
    assert (report.rows_read, report.rows_new) == (3, 1)


# The same load twice, in full


def test_a_full_load_of_the_same_rows_changes_nothing_but_the_generation(town: Town) -> None:
    town.load()
    before = town.cases()
    report = town.load(full=True)
    assert (report.rows_read, report.rows_new, report.rows_changed, report.rows_unchanged, report.rows_deleted) == (3, 0, 0, 3, 0)
    assert town.generation() == 2
    assert {k: c | {"load_id": 1} for k, c in town.cases().items()} == before


def test_incremental_loads_lead_to_the_same_mart_as_one_full_load(crm: Crm, town: Town, tmp_path: Path) -> None:
    """New words, a new department, a closing, a reopening and a deletion, in four steps or in one."""
    town.load()
    crm.add(4, type="Tree", department="Parks", updated_at="2026-03-17 10:00:00")
    town.load()
    crm.change(1, status="Closed", closed_at="2026-03-18 09:00:00", updated_at="2026-03-18 09:00:00")
    crm.add(5, type="TREE", department="parks", updated_at="2026-03-18 10:00:00")
    crm.add(6, type="Tree", department="Parks", updated_at="2026-03-18 10:00:00")
    town.load()
    crm.happens(4, "reopened", "2026-03-19 09:00:00")
    crm.change(4, updated_at="2026-03-19 09:00:00")
    crm.run("DELETE FROM service_requests WHERE id = 2")
    town.load(compare_keys=True)
    (tmp_path / "other").mkdir()
    once = Town(tmp_path / "other").database(crm.url, MAPPING)
    once.load()
    facts = """SELECT r.source_id, d.name, t.name, s.* EXCLUDE (case_id, department_id, closing_department_id, request_type_id)
        FROM spell s JOIN case_record r USING (case_id) JOIN department d ON d.id = s.department_id
        JOIN request_type t ON t.id = s.request_type_id ORDER BY ALL"""
    assert town.ask(facts) == once.ask(facts)
    assert len(town.ask(facts)) == 6  # five cases, one of them open a second time


# What is no longer there


@EVERYWHERE
def test_a_deleted_case_is_found_by_comparing_ids(crm: Crm, town: Town) -> None:
    """Ids are whole numbers and some parents are null: the ids of cases and of the comparison are the same texts."""
    town.load()
    crm.run("DELETE FROM service_requests WHERE id = 3")
    crm.change(2, parent_number=1001)
    assert (town.load().rows_deleted, sorted(town.cases())) == (0, ["1001", "1002", "1003"])
    assert (town.load(compare_keys=True).rows_deleted, sorted(town.cases())) == (1, ["1001", "1002"])
    assert town.cases()["1002"]["parent_source_id"] == "1001"


def test_every_tenth_load_compares_ids_also_when_nothing_else_happens(crm: Crm, town: Town) -> None:
    town.load()
    crm.run("DELETE FROM service_requests WHERE id = 3")
    assert [town.load().rows_deleted for _ in range(9)] == [0] * 8 + [1]


def test_each_of_two_sources_gets_its_turn_to_be_compared(crm: Crm, town: Town, tmp_path: Path) -> None:
    other = Crm(f"sqlite:///{tmp_path / 'other.sqlite'}")
    for number in (1, 2, 3):
        other.change(number, number=2000 + number)
    town.database(other.url, MAPPING, name="other")
    town.load()
    for each in (crm, other):
        each.run("DELETE FROM service_requests WHERE id = 3")
    for _ in range(9):
        town.load()
    assert sorted(town.cases()) == ["1001", "1002", "2001", "2002"]


def test_a_full_load_finds_deleted_cases_and_a_full_load_of_one_source_leaves_the_other_alone(crm: Crm, town: Town, tmp_path: Path) -> None:
    other = Crm(f"sqlite:///{tmp_path / 'other.sqlite'}")
    for number in (1, 2, 3):
        other.change(number, number=2000 + number)
    town.database(other.url, MAPPING, name="other")
    town.load()
    for each in (crm, other):
        each.run("DELETE FROM service_requests WHERE id = 3")
    assert town.load(full=True, source="crm").rows_deleted == 1
    assert sorted(town.cases()) == ["1001", "1002", "2001", "2002", "2003"]


def test_the_databases_own_key_may_be_another_column_than_the_case_number(crm: Crm, town: Town) -> None:
    """The mapping's key is `id`, the cases are known by `number`: no case is taken for deleted."""
    town.load()
    assert town.load(compare_keys=True).rows_deleted == 0
    assert len(town.cases()) == 3


def test_a_full_load_drops_the_cases_of_a_source_that_city_toml_no_longer_has(crm: Crm, town: Town, tmp_path: Path) -> None:
    old = Crm(f"sqlite:///{tmp_path / 'old.sqlite'}")
    old.change(1, number=9001)
    town.database(old.url, MAPPING, name="old")
    town.load()
    assert "9001" in town.cases()
    town.sources.pop()
    assert town.load(full=True).rows_deleted == 1
    assert sorted(town.cases()) == ["1001", "1002", "1003"]


def test_two_sources_with_the_same_case_share_it_and_each_accounts_for_its_rows(crm: Crm, town: Town, tmp_path: Path) -> None:
    """Both have 1001 to 1003; the second knows more of 1002. When it forgets 1002, the first still has it."""
    other = Crm(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.change(2, status="Closed", closed_at="2026-03-17 09:00:00", updated_at="2026-03-17 09:00:00")
    town.database(other.url, MAPPING, name="other")
    report = town.load()
    assert (report.source_name, report.rows_new, report.rows_changed, report.rows_unchanged) == ("other", 0, 1, 2)
    assert town.cases()["1002"]["status"] == "closed"
    other.run("DELETE FROM service_requests WHERE id = 2")
    assert town.load(full=True).rows_deleted == 0
    assert town.cases()["1002"]["status"] == "open"


# Values that no calendar and no encoding knows


def test_impossible_times_of_postgresql_refuse_their_row_or_become_empty(tmp_path: Path, postgres_url: str) -> None:
    """As openings they refuse the row, elsewhere they are null and listed; the rest loads."""
    crm = Crm(postgres_url)
    crm.change(1, due_at="infinity", closed_at="-infinity", updated_at="infinity")
    crm.change(2, due_at="9999-12-31 23:59:59", closed_at="0001-01-01 00:00:00")
    crm.add(4, opened_at="infinity")
    crm.add(5, opened_at="0044-03-15 12:00:00 BC")
    crm.add(6, opened_at="12000-01-01 00:00:00")
    crm.add(7, latitude="NaN", longitude="Infinity")
    town = reading(crm, tmp_path)
    report = town.load()
    assert (report.rows_read, report.rows_new, report.rows_quarantined) == (7, 4, 3)
    assert town.quarantine() == [(str(n), "The opening time cannot be read.") for n in (1004, 1005, 1006)]
    for number in ("1001", "1002"):
        assert (town.cases()[number]["due_at"], town.cases()[number]["closed_at"]) == (None, None)
    assert town.cases()["1007"]["latitude"] is None
    assert {("unreadable_time", "due_at", "infinity", 1), ("unreadable_time", "due_at", "9999-12-31 23:59:59", 1)} <= town.findings()
    assert report.watermark == NOON


def test_bytes_that_are_no_text_refuse_their_row_in_a_postgresql_without_encoding(
    tmp_path: Path, postgres_url: str, in_postgres: Callable[[str], None]
) -> None:
    name = postgres_url.rsplit("/", 1)[1]
    in_postgres(f"CREATE DATABASE {name}_ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        url = f"{postgres_url}_ascii"
        crm = Crm(url + "?client_encoding=utf8")
        crm.change(1, type="Árbol caído")
        crm.run("UPDATE service_requests SET type = convert_from('\\xc172626f6c'::bytea, 'SQL_ASCII') WHERE id = 2")
        crm.url = url
        town = reading(crm, tmp_path)
        report = town.load()
        assert (report.rows_new, report.rows_quarantined) == (2, 1)
        assert town.quarantine() == [("1002", "The text in column 'type' is not UTF-8.")]
        assert town.cases()["1001"]["request_type"] == "Árbol caído"
        assert r"\\xc1rbol" in town.ask("SELECT original FROM quarantine")[0][0]
    finally:
        in_postgres(f"DROP DATABASE IF EXISTS {name}_ascii WITH (FORCE)")


@pytest.fixture
def in_postgres(postgres_url: str) -> Callable[[str], None]:
    """Runs a statement on the server, beside the test's own database."""

    def run(statement: str) -> None:
        engine = create_engine(postgres_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))

    return run


def test_bytes_that_are_no_text_refuse_their_row_in_sqlite(crm: Crm, town: Town) -> None:
    crm.run("UPDATE service_requests SET department = CAST(x'53ff' AS TEXT) WHERE id = 2")
    report = town.load()
    assert (report.rows_new, report.rows_quarantined) == (2, 1)
    assert town.quarantine() == [("1002", "The text in column 'department' is not UTF-8.")]


def test_words_and_numbers_in_a_time_column_of_sqlite_are_no_times(crm: Crm, town: Town) -> None:
    """SQLite keeps whatever it is given; "now" is no moment in a city's history."""
    crm.change(1, opened_at="now")
    crm.change(2, opened_at="yesterday")
    crm.change(3, due_at="today", closed_at="31/12/2026")
    assert "2 of 3 rows are refused, most because: The opening time cannot be read." in town.refused()
    crm.add(4)
    assert town.load().rows_quarantined == 2
    assert (town.cases()["1003"]["due_at"], town.cases()["1003"]["closed_at"]) == (None, None)


def test_the_zero_date_of_mariadb_is_no_date(tmp_path: Path, mariadb_url: str) -> None:
    crm = Crm(mariadb_url)
    with crm.engine.begin() as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql("UPDATE service_requests SET closed_at = '0000-00-00 00:00:00' WHERE id = 1")
        connection.exec_driver_sql("UPDATE service_requests SET opened_at = '0000-00-00 00:00:00' WHERE id = 2")
    town = reading(crm, tmp_path)
    report = town.load()
    assert (report.rows_new, report.rows_quarantined) == (2, 1)
    assert (town.cases()["1001"]["closed_at"], town.cases()["1001"]["opened_at"]) == (None, datetime(2026, 3, 16, 12, 1))


@EVERYWHERE
def test_long_numbers_beside_nulls_stay_exact(crm: Crm, town: Town) -> None:
    """Sixteen digits do not fit into a float: 9007199254740993 would become ...992, and a parent its own neighbour."""
    if not crm.url.startswith("sqlite"):
        bigger = "ALTER {0} TYPE bigint" if "postgresql" in crm.url else "MODIFY {0} bigint"
        for column in ("number", "parent_number"):
            crm.run(f"ALTER TABLE service_requests {bigger.format(column)}")
    crm.change(1, number=9_007_199_254_740_993)
    crm.change(2, parent_number=9_007_199_254_740_993, number=None)
    crm.change(3, parent_number=9_007_199_254_740_993)
    report = town.load()
    assert (report.rows_new, report.rows_quarantined) == (2, 1)
    assert town.quarantine() == [(None, "The row has no id.")]
    assert town.cases()["1003"]["parent_source_id"] == "9007199254740993"
    assert "9007199254740993" in town.cases()


# How it is asked


@EVERYWHERE
def test_rows_may_come_from_any_select_even_one_that_ends_in_a_comment(crm: Crm, tmp_path: Path) -> None:
    select = '''"""
SELECT r.*, 'a:b' AS "100 %" FROM service_requests r WHERE type LIKE 'Pot%' -- potholes only
;"""'''
    if "mysql" in crm.url:
        select = select.replace('"100 %"', "`100 %`")
    crm.add(4, type="Tree")
    town = reading(crm, tmp_path, ('"service_requests"', select), ('department = "department"', 'department = "100 %"'))
    assert town.load().rows_new == 3
    assert town.cases()["1001"]["department"] == "a:b"


def test_only_named_columns_are_read_and_nobody_is_in_the_mart(town: Town) -> None:
    """Every text of every table of both marts: no resident."""
    town.load()
    for audience in ("staff", "public"):
        assert town.says("lovelace", "ada@", "example.org", audience=audience) == []
    assert town.says("pothole") != []


def test_the_whole_load_sees_one_state_of_the_database(tmp_path: Path, postgres_url: str) -> None:
    """A case that is closed while the load runs is open in the cases and has no closing among the events."""
    crm = Crm(postgres_url)
    town = reading(crm, tmp_path)
    source = open_source(town.city().sources[0], town.city())
    batches = source.batches(None)
    cases = next(batches)
    crm.change(1, status="Closed", closed_at="2026-03-17 09:00:00")
    crm.happens(1, "closed", "2026-03-17 09:00:00")
    assert cases.frame["status"].tolist() == ["Open"] * 3
    assert list(batches) == []


def test_a_select_that_would_write_cannot(tmp_path: Path, postgres_url: str) -> None:
    crm = Crm(postgres_url)
    crm.run("CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM activities RETURNING 1'")
    crm.happens(1, "closed", "2026-03-16 11:00:00")
    town = reading(crm, tmp_path, ('"service_requests"', '"SELECT r.*, wipe() FROM service_requests r"'))
    assert "read-only transaction" in town.refused()
    assert crm.run("SELECT count(*) FROM activities") == [(1,)]


# When it cannot be read: one line, no password, the last good data in service, the failure on record


@pytest.fixture(scope="module")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    made = Town(folder).database(Crm(f"sqlite:///{folder / 'crm.sqlite'}").url, MAPPING)
    made.load()
    return made


@pytest.fixture
def served(first_load: Town, tmp_path: Path) -> Town:
    """A town that has loaded the little CRM's three cases, beside a copy of that CRM."""
    made = first_load.copy(tmp_path)
    made.sources[0]["url"] = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    return made


def broken(town: Town, url: str) -> str:
    """The line of a load from `url`, after the good load from the little CRM."""
    town.sources[0]["url"] = url
    line = town.refused()
    assert "s3cret" not in line and "s3cret" not in str(town.runs())
    assert sorted(town.cases()) == ["1001", "1002", "1003"]
    return line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://me:s3cret@127.0.0.1:1/crm", "postgresql+psycopg://me:***@127.0.0.1:1/crm cannot be read"),
        ("mysql+pymysql://me:s3cret@127.0.0.1:1/crm", "mysql+pymysql://me:***@127.0.0.1:1/crm cannot be read"),
        ("postgresql+psycopg://me@127.0.0.1:1/crm?password=s3cret", "postgresql+psycopg://me@127.0.0.1:1/crm cannot be read"),
        ("sqlite:////nowhere/crm.sqlite", "unable to open database file"),
        ("postgres+psycopg://me:s3cret@127.0.0.1/crm", "name an installed one, such as postgresql+psycopg://"),
        ("mysql+nodriver://me:s3cret@127.0.0.1/crm", "name an installed one"),
        ("postgresql+psycopg://me@127.0.0.1:s3cret/crm", "it is no address"),
        ("s3cret", "it is no address"),
    ],
)
def test_a_database_that_is_not_there_is_one_line_without_its_password(served: Town, url: str, said: str) -> None:
    assert said in broken(served, url)


def test_a_wrong_password_is_one_line_without_it(served: Town, mariadb_url: str) -> None:
    line = broken(served, mariadb_url.replace("root", "nobody:s3cret"))
    assert "Access denied for user 'nobody'" in line


def test_an_unknown_account_of_postgresql_is_one_line(served: Town, postgres_url: str) -> None:
    assert "nobody_here" in broken(served, postgres_url.replace("postgres@", "nobody_here:s3cret@"))


@pytest.mark.parametrize("url", ["postgresql+psycopg://me:s3cret@127.0.0.1:{}/crm?connect_timeout=2", "mysql+pymysql://me:s3cret@127.0.0.1:{}/crm?read_timeout=1"])  # fmt: skip
def test_a_database_that_accepts_and_never_answers_ends_the_load(served: Town, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "cannot be read" in broken(served, url.format(silent.getsockname()[1]))


@EVERYWHERE
def test_a_missing_table_is_named(crm: Crm, town: Town) -> None:
    town.load()
    crm.run("DROP TABLE service_requests")
    assert "service_requests" in town.refused()
    assert len(town.cases()) == 3


def test_a_renamed_column_is_named_with_the_nearest_there_is(crm: Crm, town: Town) -> None:
    town.load()
    crm.run("ALTER TABLE service_requests RENAME COLUMN opened_at TO opened_on")
    assert town.refused() == (
        "source 'crm': column 'opened_at' (for opened_at) is missing; the nearest there is 'opened_on'. Mend [columns] in crm.toml."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('key = "id"', 'key = "numbers"'), "[sql] of crm.toml names column 'numbers', which the select does not have; did you mean 'number'?"),
        (('watermark = "updated_at"', 'watermark = "update_at"'), "names column 'update_at', which the select does not have; did you mean 'updated_at'?"),
        (('event_at = "happened_at"', 'event_at = "happend_at"'), "did you mean 'happened_at'?"),
        (('events_key = "request_id"', 'events_key = "requestid"'), "did you mean 'request_id'?"),
        (('cases = "service_requests"', 'cases = "SELECT FROM WHERE"'), "cannot be read"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_the_tables_says_where(served: Town, change: tuple[str, str], said: str) -> None:
    (served.folder / "crm.toml").write_text(MAPPING.replace(*change, 1))
    assert said in served.refused()


def test_a_renamed_status_waits_for_a_person(crm: Crm, town: Town) -> None:
    town.load()
    for number in (1, 2, 3):
        crm.change(number, status="Under way", updated_at="2026-03-17 12:00:00")
    assert (
        "status 'Under way' is not mapped and 3 of 3 rows have an unmapped status; say what it means in [status] of crm.toml"
        in town.refused()
    )
    assert {case["status"] for case in town.cases().values()} == {"open"}


@pytest.mark.parametrize("how", [{}, {"full": True}, {"compare_keys": True}])
def test_an_emptied_table_is_not_loaded_over_good_data(crm: Crm, town: Town, how: dict[str, bool]) -> None:
    town.load()
    crm.run("DELETE FROM service_requests")
    assert town.refused(**how) == "source 'crm' has no rows; an empty table is not loaded over good data."
    assert len(town.cases()) == 3


def test_a_failure_of_one_source_is_told_until_that_source_is_well_again(crm: Crm, town: Town, tmp_path: Path) -> None:
    other = Crm(f"sqlite:///{tmp_path / 'other.sqlite'}")
    town.database(other.url, MAPPING, name="other")
    town.load()
    crm.run("ALTER TABLE service_requests RENAME TO elsewhere")
    line = town.refused(source="crm")
    town.load(source="other")
    store = open_store(town.settings)
    assert runs.last_failure(store) == line
    assert runs.last_failure(store, ["other"]) is None
    crm.run("ALTER TABLE elsewhere RENAME TO service_requests")
    town.load(source="crm")
    assert runs.last_failure(store) is None
    store.dispose()


# The demo city


def test_the_demo_city_is_the_same_from_every_database(
    tmp_path: Path, postgres_url: str, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,500 cases with everything a CRM has: every table of both marts is equal but for the times of the load itself."""
    monkeypatch.setattr(Stage, "salt", "one secret, so that the keys of places can be compared")
    there = []
    for name, url in (("sqlite", f"sqlite:///{tmp_path / 'demo.sqlite'}"), ("postgresql", postgres_url), ("mariadb", mariadb_url)):
        build_demo(url, 1_500, as_of=date(2026, 3, 31))
        settings = dataclasses.replace(
            read_settings({}), data=tmp_path / name, mart=tmp_path / name, store_url=f"sqlite:///{tmp_path / name}.store"
        )
        reports = sync(settings, load_city(ROOT / "cities" / "demo", {"CRM_URL": url, "STATROOM_DATA": str(tmp_path)}))
        loaded = {report.source_name: report for report in reports}
        for source, least in {"crm": 1_400, "records": 150, "complaints": 150, "lots": 150, "ideas": 150, "code": 150}.items():
            assert loaded[source].rows_read == loaded[source].rows_new + loaded[source].rows_quarantined > least
        there.append(contents(settings))
    assert there[1] == there[0]
    assert there[2] == there[0]
    assert len(there[0]["staff.case_event"]) > 1_500


def contents(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of both marts, without what differs from load to load."""
    current = generations.current(settings.mart)
    assert current is not None
    found = {}
    for audience in AUDIENCES:
        with duckdb.connect(str(current.path(audience)), read_only=True) as mart:
            for (table,) in mart.execute("SELECT table_name FROM information_schema.tables").fetchall():
                left_out = {"load": "EXCLUDE (started_at, seconds)"}
                of = "WHERE key NOT IN ('built_at', 'public_salt', 'edition')" if table == "meta" else ""
                found[f"{audience}.{table}"] = mart.execute(f"SELECT * {left_out.get(table, '')} FROM {table} {of} ORDER BY ALL").fetchall()
    return found
