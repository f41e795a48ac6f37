"""`/cases`: the explorer. Exactly the cases behind a number; every tile, chart and table of Statroom leads here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, html

from components import filters, gate, grid, lists, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import bars
from components.lists import AGES, LATE, Listing
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.cases import case_counts
from metrics.definitions import LISTS
from metrics.select import Asked

MOST_TYPES = 12
WHICH = {"all": "All that count", "true": "Those that met it", "false": "Those that missed it"}

OF = filters.Option("of", "Cases behind", lambda _asked: {metric.id: metric.label for metric in LISTS.values()}, lambda: "opened")
WHICH_OF = filters.Option("hits", "Which of them", lambda _asked: WHICH, lambda: "all")
AGE = filters.Option("age", "Age", lambda _asked: AGES, lambda: "all")
STAYS = filters.Option("stays", "Listed", lambda _asked: {"no": "Cases", lists.STAYS: "Stays in stages"}, lambda: "no")
AGAINST = filters.Option("late", "Closed, against the deadline", lambda _asked: LATE, lambda: "all")


def build(query: Query) -> list[Any]:
    return [
        heading("Cases", "The cases behind any figure: choose the figure, then narrow them down."),
        filters.bar(query, with_stages=True),
        grid.block(
            LIST, query,
            filters.control("of", query),
            html.Div(filters.control("hits", query), id="hits-choice", hidden=True),
            html.Div(filters.control("age", query), id="age-choice", hidden=True),
            html.Div(filters.control("late", query), id="late-choice", hidden=True),
            html.Div(filters.control("stays", query), id="stays-choice", hidden=True),
        ),
        html.Div([block(BY_TYPE, "span-7"), block(BY_CHANNEL, "span-5")], className="grid"),
    ]  # fmt: skip


def chosen(_asked: Asked, view: Mapping[str, str]) -> Listing:
    """The list that the page's options mean."""
    return lists.listing_of(
        view["of"], view["hits"], search=view["search"], age=view["age"], late=view["late"], stays=view["stays"] == lists.STAYS
    )


@gate.answers(
    {
        "hits": Output("hits-choice", "hidden"),
        "age": Output("age-choice", "hidden"),
        "late": Output("late-choice", "hidden"),
        "stays": Output("stays-choice", "hidden"),
    },
    question=Input("question", "data"),
    values={"query": (Input("question", "data"), gate.query_of)},
)
def offer_choices(asked: Asked, query: dict[str, str]) -> dict[str, bool]:
    """Only a share has cases that met it and cases that missed it; only open cases and their moves have an age, only closings so far from their deadline."""
    metric = LISTS[filters.view_of(query, asked)["of"]]
    return {
        "hits": metric.hits is None,
        "age": not metric.aged_at,
        "late": metric.date_field != "closed_at",
        "stays": not len(asked.mart.dimensions.stages),
    }


def draw_types(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The listed cases by request type, most first."""
    return _split(asked, chosen(asked, view), "request_type", "Request type", MOST_TYPES)


def draw_channels(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The listed cases by the way they were reported."""
    return _split(asked, chosen(asked, view), "channel", "Channel", MOST_TYPES)


def _split(asked: Asked, listing: Listing, by: str, label: str, most: int) -> Drawn:
    frame = case_counts(lists.asked_about(listing, asked), listing.of, by, hits=listing.hits, ages=listing.ages, late=listing.days_late)
    frame = frame.assign(value=frame["n"], href=[lists.address(listing, asked, **{by: key, "search": None}) for key in frame["key"]])
    unit = lists.unit_of(listing)
    columns = (Column("label", label, href="href"), Column("value", words.AXIS_TITLES[unit], unit, href="href"))
    twin = Twin(frame, columns, f"{listing.metric.label} by {label.lower()}")
    title = f"{lists.named(listing, asked)}, by {label.lower()}"
    if frame.empty:
        return Drawn("No case to split up.", None, twin, title=title, metric=listing.defined)
    total, first = int(frame["n"].sum()), frame.iloc[0]
    finding = f"All are {first['label']}."
    if len(frame) > 1:
        share = words.percent_of(first["n"] / total)
        level = list(frame.loc[frame["n"] == first["n"], "label"])
        lead = f"{first['label']} leads with" if len(level) == 1 else f"None leads: {words.joined(level)} have"
        each = "" if len(level) == 1 else " each"
        finding = f"{lead} {words.count(first['n'])} of {words.count(total)}{each} ({share}); there are {words.plural(len(frame), label.lower())}."
    left = len(frame) - most
    note = f"The {most} with most cases; {left:,} more in the table." if left > 0 else ""
    return Drawn(finding, bars(frame.head(most), unit), twin, note, title=title, metric=listing.defined)


LIST = grid.WorkList("cases", "Cases", chosen)
BY_TYPE = Chart("listed-by-type", "The listed cases by type", draw_types)
BY_CHANNEL = Chart("listed-by-channel", "The listed cases by channel", draw_channels)

layout = page(__name__, "/cases", "Cases", build, nav="Cases", order=6)
