"""Figures of peers: a funnel of shares by volume, and ratios of observed to expected with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

import pandas as pd

from components import theme, words
from components.figures.ranked import height_of
from components.figures.series import axis_of
from metrics.areas import FEW, UNSURE
from metrics.intervals import Z_ALARM, Z_WARN
from metrics.peers import funnel_limits

HEIGHT = 420
STEPS = 60
MOST_NAMES = 10
PLOT, LETTER_PIXELS, POINT_PIXELS = (500, 300), 7, 12
"""About how large the drawing is where two stand side by side, a letter of a name is wide, and a point or a line of text is high."""
SIDES = (("left", "middle", 1, 0), ("right", "middle", -1, 0), ("center", "bottom", 0, 1), ("center", "top", 0, -1))
"""Where a name may stand: anchors, and to which side of its point."""
TIER_COLOURS = {"far_above": theme.GOOD, "above": theme.GOOD, "far_below": theme.BAD, "below": theme.BAD}
TIER_SYMBOLS = {"far_above": "triangle-up", "above": "triangle-up", "far_below": "triangle-down", "below": "triangle-down"}


def funnel(frame: pd.DataFrame, common: float) -> dict[str, Any]:
    """Shares against how many cases they are of: `label`, `value`, `n`, `tier`, `state`, `said` (hover), `href`.

    The limits show where chance alone puts 95 % and 99.8 % of peers who all have the share `common`.
    Points outside are named, most cases first; those of few cases are hollow or crosses.
    """
    counts = frame["n"].astype("float64")
    low, high = log10(max(1.0, counts.min() * 0.8)), log10(counts.max() * 1.25)
    x = [10 ** (low + (high - low) * step / STEPS) for step in range(STEPS + 1)]
    traces = []
    for z, name, dash in ((Z_WARN, "95 % limits", "dash"), (Z_ALARM, "99.8 % limits", "dot")):
        for side in (0, 1):
            traces.append(_line(x, [funnel_limits(common, n, z)[side] for n in x], name, dash, is_named=side == 0))
    traces.append(_line([x[0], x[-1]], [common, common], "common share", "solid", is_named=True))
    outside = frame[frame["tier"].isin(list(TIER_COLOURS))]
    traces.append(_points(frame))
    ticks = [tick for power in range(9) for tick in (10**power, 2 * 10**power, 5 * 10**power) if low <= log10(tick) <= high]
    limits = funnel_limits(common, x[0], Z_ALARM)
    ends = [min(frame["value"].min(), limits[0]), max(frame["value"].max(), limits[1])]
    layout = theme.layout(
        xaxis={
            "type": "log", "range": [low, high], "title": {"text": "Cases that fell due (logarithmic)", "font": {"size": 12}},
            "tickvals": ticks, "ticktext": [words.count(tick) for tick in ticks],
        },
        yaxis={**axis_of("share"), "range": [max(-0.02, ends[0] - 0.04), min(1.04, ends[1] + 0.04)], "autorange": False, "rangemode": "normal"},
        hovermode="closest", showlegend=True, height=HEIGHT, annotations=[],
    )  # fmt: skip
    layout["annotations"] = _names(outside.head(MOST_NAMES), frame, (low, high), layout["yaxis"]["range"])
    return {"data": traces, "layout": layout}


def _line(x: list[float], y: list[float], name: str, dash: str, *, is_named: bool) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": [round(v, 2) for v in x], "y": [round(v, 5) for v in y], "name": name, "legendgroup": name,
        "showlegend": is_named, "line": {"color": theme.QUIET, "width": 1.4, "dash": dash}, "hoverinfo": "skip",
    }  # fmt: skip


def _points(frame: pd.DataFrame) -> dict[str, Any]:
    symbols, colours = [], []
    for tier, state in zip(frame["tier"], frame["state"], strict=True):
        symbols.append("x-thin-open" if state == FEW else TIER_SYMBOLS.get(tier, "circle") + ("-open" if state == UNSURE else ""))
        colours.append(theme.QUIET if state == FEW else TIER_COLOURS.get(tier, theme.PRIMARY))
    return {
        "type": "scatter", "mode": "markers", "x": frame["n"].tolist(), "y": [round(v, 5) for v in frame["value"]], "name": "peers", "showlegend": False,
        "marker": {"size": 10, "symbol": symbols, "color": colours, "line": {"width": 1.5, "color": colours}},
        "customdata": [[href, said] for href, said in zip(frame["href"], frame["said"], strict=True)], "hovertemplate": "%{customdata[1]}<extra></extra>",
        "cliponaxis": False,
    }  # fmt: skip


def _names(frame: pd.DataFrame, points: pd.DataFrame, across: tuple[float, float], up: Sequence[float]) -> list[dict[str, Any]]:
    """The names of points, each on the first side where it hides no point and no other name; where there is none, the point's hover has it."""

    def place(n: float, value: float) -> tuple[float, float]:
        return PLOT[0] * (log10(n) - across[0]) / (across[1] - across[0]), PLOT[1] * (value - up[0]) / (up[1] - up[0])

    taken = [_box(*place(n, value), 0, 0) for n, value in zip(points["n"], points["value"], strict=True)]
    made = []
    for label, n, value in zip(frame["label"], frame["n"], frame["value"], strict=True):
        at, wide = place(n, value), LETTER_PIXELS * len(str(label))
        for anchor, yanchor, dx, dy in SIDES:
            middle = at[0] + dx * (wide / 2 + POINT_PIXELS), at[1] + dy * 2 * POINT_PIXELS
            box = _box(*middle, wide - POINT_PIXELS, 0)
            if box[0] >= 0 and box[2] <= PLOT[0] and not any(_meet(box, other) for other in taken):
                taken.append(box)
                made.append({
                    "x": log10(n), "y": value, "text": words.plain(label), "showarrow": False, "font": {"size": 12}, "xanchor": anchor, "yanchor": yanchor,
                    "xshift": 9 * dx, "yshift": 6 * dy,
                })  # fmt: skip
                break
    return made


def _box(x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
    """Left, lower, right and upper edge of something `wide` and `high` around a middle, with room for a point's own size."""
    return x - (wide + POINT_PIXELS) / 2, y - (high + POINT_PIXELS) / 2, x + (wide + POINT_PIXELS) / 2, y + (high + POINT_PIXELS) / 2


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def ratios(frame: pd.DataFrame) -> dict[str, Any]:
    """Observed / expected with 95 % intervals, one row each, first on top; hollow beside it the raw share / the common one (`raw_ratio`)."""
    rows = frame.iloc[::-1]
    labels = [words.wrapped(label) for label in rows["label"]]
    colours = [TIER_COLOURS.get(tier, theme.QUIET) for tier in rows["adjusted_tier"]]
    points = {
        "type": "scatter", "mode": "markers", "x": [round(v, 4) for v in rows["ratio"]], "y": labels, "name": "allowing for mix",
        "marker": {"size": 11, "color": colours, "symbol": [TIER_SYMBOLS.get(tier, "circle") for tier in rows["adjusted_tier"]]},
        "error_x": {
            "type": "data", "symmetric": False, "array": [round(high - v, 4) for high, v in zip(rows["ratio_high"], rows["ratio"], strict=True)],
            "arrayminus": [round(v - low, 4) for low, v in zip(rows["ratio_low"], rows["ratio"], strict=True)], "thickness": 1.6, "width": 4, "color": theme.QUIET,
        },
        "customdata": [[href, said] for href, said in zip(rows["href"], rows["said"], strict=True)], "hovertemplate": "%{customdata[1]}<extra></extra>",
    }  # fmt: skip
    raw = {
        "type": "scatter", "mode": "markers", "x": [round(v, 4) for v in rows["raw_ratio"]], "y": labels, "name": "raw",
        "marker": {"size": 9, "symbol": "diamond-open", "color": theme.FOURTH, "line": {"width": 1.6}}, "hovertemplate": "%{y}: raw %{x:.2f}<extra></extra>",
    }  # fmt: skip
    layout = theme.layout(
        xaxis={"title": {"text": "On time, observed / expected", "font": {"size": 12}}, "tickformat": ".2f", "rangemode": "normal"},
        yaxis={"type": "category", "showgrid": True}, hovermode="closest", showlegend=True, height=max(HEIGHT, height_of(len(rows)) + 30),
        shapes=[{"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": theme.QUIET, "width": 1.6}}],
    )  # fmt: skip
    return {"data": [points, raw], "layout": layout}
