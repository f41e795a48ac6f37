"""Places as RFC 7946 GeoJSON: WGS84, longitude first, outlines counter-clockwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from components.files import json_value

TYPE = "application/geo+json"
DECIMALS = 6
"""About 10 cm: more would claim what no map knows."""


def collection(features: Iterable[dict[str, Any]], **facts: Any) -> bytes:
    """A FeatureCollection with `facts` beside its features."""
    return orjson.dumps({"type": "FeatureCollection", **facts, "features": list(features)})


def feature(number: str, geometry: Mapping[str, Any] | None, row: Mapping[Any, Any]) -> dict[str, Any]:
    """One place with what is told of it; `geometry` is None where it is on no map."""
    return {
        "type": "Feature",
        "id": number,
        "geometry": geometry,
        "properties": {str(name): json_value(value) for name, value in row.items()},
    }


def point(longitude: Any, latitude: Any) -> dict[str, Any] | None:
    """A point in degrees, None if there is none."""
    at = [json_value(longitude), json_value(latitude)]
    return None if None in at else {"type": "Point", "coordinates": [round(each, DECIMALS) for each in at]}


def outline(text: str | None) -> dict[str, Any] | None:
    """A GeoJSON geometry of the mart, its outer rings counter-clockwise and its holes clockwise."""
    if not text:
        return None
    import shapely  # imported late: few processes are asked for maps

    return orjson.loads(shapely.to_geojson(shapely.orient_polygons(shapely.from_geojson(text))))
