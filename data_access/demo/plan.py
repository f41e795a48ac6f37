"""Port Alder's plan, as one would sketch it by hand: coast, town line, river, neighbourhoods, parks.

An invented place; no real one is meant. Positions are kilometres east and north of the plan's
south-west corner.
"""

from __future__ import annotations

from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]

ORIGIN = (-45.0, 37.0)
"""Longitude and latitude of the corner: open Atlantic, so that nobody's home is meant."""
KM_PER_DEGREE = (88.9, 111.2)
"""At 37 degrees north, east and north."""
FRAME = (-1.6, -2.2, 19.2, 18.4)
"""West, south, east, north edge of the water that is drawn."""

COAST: Points = (
    (15.2, 16.2), (14.6, 15.1), (15.3, 14.0), (14.9, 12.9), (13.9, 12.3), (14.2, 11.3), (13.6, 10.3), (12.5, 9.7), (11.9, 8.9),
    (11.3, 8.25), (11.2, 7.55), (11.8, 7.0), (12.9, 6.75), (13.9, 7.3), (15.0, 8.05), (16.2, 8.3), (16.9, 7.6), (16.2, 6.7),
    (15.0, 6.1), (14.5, 5.1), (15.2, 4.1), (14.9, 3.0), (15.8, 2.1), (15.6, 1.0), (16.0, 0.1),
)  # fmt: skip
"""From the north town line round the harbour to the south town line."""
TOWN_LINE: Points = (
    (14.2, -0.5), (12.9, 0.3), (11.2, -0.2), (9.6, 0.6), (8.1, 0.2), (6.9, 1.5), (5.0, 1.2), (4.3, 2.6), (2.6, 3.2), (2.2, 5.1),
    (0.6, 5.9), (0.9, 8.2), (0.1, 9.3), (1.5, 10.8), (1.2, 12.4), (3.0, 13.2), (3.6, 14.7), (5.6, 14.4), (6.8, 15.8), (9.0, 15.4),
    (10.4, 16.7), (12.9, 16.2),
)  # fmt: skip
"""The city's limit on land, from the south coast to the north coast."""
ISLANDS: tuple[tuple[float, float, float], ...] = ((14.9, 9.75, 0.34), (16.3, 10.5, 0.46), (15.9, 11.9, 0.22))
"""Middle and radius."""
ISLANDS_BELONG_TO = "Fisher's Point"
RIVER: Points = (
    (-1.2, 9.0), (0.4, 8.75), (1.7, 9.0), (2.9, 8.5), (3.9, 7.5), (5.0, 7.3), (6.0, 7.9), (7.0, 7.9), (8.0, 7.2), (9.1, 7.1), (10.1, 7.7),
    (11.2, 7.9), (12.6, 8.1),
)  # fmt: skip
RIVER_WIDTH = (0.10, 0.55)
"""Where it enters the city, and at its mouth."""
LAKES: tuple[tuple[float, float, float], ...] = ((10.6, 3.05, 0.42), (3.9, 12.3, 0.24), (8.75, 11.1, 0.16))
PARKS: tuple[tuple[float, float, float], ...] = (
    (8.3, 10.8, 0.80), (10.5, 2.7, 0.85), (3.5, 12.4, 0.65), (8.0, 4.9, 0.42), (13.1, 15.2, 0.60), (12.7, 5.0, 0.35), (5.2, 9.7, 0.38),
    (14.4, 1.2, 0.50), (2.9, 5.0, 0.45), (9.9, 9.2, 0.22), (16.1, 7.5, 0.30), (6.9, 6.2, 0.28),
)  # fmt: skip


@dataclass(frozen=True)
class Neighbourhood:
    """One neighbourhood: where it lies, how dense and how well off it is."""

    name: str
    district: str
    x: float
    y: float
    people_per_km2: int
    median_income: int
    """US dollars per household and year."""
    reporting: float
    """Cases per head against the city's mean: some places call more for the same trouble."""


DISTRICTS = ("Harbour", "Riverside", "North Side", "Hill", "West End", "Mills", "South Shore", "Garden")
NEIGHBOURHOODS = (
    Neighbourhood("Harbour Row", "Harbour", 12.0, 10.1, 4_900, 71_400, 1.10),
    Neighbourhood("Old Quay", "Harbour", 10.7, 8.9, 5_600, 82_300, 1.30),
    Neighbourhood("Customs Square", "Harbour", 9.2, 8.5, 5_200, 66_900, 1.35),
    Neighbourhood("Lantern Hill", "Harbour", 10.3, 10.3, 5_900, 76_500, 1.05),
    Neighbourhood("Saltmarket", "Riverside", 10.6, 6.7, 5_400, 49_800, 0.95),
    Neighbourhood("Chandler's Green", "Riverside", 9.0, 6.2, 4_300, 54_100, 1.00),
    Neighbourhood("Millrace", "Riverside", 7.5, 8.9, 3_900, 51_700, 1.05),
    Neighbourhood("Weir Gardens", "Riverside", 7.2, 6.5, 3_300, 57_200, 1.00),
    Neighbourhood("Northfold", "North Side", 9.6, 14.4, 1_250, 68_800, 0.95),
    Neighbourhood("Kestrel Ridge", "North Side", 12.9, 14.6, 900, 88_700, 1.05),
    Neighbourhood("Heron Shore", "North Side", 13.2, 12.2, 1_900, 79_900, 1.10),
    Neighbourhood("Alder Park", "Hill", 8.3, 10.7, 3_000, 72_600, 1.10),
    Neighbourhood("Beacon Rise", "Hill", 8.1, 12.7, 2_150, 77_300, 1.00),
    Neighbourhood("Larkspur", "Hill", 10.8, 12.3, 2_500, 69_500, 1.00),
    Neighbourhood("Westering", "West End", 1.9, 10.2, 850, 61_300, 0.85),
    Neighbourhood("Stonebridge", "West End", 3.9, 10.4, 1_350, 58_600, 0.90),
    Neighbourhood("Meadowlark", "West End", 3.2, 12.9, 800, 74_800, 0.95),
    Neighbourhood("Quarry Heights", "West End", 5.9, 13.2, 1_150, 66_100, 0.90),
    Neighbourhood("Orchard Vale", "West End", 6.0, 11.0, 1_750, 63_900, 1.00),
    Neighbourhood("Tannery Flats", "Mills", 5.6, 8.9, 3_100, 43_500, 0.80),
    Neighbourhood("Foundry Yard", "Mills", 5.3, 6.1, 2_700, 41_900, 0.80),
    Neighbourhood("Claypit", "Mills", 2.9, 7.2, 2_600, 37_800, 0.80),
    Neighbourhood("Brickfields", "Mills", 4.2, 4.4, 2_300, 39_600, 0.85),
    Neighbourhood("Ropewalk", "South Shore", 12.4, 5.9, 3_700, 47_600, 0.95),
    Neighbourhood("Fisher's Point", "South Shore", 15.0, 7.3, 1_800, 59_700, 1.05),
    Neighbourhood("Dunmarsh", "South Shore", 13.0, 3.4, 1_700, 52_800, 0.95),
    Neighbourhood("Sandgate", "South Shore", 13.7, 1.0, 1_300, 73_300, 1.00),
    Neighbourhood("Five Elms", "Garden", 8.2, 4.4, 2_900, 56_400, 1.05),
    Neighbourhood("Southmere", "Garden", 10.5, 3.2, 1_600, 70_700, 1.05),
    Neighbourhood("Juniper End", "Garden", 7.6, 2.2, 1_450, 62_500, 0.95),
)
NAMES = tuple(place.name for place in NEIGHBOURHOODS)
SLOW, SLOW_BY_MIX = "Claypit", "Brickfields"
"""The neighbourhood that is served more slowly, and the one that only looks so by its mix of requests."""
CITY_HALL = "Customs Square"
"""Cases without an address are put here, as call takers do."""
