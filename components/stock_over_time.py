"""Open and overdue cases over time, and by how much the backlog grew: the same charts wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from components import lists, on_time, theme, words
from components.chart import Chart, Drawn
from components.figures.series import Line, bars_over_time, lines
from components.lists import Listing
from components.table import Column, Twin
from metrics.age_flow import instants
from metrics.compare import trend
from metrics.flow_parts import PARTS, flow_parts
from metrics.measure import measure
from metrics.on_time import cut_periods
from metrics.select import Asked

FEW = 4
"""Up to so many cases an axis is marked case by case."""


def draw_over_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open and overdue cases at the end of each period."""
    together = asked.remembering()
    frame, overdue = (measure(name, together, period=True).frame for name in ("backlog", "overdue_now"))
    frame = frame[["period"]].assign(open=frame["value"], overdue=overdue["value"].to_numpy())
    ends = [end_of(asked, start) for start in frame["period"]]
    frame = frame.assign(
        open_href=[listed_at(asked, "backlog", end) for end in ends], overdue_href=[listed_at(asked, "overdue_now", end) for end in ends]
    )
    columns = (
        Column("period", period_label(asked), "day"), Column("open", "Open at its end", "cases", href="open_href"),
        Column("overdue", "Overdue at its end", "cases", href="overdue_href"),
    )  # fmt: skip
    grain = words.GRAIN_WORDS[asked.question.grain]
    twin = Twin(frame.iloc[::-1], columns, "Open and overdue cases")
    if not frame["open"].any():
        return Drawn(f"No case was open at the end of any {grain}.", None, twin)
    series = [Line("open", "Open", theme.PRIMARY, area=True), Line("overdue", "Overdue", theme.BAD, "dash")]
    figure = lines(frame, series, "cases")
    for trace, name in zip(figure["data"], ("open_href", "overdue_href"), strict=True):
        trace["customdata"] = list(frame[name])
    return Drawn(_over_time_words(frame, asked, _open_before(asked)), figure, twin,
                 f"Counted at the end of each {grain}." if grain == "day" else f"Counted at the end of each {grain}, shown at its first day.",
                 cases=listed_at(asked, "backlog", ends[-1]), leads={words.cases(frame["open"].iloc[-1]): listed_at(asked, "backlog", ends[-1])})  # fmt: skip


def _open_before(asked: Asked) -> float:
    """How many cases were open when the period began: what its net flow is added to."""
    then = asked.question.about(as_of=instants(asked)[0])
    return measure("backlog", replace(asked, question=then)).value or 0.0


def _over_time_words(frame: pd.DataFrame, asked: Asked, before: float) -> str:
    last = frame.iloc[-1]
    change = last["open"] - before
    moved = f"{words.count(abs(change))} {'more' if change > 0 else 'fewer'} than" if change else "as many as"
    part = "all" if last["overdue"] == last["open"] else "none" if not last["overdue"] else words.percent_of(last["overdue"] / last["open"])
    share = f"; {part} of them {'is' if part == 'none' else 'are'} overdue" if last["open"] else ""
    since = words.day(asked.question.start - timedelta(days=1))
    return f"{words.cases(last['open'])} {'was' if last['open'] == 1 else 'were'} open on {words.day(_last_day(asked, last['period']))}, {moved} on {since}{share}."


def draw_net_flow(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """By how much the backlog grew or shrank in each period."""
    frame = measure("net_flow", asked, period=True).frame
    figure = bars_over_time(frame, [Line("value", "Net flow")], "cases")
    if frame["value"].abs().max() <= FEW:
        figure["layout"]["yaxis"]["dtick"] = 1
    figure["data"][0]["marker"]["color"] = [theme.BAD if value > 0 else theme.GOOD for value in frame["value"]]
    figure["layout"]["yaxis"]["title"]["text"] = "Cases more or fewer"
    parts, spans = flow_parts(asked), [on_time.span_of(first, asked) for first in frame["period"]]
    rows = frame.merge(parts, on="period").assign(
        **{f"{part}_href": [lists.address(Listing(of), asked, **span) for span in spans] for part, of in PARTS.items()}
    )
    columns = (
        Column("period", period_label(asked), "day"), Column("opened", "Opened", "cases", href="opened_href"),
        Column("closed", "Closed", "closures", href="closed_href"), Column("reopened", "Opened again", "cases", href="reopened_href"),
        Column("value", "Opened − closed + opened again", "cases"),
    )  # fmt: skip
    twin = Twin(rows.iloc[::-1], columns, "Net flow")
    note = "Above zero the backlog grows. Counted for the department that owns a case now."
    if frame["value"].isna().all():
        return Drawn("There is no data of this period yet.", None, twin, note)
    finding, left_out = _net_flow_words(frame, asked)
    return Drawn(finding, figure, twin, note + left_out)


def _net_flow_words(frame: pd.DataFrame, asked: Asked) -> tuple[str, str]:
    """By how much the backlog grew in all and in how many of the whole periods; and which ones are cut off, for the note."""
    grain, cut = asked.question.grain, cut_periods(asked)
    whole = frame["value"][[first.date() not in cut for first in frame["period"]]].dropna()
    total = frame["value"].sum()
    moved = words.cases(abs(total))
    way = {"growing": f"grew by {moved}", "shrinking": f"shrank by {moved}", "steady": "stayed as it was"}[trend(total)]
    step = f"{'whole ' if cut else ''}{words.GRAIN_WORDS[grain]}"
    grew = f"; it grew in {int((whole > 0).sum()):,} of {words.plural(len(whole), step)}" if len(whole) else ""
    named = words.joined([words.period(day, grain, asked.calendar) for day in sorted(cut)])
    return f"The backlog {way}{grew}.", f" Only partly in the period and not among the whole ones: {named}." if cut and len(whole) else ""


def end_of(asked: Asked, start: Any) -> date:
    """The day after a period's last, as far as the question goes."""
    return min(asked.calendar.next_start(pd.Timestamp(start).date(), asked.question.grain), asked.question.end)


def _last_day(asked: Asked, start: Any) -> date:
    return asked.calendar.day_of(min(asked.calendar.last_instant(end_of(asked, start)), asked.question.as_of))


def listed_at(asked: Asked, of: str, end: date) -> str:
    """The list of a stock as it was when a period ended."""
    at = min(asked.calendar.last_instant(end), asked.question.as_of)
    return lists.address(Listing(of), asked, as_of=at.isoformat() + "Z")


def period_label(asked: Asked) -> str:
    """The heading of a column of periods."""
    grain = words.GRAIN_WORDS[asked.question.grain].capitalize()
    return grain if asked.question.grain == "day" else f"{grain} from"


OVER_TIME = Chart("backlog-over-time", "Open and overdue cases", draw_over_time, metric="backlog")
NET_FLOW = Chart("net-flow", "How much the backlog grew or shrank", draw_net_flow, metric="net_flow")
