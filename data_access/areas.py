"""Area layers: reading their polygons, and finding which area a point or a name lies in.

Published boundaries are dirty: invalid polygons are made valid, overlaps are settled by the
smaller area (the more specific one), and a file must say or have WGS84 coordinates.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data_access.city import City, CityError
from data_access.city_models import AreaLayer
from data_access.slugs import slug

if TYPE_CHECKING:
    import geopandas

SIMPLIFY_DEGREES = 0.0002
"""About 20 m: finer detail than a city map on a screen can show."""


def read_layer(city: City, layer: AreaLayer) -> geopandas.GeoDataFrame:
    """The polygons of one layer: slug, name, parent_slug, population, median_income, geometry (WGS84, valid).

    Raises:
        CityError: file missing, not readable, without the named property, or not WGS84.
    """
    import geopandas  # imported late: it takes seconds and only loads need it

    path = city.folder / str(layer.file)
    if not path.exists():
        raise CityError(f"area_layer {layer.id!r}: file {path} does not exist; put the GeoJSON there or mend 'file'.")
    frame = _read(path, layer)
    wanted = {
        "name": layer.name_property, "id": layer.id_property, "parent": layer.parent_property,
        "population": layer.population_property, "income": layer.income_property,
    }  # fmt: skip
    for key, column in wanted.items():
        if column is not None and column not in frame.columns and not layer.context:
            raise CityError(
                f"area_layer {layer.id!r}: {path.name} has no property {column!r} (for {key}_property); "
                f"it has {', '.join(c for c in frame.columns if c != 'geometry')}."
            )

    def text(key: str) -> pd.Series:
        column = wanted[key]
        if column is None or column not in frame.columns:
            return pd.Series(None, index=frame.index, dtype="str")
        # A number with a null beside it comes as 3.0: its name is "3".
        return frame[column].astype("str").str.replace(r"^(-?\d+)\.0$", r"\1", regex=True)

    def number(key: str) -> pd.Series:
        column = wanted[key]
        values = frame[column] if column in frame.columns else pd.Series(np.nan, index=frame.index)
        return pd.to_numeric(values, errors="coerce")

    name = text("name").fillna(layer.name)
    key = text("id").fillna(name)
    made = pd.DataFrame(
        {
            "slug": key.map(slug), "name": name,
            "parent_slug": text("parent").map(slug, na_action="ignore"),
            "population": number("population"), "median_income": number("income"),
        }
    )  # fmt: skip
    result = geopandas.GeoDataFrame(made, geometry=frame.geometry.make_valid(), crs=4326)
    if layer.context:
        return result
    # One area may come in several pieces; it stays one area.
    parts = result.dissolve("slug", aggfunc="first", as_index=False) if result["slug"].duplicated().any() else result
    return parts.sort_values("name", ignore_index=True)


def _read(path: Path, layer: AreaLayer) -> geopandas.GeoDataFrame:
    """The features of a file that have a shape, in degrees."""
    import geopandas
    import shapely
    from pyogrio.errors import DataSourceError

    try:
        frame = geopandas.read_file(path)
    except (DataSourceError, ValueError, OSError) as error:
        raise CityError(
            f"area_layer {layer.id!r}: {path.name} cannot be read ({' '.join(str(error).split())[:160]}); save it as GeoJSON."
        ) from None
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise CityError(f"area_layer {layer.id!r}: {path.name} has no shapes; save it as GeoJSON.")
    shapes = frame.geometry.to_numpy()
    frame = frame[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if frame.empty:
        raise CityError(f"area_layer {layer.id!r}: {path.name} has no areas; put them there or take the layer out.")
    if frame.crs is None:
        raise CityError(f"area_layer {layer.id!r}: {path.name} has no coordinate system; save it as GeoJSON in WGS84.")
    frame = frame.to_crs(4326)
    west, south, east, north = frame.total_bounds
    if not (-180.5 <= west <= east <= 180.5 and -90 <= south <= north <= 90):
        # GeoJSON that does not name its coordinate system counts as WGS84, whatever is in it.
        raise CityError(
            f"area_layer {layer.id!r}: {path.name} has coordinates such as {west:g}, {south:g}, which are no degrees; "
            "save it as GeoJSON in WGS84, or name its coordinate system in the file."
        )
    return frame


def drawn(layers: geopandas.GeoDataFrame) -> list[str]:
    """Each geometry as GeoJSON text, simplified for drawing; neighbours keep their common border."""
    import shapely

    geometry = layers.geometry.to_numpy()
    polygons = shapely.get_dimensions(geometry) == 2
    if polygons.all() and len(geometry) and shapely.coverage_is_valid(geometry):
        simple = shapely.coverage_simplify(geometry, SIMPLIFY_DEGREES)
    else:
        simple = shapely.simplify(geometry, SIMPLIFY_DEGREES)
    rounded = shapely.set_precision(shapely.make_valid(simple), 1e-5, mode="valid_output")
    rounded = np.where(shapely.is_empty(rounded), geometry, rounded)
    return [_geojson(shape) for shape in rounded]


def _geojson(shape: Any) -> str:
    import shapely

    # Drawing needs areas and lines only; a repair can leave stray points behind.
    if shape.geom_type == "GeometryCollection":
        parts = [part for part in shape.geoms if part.geom_type in ("Polygon", "MultiPolygon")]
        shape = shapely.union_all(parts) if parts else shape
    return json.dumps(json.loads(shapely.to_geojson(shape)), separators=(",", ":"))


def locate(points: pd.DataFrame, polygons: geopandas.GeoDataFrame) -> pd.Series:
    """The slug of the area each point (`latitude`, `longitude`) lies in; null outside all of them."""
    import geopandas

    order = polygons.geometry.to_crs(polygons.estimate_utm_crs()).area.rank(method="first")
    shapes = polygons.assign(size_order=order)[["slug", "size_order", "geometry"]]
    places = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(points["longitude"], points["latitude"], crs=4326), index=points.index
    )
    hits = places.sjoin(shapes, how="inner", predicate="intersects").sort_values("size_order")
    first = hits[~hits.index.duplicated()]
    return first["slug"].reindex(points.index)


def names_to_slugs(layer: AreaLayer, polygons: geopandas.GeoDataFrame | None, labels: list[str]) -> dict[str, str]:
    """Which area a source means by each of `labels`: by alias, by name or id on the map, else by its own key.

    Numbers are compared without leading zeros and trailing ".0" ("Ward 3", "03", "3.0" -> "3").
    Without a map every label is an area of its own.
    """
    known: dict[str, str] = {}
    if polygons is not None:
        for area_slug, name in zip(polygons["slug"], polygons["name"], strict=True):
            known[_key(layer, area_slug)] = known[_key(layer, name)] = area_slug
    alias = {_key(layer, source): _key(layer, name) for source, name in layer.aliases.items()}
    made = {}
    for label in labels:
        key = _key(layer, label)
        key = alias.get(key, key)
        if polygons is None:
            made[label] = key
        elif key in known:
            made[label] = known[key]
    return made


def _key(layer: AreaLayer, label: str) -> str:
    key = slug(str(label).removesuffix(".0"))
    for word in (slug(layer.name), layer.id):
        key = key.removeprefix(word + "-")
    words = [part.lstrip("0") or "0" if part.isdigit() else part for part in key.split("-")]
    # "05 QUEENS" and "QUEENS 05" name one place.
    digits = [word for word in words if word.isdigit()]
    return "-".join([word for word in words if not word.isdigit()] + digits)
