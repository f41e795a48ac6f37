"""Port Alder's streets: a grid of its own direction in every district, avenues, a ring, bridges."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from data_access.demo import plan

GRIDS: dict[str, tuple[float, float]] = {
    "Harbour": (38, 0.30), "Riverside": (8, 0.34), "North Side": (17, 0.62), "Hill": (-12, 0.45), "West End": (29, 0.66),
    "Mills": (-4, 0.48), "South Shore": (-33, 0.52), "Garden": (3, 0.50),
}  # fmt: skip
"""Degrees by which the grid is turned, and kilometres between streets."""
HUB = (9.8, 8.7)
AVENUES_TO: plan.Points = (
    (12.2, 16.6),
    (8.0, 16.0),
    (3.2, 14.4),
    (0.2, 10.6),
    (1.2, 5.4),
    (4.4, 1.6),
    (9.0, 0.0),
    (13.4, -0.6),
    (16.4, 7.7),
)
RING_KM = 4.3


def lay(districts: list[BaseGeometry], dry: BaseGeometry, parks: list[BaseGeometry], river: BaseGeometry) -> list[BaseGeometry]:
    """[side streets, avenues and ring] in kilometres; only avenues and ring cross the river and the parks."""
    open_ground = dry.difference(shapely.union_all(parks)).buffer(-0.04)
    grids = [_grid(shape.intersection(open_ground), *GRIDS[name]) for shape, name in zip(districts, plan.DISTRICTS, strict=True)]
    side = shapely.line_merge(shapely.union_all(grids))
    long_enough = [line for line in shapely.get_parts(side) if line.length > 0.12]
    main = shapely.union_all([_avenues(), _ring()]).intersection(shapely.union_all([dry.buffer(-0.04), river]))
    return [MultiLineString(long_enough), shapely.line_merge(main)]


def _grid(ground: BaseGeometry, degrees: float, spacing: float) -> BaseGeometry:
    turn = np.deg2rad(degrees)
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    middle = np.array([ground.centroid.x, ground.centroid.y])
    # Blocks are longer than they are wide.
    steps = [(along, across, spacing), (across, along, 1.7 * spacing)]
    lines = [
        LineString([middle + side * offset - way * 14, middle + side * offset + way * 14])
        for way, side, gap in steps for offset in np.arange(-14 * gap, 14.01 * gap, gap)
    ]  # fmt: skip
    return shapely.intersection(MultiLineString(lines), ground)


def _avenues() -> BaseGeometry:
    """From the hub to the town line, each bending once."""
    hub = np.array(HUB)
    bent = []
    for number, end in enumerate(np.array(AVENUES_TO)):
        aside = np.array([-(end - hub)[1], (end - hub)[0]]) * (0.06 if number % 2 else -0.06)
        bent.append(LineString([hub, (hub + end) / 2 + aside, end]))
    return MultiLineString(bent)


def _ring() -> BaseGeometry:
    angle = np.linspace(0.35 * np.pi, 1.72 * np.pi, 48)
    return LineString(np.column_stack([HUB[0] + RING_KM * np.cos(angle), HUB[1] - 0.8 + RING_KM * np.sin(angle)]))
