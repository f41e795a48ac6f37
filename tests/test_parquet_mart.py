"""A generation whose large tables are Parquet files answers as its one file does, and whoever reads it reads nothing else."""

from __future__ import annotations

import dataclasses
import os
import shutil
from datetime import date
from itertools import cycle
from pathlib import Path

import duckdb
import pytest
from duckdb import Error
from sqlalchemy import select

from access import AccessDenied, scope_of
from data_access.mart import generations, parquet, schema
from data_access.mart.reading import Mart, MartUnavailable
from data_access.sync import SyncError, sync
from metrics.definitions import METRICS
from metrics.measure import ask, measure
from metrics.periods import GRAINS
from metrics.question import Question
from settings import AUDIENCES
from tests.support import worlds
from tests.support.marts import FILES_ONLY, MAYOR, calendar_of, settings_in, small_city
from tests.support.twins import Twins, side_by_side
from tests.support.wards import make_town
from tests.test_metric_properties import DIMENSIONS

SOURCE = {"name": "crm", "programme": "requests", "kind": "files", "path": "cases.csv", "mapping": "mapping.toml"}
PERIOD = (date(2025, 11, 3), date(2026, 4, 20))
pytestmark = FILES_ONLY


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("wards"))


@pytest.fixture(scope="module")
def divided(town: Path) -> generations.Generation:
    """The town's generation as Parquet files."""
    return in_parquet(town, town / "parquet")


def in_parquet(town: Path, root: Path) -> generations.Generation:
    held = generations.current(town / "mart")
    assert held is not None
    folder = parquet.started(root, held.number)
    for audience in AUDIENCES:
        parquet.export(held.path(audience), folder, audience)
        parquet.register(folder, audience)
    return parquet.put_into_service(folder)


def test_figures_counted_on_parquet_files_are_the_same_frames(
    town: Path, divided: generations.Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = generations.current(town / "mart")
    assert held is not None
    twins = Twins(Mart(held, "staff"), Mart(divided, "staff"))
    splits, grains = cycle(DIMENSIONS), cycle(GRAINS)
    city = worlds.city(town / "maps", "UTC")
    with side_by_side(twins, monkeypatch):
        for metric in METRICS[::5]:
            asked = ask(twins.files, calendar_of(city), Question(*PERIOD, worlds.AS_OF, next(grains)), MAYOR)
            measure(metric.id, asked, by=next(splits), period=metric.by_period)
    assert twins.faults == [], "\n\n".join(twins.faults)
    assert twins.asked > len(METRICS) / 5


def test_files_lie_by_the_year_of_their_rows(divided: generations.Generation) -> None:
    folder = divided.folder / "staff" / "closed_spell"
    with duckdb.connect() as connection:
        for year in (2025, 2026):
            (file,) = (folder / f"year={year}").glob("*.parquet")
            assert connection.execute("SELECT DISTINCT year(closed_on) FROM read_parquet(?)", [str(file)]).fetchall() == [(year,)]
    assert sorted(path.name for path in folder.iterdir()) == ["year=2025", "year=2026"]


def test_a_reader_of_staff_s_files_reads_and_writes_nothing_else(town: Path, divided: generations.Generation) -> None:
    """Not the other audience's files, not those of another generation, not by a pattern, a way around, a link or another function."""
    ours = next((divided.folder / "public" / "spell").rglob("*.parquet"))
    theirs = next((divided.folder / "staff" / "spell").rglob("*.parquet"))
    linked = divided.folder / "public" / "spell" / "link.parquet"
    os.symlink(theirs, linked)
    mart = Mart(divided, "public")
    with mart._engine.connect() as connection:
        raw = connection.connection.driver_connection
        run = raw.execute  # type: ignore[union-attr]
        assert run("SELECT count(*) FROM read_parquet(?)", [str(ours)]).fetchall()[0][0] > 0
        for statement in (
            f"SELECT * FROM read_parquet('{theirs}')",
            f"SELECT * FROM read_parquet('{ours.parent}/../../../staff/spell/{theirs.parent.name}/{theirs.name}')",
            f"SELECT * FROM read_parquet('{linked}')",
            f"SELECT * FROM read_parquet('{ours.parent}/*.parquet')",
            f"SELECT * FROM glob('{divided.folder}/*')",
            f"SELECT * FROM read_text('{divided.folder.parent / 'current'}')",
            "SELECT * FROM read_csv('/etc/hosts')",
            f"ATTACH '{divided.path('staff')}' AS staff (READ_ONLY)",
            f"ATTACH '{town / 'mart' / 'gen-000001' / 'staff.duckdb'}' AS staff (READ_ONLY)",
            f"COPY (SELECT 1) TO '{ours.parent / 'more.parquet'}'",
            f"COPY (SELECT 1) TO '{ours}'",
            f"COPY (SELECT 1) TO '{town / 'out.csv'}'",
            "CREATE TABLE mine (a INTEGER)",
            "DELETE FROM meta",
            "SET enable_external_access = true",
            "SET allowed_directories = ['/']",
            "SET allowed_paths = ['/etc/hosts']",
            "SET lock_configuration = false",
            "LOAD httpfs",
        ):
            with pytest.raises(Error):
                run(statement).fetchall()
        # A second connection of the pool is held as short.
        with mart._engine.connect() as other, pytest.raises(Error):
            other.connection.driver_connection.execute(f"SELECT * FROM read_parquet('{theirs}')")  # type: ignore[union-attr]
    with pytest.raises(AccessDenied):
        Mart(divided, "staff").read(select(schema.spell), scope_of(MAYOR))
    assert not theirs.stat().st_mode & 0o222


@pytest.mark.parametrize("change", ["gone", "another"])
def test_files_that_are_not_those_put_into_service_are_not_opened(town: Path, tmp_path: Path, change: str) -> None:
    made = in_parquet(town, tmp_path)
    file = next((made.folder / "staff" / "spell").rglob("*.parquet"))
    if change == "gone":
        file.unlink()
    else:
        shutil.copy(next((made.folder / "staff" / "case_event").rglob("*.parquet")), file.with_suffix(".new"))
        file.with_suffix(".new").replace(file)
    with pytest.raises(MartUnavailable, match=r"gen-000001/staff.*bring that generation again"):
        Mart(made, "staff")


def test_numbers_rise_and_what_a_build_left_is_removed(town: Path, tmp_path: Path) -> None:
    """The loading machine begins at 1 again, a build dies, three stay, and the one in service is never removed or written to."""
    first = parquet.started(tmp_path, 12)
    parquet.put_into_service(first)
    died = parquet.started(tmp_path, 1)
    assert died.name == "gen-000013"
    (died / "half").touch()
    for number in (1, 2, 3):
        made = parquet.started(tmp_path, number)
        assert list(made.iterdir()) == []
        parquet.put_into_service(made)
    assert [kept.folder.name for kept in generations.kept(tmp_path)] == ["gen-000015", "gen-000014", "gen-000013"]


def test_loads_do_not_build_in_a_folder_of_parquet_files(town: Path, divided: generations.Generation) -> None:
    with pytest.raises(SyncError, match="let STATROOM_MART_URL name that one"):
        sync(dataclasses.replace(settings_in(town), mart=divided.folder.parent), small_city(source=[SOURCE]))
