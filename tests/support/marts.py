"""Small real marts for tests: canonical rows in, a published generation out."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Iterable

import pandas as pd
import pytest
from sqlalchemy import make_url

from access import Viewer
from data_access.city import City
from data_access.city_models import CityFile
from data_access.mart.reading import Mart, open_mart
from data_access.mart.servers import bring
from data_access.mart.writing import publish_cases
from metrics.periods import Calendar
from settings import Settings, read_settings

SERVER = "STATROOM_TEST_MART_SERVER"
"""Variable with the database that marts of tests are read from (`tests/conftest.py` makes it); without it, their files are."""
FILES_ONLY = pytest.mark.skipif(
    os.environ.get("STATROOM_TEST_MART") in ("postgresql", "spark"),
    reason="about the mart's files: leave STATROOM_TEST_MART empty to run it",
)
MAYOR = Viewer("mayor", "Mayor's office", "executive")


def small_city(zone: str = "America/New_York", **tables: Any) -> City:
    """A city with one programme, for tests that bring their own cases."""
    facts = {"id": "test-city", "name": "Test City", "zone": zone, **tables.pop("city", {})}
    data = {"city": facts, "programme": [{"id": "requests", "name": "Requests"}], "source": [], **tables}
    return City(Path("."), CityFile.model_validate(data))


def instant(text: str | None) -> pd.Timestamp | None:
    """ "2026-03-02T05:00:00Z" as a naive UTC instant."""
    return None if text is None else pd.Timestamp(text).tz_convert("UTC").tz_localize(None)


def settings_in(folder: Path, audience: str = "staff") -> Settings:
    """Settings whose data folder is `folder`; what was published there is in service."""
    server = server_of(folder)
    if server:
        bring(server, folder / "mart")
    return dataclasses.replace(
        read_settings({}),
        data=folder,
        mart=folder / "mart",
        mart_server=server,
        store_url=f"sqlite:///{folder / 'statroom.sqlite'}",
        audience=audience,
    )  # type: ignore[arg-type]


def server_of(folder: Path) -> str:
    """The address of the mart of `folder`, where tests read marts from a server; else empty."""
    url, name = os.environ.get(SERVER, ""), f"t_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    if url.startswith("hive:"):
        # That Spark builds the facts is a test of its own; here it is asked.
        cluster = make_url(url).set(database=name).update_query_dict({"files": str(folder / "spark"), "facts": "copied"})
        return cluster.render_as_string(hide_password=False)
    return f"{url}?schema={name}" if url else ""


def make_mart(
    folder: Path, cases: Iterable[dict[str, Any]], events: Iterable[dict[str, Any]] = (), *, as_of: datetime, city: City | None = None,
    audience: str = "staff",
) -> Mart:  # fmt: skip
    """Publish `cases` and `events` (canonical columns; programme defaults to "requests") and open the mart."""
    city = city or small_city()
    case_frame = pd.DataFrame([{"programme": "requests", **row} for row in cases])
    event_frame = pd.DataFrame([{"programme": "requests", **row} for row in events])
    publish_cases(folder / "mart", city, case_frame, event_frame, as_of)
    return open_mart(settings_in(folder, audience))


def calendar_of(city: City) -> Calendar:
    """How `city` counts its days."""
    return Calendar(city.zone, city.facts.week_start, city.facts.fiscal_year_start)
