"""The hours of a week as a heat map: days by hours, little to much, without judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components import theme, words

ROW_PIXELS = 34


def hours(values: Sequence[Sequence[float | None]], texts: Sequence[Sequence[str]], days: Sequence[str], title: str) -> dict[str, Any]:
    """`values`: one row a day, 24 hours each; null where nothing came in. `texts`: what each cell says; `title`: of the colours, with the unit."""
    at = [f"{hour:02d}" for hour in range(24)]
    key = {
        "orientation": "h", "x": 0, "xanchor": "left", "y": -0.08, "yanchor": "top", "lenmode": "pixels", "len": 300, "thickness": 10, "outlinewidth": 0,
        "title": {"text": words.plain(title), "side": "top", "font": {"size": 12}}, "tickfont": {"size": 11}, "ticks": "",
    }  # fmt: skip
    trace = {
        "type": "heatmap", "x": at, "y": list(days)[::-1], "z": [list(row) for row in values][::-1], "xgap": 2, "ygap": 2, "zmin": 0,
        "colorscale": [list(stop) for stop in theme.AMOUNT_SCALE], "colorbar": key, "text": [[words.plain(text) for text in row] for row in texts][::-1],
        "hovertemplate": "%{text}<extra></extra>", "hoverongaps": False,
    }  # fmt: skip
    layout = theme.layout(
        xaxis={"type": "category", "showgrid": False, "title": {"text": "Hour of the day", "font": {"size": 12}}, "side": "top"},
        yaxis={"type": "category", "showgrid": False}, hovermode="closest", height=150 + ROW_PIXELS * len(days),
        margin={"l": 8, "r": 12, "t": 8, "b": 64},
    )  # fmt: skip
    return {"data": [trace], "layout": layout}
