"""The headline tiles: a value, what it is compared with, the way it came, and where to look further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import dcc, html

from components import theme, words
from components.filters import link
from metrics.compare import Change
from metrics.definitions import REGISTRY
from metrics.headline import Headline
from metrics.select import Asked

WIDTH, HIGH = 200, 38
BEHIND = {"weeks_of_work": "backlog"}
"""A figure made of others -> the one whose cases its tile leads to."""


def tile(headline: Headline, asked: Asked, *, cases: str = "", remarks: Sequence[Any] = ()) -> html.Section:
    """One tile. `cases`: address of the list behind the value; `remarks`: what departments say of it."""
    metric = headline.metric
    said = f"of {words.cases(headline.n)}" if metric.unit == "share" else words.unit_word(headline.value, metric.unit)
    unit = "" if words.is_missing(headline.value) else said
    name = "The open cases" if metric.id in BEHIND else "Cases"
    links = [dcc.Link("Definition", href=f"/definitions#{metric.id}", title=metric.meaning)]
    if cases:
        links.insert(0, dcc.Link(name, href=cases, title=f"The cases behind {words.label(metric)}"))
    return html.Section(
        [
            html.H2(metric.label),
            html.Div([html.Span(words.amount(headline.value, metric.unit), className="value"), html.Span(unit, className="unit")], className="figure"),
            html.Img(src=spark(headline.series), alt=spark_words(headline), className="spark"),
            change_line(headline.previous, headline, "the week before", headline.previous_known),
            change_line(headline.last_year, headline, "a year earlier", headline.last_year_known),
            *remarks,
            html.Div(links, className="tile-links"),
        ],
        className="card tile",
    )  # fmt: skip


def cases_of(metric_id: str, asked: Asked, **filters: str) -> str:
    """Address of the list behind a tile: a week's cases, or what was open when the week ended; empty where there is none.

    `filters`: what else narrows it, such as one department.
    """
    metric = REGISTRY[BEHIND.get(metric_id, metric_id)]
    if metric.rows is None:
        return ""
    start, end = asked.last_week()
    week = {"from": start.isoformat(), "to": end.isoformat()}
    if metric.kind == "stock":
        week["as_of"] = min(asked.calendar.last_instant(end), asked.question.as_of).isoformat() + "Z"
    return cases_link(asked, metric.id, **week, **filters)


def change_line(change: Change, headline: Headline, against: str, known: bool) -> html.P:
    """One comparison in words; the verdict is a word and a colour. `known`: whether the data reach back so far."""
    if not known:
        return html.P(f"no data yet {against}", className="change")
    text = words.changed(change, headline.metric.unit, against)
    verdict = change.verdict if change.verdict in ("better", "worse") and text.endswith(change.verdict) else ""
    plain = text.removesuffix(f", {verdict}") if verdict else text
    mark = f"{words.arrow(change)} " if change.difference is not None else ""
    return html.P([mark, plain, *([", ", html.Span(verdict, className=verdict)] if verdict else [])], className="change")


def spark(series: pd.DataFrame) -> str:
    """A small line of `value` as an image address (SVG); gaps stay gaps, the last point has a dot."""
    values = [None if words.is_missing(v) else float(v) for v in series["value"]]
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return "data:image/svg+xml," + quote(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HIGH}"/>')
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = (WIDTH - 8) / max(len(values) - 1, 1)
    points = [(4 + i * step, HIGH - 5 - (v - low) / span * (HIGH - 10)) if v is not None else None for i, v in enumerate(values)]
    path, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    last = next(point for point in reversed(points) if point is not None)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HIGH}" preserveAspectRatio="none">'
        f'<path d="{"".join(path)}" fill="none" stroke="{theme.PRIMARY}" stroke-width="2" vector-effect="non-scaling-stroke"/>'
        f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3.2" fill="{theme.SECOND}"/></svg>'
    )
    return "data:image/svg+xml," + quote(drawn)


def spark_words(headline: Headline) -> str:
    """What the small line shows, for who does not see it."""
    known = headline.series["value"].dropna()
    if len(known) < 2:
        return "Too few weeks for a line."
    unit = headline.metric.unit
    return (
        f"{words.plural(len(known), 'week')}: between {words.amount(known.min(), unit)} and {words.amount(known.max(), unit)}, "
        f"last {words.amount(known.iloc[-1], unit)}."
    )


def cases_link(asked: Asked, of: str, **more: Any) -> str:
    """Address of the list of exactly the cases that metric `of` counts for this question."""
    return link("/cases", asked, of=of, **more)
