"""What it takes to bring the overdue or open cases down to a target by a day: the reader's plan, answered in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from components import filters, lists, theme, words
from components.chart import Chart, Drawn
from components.figures.ranked import height_of
from components.figures.series import axis_of
from components.lists import Listing
from components.page import Query
from components.table import Column, Twin
from metrics.capacity import STOCKS, Plan, capacity, plan_of
from metrics.composite import WEEKS_OF_PACE
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.select import Asked

MOST_BARS = 12
SMALL_RATE = 10
"""Closings a week below it are told with one decimal."""
MANIFOLD = 10
"""From so many times the pace of now, a percentage says nothing any more."""
STATES = {"overdue_now": "overdue", "backlog": "open"}

STOCK = filters.Option("stock", "Bring down", lambda _asked: {name: REGISTRY[name].label for name in STOCKS}, lambda: STOCKS[0])
TARGET = filters.Option("target", "To so many cases (half of them, if empty)", None, lambda: "")
UNTIL = filters.Option("until", "By the day (2027-03-31; in 13 weeks, if empty)", None, lambda: "")


def controls(query: Query) -> html.Div:
    """Where the reader writes the plan."""
    return html.Div(
        [filters.control(option.name, query) for option in (STOCK, TARGET, UNTIL)],
        className="plan-controls",
        role="group",
        **{"aria-label": "Plan"},
    )


def draw_plan(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Closings a week that reach the target, beside those of the last weeks, for all and for each department."""
    of = view[STOCK.name]
    plan = plan_of(asked, of, view[TARGET.name], view[UNTIL.name], measure(of, asked).value or 0.0)
    frame = capacity(asked, plan)
    rows = frame.assign(
        more=frame["needed"] - frame["pace"],
        href=[lists.address(Listing(of), asked, **({"department": key} if key else {})) for key in frame["key"]],
    )
    state = STATES[of].capitalize()
    columns = (
        Column("label", "Department"), Column("now", f"{state} now", "cases", href="href"), Column("projected", f"{state} then, as things go", "cases"), Column("low", "At least", "cases"),
        Column("high", "At most", "cases"), Column("target", "Target", "cases"), Column("pace", "Closed a week", "number"), Column("needed", "Closings a week needed", "number"),
        Column("needed_low", "At least needed", "number"), Column("needed_high", "At most needed", "number"),
    )  # fmt: skip
    rounded = {name: rows[name].round(1) for name in ("pace", "needed", "needed_low", "needed_high")}
    twin = Twin(
        rows.assign(**rounded), columns, f"Closings a week that bring the {STATES[of]} cases to {plan.target:,} by {words.day(plan.until)}"
    )
    title = f"Closings a week that bring the {STATES[of]} cases to {plan.target:,} by {words.day(plan.until)}"
    note = (
        f"As things go: as in the last {WEEKS_OF_PACE} weeks. Range: how far 80 % of such projections over as many weeks went wrong in the year before. "
        "A department's part of the target is as large as its part of the cases now."
    ) + (" The closings that are added must be of overdue cases, or of cases that would become overdue." if of == "overdue_now" else "")  # fmt: skip
    cases = lists.address(Listing(of), asked)
    return Drawn(
        _plan_words(frame.iloc[0], plan), _figure(rows) if rows["needed"].notna().any() else None, twin, note, cases=cases, title=title
    )


def _plan_words(whole: pd.Series, plan: Plan) -> str:
    state, by = STATES[plan.of], words.day(plan.until)
    if not whole["now"]:
        return f"No case is {state}."
    if words.is_missing(whole["projected"]):
        return f"There are not yet {WEEKS_OF_PACE} weeks to go on from."
    spread = "" if words.is_missing(whole["low"]) else f", between {words.count(whole['low'])} and {words.count(whole['high'])}"
    as_it_goes = f"{words.count(whole['projected'])} cases will be {state} on {by} as things go{spread}"
    if whole["projected"] <= plan.target:
        return f"{as_it_goes}: the target of {plan.target:,} is reached without closing more than the {_rate(whole['pace'])} a week of now."
    needed, pace = _rate(whole["needed"]), _rate(whole["pace"])
    part = (
        f" (+{words.percent_of(whole['needed'] / whole['pace'] - 1)})"
        if whole["pace"] and whole["needed"] < MANIFOLD * whole["pace"]
        else ""
    )
    more = f"slightly more than the {pace} a week of now" if needed == pace else f"{needed} a week instead of {pace}{part}"
    least = (
        ""
        if words.is_missing(whole["needed_low"])
        else f"; between {_rate(whole['needed_low'])} and {_rate(whole['needed_high'])} a week may be needed"
    )
    return f"Closing {more} brings {state} cases to {plan.target:,} by {by}{least}. {as_it_goes}."


def _rate(a_week: float) -> str:
    """Closings a week; of few, a tenth more or less is worth saying."""
    return words.decimal(a_week) if words.is_missing(a_week) or round(float(a_week), 1) < SMALL_RATE else words.count(a_week)


def _figure(rows: pd.DataFrame) -> dict[str, Any]:
    top = rows[rows["key"] != ""].head(MOST_BARS).iloc[::-1]
    labels = [words.wrapped(label) for label in top["label"]]
    traces = [
        {
            "type": "bar", "orientation": "h", "name": name, "y": labels, "x": [round(float(v), 1) for v in top[column]], "marker": {"color": colour},
            "text": [_rate(v) for v in top[column]], "textposition": "auto", "cliponaxis": False, "hovertemplate": "%{y}: %{text}<extra>" + name + "</extra>",
        }
        for column, name, colour in (("needed", "Needed", theme.PRIMARY), ("pace", "Closed a week now", theme.QUIET))
    ]  # fmt: skip
    layout = theme.layout(
        xaxis=axis_of("closures", "Closings a week"), yaxis={"type": "category", "showgrid": False}, barmode="group", hovermode="closest", showlegend=True,
        height=int(height_of(len(top)) * 1.4) + 30, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


PLAN = Chart("plan", "Closings a week that reach a target", draw_plan, metric="weeks_of_work", has_period=False)
