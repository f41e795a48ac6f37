"""`/closure`: whether closed means fixed: how cases ended, which closings did not hold, and what was done to the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
from dash import dcc, html

from components import clock_health, filters, lists, on_time, theme, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import bars, stack
from components.figures.series import Line, axis_of, bars_over_time, lines
from components.lists import Listing
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.clock import BINS, closings_by_lateness
from metrics.closure import ENDINGS, endings
from metrics.mass_closing import RULE, mass_closings
from metrics.measure import measure
from metrics.select import Asked

MOST_GROUPS = 15
MOST_DAYS = 12
NAMES = {
    "done": "Work done",
    "without_work": "Without work",
    "otherwise": "Otherwise",
    "unknown": "Unknown",
}
COLOURS = (theme.THIRD, theme.SECOND, theme.FOURTH, theme.QUIET)
DASHES = ("solid", "dash", "dot")
SPLITS = {"period": "Over time", "department": "By department", "request_type": "By request type"}
ENDINGS_BY = filters.Option("endings_by", "Endings shown", lambda _asked: SPLITS, lambda: "period")
HELD = {
    "reopen_rate": "Opened again within 14 days",
    "reported_again": "Reported again within 14 days",
    "closed_without_work": "Closed without work",
}


def build(query: Query) -> list[Any]:
    return [
        heading("Closure", "Whether closed means fixed: how cases ended, which closings did not hold, and what was done to the clock."),
        html.P(dcc.Link("Closure audit: draw closed cases at random and go and look", href="/closure/audit"), className="note"),
        filters.bar(query, own=(ENDINGS_BY.name,)),
        html.Div(
            [
                block(OF_ENDINGS, "span-7"), block(NOT_HELD, "span-5"), block(HEALTH, "span-12", with_table=True), block(NEAR_DUE, "span-7"),
                block(MASS, "span-5"), block(MOVED, "span-12"),
            ],
            className="grid",
        ),
    ]  # fmt: skip


def draw_endings(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Closed cases by how they ended, over time or by department or type."""
    by = None if view[ENDINGS_BY.name] == "period" else view[ENDINGS_BY.name]
    frame = endings(asked, by)
    total = frame[list(ENDINGS)].sum()
    spans = [on_time.span_of(first, asked) for first in frame["period"]] if by is None else [{by: key} for key in frame["key"]]
    href = {
        end: [_ended(asked, end, **span) if n else None for span, n in zip(spans, frame[end], strict=True)] for end in ENDINGS
    }  # fmt: skip
    frame = frame.assign(
        **{f"{end}_href": links for end, links in href.items()}, total_href=[lists.address(Listing("closed_cases"), asked, **span) for span in spans],
        share=frame["without_work"] / frame["total"].where(frame["total"] > 0),
    )  # fmt: skip
    first = Column("period", _from(asked), "day") if by is None else Column("label", "Department" if by == "department" else "Request type")
    columns = (
        first, Column("total", "Closed", "cases", href="total_href"), *[Column(end, NAMES[end], "cases", href=f"{end}_href") for end in ENDINGS],
        Column("share", "Without work", "share"),
    )  # fmt: skip
    twin = Twin(frame if by else frame.iloc[::-1], columns, f"Closed cases by how they ended, {words.asked_period(asked.question)}")
    finding = _endings_words(total)
    if not total.sum():
        return Drawn(finding, None, twin)
    note = "Each case once, by its last closing: a source keeps one outcome for each case. Otherwise: denied, withdrawn or closed automatically. Unknown: no outcome, or one that nobody mapped."
    if by is None:
        figure = bars_over_time(
            frame, [Line(end, NAMES[end], colour) for end, colour in zip(ENDINGS, COLOURS, strict=True)], "cases", stacked=True
        )
        for trace, end in zip(figure["data"], ENDINGS, strict=True):
            trace |= {"customdata": href[end], "visible": bool(total[end])}
        figure["layout"]["legend"]["traceorder"] = "normal"
    else:
        top = frame.head(MOST_GROUPS)
        wide = top[list(ENDINGS)].div(top["total"], axis=0).set_axis([NAMES[end] for end in ENDINGS], axis=1)
        links = {NAMES[end]: href[end][: len(top)] for end in ENDINGS}
        labels = [f"{label} ({words.count(n)})" for label, n in zip(top["label"], top["total"], strict=True)]
        figure = stack(wide, labels, "share", COLOURS, href=links)
        figure["layout"]["xaxis"] |= {"range": [0, 1], "title": {"text": "Share of closed cases", "font": {"size": 12}}}
        left = len(frame) - len(top)
        note += f" The {MOST_GROUPS} with most closed cases; {left:,} more in the table." if left else ""
    every = lists.address(Listing("closed_cases"), asked)
    return Drawn(finding, figure, twin, note, cases=every, leads={words.cases(total.sum()): every})


def _ended(asked: Asked, end: str, **more: Any) -> str:
    """The list of the cases that ended so, within the outcomes the reader chose."""
    chosen = [word for word in ENDINGS[end] if not asked.question.outcome or word in asked.question.outcome]
    return lists.address(Listing("closed_cases"), asked, outcome=",".join(chosen), **more)


def _endings_words(total: pd.Series) -> str:
    n = total.sum()
    if not n:
        return "No case was closed in this period."
    if total["unknown"] == n:
        return f"None of the {words.count(n)} closed cases says how it ended: this data has no outcomes that are mapped."
    parts = [(f"{words.percent_of(total[end] / n)} {said}") for end, said in (("done", "ended with work done"), ("without_work", "without work"),
             ("otherwise", "denied, withdrawn or closed automatically"), ("unknown", "in a way nobody knows")) if total[end]]  # fmt: skip
    return f"Of {words.cases(n)} closed, {words.joined(parts, most=4)}."


def draw_not_held(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Closings that were undone, or whose problem was reported again, and those without work; over time."""
    asked = asked.remembering()
    closed = measure("closed", asked, period=True).frame
    frame = closed[["period", "n"]].rename(columns={"n": "closed"})
    spans = [on_time.span_of(first, asked) for first in frame["period"]]
    for name in HELD:
        part = measure(name, asked, period=True).frame
        frame[name], frame[f"{name}_n"], frame[f"{name}_hits"] = part["value"], part["n"].fillna(0.0), part["numerator"].fillna(0.0)
    frame = frame.assign(
        closed_href=_each(asked, Listing("closed"), spans), old_href=_each(asked, Listing("reopen_rate"), spans),
        again_href=_each(asked, Listing("reopen_rate", "true"), spans), placed_href=_each(asked, Listing("reported_again"), spans),
        nearby_href=_each(asked, Listing("reported_again", "true"), spans), without_href=_each(asked, Listing("closed_without_work", "true"), spans),
    )  # fmt: skip
    columns = (
        Column("period", _from(asked), "day"), Column("closed", "Closings", "closures", href="closed_href"),
        Column("reopen_rate_n", "At least 14 days old", "closures", href="old_href"), Column("reopen_rate_hits", "Opened again", "closures", href="again_href"),
        Column("reopen_rate", "Share", "share"), Column("reported_again_n", "Old enough, at a known place", "closures", href="placed_href"), Column("reported_again_hits", "Reported again", "closures", href="nearby_href"),
        Column("reported_again", "Share", "share"), Column("closed_without_work_hits", "Without work", "closures", href="without_href"), Column("closed_without_work", "Share", "share"),
    )  # fmt: skip
    twin = Twin(frame.iloc[::-1], columns, f"Closings that did not hold, {words.asked_period(asked.question)}")
    young = frame["closed"].sum() - frame["reopen_rate_n"].sum()
    note = (
        f"{words.value(young, 'closures')} of this period {'is' if young == 1 else 'are'} younger than 14 days and set aside for the first two."
        if young
        else ""
    )
    if not frame["closed"].sum():
        return Drawn("Nothing was closed in this period.", None, twin)
    again, nearby = measure("reopen_rate", asked), measure("reported_again", asked)
    said = (
        [f"{words.share(again.value)} of {words.value(again.n, 'closures')} were undone within 14 days"] if again.value is not None else []
    )
    said += (
        [f"{words.share(nearby.value)} of {words.count(nearby.n)} were followed by a new report of the same at the same place"]
        if nearby.value is not None
        else []
    )
    shown = [name for name in HELD if frame[name].notna().any()]
    series = [Line(name, HELD[name], colour, dash) for name, colour, dash in zip(HELD, theme.SERIES, DASHES, strict=False) if name in shown]
    # A period that the data begin in has no figure: with no other there is nothing to draw.
    drawn = lines(frame, series, "share", title="Share of closings", share_range=(0.0, _top(frame[shown]))) if shown else None
    finding = words.sentence("; ".join(said) or "No closing is old enough yet to say whether it holds")
    leads = {
        words.value(again.n, "closures"): lists.address(Listing("reopen_rate"), asked),
        f"{words.count(nearby.n)} were followed": lists.address(Listing("reported_again"), asked),
    }
    return Drawn(finding, drawn, twin, note, cases=lists.address(Listing("reopen_rate", "true"), asked), leads=leads)


def _each(asked: Asked, listing: Listing, spans: list[dict[str, str]]) -> list[str]:
    return [lists.address(listing, asked, **span) for span in spans]


def _top(shares: pd.DataFrame) -> float:
    """The upper end of an axis of small shares: whole tenths above the highest."""
    return min(1.02, (int(10 * float(shares.max().max())) + 1) / 10)


def _from(asked: Asked) -> str:
    step = on_time.step(asked).capitalize()
    return step if asked.question.grain == "day" else f"{step} from"


def draw_near_due(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Closings by days from the deadline, with the day before and the day after set off."""
    frame = closings_by_lateness(asked)
    frame = frame.assign(
        label=[words.lateness(*BINS[name]) for name in frame["bin"]],
        href=[lists.address(Listing("closed", late=name), asked) for name in frame["bin"]],
    )
    twin = Twin(
        frame,
        (Column("label", "Closed"), Column("n", "Closings", "closures", href="href")),
        f"Closings by time from the deadline, {words.asked_period(asked.question)}",
    )
    total = int(frame["n"].sum())
    if not total:
        return Drawn("No case with a deadline was closed in this period.", None, twin)
    beside = {"-1to0": theme.PRIMARY, "0to1": theme.SECOND}
    names = ["earlier", *(str(low) if low is not None and low < 0 else f"+{high}" for low, high in list(BINS.values())[1:-1]), "later"]
    trace = {
        "type": "bar", "x": names, "y": [int(n) for n in frame["n"]], "customdata": frame["href"].tolist(), "text": frame["label"].tolist(), "textposition": "none",
        "marker": {"color": [beside.get(name, theme.QUIET) for name in frame["bin"]]}, "hovertemplate": "%{text}: %{y:,.0f}<extra></extra>",
    }  # fmt: skip
    xaxis = {
        "type": "category",
        "title": {"text": "Day before (−) or after (+) the deadline", "font": {"size": 12}},
        "showgrid": False,
        "tickangle": 0,
    }
    figure = {"data": [trace], "layout": theme.layout(xaxis=xaxis, yaxis=axis_of("closures"), hovermode="closest", bargap=0.08)}
    before, after = (frame["n"][frame["bin"] == name].iloc[0] for name in beside)
    ratio = measure("deadline_bunching", asked)
    said = "" if ratio.value is None else f": {words.decimal(ratio.value)} before for each after"
    finding = f"{words.value(before, 'closures')} in the 24 hours up to the deadline, {words.count(after)} in the 24 hours after{said}."
    hrefs = [frame["href"][frame["bin"] == name].iloc[0] for name in beside]
    leads = dict(zip((words.value(before, "closures"), f"{words.count(after)} in the 24 hours after"), hrefs, strict=True))
    return Drawn(finding, figure, twin, "An indicator to ask about, not a verdict: good planning crowds closings before a deadline, too.",
                 cases=lists.address(Listing("deadline_bunching"), asked), leads=leads)  # fmt: skip


def draw_mass(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Days on which a department closed far more than usual, and what it closed."""
    frame = mass_closings(asked)
    days = [
        {"department": row["key"], "from": row["day"].date().isoformat(), "to": (row["day"] + timedelta(days=1)).date().isoformat()}
        for row in frame.to_dict("records")
    ]
    frame = frame.assign(
        value=frame["n"], share=frame["without_work"] / frame["n"], href=_each(asked, Listing("closed"), days),
        without_href=_each(asked, Listing("closed_without_work", "true"), days), otherwise_href=[_ended(asked, "otherwise", **day) for day in days],
    )  # fmt: skip
    columns = (
        Column("day", "Day", "day"), Column("label", "Department"), Column("n", "Closings", "closures", href="href"), Column("usual", "Usual", "number"),
        Column("without_work", "Without work", "closures", href="without_href"), Column("share", "Share", "share"),
        Column("otherwise", "Denied, withdrawn or closed automatically", "cases", href="otherwise_href"), Column("oldest", "Oldest case (days)", "days"),
    )  # fmt: skip
    twin = Twin(frame, columns, f"Days of mass closings, {words.asked_period(asked.question)}")
    if frame.empty:
        return Drawn("No department closed far more than usual on any day of this period.", None, twin, RULE)
    top = frame.iloc[0]
    named = [f"{row['label']}, {words.weekday(row['day'].date())}" for row in frame.to_dict("records")]
    most = f"{top['label']} closed {words.count(top['n'])} on {words.weekday(top['day'].date())}, where {words.decimal(top['usual'], 0)} is usual"
    oldest = "" if words.is_missing(top["oldest"]) else f", the oldest case after {words.length(top['oldest'])}"
    left = len(frame) - MOST_DAYS
    note = RULE + (f" The {MOST_DAYS} largest; {left:,} more in the table." if left > 0 else "")
    figure = bars(frame.assign(label=named).head(MOST_DAYS), "closures")
    return Drawn(
        f"{words.plural(len(frame), 'day')} of mass closings: {most}{oldest}.",
        figure,
        twin,
        note,
        leads={f"{words.count(top['n'])} on": top["href"]},
    )


OF_ENDINGS = Chart("closure-endings", "Closed cases by how they ended", draw_endings, metric="closed_without_work")
NOT_HELD = Chart("closings-not-held", "Closings that did not hold, or were made without work", draw_not_held, metric="reopen_rate")
HEALTH = Chart("clock-health", "On time, and what can make it look better than the work", clock_health.draw_health, metric="ontime_due")
NEAR_DUE = Chart("closings-near-due", "Closings by days from the deadline", draw_near_due, metric="deadline_bunching")
MASS = Chart("mass-closings", "Days on which far more was closed than usual", draw_mass, metric="closed")
MOVED = Chart("clock-moved", "Deadlines moved, clocks stopped, cases passed on", clock_health.draw_moved, metric="due_extended_rate")

layout = page(__name__, "/closure", "Closure", build, nav="Closure", order=5)
