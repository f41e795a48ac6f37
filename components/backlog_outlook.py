"""Charts of what is coming: overdue cases in four weeks, and the cases that fall due in the next seven days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from components import lists, theme, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars
from components.figures.series import axis_of, time_axis
from components.lists import Listing
from components.table import Column, Twin
from metrics.due_soon import JUDGED as WEEKS_JUDGED
from metrics.due_soon import MOST_LISTED, due_soon, expected, reliability
from metrics.outlook import INSIDE, LEAST_ERRORS, LEAST_WEEKS, WEEKS_AHEAD, Outlook, outlook
from metrics.select import Asked

MOST_BARS = 12
ROOM = 0.35
"""Of the axis, for the words beside a bar, also on a phone."""
WIDENED = 1.05
"""From here on it is said that a range was made wider."""
HOW = (
    f"Open cases with their deadlines, each with the chance to stay open that cases of its type and age had, and as many new ones as in recent {WEEKS_AHEAD}-week stretches. "
    "Every week's forecast uses only what was known in that week; deadlines are those known now."
)  # fmt: skip


def draw_forecast(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Overdue cases four weeks ahead as a range, with the past ranges and what came of them."""
    found = outlook(asked)
    frame = found.weeks
    days = [_day(asked, WEEKS_AHEAD - int(back)) for back in frame["back"]]
    rows = frame.assign(
        then=days, made=[_day(asked, -int(back)) for back in frame["back"]],
        held=[_held(row) for row in frame.to_dict("records")], actual_href=[_overdue_then(asked, WEEKS_AHEAD - int(back)) for back in frame["back"]],
    )  # fmt: skip
    columns = (
        Column("then", "Forecast for", "day"), Column("made", "Made on", "day"), Column("low", "At least", "cases"), Column("high", "At most", "cases"),
        Column("value", "Middle", "cases"), Column("actual", "Came", "cases", href="actual_href"), Column("held", "The range held"),
    )  # fmt: skip
    twin = Twin(rows.iloc[::-1], columns, f"Overdue cases {WEEKS_AHEAD} weeks ahead: forecasts and what came")
    title = f"Overdue cases {WEEKS_AHEAD} weeks ahead, made on {words.instant(asked.question.as_of, asked.calendar)}, and the forecasts of the year before"
    if words.is_missing(found.present["value"]):
        return Drawn(f"There are not yet {LEAST_WEEKS} weeks with deadlines to make a forecast from.", None, twin, HOW, title=title)
    if not found.present["now"] and not round(found.present["high"]):
        return Drawn(f"No case is overdue, and none is expected to be in {WEEKS_AHEAD} weeks.", None, twin, HOW, title=title)
    now = lists.address(Listing("overdue_now", sort="days_overdue"), asked)
    return Drawn(
        _forecast_words(found, days[-1]), _forecast_figure(rows), twin, f"{_record_words(found)} {HOW}", cases=now, title=title, leads={f"{words.count(found.present['now'])} are now": now},
    )  # fmt: skip


def _day(asked: Asked, weeks: int) -> date:
    """The day so many weeks from `as_of`."""
    return asked.calendar.day_of(asked.question.as_of + timedelta(weeks=weeks))


def _overdue_then(asked: Asked, weeks: int) -> str | None:
    if weeks > 0:
        return None
    at = asked.question.as_of + timedelta(weeks=weeks)
    return lists.address(Listing("overdue_now", sort="days_overdue"), asked, as_of=at.isoformat() + "Z")


def _held(row: Mapping[str, Any]) -> str:
    if words.is_missing(row["actual"]) or words.is_missing(row["low"]):
        return words.MISSING
    return "yes" if row["low"] <= row["actual"] <= row["high"] else "no, fewer came" if row["actual"] < row["low"] else "no, more came"


def _forecast_words(found: Outlook, then: date) -> str:
    now, low, high = (words.count(found.present[name]) for name in ("now", "low", "high"))
    record = f" Such a range held in {found.held()} of {words.plural(len(found.judged), 'week')}." if len(found.judged) else ""
    return f"Between {low} and {high} cases will be overdue on {words.day(then)} if work goes on as it has; {now} are now.{record}"


def _record_words(found: Outlook) -> str:
    judged = len(found.judged)
    if not judged:
        return "No earlier forecast can be compared with what came yet. The range is meant to hold in 8 of 10 weeks."
    held = found.held("plain_low", "plain_high")
    own = f"The range is meant to hold in 8 of 10 weeks. The model's own range would have held in {held} of {judged}"
    if found.widened > WIDENED:
        return f"{own}: it was too narrow, so its past errors make it wider, today {words.decimal(found.widened)} times as wide."
    if held < INSIDE * judged and judged < LEAST_ERRORS:
        return f"{own}: it is too narrow, and {LEAST_ERRORS} weeks are needed to learn how much wider it must be. Until then expect more to go wrong than it shows."
    return f"{own}; {'it is wide enough as it is' if held >= INSIDE * judged else 'its latest errors ask for no wider one'}."


def _forecast_figure(rows: pd.DataFrame) -> dict[str, Any]:
    known = rows.dropna(subset=["low"])
    x = [day.isoformat() for day in known["then"]]
    came = rows.dropna(subset=["actual"])
    edge: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip"}
    traces = [
        {**edge, "y": [round(v) for v in known["low"]], "showlegend": False},
        {**edge, "y": [round(v) for v in known["high"]], "name": "Range", "fill": "tonexty", "fillcolor": theme.faint(theme.PRIMARY).replace("0.12", "0.35")},
        {
            "type": "scatter", "mode": "lines", "x": x, "y": [round(v) for v in known["value"]], "name": "Forecast", "line": {"color": theme.PRIMARY, "width": 1.6, "dash": "dot"},
            "text": [f"{words.count(low)} to {words.count(high)}" for low, high in zip(known["low"], known["high"], strict=True)], "hovertemplate": "%{y:,.0f} (%{text})<extra>Forecast</extra>",
        },
        {
            "type": "scatter", "mode": "lines", "x": [day.isoformat() for day in came["then"]], "y": [int(v) for v in came["actual"]], "name": "Overdue",
            "line": {"color": theme.BAD, "width": 2.4}, "customdata": list(came["actual_href"]), "hovertemplate": "%{y:,.0f}<extra>Overdue</extra>",
        },
    ]  # fmt: skip
    yaxis = {**axis_of("cases"), "rangemode": "normal"}
    return {"data": traces, "layout": theme.layout(xaxis=time_axis(sorted({*x, *traces[-1]["x"]})), yaxis=yaxis, showlegend=True)}


def draw_parts(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The forecast by department."""
    frame = outlook(asked).parts
    by = Listing("overdue_now", sort="days_overdue")
    rows = frame.assign(
        text=[f"{words.count(low)} to {words.count(high)}" for low, high in zip(frame["low"], frame["high"], strict=True)],
        change=frame["value"] - frame["now"], href=[lists.address(by, asked, department=key) for key in frame["key"]],
    )  # fmt: skip
    columns = (
        Column("label", "Department"), Column("now", "Overdue now", "cases", href="href"), Column("low", "At least", "cases"), Column("high", "At most", "cases"), Column("value", "Middle", "cases"),
    )  # fmt: skip
    twin = Twin(rows, columns, f"Overdue cases in {WEEKS_AHEAD} weeks by department")
    title = f"Overdue cases on {words.day(_day(asked, WEEKS_AHEAD))} by department, if work goes on as it has"
    note = (
        "Each department's range learns from its own errors; the ranges do not add up to that of all, since not all go wrong the same way at once. "
        "Chances to stay open are learnt from the cases asked about: filtered to one department, its forecast may differ a little from the one beside the others."
    )
    if frame.empty:
        return Drawn("No department has enough history to forecast from.", None, twin, title=title)
    most = rows.sort_values("change", ascending=False).iloc[0]
    finding = (
        f"{most['label']} is expected to gain most, {words.cases(most['change'])}."
        if round(most["change"]) > 0
        else "No department is expected to have more overdue cases."
    )
    return Drawn(finding, bars(rows.head(MOST_BARS), "cases", text="text", href=None, room=ROOM), twin, note, title=title)


def draw_due_soon(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The cases due in the next seven days, soonest first, each with its chance to be late."""
    frame = due_soon(asked)
    rows = frame.assign(href=[lists.case_address(*names) for names in frame[["programme", "source_id"]].itertuples(index=False, name=None)])
    columns = (
        Column("source_id", "Case", href="href"), Column("request_type", "Type"), Column("department", "Department"), Column("due_at", "Due", "instant"),
        Column("hours", "Hours left (elapsed)", "number"), Column("chance", "Chance to be late", "share"),
    )  # fmt: skip
    twin = Twin(
        rows.assign(hours=[words.decimal(hours) for hours in rows["hours"]]),
        columns,
        "Cases due in the next 7 days",
        frame[[column.key for column in columns]],
    )
    title = f"Cases due in the 7 days after {words.instant(asked.question.as_of, asked.calendar)}"
    if frame.empty:
        return Drawn("No open case falls due in the next 7 days.", None, twin, title=title)
    by = expected(asked, "department")
    total, late = by["n"].sum(), by["late"].sum(min_count=1)
    count = f"{words.cases(total)} {'falls' if total == 1 else 'fall'} due in the next 7 days"
    finding = (
        f"{count}; about {words.count(late)} of them will be late if they go as such cases have gone."
        if not words.is_missing(late)
        else f"{count}."
    )
    more = f"The {MOST_LISTED} due first. " if total > MOST_LISTED else ""
    due = lists.address(Listing("due_next_7_days", sort="due_at", descending=False), asked)
    note = more + _reliability_words(reliability(asked))
    return Drawn(finding, None, twin, note, cases=due, title=title, leads={words.cases(total): due})


def _reliability_words(judged: pd.DataFrame) -> str:
    how = "The chance is the share of late ones among recent cases of the type that had as many days left."
    if judged.empty:
        return f"{how} There are no past weeks to judge it by yet."
    said = [
        f"of {words.cases(row['n'])} with a chance {_level(row['low'], row['high'])}, {words.percent_of(row['late'])} were late"
        for row in judged.to_dict("records")
    ]
    return f"{how} Judged by the last {WEEKS_JUDGED} weeks: {'; '.join(said)}."


def _level(low: float, high: float) -> str:
    if low == 0:
        return f"under {words.percent_of(high)}"
    return f"of {words.percent_of(low)} or more" if high == 1 else f"from {words.percent_of(low)} to under {words.percent_of(high)}"


def draw_soon_by_department(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How many fall due in each department, and how many of them will probably be late."""
    return _soon_by(asked, "department", "Department")


def draw_soon_by_type(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How many of each type fall due, and how many of them will probably be late."""
    return _soon_by(asked, "request_type", "Request type")


def _soon_by(asked: Asked, by: str, what: str) -> Drawn:
    frame = expected(asked, by)
    listing = Listing("due_next_7_days", sort="due_at", descending=False)
    rows = frame.assign(
        value=frame["n"], href=[lists.address(listing, asked, **{by: key}) for key in frame["key"]],
        text=[words.count(n) if words.is_missing(late) else f"{words.count(n)} · ~{words.count(late)} late" for n, late in zip(frame["n"], frame["late"], strict=True)],
    )  # fmt: skip
    columns = (
        Column("label", what),
        Column("n", "Due in the next 7 days", "cases", href="href"),
        Column("late", "Expected to be late", "number"),
    )
    twin = Twin(rows.assign(late=rows["late"].round(1)), columns, f"Cases due in the next 7 days by {what.lower()}")
    title = f"Cases due in the 7 days after {words.instant(asked.question.as_of, asked.calendar)}, by {what.lower()}"
    if frame.empty:
        return Drawn("No open case falls due in the next 7 days.", None, twin, title=title)
    first = rows.iloc[0]
    left = len(rows) - MOST_BARS
    finding = f"{first['label']} has most, {words.count(first['n'])} of {words.count(frame['n'].sum())}."
    return Drawn(
        finding,
        bars(rows.head(MOST_BARS), "cases", text="text", room=ROOM),
        twin,
        f"{left:,} more in the table." if left > 0 else "",
        cases=lists.address(listing, asked),
        title=title,
        leads={words.count(first["n"]): first["href"], words.count(frame["n"].sum()): lists.address(listing, asked)},
    )


FORECAST = Chart("overdue-ahead", "Overdue cases four weeks ahead", draw_forecast, metric="overdue_now", has_period=False)
PARTS = Chart("overdue-ahead-parts", "Overdue cases four weeks ahead by department", draw_parts, metric="overdue_now", has_period=False)
SOON = Chart("due-soon", "Cases due in the next 7 days", draw_due_soon, metric="due_next_7_days", has_period=False)
SOON_DEPARTMENTS = Chart(
    "due-soon-by-department", "Cases due soon by department", draw_soon_by_department, metric="due_next_7_days", has_period=False
)
SOON_TYPES = Chart(
    "due-soon-by-type", "Cases due in the next 7 days by type", draw_soon_by_type, metric="due_next_7_days", has_period=False
)
