"""How many cases lie in each cell of a grid over a part of the map: density without sending any point."""

from __future__ import annotations

from math import ceil, floor

import pandas as pd
from sqlalchemy import ColumnElement, and_, func, select

from data_access.cache import cached
from metrics.answer import pack
from metrics.cells import FINEST_DEGREES, number_in
from metrics.definitions import REGISTRY
from metrics.kinds import Facts
from metrics.measure import window
from metrics.question import BadQuestion, require_metric
from metrics.select import Asked
from metrics.suppression import LEAST_COUNT

MOST_CELLS = 40_000
"""Cells of one view, empty ones included; two hundred by two hundred is more than a screen can show."""
BLOCK_DEGREES = 0.0025
"""About a block of the city (250 m): the finest cell for those who may not read where a case lies, and a whole multiple of it any larger one."""
MOST_ACROSS = 64
"""Cells side by side in a view: as many as a reader can tell apart, and few enough to send."""


def density(asked: Asked, metric_id: str, west: float, south: float, east: float, north: float, cell_degrees: float) -> pd.DataFrame:
    """What `metric_id` counts, per cell: `lon`, `lat` (centre, degrees WGS84) and `n`; cells without any case are absent.

    Cells are `shown_cell(asked, cell_degrees)` wide, begin at whole multiples of that and are
    counted whole where the view cuts them, so that a cell's number does not depend on the view.
    Cases without coordinates are in no cell. Whoever may not read addresses sees no cell with fewer than five cases.

    Raises:
        AccessDenied: asked by the public, who are given no figure by place but those of areas.
        BadQuestion: no such metric, one that counts no cases, a view that is none, or too many cells.
    """
    asked.require_staff()
    metric = REGISTRY[require_metric(metric_id)]
    if metric.rows is None:
        raise BadQuestion(f"'{metric.label}' is made of other figures and cannot be drawn as density; choose one that counts cases.")
    west, east = _degrees(west, "west", 180), _degrees(east, "east", 180)
    south, north = _degrees(south, "south", 90), _degrees(north, "north", 90)
    if west >= east or south >= north:
        raise BadQuestion("The view must reach from west to east and from south to north.")
    cell = shown_cell(asked, cell_degrees)
    columns, rows = (floor(west / cell), ceil(east / cell)), (floor(south / cell), ceil(north / cell))
    if (columns[1] - columns[0]) * (rows[1] - rows[0]) > MOST_CELLS:
        raise BadQuestion(f"The view would have more than {MOST_CELLS:,} cells; choose larger cells or a smaller part of the map.")
    parameters = [metric.id, metric.version, asked.question.parameters(), cell, columns, rows]
    packed = cached("density", asked.mart.edition, asked.scope, parameters, lambda: pack(_cells(asked, metric.id, cell, columns, rows)))
    return pd.DataFrame(packed).astype({"lon": "float64", "lat": "float64", "n": "int64"})


def shown_cell(asked: Asked, cell_degrees: float) -> float:
    """The width of the cells that are counted: for whoever may not read addresses a whole multiple of a block, never finer.

    Raises:
        BadQuestion: not a width of a cell.
    """
    cell = _degrees(cell_degrees, "The width of a cell", 10)
    if cell < FINEST_DEGREES:
        raise BadQuestion(f"The width of a cell is {cell:g} degrees; choose {FINEST_DEGREES:g} to 10.")
    return cell if asked.scope.may_read("address") else max(1, ceil(round(cell / BLOCK_DEGREES, 9))) * BLOCK_DEGREES


def cell_for(west: float, south: float, east: float, north: float) -> float:
    """The width of the cells that suit a view, in degrees: the smallest of 0.0001, 0.0002, 0.0004, ... that needs at most `MOST_ACROSS`.

    Doubling keeps cells in place while a reader zooms: each is cut into four.
    """
    span, cell = max(east - west, north - south), FINEST_DEGREES
    while span / cell > MOST_ACROSS:
        cell *= 2
    return round(cell, 6)


def placed(asked: Asked, metric_id: str) -> tuple[int, int]:
    """How many cases `metric_id` counts, and how many of them have a place on the map; the others are in no cell.

    Raises:
        BadQuestion: no such metric, or one that counts no cases.
    """
    asked.require_staff()
    metric = REGISTRY[require_metric(metric_id)]
    if metric.rows is None:
        raise BadQuestion(f"'{metric.label}' is made of other figures and counts no cases of its own.")
    parameters = [metric.id, metric.version, asked.question.parameters()]
    counts = cached("placed", asked.mart.edition, asked.scope, parameters, lambda: _placed(asked, metric.id))
    return int(counts[0]), int(counts[1])


def _counted(asked: Asked, metric_id: str) -> tuple[Facts, ColumnElement[bool]]:
    """The facts, and which of them `metric_id` counts."""
    metric, facts = REGISTRY[metric_id], asked.facts(REGISTRY[metric_id])
    assert metric.rows is not None
    return facts, and_(asked.population(facts, metric), window(metric, facts), metric.rows(facts))


def _placed(asked: Asked, metric_id: str) -> list[int]:
    facts, rows = _counted(asked, metric_id)
    frame = asked.mart.read(select(func.count(), func.count(facts.column("longitude"))).select_from(facts.spell).where(rows), asked.scope)
    return [int(frame.iloc[0, 0]), int(frame.iloc[0, 1])]


def _cells(asked: Asked, metric_id: str, cell: float, columns: tuple[int, int], rows: tuple[int, int]) -> pd.DataFrame:
    facts, counted = _counted(asked, metric_id)
    longitude, latitude = facts.column("longitude"), facts.column("latitude")
    # Rounding may put a point on an edge into the neighbour, so the coordinates only cut roughly and the cells exactly.
    near = and_(
        longitude.between((columns[0] - 1) * cell, (columns[1] + 1) * cell), latitude.between((rows[0] - 1) * cell, (rows[1] + 1) * cell)
    )
    x, y = (number_in(place, cell).label(label) for place, label in ((longitude, "x"), (latitude, "y")))
    placed = select(x, y).where(counted, near).subquery("placed")
    inside = and_(placed.c.x >= columns[0], placed.c.x < columns[1], placed.c.y >= rows[0], placed.c.y < rows[1])
    statement = select(placed.c.x, placed.c.y, func.count().label("n")).where(inside).group_by(placed.c.x, placed.c.y)
    if not asked.scope.may_read("address"):
        statement = statement.having(func.count() >= LEAST_COUNT)
    frame = asked.mart.read(statement.order_by(placed.c.y, placed.c.x), asked.scope)
    centres = {name: ((frame[axis].astype("float64") + 0.5) * cell).round(7) for name, axis in (("lon", "x"), ("lat", "y"))}
    return pd.DataFrame({**centres, "n": frame["n"]})


def _degrees(value: object, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -most <= value <= most:
        raise BadQuestion(f"{name} must be a number of degrees from -{most} to {most}.")
    return float(value)
