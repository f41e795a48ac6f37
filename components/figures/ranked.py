"""Figures that compare groups: horizontal bars, stacks of age bands, shares with their intervals, a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from components import theme, words
from components.figures.series import axis_of
from metrics.kinds import Unit

ROW_PIXELS = 32
LEAST_HEIGHT = 150


def height_of(rows: int) -> int:
    """Pixels for that many bars, with room for the axis."""
    return max(LEAST_HEIGHT, 74 + ROW_PIXELS * rows)


def bars(
    frame: pd.DataFrame, unit: Unit, *, value: str = "value", colours: Sequence[str] | str = theme.PRIMARY, href: str | None = "href"
) -> dict[str, Any]:
    """One horizontal bar for each row of `frame` (`label`, `value`), first row on top; its value stands at its end.

    Args:
        href: column with the address a bar leads to.
    """
    rows = frame.iloc[::-1]
    colour = list(colours)[::-1] if not isinstance(colours, str) else colours
    trace = {
        "type": "bar", "orientation": "h", "y": [words.wrapped(v) for v in rows["label"]], "x": [_plain(v) for v in rows[value]],
        "text": [words.amount(v, unit) for v in rows[value]], "textposition": "auto", "cliponaxis": False, "marker": {"color": colour},
        "insidetextfont": {"color": "#FFFFFF"}, "hovertemplate": "%{y}: %{text}<extra></extra>",
    }  # fmt: skip
    if href is not None and href in rows.columns:
        trace["customdata"] = list(rows[href])
    layout = theme.layout(
        xaxis=axis_of(unit), yaxis={"type": "category", "showgrid": False}, hovermode="closest", height=height_of(len(rows))
    )
    return {"data": [trace], "layout": layout}


def stack(
    wide: pd.DataFrame, labels: Sequence[str], unit: Unit, colours: Sequence[str], *, href: Sequence[str] | None = None
) -> dict[str, Any]:
    """Horizontal stacked bars: one row for each of `labels` (rows of `wide`), one part for each column."""
    order = list(range(len(wide)))[::-1]
    traces = []
    for column, colour in zip(wide.columns, colours, strict=False):
        traces.append({
            "type": "bar", "orientation": "h", "name": words.plain(column), "y": [words.wrapped(labels[i]) for i in order],
            "x": [_plain(wide[column].iloc[i]) for i in order], "marker": {"color": colour},
            "customdata": [href[i] for i in order] if href else None,
            "hovertemplate": f"{words.plain(column)}: %{{x:,.0f}}<extra>%{{y}}</extra>",
        })  # fmt: skip
    layout = theme.layout(
        xaxis=axis_of(unit), yaxis={"type": "category", "showgrid": False}, barmode="stack", showlegend=True, hovermode="closest",
        height=height_of(len(wide)) + 30, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def intervals(frame: pd.DataFrame, *, target: str | None = "target", href: str | None = "href") -> dict[str, Any]:
    """Shares with their 95 % intervals: `label`, `value`, `low`, `high`, `n`; each row's own target as a bar across."""
    rows = frame.iloc[::-1]
    labels = [words.wrapped(v) for v in rows["label"]]
    x = [_plain(v) for v in rows["value"]]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": x, "y": labels, "name": "On time", "marker": {"size": 11, "color": theme.PRIMARY},
        "error_x": {
            "type": "data", "symmetric": False, "array": [_gap(h, v) for h, v in zip(rows["high"], rows["value"], strict=True)],
            "arrayminus": [_gap(v, low) for low, v in zip(rows["low"], rows["value"], strict=True)], "thickness": 2, "width": 5, "color": theme.PRIMARY,
        },
        "text": [words.cases(n) for n in rows["n"]], "hovertemplate": "%{y}: %{x:.1%} of %{text}<extra></extra>",
    }  # fmt: skip
    if href is not None and href in rows.columns:
        trace["customdata"] = list(rows[href])
    traces = [trace]
    if target is not None and target in rows.columns:
        traces.append({
            "type": "scatter", "mode": "markers", "x": [_plain(v) for v in rows[target]], "y": labels, "name": "Own target",
            "marker": {"symbol": "line-ns-open", "size": 18, "color": theme.FOURTH, "line": {"width": 3}},
            "hovertemplate": "%{y}: target %{x:.0%}<extra></extra>",
        })  # fmt: skip
    layout = theme.layout(
        xaxis={**axis_of("share"), "range": [0, 1.02]}, yaxis={"type": "category", "showgrid": True}, hovermode="closest", showlegend=True,
        height=height_of(len(rows)) + 30,
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def matrix(wide: pd.DataFrame, counts: pd.DataFrame, labels: Sequence[str], columns: Sequence[str], targets: Sequence[float | None]) -> dict[str, Any]:  # fmt: skip
    """Shares of rows by period, coloured by their distance from the row's target; the share stands in each cell.

    Args:
        wide: shares, rows by columns, null where nothing can be said.
        counts: n of each cell, for the hover label.
        targets: one for each row; rows without one are grey.
    """
    order = list(range(len(wide)))[::-1]
    z, text, hover = [], [], []
    for i in order:
        target = targets[i]
        z.append([None if target is None or words.is_missing(v) else _gap_colour(float(v) - target) for v in wide.iloc[i]])
        text.append(["" if words.is_missing(v) else f"{100 * float(v):.0f}" for v in wide.iloc[i]])
        hover.append([f"{words.share(v)} of {words.cases(n)}" for v, n in zip(wide.iloc[i], counts.iloc[i], strict=True)])
    trace: dict[str, Any] = {
        "type": "heatmap", "z": z, "x": list(columns), "y": [words.wrapped(labels[i]) for i in order], "text": text, "customdata": hover,
        "texttemplate": "%{text}" if len(columns) <= 16 else "", "hovertemplate": "%{y}, %{x}: %{customdata}<extra></extra>", "xgap": 2, "ygap": 2,
        "colorscale": [[at, colour] for at, colour in theme.GAP_SCALE], "zmin": -theme.GAP_SPAN, "zmax": theme.GAP_SPAN, "showscale": False,
        "textfont": {"size": 11}, "hoverongaps": False,
    }  # fmt: skip
    layout = theme.layout(
        xaxis={"type": "category", "side": "top", "showgrid": False, "tickangle": -40 if len(columns) > 8 else 0},
        yaxis={"type": "category", "showgrid": False}, hovermode="closest", height=70 + 26 * len(wide),
    )  # fmt: skip
    return {"data": [trace], "layout": layout}


def _gap_colour(gap: float) -> float:
    return round(max(-theme.GAP_SPAN, min(theme.GAP_SPAN, gap)), 4)


def _gap(high: Any, low: Any) -> float | None:
    return None if words.is_missing(high) or words.is_missing(low) else round(float(high) - float(low), 5)


def _plain(value: Any) -> float | None:
    return None if words.is_missing(value) else round(float(value), 5)
