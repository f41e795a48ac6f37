"""The charts of a packet: plain data that is frozen with it, and the same data as a figure, as a still picture and as a table.

What is frozen names no colour and no library, so that the page, the PDF and the slides draw the same chart each in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup

from components import theme, words
from components.figures.ranked import bars
from components.figures.series import Line, axis_of, lines
from components.still import still
from metrics.curves import BEFORE
from metrics.definitions import REGISTRY
from metrics.kinds import Unit
from metrics.outlook import WEEKS_AHEAD
from metrics.xmr import Limits

Chart = dict[str, Any]
"""`kind` (time, days, weeks or bars), `title`, `unit`, `axis` (what its values are), `x` (first days, days of age, weeks from now, or names),
`lines` (name and `y` of each), `limits` (lower, mean, upper), `since` (place the limits begin at), `marked` (places that are signals)."""
X_TITLES = {"days": "Days since opening", "weeks": "Weeks from now", "time": "Week from"}
PICTURE_STYLE = (
    "text{{font:13.5px '{font}';fill:#44505C}}.ink{{paint-order:stroke;stroke:#fff;stroke-width:3px}}.grid{{stroke:#DADFE4;stroke-width:1}}"
)
"""What a picture that stands alone needs; on a page the page's own styles hold."""


def frozen(of: str, numbers: Mapping[str, Any]) -> Chart | None:
    """The chart of one answer; None where it has none, or nothing to draw."""
    made = _MADE[of](numbers) if of in _MADE else None
    return None if made is None or not any(value is not None for line in made["lines"] for value in line["y"]) else made


def _chart(kind: str, title: str, unit: Unit, x: Sequence[Any], given: Sequence[tuple[str, Sequence[Any]]], **more: Any) -> Chart:
    made = {
        "kind": kind,
        "title": title,
        "unit": unit,
        "axis": words.AXIS_TITLES[unit],
        "x": list(x),
        "limits": None,
        "since": 0,
        "marked": [],
        **more,
    }
    return {**made, "lines": [{"name": name, "y": list(y)} for name, y in given]}


def _weeks(of: Mapping[str, Any]) -> Chart:
    metric = REGISTRY[of["metric"]]
    how = [
        text
        for text, holds in (("change from week to week", of["is_change"]), ("less the same week a year before", of["is_seasonal"]))
        if holds
    ]
    told = [text for text, holds in (("grey: usual range", of["limits"] is not None), ("diamonds: signals", bool(of["marked"]))) if holds]
    title = f"{metric.label} by week" + (f", {', '.join(how)}" if how else "") + (f" ({', '.join(told)})" if told else "")
    # A difference of shares goes below zero, which no share does.
    unit: Unit = "ratio" if how and metric.unit == "share" else metric.unit
    scale = {"axis": f"{words.AXIS_TITLES[metric.unit]}, difference"} if how else {}
    return _chart(
        "time", title, unit, of["x"], [(metric.label, of["y"])], limits=of["limits"], since=of["since"], marked=of["marked"], **scale
    )


def _ages(of: Mapping[str, Any]) -> Chart | None:
    if not of["total"]:
        return None
    return _chart("bars", "Open cases by age", "cases", [words.age_band(band) for band in of["bands"]], [("Open cases", of["n"])])


def _split(of: Mapping[str, Any]) -> Chart | None:
    metric = REGISTRY[of["metric"]]
    what = "Late cases" if metric.kind == "share" else metric.label
    return _chart("bars", f"{what} by {of['by'].replace('_', ' ')}", "cases", of["labels"], [(what, of["n"])]) if of["total"] else None


def _curve(of: Mapping[str, Any]) -> Chart:
    given = [(name, of[key]) for name, key in (("Last 13 weeks", "now"), ("A year earlier", BEFORE)) if of[key]]
    return _chart("days", "Share closed by age", "share", of["days"], given)


def _forecast(of: Mapping[str, Any]) -> Chart | None:
    if of["value"] is None:
        return None
    past, ahead = of["past"], WEEKS_AHEAD
    x = [*range(1 - len(past), 1), ahead]
    none = [None] * (len(past) - 1)
    given = [
        ("Overdue", [*past, None]),
        *((name, [*none, of["now"], of[key]]) for name, key in (("Expected at most", "high"), ("Expected at least", "low"))),
    ]
    return _chart("weeks", "Overdue cases, and the range expected in four weeks", "cases", x, given)


def _due(of: Mapping[str, Any]) -> Chart | None:
    return _chart("bars", "Due in the next 7 days", "cases", of["labels"], [("Cases", of["by_type"])]) if of["n"] else None


_MADE = {"weeks": _weeks, "ages": _ages, "split": _split, "curve": _curve, "forecast": _forecast, "due": _due}


def figure(chart: Chart) -> dict[str, Any]:
    """A frozen chart as the plain figure that pages and still pictures are drawn of."""
    unit: Unit = chart["unit"]
    if chart["kind"] == "bars":
        return bars(pd.DataFrame({"label": chart["x"], "value": chart["lines"][0]["y"]}), unit, href=None)
    named = [Line(f"y{at}", line["name"], theme.SERIES[at], theme.DASHES[at]) for at, line in enumerate(chart["lines"])]
    columns = {f"y{at}": line["y"] for at, line in enumerate(chart["lines"])}
    if chart["kind"] == "time":
        frame = pd.DataFrame({"period": pd.to_datetime(chart["x"]), **columns})
        limits = None if chart["limits"] is None else Limits(chart["limits"][1], chart["limits"][0], chart["limits"][2], False)
        made = lines(frame, named, unit, limits=limits, marked=chart["marked"], title=chart["axis"], since=chart["since"])
        # What the grey band is stands in the title, where no line can cross it.
        made["layout"]["annotations"] = []
        return made
    traces = [
        {
            "type": "scatter", "mode": "lines", "x": chart["x"], "y": columns[line.column], "name": words.plain(line.name),
            "line": {"color": line.colour, "width": 2.4, "dash": line.dash},
        }
        for line in named
    ]  # fmt: skip
    yaxis = axis_of(unit) | ({"range": [0, 1.02], "tickformat": ".0%"} if unit == "share" else {})
    layout = theme.layout(xaxis={"title": {"text": X_TITLES[chart["kind"]], "font": {"size": 12}}}, yaxis=yaxis, showlegend=len(named) > 1)
    return {"data": traces, "layout": layout}


def said(chart: Chart, sentence: str) -> str:
    """What a picture of it is heard as."""
    return f"{chart['title']}. {sentence}"


def picture(chart: Chart, sentence: str, font: str = "") -> Markup | None:
    """The chart as SVG. With a `font` it stands alone, with styles of its own."""
    drawn = still(figure(chart), said(chart, sentence))
    if drawn is None or not font:
        return drawn
    head, _, rest = drawn.partition(">")
    return head + Markup("><style>" + PICTURE_STYLE.format(font=font) + "</style>") + rest


def rows(chart: Chart) -> tuple[list[str], list[list[str]]]:
    """The chart as a table: heads and rows of texts."""
    first = {"bars": "Which", **X_TITLES}[chart["kind"]]
    names = [words.day(date.fromisoformat(x)) if chart["kind"] == "time" else str(x) for x in chart["x"]]
    values = [[words.amount(line["y"][at], chart["unit"]) for line in chart["lines"]] for at in range(len(names))]
    return [first, *(line["name"] for line in chart["lines"])], [[name, *row] for name, row in zip(names, values, strict=True)]
