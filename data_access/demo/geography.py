"""Draws Port Alder from its plan: the same shapes every time.

Neighbourhoods are unions of small cells, each given to the nearest neighbourhood on its own bank
of the river by a warped distance, so that borders wander as real ones do and still fit without
gaps. Districts are unions of whole neighbourhoods. Lengths are kilometres until the last step
turns them into degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from data_access.demo import plan, streets

SEED = 1729
CELLS = 14_000
OTHER_BANK_KM = 2.5
"""How much further away a neighbourhood across the river seems."""


@dataclass(frozen=True)
class City:
    """The city in degrees; lists are in the order of `plan.NEIGHBOURHOODS` and `plan.DISTRICTS`."""

    neighbourhoods: list[BaseGeometry]
    population: list[int]
    districts: list[BaseGeometry]
    water: list[BaseGeometry]
    parks: list[BaseGeometry]
    streets: list[BaseGeometry]


def draw() -> City:
    """The same city every time."""
    rng = np.random.default_rng(SEED)
    land, sea, islands, river, lakes = _ground(rng)
    ashore = _neighbourhoods(land, rng)
    home = plan.NAMES.index(plan.ISLANDS_BELONG_TO)
    shapes = [_degrees(shapely.union_all([shape, *islands]) if n == home else shape) for n, shape in enumerate(ashore)]
    population = [int(round(shape.area * place.people_per_km2, -1)) for shape, place in zip(ashore, plan.NEIGHBOURHOODS, strict=True)]
    parks = [_blob(x, y, size, rng).intersection(land).difference(shapely.union_all([river, *lakes])) for x, y, size in plan.PARKS]
    dry = land.difference(shapely.union_all([river, *lakes]))
    districts = [
        shapely.union_all([s for s, p in zip(ashore, plan.NEIGHBOURHOODS, strict=True) if p.district == d]) for d in plan.DISTRICTS
    ]
    return City(
        shapes, population,
        [shapely.union_all([s for s, p in zip(shapes, plan.NEIGHBOURHOODS, strict=True) if p.district == d]) for d in plan.DISTRICTS],
        [_degrees(shape) for shape in (sea, river, *lakes)], [_degrees(shape) for shape in parks],
        [_degrees(shape) for shape in streets.lay(districts, dry, parks, river)],
    )  # fmt: skip


def _ground(rng: np.random.Generator) -> tuple[BaseGeometry, BaseGeometry, list[BaseGeometry], BaseGeometry, list[BaseGeometry]]:
    """(mainland of the city, sea, islands, river, lakes)."""
    coast = _roughened(plan.COAST, 0.17, rng)
    town_line = _roughened((plan.COAST[-1], *plan.TOWN_LINE, plan.COAST[0]), 0.035, rng)
    land = max(_polygons(shapely.make_valid(Polygon([*coast, *town_line]))), key=lambda part: part.area)
    _, south, east, north = plan.FRAME
    abroad = [(coast[-1][0] + 0.5, south), (east, south), (east, north), (coast[0][0] - 0.8, north)]
    islands = [_blob(x, y, size, rng) for x, y, size in plan.ISLANDS]
    sea = shapely.make_valid(Polygon([*coast, town_line[0], *abroad])).difference(shapely.union_all([land, *islands]))
    return land, sea, islands, _river().intersection(land), [_blob(x, y, size, rng) for x, y, size in plan.LAKES]


def _roughened(line: plan.Points, strength: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """The line with its middles moved sideways again and again, as coasts are."""
    points = np.array(line)
    for _ in range(3):
        step = np.diff(points, axis=0)
        aside = np.column_stack([-step[:, 1], step[:, 0]]) * rng.normal(0, strength, len(step)).clip(-2 * strength, 2 * strength)[:, None]
        middle = (points[:-1] + points[1:]) / 2 + aside
        woven = np.empty((len(points) + len(middle), 2))
        woven[0::2], woven[1::2] = points, middle
        points = woven
    return [tuple(point) for point in points[:-1]]


def _blob(x: float, y: float, radius: float, rng: np.random.Generator) -> BaseGeometry:
    """A round shape with a wandering edge, somewhat wider than high."""
    angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    waves = sum(np.sin(k * angle + rng.uniform(0, 2 * np.pi)) / k for k in (2, 3, 5))
    reach = radius * (1 + 0.17 * waves)
    return Polygon(np.column_stack([x + 1.2 * reach * np.cos(angle), y + reach * np.sin(angle)]))


def _smooth(line: plan.Points) -> np.ndarray:
    """The line with its corners cut (Chaikin's rule)."""
    points = np.array(line)
    for _ in range(3):
        cut = np.empty((2 * len(points) - 2, 2))
        cut[0::2], cut[1::2] = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], cut, points[-1:]])
    return points


def _river() -> BaseGeometry:
    course = _smooth(plan.RIVER)
    along = np.linspace(0, 1, len(course)) ** 2.2
    half = (plan.RIVER_WIDTH[0] + (plan.RIVER_WIDTH[1] - plan.RIVER_WIDTH[0]) * along) / 2
    flow = np.gradient(course, axis=0)
    aside = np.column_stack([-flow[:, 1], flow[:, 0]]) / np.hypot(flow[:, 0], flow[:, 1])[:, None] * half[:, None]
    return shapely.make_valid(Polygon(np.vstack([course + aside, (course - aside)[::-1]])))


def _neighbourhoods(land: BaseGeometry, rng: np.random.Generator) -> list[BaseGeometry]:
    west, south, east, north = land.bounds
    points = np.column_stack([rng.uniform(west - 1, east + 1, CELLS), rng.uniform(south - 1, north + 1, CELLS)])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    middle = shapely.centroid(cells)
    at = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    warped = at + 0.16 * np.column_stack([np.sin(at[:, 1] * 2.3) + np.sin(at[:, 0] * 3.7), np.cos(at[:, 0] * 2.1) + np.sin(at[:, 1] * 3.1)])
    seeds = np.array([(place.x, place.y) for place in plan.NEIGHBOURHOODS])
    apart = np.hypot(*(warped[:, None, :] - seeds[None, :, :]).transpose(2, 0, 1))
    other_bank = _north_of_river(at)[:, None] != _north_of_river(seeds)[None, :]
    owner = np.argmin(apart + OTHER_BANK_KM * other_bank, axis=1)
    merged = [shapely.union_all(cells[owner == number]) for number in range(len(seeds))]
    return _whole([shapely.make_valid(shape.intersection(land)) for shape in shapely.coverage_simplify(merged, 0.1)])


def _north_of_river(at: np.ndarray) -> np.ndarray:
    course = LineString(_smooth(plan.RIVER))
    line = np.array(course.coords)
    return at[:, 1] > np.interp(at[:, 0], line[:, 0], line[:, 1])


def _whole(shapes: list[BaseGeometry]) -> list[BaseGeometry]:
    """Every shape in one piece: a piece cut off goes to the neighbour it shares most border with."""
    parts = [sorted(_polygons(shape), key=lambda part: -part.area) for shape in shapes]
    main = [pieces[0] for pieces in parts]
    for piece in (piece for pieces in parts for piece in pieces[1:]):
        nearest = int(np.argmax([shape.intersection(piece).length for shape in main]))
        main[nearest] = shapely.union_all([main[nearest], piece])
    return main


def _polygons(shape: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 1e-9]


def _degrees(shape: BaseGeometry) -> BaseGeometry:
    east, north = plan.ORIGIN
    moved = shapely.transform(
        shape, lambda xy: np.column_stack([east + xy[:, 0] / plan.KM_PER_DEGREE[0], north + xy[:, 1] / plan.KM_PER_DEGREE[1]])
    )
    return shapely.set_precision(moved, 1e-5)
