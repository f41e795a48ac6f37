"""Port Alder is a whole city: nothing missing between its neighbourhoods, nothing counted twice, nowhere real."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from data_access.demo import plan
from data_access.demo.areas import address_file, area_files
from data_access.demo.places import ADDRESSES, ADDRESSES_PER_STREET, Places, address
from data_access.slugs import slug
from settings import ROOT

FOLDER = ROOT / "cities" / "demo" / "areas"
LAYERS = ("neighbourhoods", "districts", "water", "parks", "streets")
Drawn = dict[str, list[tuple[dict[str, Any], BaseGeometry]]]


def _features(text: str) -> list[tuple[dict[str, Any], BaseGeometry]]:
    found = json.loads(text)["features"]
    return [(feature["properties"], shapely.from_geojson(json.dumps(feature["geometry"]))) for feature in found]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return {layer: _features((FOLDER / f"{layer}.geojson").read_text("utf-8")) for layer in LAYERS}


def test_the_files_in_the_repository_are_what_the_code_draws(drawn: Drawn) -> None:
    again = {name.removesuffix(".geojson"): _features(text) for name, text in area_files().items()}
    assert set(again) == set(LAYERS)
    for layer in LAYERS:
        assert [facts for facts, _ in drawn[layer]] == [facts for facts, _ in again[layer]]
        for (_, shape), (_, other) in zip(drawn[layer], again[layer], strict=True):
            assert shapely.hausdorff_distance(shape, other) < 2e-5


def test_every_street_is_listed_by_its_first_and_last_house() -> None:
    """So that every address of the demo city leads a resident to its neighbourhood."""
    text = (FOLDER / "addresses.csv").read_text("utf-8")
    assert text == address_file()
    assert len(text.splitlines()) == 1 + 2 * len(plan.NEIGHBOURHOODS) * ADDRESSES // ADDRESSES_PER_STREET


def test_neighbourhoods_tile_their_districts_without_gap_or_overlap(drawn: Drawn) -> None:
    hoods = [shape for _, shape in drawn["neighbourhoods"]]
    assert shapely.coverage_is_valid(hoods)
    for facts, district in drawn["districts"]:
        mine = [shape for other, shape in drawn["neighbourhoods"] if other["district"] == facts["id"]]
        assert len(mine) >= 3
        assert sum(shape.area for shape in mine) == pytest.approx(district.area, rel=1e-9)
        assert shapely.union_all(mine).symmetric_difference(district).area < 1e-12


def test_no_two_neighbourhoods_share_ground(drawn: Drawn) -> None:
    hoods = [shape for _, shape in drawn["neighbourhoods"]]
    shared = [a.intersection(b).area for n, a in enumerate(hoods) for b in hoods[n + 1 :]]
    assert max(shared) < 1e-12


def test_there_are_eight_districts_of_thirty_neighbourhoods_each_with_people_and_an_income(drawn: Drawn) -> None:
    assert (len(drawn["districts"]), len(drawn["neighbourhoods"])) == (8, 30)
    for facts, _ in drawn["neighbourhoods"]:
        assert facts["population"] > 3_000 and 30_000 < facts["median_income"] < 100_000
    of_districts = sum(facts["population"] for facts, _ in drawn["districts"])
    assert of_districts == sum(facts["population"] for facts, _ in drawn["neighbourhoods"])
    assert 300_000 < of_districts < 600_000


def test_every_shape_is_valid_in_one_piece_and_labelled_simulated(drawn: Drawn) -> None:
    for layer in LAYERS:
        assert all(shape.is_valid and not shape.is_empty and facts["simulated"] for facts, shape in drawn[layer])
    with_islands = {facts["name"] for facts, shape in drawn["neighbourhoods"] if shape.geom_type == "MultiPolygon"}
    assert with_islands == {plan.ISLANDS_BELONG_TO}


def test_the_city_lies_in_the_open_atlantic_where_nobody_lives(drawn: Drawn) -> None:
    """The nearest land, the Azores, begins at 31 degrees west."""
    west, south, east, north = shapely.total_bounds([shape for layer in LAYERS for _, shape in drawn[layer]])
    assert -46 < west < east < -44 and 36 < south < north < 38


def test_the_sea_touches_the_city_and_covers_none_of_it(drawn: Drawn) -> None:
    city = shapely.union_all([shape for _, shape in drawn["districts"]])
    sea = drawn["water"][0][1]
    assert sea.intersection(city).area < 1e-4 * city.area
    assert sea.distance(city) < 2e-5


def test_a_browser_gets_each_layer_in_less_than_200_kilobytes_with_five_decimals() -> None:
    for layer in LAYERS:
        text = (FOLDER / f"{layer}.geojson").read_text("utf-8")
        assert len(text.encode()) < 200_000
        assert not re.search(r"-?\d+\.\d{6,}", text)


def test_names_give_different_ids_so_that_a_link_means_one_place(drawn: Drawn) -> None:
    for layer in ("neighbourhoods", "districts"):
        ids = [facts["id"] for facts, _ in drawn[layer]]
        assert len(set(ids)) == len(ids) and ids == [slug(facts["name"]) for facts, _ in drawn[layer]]


def test_addresses_lie_in_their_neighbourhood_on_dry_land_and_no_two_are_called_the_same(drawn: Drawn) -> None:
    places = Places()
    sea, river = drawn["water"][0][1], drawn["water"][1][1]
    for number, (_, shape) in enumerate(drawn["neighbourhoods"]):
        points = shapely.points(places.longitude[number], places.latitude[number])
        assert shapely.distance(shape, points).max() < 2e-5
        # A point is rounded to about a metre, which may put it on the very bank.
        assert (shapely.distance(shapely.boundary(river), points)[shapely.contains(river, points)] < 2e-5).all()
        assert not shapely.contains(sea.buffer(-2e-5), points).any()
    texts = {address(hood, number) for hood in range(len(plan.NAMES)) for number in range(ADDRESSES)}
    assert len(texts) == len(plan.NAMES) * ADDRESSES


def test_every_type_of_request_comes_from_everywhere_but_not_equally() -> None:
    shares = np.diff(Places().hood_steps, axis=1, prepend=0)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares.min() > 0 and shares.max() < 0.15
