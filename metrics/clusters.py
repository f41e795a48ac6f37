"""Hot spots of a figure: of the areas of a layer, and of the cells of a grid over the city."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import pandas as pd

from data_access.cache import cached
from metrics.areas import COUNTS, NONE, AreaFigures, area_figures
from metrics.composite import rate_per_1000
from metrics.density import density, shown_cell
from metrics.hotspots import Clusters, hot_spots
from metrics.neighbours import borders, grid_borders
from metrics.select import Asked


@dataclass(frozen=True)
class AreaClusters:
    """`frame`: the rows of `figures` with `kind` (1 high, -1 low, 0 neither), `cluster`, `z` (Gi*), `p`; null where an area was not asked about.

    `per_1000`: counts were divided by the people living there. `asked`: the labels of the areas that were asked about, in the
    order in which `clusters` counts them; `clusters` is None where nothing can be said.
    """

    figures: AreaFigures
    frame: pd.DataFrame
    clusters: Clusters | None
    per_1000: bool
    asked: tuple[str, ...]


def area_clusters(asked: Asked, metric_id: str, layer: str) -> AreaClusters:
    """Where areas with high (or low) values of `metric_id` lie together. A count is divided by the people who live there, if all are known.

    Raises:
        BadQuestion: no such metric or layer.
    """
    figures = area_figures(asked, metric_id, layer)
    names, pairs = borders(asked, layer)
    frame = figures.frame.set_index("key")
    values = frame["value"].reindex(names)
    per_1000 = False
    if figures.metric.unit in COUNTS:
        rates = pd.Series([rate_per_1000(v, people) for v, people in zip(values, frame["population"].reindex(names), strict=True)], names)
        # An area where nobody lives has no rate; a layer in which nobody's number is known has counts.
        per_1000 = rates.notna().sum() > len(names) / 2
        values = rates.astype("float64") if per_1000 else values
    known = np.flatnonzero((values.notna() & frame["state"].reindex(names, fill_value=NONE).ne(NONE)).to_numpy())
    place = np.full(len(names), -1)
    place[known] = np.arange(len(known))
    kept = place[pairs]
    found = hot_spots(values.to_numpy("float64")[known], kept[(kept >= 0).all(axis=1)])
    columns = ("kind", "cluster", "z", "p")
    given = pd.DataFrame({name: [] if found is None else getattr(found, name) for name in columns}, dtype="float64")
    given.index = pd.Index(np.array(names, dtype=object)[known] if found is not None else [], dtype="str")
    labels = tuple(frame["label"].reindex(names).iloc[known])
    return AreaClusters(figures, figures.frame.join(given, on="key"), found, per_1000, labels)


def cell_clusters(
    asked: Asked, metric_id: str, layer: str, box: tuple[float, float, float, float], cell: float
) -> tuple[pd.DataFrame, Clusters | None]:
    """The cells on the areas of `layer` (`lon`, `lat`, `n`), also those without a case, and where many (or few) cases lie together.

    Raises:
        BadQuestion: no such metric, one that counts no cases, or a box that is no part of a map.
    """
    cell = shown_cell(asked, cell)
    land = cached("land", asked.mart.edition, asked.scope, [layer, list(box), cell], lambda: _land(asked, layer, box, cell))
    cells = pd.DataFrame(land, columns=["x", "y"]).astype("int64")
    counts = density(asked, metric_id, *box, cell)
    at = counts.assign(x=np.floor(counts["lon"] / cell).astype("int64"), y=np.floor(counts["lat"] / cell).astype("int64"))
    # A case at the rim lies in a cell whose centre is outside.
    frame = cells.merge(at[["x", "y", "n"]], on=["x", "y"], how="outer").fillna({"n": 0}).astype({"n": "int64"})
    found = hot_spots(frame["n"].to_numpy(), grid_borders(frame["x"].to_numpy(), frame["y"].to_numpy()))
    centres = {name: ((frame[axis] + 0.5) * cell).round(7) for name, axis in (("lon", "x"), ("lat", "y"))}
    return pd.DataFrame({**centres, "n": frame["n"]}), found


def _land(asked: Asked, layer: str, box: tuple[float, float, float, float], cell: float) -> list[list[int]]:
    """Column and row of each cell whose centre lies in an area."""
    import shapely  # imported late: most views ask nothing of it

    west, south, east, north = box
    columns, rows = np.arange(floor(west / cell), ceil(east / cell)), np.arange(floor(south / cell), ceil(north / cell))
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    outlines = shapely.from_geojson([member.extra["geometry"] for member in asked.open_areas(layer) if member.extra.get("geometry")])
    city = shapely.union_all(outlines)
    shapely.prepare(city)
    inside = shapely.contains_xy(city, (x + 0.5) * cell, (y + 0.5) * cell)
    return np.column_stack([x[inside], y[inside]]).tolist()
