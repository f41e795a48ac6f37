"""Curves of steps with their bands, and below the axis how many cases each still rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from components import theme, words

TICKS = {7: (0, 1, 2, 3, 5, 7), 14: (0, 3, 7, 10, 14), 30: (0, 7, 14, 21, 30), 60: (0, 15, 30, 45, 60), 90: (0, 30, 60, 90),
         180: (0, 45, 90, 135, 180), 365: (0, 90, 180, 270, 365)}  # fmt: skip
"""Last day drawn -> the days that are named on the axis."""
PLOT_PIXELS, AXIS_PIXELS, ROW_PIXELS = 300, 52, 34


def horizon(days: float) -> int:
    """The last day that is drawn, so that `days` are, or nearly all."""
    return next((last for last in TICKS if days <= last * 1.1), max(TICKS))


def steps(groups: Sequence[tuple[str, pd.DataFrame]], last: int) -> dict[str, Any]:
    """The share closed by age for each of (name, `day`, `closed`, `low`, `high`, `at_risk`), up to day `last`."""
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    height = PLOT_PIXELS + AXIS_PIXELS + 18 + ROW_PIXELS * len(groups)
    for place, (name, points) in enumerate(groups):
        shown = points[points["day"] <= last]
        colour, plain = theme.SERIES[place], words.plain(name)
        x = shown["day"].tolist()
        line = {"type": "scatter", "mode": "lines", "x": x, "line": {"shape": "hv", "width": 0}, "hoverinfo": "skip", "showlegend": False}
        traces += [
            {**line, "y": _plain(shown["low"], shown["closed"])},
            {**line, "y": _plain(shown["high"], shown["closed"]), "fill": "tonexty", "fillcolor": theme.faint(colour)},
            {
                "type": "scatter", "mode": "lines", "x": x, "y": _plain(shown["closed"]), "name": plain,
                "line": {"shape": "hv", "color": colour, "width": 2.4, "dash": theme.DASHES[place]}, "customdata": shown["at_risk"].tolist(),
                "hovertemplate": f"%{{y:.1%}}, %{{customdata:,.0f}} at risk<extra>{plain}</extra>",
            },
        ]  # fmt: skip
        notes += _at_risk(name, points, last, place, colour)
    if groups:
        notes.append(_below("Still open and watched (at risk):", 0, 0, "left", theme.INK))
    xaxis = {
        "range": [0, last], "tickvals": list(TICKS[last]), "title": {"text": "Days since opening", "font": {"size": 12}, "standoff": 4},
        "showgrid": False, "hoverformat": ",.0f", "automargin": False,
    }  # fmt: skip
    yaxis = {"range": [0, 1.02], "tickformat": ".0%", "title": {"text": "Share closed", "font": {"size": 12}}}
    margin = {"l": 8, "r": 16, "t": 8, "b": height - PLOT_PIXELS - 8}
    layout = theme.layout(xaxis=xaxis, yaxis=yaxis, annotations=notes, height=height, margin=margin, showlegend=len(groups) > 1)
    layout["legend"]["traceorder"] = "normal"
    return {"data": traces, "layout": layout}


def _at_risk(name: str, points: pd.DataFrame, last: int, place: int, colour: str) -> list[dict[str, Any]]:
    """A group's row below the axis: its name, and under each named day how many cases were still at risk."""
    at = points.set_index("day")["at_risk"]
    top = AXIS_PIXELS + 18 + ROW_PIXELS * place
    made = [_below(f"<b>{words.plain(name)}</b>", 0, top - AXIS_PIXELS, "left", colour)]
    for day in TICKS[last]:
        side = "left" if day == 0 else "right" if day == last else "center"
        made.append(_below(words.count(at.get(day, 0)), day / last, top - AXIS_PIXELS + 15, side, theme.INK))
    return made


def _below(text: str, x: float, pixels: int, side: str, colour: str) -> dict[str, Any]:
    """A text so many pixels below the axis' own texts."""
    return {
        "xref": "paper", "yref": "paper", "x": x, "y": 0, "yshift": -(AXIS_PIXELS + pixels), "xanchor": side, "yanchor": "bottom", "text": text,
        "showarrow": False, "font": {"size": 11, "color": colour}, "align": side,
    }  # fmt: skip


def _plain(values: pd.Series, instead: pd.Series | None = None) -> list[float]:
    """Rounded for the browser; where there is no band it lies on the curve."""
    filled = values if instead is None else values.fillna(instead)
    return [round(float(value), 5) for value in filled]
