"""Where published cases are shown: at points that stand for eight addresses, and always at the same one."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.city import City
from data_access.mart import generations
from data_access.mart.writing import publish_cases
from data_access.released.points import LEAST_ADDRESSES, _cut, moved
from tests.support.marts import small_city

AS_OF = datetime(2026, 4, 2)
NORTH = [(50 + 0.001 * row, 8 + 0.001 * column) for row in range(6) for column in range(6)]
"""36 addresses about 100 m apart."""
SOUTH = [(49 + 0.001 * row, 8.0) for row in range(7)]
"""One less than is needed."""


def town(folder: Path, **release: Any) -> City:
    layer = {"id": "district", "name": "District", "plural": "Districts"}
    city = small_city("UTC", area_layer=[layer], release={"A": ["Pothole"], "cases": True, **release})
    return City(folder, city.file)


def case(number: int, place: tuple[float, float], district: str, kind: str = "Pothole", **more: Any) -> dict[str, Any]:
    return {
        "source_id": str(number), "request_type": kind, "opened_at": pd.Timestamp("2026-03-01"), "latitude": place[0], "longitude": place[1],
        "area_1": district, "status": "open", "case_class": "service", **more,
    }  # fmt: skip


def load(folder: Path, cases: list[dict[str, Any]], city: City) -> generations.Generation:
    frame = pd.DataFrame([{"programme": "requests", **row} for row in cases])
    return publish_cases(folder / "mart", city, frame, pd.DataFrame(), AS_OF)


def shown(folder: Path, cases: list[dict[str, Any]], city: City) -> dict[str, tuple[float | None, float | None]]:
    """For each case, in the order given: where the public file shows it, in its facts and its record alike."""
    generation = load(folder, cases, city)
    with duckdb.connect(str(generation.path("public")), read_only=True) as mart:
        facts = dict(mart.execute("SELECT case_id, (latitude, longitude) FROM spell").fetchall())
        assert facts == dict(mart.execute("SELECT case_id, (latitude, longitude) FROM case_record").fetchall())
    with duckdb.connect(str(generation.path("staff")), read_only=True) as mart:
        numbers = dict(mart.execute("SELECT source_id, case_id FROM case_record").fetchall())
    return {name: facts[number] for name, number in numbers.items() if number in facts}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("points")


CASES = [
    *[case(number, place, "north") for number, place in enumerate(NORTH)],
    *[case(100 + number, place, "south") for number, place in enumerate(SOUTH)],
    case(200, (48.0, 8.0), "south", "Pothole"), case(201, (49.0, 8.0), "north", "Secret"),
]  # fmt: skip


@pytest.fixture(scope="module")
def first(folder: Path) -> dict[str, tuple[float | None, float | None]]:
    return shown(folder, CASES[:-2], town(folder))


def test_every_point_stands_for_eight_addresses_or_there_is_none(first: dict[str, Any]) -> None:
    north = pd.Series([first[str(number)] for number in range(36)])
    assert north.value_counts().min() >= LEAST_ADDRESSES and north.nunique() == 4  # 36 = 9 + 9 + 9 + 9
    assert {first[str(100 + number)] for number in range(7)} == {(None, None)}


def test_where_a_case_is_shown_never_changes_and_a_later_address_joins_those_there(folder: Path, first: dict[str, Any]) -> None:
    later = [*CASES[:-2], *[case(300 + at, (50.0001 + 0.00001 * at, 8.0001), "north") for at in range(20)]]
    again = shown(folder, later, town(folder))
    assert {name: again[name] for name in first} == first
    assert {again[str(300 + at)] for at in range(20)} == {first["0"]}


def test_no_point_depends_on_where_cases_lie_that_are_not_published(tmp_path: Path) -> None:
    """South has seven published addresses, one too few; seven more of withheld cases make no point there, and move none in the north."""
    withheld = [case(400 + at, (49 + 0.001 * at, 8.001), "south", "Secret") for at in range(7)]
    withheld += [case(500 + at, (50.0001 + 0.001 * at, 8.0001), "north", "Secret") for at in range(5)]
    alone, beside = (
        shown(tmp_path / "alone", CASES[:-2], town(tmp_path / "alone")),
        shown(tmp_path / "beside", [*CASES[:-2], *withheld], town(tmp_path / "beside")),
    )
    assert beside == alone


def test_the_citys_own_list_of_addresses_counts_as_well(tmp_path: Path) -> None:
    (tmp_path / "addresses.csv").write_text("latitude,longitude\n" + "\n".join(f"{49 + at / 500},8.1" for at in range(40)))
    layerless = small_city("UTC", release={"A": ["Pothole"], "cases": True, "addresses": "addresses.csv"})
    found = shown(tmp_path, [case(1, (49.0, 8.0), "south")], City(tmp_path, layerless.file))
    assert found["1"] != (None, None)


def test_without_single_cases_no_place_leaves_the_staffs_mart(tmp_path: Path) -> None:
    with duckdb.connect(str(load(tmp_path, CASES, town(tmp_path, cases=False)).path("public")), read_only=True) as mart:
        assert mart.execute("SELECT count(latitude), count(longitude) FROM spell").fetchall() == [(0, 0)]
    assert not (tmp_path / "mart" / "released" / "points.json").exists()


places = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=120, unique=True)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(places)
def test_of_any_town_every_point_stands_for_eight_addresses(of: list[tuple[int, int]]) -> None:
    addresses = np.array(of) / 1000 + 40
    cut = json.loads(json.dumps(_cut(addresses)))
    to = moved(pd.DataFrame(addresses, columns=["latitude", "longitude"]), cut)
    if len(of) < LEAST_ADDRESSES:
        assert to.isna().all(axis=None)
        return
    sharing = to.groupby(["to_latitude", "to_longitude"]).size()
    assert sharing.sum() == len(of) and sharing.min() >= LEAST_ADDRESSES


def test_the_key_of_a_place_is_this_installations_own_and_stays(tmp_path: Path) -> None:
    """Two cases at one address have one key; another installation has another, so a list of addresses opens neither."""
    cases = [case(1, NORTH[0], "north", location_key=7), case(2, NORTH[1], "north", location_key=7), case(3, NORTH[2], "north")]

    def keys(folder: Path) -> list[int]:
        with duckdb.connect(str(load(folder, cases, town(folder)).path("staff")), read_only=True) as mart:
            return [key for (key,) in mart.execute("SELECT location_key FROM case_record ORDER BY source_id").fetchall()]

    one, same, other = keys(tmp_path / "one"), keys(tmp_path / "one"), keys(tmp_path / "other")
    assert one[0] == one[1] != one[2] and 7 not in one
    assert one == same and not set(one) & set(other)
