"""A mart in PostgreSQL answers as its files do, to the type; is switched whole; and lets each role read its own and write nothing.

With STATROOM_TEST_MART=postgresql every test that makes a mart reads it from PostgreSQL (docs/mart-in-postgresql.md).
"""

from __future__ import annotations

import dataclasses
import gc
import inspect
from collections.abc import Iterator
from datetime import date
from itertools import cycle
from pathlib import Path

import duckdb
import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url

from access import PUBLIC_VIEWER, AccessDenied, scope_of
from components import filters, gate
from data_access import cache
from data_access.mart import generations, postgres, postgres_writing, reading, schema
from data_access.mart.postgres_fetching import fetch
from data_access.mart.postgres_writing import NotBrought, bring
from data_access.mart.reading import Mart, MartUnavailable, NothingLoaded, QueryTooLong, open_mart
from metrics.definitions import METRICS, REGISTRY
from metrics.measure import ask, measure
from metrics.periods import GRAINS
from metrics.question import Question
from settings import AUDIENCES, Settings
from tests import test_links_to_cases as walking
from tests.conftest import _databases
from tests.support import services, worlds
from tests.support.desks import at_desk
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in
from tests.support.twins import Twins, open_both, side_by_side
from tests.support.wards import make_town
from tests.test_metric_properties import DIMENSIONS

CASE = {"source_id": "1", "opened_at": worlds.AS_OF, "request_type": "Pothole", "department": "Roads"}
PERIOD = (date(2025, 11, 3), date(2026, 4, 20))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = services.address(services.POSTGRES)
    if server is None:
        pytest.skip(f"no PostgreSQL answers; start one or set {services.POSTGRES}")
    yield from _databases(server, "PostgreSQL")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("wards"))


@pytest.fixture
def twins(town: Path, url: str) -> Twins:
    return open_both(town, url)


def served(folder: Path, url: str, audience: str = "staff") -> Settings:
    """Settings of a process that reads the mart of `folder` from `url`."""
    return dataclasses.replace(settings_in(folder, audience), mart_server=url)


# The same answers


def test_every_figure_split_in_every_way_is_the_same_frame(twins: Twins, town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each metric without a split, by period and by two of the dimensions in turn; days, weeks of both beginnings, months, quarters, fiscal years."""
    splits, grains = (
        cycle(zip(DIMENSIONS, (*DIMENSIONS[3:], *DIMENSIONS[:3]), strict=True)),
        cycle(GRAINS),
    )
    with side_by_side(twins, monkeypatch):
        for number, metric in enumerate(METRICS):
            city = worlds.city(town / "maps", "UTC", week_start=("monday", "sunday")[number % 2], fiscal_year_start=7)
            asked = ask(twins.files, calendar_of(city), Question(*PERIOD, worlds.AS_OF, next(grains)), MAYOR)
            measure(metric.id, asked)
            measure(metric.id, asked, by=next(splits), period=metric.by_period)
            if metric.by_period:
                measure(metric.id, asked, period=True)
    assert twins.faults == [], "\n\n".join(twins.faults)
    assert twins.asked > 2 * len(REGISTRY)


def test_what_every_chart_and_list_asks_is_the_same_frame(
    twins: Twins, town: Path, staff_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with side_by_side(twins, monkeypatch):
        ask_what_pages_ask(town, monkeypatch)
    assert twins.faults == [], "\n\n".join(twins.faults)
    assert twins.asked > 60


def ask_what_pages_ask(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every chart and list of the staff's pages ask what it asks, uncached."""
    query = walking.TOWN[2]
    fills = walking.callbacks()
    monkeypatch.setattr(cache._cache, "app", None, raising=False)
    with at_desk(town):
        asked = gate.desk().ask(query).remembering()
        view = filters.view_of(query, asked)
        for chart in walking.charts():
            chart.draw(asked, view)
        for fill in fills:
            if list(inspect.signature(fill).parameters) == ["asked"] and fill.__module__.rpartition(".")[2] not in (
                "department",
                "figure",
                "programme",
            ):
                fill(asked)
        for listed in walking.LISTS.values():
            walking.one_count(asked, listed.choose(asked, view))


# One generation after the other


def test_readers_see_the_next_generation_and_whoever_reads_the_one_before_may_finish(tmp_path: Path, url: str) -> None:
    address = f"{url}?schema=turns"
    settings = served(tmp_path, address)
    with pytest.raises(NothingLoaded, match="flask sync"):
        open_mart(settings)
    held: list[Mart] = []
    for number in range(1, 6):
        make_mart(tmp_path, [CASE | {"source_id": str(n)} for n in range(number)], as_of=worlds.AS_OF)
        assert bring(address, tmp_path / "mart") and not bring(address, tmp_path / "mart")
        mart = open_mart(settings)
        assert _count(mart) == number
        if number in (1, 5):
            held.append(mart)
        del mart
        gc.collect()
    # The first is read still, the second by nobody: it is gone.
    assert [_count(mart) for mart in held] == [1, 5]
    assert len(_schemas(url, "turns_staff_%")) == len(_schemas(url, "turns_public_%")) == generations.GENERATIONS_KEPT + 1
    held.pop(0).close()
    gc.collect()
    make_mart(tmp_path, [CASE], as_of=worlds.AS_OF)
    bring(address, tmp_path / "mart")
    assert len(_schemas(url, "turns_staff_%")) == generations.GENERATIONS_KEPT


def test_a_copy_that_fails_leaves_nothing_and_the_next_load_brings_it(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{url}?schema=torn"
    make_mart(tmp_path, [CASE], as_of=worlds.AS_OF)
    bring(address, tmp_path / "mart")
    before = _schemas(url, "torn%")
    make_mart(tmp_path, [CASE, CASE | {"source_id": "2"}], as_of=worlds.AS_OF)
    with monkeypatch.context() as broken:
        broken.setitem(postgres_writing.INDEXES, "spell", ("btree (no_such_column)",))
        with pytest.raises(NotBrought, match=r"is loaded, but not in service in .*no_such_column.*load again"):
            bring(address, tmp_path / "mart")
    assert _schemas(url, "torn%") == before
    assert _count(open_mart(served(tmp_path, address))) == 1
    bring(address, tmp_path / "mart")
    assert _count(open_mart(served(tmp_path, address))) == 2


def test_what_texts_hold_arrives_unchanged(tmp_path: Path, url: str) -> None:
    """Null and empty, quotes, commas, lines, and all but the character 0, which PostgreSQL does not have."""
    texts = [None, "", '"', 'a,"b",c', "one\ntwo\r\nthree", "\\N \\. \t", "Größe ¿é? 街", "\\.", "a\0b"]
    make_mart(tmp_path, [CASE | {"source_id": f"{n}", "priority": words} for n, words in enumerate(texts)], as_of=worlds.AS_OF)
    twins = open_both(tmp_path, f"{url}?schema=texts")
    found = []
    for mart in (twins.files, twins.server):
        rows = mart.case_records(scope_of(MAYOR))
        frame = mart.read(select(rows.c.priority).order_by(rows.c.case_id), scope_of(MAYOR))
        found.append([None if words != words else words for words in frame["priority"]])
    assert found[0] == texts
    assert found[1] == [*texts[:-1], "ab"]


def test_lost_files_are_made_again_from_the_server_to_the_row(tmp_path: Path, town: Path, url: str) -> None:
    address = f"{url}?schema=lost"
    bring(address, town / "mart")
    (tmp_path / "mart").mkdir()
    assert fetch(address, tmp_path / "mart") and not fetch(address, tmp_path / "mart")
    there, again = generations.current(town / "mart"), generations.current(tmp_path / "mart")
    assert there is not None and again is not None and there.number == again.number
    for audience in AUDIENCES:
        with duckdb.connect() as both:
            for name, of in (("there", there), ("again", again)):
                both.execute(f"ATTACH '{of.path(audience)}' AS {name} (READ_ONLY)")  # type: ignore[arg-type]
            names = [[table for (table,) in both.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [of]).fetchall()]
                     for of in ("there", "again")]  # fmt: skip
            assert sorted(names[0]) == sorted(names[1])
            for table in names[0]:
                assert both.execute(f"SELECT * FROM again.{table}").fetchall() == both.execute(f"SELECT * FROM there.{table}").fetchall(), (
                    table
                )
                assert both.execute(f"DESCRIBE again.{table}").fetchall() == both.execute(f"DESCRIBE there.{table}").fetchall()


# Who may do what


def test_roles_read_their_own_and_write_nothing(tmp_path: Path, url: str) -> None:
    """As docs/mart-in-postgresql.md grants it: the residents' role has nothing but what residents may see."""
    roles = {name: f"walls_{name}" for name in ("load", "staff", "public")}
    root = create_engine(url, isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        for role in roles.values():
            connection.execute(text(f"DROP ROLE IF EXISTS {role}"))
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT CREATE ON DATABASE {make_url(url).database} TO walls_load"))
    addresses = {
        name: make_url(url).set(username=role).update_query_dict({"schema": "walls"}).render_as_string() for name, role in roles.items()
    }
    try:
        make_mart(tmp_path, [CASE | {"address": "12 Secret Street"}], as_of=worlds.AS_OF)
        bring(addresses["load"], tmp_path / "mart")
        assert _count(open_mart(served(tmp_path, addresses["staff"]))) == 1
        resident = open_mart(served(tmp_path, addresses["public"], "public"))
        assert resident.read(select(func.count()).select_from(resident.spells(scope_of(PUBLIC_VIEWER))), scope_of(PUBLIC_VIEWER)).iloc[
            0, 0
        ] in (0, 1)
        with pytest.raises(MartUnavailable, match="cannot be read for staff"):
            open_mart(served(tmp_path, addresses["public"]))
        (ours,) = _schemas(url, "walls_staff_%")
        for name, statement in (
            ("public", f"SELECT count(*) FROM {ours}.case_record"),
            ("public", "UPDATE walls.generation SET in_service = false"),
            ("public", "CREATE TABLE walls.mine (a int)"),
            ("staff", f"DELETE FROM {ours}.spell"),
            ("staff", f"DROP TABLE {ours}.spell"),
            ("staff", "CREATE SCHEMA mine"),
        ):
            with psycopg.connect(_plain(addresses[name])) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        make_mart(tmp_path, [CASE, CASE | {"source_id": "2"}], as_of=worlds.AS_OF)
        with pytest.raises(NotBrought, match=r"does not let walls_staff write the mart.*role that owns it"):
            bring(addresses["staff"], tmp_path / "mart")
    finally:
        _close_all()
        with root.connect() as connection:
            for role in roles.values():
                connection.execute(text(f"DROP OWNED BY {role} CASCADE"))
                connection.execute(text(f"DROP ROLE {role}"))
        root.dispose()


def test_a_reader_s_connection_changes_nothing_and_is_asked_selects_only(twins: Twins) -> None:
    with twins.server._engine.connect() as connection:
        raw = connection.connection.driver_connection
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            raw.execute("CREATE TABLE mine (a int)")  # type: ignore[union-attr]
    for statement in (select(schema.spell), text("SELECT 1")):
        with pytest.raises(AccessDenied):
            twins.server.read(statement, scope_of(MAYOR))  # type: ignore[arg-type]


def test_a_runaway_question_is_ended_by_the_server(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "QUERY_SECONDS", 0.3)
    mart = Mart(postgres.current(_address(twins)), "staff")  # type: ignore[arg-type]
    one, two, three, four = (mart.spells(scope_of(MAYOR)).alias() for _ in range(4))
    with pytest.raises(QueryTooLong, match="took over 0"):
        mart.read(select(func.sum(one.c.case_id * two.c.case_id + three.c.case_id * four.c.case_id)), scope_of(MAYOR))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://nobody@127.0.0.1:1/city", "127.0.0.1:1/city .STATROOM_MART_URL. cannot be read"),
        ("postgresql://u:hunter2@127.0.0.1:1/city", "127.0.0.1:1/city"),
        ("postgresql://x@h/d?schema=Robert'); DROP", "schema .* small letters"),
        ("postgresql://x@h:port/d", "no address of a database"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_with_the_remedy(tmp_path: Path, address: str, said: str) -> None:
    with pytest.raises(MartUnavailable, match=said) as raised:
        open_mart(dataclasses.replace(settings_in(tmp_path), mart_server=address))
    assert "hunter2" not in str(raised.value)


def _count(mart: Mart) -> int:
    return mart.read(select(func.count()).select_from(mart.spells(scope_of(MAYOR))), scope_of(MAYOR)).iloc[0, 0]


def _schemas(url: str, like: str) -> list[str]:
    with psycopg.connect(_plain(url)) as connection:
        return [
            name for (name,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE %s ORDER BY 1", [like]).fetchall()
        ]


def _plain(url: str) -> str:
    return make_url(url).difference_update_query(["schema"]).set(drivername="postgresql").render_as_string(hide_password=False)


def _address(twins: Twins) -> str:
    return twins.server._engine.url.render_as_string(hide_password=False)


def _close_all() -> None:
    postgres._pointers.cache_clear()
