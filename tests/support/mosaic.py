"""A town of 25 square blocks, five by five, whose every figure can be worked out again with plain loops.

`cases()` are made from a seed only. Blocks are named by row and column: "B00" is the south-west corner.

    B00, B01, B10, B11   three times as many cases as elsewhere
    B44                  half as often on time as its types lead to expect
    B04                  all trees, which are seldom on time anywhere

A tree is on time two times in five, a lamp two times in three, a pothole nine times in ten. Potholes are
reported again while they are open, in row 0 ten times as often as elsewhere. Until the end of February
2026 the five rows were the areas ("Row 0" to "Row 4"). 1,000 people live in each block, in B22 nobody knows how many.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from data_access.city import City
from tests.support.marts import make_mart, small_city

AS_OF = datetime(2026, 4, 30)
SIZE, WIDTH = 5, 0.1
ON_TIME = {"tree": 0.4, "lamp": 0.67, "pothole": 0.9}
AGAIN_PER_DAY = {0: 1.0}
"""Row -> further reports of a pothole per day; elsewhere `AGAIN_ELSEWHERE`."""
AGAIN_ELSEWHERE = 0.1
BLOCKS = tuple(f"B{row}{column}" for row in range(SIZE) for column in range(SIZE))


@cache
def cases() -> list[dict[str, Any]]:
    """The canonical rows, duplicates included; `block` is where each lies."""
    chance, made = random.Random("mosaic"), []
    for row in range(SIZE):
        for column in range(SIZE):
            many = 3 if row < 2 and column < 2 else 1
            for _ in range(many * chance.randint(24, 36)):
                made += _case(chance, row, column, len(made))
    return made


def _case(chance: random.Random, row: int, column: int, number: int) -> list[dict[str, Any]]:
    kind = "tree" if (row, column) == (0, 4) else chance.choice(list(ON_TIME))
    share = ON_TIME[kind] * (0.5 if (row, column) == (4, 4) else 1)
    opened = datetime(2026, 1, 5) + timedelta(hours=chance.randint(0, 24 * 80))
    is_met = chance.random() < share
    closed = opened + timedelta(hours=chance.randint(1, 47) if is_met else chance.randint(49, 300))
    place = {"longitude": column * WIDTH + chance.uniform(0.01, 0.09), "latitude": 50 + row * WIDTH + chance.uniform(0.01, 0.09)}
    common = {
        "request_type": kind,
        "department": "works",
        "channel": "web",
        "initiated_by": "resident",
        "block": f"B{row}{column}",
        **place,
    }
    first = {
        **common, "source_id": f"c{number}", "case_class": "service", "opened_at": opened, "due_at": opened + timedelta(hours=48),
        "closed_at": None if not is_met and chance.random() < 0.2 else closed, "outcome": "resolved",
    }  # fmt: skip
    first["status"] = "closed" if first["closed_at"] else "open"
    made, at = [first], opened
    while kind == "pothole":
        at += timedelta(days=chance.expovariate(AGAIN_PER_DAY.get(row, AGAIN_ELSEWHERE)))
        if at >= (first["closed_at"] or AS_OF) or len(made) > 8:
            break
        made.append({
            **common, "source_id": f"c{number}-{len(made)}", "parent_source_id": first["source_id"], "case_class": "duplicate", "opened_at": at,
            "closed_at": at, "status": "closed", "outcome": "duplicate",
        })  # fmt: skip
    return made


def square(west: float, south: float, width: float, height: float) -> list[list[float]]:
    """A ring against the clock."""
    ring = [(west, south), (west + width, south), (west + width, south + height), (west, south + height), (west, south)]
    return [[round(x, 6), round(y, 6)] for x, y in ring]


def city_of(folder: Path) -> City:
    """The town's `city.toml`, its boundaries written into `folder`."""
    blocks = [
        (f"B{row}{column}", None if (row, column) == (2, 2) else 1_000, square(column * WIDTH, 50 + row * WIDTH, WIDTH, WIDTH))
        for row in range(SIZE)
        for column in range(SIZE)
    ]
    rows = [(f"Row {row}", 5_000, square(0, 50 + row * WIDTH, SIZE * WIDTH, WIDTH)) for row in range(SIZE)]
    for name, areas in (("blocks", blocks), ("rows", rows)):
        features = [
            {"type": "Feature", "properties": {"name": label, "people": people}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for label, people, ring in areas
        ]
        (folder / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    common = {"population_property": "people", "name": "Block", "plural": "Blocks"}
    return small_city(
        "UTC", release={"all_A": True}, department=[{"id": "works", "name": "Works"}],
        area_layer=[
            {"id": "block", "file": str(folder / "blocks.geojson"), "valid_from": "2026-03-01", **common},
            {"id": "old_block", "version_of": "block", "file": str(folder / "rows.geojson"), "valid_to": "2026-02-28", **common},
        ],
    )  # fmt: skip


def make_town(folder: Path) -> Path:
    """Publish the town in `folder`."""
    rows = [{name: value for name, value in case.items() if name != "block"} for case in cases()]
    make_mart(folder, rows, as_of=AS_OF, city=city_of(folder))
    return folder
