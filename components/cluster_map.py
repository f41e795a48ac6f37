"""Where high and low values lie together beyond chance: clusters of areas, and of cells, as maps with their sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from components import shapes, theme, tiles, words
from components.area_map import twin_of, worded
from components.area_words import REPORTS_NOTE, counted_where
from components.chart import Drawn
from components.density_map import METRES_PER_DEGREE, NO_TABLE
from components.figures import maps
from components.table import Column, Twin
from metrics.areas import COUNTS, FAIR, NONE, UNSURE, counted_as, layers
from metrics.clusters import area_clusters, cell_clusters
from metrics.definitions import REGISTRY
from metrics.density import cell_for, shown_cell
from metrics.hotspots import LEAST_PLACES, Clusters
from metrics.kinds import Metric
from metrics.select import Asked

KINDS = {1: "high", -1: "low", 0: ""}
METHOD = (
    "Getis-Ord Gi*: each place with its neighbours against the whole city, chance counted on shuffled maps, "
    "at most 5 % false alarms (Benjamini-Hochberg)."
)
MOST_NAMED = 3
"""Clusters of a kind that a sentence names; the table has all."""
MOST_SQUARES = 40
"""Cells side by side: larger ones than a map of density has, so that a neighbourhood of cells holds enough cases."""


def cluster_map(asked: Asked, metric_id: str, layer: str) -> Drawn:
    """The areas that belong to a cluster of high or low values.

    Raises:
        BadQuestion: no such metric or layer.
    """
    made = area_clusters(asked, metric_id, layer)
    metric, plural, outlines = made.figures.metric, layers(asked)[layer].lower(), shapes.layer_shapes(asked, layer)
    rows = worded(made.figures, asked, layer).assign(**{name: made.frame[name] for name in ("kind", "cluster", "z", "p")})
    cases = tiles.cases_link(asked, metric.id) if metric.rows is not None else ""
    about: dict[str, Any] = {"title": f"Clusters: {counted_where(metric, layer, asked)}", "metric": metric.id, "cases": cases}
    rows = rows.assign(cluster_said=[_said(kind) for kind in rows["kind"]])
    plain = twin_of(made.figures, rows, plural)
    columns = (*plain.columns, Column("cluster_said", "Cluster"), Column("z", "Gi* (z)", "number"))
    twin = Twin(plain.frame.sort_values("z", ascending=False, na_position="last"), columns, plain.caption)
    if outlines is None:
        return Drawn(f"There are no boundaries of the {plural}, so nobody knows which of them are neighbours.", None, twin, **about)
    if made.clusters is None:
        return Drawn(_nothing(len(made.asked), plural), None, twin, METHOD, **about)
    names = np.array(made.asked, dtype=object)
    groups = [list(names[places]) for _, places in _clusters(made.clusters)]
    finding = _finding(made.clusters, metric.label, plural, groups)
    known = rows["kind"].notna()
    shown = rows.assign(
        value=rows["kind"], said=rows["cluster_said"], hover=[f"{text}<br>{said}" if said else text for text, said in zip(rows["hover"], rows["cluster_said"], strict=True)],
        state=rows["state"].mask(known & (rows["state"] != UNSURE), FAIR).mask(~known & rows["state"].isin([FAIR, UNSURE]), NONE),
    )  # fmt: skip
    per = "Counts are taken per 1,000 residents. " if made.per_1000 else ""
    figure = maps.areas(shown, outlines, shapes.backdrops(asked), _scale(metric))
    return Drawn(finding, figure, twin, f"{per}{METHOD} A cluster says where to look, not why.", **about)


def cluster_cells(asked: Asked, metric_id: str, layer: str) -> Drawn:
    """The cells that belong to a cluster of many or few cases of what `metric_id` counts.

    Raises:
        BadQuestion: no such metric or layer.
    """
    metric = REGISTRY[counted_as(REGISTRY[metric_id])]
    plural, outlines = layers(asked)[layer].lower(), shapes.layer_shapes(asked, layer)
    about: dict[str, Any] = {
        "title": f"Clusters of places: {counted_where(metric, '', asked)}", "metric": metric.id, "cases": tiles.cases_link(asked, metric.id),
    }  # fmt: skip
    if outlines is None:
        return Drawn(f"There is no map of the {plural} to draw on: the data knows them by name only.", None, NO_TABLE, **about)
    west, south, east, north = outlines.box
    cell = shown_cell(asked, cell_for(west, south, west + (east - west) * 64 / MOST_SQUARES, south + (north - south) * 64 / MOST_SQUARES))
    frame, found = cell_clusters(asked, metric.id, layer, outlines.box, cell)
    members = asked.mart.dimensions.areas(layer)
    if found is None:
        return Drawn(_nothing(len(frame), "cells"), None, NO_TABLE, METHOD, **about)
    frame = frame.assign(kind=found.kind, cluster=found.cluster, z=found.z)
    groups, said = [], []
    for number, (kind, places) in enumerate(_clusters(found), start=1):
        part = frame.iloc[places]
        middle = part.loc[part["n"].idxmax() if kind == 1 else part["z"].idxmin()]
        slug = outlines.area_at(middle["lon"], middle["lat"])
        label = "no area" if slug is None else members.by_slug[slug].name
        said.append([f"{label} ({words.cases(part['n'].sum())} in {words.plural(len(part), 'cell')})"])
        href = None if slug is None else tiles.cases_link(asked, metric.id, **{layer: slug})
        groups.append(
            {
                "number": number,
                "kind": KINDS[kind],
                "area": label,
                "href": href,
                "cells": len(part),
                "in_cells": part["n"].sum(),
                "z": part["z"].abs().max(),
            }
        )
    columns = (
        Column("number", "Cluster", "number"), Column("kind", "Of values that are"), Column("area", "Around", href="href"),
        Column("cells", "Cells", "number"), Column("in_cells", "Cases in its cells", "number"), Column("z", "Gi* (z), strongest", "number"),
    )  # fmt: skip
    table = pd.DataFrame(groups, columns=[column.key for column in columns] + ["href"])
    caption = f"{metric.label}: clusters of cells. A name leads to the cases of the whole area around the cluster's middle"
    labels = pd.DataFrame([(member.slug, member.name) for member in members], columns=["key", "label"])
    figure = maps.cluster_cells(frame, cell, outlines, shapes.backdrops(asked), labels, _scale(metric))
    note = f"Cells are about {words.count(cell * METRES_PER_DEGREE)} m high; {words.count(len(frame))} lie in the {plural}. {METHOD} {REPORTS_NOTE}"
    return Drawn(
        _finding(found, _cases_words(metric), "cells", said, ("many cases", "few cases")),
        figure,
        Twin(table, columns, caption),
        note,
        **about,
    )


def _clusters(found: Clusters) -> list[tuple[int, np.ndarray]]:
    """(kind, places) of every cluster: the high ones first, of each kind the largest first."""
    return [(kind, places) for kind in (1, -1) for places in found.members(kind)]


def _said(kind: float) -> str:
    return "" if words.is_missing(kind) or not kind else f"{KINDS[int(kind)]} cluster"


def _nothing(asked: int, plural: str) -> str:
    if asked < LEAST_PLACES:
        return f"Only {asked} {plural} have a figure; a pattern needs at least {LEAST_PLACES}."
    return f"All {asked} {plural} have the same value, so nothing lies together."


def _cases_words(metric: Metric) -> str:
    """What is counted in cells: a share's cells hold all that it is a share of."""
    return metric.label if metric.unit in COUNTS else f"Cases behind '{metric.label}'"


def _finding(found: Clusters, what: str, plural: str, names: list[list[str]], of: tuple[str, str] = ("high values", "low values")) -> str:
    highs, lows = len(found.members(1)), len(found.members(-1))
    if not highs and not lows:
        return words.sentence(f"{what}: no cluster of {plural} beyond chance; {of[0]} and {of[1]} lie anywhere")
    parts = []
    for way, many, which in ((of[0], highs, names[:highs]), (of[1], lows, names[highs:])):
        if many:
            said = "; ".join(words.joined(group) for group in which[:MOST_NAMED])
            parts.append(f"{words.plural(many, 'cluster')} of {way} ({said}{'; …' if many > MOST_NAMED else ''})")
    return words.sentence(f"{what}: {' and '.join(parts)}; none elsewhere beyond chance")


def _scale(metric: Metric) -> maps.Scale:
    """Three colours: low, neither, high; the worse one is the warmer."""
    cool, warm = theme.GAP_SCALE[-1][1], theme.GAP_SCALE[0][1]
    low, high = (warm, cool) if metric.direction == "higher" else (cool, warm)
    quiet = theme.GAP_SCALE[2][1]
    third, two = 1 / 3, 2 / 3
    colours = [(0.0, low), (third, low), (third, quiet), (two, quiet), (two, high), (1.0, high)]
    ticks = [(-1.0, "low"), (0.0, "none"), (1.0, "high")]
    return maps.Scale(colours, -1.5, 1.5, ticks, f"{metric.label}: clusters")
