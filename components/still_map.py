"""A map of coloured areas as a still picture: outlines, colours, names with their values."""

from __future__ import annotations

from html import unescape
from math import log, pi, radians, tan
from typing import Any

from markupsafe import Markup

from components import theme
from components.markup import tag

WIDTH, EDGE, LEGEND = 420, 6, 46
LETTER = 6.2
LEAST_SHOWN = 12
"""Names of smaller areas than so many pixels a line are left to the table."""
Point = tuple[float, float]


def picture_of_areas(traces: list[dict[str, Any]]) -> tuple[int, list[Markup]]:
    """(height, what is drawn) of the traces of `figures.maps.areas`; streets are left out."""
    shapes = [trace for trace in traces if trace["type"] == "choropleth"]
    points = [_flat(point) for trace in shapes for feature in trace["geojson"]["features"] for ring in _rings(feature) for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    scale = (WIDTH - 2 * EDGE) / ((east - west) or 1)
    high = (north - south) * scale

    def place(point: list[float]) -> Point:
        x, y = _flat(point)
        return EDGE + (x - west) * scale, EDGE + (north - y) * scale

    drawn = [piece for trace in shapes for piece in _areas(trace, place)]
    drawn += [piece for trace in traces if trace.get("name") == "names" for piece in _names(trace, place, scale)]
    bar = next((trace for trace in shapes if trace.get("showscale")), None)
    return round(high + 2 * EDGE + (LEGEND if bar else 0)), [*drawn, *(_legend(bar, high + 2 * EDGE) if bar else [])]


def _areas(trace: dict[str, Any], place: Any) -> list[Markup]:
    scale, low = tuple((at, colour) for at, colour in trace["colorscale"]), trace["zmin"]
    span = (trace["zmax"] - low) or 1
    value = dict(zip(trace["locations"], trace["z"], strict=True))
    border = trace["marker"]["line"]
    made = []
    for feature in trace["geojson"]["features"]:
        path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(place, ring)) + "Z" for ring in _rings(feature))
        fill = theme.on_scale(scale, min(max((value[feature["id"]] - low) / span, 0.0), 1.0))
        made.append(tag("path", d=path, fill=fill, fill_rule="evenodd", stroke=border.get("color") if border["width"] else None))
    return made


def _names(trace: dict[str, Any], place: Any, scale: float) -> list[Markup]:
    made = []
    for lon, lat, text, room in zip(trace["lon"], trace["lat"], trace["text"], trace["meta"]["room"], strict=True):
        lines = [unescape(line) for line in text.split("<br>")]
        x, y = place([lon, lat])
        if max(map(len, lines)) * LETTER <= room[0] * scale and len(lines) * LEAST_SHOWN <= room[1] * scale * 2:
            made += [
                tag("text", line, x=x, y=y + 4 + 12 * (at - (len(lines) - 1) / 2), text_anchor="middle", class_="name")
                for at, line in enumerate(lines)
            ]
    return made


def _legend(trace: dict[str, Any], top: float) -> list[Markup]:
    bar, low, span, long = trace["colorbar"], trace["zmin"], (trace["zmax"] - trace["zmin"]) or 1, WIDTH * 0.7
    scale, pieces = tuple((at, colour) for at, colour in trace["colorscale"]), 28
    made = [tag("text", unescape(bar["title"]["text"]), x=30, y=top + 10, class_="ink")]
    made += [
        tag(
            "rect",
            x=30 + long * at / pieces,
            y=top + 15,
            width=long / pieces + 0.5,
            height=10,
            fill=theme.on_scale(scale, (at + 0.5) / pieces),
        )
        for at in range(pieces)
    ]
    ticks = zip(bar["tickvals"], bar["ticktext"], strict=True)
    return [
        *made,
        *[
            tag("text", unescape(text), x=30 + long * (at - low) / span, y=top + 38, text_anchor="middle", class_="ink")
            for at, text in ticks
        ],
    ]


def _rings(feature: dict[str, Any]) -> list[list[list[float]]]:
    shape = feature["geometry"]
    return shape["coordinates"] if shape["type"] == "Polygon" else [ring for polygon in shape["coordinates"] for ring in polygon]


def _flat(point: list[float]) -> Point:
    """Mercator, in degrees."""
    return point[0], log(tan(pi / 4 + radians(point[1]) / 2)) * 180 / pi
