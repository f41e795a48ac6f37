"""The map of one figure by area, for any page: `district_map(asked, metric_id, layer)` answers what its chart shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from dash import MATCH, Input, Output, html

from components import gate, shapes, theme, tiles, words
from components.chart import Chart, Drawn, block, chart_id
from components.figures import maps
from components.table import Column, Twin
from metrics.areas import COUNTS, FEW, NONE, UNSURE, UNSURE_N, WITHHELD, AreaFigures, area_figures, counted_as, layers
from metrics.definitions import METRICS, ONTIME_DEFINITIONS
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked

REPORTS_NOTE = "Counts of reports are not counts of problems: a loud area is not a worse area."
Href = Callable[[str], str]


def district_map(
    asked: Asked, metric_id: str, layer: str, *, target: float | None = None, href: Href | None = None, cases: str = ""
) -> Drawn:
    """A figure for every area of `layer`, as a coloured map with its sentence, note and table.

    Args:
        target: the share to colour around, for the on-time figures; without one they are coloured from zero.
        href: area id -> address an area leads to; by default the list of its cases.
        cases: address of the list behind the whole map.

    Raises:
        BadQuestion: no such metric or layer.
    """
    figures = area_figures(asked, metric_id, layer)
    metric = figures.metric
    plural = layers(asked)[layer].lower()
    leads_to = href or (lambda key: tiles.cases_link(asked, counted_as(metric), **{layer: key}))
    rows = worded(figures, asked, leads_to)
    outlines = shapes.layer_shapes(asked, layer)
    title = counted_where(metric, layer, asked)
    drawn: dict[str, Any] = {"twin": twin_of(figures, rows, plural), "cases": cases, "title": title, "metric": metric.id}
    if outlines is None:
        finding = f"There is no map of {plural}: the data knows them by name, without boundaries. The table has their figures."
        return Drawn(finding if len(rows) else f"The data names no {plural}.", None, note=note_of(figures, plural), **drawn)
    if figures.frame["value"].notna().sum() == 0:
        return Drawn(_nothing(figures, plural), None, note=note_of(figures, plural), **drawn)
    figure = maps.areas(rows, outlines, shapes.backdrops(asked), scale_of(figures, target))
    return Drawn(finding_of(figures, asked, target, plural), figure, note=note_of(figures, plural, outlines), **drawn)


def map_block(chart: Chart, className: str = "") -> html.Section:
    """The place of a map on its page, with buttons to zoom; turning the wheel with Ctrl does the same."""
    made = block(chart, f"map {className}".strip())
    buttons = [
        html.Button(html.I(className=f"bi bi-{icon}", **{"aria-hidden": "true"}), type="button", title=text, className="map-button",
                    **{"aria-label": text, "data-zoom": zoom})
        for icon, text, zoom in (("plus-lg", "Zoom in (also: Ctrl and wheel)", "2"), ("dash-lg", "Zoom out (also: Ctrl and wheel)", "0.5"), ("arrows-fullscreen", "Whole city", "0"))
    ]  # fmt: skip
    assert isinstance(made.children, list)
    # In one frame with the figure, but not inside it: what is inside an image nobody can reach.
    made.children[1] = html.Div(
        [html.Div(buttons, className="map-buttons", role="group", **{"aria-label": "Map"}), made.children[1]], className="map-frame"
    )
    return made


def worded(figures: AreaFigures, asked: Asked, leads_to: Href) -> pd.DataFrame:
    """The frame with `said` (value), `hover` and `href` for each area."""
    metric = figures.metric
    rows = figures.frame
    said = [words.amount(value, metric.unit) for value in rows["value"]]
    records = rows.assign(said=said).to_dict("records")
    return rows.assign(
        said=said, hover=[_hover(metric, row) for row in records], href=[leads_to(key) for key in rows["key"]],
        trust=[trust_words(row) for row in records],
    )  # fmt: skip


def _hover(metric: Metric, row: dict[str, Any]) -> str:
    head = f"<b>{words.plain(row['label'])}</b><br>"
    if row["state"] == WITHHELD:
        return head + "withheld: too few cases to be shown without pointing at people"
    if row["state"] == NONE:
        return head + f"{metric.label}: no figure" + (f"<br>{words.cases(row['n'])}" if row["n"] else "<br>no case")
    lines = [f"{metric.label}: {words.value(row['value'], metric.unit)}"]
    if metric.unit == "share":
        lines.append(f"{words.count(row['numerator'])} of {words.cases(row['n'])}")
    elif metric.unit not in COUNTS:
        lines.append(words.cases(row["n"]))
    trust = trust_words(row)
    return head + "<br>".join([*lines, *([trust] if trust else [])])


def trust_words(row: dict[str, Any]) -> str:
    """How far the figure of a row of `AreaFigures` may be trusted; empty where there is nothing to mind."""
    return {
        FEW: f"too few: under {LEAST_N} cases", UNSURE: f"unsure: under {UNSURE_N} cases", WITHHELD: "withheld", NONE: "no figure",
    }.get(row["state"], "")  # fmt: skip


def counted_where(metric: Metric, layer: str, asked: Asked) -> str:
    """What is counted, where and when: "On time by neighbourhood, 31 Aug to 22 Nov 2026"; `layer` may be empty."""
    by = f" by {asked.mart.dimensions.area_layers.by_slug[layer].name.lower()}" if layer else ""
    if metric.date_field == "as_of":
        return f"{metric.label}{by}, on {words.instant(asked.question.as_of, asked.calendar)}"
    return f"{metric.label}{by}, {words.asked_period(asked.question)}"


def unique_label(metric: Metric) -> str:
    """A metric's label in a list of all: two that share one are told apart."""
    twins = [other for other in METRICS if other.label == metric.label]
    return metric.label if len(twins) == 1 else f"{metric.label} ({words.UNIT_WORDS[metric.unit]})"


def on_time_target(asked: Asked) -> float | None:
    """The target of the one department asked about, else the city's; a share."""
    chosen = asked.question.department
    if len(chosen) == 1:
        target = asked.mart.dimensions.departments.by_slug[chosen[0]].extra.get("on_time_target")
        return None if words.is_missing(target) else target
    return gate.desk().city.facts.on_time_target


def has_target(metric: Metric, target: float | None) -> bool:
    """Whether the figure is judged against the on-time target."""
    return target is not None and metric.id in ONTIME_DEFINITIONS


def scale_of(figures: AreaFigures, target: float | None) -> maps.Scale:
    """Colours for a figure: around its target or its balance with a fixed span, else from zero."""
    metric = figures.metric
    title = f"{metric.label} ({words.UNIT_WORDS[metric.unit]})"
    values = figures.judged["value"].tolist()
    if target is not None and has_target(metric, target):
        return maps.around(target, theme.GAP_SPAN, "share", title, "target", most=1.0)
    if metric.unit == "ratio":
        return maps.around(1.0, 0.5, "ratio", title, "in balance", reverse=metric.direction == "lower")
    if min(values, default=0) < 0:
        return maps.around(
            0.0, maps.nice(max(abs(v) for v in values)), metric.unit, title, "unchanged", reverse=metric.direction == "lower"
        )
    return maps.amounts(values, metric.unit, title)


def finding_of(figures: AreaFigures, asked: Asked, target: float | None, plural: str) -> str:
    """What a reader should see on the map, made from the figures it is coloured by."""
    metric, ranked = figures.metric, figures.ranked()
    if ranked.empty:
        return f"No area has enough cases to be compared: each has fewer than {LEAST_N}."
    first, last = ranked.iloc[0], ranked.iloc[-1]
    if target is not None and has_target(metric, target):
        return _against_target(figures, target, plural)
    if metric.unit in COUNTS and metric.id != "net_flow":
        total = figures.frame["value"].sum()
        if not total:
            return words.sentence(f"{metric.label}: none in any of the {plural}")
        return words.sentence(
            f"{first['label']} has most: {words.value(first['value'], metric.unit)}, {words.percent_of(first['value'] / total)} of the "
            f"{words.count(total)} counted in the {plural}"
        )
    if len(ranked) == 1:
        return words.sentence(f"{first['label']}: {words.label(metric)} {words.value(first['value'], metric.unit)}")
    whole = measure(metric.id, asked).value
    ends = f"{words.value(first['value'], metric.unit)} in {first['label']} to {words.value(last['value'], metric.unit)} in {last['label']}"
    return words.sentence(f"{metric.label}: from {ends}" + ("" if whole is None else f"; the whole city {words.value(whole, metric.unit)}"))


def _against_target(figures: AreaFigures, target: float, plural: str) -> str:
    ranked = figures.ranked()
    below, above = ranked[ranked["high"] < target], ranked[ranked["low"] > target]
    said = f"the target of {words.share(target)}"
    if below.empty:
        worst = ranked.iloc[0]
        return words.sentence(
            f"None of the {len(ranked)} {plural} is clearly below {said}; lowest is {worst['label']} with {words.share(worst['value'])} "
            f"of {words.cases(worst['n'])}"
        )
    worst = below.iloc[0]
    are = "is" if len(below) == 1 else "are"
    more = f"; {len(above)} clearly above" if len(above) else ""
    return words.sentence(
        f"{len(below)} of {len(ranked)} {plural} {are} clearly below {said}, {worst['label']} most with {words.share(worst['value'])} "
        f"of {words.cases(worst['n'])}{more}"
    )


def against(row: dict[str, Any], target: float) -> str:
    """Whether an area's share differs from the target by more than chance: below, above or no clear difference."""
    if words.is_missing(row["low"]):
        return "too few to say"
    return "below" if row["high"] < target else "above" if row["low"] > target else "no clear difference"


def _nothing(figures: AreaFigures, plural: str) -> str:
    metric = figures.metric
    if (figures.frame["state"] == WITHHELD).any():
        return f"The figures of all {plural} are withheld: each counts too few cases."
    if metric.id in ONTIME_DEFINITIONS:
        return "No case with a deadline falls into this question, so nothing can be on time or late; choose another figure."
    if metric.unit == "per_1000":
        return f"It is not known how many people live in the {plural}, so there is no figure per 1,000 residents."
    return f"{metric.label}: no figure for any of the {plural} in this period."


def note_of(figures: AreaFigures, plural: str, outlines: shapes.Shapes | None = None) -> str:
    """What to mind on the map, as far as it occurs."""
    metric, frame = figures.metric, figures.frame
    count = frame["state"].value_counts().to_dict()
    parts = []
    if count.get(WITHHELD):
        parts.append(f"Grey and hatched, 'withheld': too few cases to be shown without pointing at people ({count[WITHHELD]} {plural}).")
    if count.get(FEW):
        parts.append(f"Grey and hatched, 'too few': under {LEAST_N} cases ({count[FEW]} {plural}).")
    if count.get(NONE):
        parts.append(f"Grey and hatched, 'no figure': {_why_none(metric)} ({count[NONE]} {plural}).")
    if count.get(UNSURE):
        parts.append(f"Hatched colour: unsure, under {UNSURE_N} cases ({count[UNSURE]} {plural}).")
    undrawn = 0 if outlines is None else int((~frame["key"].isin(list(outlines.features))).sum())
    if undrawn:
        parts.append(f"{undrawn} {plural} have no outline and stand in the table only.")
    if figures.elsewhere and metric.id != "net_flow":
        parts.append(f"{words.cases(figures.elsewhere)} {'lies' if figures.elsewhere == 1 else 'lie'} in none of the {plural}.")
    if metric.unit == "per_1000" or counted_as(metric) in ("opened", "reports", "resident_opened"):
        parts.append(REPORTS_NOTE)
    return " ".join(parts)


def _why_none(metric: Metric) -> str:
    if metric.unit == "per_1000":
        return "too few people live there, or it is not known how many"
    return "no case to judge"


def twin_of(figures: AreaFigures, rows: pd.DataFrame, plural: str) -> Twin:
    """The table behind the map, worst or highest first; the areas that cannot be compared come last."""
    metric = figures.metric
    order = [*figures.ranked().index, *[at for at in rows.index if at not in set(figures.judged.index)]]
    columns = [Column("label", plural.capitalize(), href="href"), Column("value", metric.label, metric.unit)]
    if metric.unit not in COUNTS:
        columns.append(Column("n", "Cases", "cases"))
    if metric.unit == "share":
        columns += [Column("low", "95 % from", "share"), Column("high", "to", "share")]
    if metric.unit == "per_1000":
        columns.append(Column("population", "Residents", "number"))
    columns.append(Column("trust", "Mind"))
    return Twin(rows.loc[order].reset_index(drop=True), tuple(columns), f"{metric.label} by {plural}")


gate.in_browser("map", "prepare", Output(chart_id("image", MATCH), "data-map"), Input(chart_id("figure", MATCH), "figure"), initial=True)
