"""Administrators who want to are told of loads that fail and of data that grow old: once, and once when all is well again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from access import AccessDenied, Viewer
from cli.mailing import due_now, send_waiting
from components.mail_due import Postman
from data_access.mart.generations import BUSY
from data_access.store import accounts, letters, passwords, runs, subscriptions
from data_access.store.acting import Acting
from data_access.store.letters import Draft
from data_access.store.meeting_models import letter
from data_access.store.models import account
from settings import Settings
from tests.support.desks import CITY_TOML
from tests.support.marts import make_mart, settings_in, small_city
from tests.support.smtp import mail_server
from tests.support.stores import empty_store

NOW = datetime(2026, 3, 30, 9)
"""A Monday; the town is in UTC, its data are complete to midnight."""
SITE = "https://stat.city.example"
MAYOR = Viewer("executive", "Mayor's office", "executive")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with one source, `s`, and its mart."""
    made = tmp_path_factory.mktemp("town")
    case = {"source_id": "1", "department": "parks", "request_type": "tree", "case_class": "service", "opened_at": datetime(2026, 3, 29)}
    make_mart(made, [case], as_of=datetime(2026, 3, 30), city=small_city("UTC", department=[{"id": "parks", "name": "Parks"}]))
    (made / "city").mkdir()
    (made / "city" / "city.toml").write_text(CITY_TOML.format(more=""))
    return made


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    store = f"sqlite:///{tmp_path / 'own.sqlite'}"
    return dataclasses.replace(settings_in(folder), city=folder / "city", store_url=store, sign_in="accounts")


@pytest.fixture
def store(settings: Settings) -> Iterator[Any]:
    engine = empty_store(settings.store_url)
    yield engine
    engine.dispose()


@pytest.fixture
def admin(store: Any, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    # What is tested here is not how long a guess takes.
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    return accounts.add(store, login="ada@city.example", name="Ada", role="admin", password="lantern gravel otter parade", now=NOW).viewer


def wants(store: Any, viewer: Viewer) -> int:
    return subscriptions.add(Acting(viewer, store, NOW), email="ada@city.example", kind="loads", title="Loads: the whole city", filters="")


def tried(store: Any, source: str, *states: str, error: str = "source 's': it is silent.") -> None:
    """Loads of a source, one a minute."""
    for at, state in enumerate(states):
        said = BUSY if state == "busy" else error if state == "failed" else None
        runs.record(store, source_name=source, mode="incremental", state="failed" if state == "busy" else state,
                    started_at=NOW + timedelta(minutes=at), seconds=1.0, error=said)  # fmt: skip


def told(settings: Settings, store: Any, now: datetime = NOW) -> list[str]:
    """The subjects of what is written now."""
    drafts = Postman(settings, store, SITE, now).of_loads()
    assert all(letters.write(store, draft, now) for draft in drafts)
    return [draft.subject for draft in drafts]


def test_two_failures_in_a_row_are_told_once_and_so_is_the_end(settings: Settings, store: Any, admin: Viewer) -> None:
    wants(store, admin)
    tried(store, "s", "loaded", "failed")
    assert told(settings, store) == []
    tried(store, "s", "failed")
    assert told(settings, store) == ["Loads of s fail"]
    tried(store, "s", "failed", "failed")
    assert told(settings, store) == []
    tried(store, "s", "unchanged")
    assert told(settings, store) == ["Loads of s work again"]
    tried(store, "s", "loaded", "failed")
    assert told(settings, store) == []
    tried(store, "s", "failed")
    assert told(settings, store) == ["Loads of s fail"]


def test_the_letter_says_why_and_has_a_way_out(settings: Settings, store: Any, admin: Viewer) -> None:
    number = wants(store, admin)
    tried(store, "s", "failed", "failed", error="source 's': it gave no answer for 600 seconds.")
    (draft,) = Postman(settings, store, SITE, NOW).of_loads()
    assert "failed 2 times in a row" in draft.text and "09:00" in draft.text
    assert "it gave no answer for 600 seconds." in draft.text and f"{SITE}/data-health" in draft.text
    assert (draft.subscription_id, draft.email) == (number, "ada@city.example")


def test_a_load_that_found_another_at_work_is_no_failure(settings: Settings, store: Any, admin: Viewer) -> None:
    wants(store, admin)
    tried(store, "s", "busy", "busy", "failed", "busy", "busy")
    assert told(settings, store) == []


def test_a_held_load_does_not_count_as_working(settings: Settings, store: Any, admin: Viewer) -> None:
    wants(store, admin)
    tried(store, "s", "failed", "failed")
    assert told(settings, store) == ["Loads of s fail"]
    tried(store, "s", "held")
    assert told(settings, store) == []


def test_old_data_are_told_once_until_newer_ones_are_in_service(settings: Settings, store: Any, admin: Viewer) -> None:
    """The town's data may be 48 hours old; a load that brings other old data is another letter's matter."""
    wants(store, admin)
    assert told(settings, store, datetime(2026, 4, 1)) == []
    assert told(settings, store, datetime(2026, 4, 1, 0, 1)) == ["The data are old"]
    assert told(settings, store, datetime(2026, 4, 3)) == []
    key = next(key for key in letters.keys_from(store, "loads:") if "stale" in key)
    with store.begin() as connection:
        # As if it had been told of the data of a week before these.
        connection.execute(update(letter).where(letter.c.key == key).values(key=key.replace("20260330", "20260323")))
    assert told(settings, store, NOW) == ["The data are up to date again"]
    assert told(settings, store, NOW) == []


def test_only_administrators_are_told(settings: Settings, store: Any, admin: Viewer) -> None:
    with pytest.raises(AccessDenied):
        wants(store, MAYOR)
    wants(store, admin)
    tried(store, "s", "failed", "failed")
    with store.begin() as connection:
        connection.execute(update(account).values(role="executive"))
    postman = Postman(settings, store, SITE, NOW)
    assert postman.of_loads() == []
    assert postman.due().silent == [f"“Loads: the whole city”: {admin.id} is no administrator any more."]


def test_a_first_load_that_fails_is_told_before_there_are_any_data(settings: Settings, store: Any, admin: Viewer, tmp_path: Path) -> None:
    wants(store, admin)
    tried(store, "s", "failed", "failed")
    empty = dataclasses.replace(settings, mart=tmp_path / "mart", smtp_url="", mail_from="s@city.example", base_url=SITE)
    assert [draft.subject for draft in Postman(empty, store, SITE, NOW).of_loads()] == ["Loads of s fail"]
    with mail_server() as (inbox, port):
        serves = dataclasses.replace(empty, smtp_url=f"smtp://127.0.0.1:{port}?starttls=false")
        for _ in range(2):
            done = send_waiting(serves)
            assert done is not None
    assert [str(message["Subject"]) for _to, message in inbox.arrived] == ["Loads of s fail"]


def test_the_command_shows_what_is_due(settings: Settings, store: Any, admin: Viewer) -> None:
    wants(store, admin)
    tried(store, "s", "failed", "failed")
    drafts: list[Draft] = due_now(settings).drafts
    assert "Loads of s fail" in [draft.subject for draft in drafts]
