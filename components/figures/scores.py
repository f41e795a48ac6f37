"""Figures of scores: how far each measure is from its target."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import theme, words
from components.figures.ranked import height_of


def scores(frame: pd.DataFrame) -> dict[str, Any]:
    """One bar for each row (`label`, `score`, `said`), first on top, beside the line of the target at 1."""
    rows = frame.iloc[::-1]
    trace = {
        "type": "bar", "orientation": "h", "y": list(range(len(rows))), "x": [round(float(score), 4) for score in rows["score"]],
        "text": [words.plain(said) for said in rows["said"]], "textposition": "auto", "insidetextanchor": "start", "cliponaxis": False,
        "marker": {"color": [theme.BAD if score < 1 else theme.QUIET for score in rows["score"]]},
        "insidetextfont": {"color": [theme.ink_on(theme.BAD if score < 1 else theme.QUIET) for score in rows["score"]]},
        "customdata": [[href or "", words.plain(label)] for href, label in zip(rows["href"], rows["label"], strict=True)],
        "hovertemplate": "%{customdata[1]}<br>%{text}; score %{x:.2f}<extra></extra>",
    }  # fmt: skip
    layout = theme.layout(
        xaxis={"title": {"text": "Score: value / target, or target / value where lower is better", "font": {"size": 12}}, "tickformat": ".1f", "range": [0, max(1.08, 1.05 * float(rows["score"].max()))]},
        yaxis={"tickvals": list(range(len(rows))), "ticktext": [words.wrapped(label, 34) for label in rows["short"]], "showgrid": False},
        hovermode="closest", height=height_of(len(rows)),
        shapes=[{"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": theme.FOURTH, "width": 2, "dash": "dash"}}],
    )  # fmt: skip
    return {"data": [trace], "layout": layout}
