"""A figure as a still picture: SVG that needs no script, for pages of others, for print and for readers without JavaScript.

It takes the same plain dict that a page hands to plotly: lines and bars over time, bars by name, coloured areas. What it
cannot draw it leaves, and the table beside it tells the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import unescape
from math import ceil, floor, log10
from typing import Any

from markupsafe import Markup

from components import theme, words
from components.markup import tag
from components.still_map import picture_of_areas

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 34
LEGEND = 12
"""Room for the names of lines above them."""
ROW, LABEL = 30, 150
LETTER = 6.4
"""Width of a letter of 12 pixels, about."""
MOST_TICKS = 6


def still(figure: dict[str, Any] | None, said: str) -> Markup | None:
    """`figure` as SVG that a screen reader hears as `said`; None if it is of a kind that is not drawn."""
    if figure is None:
        return None
    traces = [trace for trace in figure["data"] if trace.get("type") in ("scatter", "bar", "choropleth", "scattergeo")]
    if not traces or len(traces) < len(figure["data"]):
        return None
    kinds = {trace["type"] for trace in traces}
    if "choropleth" in kinds:
        height, drawn = picture_of_areas(traces)
    elif any(isinstance(y, str) for trace in traces for y in trace["y"]):
        rows, strokes = traces[0], traces[1:]
        if rows["type"] != "bar" or any(trace["type"] == "bar" or trace["y"] != rows["y"] for trace in strokes):
            return None
        height, drawn = _bars_by_name(rows, strokes)
    elif any(isinstance(x, str) and not _is_day(x) for trace in traces for x in trace["x"]):
        return None
    else:
        height, drawn = HEIGHT, _over_time(traces, figure["layout"])
    return tag(
        "svg", tag("title", said), *drawn, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=said, xmlns="http://www.w3.org/2000/svg"
    )


def lines_of(text: Any) -> list[str]:
    """The lines of a label that was written for plotly."""
    return [unescape(line) for line in str(text).split("<br>")]


def label(text: str, x: float, y: float, anchor: str = "start", class_: str = "ink") -> Markup:
    """A text of the picture."""
    return tag("text", text, x=x, y=y, text_anchor=anchor, class_=class_)


def _bars_by_name(trace: dict[str, Any], strokes: list[dict[str, Any]]) -> tuple[int, list[Markup]]:
    """One bar a row; `strokes` lie across them, each row's at its own place."""
    names, values = trace["y"], [value or 0 for value in trace["x"]]
    marked = [abs(x) for stroke in strokes for x in stroke["x"] if x is not None]
    most, colours = max([*map(abs, values), *marked], default=0) or 1, trace["marker"]["color"]
    said = trace.get("text") or [words.decimal(v) for v in values]
    room = WIDTH - LABEL - 66
    drawn: list[Markup] = []
    # The last row is the first that a reader should see.
    for row, at in enumerate(reversed(range(len(names)))):
        y, long = row * ROW + 4, max(abs(values[at]) / most * room, 1.0)
        colour = colours if isinstance(colours, str) else colours[at]
        for number, line in enumerate(lines_of(names[at])[:2]):
            lift = 0 if len(lines_of(names[at])) == 1 else -6 + 13 * number
            drawn.append(label(line, LABEL - 6, y + 15.0 + lift, "end"))
        drawn.append(tag("rect", x=LABEL, y=y, width=float(long), height=ROW - 8, fill=colour))
        end = LABEL + long
        for stroke in strokes:
            if stroke["x"][at] is not None:
                x, line = LABEL + abs(stroke["x"][at]) / most * room, stroke["marker"]["line"]
                drawn.append(tag("line", x1=x, x2=x, y1=y - 2, y2=y + ROW - 6.0, stroke=line["color"], stroke_width=line["width"]))
                end = max(end, x)
        drawn.append(label(lines_of(said[at])[0], end + 5, y + 15.0))
    return len(names) * ROW + 4, drawn


def _over_time(traces: list[dict[str, Any]], layout: dict[str, Any]) -> list[Markup]:
    is_stacked = layout.get("barmode") == "stack"
    xs = sorted({_place(x) for trace in traces for x in trace["x"]})
    levels = [shape[end] for shape in layout.get("shapes") or () if shape.get("xref") == "paper" for end in ("y0", "y1")]
    ys = [value for trace in traces for value in trace["y"] if value is not None] + levels
    if is_stacked:
        ys += [sum(trace["y"][at] or 0 for trace in traces) for at in range(min(len(trace["y"]) for trace in traces))]
    low, high = layout["yaxis"].get("range") or (min(0.0, *ys) if ys else 0.0, max(ys, default=1.0))
    low, high = float(low), float(high) if high > low else float(low) + 1
    bars = [trace for trace in traces if trace["type"] == "bar"]
    edge = 0.5 * (WIDTH - LEFT - RIGHT) / max(len(xs), 1) if bars else 4.0
    span = (xs[-1] - xs[0]) or 1 if xs else 1

    def across(x: Any) -> float:
        return LEFT + edge + (_place(x) - xs[0]) / span * (WIDTH - LEFT - RIGHT - 2 * edge)

    top = TOP + (LEGEND if layout.get("showlegend") else 0)

    def up(y: float) -> float:
        return top + (high - y) / (high - low) * (HEIGHT - top - BOTTOM)

    drawn = _bands(layout, across, up)
    drawn += _grid(low, high, up, layout["yaxis"].get("tickformat", ""))
    drawn += _guides(layout, up)
    drawn += _columns(bars, across, up, edge, is_stacked)
    for trace in traces:
        if trace["type"] == "scatter":
            drawn += _line(trace, across, up)
    return [*drawn, *_times(xs, across, layout["xaxis"]), *_legend(traces, layout)]


def _grid(low: float, high: float, up: Any, form: str) -> list[Markup]:
    made = []
    for at in _ticks(low, high):
        text = words.percent_axis(at) if form.endswith("%") else words.decimal(at, 0 if float(at).is_integer() else 1)
        made += [tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=up(at), y2=up(at), class_="grid"), label(text, LEFT - 6, up(at) + 4, "end")]
    return made


def _ticks(low: float, high: float) -> list[float]:
    """Round values from `low` to `high`."""
    raw = (high - low) / 4
    power = 10.0 ** floor(log10(raw)) if raw > 0 else 1.0
    step = next(part * power for part in (1, 2, 2.5, 5, 10) if part * power >= raw * 0.999)
    return [round(step * at, 10) for at in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _bands(layout: dict[str, Any], across: Any, up: Any) -> list[Markup]:
    """What lies between two values: a usual range, over the whole width or from one time to another."""
    made = []
    for shape in layout.get("shapes") or ():
        if shape["type"] == "rect" and "yref" not in shape:
            is_wide = shape.get("xref") == "paper"
            left, right = (LEFT, WIDTH - RIGHT) if is_wide else (across(shape["x0"]), across(shape["x1"]))
            size = {"width": float(right - left), "height": float(up(shape["y0"]) - up(shape["y1"]))}
            made.append(tag("rect", x=float(left), y=float(up(shape["y1"])), fill=shape["fillcolor"], **size))
    return made


def _guides(layout: dict[str, Any], up: Any) -> list[Markup]:
    made = []
    for shape in layout.get("shapes") or ():
        if shape.get("xref") == "paper" and shape["type"] == "line":
            made.append(
                tag(
                    "line",
                    x1=LEFT,
                    x2=WIDTH - RIGHT,
                    y1=up(shape["y0"]),
                    y2=up(shape["y1"]),
                    stroke=shape["line"]["color"],
                    stroke_dasharray="5 4",
                )
            )
    for note in layout.get("annotations") or ():
        if note.get("xref") == "paper" and note.get("yref") is None:
            is_left, lift = note["x"] < 0.5, 13 if note.get("yanchor") == "top" else -4
            made.append(
                label(
                    lines_of(note["text"])[0], LEFT + 4 if is_left else WIDTH - RIGHT, up(note["y"]) + lift, "start" if is_left else "end"
                )
            )
    return made


def _columns(bars: list[dict[str, Any]], across: Any, up: Any, edge: float, is_stacked: bool) -> list[Markup]:
    made, beneath = [], dict[Any, float]()
    wide = 1.6 * edge / (1 if is_stacked else max(len(bars), 1))
    for number, trace in enumerate(bars):
        for x, y in zip(trace["x"], trace["y"], strict=True):
            if y:
                foot = beneath.get(x, 0.0) if is_stacked else 0.0
                beneath[x] = foot + y
                left = across(x) - 0.8 * edge + (0 if is_stacked else number * wide)
                made.append(
                    tag("rect", x=left, y=up(foot + y), width=wide, height=float(up(foot) - up(foot + y)), fill=trace["marker"]["color"])
                )
    return made


def _line(trace: dict[str, Any], across: Any, up: Any) -> list[Markup]:
    stretches: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(trace["x"], trace["y"], strict=True):
        if y is None:
            stretches.append([])
            continue
        if trace.get("line", {}).get("shape") == "hv" and stretches[-1]:
            stretches[-1].append((across(x), stretches[-1][-1][1]))
        stretches[-1].append((across(x), up(y)))
    look, mode = trace.get("line", {}), trace.get("mode", "lines")
    colour = look.get("color") or trace.get("marker", {}).get("color") or theme.PRIMARY
    dashes = {"dash": "7 4", "dot": "2 4", "dashdot": "7 3 2 3"}.get(look.get("dash", "solid"))
    made = []
    if "lines" in mode and look.get("width", 2) > 0:
        for points in stretches:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            made += (
                [tag("polyline", points=path, fill="none", stroke=colour, stroke_width=2.4, stroke_dasharray=dashes)]
                if len(points) > 1
                else []
            )
    if "markers" in mode:
        places = [place for points in stretches for place in points]
        if trace.get("marker", {}).get("symbol") == "diamond":
            made += [tag("path", d=f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z", fill=colour) for x, y in places]
        else:
            made += [tag("circle", cx=x, cy=y, r=2.6, fill=colour) for x, y in places]
    return made


def _times(xs: Sequence[float], across: Any, axis: dict[str, Any]) -> list[Markup]:
    """What stands below: days as months and years, else numbers with the axis's title."""
    if axis.get("type") != "date":
        ticks = [at for at in _ticks(xs[0], xs[-1]) if xs[0] <= at <= xs[-1]] if xs else []
        title = lines_of((axis.get("title") or {}).get("text") or "")[0]
        return [*[label(words.decimal(at, 0 if float(at).is_integer() else 1), across(at), HEIGHT - BOTTOM + 15, "middle") for at in ticks],
                *([label(title, WIDTH / 2, HEIGHT - 4.0, "middle")] if title else [])]  # fmt: skip
    every = -(-len(xs) // MOST_TICKS) or 1
    made, year = [], 0
    for at in xs[(len(xs) - 1) % every :: every]:
        day = date.fromordinal(int(at))
        made.append(label(words.month_name(day), across(at), HEIGHT - BOTTOM + 15, "middle"))
        made += [label(str(day.year), across(at), HEIGHT - BOTTOM + 29, "middle")] if day.year != year else []
        year = day.year
    return made


def _legend(traces: list[dict[str, Any]], layout: dict[str, Any]) -> list[Markup]:
    made, x = [], float(LEFT)
    for trace in traces if layout.get("showlegend") else ():
        if trace.get("showlegend", True) and trace.get("name"):
            colour = trace.get("line", {}).get("color") or trace.get("marker", {}).get("color")
            made += [tag("rect", x=x, y=4, width=10, height=4, fill=colour), label(unescape(trace["name"]), x + 14, 11.0)]
            x += 24 + LETTER * len(trace["name"])
    return made


def _place(x: Any) -> float:
    return float(date.fromisoformat(x[:10]).toordinal()) if isinstance(x, str) else float(x)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True
