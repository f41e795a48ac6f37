"""`/sla/realism`: whether what is promised can be kept, type by type, and what to promise where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from components import filters, gate, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import intervals
from components.page import Query, heading, page
from components.table import Column, Twin
from data_access.due import calendars_of, promises
from metrics.ranking import LEAST_N
from metrics.realism import WHOLE, realism
from metrics.select import Asked

GOALS = {"80": "80 % of cases", "85": "85 % of cases", "90": "90 % of cases", "95": "95 % of cases"}
UNITS = {"business_days": "business day", "business_hours": "business hour", "calendar_days": "calendar day", "elapsed_hours": "hour"}
VERDICTS = {
    "too_tight": "too tight", "realistic": "realistic", "slack": "slack", "early": "too early to say", "few": f"too few cases (under {LEAST_N})", "none": "nothing promised",
}  # fmt: skip
LOOKS = {"too_tight": (theme.BAD, "diamond"), "realistic": (theme.PRIMARY, "circle"), "slack": (theme.FOURTH, "square")}
ROW_PIXELS, LINE_PIXELS = 46, 16
MOST_DRAWN = 16
RULE = (
    "Too tight: the share closed in the promised time lies below the goal by more than chance (95 %). Slack: the goal is reached in half the promised time "
    "or less. Realistic: neither. Too early to say: hardly any case was watched that long. Times count open cases until the age they have reached (Kaplan-Meier), in the unit of the promise; holds count as time."
)

filters.Option("goal", "A promise should hold for", lambda _asked: GOALS, lambda: "85")


def build(query: Query) -> list[Any]:
    return [
        heading("Are the promises realistic?", "What is promised for each request type, how long it takes in the same unit, and what could be promised."),
        html.P(dcc.Link("Back to SLA compliance", href="/sla"), className="work-lists"),
        filters.bar(query, without=("grain",), own=("goal",), weeks=26),
        html.Div([block(PROMISED, "span-12", with_table=True), block(UNPROMISED, "span-12", with_table=True)], className="grid"),
    ]  # fmt: skip


def _frame(asked: Asked, view: Mapping[str, str]) -> pd.DataFrame:
    city = gate.desk().city
    return realism(asked, promises(city, asked.question.end - timedelta(days=1)), calendars_of(city), int(view["goal"]) / 100)


def amount_said(amount: Any, unit: str) -> str:
    """5, "business_days" -> "5 business days"."""
    if words.is_missing(amount):
        return words.MISSING
    if not amount and unit in WHOLE:
        return "the same day"
    number = words.decimal(amount, 0 if float(amount).is_integer() else 1)
    return f"{number} {UNITS[unit]}{'' if number == '1' else 's'}"


def _worded(asked: Asked, frame: pd.DataFrame) -> pd.DataFrame:
    def said(name: str, missing: str) -> list[str]:
        return [
            missing if words.is_missing(row[name]) and row["verdict"] != "few" else amount_said(row[name], row["unit"])
            for row in frame.to_dict("records")
        ]

    def listed(of: str) -> list[str]:
        return [tiles.cases_link(asked, of, request_type=key) for key in frame["key"]]

    return frame.assign(
        promise=[amount_said(amount, unit) if rule else f"about {amount_said(amount, unit)}" for amount, unit, rule in zip(frame["amount"], frame["unit"], frame["is_rule"], strict=True)],
        median_said=said("median", "not reached"), p90_said=said("p90", "not reached"), needed_said=said("needed", "not reached"),
        verdict_said=[VERDICTS[verdict] for verdict in frame["verdict"]], n_href=listed("closed_so_far"), due_href=listed("ontime_due"),
        page=[filters.link("/sla", asked, request_type=key) for key in frame["key"]], curve=[filters.link("/time-to-close", asked, request_type=key, compare="all") for key in frame["key"]],
    )  # fmt: skip


def draw_promised(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The share closed in the promised time against the goal, worst by cases first."""
    frame = _frame(asked, view)
    frame = _worded(asked, frame[frame["amount"].notna()].reset_index(drop=True))
    goal = int(view["goal"]) / 100
    twin = Twin(frame, (
        Column("label", "Request type", href="page"), Column("n", "Opened", "cases", href="n_href"), Column("promise", "Promised"), Column("median_said", "Half closed in", href="curve"),
        Column("p90_said", "90 % closed in"), Column("kept", "Closed in the promised time", "share"), Column("on_time", "On time, fell due", "share"), Column("due", "Fell due", "cases", href="due_href"),
        Column("needed_said", f"{view['goal']} % closed in"), Column("verdict_said", "The promise is"),
    ), "Promises and times, by request type", frame.drop(columns=["page", "curve", "n_href", "due_href"]))  # fmt: skip
    known = frame[frame["kept"].notna()]
    if known.empty:
        return Drawn("No request type with a promise has enough cases in this period.", None, twin, RULE)
    # The largest gaps on both sides, since slack is as much a finding.
    drawn = known.loc[known["short"].abs().sort_values(ascending=False, kind="stable").index[:MOST_DRAWN].sort_values()]
    rows = drawn.assign(
        label=[f"{label}: {promise}" for label, promise in zip(drawn["label"], drawn["promise"], strict=True)],
        value=drawn["kept"], low=drawn["low"].fillna(drawn["kept"]), high=drawn["high"].fillna(drawn["kept"]), goal=goal, href=drawn["curve"],
    )  # fmt: skip
    figure = _by_verdict(intervals(rows, target="goal"), drawn["verdict"].tolist()[::-1], view["goal"])
    left = len(known) - len(drawn)
    note = f"Stroke: the goal. Lines: 95 % intervals. {RULE}" + (
        f" Drawn are the {len(drawn)} types furthest from the goal by cases." if left else ""
    )
    if not frame["is_rule"].all():
        note += " About: no rule is written down for the type; the median of its deadlines stands in."
    return Drawn(_finding(known, view["goal"]), figure, twin, note, title=f"Share closed in the promised time, opened {words.during(asked.question.start, asked.question.end)}")  # fmt: skip


def _by_verdict(figure: dict[str, Any], verdicts: list[str], goal: str) -> dict[str, Any]:
    """The points of each verdict as a series of their own, so that colour and sign have a word."""
    points, goals = figure["data"]
    traces = []
    for verdict, (colour, symbol) in LOOKS.items():
        mine = [at for at, of in enumerate(verdicts) if of == verdict]
        if mine:
            part = {name: [points[name][at] for at in mine] for name in ("x", "y", "text", "customdata")}
            error = points["error_x"]
            edges = {name: [error[name][at] for at in mine] for name in ("array", "arrayminus")}
            marker = {"size": 11, "color": colour, "symbol": symbol}
            traces.append(
                {**points, **part, "name": VERDICTS[verdict].capitalize(), "marker": marker, "error_x": {**error, **edges, "color": colour}}
            )
    goals |= {"name": f"Goal: {goal} %", "hoverinfo": "skip", "hovertemplate": None}
    axis = {"categoryorder": "array", "categoryarray": points["y"]}
    row = max(ROW_PIXELS, 6 + LINE_PIXELS * max(label.count("<br>") + 1 for label in points["y"]))
    layout = {**figure["layout"], "yaxis": {**figure["layout"]["yaxis"], **axis}, "height": 90 + row * len(verdicts)}
    return {"data": [*traces, goals], "layout": layout}


def _finding(known: pd.DataFrame, goal: str) -> str:
    tight, slack = known[known["verdict"] == "too_tight"], known[known["verdict"] == "slack"]
    which = f"{f'{len(tight)} of ' if len(tight) else 'none of '}{words.plural(len(known), 'promise')} {'are' if len(tight) > 1 else 'is'}"
    if len(known) == 1:
        which = f"the one promise that can be judged is{'' if len(tight) else ' not'}"
    said = [f"{which} too tight to hold for {goal} % of cases"]
    if len(tight):
        worst = tight.iloc[0]
        cure = (
            "which no time seen so far would reach" if words.is_missing(worst["needed"]) else f"{goal} % would take {worst['needed_said']}"
        )
        said.append(f"most by cases {worst['label']}: {worst['promise']} promised, {cure}")
    if len(slack):
        said.append(f"{words.plural(len(slack), 'has', 'have')} slack")
    return words.sentence("; ".join(said))


def draw_unpromised(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Types for which nothing is promised, largest first, with what could be."""
    frame = _frame(asked, view)
    total = frame["n"].sum()
    frame = _worded(asked, frame[frame["amount"].isna()].sort_values(["n", "label"], ascending=[False, True], ignore_index=True))
    twin = Twin(frame, (
        Column("label", "Request type", href="curve"), Column("n", "Opened", "cases", href="n_href"), Column("median_said", "Half closed in"), Column("p90_said", "90 % closed in"),
        Column("needed_said", f"Could be promised ({view['goal']} % hold)"),
    ), "Request types without a promise", frame[["key", "label", "n", "unit", "median", "p90", "needed"]])  # fmt: skip
    if frame.empty:
        return Drawn(
            "Every request type with cases in this period has a promise." if total else "No case was opened in this period.", None, twin
        )
    n = frame["n"].sum()
    first = frame.iloc[0]
    could = "" if words.is_missing(first["needed"]) else f"; {first['label']} could promise {first['needed_said']}"
    finding = f"{words.plural(len(frame), 'request type')} with {words.cases(n)} ({words.percent_of(n / total)}) {'has' if len(frame) == 1 else 'have'} no promise{could}."
    return Drawn(finding, None, twin, "Business days of the city's first calendar where it has one, else elapsed days.")


PROMISED = Chart("promises-kept-by-type", "Share closed in the promised time, by request type", draw_promised, metric="ttc_km")
UNPROMISED = Chart("types-without-promise", "Request types without a promise", draw_unpromised, metric="opened")

layout = page(__name__, "/sla/realism", "Are the promises realistic?", build, weeks=26)
