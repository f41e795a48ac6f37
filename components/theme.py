"""Colours and the look of every figure, in one place. Colour is never alone: words, signs and dashes go with it.

Figures have no background and no ink of their own: `assets/30-figures.css` gives both, so that a figure
follows light and dark without being drawn again. Each series colour has a contrast of at least 3:1 with
both page backgrounds (WCAG 2.2, 1.4.11); a test computes it.
"""

from __future__ import annotations

from typing import Any

from components.language import spoken

PAGE_LIGHT, PAGE_DARK = "#FFFFFF", "#161B22"
"""Backgrounds of the cards figures stand on, light and dark; also in `assets/10-tokens.css`."""

PRIMARY = "#2F7FC1"
SECOND = "#C5642B"
THIRD = "#2A9383"
FOURTH = "#A2659F"
QUIET = "#7B8794"
"""For what is not the point: the other weeks, context, common cause."""
GOOD, BAD = THIRD, SECOND
"""On time and late, better and worse; always with the word."""
SERIES = (PRIMARY, SECOND, THIRD, FOURTH)
"""At most four series in one figure."""
DASHES = ("solid", "dash", "dot", "dashdot")
"""One for each series, so that lines differ without colour."""

GAP_SCALE = ((0.0, "#A8481A"), (0.25, "#DE9A6F"), (0.5, "#CBD2D9"), (0.75, "#7FAFD6"), (1.0, "#1F5F99"))
"""Below target, at target, above target."""
GAP_SPAN = 0.25
"""A share this far from its target has the full colour; a fixed span keeps noise from looking like a crisis."""
AMOUNT_SCALE = ((0.0, "#DCE8F3"), (0.35, "#93BBDD"), (0.7, "#3F86C0"), (1.0, "#123F6D"))
"""Little to much, without judgement."""
AGE_COLOURS = ("#C3D7E8", "#9DBFDC", "#74A3CB", "#4E87B8", "#C98B5E", "#BC6C36", "#A2501D", "#7C380E")
"""Age bands of open cases, young to old."""
NO_VALUE = "#B7BEC6"

MAP_GROUND, MAP_LAND, MAP_WATER, MAP_GREEN = "#EEF0F2", "#E3E6EA", "#C9DDEA", "#CFE0CB"
MAP_BORDER, MAP_STREET, MAP_INK = "#5B6773", "#FCFDFD", "#1C2631"
MAP_NO_VALUE, MAP_UNSURE = "#C6CBD1", "#C7CBD1"
"""Each colour of a map is used for one thing, so that `assets/40-map.css` can find it and restyle it for the dark, or hatch it."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
GRID = "rgba(123,135,148,0.28)"
INK = "#5E6B78"
"""Replaced by CSS; what a figure looks like where CSS does not reach."""

GRAPH_CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
    "doubleClick": "reset",
    "topojsonURL": "/assets/topojson/",
}
"""Of every graph; plotly would otherwise offer to send the chart to its vendor and fetch world shapes from a CDN."""
MAP_CONFIG: dict[str, Any] = {**GRAPH_CONFIG, "scrollZoom": True}

HEIGHT = 320


def graph_config(*, is_map: bool = False) -> dict[str, Any]:
    """The configuration of a graph for who reads it: plotly writes the months of an axis itself."""
    config, speaks = MAP_CONFIG if is_map else GRAPH_CONFIG, spoken()
    if speaks.code == "en":
        return config
    dates = {
        "months": list(speaks.months),
        "shortMonths": list(speaks.months),
        "days": list(speaks.weekdays),
        "shortDays": list(speaks.weekdays),
    }
    numbers = {"decimal": speaks.signs[1], "thousands": speaks.signs[0]}
    return {**config, "locale": speaks.code, "locales": {speaks.code: {"format": {**dates, **numbers}}}}


def layout(**more: Any) -> dict[str, Any]:
    """The layout of a figure; `more` adds to it or, for `xaxis` and `yaxis`, to its axes."""
    axis = {
        "gridcolor": GRID, "linecolor": GRID, "zerolinecolor": GRID, "ticks": "", "automargin": True,
        "title": {"font": {"size": 12}, "standoff": 8}, "tickfont": {"size": 12}, "fixedrange": True,
    }  # fmt: skip
    made: dict[str, Any] = {
        "height": HEIGHT, "margin": {"l": 8, "r": 12, "t": 8, "b": 8}, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": INK}, "colorway": list(SERIES), "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#27313C", "bordercolor": "#27313C", "font": {"color": "#FFFFFF", "family": FONT, "size": 13}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"}, "showlegend": False,
        "dragmode": False, "bargap": 0.25, "uirevision": "kept",
    }  # fmt: skip
    axes = {name: {**axis, **more.pop(name, {})} for name in ("xaxis", "yaxis")}
    return {**made, **axes, **more}


def between(first: str, last: str, part: float) -> str:
    """The colour `part` of the way from one to the other."""
    pairs = [(int(first[i : i + 2], 16), int(last[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)


def on_scale(scale: tuple[tuple[float, str], ...], at: float) -> str:
    """The colour of `scale` at a place from 0 to 1."""
    for (low, first), (high, last) in zip(scale, scale[1:], strict=False):
        if at <= high:
            return between(first, last, max(0.0, at - low) / (high - low))
    return scale[-1][1]


def ink_on(ground: str) -> str:
    """The ink that is read best on a colour: `MAP_INK` or white."""
    light = luminance(ground) + 0.05
    return "#FFFFFF" if 1.05 / light > light / (luminance(MAP_INK) + 0.05) else MAP_INK


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint(colour: str) -> str:
    """A series colour as a light fill."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.12)"
