"""The work a department looks at before its meeting: due within a week, the oldest, opened again, without any event; as one list for a crew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import lists, words
from components.chart import Chart, Drawn
from components.lists import listing_of
from components.table import Column, Twin
from metrics.cases import case_list
from metrics.select import Asked

OLDEST, STUCK, MOST = 20, 20, 50
"""Cases taken of the oldest, of those without an event, and of the other lists; each link leads to all of them."""
PARTS = (
    ("due_next_7_days", "due in the next 7 days", MOST), ("backlog", "among the oldest", OLDEST), ("reopened_open", "opened again", MOST),
    ("stuck", "without any event for 14 days", STUCK),
)  # fmt: skip
"""List, why its cases are worth a look, and how many of them are taken."""


def draw_work(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Each case once, with every reason to look at it; first what falls due, then the oldest."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    told, leads = [], {}
    for of, why, most in PARTS:
        listing = listing_of(of)
        sort, descending = ("opened_at", False) if of == "backlog" else (listing.sort, listing.descending)
        page = case_list(asked, of, sort=sort, descending=descending, limit=most)
        for case in page.frame.to_dict("records"):
            at = found.setdefault((case["programme"], case["source_id"]), {**case, "why": []})
            at["why"].append(why)
        if of != "backlog":
            number = words.cases(page.total) if not told else words.count(page.total)
            told.append(f"{number} {why}")
            leads[f"{number} {why}"] = lists.address(listing, asked)
    rows = pd.DataFrame([
        {**case, "why": words.sentence(words.joined(case["why"], len(PARTS))).removesuffix("."), "href": lists.case_address(case["programme"], case["source_id"])}
        for case in found.values()
    ])  # fmt: skip
    columns = [
        Column("why", "Why"), Column("source_id", "Case", href="href"), Column("request_type", "Type"), Column("status", "Status"),
        Column("opened_at", "Opened", "instant"), Column("due_at", "Due", "instant"),
    ]  # fmt: skip
    if rows.empty:
        return Drawn("No case is open.", None, Twin(pd.DataFrame(columns=[column.key for column in columns]), tuple(columns)))
    if "address" in rows.columns:
        columns.insert(3, Column("address", "Address"))
    twin = Twin(rows, tuple(columns), "Cases to look at before the meeting")
    note = (
        f"Each case once, with every reason: the {OLDEST} oldest open cases, at most {STUCK} of those without an event and {MOST} of the other lists. "
        "CSV: the list for a crew."
    )
    every = lists.address(listing_of("backlog"), asked)
    return Drawn(words.sentence("; ".join(told)), None, twin, note, cases=every, leads={text: target for text, target in leads.items() if not text.startswith("0 ")})  # fmt: skip


WORK = Chart("before-work", "Cases to look at before the meeting", draw_work, has_period=False)
