"""A figure by area, month by month: one map whose months the browser steps through, in one scale of colours."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from components import filters, shapes, tiles, words
from components.area_map import scale_for
from components.area_words import has_target, hover, trust_words
from components.chart import Drawn
from components.density_map import NO_TABLE
from components.figures import maps
from components.table import Column, Twin
from metrics.area_months import area_months
from metrics.areas import COUNTS, FAIR, UNSURE, counted_as, layers
from metrics.definitions import REGISTRY
from metrics.select import Asked

STEP = "step"
PLACE = "AREA"
"""Stands for an area's id in the address of a month."""

filters.Option(STEP, "Month", None, lambda: "")


def month_map(asked: Asked, metric_id: str, layer: str, step: str, *, target: float | None = None) -> Drawn:
    """The months of the period, of which `step` ("2026-03", else the last) is drawn; the figure carries all of them.

    Raises:
        BadQuestion: no such metric or layer, or too many months.
    """
    metric, plural, outlines = REGISTRY[metric_id], layers(asked)[layer].lower(), shapes.layer_shapes(asked, layer)
    name = asked.mart.dimensions.area_layers.by_slug[layer].name.lower()
    about: dict[str, Any] = {"title": f"{metric.label} by {name} and month, {words.asked_period(asked.question)}", "metric": metric.id}
    if metric.date_field == "as_of":
        return Drawn(f"'{metric.label}' is a figure of one instant and has no months; choose another figure.", None, NO_TABLE, **about)
    if outlines is None:
        return Drawn(f"There is no map of the {plural}: the data knows them by name only, without boundaries.", None, NO_TABLE, **about)
    frame = area_months(asked, metric_id, layer)
    frame = frame.assign(
        hover=[_hover(metric, row) for row in frame.to_dict("records")],
        said=[words.amount(value, metric.unit) for value in frame["value"]], trust=[trust_words(row) for row in frame.to_dict("records")],
    )  # fmt: skip
    months = [pd.Timestamp(month).date() for month in sorted(frame["period"].unique())]
    names = {month: f"{month:%Y-%m}" for month in months}
    hrefs = {month: _month_link(asked, metric_id, layer, month) for month in months}
    frame = frame.assign(
        href=[hrefs[pd.Timestamp(month).date()].replace(PLACE, key) for month, key in zip(frame["period"], frame["key"], strict=True)]
    )
    twin = _twin(asked, frame, metric, plural)
    judged = frame.loc[frame["state"].isin([FAIR, UNSURE])]
    if judged.empty:
        return Drawn(words.sentence(f"{metric.label}: in no month has any of the {plural} enough cases for a figure"), None, twin, **about)
    shown = next((month for month, name in names.items() if name == step), months[-1])
    steps = {
        "at": months.index(shown), "keys": [key for key in dict.fromkeys(frame["key"]) if key in outlines.features],
        "months": [_step(frame.loc[frame["period"] == pd.Timestamp(month)], names[month], words.period(month, "month", asked.calendar), hrefs[month], set(outlines.features)) for month in months],
    }  # fmt: skip
    scale = scale_for(metric, judged["value"].tolist(), target if has_target(metric, target) else None)
    drawn = frame.loc[frame["period"] == pd.Timestamp(shown)]
    figure = maps.areas(drawn, outlines, shapes.backdrops(asked), scale, steps=steps)
    note = "One scale of colours for all months. The first and the last month hold what of them lies in the period. Arrow keys on the slider go from month to month."
    return Drawn(_finding(judged, metric, asked, plural), figure, twin, note, **about)


def _hover(metric: Any, row: dict[str, Any]) -> str:
    """As `hover`, of a figure whose expectation is not carried along."""
    if metric.unit == "of_expected" and row["state"] in (FAIR, UNSURE):
        return f"<b>{words.plain(row['label'])}</b><br>{metric.label}: {words.value(row['value'], metric.unit)}<br>{words.cases(row['n'])}"
    return hover(metric, row, "")


def _step(frame: pd.DataFrame, key: str, label: str, href: str, drawn: set[str]) -> dict[str, Any]:
    rows = frame.loc[frame["key"].isin(list(drawn))]
    said = maps.said_of(rows)
    return {
        "key": key, "label": label, "href": href, "z": [None if words.is_missing(v) else round(float(v), 4) for v in rows["value"]],
        "hover": list(rows["hover"]), "state": list(rows["state"]), "said": said,
    }  # fmt: skip


def _month_link(asked: Asked, metric_id: str, layer: str, month: date) -> str:
    """The cases of one month, as far as it lies in the period, with a place for the area."""
    question = asked.question
    end = asked.calendar.next_start(month, "month")
    within = question.about(start=max(month, question.start), end=min(end, question.end), grain="month")
    return tiles.cases_link(asked.about(within), counted_as(REGISTRY[metric_id]), **{layer: PLACE})


def _twin(asked: Asked, frame: pd.DataFrame, metric: Any, plural: str) -> Twin:
    rows = frame.assign(month=[words.period(month, "month", asked.calendar) for month in frame["period"]]).sort_values(
        ["period", "label"], ignore_index=True
    )
    columns = [Column("month", "Month"), Column("label", plural.capitalize(), href="href"), Column("value", metric.label, metric.unit)]
    if metric.unit not in COUNTS:
        columns.append(Column("n", "Cases", "cases"))
    if rows["trust"].any():
        columns.append(Column("trust", "Mind"))
    return Twin(rows, tuple(columns), f"{metric.label} by {plural} and month")


def _finding(judged: pd.DataFrame, metric: Any, asked: Asked, plural: str) -> str:
    """The highest and the lowest month of any area that can be trusted."""
    fair = judged.loc[judged["state"] == FAIR]
    fair = judged if fair.empty else fair
    low, high = fair.loc[fair["value"].idxmin()], fair.loc[fair["value"].idxmax()]

    def said(row: pd.Series) -> str:
        return f"{words.value(row['value'], metric.unit)} in {row['label']}, {words.period(row['period'], 'month', asked.calendar)}"

    if low["value"] == high["value"]:
        return words.sentence(f"{metric.label}: {words.value(low['value'], metric.unit)} in all {plural} and months")
    return words.sentence(f"{metric.label} from {said(low)}, to {said(high)}")
