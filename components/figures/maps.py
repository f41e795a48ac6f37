"""Maps as figures: areas in colours, cells of a grid, and the place beneath. Drawn by plotly's `geo`: no tiles, no WebGL, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

import pandas as pd

from components import theme, words
from components.language import N_, _
from components.shapes import Backdrop, Shapes
from metrics.areas import FEW, NONE, UNSURE, WITHHELD
from metrics.kinds import Unit

HEIGHT = 560
CELLS = "cells"
"""Name of the trace with the cells, which is drawn again when a reader zooms."""
STATE_WORDS = {FEW: N_("too few"), NONE: N_("no figure"), WITHHELD: N_("not published")}
"""What stands in an area instead of a value."""
MOST_ZOOM = 64


@dataclass(frozen=True)
class Scale:
    """How values become colours: plotly's colour scale from `low` to `high`, and the ticks of its legend."""

    colours: list[tuple[float, str]]
    low: float
    high: float
    ticks: list[tuple[float, str]]
    title: str


def around(centre: float, span: float, unit: Unit, title: str, said: str, *, reverse: bool = False, most: float | None = None) -> Scale:
    """Colours on both sides of `centre`; `span` away from it the colour is full, however the values lie.

    Args:
        said: the word of the centre in the legend.
        reverse: less is better.
        most: the highest value there can be; colours above it are left out.
    """
    colours = [
        (at, colour) for (at, _there), (_here, colour) in zip(theme.GAP_SCALE, theme.GAP_SCALE[:: -1 if reverse else 1], strict=True)
    ]
    low, high = centre - span, centre + span
    ticks = [(low, f"≤ {_short(low, unit)}"), (centre, f"{said} {_short(centre, unit)}"), (high, f"≥ {_short(high, unit)}")]
    if most is not None and high > most:
        part = (most - low) / (high - low)
        colours = [(at / part, colour) for at, colour in _cut(colours, part)]
        ticks = [*ticks[:2], (most, _short(most, unit))]
        high = most
    return Scale(colours, low, high, ticks, title)


def amounts(values: Sequence[float], unit: Unit, title: str) -> Scale:
    """Colours from nothing to much: from zero to a round number above all values."""
    high = nice(max([v for v in values if not words.is_missing(v)], default=1.0))
    if unit == "share":
        high = min(high, 1.0)
    return Scale(list(theme.AMOUNT_SCALE), 0.0, high, [(part * high, _short(part * high, unit)) for part in (0, 0.5, 1)], title)


def nice(value: float) -> float:
    """The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (ceil(log10(value)) - 1)
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def areas(
    frame: pd.DataFrame, shapes: Shapes, below: Sequence[Backdrop], scale: Scale, *, steps: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A map of areas in colours.

    Args:
        steps: what other months hold, for `assets/46-months.js`; then every kind of area has its trace, if an empty one.
        frame: `key`, `label`, `value`, `state`, `said` (the value in words), `hover` and, if areas lead anywhere, `href`.
        shapes: outlines; those of areas that are not in `frame` are drawn as plain land.
    """
    frame = frame.loc[frame["key"].isin(list(shapes.features))]
    is_silent = frame["state"].isin(list(STATE_WORDS))
    silent, spoken = frame.loc[is_silent], frame.loc[~is_silent]
    others = [slug for slug in shapes.features if slug not in set(frame["key"])]
    traces = [
        _plain_land([shapes.features[slug] for slug in others]),
        _coloured(spoken, shapes, scale),
        _hatched(silent, shapes, theme.MAP_NO_VALUE, "no-value"),
        # Over the colour, so that both can be seen: how high, and how unsure.
        {**_hatched(spoken.loc[spoken["state"] == UNSURE], shapes, theme.MAP_UNSURE, "unsure"), "hoverinfo": "skip", "hovertemplate": None},
        *[_polygons(backdrop) for backdrop in below if backdrop.features],
        *[_streets(backdrop) for backdrop in below if backdrop.kind == "street"],
        _names(frame, shapes),
    ]
    kept = () if steps is None else ("areas", "no-value", "unsure")
    layout = _layout(shapes.box)
    layout["meta"] |= {} if steps is None else {"steps": steps}
    return {"data": [trace for trace in traces if trace.get("locations") or trace.get("lon") or trace["name"] in kept], "layout": layout}


def cells(
    frame: pd.DataFrame, cell: float, shapes: Shapes, below: Sequence[Backdrop], labels: pd.DataFrame, view: Sequence[float]
) -> dict[str, Any]:
    """A map of how many cases lie where.

    Args:
        frame: `lon`, `lat` (centres), `n` and `href` (address of the list of a cell that is not to be looked at closer, or None).
        cell: width of a cell, degrees.
        labels: `key` and `label` of the areas beneath.
        view: west, south, east, north of what the cells were counted for.
    """
    traces = [
        _plain_land(list(shapes.features.values())),
        *[_polygons(backdrop) for backdrop in below if backdrop.features],
        cell_trace(frame, cell),
        *[_streets(backdrop) for backdrop in below if backdrop.kind == "street"],
        _names(labels[labels["key"].isin(list(shapes.features))].assign(said="", state=""), shapes),
    ]
    layout = _layout(shapes.box)
    layout["meta"] |= {"view": list(view)}
    return {
        "data": [trace for trace in traces if trace.get("locations") or trace.get("lon") or trace.get("name") == CELLS],
        "layout": layout,
    }


def cluster_cells(
    frame: pd.DataFrame, cell: float, shapes: Shapes, below: Sequence[Backdrop], labels: pd.DataFrame, scale: Scale
) -> dict[str, Any]:
    """A map of the cells that lie in a cluster: `lon`, `lat`, `n` and `kind` (1 high, -1 low; 0 is not drawn)."""
    rows = frame.loc[frame["kind"] != 0]
    features = _squares(rows, cell)
    kinds = {1: "high cluster", -1: "low cluster"}
    traces = [
        _plain_land(list(shapes.features.values())),
        *[_polygons(backdrop) for backdrop in below if backdrop.features],
        {
            **_choropleth(features, [feature["id"] for feature in features], "clusters"), "z": rows["kind"].tolist(),
            "text": [f"{kinds[int(kind)]}<br>{words.cases(n)} in this cell" for kind, n in zip(rows["kind"], rows["n"], strict=True)],
            "hovertemplate": "%{text}<extra></extra>", "marker": {"line": {"width": 0}, "opacity": 0.88}, **_legend(scale),
        },
        *[_streets(backdrop) for backdrop in below if backdrop.kind == "street"],
        _names(labels[labels["key"].isin(list(shapes.features))].assign(said="", state=""), shapes),
    ]  # fmt: skip
    return {"data": [trace for trace in traces if trace.get("locations") or trace.get("lon")], "layout": _layout(shapes.box)}


def position_of_cells(below: Sequence[Backdrop]) -> int:
    """Where the cells stand among the traces of `cells`."""
    return 1 + sum(bool(backdrop.features) for backdrop in below)


def cell_trace(frame: pd.DataFrame, cell: float) -> dict[str, Any]:
    """The cells alone: `lon`, `lat`, `n` and `href`, where a click leads to a list instead of closer. Their colours are steps of powers: most cells hold few cases, a few hold very many."""
    features = _squares(frame, cell)
    most = max(int(frame["n"].max()) if len(frame) else 1, 2)
    steps = [step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000) if step <= most]
    steps = steps[:: -(-len(steps) // 6)]
    scale = Scale(
        list(theme.AMOUNT_SCALE), 0.0, round(log10(most), 4), [(log10(step), words.count(step)) for step in steps], "Cases in a cell"
    )
    return {
        **_choropleth(features, [str(i) for i in range(len(features))], CELLS), "z": [round(log10(n), 3) for n in frame["n"]],
        "text": [int(n) for n in frame["n"]], "hovertemplate": "<b>Cases: %{text:,}</b><br>%{customdata[1]}<extra></extra>",
        "customdata": [[href, "Click for the list" if href else "Click to look closer"] for href in frame["href"]],
        "marker": {"line": {"width": 0}, "opacity": 0.88}, "meta": {"cell": cell}, **_legend(scale),
    }  # fmt: skip


def _squares(frame: pd.DataFrame, cell: float) -> list[dict[str, Any]]:
    """A square for each row (`lon`, `lat` of its centre), turned as plotly wants outsides."""
    half, features = cell / 2, []
    for number, (x, y) in enumerate(zip(frame["lon"], frame["lat"], strict=True)):
        west, east, south, north = (round(v, 4) for v in (x - half, x + half, y - half, y + half))
        ring = [[west, south], [west, north], [east, north], [east, south], [west, south]]
        features.append({"type": "Feature", "id": str(number), "geometry": {"type": "Polygon", "coordinates": [ring]}})
    return features


def _coloured(frame: pd.DataFrame, shapes: Shapes, scale: Scale) -> dict[str, Any]:
    made = {
        **_choropleth([shapes.features[key] for key in frame["key"]], list(frame["key"]), "areas"),
        "z": [round(float(v), 5) for v in frame["value"]], "text": list(frame["hover"]), "hovertemplate": "%{text}<extra></extra>",
        "marker": {"line": {"width": 1, "color": theme.MAP_BORDER}}, **_legend(scale),
    }  # fmt: skip
    return made | ({"customdata": list(frame["href"])} if "href" in frame.columns else {})


def _hatched(frame: pd.DataFrame, shapes: Shapes, colour: str, name: str) -> dict[str, Any]:
    """Areas in one colour, which the style sheet hatches."""
    made = {
        **_choropleth([shapes.features[key] for key in frame["key"]], list(frame["key"]), name), **_one_colour(colour, len(frame)),
        "text": list(frame["hover"]), "hovertemplate": "%{text}<extra></extra>", "marker": {"line": {"width": 1, "color": theme.MAP_BORDER}},
    }  # fmt: skip
    return made | ({"customdata": list(frame["href"])} if "href" in frame.columns else {})


def _plain_land(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **_choropleth(features, [feature["id"] for feature in features], "land"), **_one_colour(theme.MAP_LAND, len(features)),
        "hoverinfo": "skip", "marker": {"line": {"width": 1, "color": theme.MAP_BORDER}},
    }  # fmt: skip


def _polygons(backdrop: Backdrop) -> dict[str, Any]:
    colour = theme.MAP_WATER if backdrop.kind == "water" else theme.MAP_GREEN
    return {
        **_choropleth(backdrop.features, [feature["id"] for feature in backdrop.features], backdrop.kind),
        **_one_colour(colour, len(backdrop.features)), "hoverinfo": "skip", "marker": {"line": {"width": 0}},
    }  # fmt: skip


def _streets(backdrop: Backdrop) -> dict[str, Any]:
    return {
        "type": "scattergeo", "mode": "lines", "lon": backdrop.lon, "lat": backdrop.lat, "hoverinfo": "skip", "showlegend": False,
        "line": {"width": 0.7, "color": theme.MAP_STREET}, "name": "streets",
    }  # fmt: skip


def said_of(rows: pd.DataFrame) -> list[str]:
    """What stands under the name of each area of `rows`: its value, or why there is none."""
    return [_(STATE_WORDS[state]) if state in STATE_WORDS else text for state, text in zip(rows["state"], rows["said"], strict=True)]


def _names(frame: pd.DataFrame, shapes: Shapes) -> dict[str, Any]:
    """Names with their values; `assets/45-map.js` shows those that fit at the present zoom."""
    rows = frame[frame["key"].isin(list(shapes.spots))]
    spots = [shapes.spots[key] for key in rows["key"]]
    said = said_of(rows)
    return {
        "type": "scattergeo", "mode": "text", "lon": [spot.lon for spot in spots], "lat": [spot.lat for spot in spots],
        "text": [words.plain(label) + (f"<br>{words.plain(text)}" if text else "") for label, text in zip(rows["label"], said, strict=True)],
        "textfont": {"size": 11, "color": theme.MAP_INK}, "hoverinfo": "skip", "showlegend": False, "name": "names",
        "meta": {"room": [[spot.width, spot.height] for spot in spots]},
    }  # fmt: skip


def _choropleth(features: list[dict[str, Any]], ids: list[str], name: str) -> dict[str, Any]:
    return {
        "type": "choropleth", "geojson": {"type": "FeatureCollection", "features": features}, "locations": ids, "name": name,
        "showscale": False, "showlegend": False,
    }  # fmt: skip


def _one_colour(colour: str, count: int) -> dict[str, Any]:
    return {"z": [0] * count, "zmin": 0, "zmax": 1, "colorscale": [[0, colour], [1, colour]]}


def _legend(scale: Scale) -> dict[str, Any]:
    bar = {
        "orientation": "h", "x": 0, "xanchor": "left", "xpad": 30, "y": 0, "yanchor": "top", "ypad": 8, "len": 0.7, "thickness": 12, "outlinewidth": 0,
        "title": {"text": words.plain(scale.title), "side": "top", "font": {"size": 12}},
        "tickvals": [round(at, 5) for at, _ in scale.ticks], "ticktext": [text for _, text in scale.ticks], "ticks": "outside", "ticklen": 4,
        "tickfont": {"size": 12},
    }  # fmt: skip
    return {
        "zmin": scale.low,
        "zmax": scale.high,
        "colorscale": [[round(at, 4), c] for at, c in scale.colours],
        "showscale": True,
        "colorbar": bar,
    }


def _layout(box: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = box
    lon, lat = round((west + east) / 2, 5), round((south + north) / 2, 5)
    made = theme.layout(
        autosize=True, hovermode="closest", dragmode="pan", margin={"l": 0, "r": 0, "t": 0, "b": 0},
        geo={
            "projection": {"type": "mercator", "scale": 1, "minscale": 1, "maxscale": MOST_ZOOM}, "visible": False, "bgcolor": theme.MAP_GROUND,
            "lonaxis": {"range": [west, east]}, "lataxis": {"range": [south, north]},
            "center": {"lon": lon, "lat": lat},
        },
        meta={"start": [1, lon, lat]},
    )  # fmt: skip
    # Without a height of its own it takes that of its place, which a phone makes lower (assets/40-map.css).
    return {name: value for name, value in made.items() if name not in ("xaxis", "yaxis", "height")}


def _cut(colours: list[tuple[float, str]], part: float) -> list[tuple[float, str]]:
    """The lower `part` of a colour scale, with the colour at the cut."""
    kept = [(at, colour) for at, colour in colours if at < part]
    (low, first), (high, last) = kept[-1], next((at, colour) for at, colour in colours if at >= part)
    return [*kept, (part, theme.between(first, last, (part - low) / (high - low)))]


def _short(value: float, unit: Unit) -> str:
    """A value on the legend."""
    if unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:,.0f}" if value == round(value) else words.amount(value, unit)
