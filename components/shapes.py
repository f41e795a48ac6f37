"""The outlines a map is drawn with: areas, and what makes a place look like itself (water, parks, streets).

Outlines come from the mart, already simplified. Here they are only turned the way plotly wants
them and given a spot for their name; that is kept for each generation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from data_access.cache import cached
from data_access.mart.dimensions import Member
from metrics.areas import layers
from metrics.select import Asked

Kind = Literal["water", "green", "street"]
Ring = list[list[float]]
LINES = 15
"""Lines across an area that are tried for its name."""
EDGE = 0.03
"""Room around the city, as a part of its extent."""


@dataclass(frozen=True)
class Spot:
    """Where an area's name stands: the middle of its widest line, and how much room there is, in degrees."""

    lon: float
    lat: float
    width: float
    height: float


@dataclass(frozen=True)
class Shapes:
    """The areas of one layer that have an outline."""

    features: dict[str, dict[str, Any]]
    """Area id -> GeoJSON feature with that id."""
    spots: dict[str, Spot]
    box: tuple[float, float, float, float]
    """West, south, east, north of what is drawn: the whole city, whichever layer, so that a reader's zoom means the same in all."""

    def area_at(self, lon: float, lat: float) -> str | None:
        """The area a point lies in."""
        for slug, feature in self.features.items():
            if any(_is_inside(polygon, lon, lat) for polygon in _polygons(feature["geometry"])):
                return slug
        return None


@dataclass(frozen=True)
class Backdrop:
    """One context layer: polygons as features, lines as coordinates with a gap (None) between two."""

    kind: Kind
    features: list[dict[str, Any]]
    lon: list[float | None]
    lat: list[float | None]


def layer_shapes(asked: Asked, layer: str) -> Shapes | None:
    """The outlines of `layer`; None if its areas are known by name only."""
    every = {
        name: cached("shapes", asked.mart.edition, asked.scope, [name], partial(_shapes, asked.mart.dimensions.areas(name)))
        for name in layers(asked)
    }
    made = every[layer]
    if not made["features"]:
        return None
    boxes = [one["box"] for one in every.values() if one["features"]]
    box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    return Shapes(made["features"], {slug: Spot(*spot) for slug, spot in made["spots"].items()}, box)


def backdrops(asked: Asked) -> list[Backdrop]:
    """The city's context layers, what lies lowest first: water, parks, then streets."""
    found = []
    for layer in (layer for layer in asked.mart.dimensions.area_layers if layer.extra["is_context"]):
        members = asked.mart.dimensions.areas(layer.slug)
        made = cached(
            "backdrop", asked.mart.edition, asked.scope, [layer.slug], lambda layer=layer, members=members: _backdrop(layer, members)
        )
        found.append(Backdrop(**made))
    order = ("water", "green", "street")
    return sorted(found, key=lambda backdrop: order.index(backdrop.kind))


def _shapes(members: Any) -> dict[str, Any]:
    features, spots = {}, {}
    for member in members:
        feature = _feature(member.slug, member.extra.get("geometry"))
        if feature is not None:
            features[member.slug] = feature
            spots[member.slug] = _spot(_polygons(feature["geometry"]))
    rings = [ring for feature in features.values() for polygon in _polygons(feature["geometry"]) for ring in polygon[:1]]
    return {"features": features, "spots": spots, "box": _box(rings)}


def _backdrop(layer: Member, members: Any) -> dict[str, Any]:
    features, lon, lat = [], [], []
    for number, member in enumerate(members):
        geometry = json.loads(member.extra.get("geometry") or "null")
        feature = _feature(f"{layer.slug}-{number}", member.extra.get("geometry"))
        if feature is not None:
            features.append(feature)
        for line in _lines(geometry):
            lon += [round(x, 5) for x, _ in line] + [None]
            lat += [round(y, 5) for _, y in line] + [None]
    is_water = re.search(r"water|river|lake|sea|bay|harbou?r|canal", f"{layer.slug} {layer.name}".lower())
    return {"kind": "street" if lon else "water" if is_water else "green", "features": features, "lon": lon, "lat": lat}


def _feature(key: str, text: Any) -> dict[str, Any] | None:
    """A polygon as plotly draws it; None for what has no surface."""
    geometry = json.loads(text) if isinstance(text, str) else None
    polygons = [_turned(polygon) for polygon in _polygons(geometry)] if geometry else []
    polygons = [polygon for polygon in polygons if polygon]
    if not polygons:
        return None
    shape = {"type": "MultiPolygon", "coordinates": polygons} if len(polygons) > 1 else {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "Feature", "id": key, "geometry": shape}


def _turned(polygon: list[Ring]) -> list[Ring]:
    """`polygon` with its outside clockwise and its holes the other way: on d3's sphere an outline turned wrongly is the rest of the world."""
    made = []
    for number, ring in enumerate(polygon):
        size = _surface(ring)
        if size == 0:
            if number == 0:
                return []
            continue
        is_clockwise = size < 0
        made.append(ring if is_clockwise == (number == 0) else ring[::-1])
    return made


def _polygons(geometry: dict[str, Any]) -> list[list[Ring]]:
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"]]
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else []


def _lines(geometry: dict[str, Any] | None) -> list[Ring]:
    if geometry is None or not geometry["type"].endswith("LineString"):
        return []
    return [geometry["coordinates"]] if geometry["type"] == "LineString" else geometry["coordinates"]


def _surface(ring: Ring) -> float:
    """Square degrees, positive if the ring runs against the clock."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:], strict=False)) / 2


def _spot(polygons: Sequence[list[Ring]]) -> tuple[float, float, float, float]:
    """The widest line across the largest part of an area, away from its upper and lower ends."""
    largest = max(polygons, key=lambda polygon: abs(_surface(polygon[0])))
    low, high = min(y for _, y in largest[0]), max(y for _, y in largest[0])
    best = (0.0, (low + high) / 2, 0.0)
    for number in range(1, LINES):
        lat = low + (high - low) * number / LINES
        # A line near the middle is preferred to a slightly wider one at the edge.
        weight = 1 - 0.5 * abs(2 * number / LINES - 1)
        for west, east in _crossings(largest, lat):
            if (east - west) * weight > best[2]:
                best = ((west + east) / 2, lat, (east - west) * weight)
    width = max((east - west for west, east in _crossings(largest, best[1]) if west <= best[0] <= east), default=0.0)
    return round(best[0], 5), round(best[1], 5), round(width, 5), round((high - low) * 0.6, 5)


def _crossings(polygon: list[Ring], lat: float) -> list[tuple[float, float]]:
    """The stretches of a line of latitude that lie inside."""
    at = []
    for ring in polygon:
        for (x0, y0), (x1, y1) in zip(ring, ring[1:], strict=False):
            if (y0 > lat) != (y1 > lat):
                at.append(x0 + (lat - y0) / (y1 - y0) * (x1 - x0))
    at.sort()
    return list(zip(at[::2], at[1::2], strict=False))


def _is_inside(polygon: list[Ring], lon: float, lat: float) -> bool:
    return any(west <= lon <= east for west, east in _crossings(polygon, lat))


def _box(rings: Sequence[Ring]) -> tuple[float, float, float, float]:
    if not rings:
        return (0.0, 0.0, 0.0, 0.0)
    xs, ys = [x for ring in rings for x, _ in ring], [y for ring in rings for _, y in ring]
    west, south, east, north = min(xs), min(ys), max(xs), max(ys)
    across, up = (east - west) * EDGE, (north - south) * EDGE
    return (round(west - across, 5), round(south - up, 5), round(east + across, 5), round(north + up, 5))
