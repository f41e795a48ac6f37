"""Charts of how the stock of open cases moved: through the age bands, and between departments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import lists, theme, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars, height_of
from components.figures.series import axis_of, time_axis
from components.lists import Listing
from components.stock_over_time import period_label
from components.table import Column, Twin
from metrics.age_flow import MOST_POINTS, MOVES, age_flow, ages_over_time, instants
from metrics.ageing import band_names
from metrics.narrowing import ROUTE
from metrics.select import Asked
from metrics.transfers import Moved, moved, routes

MOST_ROUTES = 12
ROUTE_LETTERS = 34
WAYS: tuple[tuple[str, str, str, int], ...] = (
    ("came", "Opened or reopened", theme.PRIMARY, 1), ("grew_in", "Grew into it", theme.SECOND, 1),
    ("closed", "Closed", theme.THIRD, -1), ("grew_out", "Grew out of it", theme.QUIET, -1),
)  # fmt: skip
"""What moves a band: column, name, colour, and whether it adds or takes away."""


def draw_age_flow(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What came into each age band and what left it."""
    low, high = instants(asked)
    frame = age_flow(asked)
    rows = frame.assign(
        label=[words.age_band(band) for band in frame["band"]], came=frame["opened"] + frame["reopened"],
        start_href=[_aged(asked, band, low) for band in frame["band"]], end_href=[_aged(asked, band, high) for band in frame["band"]],
        **{f"{name}_href": [_moves(asked, name, band) for band in frame["band"]] for name in MOVES},
    )  # fmt: skip
    total = {name: rows[name].sum() for name in ("start", *MOVES, "end")}
    # Nobody grows into or out of all ages.
    nowhere = {"grew_in": None, "grew_out": None}
    whole = {
        "label": "All", **total, **nowhere, "start_href": _aged(asked, "all", low), "end_href": _aged(asked, "all", high),
        **{f"{name}_href": _moves(asked, name, "all") for name in MOVES if name not in nowhere},
    }  # fmt: skip
    columns = (
        Column("label", "Age"), Column("start", "Open at the start", "cases", href="start_href"), Column("opened", "Opened", "cases", href="opened_href"),
        Column("reopened", "Reopened", "cases", href="reopened_href"), Column("grew_in", "Grew into it", "cases", href="grew_in_href"), Column("closed", "Closed", "closures", href="closed_href"),
        Column("grew_out", "Grew out of it", "cases", href="grew_out_href"), Column("end", "Open at the end", "cases", href="end_href"),
    )  # fmt: skip
    twin = Twin(pd.concat([rows, pd.DataFrame([whole])], ignore_index=True), columns, "How cases moved between ages", frame)
    note = "In every row: open at the start + opened + reopened + grew into it − closed − grew out of it = open at the end. Ages are days since opening; a closing counts at the age it was closed at."
    if not total["start"] + total["opened"] + total["reopened"]:
        return Drawn("No case was open in this period.", None, twin, note)
    labels = [
        f"{words.wrapped(label)}<br>{start:,} → {end:,} open"
        for label, start, end in rows[["label", "start", "end"]].itertuples(index=False)
    ]
    traces = [
        {
            "type": "bar", "orientation": "h", "name": name, "y": labels[::-1], "x": [sign * int(n) for n in rows[column].iloc[::-1]], "marker": {"color": colour},
            "text": [words.count(n) for n in rows[column].iloc[::-1]], "textposition": "none", "hovertemplate": f"{name}: %{{text}}<extra>%{{y}}</extra>",
        }
        for column, name, colour, sign in WAYS
    ]  # fmt: skip
    layout = theme.layout(
        xaxis={**axis_of("cases", "Cases that left (−) and came (+)"), "rangemode": "normal", "tickformat": ",~r"}, yaxis={"type": "category", "showgrid": False},
        barmode="relative", hovermode="closest", showlegend=True, height=height_of(len(rows)) + 90,
    )  # fmt: skip
    old = rows.iloc[-1]
    leads = {words.cases(old["grew_in"]): old["grew_in_href"], f"{words.count(old['closed'])} of that age": old["closed_href"]}
    return Drawn(_age_flow_words(frame), {"data": traces, "layout": layout}, twin, note, cases=_aged(asked, "all", high), leads=leads)


def _age_flow_words(frame: pd.DataFrame) -> str:
    change = frame.assign(change=frame["end"] - frame["start"])
    most = change.sort_values("change", ascending=False, kind="stable").iloc[0]
    old = frame["band"] == band_names()[-1]
    reached, cleared = int(frame["grew_in"][old].sum()), int(frame["closed"][old].sum())
    grew = (
        f"the stock grew most among cases of {words.age_band(most['band']).lower()}, by {words.count(most['change'])}"
        if most["change"] > 0
        else "no age grew"
    )
    return words.sentence(
        f"{words.cases(reached)} turned a year old and {words.count(cleared)} of that age {'was' if cleared == 1 else 'were'} closed; {grew}"
    )


def _moves(asked: Asked, name: str, band: str) -> str | None:
    """The list of one way into or out of an age: who grew out of it grew into the next."""
    bands = band_names()
    if name == "opened":
        # A case is new when it is opened.
        return lists.address(Listing("opened"), asked) if band in ("all", bands[0]) else None
    if name == "grew_out":
        name, band = "grew_in", bands[bands.index(band) + 1] if band != bands[-1] else ""
    of = {"reopened": "reopened", "closed": "closed_of_owner", "grew_in": "grew_older"}[name]
    return lists.address(Listing(of, age=band), asked) if band else None


def _aged(asked: Asked, band: str, at: Any) -> str:
    return lists.address(Listing("backlog", age=band, descending=False), asked, as_of=at.isoformat() + "Z")


def draw_ages_over_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The open cases by age at the end of each period."""
    frame, bands = ages_over_time(asked), band_names()
    hrefs = {f"{band}_href": [_aged(asked, band, at) for at in frame["at"]] for band in bands}
    rows = frame.assign(total=frame[bands].sum(axis=1), **hrefs, total_href=[_aged(asked, "all", at) for at in frame["at"]])
    columns = (
        Column("period", period_label(asked), "day"), Column("total", "Open", "cases", href="total_href"),
        *[Column(band, words.age_band(band), "cases", href=f"{band}_href") for band in bands],
    )  # fmt: skip
    twin = Twin(rows.iloc[::-1], columns, "Open cases by age over time")
    if not rows["total"].any():
        return Drawn("No case was open in this period.", None, twin)
    x = [pd.Timestamp(day).date().isoformat() for day in frame["period"]]
    traces = [
        {
            "type": "scatter", "mode": "lines", "stackgroup": "open", "x": x, "y": [int(n) for n in frame[band]], "name": words.age_band(band),
            "line": {"width": 0.6, "color": colour}, "fillcolor": colour, "customdata": list(rows[f"{band}_href"]), "hovertemplate": f"%{{y:,.0f}}<extra>{words.age_band(band)}</extra>",
        }
        for band, colour in zip(bands, theme.AGE_COLOURS, strict=True)
    ]  # fmt: skip
    layout = theme.layout(xaxis=time_axis(x), yaxis=axis_of("cases"), showlegend=True, height=theme.HEIGHT + 60)
    layout["legend"] |= {"traceorder": "normal", "entrywidth": 118, "font": {"size": 11}}
    step = f"at the end of each {words.GRAIN_WORDS[asked.question.grain]}"
    last = rows.iloc[-1]
    leads = {words.cases(last[bands[-1]]): last[f"{bands[-1]}_href"], words.cases(last["total"]): last["total_href"]}
    note = f"Counted {step}." if len(frame) < MOST_POINTS else f"Counted {step}; of a long period only some, the last among them."
    return Drawn(
        _over_time_words(frame, bands), {"data": traces, "layout": layout}, twin, note, cases=rows["total_href"].iloc[-1], leads=leads
    )


def _over_time_words(frame: pd.DataFrame, bands: list[str]) -> str:
    first, last = frame[bands].iloc[0], frame[bands].iloc[-1]
    shares = [row[bands[-1]] / row.sum() if row.sum() else None for row in (first, last)]
    if shares[1] is None or shares[0] is None or len(frame) == 1:
        return f"{words.cases(last.sum())} {'was' if last.sum() == 1 else 'were'} open at the end, {words.count(last[bands[-1]])} of them for a year or longer."
    return f"Cases open for a year or longer were {words.share(shares[0])} of the stock at first and {words.share(shares[1])} at the end ({words.cases(last[bands[-1]])})."


def draw_transfers(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Which departments handed cases to which."""
    frame, all_moves = routes(asked), moved(asked)
    rows = frame.assign(
        value=frame["n"], name=[f"{origin} → {target}" for origin, target in zip(frame["label"], frame["label_2"], strict=True)],
        href=[
            lists.address(Listing("transferred"), asked, moved=f"{origin}{ROUTE}{target}") if origin and target else None
            for origin, target in zip(frame["key"], frame["key_2"], strict=True)
        ],
    )  # fmt: skip
    columns = (
        Column("label", "From"), Column("label_2", "To"), Column("n", "Cases", "cases", href="href"), Column("days", "Median days until they moved", "days"),
    )  # fmt: skip
    again = {
        "label": "Moved more than once",
        "label_2": "",
        "n": all_moves.again,
        "days": None,
        "href": lists.address(Listing("transferred_again"), asked),
    }
    told = (
        pd.concat([rows[["label", "label_2", "n", "days", "href"]], pd.DataFrame([again])], ignore_index=True) if all_moves.again else rows
    )
    twin = Twin(told, columns, "Cases that moved between departments", frame)
    note = "A case counts once for each way it went, under the department that has it now; a head sees the cases the department has now."
    if frame.empty:
        return Drawn("No case moved to another department in this period.", None, twin, note)
    left = len(rows) - MOST_ROUTES
    more = f" The {MOST_ROUTES} ways most went; {left:,} more in the table." if left > 0 else ""
    drawn = rows.head(MOST_ROUTES).assign(label=rows["name"])
    figure = bars(drawn, "cases", letters=ROUTE_LETTERS)
    every = lists.address(Listing("transferred"), asked)
    return Drawn(_moved_words(all_moves), figure, twin, note + more, cases=every, leads={words.cases(all_moves.cases): every})


def _moved_words(of: Moved) -> str:
    if of.cases == 1:
        return f"1 case moved to another department, {'more than once' if of.again else 'once'}."
    timed = of.days is not None and of.first > 1
    when = f", half of those that moved for the first time within {words.length(of.days)} of opening" if timed else ""
    again = f"{words.count(of.again)} of them more than once" if of.again else "none of them more than once"
    return f"{words.cases(of.cases)} moved to another department{when}; {again}."


AGE_FLOW = Chart("age-flow", "How cases moved between ages", draw_age_flow, metric="backlog")
AGES_OVER_TIME = Chart("ages-over-time", "Open cases by age over time", draw_ages_over_time, metric="backlog")
TRANSFERS = Chart("transfers", "Cases that moved between departments", draw_transfers, metric="transferred")
