"""Figures over time: lines with limits and targets, bars in and out, stacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from components import theme, words
from components.language import _
from metrics.kinds import Unit
from metrics.xmr import Limits


@dataclass(frozen=True)
class Line:
    """One series: a column of the frame, its name, and how it is drawn."""

    column: str
    name: str
    colour: str = theme.PRIMARY
    dash: str = "solid"
    area: bool = False


def axis_of(unit: Unit, title: str | None = None) -> dict[str, Any]:
    """The value axis of a unit: its title with the unit, its number format, and where it begins."""
    made: dict[str, Any] = {"title": {"text": title or _(words.AXIS_TITLES[unit]), "font": {"size": 12}}, "rangemode": "tozero"}
    if unit == "share":
        made |= {"tickformat": ".0%", "title": {"text": title or _("Share of cases"), "font": {"size": 12}}}
    else:
        made |= {"tickformat": ",~r" if unit in ("cases", "closures", "reports") else ",.1~f"}
    return made


def hover_of(unit: Unit) -> str:
    """How plotly writes a value in its hover label."""
    if unit == "share":
        return "%{y:.1%}"
    return "%{y:,.0f}" if unit in ("cases", "closures", "reports") else "%{y:,.1f}"


def lines(
    frame: pd.DataFrame, series: Sequence[Line], unit: Unit, *, limits: Limits | None = None, target: float | None = None,
    marked: Sequence[int] = (), title: str | None = None, height: int = theme.HEIGHT, share_range: tuple[float, float] | None = None,
    since: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Lines over `frame["period"]`.

    Args:
        limits: natural process limits, drawn as a band with its mean.
        target: drawn as a line with its name.
        marked: positions of points that are signals; drawn as larger diamonds.
        since: position of the first period that the limits are about.
    """
    x = [pd.Timestamp(day).date().isoformat() for day in frame["period"]]
    traces = [_trace(frame, x, line, unit, len(series)) for line in series]
    if marked and series:
        first = series[0]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [x[i] for i in marked], "y": [_plain(frame[first.column].iloc[i]) for i in marked],
            "marker": {"symbol": "diamond", "size": 10, "color": theme.SECOND}, "name": _("Signal"), "hoverinfo": "skip", "showlegend": False,
        })  # fmt: skip
    shapes, notes = _guides(limits, target, unit)
    for shape in shapes[: 2 if limits is not None and since else 0]:
        shape |= {"xref": "x", "x0": x[since], "x1": x[-1]}
    yaxis = axis_of(unit, title)
    if unit == "share":
        yaxis |= {"range": list(share_range or _share_range(frame, series, limits, target)), "autorange": False}
    layout = theme.layout(
        xaxis=time_axis(x), yaxis=yaxis, shapes=shapes,
        annotations=notes, showlegend=len(series) > 1, height=height,
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def time_axis(x: Sequence[str]) -> dict[str, Any]:
    """The axis of periods that begin on days `x` (ISO). Weeks get their ticks on the days they begin."""
    made = {"type": "date", "tickformatstops": _TICKS, "hoverformat": "%-d %b %Y", "showgrid": False}
    if 1 < len(x) <= MOST_WEEK_TICKS * 4 and (date.fromisoformat(x[1]) - date.fromisoformat(x[0])).days == 7:
        every = -(-len(x) // MOST_WEEK_TICKS)
        # Counted from the last week, which is the one a reader looks for.
        made |= {"tick0": x[(len(x) - 1) % every], "dtick": every * 7 * 86_400_000, "tickformat": _TICKS[0]["value"], "tickformatstops": []}
    return made


MOST_WEEK_TICKS = 7
_TICKS = [
    {"dtickrange": [None, 86_400_000 * 27], "value": "%-d %b\n%Y"},
    {"dtickrange": [86_400_000 * 27, None], "value": "%b\n%Y"},
]


def _trace(frame: pd.DataFrame, x: list[str], line: Line, unit: Unit, count: int) -> dict[str, Any]:
    few = len(frame) <= 60
    made: dict[str, Any] = {
        "type": "scatter", "mode": "lines+markers" if few else "lines", "x": x, "y": [_plain(v) for v in frame[line.column]],
        "name": words.plain(_(line.name)), "line": {"color": line.colour, "width": 2.4, "dash": line.dash}, "marker": {"size": 5},
        "hovertemplate": f"{hover_of(unit)}<extra>{words.plain(_(line.name))}</extra>", "connectgaps": False,
    }  # fmt: skip
    if line.area:
        made |= {"fill": "tozeroy", "fillcolor": theme.faint(line.colour)}
    return made


def _guides(limits: Limits | None, target: float | None, unit: Unit) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if limits is not None:
        shapes.append({"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": limits.lower, "y1": limits.upper, "layer": "below",
                       "fillcolor": "rgba(123,135,148,0.13)", "line": {"width": 0}})  # fmt: skip
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limits.mean, "y1": limits.mean,
                       "line": {"color": theme.QUIET, "width": 1, "dash": "dot"}})  # fmt: skip
        notes.append(_note(limits.upper, _("usual range"), "bottom"))
    if target is not None:
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": target, "y1": target,
                       "line": {"color": theme.FOURTH, "width": 1.6, "dash": "dash"}})  # fmt: skip
        notes.append({**_note(target, _("target {value}", value=words.amount(target, unit)), "top"), "x": 0.01, "xanchor": "left"})
    return shapes, notes


def _note(y: float, text: str, anchor: str) -> dict[str, Any]:
    return {"xref": "paper", "x": 1, "xanchor": "right", "y": y, "yanchor": anchor, "text": text, "showarrow": False, "font": {"size": 11}}


def _share_range(frame: pd.DataFrame, series: Sequence[Line], limits: Limits | None, target: float | None) -> tuple[float, float]:
    values = [v for line in series for v in frame[line.column].astype("float64").dropna()]
    values += [] if target is None else [target]
    values += [] if limits is None else [limits.lower, limits.upper]
    # A share has a fixed axis of whole tenths around what is shown, never a zoom that makes noise a crisis.
    low = max(0.0, (int(min(values, default=0.0) * 10) - 1) / 10)
    return (low if low >= 0.3 else 0.0), 1.02


def bars_over_time(
    frame: pd.DataFrame, series: Sequence[Line], unit: Unit, *, stacked: bool = False, height: int = theme.HEIGHT
) -> dict[str, Any]:
    """Bars for each period, side by side or stacked."""
    x = [pd.Timestamp(day).date().isoformat() for day in frame["period"]]
    traces = [
        {
            "type": "bar", "x": x, "y": [_plain(v) for v in frame[line.column]], "name": words.plain(_(line.name)),
            "marker": {"color": line.colour, "line": {"width": 0}}, "hovertemplate": f"{hover_of(unit)}<extra>{words.plain(_(line.name))}</extra>",
        }
        for line in series
    ]  # fmt: skip
    layout = theme.layout(
        xaxis=time_axis(x), yaxis=axis_of(unit),
        barmode="stack" if stacked else "group", showlegend=len(series) > 1, height=height,
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _plain(value: Any) -> float | None:
    """A value as plotly takes it: rounded, missing as null."""
    return None if words.is_missing(value) else round(float(value), 5)
