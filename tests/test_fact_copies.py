"""The mart holds its facts in three orders; each holds exactly its rows, for staff and for residents."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data_access.mart import generations
from data_access.mart.reading import Mart, MartUnavailable
from tests.support import worlds
from tests.support.marts import make_mart
from tests.support.worlds import AS_OF

CASES = worlds.world(7, "w0", "America/New_York", 120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies")
    city = worlds.city(folder, "America/New_York")
    worlds.mart_of(folder, CASES, city).close()
    return folder


def _rows(folder: Path, audience: str, query: str) -> list[tuple]:
    generation = generations.current(folder / "mart")
    assert generation is not None
    with duckdb.connect(str(generation.path(audience)), read_only=True) as mart:  # type: ignore[arg-type]
        return mart.execute(query).fetchall()


@pytest.mark.parametrize("audience", ["staff", "public"])
@pytest.mark.parametrize(("table", "which"), [
    ("closed_spell", "closed_at IS NOT NULL"), ("due_spell", "due_at IS NOT NULL"), ("open_spell", f"closed_at IS NULL OR closed_at > TIMESTAMP '{AS_OF}'"),
])  # fmt: skip
def test_a_copy_holds_exactly_its_part_of_the_facts(folder: Path, audience: str, table: str, which: str) -> None:
    copied = _rows(folder, audience, f"SELECT * FROM {table} ORDER BY case_id, spell_no")
    assert copied == _rows(folder, audience, f"SELECT * FROM spell WHERE {which} ORDER BY case_id, spell_no")
    assert copied


@pytest.mark.parametrize(
    ("table", "column"), [("spell", "opened_at"), ("closed_spell", "closed_at"), ("due_spell", "due_at"), ("open_spell", "due_at")]
)
def test_a_copy_is_in_the_order_of_its_date(folder: Path, table: str, column: str) -> None:
    dates = [date for (date,) in _rows(folder, "staff", f"SELECT {column} FROM {table}") if date is not None]
    assert dates == sorted(dates)


def test_every_stretch_of_every_case_is_a_fact(folder: Path) -> None:
    assert len(_rows(folder, "staff", "SELECT 1 FROM spell")) == sum(len(case.spells) for case in CASES)


def test_residents_facts_have_no_place(tmp_path: Path) -> None:
    city = worlds.city(tmp_path, "UTC")
    make_mart(tmp_path, [{
        "source_id": "1", "programme": "w0", "request_type": "litter", "opened_at": AS_OF, "closed_at": AS_OF, "latitude": 50.00123, "longitude": -10.00123,
        "location_key": 5, "satisfaction": 4,
    }], as_of=AS_OF, city=city).close()  # fmt: skip
    for table in ("spell", "closed_spell"):
        (found,) = _rows(tmp_path, "public", f"SELECT latitude, longitude, location_key, satisfaction FROM {table}")
        assert found == (None, None, None, None)
        assert _rows(tmp_path, "staff", f"SELECT latitude, longitude FROM {table}") == [(50.00123, -10.00123)]


@pytest.mark.parametrize("audience", ["staff", "public"])
def test_a_mart_of_another_version_is_not_read_but_says_what_to_do(tmp_path: Path, audience: str) -> None:
    worlds.mart_of(tmp_path, CASES[:5], worlds.city(tmp_path, "UTC")).close()
    generation = generations.current(tmp_path / "mart")
    assert generation is not None
    with duckdb.connect(str(generation.path(audience))) as mart:  # type: ignore[arg-type]
        mart.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
    with pytest.raises(MartUnavailable, match=r"^gen-000001 was made by another version of Statroom; run `flask sync --full`\.$"):
        Mart(generation, audience)  # type: ignore[arg-type]
