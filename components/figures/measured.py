"""A figure that is not cases over its months, quarters or years, with the target of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from components import theme, words
from components.figures.series import Line, lines
from components.language import _
from metrics.xmr import Limits

MOST_TICKS = 8
LEAST_ZOOMED = 40
"""Percentages that never fall below this have no axis from zero."""


def over_time(
    frame: pd.DataFrame, name: str, axis: str, names: Sequence[str], *, is_share: bool = False, is_percent: bool = False,
    limits: Limits | None = None, marked: Sequence[int] = (), height: int = theme.HEIGHT,
) -> dict[str, Any]:  # fmt: skip
    """`value` and `target` of `frame` by its `period`; a missing value is a hole in the line.

    Args:
        names: of the periods.
        limits: what the value usually lies within; a band.
        marked: positions of periods that are signals.
    """
    has_target = frame["target"].notna().any()
    series = [Line("value", name), *([Line("target", _("Target"), theme.FOURTH, "dash")] if has_target else [])]
    figure = lines(frame, series, "ratio", limits=limits, marked=marked, title=words.plain(axis), height=height)
    every = -(-len(frame) // MOST_TICKS)
    # Counted from the last period, which is the one a reader looks for.
    ticks = list(range(len(frame) - 1, -1, -every))[::-1]
    xaxis, yaxis = figure["layout"]["xaxis"], figure["layout"]["yaxis"]
    for unused in ("tick0", "dtick", "tickformat", "tickformatstops"):
        xaxis.pop(unused, None)
    x = figure["data"][0]["x"]
    xaxis |= {
        "tickvals": [x[at] for at in ticks],
        "ticktext": [words.plain(names[at]) for at in ticks],
        "tickmode": "array",
        "type": "date",
    }
    shown = ".1%" if is_share else ",.2~f"
    yaxis |= {"tickformat": ".0%" if is_share else ",.2~f", "ticksuffix": " %" if is_percent else ""}
    if is_percent:
        low = min([*frame["value"].dropna(), *frame["target"].dropna(), *([limits.lower] if limits else [])])
        # Whole tens around what is shown, never a zoom that makes noise a crisis.
        high = max([*frame["value"].dropna(), *frame["target"].dropna()])
        if low > LEAST_ZOOMED and high <= 100:
            yaxis |= {"rangemode": "normal", "range": [10 * int(low / 10 - 1), 102], "autorange": False}
    for trace in figure["data"][: len(series)]:
        suffix = " %" if is_percent else ""
        trace |= {"hovertemplate": f"%{{y:{shown}}}{suffix}<extra>{trace['name']}</extra>"}
    if has_target:
        figure["data"][1] |= {
            "mode": "lines" if len(frame) > 1 else "markers",
            "line": {**figure["data"][1]["line"], "shape": "hvh", "width": 1.8},
        }
    return figure


def by_year(
    names: Sequence[str], values: Sequence[float | None], targets: Sequence[float | None], name: str, axis: str, *, is_percent: bool = False
) -> dict[str, Any]:
    """A bar for each year, and its target as a stroke across it."""
    shown, suffix = ",.2~f", " %" if is_percent else ""
    traces: list[dict[str, Any]] = [{
        "type": "bar", "x": list(names), "y": [_plain(value) for value in values], "name": words.plain(name), "marker": {"color": theme.PRIMARY},
        "hovertemplate": f"%{{y:{shown}}}{suffix}<extra>{words.plain(name)}</extra>",
    }]  # fmt: skip
    if any(_plain(value) is not None for value in targets):
        traces.append({
            "type": "scatter", "mode": "markers", "x": list(names), "y": [_plain(value) for value in targets], "name": _("Target"),
            "marker": {"symbol": "line-ew-open", "size": 34, "color": theme.FOURTH, "line": {"width": 3, "color": theme.FOURTH}},
            "hovertemplate": f"%{{y:{shown}}}{suffix}<extra>{_('Target')}</extra>",
        })  # fmt: skip
    yaxis = {"title": {"text": words.plain(axis), "font": {"size": 12}}, "tickformat": shown, "ticksuffix": suffix, "rangemode": "tozero"}
    layout = theme.layout(xaxis={"type": "category", "showgrid": False}, yaxis=yaxis, showlegend=len(traces) > 1, bargap=0.6)
    return {"data": traces, "layout": layout}


def _plain(value: Any) -> float | None:
    return None if words.is_missing(value) else round(float(value), 5)
