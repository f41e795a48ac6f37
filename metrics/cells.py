"""One cell of the density map as a filter: how an address names it, and which cases lie in it."""

from __future__ import annotations

import re
from math import floor
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, func

Cell = tuple[int, int, float]
"""Column (to the east), row (to the north) and width in degrees WGS84: it reaches from column x width to (column + 1) x width."""
FINEST_DEGREES = 0.0001
"""About ten metres: finer than any address."""
WIDEST_DEGREES = 10.0
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,9})?")


def number_in(place: ColumnElement[Any], width: float) -> ColumnElement[int]:
    """The column of a longitude, or the row of a latitude, in a grid of cells that are `width` degrees wide."""
    return cast(func.floor(place / width), Integer)


def lies_in(longitude: ColumnElement[Any], latitude: ColumnElement[Any], cell: Cell) -> ColumnElement[bool]:
    """The place lies in `cell`, counted as the map counts it; without a place it lies in none."""
    column, row, width = cell
    # Rounding may put a point on an edge into the neighbour, so the coordinates only cut roughly and the numbers exactly.
    near = and_(longitude.between((column - 1) * width, (column + 2) * width), latitude.between((row - 1) * width, (row + 2) * width))
    return and_(near, number_in(longitude, width) == column, number_in(latitude, width) == row)


def cell_at(longitude: float, latitude: float, width: float) -> Cell:
    """The cell of that width around a point (degrees)."""
    return floor(longitude / width), floor(latitude / width), width


def written(cell: Cell) -> str:
    """ "42.3501,-71.0603,0.0016": latitude and longitude of its middle, and its width."""
    column, row, width = cell
    return ",".join(f"{number:.7f}".rstrip("0").rstrip(".") for number in ((row + 0.5) * width, (column + 0.5) * width, width))


def cell_of(text: str) -> Cell | None:
    """The cell that `written` wrote as `text`; None if it is none on earth, or narrower or wider than a map's."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    latitude, longitude, width = (float(part) for part in parts)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and FINEST_DEGREES <= width <= WIDEST_DEGREES):
        return None
    return cell_at(longitude, latitude, width)
