"""Where a case lies: polygons of every kind of dirt, points inside, between and outside, and names for places."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pandas as pd
import pytest
import shapely
from shapely import Polygon, box

from data_access import areas
from data_access.city import City, CityError
from data_access.city_models import AreaLayer, CityFile

HERE = (-74.0, 40.0)
"""Everything below lies within a degree of here."""


def square(x: float, y: float, size: float) -> Polygon:
    """`size` degrees wide, its south-west corner (x, y) degrees from here."""
    return box(HERE[0] + x, HERE[1] + y, HERE[0] + x + size, HERE[1] + y + size)


def layer_of(**more: object) -> AreaLayer:
    return AreaLayer.model_validate({"id": "district", "name": "District", "plural": "Districts", "file": "map.geojson", **more})


def city_in(folder: Path) -> City:
    facts = {"id": "t", "name": "T", "zone": "America/New_York"}
    return City(folder, CityFile.model_validate({"city": facts, "programme": [{"id": "requests", "name": "Requests"}], "source": []}))


def written(folder: Path, shapes: dict[str, object], **properties: list[object]) -> Path:
    """map.geojson with these named shapes and further properties, in WGS84 without saying so, as GeoJSON is."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, **{key: values[i] for key, values in properties.items()}},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for i, (name, shape) in enumerate(shapes.items())
    ]
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def read(folder: Path, shapes: dict[str, object], **properties: list[object]) -> geopandas.GeoDataFrame:
    written(folder, shapes, **properties)
    return areas.read_layer(city_in(folder), layer_of())


def at(polygons: geopandas.GeoDataFrame, *points: tuple[float, float]) -> list[str | None]:
    """The areas of points, given as degrees (east, north) from here."""
    frame = pd.DataFrame([(HERE[1] + y, HERE[0] + x) for x, y in points], columns=["latitude", "longitude"])
    return [None if slug != slug else slug for slug in areas.locate(frame, polygons)]


# Points


def test_a_point_lies_in_the_polygon_around_it_and_outside_in_none(tmp_path: Path) -> None:
    polygons = read(tmp_path, {"West": square(0, 0, 0.1), "East": square(0.1, 0, 0.1)})
    assert at(polygons, (0.05, 0.05), (0.15, 0.05), (0.5, 0.5), (0.05, -0.01)) == ["west", "east", None, None]


def test_a_point_on_a_common_border_lies_in_exactly_one_area(tmp_path: Path) -> None:
    """A street that divides two districts belongs to the smaller one, and to the same one every time."""
    polygons = read(tmp_path, {"West": square(0, 0, 0.1), "East": square(0.1, 0, 0.09)})
    assert at(polygons, (0.1, 0.05), (0.1, 0.05), (0.1, 0.095)) == ["east", "east", "west"]


def test_where_areas_overlap_the_smaller_one_has_the_point(tmp_path: Path) -> None:
    """Los Angeles' councils overlap by 26 square kilometres; the more specific one is meant."""
    polygons = read(tmp_path, {"Whole": square(0, 0, 0.3), "Quarter": square(0.1, 0.1, 0.1)})
    assert at(polygons, (0.15, 0.15), (0.05, 0.05)) == ["quarter", "whole"]


def test_a_hole_is_outside(tmp_path: Path) -> None:
    """A city that surrounds a town which is none of its districts."""
    ring = Polygon(square(0, 0, 0.3).exterior, [square(0.1, 0.1, 0.1).exterior])
    assert at(read(tmp_path, {"Ring": ring}), (0.15, 0.15), (0.05, 0.05)) == [None, "ring"]


def test_every_point_gets_its_own_answer_in_its_own_order(tmp_path: Path) -> None:
    polygons = read(tmp_path, {"West": square(0, 0, 0.1), "East": square(0.1, 0, 0.1)})
    frame = pd.DataFrame({"latitude": [40.05, 40.05, 50.0], "longitude": [-73.85, -73.95, -73.95]}, index=[7, 3, 5])
    assert areas.locate(frame, polygons).to_dict() == {7: "east", 3: "west", 5: pytest.approx(float("nan"), nan_ok=True)}


# Dirty boundaries


def test_a_polygon_that_crosses_itself_is_made_valid(tmp_path: Path) -> None:
    """A bow tie: two triangles that meet in one point. Both are inside, above and below is not."""
    x, y = HERE
    bow_tie = Polygon([(x, y), (x + 0.2, y + 0.2), (x + 0.2, y), (x, y + 0.2)])
    assert not bow_tie.is_valid
    polygons = read(tmp_path, {"Bow tie": bow_tie})
    assert polygons.geometry.is_valid.all()
    assert at(polygons, (0.02, 0.1), (0.18, 0.1), (0.1, 0.18)) == ["bow-tie", "bow-tie", None]


def test_an_area_in_several_features_is_one_area(tmp_path: Path) -> None:
    """An island and its mainland, in two rows of the file: one district, its people counted once."""
    path = written(tmp_path, {"Harbour": square(0, 0, 0.1), "x": square(0.3, 0, 0.05), "Hill": square(0.5, 0, 0.1)}, people=[900, 900, 100])
    path.write_text(path.read_text().replace('"name": "x"', '"name": "Harbour"'))
    polygons = areas.read_layer(city_in(tmp_path), layer_of(population_property="people"))
    assert polygons[["slug", "population"]].to_numpy().tolist() == [["harbour", 900.0], ["hill", 100.0]]
    assert at(polygons, (0.05, 0.05), (0.32, 0.02), (0.2, 0.02)) == ["harbour", "harbour", None]


def test_a_feature_without_a_shape_is_left_out(tmp_path: Path) -> None:
    polygons = read(tmp_path, {"Hill": square(0, 0, 0.1), "Unknown": None, "Empty": Polygon()})
    assert polygons["slug"].tolist() == ["hill"]


def test_numbers_in_the_file_are_names_without_decimals(tmp_path: Path) -> None:
    """A number beside an empty value is read as 7.0; the ward is ward 7."""
    written(tmp_path, {"a": square(0, 0, 0.1), "b": square(0.1, 0, 0.1)}, ward=[7, None])
    polygons = areas.read_layer(city_in(tmp_path), layer_of(name_property="ward"))
    assert polygons["name"].tolist() == ["7", "District"]


def test_areas_of_another_alphabet_stay_apart(tmp_path: Path) -> None:
    assert read(tmp_path, {"Πλάκα": square(0, 0, 0.1), "Κυψέλη": square(0.2, 0, 0.1)})["slug"].tolist() == ["κυψελη", "πλακα"]


def test_another_coordinate_system_is_turned_into_degrees(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"name": ["Hill"]}, geometry=[square(0, 0, 0.1)], crs=4326).to_crs(32618)
    frame.to_file(tmp_path / "map.gpkg")
    polygons = areas.read_layer(city_in(tmp_path), layer_of(file="map.gpkg"))
    assert at(polygons, (0.05, 0.05)) == ["hill"]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_map_without_a_coordinate_system_is_refused(tmp_path: Path) -> None:
    """São Paulo's districts come so: taken for degrees they would lie nowhere, silently."""
    geopandas.GeoDataFrame({"name": ["Hill"]}, geometry=[square(0, 0, 0.1)]).to_file(tmp_path / "map.shp")
    with pytest.raises(CityError, match=r"area_layer 'district': map\.shp has no coordinate system; save it as GeoJSON in WGS84"):
        areas.read_layer(city_in(tmp_path), layer_of(file="map.shp"))


def test_metres_that_pose_as_degrees_are_refused(tmp_path: Path) -> None:
    """GeoJSON that names no system counts as WGS84, also when it holds metres."""
    with pytest.raises(CityError, match=r"has coordinates such as 583000, 4\.5\d*e\+06, which are no degrees"):
        read(tmp_path, {"Hill": box(583_000, 4_507_000, 584_000, 4_508_000)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no map", "map.geojson cannot be read"),
        ('{"type": "FeatureCollection", "features": []}', "map.geojson has no areas"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "a"}, "geometry": null}]}', "has no"),
        (None, "does not exist; put the GeoJSON there or mend 'file'"),
    ],
)
def test_a_file_that_is_no_map_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "map.geojson").write_text(text)
    with pytest.raises(CityError, match="area_layer 'district'") as error:
        areas.read_layer(city_in(tmp_path), layer_of())
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_property_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    written(tmp_path, {"Hill": square(0, 0, 0.1)}, people=[900])
    with pytest.raises(CityError, match=r"has no property 'population' \(for population_property\); it has name, people"):
        areas.read_layer(city_in(tmp_path), layer_of(population_property="population"))


# What is drawn


def test_neighbours_are_simplified_along_the_same_line(tmp_path: Path) -> None:
    """A border of 400 small steps between two districts: fewer corners afterwards, no gap and no overlap."""
    steps = [(HERE[0] + 0.1 + (i % 2) * 0.00005, HERE[1] + i * 0.0005) for i in range(401)]
    west = Polygon([(HERE[0], HERE[1] + 0.2), HERE, *steps])
    east = Polygon([(HERE[0] + 0.2, HERE[1]), (HERE[0] + 0.2, HERE[1] + 0.2), *reversed(steps)])
    shapes = [shapely.from_geojson(text) for text in areas.drawn(read(tmp_path, {"West": west, "East": east}))]
    assert sum(shapely.get_num_coordinates(shapes)) < 300  # of 808
    assert shapes[0].intersection(shapes[1]).area < 1e-9
    assert shapely.union_all(shapes).area == pytest.approx(shapely.union_all([west, east]).area, rel=1e-3)


def test_what_is_drawn_is_small_valid_and_never_nothing(tmp_path: Path) -> None:
    """A district of eight metres is smaller than the detail of a map and still there."""
    polygons = read(tmp_path, {"Kiosk": square(0, 0, 0.00008), "Big": square(0.1, 0, 0.1)})
    for text in areas.drawn(polygons):
        shape = shapely.from_geojson(text)
        assert shape.is_valid and shape.area > 0 and len(text) < 200


# Names


@pytest.mark.parametrize(
    ("label", "area"),
    [
        ("Ward 3", "ward-3"), ("ward 3", "ward-3"), ("3", "ward-3"), ("03", "ward-3"), ("3.0", "ward-3"), (" WARD 03 ", "ward-3"),
        ("13", "ward-13"), ("QUEENS 05", "05-queens"), ("05 QUEENS", "05-queens"), ("Saint-Henri / Émard", "saint-henri-emard"),
        ("St Henri", "saint-henri-emard"), ("Atlantis", None), ("", None), ("33", None),
    ],
)  # fmt: skip
def test_a_source_means_an_area_by_its_number_its_name_or_an_alias(tmp_path: Path, label: str, area: str | None) -> None:
    polygons = read(
        tmp_path, {name: square(i / 10, 0, 0.1) for i, name in enumerate(["Ward 3", "Ward 13", "05 QUEENS", "Saint-Henri–Émard"])}
    )
    layer = layer_of(id="ward", name="Ward", aliases={"St. Henri": "Saint-Henri–Émard"})
    assert areas.names_to_slugs(layer, polygons, [label]).get(label) == area


def test_without_a_map_every_name_is_an_area_and_spellings_of_one_are_one() -> None:
    layer = AreaLayer.model_validate({"id": "ward", "name": "Ward", "plural": "Wards", "assign": "name"})
    assert areas.names_to_slugs(layer, None, ["Ward 3", "03", "3.0", "Ward 4"]) == {"Ward 3": "3", "03": "3", "3.0": "3", "Ward 4": "4"}
