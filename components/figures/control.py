"""Control charts: a weekly line with the limits of each of its baselines, its signals, and the notes at its time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from components import theme, words
from components.figures.series import Line, lines
from metrics.kinds import Unit
from metrics.xmr import Limits


@dataclass(frozen=True)
class Segment:
    """Weeks with one baseline: `[start, end)`."""

    start: date
    end: date
    limits: Limits


@dataclass(frozen=True)
class Mark:
    """A note at the time axis: `[start, end)`."""

    start: date
    end: date
    text: str
    colour: str = theme.FOURTH


def control(
    frame: pd.DataFrame, unit: Unit, name: str, segments: Sequence[Segment], marked: Sequence[int], *, axis: str, target: float | None = None, is_difference: bool = False
) -> dict[str, Any]:  # fmt: skip
    """The column `judged` of `frame` by its `period`.

    Args:
        is_difference: the line may go below zero, of a share too.
    """
    drawn_unit: Unit = "ratio" if is_difference and unit == "share" else unit
    figure = lines(frame, [Line("judged", name)], drawn_unit, marked=marked, target=target, title=axis)
    if is_difference:
        figure["layout"]["yaxis"] |= {"zeroline": True, "rangemode": "normal"} | ({"tickformat": "+.0%"} if unit == "share" else {})
        if unit == "share":
            figure["data"][0]["hovertemplate"] = f"%{{y:+.1%}}<extra>{words.plain(name)}</extra>"
    elif unit == "share" and segments:
        low = min([frame["judged"].min(), *[segment.limits.lower for segment in segments]])
        figure["layout"]["yaxis"]["range"] = [max(0.0, (int(low * 10) - 1) / 10) if low > 0.4 else 0.0, 1.02]
    for segment in segments:
        span = {"xref": "x", "x0": segment.start.isoformat(), "x1": (segment.end - timedelta(days=7)).isoformat()}
        figure["layout"]["shapes"] += [
            {"type": "rect", **span, "y0": segment.limits.lower, "y1": segment.limits.upper, "layer": "below",
             "fillcolor": "rgba(123,135,148,0.13)", "line": {"width": 0}},
            {"type": "line", **span, "y0": segment.limits.mean, "y1": segment.limits.mean, "line": {"color": theme.QUIET, "width": 1, "dash": "dot"}},
        ]  # fmt: skip
    return figure


def mark(figure: dict[str, Any], marks: Sequence[Mark], *, level: int = 0) -> None:
    """Draw notes on a figure over time: a line or a band with its text on top, those beside each other on three levels, from `level` on."""
    layout = figure["layout"]
    layout["shapes"], layout["annotations"] = [*layout.get("shapes", [])], [*layout.get("annotations", [])]
    # A text that leaves the data behind stretches the axis: on a phone by years. Late ones stand before their line.
    days = sorted(str(day)[:10] for trace in figure["data"] for day in trace.get("x", ()))
    late = days[len(days) // 2] if days else ""
    for number, note in enumerate(marks):
        at = note.start.isoformat()
        if (note.end - note.start).days > 1:
            layout["shapes"].append({"type": "rect", "yref": "paper", "x0": at, "x1": note.end.isoformat(), "y0": 0, "y1": 1, "layer": "below",
                                     "fillcolor": theme.faint(note.colour), "line": {"width": 0}})  # fmt: skip
        layout["shapes"].append(
            {
                "type": "line",
                "yref": "paper",
                "x0": at,
                "x1": at,
                "y0": 0,
                "y1": 1,
                "line": {"color": note.colour, "width": 1.4, "dash": "dashdot"},
            }
        )
        layout["annotations"].append({
            "x": at, "yref": "paper", "y": 1 - 0.07 * ((level + number) % 3), "xanchor": "right" if days and at > late else "left", "yanchor": "top", "text": words.plain(note.text), "showarrow": False,
            "font": {"size": 11, "color": note.colour},
        })  # fmt: skip
