"""Puts what is released into the attached staff mart: the shown numbers and the marks, never a hidden number."""

from __future__ import annotations

import duckdb
import pandas as pd

from data_access.released.cube import Cube
from data_access.released.files import Released, Tree
from data_access.released.trees import Cell, above, depth, period_depth

GRAINS = ("year", "quarter", "month")


def write(connection: duckdb.DuckDBPyConnection, cube: Cube) -> None:
    """Fill tables `release` and `released_cell`."""
    if cube.tree is None:
        return
    ordered = [cube.periods[name] for name in sorted(cube.periods)]
    releases = pd.DataFrame([_release(one) for one in ordered])
    cells = pd.DataFrame([_cell(one, cell, cube.tree) for one in ordered for cell in sorted(one.cells)])
    for name, frame in (("release", releases), ("released_cell", cells)):
        if len(frame):
            connection.register("incoming", frame)
            connection.execute(f"INSERT INTO staff.{name} BY NAME SELECT * FROM incoming")
            connection.unregister("incoming")


def _release(one: Released) -> dict[str, object]:
    starts, ends = bounds(one.period)
    return {
        "period": one.period, "vintage": one.vintage, "grain": GRAINS[period_depth(one.period)], "starts_on": starts, "ends_on": ends,
        "counted_as_of": one.counted_as_of, "cell_count": len(one.cells), "hidden_count": len(one.hidden),
        "withheld_count": one.withheld, "sha256": one.sha256,
    }  # fmt: skip


def _cell(one: Released, cell: Cell, tree: Tree) -> dict[str, object]:
    period, area, service, deadline = cell
    group = above(service) or service
    kind = service.rpartition("/")[2] if depth(service) == 2 else ""
    is_hidden = cell in one.hidden
    return {
        "period": period, "vintage": one.vintage, "grain": GRAINS[period_depth(period)], "starts_on": bounds(period)[0],
        "area_layer": tree.layers[depth(area) - 1] if area else "", "area": area.rpartition("/")[2],
        "area_name": tree.names.get(f"area:{area}", "") if area else "", "area_above": above(area).rpartition("/")[2],
        "request_group": group, "request_group_name": tree.names.get(f"service:{group}", group) if group else "",
        "request_type": kind, "request_type_name": tree.names.get(f"service:{service}", kind) if kind else "",
        "deadline": deadline, "n": None if is_hidden else one.cells[cell], "is_hidden": is_hidden,
    }  # fmt: skip


def bounds(period: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First day of a period, and the first day after it."""
    grain = period_depth(period)
    month = 1 if grain == 0 else int(period[-1]) * 3 - 2 if grain == 1 else int(period[5:7])
    start = pd.Timestamp(int(period[:4]), month, 1)
    return start, start + pd.DateOffset(months=(12, 3, 1)[grain])
