"""A load that failed for a reason that may pass is tried again, ever more seldom; what a person has to mend is not hammered."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text, update
from sqlalchemy.exc import SQLAlchemyError

from cli import clock
from data_access import sync as syncing
from data_access.retrying import LONGEST, Turns, pause
from data_access.sources.passing import may_pass
from data_access.sources.patience import NoAnswer
from data_access.store.engine import open_store
from data_access.store.models import load_run
from data_access.sync import is_nightly
from tests.support.crm import MAPPING, Crm
from tests.support.towns import Town

NOON = datetime(2026, 3, 16, 16, tzinfo=UTC)
"""Of New York, a Monday."""


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


# How long, and who is next


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause(failures, 0.5) / timedelta(minutes=1) for failures in range(1, 10)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(failures=st.integers(1, 10**6), chance=st.floats(0, 1))
def test_a_pause_is_a_quarter_longer_or_shorter_at_most(failures: int, chance: float) -> None:
    usual = pause(failures, 0.5)
    assert usual * 0.75 - timedelta(seconds=1) <= pause(failures, chance) <= min(usual * 1.25 + timedelta(seconds=1), LONGEST)


def test_what_failed_together_does_not_come_back_together() -> None:
    chances = iter([0.0, 1.0])
    turns = Turns(lambda: next(chances))
    assert [turns.failed(name, NOON, may_pass=True) for name in ("a", "b")] == [after(0.75), after(1.25)]


def test_a_cause_that_does_not_pass_waits_for_the_schedule() -> None:
    turns = Turns(lambda: 0.5)
    turns.owe(["crm"])
    assert (turns.next(NOON), turns.begin("crm", NOON)) == ("crm", 1)
    assert turns.failed("crm", NOON, may_pass=False) is None
    assert turns.next(after(24 * 60)) is None
    turns.owe(["crm"])
    assert (turns.next(after(24 * 60)), turns.begin("crm", after(24 * 60))) == ("crm", 2)


def test_the_schedule_comes_first_and_does_not_begin_the_pauses_anew() -> None:
    turns = Turns(lambda: 0.5)
    for failures, minutes in ((1, 1), (2, 2), (3, 4)):
        assert turns.begin("crm", NOON) == failures
        assert turns.failed("crm", NOON, may_pass=True) == after(minutes)
    assert turns.next(after(3.9)) is None
    turns.owe(["crm"])
    assert (turns.next(after(2)), turns.begin("crm", after(2))) == ("crm", 4)
    assert turns.next(after(5)) is None  # what was promised for minute 4 is done
    assert turns.failed("crm", after(2), may_pass=True) == after(10)
    turns.begin("crm", after(10))
    turns.went_well("crm")
    assert turns.failed("crm", after(11), may_pass=True) == after(12)


def test_a_source_that_takes_long_keeps_no_other_from_its_turn() -> None:
    """Both are due every minute and `a` takes twenty: they take turns all the same."""
    turns, now, order = Turns(lambda: 0.5), NOON, []
    for _ in range(6):
        turns.owe(["a", "b"])
        name = turns.next(now)
        assert name is not None
        turns.begin(name, now)
        order.append(name)
        now += timedelta(minutes=20 if name == "a" else 1)
    assert order == ["a", "b", "a", "b", "a", "b"]


# What may pass


def what_is_said(url: str, statement: str = "SELECT 1") -> SQLAlchemyError:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    except SQLAlchemyError as error:
        return error
    finally:
        engine.dispose()
    raise AssertionError("it answers")


def test_a_line_that_is_down_may_come_back(mariadb_url: str) -> None:
    assert mariadb_url  # so that its driver is asked
    for driver in ("postgresql+psycopg", "mysql+pymysql"):
        assert may_pass(what_is_said(f"{driver}://ada@127.0.0.1:1/crm")), driver
    assert may_pass(NoAnswer("it gave no answer for 600 seconds"))
    assert may_pass(ConnectionResetError())


def test_a_missing_table_or_a_wrong_password_does_not_mend_itself(postgres_url: str, mariadb_url: str, tmp_path: Path) -> None:
    for url in (postgres_url, mariadb_url, f"sqlite:///{tmp_path / 'crm.sqlite'}"):
        assert not may_pass(what_is_said(url, "SELECT missing FROM cases")), url
    host = mariadb_url.partition("@")[2]
    assert not may_pass(what_is_said(f"mysql+pymysql://nobody:wrong@{host}"))
    server, _, _name = postgres_url.rpartition("/")
    assert not may_pass(what_is_said(f"{server}/there_is_no_such_database"))


def test_a_statement_that_took_too_long_may_be_quicker_next_time(postgres_url: str) -> None:
    assert may_pass(what_is_said(postgres_url, "SET statement_timeout = 1; SELECT pg_sleep(1)"))


# The clock


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What follows a load is left out; answers the clock's time, which a test sets."""
    now = [NOON]
    monkeypatch.setattr(clock, "utc_now", lambda: now[0])
    monkeypatch.setattr(clock, "_after", lambda *_: None)
    return now


def test_a_file_that_comes_late_is_loaded_by_the_next_attempt_and_all_attempts_are_on_record(
    tmp_path: Path, quiet: list[datetime], capsys: pytest.CaptureFixture[str]
) -> None:
    town = Town(tmp_path).files(schedule="0 12 * * *")
    city, turns, go_on = town.city(), Turns(lambda: 0.5), threading.Event()
    turns.owe(clock.owed_sources(city, after(-1), NOON))
    assert clock.take_turns(town.settings, city, turns, go_on) == ["export"]
    assert "no file at" in (said := capsys.readouterr().err) and "tried again at 12:01" in said
    quiet[0] = after(0.9)
    assert clock.take_turns(town.settings, city, turns, go_on) == []
    town.write("cases.csv", "1,Pothole,Streets,Web,Open,2026-03-16 08:00,,")
    quiet[0] = after(1)
    assert clock.take_turns(town.settings, city, turns, go_on) == ["export"]
    assert [(run["state"], run["attempt"]) for run in town.runs()] == [("loaded", 2), ("failed", 1)]
    quiet[0] = after(60)
    assert clock.take_turns(town.settings, city, turns, go_on) == []


def test_a_mapping_that_does_not_fit_waits_for_its_schedule(
    tmp_path: Path, quiet: list[datetime], capsys: pytest.CaptureFixture[str]
) -> None:
    town = Town(tmp_path).files(schedule="0 12 * * *")
    town.write("cases.csv", "1,Pothole", header="id,kind")
    city, turns = town.city(), Turns(lambda: 0.5)
    turns.owe(["export"])
    clock.take_turns(town.settings, city, turns, threading.Event())
    assert "is missing" in (said := capsys.readouterr().err) and "tried again at its schedule" in said
    assert turns.next(after(23 * 60)) is None


def test_minutes_that_a_long_load_covered_are_owed_once_to_the_others(tmp_path: Path) -> None:
    town = Town(tmp_path).files(schedule="*/5 * * * *", name="a").files(schedule="10 12 * * *", name="b").files(name="c")
    assert clock.owed_sources(town.city(), after(5), after(20)) == {"a", "b"}
    assert clock.owed_sources(town.city(), after(10), after(14)) == set()


# Once each night


@pytest.mark.parametrize(
    ("last", "now", "is_turn"),
    [
        (None, "2026-03-16 01:59", False),
        (None, "2026-03-16 02:00", True),
        ("2026-03-15 02:00", "2026-03-16 02:00", True),
        ("2026-03-15 06:01", "2026-03-16 02:00", False),
        ("2026-03-15 06:01", "2026-03-16 02:01", True),
        ("2026-03-14 12:00", "2026-03-16 00:30", False),
        ("2026-03-16 02:00", "2026-03-16 21:59", False),
    ],
)
def test_the_first_load_after_two_at_night_compares_if_none_did_for_twenty_hours(last: str | None, now: str, is_turn: bool) -> None:
    """Times on the clock of New York, four hours before UTC in March."""
    instants = [None if one is None else datetime.fromisoformat(one) + timedelta(hours=4) for one in (last, now)]
    assert instants[1] is not None
    assert is_nightly(instants[0], "America/New_York", instants[1]) is is_turn


def test_a_deleted_case_is_gone_by_the_morning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crm = Crm(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    town = Town(tmp_path).database(crm.url, MAPPING)
    monkeypatch.setattr(syncing, "utc_now", lambda: datetime(2026, 3, 17, 7, tzinfo=UTC))  # 03:00 in New York
    town.load()
    crm.run("DELETE FROM service_requests WHERE id = 3")
    assert town.load().ids_compared is None
    back_by(town, timedelta(hours=21))
    compared = town.load()
    assert (compared.mode, compared.ids_compared, compared.rows_deleted) == ("incremental", 2, 1)
    assert town.runs()[0]["ids_compared"] == 2
    assert town.load().ids_compared is None  # once


def back_by(town: Town, time: timedelta) -> None:
    """As if all loads on record had been so long ago."""
    store = open_store(town.settings)
    with store.begin() as connection:
        for run in town.runs():
            earlier: Any = run["started_at"].to_pydatetime() - time
            connection.execute(update(load_run).where(load_run.c.id == run["id"]).values(started_at=earlier))
    store.dispose()
