"""The map of one figure by area, for any page: `district_map(asked, metric_id, layer)` answers what its chart shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from dash import MATCH, Input, Output, html

from components import gate, shapes, theme, tiles, words
from components.area_words import counted_where, finding_of, has_target, hover, note_of, on_time_target, tier_words, trust_words
from components.chart import Chart, Drawn, block, chart_id
from components.figures import maps
from components.figures.ranked import bars
from components.language import N_, _
from components.table import Column, Twin
from metrics.areas import COUNTS, UNSURE_N, AreaFigures, area_figures, counted_as, layers
from metrics.kinds import Metric
from metrics.ranking import LEAST_N
from metrics.select import Asked

__all__ = ["district_map", "map_block", "on_time_target"]
Href = Callable[[str], str | None]
UNLISTED = ("net_flow", "ttc_km_period")
"""Figures whose n no list holds: a difference, and what is counted with the time for which it was watched."""
MOST_BARS = 30
"""Bars in place of a map; a layer of more areas has the others in its table."""


def district_map(
    asked: Asked, metric_id: str, layer: str, *, target: float | None = None, href: Href | None = None, cases: str = ""
) -> Drawn:
    """A figure for every area of `layer`, as a coloured map with its sentence, note and table; as bars where areas have no outline.

    Args:
        target: the share to colour around, for the on-time figures; without one they are coloured from zero.
        href: area id -> address an area leads to; by default the list of its cases.
        cases: address of the list behind the whole map.

    Raises:
        BadQuestion: no such metric or layer.
    """
    figures = area_figures(asked, metric_id, layer)
    metric, plural = figures.metric, layers(asked)[layer].lower()
    rows = worded(figures, asked, layer, target, href)
    outlines = shapes.layer_shapes(asked, layer)
    about: dict[str, Any] = {"cases": cases, "title": counted_where(metric, layer, asked), "metric": metric.id}
    twin = twin_of(figures, rows, plural)
    if rows.empty:
        return Drawn(_("The data names no {areas}.", areas=plural), None, twin, **about)
    finding, has_figures = finding_of(figures, asked, target, plural), figures.frame["value"].notna().any()
    if outlines is None:
        nameless = _("There is no map of the {areas}: the data knows them by name only, without boundaries.", areas=plural)
        note = f"{nameless} {note_of(figures, plural, None)}"
        shown = rows.loc[figures.ranked().index[:MOST_BARS]]
        if metric.unit not in COUNTS:
            shown = shown.assign(label=[f"{label} ({words.count(n)})" for label, n in zip(shown["label"], shown["n"], strict=True)])
            note += " " + _("In brackets: how many cases.")
        return Drawn(finding, bars(shown, metric.unit) if len(shown) else None, twin, note.strip(), **about)
    if not has_figures:
        return Drawn(finding, None, twin, note_of(figures, plural, None), **about)
    figure = maps.areas(rows, outlines, shapes.backdrops(asked), scale_of(figures, target))
    first = rows.loc[figures.ranked().index[:1]]
    leads = {words.cases(n): href for n, href in zip(first["n"], first["href"], strict=True) if href and has_target(metric, target)}
    return Drawn(finding, figure, twin, note_of(figures, plural, set(outlines.features)), leads=leads, **about)


def map_block(chart: Chart, className: str = "") -> html.Section:
    """The place of a map on its page, with buttons to zoom; turning the wheel with Ctrl does the same."""
    made = block(chart, f"map {className}".strip())
    buttons = [
        html.Button(html.I(className=f"bi bi-{icon}", **{"aria-hidden": "true"}), type="button", title=text, className="map-button",
                    **{"aria-label": text, "data-zoom": zoom})
        for icon, text, zoom in (
            ("plus-lg", _("Zoom in (also: Ctrl and wheel)"), "2"), ("dash-lg", _("Zoom out (also: Ctrl and wheel)"), "0.5"),
            ("arrows-fullscreen", _("Whole city"), "0"),
        )
    ]  # fmt: skip
    assert isinstance(made.children, list)
    # In one frame with the figure, but not inside it: what is inside an image nobody can reach.
    tools = html.Div(buttons, className="map-buttons", role="group", **{"aria-label": _("Map")})
    key = html.Ul(
        [
            html.Li([html.Span(className=f"swatch swatch-{name}", **{"aria-hidden": "true"}), text], className=f"key-{name}")
            for name, text in (
                ("unsure", _("unsure: under {n} cases", n=UNSURE_N)), ("none", _("no value: under {n} cases, none, or not published", n=LEAST_N)),
            )
        ],
        className="map-key",
    )  # fmt: skip
    # Buttons and slider for a map of months are put here by the browser, which alone needs them (assets/46-months.js).
    months = html.Div(className="map-months", role="group", hidden=True, **{"aria-label": _("Months")})
    made.children[1] = html.Div([tools, made.children[1], months, key], className="map-frame")
    return made


def worded(figures: AreaFigures, asked: Asked, layer: str, target: float | None = None, href: Href | None = None) -> pd.DataFrame:
    """The frame with `said` (the value), `hover`, `trust`, `tier` and `href` (by default the list of its cases) for each area."""
    metric, rows = figures.metric, figures.frame
    has_list = metric.id not in UNLISTED
    leads_to = href or (lambda key: tiles.cases_link(asked, counted_as(metric), **{layer: key}) if has_list else None)
    tiers = tier_words(figures, target)
    records = rows.to_dict("records")
    said = [tiers.get(at, "") for at in rows.index]
    return rows.assign(
        said=[words.amount(value, metric.unit) for value in rows["value"]], tier=said, trust=[trust_words(row) for row in records],
        hover=[hover(metric, row, tier) for row, tier in zip(records, said, strict=True)], href=[leads_to(key) for key in rows["key"]],
    )  # fmt: skip


def twin_of(figures: AreaFigures, rows: pd.DataFrame, plural: str) -> Twin:
    """The table behind a map or a ranking, worst or highest first; the areas that cannot be put in order come last."""
    metric = figures.metric
    first = figures.ranked().index
    columns = [Column("label", plural.capitalize(), href="href"), Column("value", metric.label, metric.unit, href="href")]
    if metric.unit not in COUNTS:
        columns.append(Column("n", N_("Cases"), "cases", href="href"))
    if metric.unit == "share":
        columns += [Column("low", N_("95 % from"), "share"), Column("high", N_("to"), "share")]
    if metric.unit == "per_1000":
        columns.append(Column("population", N_("Residents"), "number"))
    if metric.unit == "of_expected":
        rows = rows.assign(raw=rows["numerator"] / rows["n"])
        columns += [
            Column("raw", N_("On time"), "share"),
            Column("low", N_("By chance from"), "of_expected"),
            Column("high", N_("to"), "of_expected"),
        ]
    if rows["tier"].any():
        columns.append(Column("tier", N_("Against what is expected") if metric.unit == "of_expected" else N_("Against target")))
    if rows["trust"].any():
        columns.append(Column("trust", N_("Mind")))
    ordered = rows.loc[[*first, *rows.index.difference(first, sort=False)]].reset_index(drop=True)
    return Twin(ordered, tuple(columns), _("{what} by {layer}", what=_(metric.label), layer=plural))


def scale_of(figures: AreaFigures, target: float | None) -> maps.Scale:
    """Colours for a figure: around its target or its balance with a fixed span, else from zero."""
    return scale_for(figures.metric, figures.judged["value"].tolist(), target)


def scale_for(metric: Metric, values: list[float], target: float | None) -> maps.Scale:
    """The colours of `scale_of` for these values."""
    title = f"{_(metric.label)} ({_(words.UNIT_WORDS[metric.unit])})"
    if target is not None and has_target(metric, target):
        return maps.around(target, theme.GAP_SPAN, "share", title, _("target"), most=1.0)
    if metric.unit == "of_expected":
        return maps.around(1.0, theme.GAP_SPAN, "of_expected", title, _("expected"), reverse=metric.direction == "lower")
    if metric.unit == "ratio":
        return maps.around(1.0, 0.5, "ratio", title, _("in balance"), reverse=metric.direction == "lower")
    if min(values, default=0) < 0:
        return maps.around(
            0.0, maps.nice(max(abs(v) for v in values)), metric.unit, title, _("unchanged"), reverse=metric.direction == "lower"
        )
    return maps.amounts(values, metric.unit, title)


gate.in_browser("map", "prepare", Output(chart_id("image", MATCH), "data-map"), Input(chart_id("figure", MATCH), "figure"), initial=True)
