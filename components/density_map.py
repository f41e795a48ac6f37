"""How many cases lie where: cells that are as fine as the part of the map a reader looks at allows. No point leaves the server."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pandas as pd

from components import shapes, tiles, words
from components.area_words import REPORTS_NOTE, counted_where
from components.chart import Drawn
from components.figures import maps
from components.table import Column, Twin
from metrics.areas import counted_as, layers
from metrics.cells import FINEST_DEGREES, cell_at, written
from metrics.definitions import REGISTRY
from metrics.density import cell_for, density, placed, shown_cell
from metrics.question import BadQuestion
from metrics.select import Asked

View = tuple[float, float, float, float]
METRES_PER_DEGREE = 111_320
"""Of latitude."""
MOST_ROWS = 50
FEW = 50
"""Cases of a cell whose list is more use than a closer look."""
NO_TABLE = Twin(pd.DataFrame({"area": [], "n": []}), (Column("area", "Area"), Column("n", "Cases", "cases")))


def density_map(asked: Asked, metric_id: str, layer: str) -> Drawn:
    """Where the cases behind a figure lie, in cells that suit the whole city, over the areas of `layer`.

    Raises:
        BadQuestion: no such metric or layer.
    """
    metric = REGISTRY[counted_as(REGISTRY[metric_id])]
    about: dict[str, Any] = {
        "cases": tiles.cases_link(asked, metric.id), "title": f"Places of cases: {counted_where(metric, '', asked)}", "metric": metric.id,
    }  # fmt: skip
    outlines = shapes.layer_shapes(asked, layer)
    plural = layers(asked)[layer].lower()
    if outlines is None:
        return Drawn(
            f"There is no map of the {plural} to draw on: the data knows them by name only, without boundaries.", None, NO_TABLE, **about
        )
    total, on_map = placed(asked, metric.id)
    note = _note(total, on_map)
    if not on_map:
        return Drawn(
            f"None of {words.cases(total)} has a place on the map." if total else "There is no case to draw.", None, NO_TABLE, note, **about
        )
    cell = shown_cell(asked, cell_for(*outlines.box))
    frame = density(asked, metric.id, *outlines.box, cell)
    if frame.empty:
        return Drawn(f"None of the {words.cases(on_map)} with a place lies near the {plural}.", None, NO_TABLE, note, **about)
    members = asked.mart.dimensions.areas(layer)
    fullest = _fullest(frame, cell, asked, metric.id, layer, outlines)
    labels = pd.DataFrame([(member.slug, member.name) for member in members], columns=["key", "label"])
    figure = maps.cells(_leading(frame, cell, asked, metric.id), cell, outlines, shapes.backdrops(asked), labels, outlines.box)
    first = fullest.iloc[0]
    finding = words.sentence(
        f"The fullest spot lies in {first['area']}: {words.cases(first['n'])} of {words.count(on_map)} in a cell of about "
        f"{words.count(cell * METRES_PER_DEGREE)} m"
    )
    columns = (
        Column("area", "In", href="area_href"),
        Column("lat", "Latitude"),
        Column("lon", "Longitude"),
        Column("n", "Cases", "cases", href="href"),
    )
    leads_to = (
        "A number leads to the cases of the cell"
        if asked.scope.may_read("address")
        else "A name leads to the cases of the whole area around the cell"
    )
    caption = f"{metric.label}: the {len(fullest)} fullest cells. {leads_to}"
    return Drawn(finding, figure, Twin(fullest, columns, caption), note, **about)


def closer(asked: Asked, metric_id: str, layer: str, view: View) -> tuple[int, dict[str, Any]] | None:
    """The cells of a part of the map, and which trace of `density_map`'s figure they replace; None where there is no map."""
    if shapes.layer_shapes(asked, layer) is None:
        return None
    cell = shown_cell(asked, cell_for(*view))
    counted = counted_as(REGISTRY[metric_id])
    frame = _leading(density(asked, counted, *view, cell), cell, asked, counted)
    return maps.position_of_cells(shapes.backdrops(asked)), maps.cell_trace(frame, cell)


def _leading(frame: pd.DataFrame, cell: float, asked: Asked, of: str) -> pd.DataFrame:
    """The cells with `href`: to the list of few cases, or of those of a cell that cannot be smaller; else a click looks closer."""
    is_last = (frame["n"] <= FEW) | (cell <= FINEST_DEGREES)
    hrefs = _lists(frame[is_last], cell, asked, of)
    return frame.assign(href=pd.Series(hrefs, index=frame.index[is_last], dtype=object).reindex(frame.index).replace({float("nan"): None}))


def _lists(rows: pd.DataFrame, cell: float, asked: Asked, of: str) -> list[str | None]:
    """The addresses of the cells' lists. Who may not read addresses is not told which cases lie in a cell."""
    if not asked.scope.may_read("address"):
        return [None] * len(rows)
    return [tiles.cases_link(asked, of, cell=written(cell_at(x, y, cell))) for x, y in zip(rows["lon"], rows["lat"], strict=True)]


def viewport(value: Any) -> View | None:
    """West, south, east, north (degrees) of what a browser shows; a parser for `gate.answers`.

    Raises:
        BadQuestion: it is no part of a map.
    """
    if value is None:
        return None
    is_four = isinstance(value, list) and len(value) == 4
    if not is_four or not all(isinstance(v, (int, float)) and not isinstance(v, bool) and isfinite(v) for v in value):
        raise BadQuestion("This part of the map cannot be read; open the page again.")
    west, south, east, north = (float(v) for v in value)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadQuestion("This part of the map cannot be read; open the page again.")
    return west, south, east, north


def _fullest(frame: pd.DataFrame, cell: float, asked: Asked, metric_id: str, layer: str, outlines: shapes.Shapes) -> pd.DataFrame:
    rows = frame.sort_values(["n", "lat", "lon"], ascending=[False, True, True]).head(MOST_ROWS).reset_index(drop=True)
    members = asked.mart.dimensions.areas(layer).by_slug
    slugs = [outlines.area_at(x, y) for x, y in zip(rows["lon"], rows["lat"], strict=True)]
    return rows.assign(
        area=["no area" if slug is None else members[slug].name for slug in slugs],
        href=_lists(rows, cell, asked, metric_id),
        area_href=[None if slug is None or asked.scope.may_read("address") else tiles.cases_link(asked, metric_id, **{layer: slug}) for slug in slugs],
        lat=[f"{y:.4f}" for y in rows["lat"]], lon=[f"{x:.4f}" for x in rows["lon"]],
    )  # fmt: skip


def _note(total: int, on_map: int) -> str:
    without = total - on_map
    none = (
        f"{words.cases(without)} of {words.count(total)} {'has' if without == 1 else 'have'} no place and cannot be drawn. "
        if without
        else ""
    )
    return f"{none}{REPORTS_NOTE} Zoom in for finer cells."
