"""`/contact-centre`: calls that came in, were answered and were given up, how long they waited, and when: contacts, not cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from dash import Input, Output, State, dcc, html

from components import contact_words, filters, gate, signal_words, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.contact_hours import HOURS, LANGUAGE, NOTHING, QUEUE, chosen, draw_hours
from components.figures.control import Segment, control
from components.figures.series import Line, bars_over_time
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics import contacts, xmr
from metrics.contact_dictionary import BY_ID, DICTIONARY
from metrics.select import Asked

PAGE, WEEKS = "/contact-centre", 104
SHOWN = ("abandonment", "abandonment_long", "speed_of_answer", "service_level", "offered", "first_contact_resolution")

FIGURE = filters.Option("call_figure", "Figure by week", lambda _asked: {name: BY_ID[name].label for name in SHOWN}, lambda: SHOWN[0])


def build(query: Query) -> list[Any]:
    shown = {**query, "weeks": filters.CUSTOM if {"from", "to"} & set(query) else query.get("weeks", str(WEEKS))}
    own = (QUEUE.name, LANGUAGE.name, FIGURE.name, HOURS.name)
    return [
        heading("Contact centre", "Calls, not cases: what came in, what was answered, who gave up, and when the line is too thin."),
        html.Form(
            [filters.control(name, shown) for name in ("weeks", *own)], className="filters filters-alone", id="filters", role="search", **{"aria-label": "Filters"}
        ),
        html.P(id="contact-note", className="subtitle"),
        html.Div([html.Section(className="card tile") for _ in range(6)], id="contact-tiles", className="tiles"),
        html.Div(
            [block(WEEKLY, "span-6"), block(VOLUME, "span-6"), block(HOURLY, "span-12"), block(QUEUES, "span-12", with_table=True), block(LEVELS, "span-12")],
            className="grid",
        ),
        html.Details([html.Summary("What these figures mean, and their formulas"), html.Div([_definition(name) for name in BY_ID], className="definitions")],
                     className="card formulas", id="contact-definitions"),
    ]  # fmt: skip


def _definition(name: str) -> html.Article:
    figure = BY_ID[name]
    rows = [("Formula", figure.formula), ("Mind", figure.caveat), ("Source", figure.source), ("Name for programs", name)]
    return html.Article(
        [
            html.H3(figure.label),
            html.P(figure.meaning),
            html.Dl([part for label, text in rows if text for part in (html.Dt(label), html.Dd(text))]),
        ],
        className="definition",
    )


@gate.answers(
    {"tiles": Output("contact-tiles", "children"), "note": Output("contact-note", "children")}, question=Input("question", "data"),
    values={"query": (State("question", "data"), gate.query_of)}, refused=lambda message: {"tiles": [], "note": message},
)  # fmt: skip
def fill_tiles(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """Five figures of the period, and how many cases calls lead to."""
    of = chosen(filters.view_of(query, asked))
    row = contacts.contacts(asked, of).iloc[0]
    if words.is_missing(row["offered"]):
        return {"tiles": [], "note": NOTHING}
    made = [
        _tile(BY_ID[name].label, contact_words.said(row[name], BY_ID[name]), contact_words.made_of(row, BY_ID[name]))
        for name in contact_words.TILES
    ]
    rate, cases, answered = contacts.per_answered_call(asked, of)
    listed = dcc.Link(
        "The cases opened by phone", href=tiles.cases_link(asked, "opened", channel="phone", case_class="all", department=None)
    )
    made.append(
        _tile(
            "Cases opened by phone, for each call answered",
            words.decimal(rate, 2),
            f"{words.count(cases)} of {words.count(answered)}",
            listed,
        )
    )
    return {"tiles": made, "note": f"{words.days_between(asked.question.start, asked.question.end)}. {contact_words.limits(row)}"}


def _tile(label: str, value: str, below: str, *more: Any) -> html.Section:
    return html.Section(
        [
            html.H2(label), html.Div(html.Span(value, className="value"), className="figure"), html.P(below, className="change"),
            html.Div([*more, html.A("Definition", href="#contact-definitions")], className="tile-links"),
        ],
        className="card tile",
    )  # fmt: skip


def draw_weekly(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """One figure by week, with what it usually lies within."""
    figure = BY_ID[view[FIGURE.name]]
    found = contacts.weekly(asked, figure.id, chosen(view))
    one, unit = found.judgement, "share" if figure.unit == "share" else "reports"
    frame = found.frame.assign(
        judged=found.frame[figure.id],
        signal=[words.joined([signal_words.RULE_WORDS[rule] for rule, hit in zip(xmr.RULES, one.broken[:, at], strict=True) if hit]) for at in range(len(found.frame))],
        value_said=[contact_words.said(value, figure) for value in found.frame[figure.id]],
    )  # fmt: skip
    twin = Twin(
        frame.iloc[::-1], (Column("period", "Week from", "day"), Column("value_said", figure.label, "number"), Column("offered", "Calls", "reports"), Column("signal", "Signal")),
        f"{figure.label}, by week", frame[["period", figure.id, "offered", "answered", "abandoned", "signal"]],
    )  # fmt: skip
    if frame[figure.id].isna().all():
        return Drawn(NOTHING, None, twin, title=f"{figure.label}, by week")
    weeks = [day.date() for day in frame["period"]]
    limits = None if one.limits is None or one.is_seasonal else xmr.shown(one.limits, "share" if unit == "share" else "count")
    segments = [] if limits is None else [Segment(weeks[0], (frame["period"].iloc[-1] + pd.Timedelta(weeks=1)).date(), limits)]
    drawn = control(frame, unit, figure.label, segments, np.flatnonzero(one.broken.any(axis=0)).tolist(), axis=_axis(figure.unit))  # type: ignore[arg-type]
    if unit == "share":
        # Shares of calls given up are small: the axis ends a little above the highest week or limit, and begins at none.
        top = max([float(frame[figure.id].max()), *(segment.limits.upper for segment in segments)])
        drawn["layout"]["yaxis"] |= {"range": [0, min(1.02, 1.15 * top)], "autorange": False}
    last = frame[frame[figure.id].notna()].iloc[-1]
    state = {
        "too_short": "too few weeks for a signal",
        "quiet": "no signal",
        "signal": f"a signal: {'higher' if one.sign > 0 else 'lower'} than before",
    }[one.state]
    flagged = frame[frame["signal"] != ""]
    told = f" Weeks that stand out: {words.joined([words.day(day.date()) for day in flagged['period']], 4)}." if len(flagged) else ""
    note = f"Grey: limits from the first twelve weeks; diamonds break a rule. A week of fewer than {contacts.LEAST} calls gives no share.{told}"
    if one.is_seasonal:
        note = f"It has a season, so each week is judged by its difference to the same one a year before.{told}"
    return Drawn(
        words.sentence(f"{figure.label}: {contact_words.said(last[figure.id], figure)} in the last week; {state}"),
        drawn,
        twin,
        note,
        title=f"{figure.label}, by week",
    )


def _axis(unit: str) -> str:
    return {"share": "Share of calls", "seconds": "Seconds"}.get(unit, "Calls")


def draw_volume(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Calls answered, given up and otherwise ended, by week."""
    frame = contacts.weekly(asked, "offered", chosen(view)).frame
    frame = frame.assign(other=(frame["offered"] - frame["answered"] - frame["abandoned"].fillna(0)).clip(lower=0))
    columns = (Column("period", "Week from", "day"), Column("offered", "Came in", "reports"), Column("answered", "Answered", "reports"), Column("abandoned", "Given up", "reports"), Column("other", "Otherwise ended", "reports"))  # fmt: skip
    twin = Twin(frame.iloc[::-1], columns, "Calls by week", frame[[column.key for column in columns]])
    if frame["offered"].isna().all():
        return Drawn(NOTHING, None, twin)
    lines = [
        Line("answered", "Answered", theme.PRIMARY),
        Line("abandoned", "Given up", theme.SECOND),
        Line("other", "Otherwise ended", theme.QUIET),
    ]
    figure = bars_over_time(frame, lines, "reports", stacked=True)
    figure["layout"]["yaxis"]["title"]["text"] = "Calls"
    busiest = frame.loc[frame["offered"].idxmax()]
    return Drawn(
        f"Most calls came in the week of {words.day(busiest['period'].date())}: {words.count(busiest['offered'])}, {words.count(busiest['abandoned'])} of them given up.",
        figure,
        twin,
    )


def draw_queues(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The queues side by side."""
    frame = contacts.contacts(asked, chosen(view), by="queue").sort_values("offered", ascending=False)
    rows = frame.assign(
        asa=[contact_words.seconds(value) for value in frame["speed_of_answer"]], handled=[contact_words.seconds(value) for value in frame["handle_time"]],
        href=[PAGE + filters.address({**filters.own_query(view), QUEUE.name: key}) for key in frame["key"]],
    )  # fmt: skip
    columns = (
        Column("key", "Queue", href="href"), Column("offered", "Came in", "reports"), Column("answered", "Answered", "reports"), Column("abandonment", "Given up", "share"),
        Column("abandonment_long", "After a wait", "share"), Column("asa", "Average speed of answer", "number"), Column("service_level", "Service level", "share"),
        Column("handled", "Time for a call", "number"), Column("occupancy", "Occupancy", "share"), Column("first_contact_resolution", "Settled at first contact", "share"),
    )  # fmt: skip
    twin = Twin(rows, columns, f"Queues, {words.asked_period(asked.question)}", frame)
    if frame.empty:
        return Drawn(NOTHING, None, twin)
    worst = frame.loc[frame["abandonment"].idxmax()] if frame["abandonment"].notna().any() else frame.iloc[0]
    return Drawn(
        f"{words.plural(len(frame), 'queue')}; most calls are given up at {worst['key']}, {words.share(worst['abandonment'])} of {words.count(worst['offered'])}.",
        None,
        twin,
    )


def draw_levels(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The service level over each of its denominators, and the other figures of the period."""
    row = contacts.contacts(asked, chosen(view)).iloc[0]
    shown = [figure for figure in DICTIONARY if figure.of]
    rows = pd.DataFrame({
        "label": [figure.label for figure in shown], "value": [contact_words.said(row[figure.id], figure) for figure in shown],
        "of": [contact_words.made_of(row, figure) for figure in shown], "formula": [figure.formula for figure in shown],
    })  # fmt: skip
    file = pd.DataFrame(
        {
            "figure": [figure.id for figure in shown],
            "value": [row[figure.id] for figure in shown],
            "numerator": [row[figure.hits] for figure in shown],
            "denominator": [row[figure.of] for figure in shown],
        }
    )
    twin = Twin(
        rows,
        (Column("label", "Figure"), Column("value", "Value", "number"), Column("of", "Made of"), Column("formula", "Formula")),
        "Every figure and its formula",
        file,
    )
    if words.is_missing(row["service_level"]):
        return Drawn(
            "No source says how many calls were answered in time." if not words.is_missing(row["offered"]) else NOTHING, None, twin
        )
    parts = [
        f"{words.share(row[name])} {which}"
        for name, which in (
            ("service_level", "without calls given up at once"),
            ("service_level_offered", "of all calls"),
            ("service_level_answered", "of answered calls"),
        )
    ]
    return Drawn(
        words.sentence(f"Answered within {int(row['threshold_seconds'])} seconds: {', '.join(parts)}"),
        None,
        twin,
        "One numerator, three denominators in use; the first is the headline here.",
    )


WEEKLY = Chart("calls-weekly", "A figure of the contact centre by week", draw_weekly)
VOLUME = Chart("calls", "Calls by week: answered, given up, otherwise ended", draw_volume)
HOURLY = Chart("call-hours", "The hours of the week", draw_hours, height=400)
QUEUES = Chart("call-queues", "Queues side by side", draw_queues)
LEVELS = Chart("call-figures", "Service level by denominator, and every other figure", draw_levels)

layout = page(__name__, PAGE, "Contact centre", build, nav="Calls", order=6, weeks=WEEKS)
