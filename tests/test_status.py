"""The line below the navigation: how old the data is, and what a reader should know before believing it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from access import Viewer
from components import gate, shell
from data_access.store import runs
from data_access.store.engine import open_store
from metrics.desk import Desk
from settings import Settings, utc_now
from tests.support.marts import instant, make_mart, settings_in, small_city

MAYOR = Viewer("mayor", "Mayor's office", "executive")
TOML = """
[city]
id = "test-city"
name = "Test City"
zone = "America/New_York"
stale_after_hours = 48
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "crm"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
"""


def server(folder: Path, as_of: datetime) -> Flask:
    """An application over one case, its data complete to `as_of`."""
    opened = instant("2026-01-05T12:00:00Z")
    make_mart(
        folder,
        [{"source_id": "1", "department": "Parks", "request_type": "Tree", "opened_at": opened, "status": "open"}],
        as_of=as_of,
        city=small_city(),
    )
    (folder / "city.toml").write_text(TOML)
    import dataclasses

    made = Flask("status-test")
    settings: Settings = dataclasses.replace(settings_in(folder), city=folder)
    gate.start(made, Desk(settings, lambda: MAYOR))
    return made


def said(app: Flask, **query: str) -> str:
    with app.app_context():
        return " | ".join(part.children for part in shell.status_of(gate.desk().ask(query)))


@pytest.fixture
def fresh(tmp_path: Path) -> Flask:
    return server(tmp_path, (utc_now() - timedelta(hours=2)).astimezone(UTC).replace(tzinfo=None, microsecond=0))


def test_fresh_data_has_its_age_and_no_banner(fresh: Flask) -> None:
    line = said(fresh)
    assert "(2 hours ago)" in line
    assert " | " not in line


def test_data_older_than_the_city_allows_has_a_banner(tmp_path: Path) -> None:
    old = server(tmp_path, (utc_now() - timedelta(hours=73)).replace(tzinfo=None, microsecond=0))
    assert "This data is 3 days old; no newer load has arrived." in said(old)


def test_a_past_view_says_so(fresh: Flask) -> None:
    assert "Shown as it was known on Mon 12 Jan 2026, 07:00." in said(fresh, as_of="2026-01-12T12:00:00Z")


def test_a_failed_load_is_told_with_the_age_of_what_is_shown(fresh: Flask, tmp_path: Path) -> None:
    store = open_store(settings_in(tmp_path))
    runs.record(
        store,
        source_name="crm",
        mode="full",
        state="failed",
        started_at=datetime(2026, 3, 1),
        seconds=1.0,
        error="source 'crm': cannot be reached",
    )
    store.dispose()
    assert "The last load failed; data 2 hours old is shown. Source 'crm': cannot be reached." in said(fresh)


def test_a_failure_of_a_source_the_city_no_longer_has_is_history(fresh: Flask, tmp_path: Path) -> None:
    store = open_store(settings_in(tmp_path))
    runs.record(store, source_name="old-export", mode="full", state="failed", started_at=datetime(2026, 3, 1), seconds=1.0, error="gone")
    store.dispose()
    assert "failed" not in said(fresh)
