"""Where cases are reported: addresses inside each neighbourhood, some of them again and again."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data_access.demo import geography, plan
from data_access.demo.catalogue import HARD_CASES, KINDS
from data_access.demo.names import street_name
from data_access.demo.truths import EXTRA_HARD_SHARE

ADDRESSES = 3_000
"""Per neighbourhood."""
ADDRESSES_PER_STREET = 150
CLUSTERS, CLUSTERED_SHARE, CLUSTER_DEGREES = 14, 0.45, 0.0016
"""Centres of busy blocks per neighbourhood, the share of addresses near them, and how near (about 150 m)."""
HARD = np.array([kind.name in HARD_CASES for kind in KINDS])


class Places:
    """Addresses by (neighbourhood, number). The same every time, whatever the seed of the cases."""

    def __init__(self) -> None:
        rng = np.random.default_rng(geography.SEED + 1)
        city = geography.draw()
        dry = shapely.union_all(city.water)
        points = np.array([_scatter(shape.difference(dry), rng) for shape in city.neighbourhoods])
        self.longitude, self.latitude = points[:, 0], points[:, 1]
        weight = rng.pareto(1.6, ADDRESSES) + 0.25
        self.steps = np.cumsum(weight / weight.sum())
        self.hood_steps = np.cumsum(_reports(np.array(city.population, dtype="float64")), axis=1)
        hall = city.neighbourhoods[plan.NAMES.index(plan.CITY_HALL)].representative_point()
        self.unknown = (round(hall.x, 5), round(hall.y, 5))

    def draw_hoods(self, kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A neighbourhood for each case; one of them reports on top what is late anywhere."""
        hood = (rng.random(len(kind))[:, None] > self.hood_steps[kind]).sum(axis=1).clip(0, len(plan.NAMES) - 1)
        extra = HARD[kind] & (rng.random(len(kind)) < EXTRA_HARD_SHARE)
        return np.where(extra, plan.NAMES.index(plan.SLOW_BY_MIX), hood)

    def draw_addresses(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Numbers of addresses within a neighbourhood."""
        return np.searchsorted(self.steps, rng.random(count)).clip(0, ADDRESSES - 1)


def address(hood: int, number: int) -> str:
    """The text of an address; no two are the same."""
    street, house = divmod(number, ADDRESSES_PER_STREET)
    return f"{1 + 2 * house + street % 2} {street_name(hood * (ADDRESSES // ADDRESSES_PER_STREET) + street)}"


def _reports(population: np.ndarray) -> np.ndarray:
    """Share of each kind's cases (rows) that comes from each neighbourhood (columns)."""
    density = np.array([place.people_per_km2 for place in plan.NEIGHBOURHOODS]) / 2_500
    income = np.array([place.median_income for place in plan.NEIGHBOURHOODS]) / 60_000
    calls = population * np.array([place.reporting for place in plan.NEIGHBOURHOODS])
    tilt = {"anywhere": np.ones_like(density), "crowded": density**0.5 * income**-0.9, "green": density**-0.4, "central": density**0.6}
    weight = np.array([calls * tilt[kind.setting] for kind in KINDS])
    return weight / weight.sum(axis=1, keepdims=True)


def _scatter(shape: BaseGeometry, rng: np.random.Generator) -> np.ndarray:
    """(longitudes, latitudes) of the addresses in one neighbourhood."""
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    centres = np.column_stack([rng.uniform(west, east, CLUSTERS), rng.uniform(south, north, CLUSTERS)])
    found = np.empty((0, 2))
    while len(found) < ADDRESSES:
        loose = np.column_stack([rng.uniform(west, east, ADDRESSES), rng.uniform(south, north, ADDRESSES)])
        near = centres[rng.integers(0, CLUSTERS, ADDRESSES)] + rng.normal(0, CLUSTER_DEGREES, (ADDRESSES, 2))
        tried = np.where((rng.random(ADDRESSES) < CLUSTERED_SHARE)[:, None], near, loose)
        found = np.vstack([found, tried[shapely.contains_xy(shape, tried[:, 0], tried[:, 1])]])
    return np.round(found[:ADDRESSES], 5).T
