"""`/backlog`: what is open, whether it grows, how old it is, and what to work on first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from dash import html

from components import filters, grid, lists, theme, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import stack
from components.figures.series import Line, bars_over_time, lines
from components.lists import Listing
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.ageing import ageing, band_names
from metrics.cases import case_count
from metrics.measure import measure
from metrics.select import Asked

MOST_GROUPS = 15
OLD = "365+"
FEW = 4
"""Up to so many cases an axis is marked case by case."""
WORK: dict[str, tuple[str, Listing]] = {
    "overdue_now": ("Overdue", Listing("overdue_now", sort="days_overdue")),
    "due_next_7_days": ("Due in the next 7 days", Listing("due_next_7_days", sort="due_at", descending=False)),
    "reopened_open": ("Opened again", Listing("reopened_open", descending=False)),
    "oldest": ("Open, oldest first", Listing("backlog", descending=False)),
    "backlog": ("Open, newest first", Listing("backlog")),
}
"""Value of the page option `list` -> its name and what it lists."""


def offered(asked: Asked) -> dict[str, str]:
    """The lists, with how many cases each has."""
    return {name: f"{label}: {words.cases(case_count(asked, listing.of))}" for name, (label, listing) in WORK.items()}


WHICH = filters.Option("list", "Work list", offered, lambda: "overdue_now")


def build(query: Query) -> list[Any]:
    return [
        heading("Backlog", "What is open, whether it grows, how old it is, and what to work on first."),
        filters.bar(query),
        html.Div([block(OVER_TIME, "span-7"), block(NET_FLOW, "span-5"), block(AGES, "span-12")], className="grid"),
        grid.block(LIST, query, grid.choice(WHICH.name, query)),
    ]


def chosen(_asked: Asked, view: Mapping[str, str]) -> Listing:
    """The work list the reader chose."""
    return replace(WORK[view[WHICH.name]][1], search=view["search"])


def draw_over_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open and overdue cases at the end of each period."""
    frame, overdue = (measure(name, asked, period=True).frame for name in ("backlog", "overdue_now"))
    frame = frame[["period"]].assign(open=frame["value"], overdue=overdue["value"].to_numpy())
    ends = [_end(asked, start) for start in frame["period"]]
    frame = frame.assign(
        open_href=[_listed_at(asked, "backlog", end) for end in ends], overdue_href=[_listed_at(asked, "overdue_now", end) for end in ends]
    )
    columns = (
        Column("period", _period_label(asked), "day"), Column("open", "Open at its end", "cases", href="open_href"),
        Column("overdue", "Overdue at its end", "cases", href="overdue_href"),
    )  # fmt: skip
    series = [Line("open", "Open", theme.PRIMARY, area=True), Line("overdue", "Overdue", theme.SECOND, "dash")]
    figure = lines(frame, series, "cases")
    for trace, name in zip(figure["data"], ("open_href", "overdue_href"), strict=True):
        trace["customdata"] = list(frame[name])
    grain = words.GRAIN_WORDS[asked.question.grain]
    return Drawn(_over_time_words(frame, asked, _open_before(asked)), figure, Twin(frame.iloc[::-1], columns, "Open and overdue cases"),
                 f"Counted at the end of each {grain}." if grain == "day" else f"Counted at the end of each {grain}, shown at its first day.",
                 cases=_listed_at(asked, "backlog", ends[-1]))  # fmt: skip


def _open_before(asked: Asked) -> float:
    """How many cases were open when the period began: what its net flow is added to."""
    then = asked.question.about(as_of=min(asked.calendar.last_instant(asked.question.start), asked.question.as_of))
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
    columns = (Column("period", _period_label(asked), "day"), Column("value", "Opened − closed + reopened", "cases"))
    total, grew = frame["value"].sum(), int((frame["value"] > 0).sum())
    way = f"grew by {words.cases(total)}" if total > 0 else f"shrank by {words.cases(-total)}" if total < 0 else "stayed as it was"
    finding = f"The backlog {way}; it grew in {grew} of {words.plural(int(frame['value'].notna().sum()), words.GRAIN_WORDS[asked.question.grain])}."
    return Drawn(finding, figure, Twin(frame.iloc[::-1], columns, "Net flow"), "Above zero the backlog grows. Counted for the department that owns a case now.")  # fmt: skip


def draw_ages(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open cases by age, for each department; for each type where there is one department only."""
    by, what = "department", "Department"
    frame = ageing(asked, by=by)
    if frame["key"].nunique() <= 1:
        by, what = "request_type", "Request type"
        frame = ageing(asked, by=by)
    bands = band_names()
    wide = frame.pivot_table(index=["key", "label"], columns="band", values="n", aggfunc="sum", fill_value=0).reindex(columns=bands)
    wide = wide.assign(total=wide.sum(axis=1)).sort_values("total", ascending=False).reset_index()
    wide = wide.assign(**{f"{band}_href": [_aged(asked, by, key, band) for key in wide["key"]] for band in bands},
                       total_href=[_aged(asked, by, key, "all") for key in wide["key"]])  # fmt: skip
    columns = (
        Column("label", what), Column("total", "Open", "cases", href="total_href"),
        *[Column(band, f"{words.age_band(band)}", "cases", href=f"{band}_href") for band in bands],
    )  # fmt: skip
    twin = Twin(wide, columns, f"Open cases by age and {what.lower()}")
    title = f"Open cases by days since opening and {what.lower()}, on {words.instant(asked.question.as_of, asked.calendar)}"
    if wide.empty:
        return Drawn("No case is open.", None, twin, title=title)
    top = wide.head(MOST_GROUPS)
    figure = stack(top[bands], list(top["label"]), "cases", theme.AGE_COLOURS)
    figure["layout"]["legend"] |= {"entrywidth": 42, "itemwidth": 30, "font": {"size": 11}}
    for trace, band in zip(figure["data"], bands, strict=True):
        trace |= {
            "customdata": list(top[f"{band}_href"])[::-1],
            "hovertemplate": f"{words.age_band(band)}: %{{x:,.0f}}<extra>%{{y}}</extra>",
        }
    left = len(wide) - len(top)
    note = f"The {MOST_GROUPS} with most open cases; {left:,} more in the table." if left else ""
    return Drawn(_ages_words(wide), figure, twin, note, cases=lists.address(Listing("backlog"), asked), title=title)


def _ages_words(wide: pd.DataFrame) -> str:
    total, old = wide["total"].sum(), wide[OLD].sum()
    if not old:
        return f"None of the {words.count(total)} open cases has been open for a year."
    most = wide.sort_values(OLD, ascending=False, kind="stable").iloc[0]
    whose = "" if len(wide) == 1 else f"; {words.percent_of(most[OLD] / old)} of these belong to {most['label']}"
    return f"{words.percent_of(old / total)} of the {words.count(total)} open cases have been open for a year or more{whose}."


def _aged(asked: Asked, by: str, key: str, band: str) -> str:
    return lists.address(Listing("backlog", age=band, descending=False), asked, **{by: key})


def _end(asked: Asked, start: Any) -> date:
    """The day after a period's last, as far as the question goes."""
    return min(asked.calendar.next_start(pd.Timestamp(start).date(), asked.question.grain), asked.question.end)


def _last_day(asked: Asked, start: Any) -> date:
    return asked.calendar.day_of(min(asked.calendar.last_instant(_end(asked, start)), asked.question.as_of))


def _listed_at(asked: Asked, of: str, end: date) -> str:
    """The list of a stock as it was when a period ended."""
    at = min(asked.calendar.last_instant(end), asked.question.as_of)
    return lists.address(Listing(of), asked, as_of=at.isoformat() + "Z")


def _period_label(asked: Asked) -> str:
    grain = words.GRAIN_WORDS[asked.question.grain].capitalize()
    return grain if asked.question.grain == "day" else f"{grain} from"


LIST = grid.WorkList("backlog", "Work list", chosen)
OVER_TIME = Chart("backlog-over-time", "Open and overdue cases", draw_over_time, metric="backlog")
NET_FLOW = Chart("net-flow", "How much the backlog grew or shrank", draw_net_flow, metric="net_flow")
AGES = Chart("backlog-ages", "Open cases by age", draw_ages, metric="backlog", has_period=False)

layout = page(__name__, "/backlog", "Backlog", build, nav="Backlog", order=3)
