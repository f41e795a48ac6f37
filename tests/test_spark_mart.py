"""Spark builds the facts that loads build, table by table, and answers figures as the files do. A cluster of two workers is started for it.

With STATROOM_TEST_MART=spark every test that makes a mart reads it from such a cluster (docs/beyond-one-machine.md).
"""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Iterator
from datetime import date, datetime
from itertools import cycle
from pathlib import Path

import duckdb
import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text

from access import AccessDenied, scope_of
from data_access.mart import generations, reading, schema, servers, spark_facts
from data_access.mart.reading import Mart, MartUnavailable, NothingLoaded, open_mart
from metrics.definitions import METRICS
from metrics.measure import ask, measure
from metrics.periods import GRAINS
from metrics.question import Question
from settings import Settings
from tests.support import spark, worlds
from tests.support.marts import MAYOR, SERVER, calendar_of, settings_in
from tests.support.twins import Twins, open_both, side_by_side
from tests.support.wards import make_town
from tests.test_metric_properties import DIMENSIONS
from tests.test_postgres_mart import ask_what_pages_ask

ZONE = "America/New_York"
PERIOD = (date(2025, 11, 3), date(2026, 4, 20))
ALL = os.environ.get("STATROOM_TEST_MART") == "spark"
"""Whether there is time to ask for every figure."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    reason = spark.missing()
    if reason:
        pytest.skip(reason)
    # On a busy machine a cluster takes longer for nothing than people would wait.
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr(reading, "QUERY_SECONDS", 300.0)
        yield from _cluster(tmp_path_factory)


def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if os.environ.get(SERVER, "").startswith("hive:"):
        yield os.environ[SERVER]
        return
    with spark.started_cluster(tmp_path_factory.mktemp("spark")) as address:
        yield address


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, url: str) -> Path:
    """Random cases with reopenings, transfers and moved deadlines, in a zone whose clock changes; with `address` of where Spark has it."""
    folder = tmp_path_factory.mktemp("town")
    cases = worlds.world(311, "w0", ZONE, 120)
    worlds.mart_of(folder, cases, worlds.city(folder / "maps", ZONE))
    (folder / "files").mkdir()
    # A cluster may be shared by the tests of a run; a database of it is not.
    own = make_url(url).set(database=f"built_{secrets.token_hex(4)}").update_query_dict({"files": str(folder / "files")})
    address = own.render_as_string(hide_password=False)
    with pytest.raises(NothingLoaded, match="flask sync"):
        open_mart(served(folder, address))
    assert servers.bring(address, folder / "mart") and not servers.bring(address, folder / "mart")
    (folder / "address").write_text(address)
    return folder


def served(folder: Path, address: str) -> Settings:
    return dataclasses.replace(settings_in(folder), mart_server=address)


def test_spark_builds_every_table_of_facts_as_our_build_does(town: Path) -> None:
    own, made = generations.current(town / "mart"), generations.current(town / "files")
    assert own is not None and made is not None
    with duckdb.connect() as both:
        both.execute(f"ATTACH '{own.path('staff')}' AS own (READ_ONLY)")
        for table in spark_facts.BUILT:
            theirs = f"read_parquet('{made.folder}/staff/{table}/year=*/*.parquet', hive_partitioning = false)"
            for one, other in ((f"own.{table}", theirs), (theirs, f"own.{table}")):
                assert both.execute(f"FROM {one} EXCEPT ALL FROM {other}").fetchall() == [], table
            columns = [[row[:2] for row in both.execute(f"DESCRIBE FROM {of}").fetchall()] for of in (f"own.{table}", theirs)]
            assert columns[0] == columns[1], table
            assert both.execute(f"SELECT count(*) FROM {theirs}").fetchall()[0][0] > 30, table


def test_figures_are_the_same_frames_from_files_from_spark_and_from_the_files_that_spark_wrote(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each metric by period or in the whole, split by a dimension; here every twelfth of them on the cluster."""
    held, made = generations.current(town / "mart"), generations.current(town / "files")
    assert held is not None and made is not None
    files = Mart(held, "staff")
    cluster = open_mart(served(town, (town / "address").read_text()))
    city = worlds.city(town / "maps", ZONE)
    for server, every in ((Mart(made, "staff"), 3), (cluster, 1 if ALL else 12)):
        twins, splits, grains = Twins(files, server), cycle(DIMENSIONS), cycle(GRAINS)
        with side_by_side(twins, monkeypatch):
            for metric in METRICS[::every]:
                asked = ask(files, calendar_of(city), Question(*PERIOD, worlds.AS_OF, next(grains)), MAYOR)
                measure(metric.id, asked, by=next(splits), period=metric.by_period)
        assert twins.faults == [], "\n\n".join(twins.faults)
        assert twins.asked >= len(METRICS) / every


@pytest.mark.skipif(not ALL, reason="takes minutes: set STATROOM_TEST_MART=spark")
def test_what_every_chart_and_list_asks_is_the_same_frame_from_spark(
    tmp_path: Path, url: str, staff_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = (
        make_url(url).set(database=f"pages_{secrets.token_hex(4)}").update_query_dict({"files": str(tmp_path / "files"), "facts": "copied"})
    )
    with monkeypatch.context() as plain:
        plain.delenv(SERVER, raising=False)
        twins = open_both(make_town(tmp_path), own.render_as_string(hide_password=False))
        with side_by_side(twins, monkeypatch):
            ask_what_pages_ask(tmp_path, monkeypatch)
    assert twins.faults == [], "\n\n".join(twins.faults)
    assert twins.asked > 60


def test_the_cluster_is_asked_selects_on_scoped_tables_only(town: Path) -> None:
    mart = open_mart(served(town, (town / "address").read_text()))
    for statement in (select(schema.spell), text("SELECT 1")):
        with pytest.raises(AccessDenied):
            mart.read(statement, scope_of(MAYOR))  # type: ignore[arg-type]
    spells = mart.spells(scope_of(MAYOR))
    days = select(spells.c.opened_on, func.max(spells.c.opened_at), func.count()).group_by(spells.c.opened_on).order_by(spells.c.opened_on)
    first = mart.read(days.limit(1), scope_of(MAYOR)).iloc[0]
    assert (type(first.iloc[0]), type(first.iloc[1].to_pydatetime())) == (date, datetime)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("hive://127.0.0.1:1/statroom?files=/tmp/x&auth=NOSASL", r"127.0.0.1:1/statroom .STATROOM_MART_URL. cannot be read"),
        ("hive://127.0.0.1:1/statroom", "names no folder"),
        ("hive://127.0.0.1:1/Robert'); DROP?files=/tmp/x", "small letters"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_named_with_the_remedy(tmp_path: Path, address: str, said: str) -> None:
    if spark.missing():
        pytest.skip(str(spark.missing()))
    with pytest.raises(MartUnavailable, match=said):
        open_mart(served(tmp_path, address))
