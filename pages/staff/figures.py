"""`/figures`: what a city counts beside its cases, each with its target: overtime, response times, permits, money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from components import filters, measured_list, measured_words, on_time
from components.chart import Chart, Drawn, block
from components.page import Query, heading, page
from metrics import measured, measured_signals
from metrics.select import Asked

EVERY, LATEST = "every", "latest"


def _units(asked: Asked) -> dict[str, str]:
    found = sorted(set(measured.standing(asked)["unit_label"]))
    return {EVERY: "All units", **{label: label[:1].upper() + label[1:] for label in found}}


def _years(asked: Asked) -> dict[str, str]:
    return {LATEST: "Latest of each figure", **{str(year): f"FY {year}" for year in measured.fiscal_years(asked)}}


YEAR = filters.Option("fy", "Fiscal year", _years, lambda: LATEST)
UNIT = filters.Option("unit", "Unit", _units, lambda: EVERY)
STATE = filters.Option(
    "meets",
    "Against its target",
    lambda _asked: {EVERY: "All", **{state: text[:1].upper() + text[1:] for state, text in measured_words.STATES.items()}},
    lambda: EVERY,
)
RATING = filters.Option(
    "verdict",
    "The source's verdict",
    lambda _asked: {EVERY: "All", **{word: text[:1].upper() + text[1:] for word, text in measured_words.RATINGS.items()}},
    lambda: EVERY,
)
CHANGE = filters.Option("change", "Change", lambda _asked: {EVERY: "All", measured_signals.SIGNAL: "Signals only"}, lambda: EVERY)
NAMED = filters.Option("named", "Its name has", None, lambda: "")


def build(query: Query) -> list[Any]:
    own = ("department", *(option.name for option in (YEAR, STATE, UNIT, RATING, CHANGE, NAMED)))
    return [
        heading("Figures", "What the city counts beside its cases, each figure with its target: the furthest from it first."),
        html.Form(
            [filters.control(name, query) for name in own], className="filters filters-alone filters-many", id="filters", role="search",
            **{"aria-label": "Filters"},
        ),
        html.Div([block(BY_DEPARTMENT, "span-12"), block(FIGURES, "span-12", with_table=True)], className="grid"),
    ]  # fmt: skip


def chosen(asked: Asked, view: Mapping[str, str]) -> pd.DataFrame:
    """The figures that the page's options mean, with what is said of their change."""
    year = view[YEAR.name]
    frame = measured_list.with_signals(measured.standing(asked, None if year == LATEST else int(year)), asked)
    for option, column in ((UNIT, "unit_label"), (STATE, "state"), (RATING, "rating"), (CHANGE, "signal")):
        if view[option.name] != EVERY:
            frame = frame[frame[column] == view[option.name]]
    typed = view[NAMED.name].casefold()
    if typed:
        names = frame["name"].str.casefold() + " " + frame["activity"].fillna("").str.casefold()
        frame = frame[names.str.contains(typed, regex=False)]
    return frame.reset_index(drop=True)


def draw_figures(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The list, the furthest from its target first."""
    frame = chosen(asked, view)
    title = "Figures that are not cases, the furthest from their target first"
    twin = measured_list.table(frame, asked, title)
    return Drawn(measured_list.finding(frame), None, twin, measured_list.note(frame), title=_title(view))


def draw_departments(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """How many each department misses and meets."""
    frame = chosen(asked, view)
    counted = measured.by_department(frame)
    columns = measured_list.COUNT_COLUMNS
    rows = counted.assign(page=[on_time.department_page(asked, key) for key in counted["department"]])
    twin = measured_list.counts(rows, columns)
    if frame.empty:
        return Drawn("There is no such figure.", None, twin, title=_title(view))

    own = filters.own_query(view)
    figure = measured_list.bars(frame, lambda key: measured_words.PAGE + filters.address({**own, "department": key}))
    return Drawn(measured_list.departments_finding(counted), figure, twin, measured_list.BARS_NOTE, title=_title(view))


def _title(view: Mapping[str, str]) -> str:
    year = view[YEAR.name]
    return "The latest period of each figure that can be judged" if year == LATEST else f"The latest period of FY {year} that can be judged"


BY_DEPARTMENT = Chart("figures-by-department", "Figures that are not cases, by department", draw_departments, has_period=False)
FIGURES = Chart("figures", "Figures that are not cases, and their targets", draw_figures, has_period=False)

layout = page(__name__, measured_words.PAGE, "Figures", build, nav="Figures", order=4)
