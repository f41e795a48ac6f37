"""`/backlog`: what is open, whether it grows, how old it is, and what to work on first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dash import html

from components import filters, grid, sections, words
from components.backlog_causes import STUCK
from components.backlog_outlook import FORECAST
from components.chart import block
from components.lists import Listing
from components.open_ages import AGES
from components.page import Query, heading, page
from components.stock_over_time import OVER_TIME
from metrics.cases import case_count
from metrics.select import Asked

WORK: dict[str, tuple[str, Listing]] = {
    "overdue_now": ("Overdue", Listing("overdue_now", sort="days_overdue")),
    "due_next_7_days": ("Due in the next 7 days", Listing("due_next_7_days", sort="due_at", descending=False)),
    "stuck": ("Stuck: no event for 14 days", Listing("stuck", descending=False)),
    "reopened_open": ("Opened again", Listing("reopened_open", descending=False)),
    "oldest": ("Open, oldest first", Listing("backlog", descending=False)),
    "backlog": ("Open, newest first", Listing("backlog")),
}
"""Value of the page option `list` -> its name and what it lists."""
SUBJECT = "backlog"
sections.SECTIONS[SUBJECT] = {
    "/backlog": "Now", "/backlog/ahead": "What is coming", "/backlog/flow": "How it moves", "/backlog/causes": "What it is made of",
}  # fmt: skip


def offered(asked: Asked) -> dict[str, str]:
    """The lists, with how many cases each has."""
    return {name: f"{label}: {words.cases(case_count(asked, listing.of))}" for name, (label, listing) in WORK.items()}


WHICH = filters.Option("list", "Work list", offered, lambda: "overdue_now")


def build(query: Query) -> list[Any]:
    return [
        heading("Backlog", "What is open, whether it grows, how old it is, and what to work on first."),
        sections.bar(SUBJECT, "/backlog", query),
        filters.bar(query, with_stages=True),
        html.Div([block(OVER_TIME, "span-6"), block(FORECAST, "span-6")], className="grid"),
        grid.block(LIST, query, grid.choice(WHICH.name, query)),
        html.Div([block(AGES, "span-7"), block(STUCK, "span-5")], className="grid"),
    ]


def chosen(_asked: Asked, view: Mapping[str, str]) -> Listing:
    """The work list the reader chose."""
    return replace(WORK[view[WHICH.name]][1], search=view["search"])


LIST = grid.WorkList("backlog", "Work list", chosen)

layout = page(__name__, "/backlog", "Backlog", build, nav="Backlog", order=3)
