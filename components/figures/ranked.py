"""Figures that compare groups: horizontal bars, stacks of age bands, shares with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from components import theme, words
from components.figures.series import axis_of
from components.language import _
from metrics.kinds import Unit

ROW_PIXELS = 32
LEAST_HEIGHT = 112


def height_of(rows: int) -> int:
    """Pixels for that many bars, with room for the axis."""
    return max(LEAST_HEIGHT, 74 + ROW_PIXELS * rows)


def bars(
    frame: pd.DataFrame, unit: Unit, *, value: str = "value", colours: Sequence[str] | str = theme.PRIMARY, href: str | None = "href",
    target: str | None = None, text: str | None = None, letters: int = words.LABEL_LETTERS, room: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    """One horizontal bar for each row of `frame` (`label`, `value`), first row on top; its value stands at its end.

    Args:
        href: column with the address a bar leads to.
        target: column with each row's own target, drawn as a bar across.
        text: column with the words that stand in a bar instead of its value.
        letters: of a line of a label; a row has room for two lines.
        room: by what part the axis is longer than the longest bar, for words that stand beside one.
    """
    rows = frame.iloc[::-1]
    colour = list(colours)[::-1] if not isinstance(colours, str) else colours
    trace = {
        "type": "bar", "orientation": "h", "y": [words.wrapped(v, letters) for v in rows["label"]], "x": [_plain(v) for v in rows[value]],
        "text": [words.amount(v, unit) for v in rows[value]] if text is None else [words.plain(v) for v in rows[text]], "textposition": "auto", "cliponaxis": False, "marker": {"color": colour},
        "insidetextfont": {"color": theme.ink_on(colour) if isinstance(colour, str) else [theme.ink_on(c) for c in colour]},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }  # fmt: skip
    if href is not None and href in rows.columns:
        trace["customdata"] = list(rows[href])
    traces = [trace] if target is None else [{**trace, "name": _("On time"), "insidetextanchor": "start"}, *_targets(rows, target)]
    xaxis = axis_of(unit) | ({"range": [0, float(rows[value].max()) * (1 + room)], "autorange": False} if room else {})
    layout = theme.layout(xaxis=xaxis, yaxis={"type": "category", "showgrid": False}, hovermode="closest", height=height_of(len(rows)))
    return {"data": traces, "layout": layout}


def _targets(rows: pd.DataFrame, target: str) -> list[dict[str, Any]]:
    """Each row's own target (a share) as a stroke across its place, with a white edge so that it is seen on a bar too."""
    stroke = {
        "type": "scatter", "mode": "markers", "x": [_plain(v) for v in rows[target]], "y": [words.wrapped(v) for v in rows["label"]],
        "name": _("Own target"), "hovertemplate": _("{name}: target {value}", name="%{y}", value="%{x:.0%}") + "<extra></extra>",
    }  # fmt: skip
    drawn = [("#FFFFFF", 6, 20), (theme.FOURTH, 3, 18)]
    edge, line = [
        {**stroke, "marker": {"symbol": "line-ns-open", "size": size, "color": colour, "line": {"width": width, "color": colour}}}
        for colour, width, size in drawn
    ]
    return [{**edge, "hoverinfo": "skip", "hovertemplate": None, "showlegend": False}, line]


def stack(
    wide: pd.DataFrame, labels: Sequence[str], unit: Unit, colours: Sequence[str], *,
    href: Mapping[str, Sequence[str | None]] | None = None, side_by_side: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Horizontal bars, one upon the other: one row for each of `labels` (rows of `wide`), one part for each column.

    Args:
        href: column -> address of each row's part; a column without any leads nowhere.
        side_by_side: the parts of a row do not add up and stand below each other.
    """
    order = list(range(len(wide)))[::-1]
    traces = []
    for column, colour in zip(wide.columns, colours, strict=False):
        traces.append({
            "type": "bar", "orientation": "h", "name": words.plain(column), "y": [words.wrapped(labels[i]) for i in order],
            "x": [_plain(wide[column].iloc[i]) for i in order], "marker": {"color": colour},
            "customdata": [href[column][i] for i in order] if href and column in href else None,
            "hovertemplate": f"{words.plain(column)}: {'%{x:.1%}' if unit == 'share' else '%{x:,.0f}'}<extra>%{{y}}</extra>",
        })  # fmt: skip
    layout = theme.layout(
        xaxis=axis_of(unit), yaxis={"type": "category", "showgrid": False}, barmode="group" if side_by_side else "stack", showlegend=True, hovermode="closest",
        height=height_of(len(wide) * (2 if side_by_side else 1)) + 30, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def intervals(frame: pd.DataFrame, *, target: str | None = "target", href: str | None = "href", name: str = "On time") -> dict[str, Any]:
    """Shares with their 95 % intervals: `label`, `value`, `low`, `high`, `n`; each row's own target as a bar across."""
    rows = frame.iloc[::-1]
    labels = [words.wrapped(v) for v in rows["label"]]
    x = [_plain(v) for v in rows["value"]]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": x, "y": labels, "name": name, "marker": {"size": 11, "color": theme.PRIMARY},
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
        traces.append(_targets(rows, target)[-1])
    # Points need no zero; whole tenths around what is shown, so that small gaps do not look large.
    least = min([v for name in ("low", target or "low") for v in rows[name].dropna()], default=0.0)
    layout = theme.layout(
        xaxis={**axis_of("share"), "range": [max(0.0, (int(least * 10) - 1) / 10), 1.02], "autorange": False, "rangemode": "normal"},
        yaxis={"type": "category", "showgrid": True}, hovermode="closest", showlegend=True, height=height_of(len(rows)) + 30,
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def pairs(
    frame: pd.DataFrame, first: tuple[str, str], last: tuple[str, str], at: float, said: str, *, href: str | None = "href"
) -> dict[str, Any]:
    """Two shares for each row of `frame` (`label`), joined by a line; `first` and `last` are (column, name), `at` is a line across called `said`."""
    rows = frame.iloc[::-1]
    labels = [words.wrapped(v) for v in rows["label"]]
    joins: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": [], "y": [], "hoverinfo": "skip", "showlegend": False,
                             "line": {"color": theme.QUIET, "width": 2}}  # fmt: skip
    for label, one, other in zip(labels, rows[first[0]], rows[last[0]], strict=True):
        joins["x"] += [_plain(one), _plain(other), None]
        joins["y"] += [label, label, None]
    points = []
    for (column, name), symbol, colour in ((first, "circle-open", theme.SECOND), (last, "diamond", theme.PRIMARY)):
        points.append({
            "type": "scatter", "mode": "markers", "name": name, "x": [_plain(v) for v in rows[column]], "y": labels,
            "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2, "color": colour}},
            "hovertemplate": f"%{{y}}: %{{x:.1%}} {name.lower()}<extra></extra>",
            "customdata": list(rows[href]) if href is not None and href in rows.columns else None,
        })  # fmt: skip
    values = [v for column, _ in (first, last) for v in rows[column].dropna()]
    layout = theme.layout(
        xaxis={**axis_of("share"), "range": [max(0.0, (int(min([*values, at]) * 10) - 0.3) / 10), min(1.02, max(values + [at]) + 0.05)],
               "autorange": False, "rangemode": "normal"},
        yaxis={"type": "category", "showgrid": True}, hovermode="closest", showlegend=True, height=height_of(len(rows)) + 40,
        shapes=[{"type": "line", "x0": round(at, 5), "x1": round(at, 5), "yref": "paper", "y0": 0, "y1": 1,
                 "line": {"color": theme.QUIET, "width": 1.5, "dash": "dash"}}],
        annotations=[{"x": round(at, 5), "y": 0, "yref": "paper", "yanchor": "bottom", "xanchor": "left", "showarrow": False,
                      "text": f"{said} {words.share(at)}", "font": {"size": 11}}],
    )  # fmt: skip
    return {"data": [joins, *points], "layout": layout}


def _gap(high: Any, low: Any) -> float | None:
    return None if words.is_missing(high) or words.is_missing(low) else round(float(high) - float(low), 5)


def _plain(value: Any) -> float | None:
    return None if words.is_missing(value) else round(float(value), 5)
