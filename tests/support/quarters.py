"""A town on the map whose quarters can be counted by hand. Everything happened in March 2026; `AS_OF` is the 30th, 00:00 UTC.

    quarter   people   fell due   of them late        outline
    Abbey      1,000         40   16: 60.0 % on time  a square from 10.0 E 50.0 N, half a degree wide, with a hole
    Brook        400         15    0                  the square east of it
    Castle         -          4    2                  two small squares north
    Down       2,000          0                       the square north of Brook
    (nowhere)                 2    0                  not on the map, and without a place

Those in Abbey lie in ward "1", all others in ward "2"; wards have no outlines. Abbey's cases are Parks', the others' Roads'.
Each case was opened on the 2nd and fell due on the 4th. Water lies over Abbey, a street runs through it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.marts import make_mart, small_city

AS_OF = datetime(2026, 3, 30)
MONTH = {"from_": "2026-03-02", "to": "2026-03-30"}
CASES = {"Abbey": (40, 16), "Brook": (15, 0), "Castle": (4, 2), None: (2, 0)}
PLACES = {"Abbey": (10.1, 50.1), "Brook": (10.7, 50.1), "Castle": (10.11, 50.61), None: (None, None)}


def square(west: float, south: float, width: float) -> list[list[float]]:
    """A ring against the clock, as GeoJSON wants the outside."""
    return [[west, south], [west + width, south], [west + width, south + width], [west, south + width], [west, south]]


SHAPES: dict[str, tuple[int | None, dict[str, Any]]] = {
    "Abbey": (1_000, {"type": "Polygon", "coordinates": [square(10, 50, 0.5), square(10.2, 50.2, 0.1)[::-1]]}),
    "Brook": (400, {"type": "Polygon", "coordinates": [square(10.5, 50, 0.5)]}),
    "Castle": (None, {"type": "MultiPolygon", "coordinates": [[square(10.1, 50.6, 0.05)], [square(10.3, 50.6, 0.1)]]}),
    "Down": (2_000, {"type": "Polygon", "coordinates": [square(10.5, 50.5, 0.5)]}),
}
LAYERS = """
[[area_layer]]
id = "quarter"
name = "Quarter"
plural = "Quarters"
file = "quarters.geojson"
[[area_layer]]
id = "ward"
name = "Ward"
plural = "Wards"
"""
"""For the `city.toml` of a desk."""


def make_town(folder: Path, as_of: datetime = AS_OF) -> Path:
    """Publish the town in `folder`."""
    features = [
        {"type": "Feature", "properties": {"name": name, "people": people}, "geometry": shape} for name, (people, shape) in SHAPES.items()
    ]
    _write(folder / "quarters.geojson", features)
    _write(
        folder / "lake.geojson",
        [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square(10.05, 50.05, 0.02)]}}],
    )
    _write(
        folder / "streets.geojson",
        [{"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[10, 50], [10.5, 50.5]]}}],
    )
    city = small_city(
        "UTC", release={"all_A": True}, department=[{"id": "parks", "name": "Parks"}, {"id": "roads", "name": "Roads"}],
        area_layer=[
            {"id": "quarter", "name": "Quarter", "plural": "Quarters", "assign": "name", "file": str(folder / "quarters.geojson"), "population_property": "people"},
            {"id": "ward", "name": "Ward", "plural": "Wards", "assign": "name"},
            {"id": "water", "name": "Water", "plural": "Waters", "context": True, "file": str(folder / "lake.geojson")},
            {"id": "streets", "name": "Street", "plural": "Streets", "context": True, "file": str(folder / "streets.geojson")},
        ],
    )  # fmt: skip
    opened, due = datetime(2026, 3, 2, 9), datetime(2026, 3, 4, 9)
    made: list[dict[str, Any]] = []
    for quarter, (count, late) in CASES.items():
        for number in range(count):
            lon, lat = PLACES[quarter]
            made.append({
                "source_id": f"{len(made) + 1}", "department": "parks" if quarter == "Abbey" else "roads", "request_type": "tree", "case_class": "service",
                "channel": "phone", "initiated_by": "resident", "opened_at": opened, "due_at": due, "status": "closed", "outcome": "resolved",
                "closed_at": datetime(2026, 3, 6, 9) if number < late else datetime(2026, 3, 3, 9), "area_1": quarter,
                "area_2": "1" if quarter == "Abbey" else "2", "longitude": None if lon is None else lon + number / 1_000, "latitude": lat,
            })  # fmt: skip
    make_mart(folder, made, as_of=as_of, city=city)
    return folder


def _write(path: Path, features: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
