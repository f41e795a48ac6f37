"""What a change is made of: for each group the parts that raise and lower it, from a common zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components import theme, words
from components.figures.ranked import height_of

PATTERNS = ("/", "", "x")
"""One for each part, so that parts differ without colour."""


def parts(labels: Sequence[str], columns: Mapping[str, Sequence[float]], colours: Sequence[str]) -> dict[str, Any]:
    """Horizontal bars of differences of shares, in points: one row for each of `labels`, first on top, and one part for each of `columns`.

    Parts of one sign stand end to end on their side of zero.
    """
    order = list(range(len(labels)))[::-1]
    traces = [
        {
            "type": "bar", "orientation": "h", "name": words.plain(name), "y": [words.wrapped(labels[i]) for i in order],
            "x": [round(100 * float(values[i]), 3) for i in order], "marker": {"color": colour, "pattern": {"shape": shape, "size": 6, "solidity": 0.25}},
            "hovertemplate": f"%{{y}}: %{{x:+.1f}} points<extra>{words.plain(name)}</extra>",
        }
        for (name, values), colour, shape in zip(columns.items(), colours, PATTERNS, strict=False)
    ]  # fmt: skip
    layout = theme.layout(
        xaxis={"title": {"text": "Points of the share on time", "font": {"size": 12}}, "tickformat": "+,.1~f", "zeroline": True, "zerolinecolor": theme.QUIET, "zerolinewidth": 1.5},
        yaxis={"type": "category", "showgrid": False}, barmode="relative", showlegend=True, hovermode="closest", height=height_of(len(labels)) + 30,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )  # fmt: skip
    return {"data": traces, "layout": layout}
