"""Which areas of a layer touch: the pairs that a question about clusters is asked of."""

from __future__ import annotations

import numpy as np

from data_access.cache import cached
from metrics.select import Asked

REACH_DEGREES = 0.0004
"""About 40 m: outlines are simplified for drawing and published borders have gaps of a few metres."""


def borders(asked: Asked, layer: str) -> tuple[list[str], np.ndarray]:
    """The areas of `layer` that have an outline, by id, and the pairs of positions (rows of two, lower first) that share a border.

    Areas that only meet in a corner are neighbours too ("queen").
    """
    found = cached("borders", asked.mart.edition, asked.scope, [layer], lambda: _found(asked, layer))
    return found["areas"], np.array(found["pairs"], dtype=np.int64).reshape(-1, 2)


def _found(asked: Asked, layer: str) -> dict[str, list]:
    import shapely  # imported late: most views ask nothing of it

    members = [member for member in asked.open_areas(layer) if member.extra.get("geometry")]
    outlines = shapely.from_geojson([member.extra["geometry"] for member in members])
    near = shapely.STRtree(outlines).query(outlines, predicate="dwithin", distance=REACH_DEGREES) if members else np.empty((2, 0), int)
    pairs = near[:, near[0] < near[1]].T
    return {"areas": [member.slug for member in members], "pairs": sorted(pairs.tolist())}


def grid_borders(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The pairs of cells (whole column and row numbers) that share a side or a corner."""
    at = {place: number for number, place in enumerate(zip(x.tolist(), y.tolist(), strict=True))}
    steps = ((1, 0), (0, 1), (1, 1), (1, -1))
    pairs = [
        sorted((number, at[(col + dx, row + dy)])) for (col, row), number in at.items() for dx, dy in steps if (col + dx, row + dy) in at
    ]
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
