"""Figures of estimates that are unsure: differences and values with their intervals, and two figures against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from components import theme, words
from components.figures.ranked import height_of
from components.figures.series import axis_of
from metrics.kinds import Unit


def differences(rows: Sequence[tuple[str, float, float, float, bool]], names: tuple[str, str]) -> dict[str, Any]:
    """Relative differences (label, value, low, high, beyond chance) around a line at 0; those beyond chance are filled."""
    rows = list(rows)[::-1]
    trace = _points(
        [label for label, *_ in rows], [v for _, v, *_ in rows], [low for _, _, low, _, _ in rows], [high for _, _, _, high, _ in rows]
    )
    apart = [beyond for *_, beyond in rows]
    trace["marker"] = {
        "size": 11, "symbol": ["diamond" if beyond else "circle-open" for beyond in apart],
        "color": [theme.PRIMARY if beyond else theme.QUIET for beyond in apart], "line": {"width": 2, "color": [theme.PRIMARY if beyond else theme.QUIET for beyond in apart]},
    }  # fmt: skip
    trace["text"] = ["can be told apart" if beyond else "cannot be told apart" for beyond in apart]
    trace["hovertemplate"] = "%{y}: %{x:+.0%}<br>%{text}<extra></extra>"
    title = f"{words.plain(names[0])} against {words.plain(names[1])}"
    layout = theme.layout(
        xaxis={**axis_of("share", title), "tickformat": "+.0%", "rangemode": "normal", "zeroline": True, "zerolinewidth": 2, "zerolinecolor": theme.QUIET},
        yaxis={"type": "category", "showgrid": True}, hovermode="closest", height=height_of(len(rows)) + 20,
    )  # fmt: skip
    return {"data": [trace], "layout": layout}


def ranges(frame: pd.DataFrame, unit: Unit, *, href: str | None = "href") -> dict[str, Any]:
    """Values with their intervals: `label`, `value`, `low`, `high`; first row on top."""
    rows = frame.iloc[::-1]
    trace = _points([words.wrapped(v) for v in rows["label"]], rows["value"].tolist(), rows["low"].tolist(), rows["high"].tolist())
    trace["marker"] = {"size": 10, "color": theme.PRIMARY}
    trace["text"] = [
        f"{words.value(v, unit)}, {words.amount(low, unit)} to {words.amount(high, unit)}"
        for v, low, high in rows[["value", "low", "high"]].itertuples(index=False)
    ]
    trace["hovertemplate"] = "%{y}: %{text}<extra></extra>"
    if href is not None and href in rows.columns:
        trace["customdata"] = list(rows[href])
    layout = theme.layout(
        xaxis=axis_of(unit), yaxis={"type": "category", "showgrid": True}, hovermode="closest", height=height_of(len(rows))
    )
    return {"data": [trace], "layout": layout}


def dots(frame: pd.DataFrame, x: str, y: str, typical: tuple[float, float], units: tuple[Unit, Unit]) -> dict[str, Any]:
    """One dot for each row (`label`, `href`, `is_out`, and `name` where it is written) over two figures, with a line at what is typical of each."""
    marked = list(frame["is_out"])
    trace = {
        "type": "scatter", "mode": "markers+text", "x": [_plain(v) for v in frame[x]], "y": [_plain(v) for v in frame[y]],
        "text": [words.plain(name) for name in frame["name"]], "textposition": "top center", "textfont": {"size": 11}, "cliponaxis": False,
        "marker": {"size": 10, "symbol": ["diamond" if out else "circle" for out in marked], "color": [theme.BAD if out else theme.PRIMARY for out in marked]},
        "hovertext": [
            f"{words.plain(label)}<br>{words.value(a, units[0])}<br>{words.value(b, units[1])} to close half" for label, a, b in frame[["label", x, y]].itertuples(index=False)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>", "customdata": list(frame["href"]),
    }  # fmt: skip
    line = {"type": "line", "line": {"color": theme.QUIET, "width": 1.5, "dash": "dash"}}
    across = {**line, "xref": "paper", "x0": 0, "x1": 1, "y0": _plain(typical[1]), "y1": _plain(typical[1])}
    up = {**line, "yref": "paper", "y0": 0, "y1": 1, "x0": _plain(typical[0]), "x1": _plain(typical[0])}
    layout = theme.layout(
        xaxis={**axis_of(units[0], "Reports by residents per 1,000"), "rangemode": "normal", "showgrid": True},
        yaxis={**axis_of(units[1], "Days until half were closed"), "rangemode": "tozero"}, hovermode="closest", shapes=[across, up], height=380,
    )  # fmt: skip
    return {"data": [trace], "layout": layout}


def _points(labels: Sequence[str], values: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "y": list(labels), "x": [_plain(v) for v in values],
        "error_x": {
            "type": "data", "symmetric": False, "array": [_plain(high - v) for high, v in zip(highs, values, strict=True)],
            "arrayminus": [_plain(v - low) for low, v in zip(lows, values, strict=True)], "thickness": 2, "width": 5, "color": theme.QUIET,
        },
    }  # fmt: skip


def _plain(value: Any) -> float | None:
    return None if words.is_missing(value) else round(float(value), 5)
