"""The residents' file tells the day of what happened, never the time, and figures come out as with the exact times."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from access import PUBLIC_VIEWER
from data_access.mart import generations, schema
from data_access.mart.public import INSTANTS, KEPT_DAYS
from data_access.mart.reading import open_mart
from metrics.definitions import REGISTRY
from metrics.measure import ask, counted
from metrics.question import Question
from metrics.release import RELEASED
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, settings_in
from tests.support.worlds import AS_OF

ZONES = ("America/New_York", "Australia/Sydney")
NO_TIME = timedelta(microseconds=10)
COUNTED = sorted(name for name in RELEASED if REGISTRY[name].unit in ("cases", "closures", "share", "ratio") and not REGISTRY[name].needs)


@pytest.fixture(scope="module", params=ZONES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("times")
    city = worlds.city(folder, request.param)
    cases = [replace(case, programme="w0") for case in worlds.world(11, "w0", request.param, 500)]
    worlds.mart_of(folder, cases, city).close()
    return folder


def _both(folder: Path) -> tuple[Asked, Asked]:
    """The same question to the residents' file and to the staff's."""
    public, staff = (open_mart(settings_in(folder, audience)) for audience in ("public", "staff"))
    calendar = calendar_of(worlds.city(folder, staff.meta["city_zone"]))
    question = Question(date(2025, 10, 1), date(2026, 4, 1), AS_OF, "month")
    return ask(public, calendar, question, PUBLIC_VIEWER), ask(staff, calendar, question, MAYOR)


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the residents' file, read as somebody would who got hold of it."""
    generation = generations.current(folder / "mart")
    assert generation is not None
    with duckdb.connect(shutil.copy(generation.path("public"), tmp_path), read_only=True) as connection:
        yield connection


def test_no_instant_in_the_file_has_a_time(file: duckdb.DuckDBPyConnection) -> None:
    """All are a local midnight, or one of the few instants the data is compared with, and the order within the day."""
    kept = [AS_OF + timedelta(days=days) for days in KEPT_DAYS]
    zone = ZoneInfo(file.execute("SELECT value FROM meta WHERE key = 'city_zone'").fetchall()[0][0])
    for table in (schema.spell, schema.open_spell, schema.closed_spell, schema.due_spell):
        frame = file.execute(f"SELECT {', '.join(INSTANTS)} FROM {table.name}").df()
        assert len(frame)
        for at in pd.concat([frame[name] for name in INSTANTS]).dropna().dt.to_pydatetime():
            local = at.replace(tzinfo=UTC).astimezone(zone)
            midnight = datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
            assert any(timedelta(0) <= at - start < NO_TIME for start in (midnight, *kept)), at
    assert file.execute("SELECT count(*) FROM spell WHERE seconds_to_close % 1800 <> 0").fetchall() == [(0,)]


def test_single_cases_are_in_the_file_only_where_the_city_says_so(file: duckdb.DuckDBPyConnection) -> None:
    assert file.execute("SELECT count(*) FROM case_record").fetchall() == [(0,)]


@pytest.mark.parametrize("metric", COUNTED)
def test_counts_and_shares_are_those_of_the_exact_times(folder: Path, metric: str) -> None:
    public, staff = _both(folder)
    for by, period in ((None, True), ("request_type", False), (("request_type", "district"), False)):
        found, exact = (counted(REGISTRY[metric], asked, by, period) for asked in (public, staff))
        assert exact["n"].sum() > 0
        pd.testing.assert_frame_equal(found, exact)


@pytest.mark.parametrize("metric", ["ttc_closed", "ttc_km"])
def test_durations_are_those_of_the_exact_times_to_the_half_hour(folder: Path, metric: str) -> None:
    public, staff = _both(folder)
    found, exact = (counted(REGISTRY[metric], asked, "request_type") for asked in (public, staff))
    assert (found["n"] == exact["n"]).all()
    assert (found["value"].isna() == exact["value"].isna()).all()
    late = (found["value"] - exact["value"]).dropna()
    assert len(late) and late.between(-1e-9, 1 / 48 + 1e-9).all(), late


def test_nothing_of_a_load_but_its_time_is_told(file: duckdb.DuckDBPyConnection) -> None:
    told = file.execute("SELECT source_name, rows_read, rows_new, rows_quarantined, watermark FROM load").fetchall()
    assert set(told) == {(None,) * 5}
