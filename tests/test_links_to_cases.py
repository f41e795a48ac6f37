"""Every number leads to exactly the cases behind it: what a link's list holds is what the number said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from components import filters, gate, tiles
from components.chart import CHARTS, Chart, Drawn
from components.grid import LISTS
from metrics.cases import case_count
from metrics.definitions import HEADLINE, REGISTRY
from metrics.headline import headline
from metrics.select import Asked

QUERIES: tuple[dict[str, str], ...] = (
    {"weeks": "13"}, {"weeks": "26", "grain": "month"}, {"weeks": "8", "department": "parks-and-trees"}, {"from": "2026-01-05", "to": "2026-03-02", "as_of": "2026-03-10"},
    {"weeks": "13", "of": "ontime_due", "hits": "false", "case_class": "all"}, {"weeks": "13", "of": "closed", "channel": "phone,web"},
)  # fmt: skip
COUNTS = ("cases", "closures", "reports")
MOST_ROWS = 4
"""Rows tried of each chart's table: the first and the last two."""


@pytest.fixture(scope="module", autouse=True)
def served(staff_app: Flask) -> Iterator[None]:
    """Draw as the staff process does, for its first viewer."""
    with staff_app.test_request_context("/"):
        yield


def asked_of(query: dict[str, str]) -> Asked:
    return gate.desk().ask(query)


def listed(address: str) -> int:
    """How many rows the list at an address of ours has."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    asked = asked_of(query)
    listing = LISTS[parts.path.strip("/")].choose(asked, filters.view_of(query, asked))
    return case_count(asked, listing.of, **listing.chosen())


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("metric", [name for name in HEADLINE if REGISTRY[name].rows is not None])
def test_a_tile_leads_to_the_cases_it_counts(metric: str, query: dict[str, str]) -> None:
    """Of a share: all that it is a share of, and with `hits` those that met it."""
    asked = asked_of(query)
    tile = headline(metric, asked)
    address = tiles.cases_of(metric, asked)
    assert listed(address) == tile.n
    if tile.metric.unit == "share":
        assert tile.value is not None
        assert listed(f"{address}&hits=true") == round(tile.value * tile.n)
    else:
        assert tile.value == tile.n


def linked(drawn: Drawn) -> list[tuple[str, float]]:
    """(address, number) of every cell that leads to a list: a number to its own, a name to that of its row's count."""
    made = []
    counts = [column.key for column in drawn.twin.columns if column.kind in COUNTS]
    rows = drawn.twin.frame.to_dict("records")
    for row in [*rows[: MOST_ROWS // 2], *rows[-(MOST_ROWS // 2) :]]:
        for column in drawn.twin.columns:
            target = row.get(column.href) if column.href else None
            if not isinstance(target, str) or urlsplit(target).path.strip("/") not in LISTS:
                continue
            number = row[column.key] if column.kind in COUNTS else row[counts[0]] if column.kind == "text" and len(counts) == 1 else None
            if number is not None and number == number:
                made.append((target, number))
    return made


PAGES = ("map", "this_week", "signals", "backlog", "cases", "time_to_close", "sla_realism", "closure")
SPLIT = ("listed-by-type", "listed-by-channel")
"""Charts that count the cases of a list, whatever its metric is measured in."""


DRAWN_BY = (
    *(f"pages.staff.{page}" for page in PAGES), "components.split", "components.ranks", "components.clock_health", "components.stock_over_time", "components.open_ages", "components.backlog_flow",
    "components.backlog_causes", "components.backlog_outlook", "components.backlog_plan", "components.peers", "pages.staff.targets",
)  # fmt: skip


def charts() -> list[Chart]:
    return [chart for chart in CHARTS.values() if chart.draw.__module__ in DRAWN_BY]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_number_in_a_table_leads_to_as_many_cases(query: dict[str, str]) -> None:
    asked = asked_of(query)
    tried = 0
    for chart in charts():
        for address, number in linked(chart.draw(asked, filters.view_of(query, asked))):
            assert listed(address) == number, (chart.name, address)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_point_or_a_bar_leads_to_as_many_cases(query: dict[str, str]) -> None:
    asked = asked_of(query)
    tried = 0
    for chart in charts():
        drawn = chart.draw(asked, filters.view_of(query, asked))
        if REGISTRY[drawn.metric or chart.metric or "opened"].unit not in COUNTS and chart.name not in SPLIT:
            continue
        for trace in (drawn.figure or {"data": []})["data"]:
            values: list[Any] = trace["x"] if trace.get("orientation") == "h" else trace["y"]
            for address, value in list(zip(trace.get("customdata") or [], values, strict=False))[:MOST_ROWS]:
                assert listed(address) == value, (chart.name, address)
                tried += 1
    assert tried > 10


@pytest.mark.parametrize("query", QUERIES[:4], ids=str)
def test_list_the_cases_below_a_chart_holds_what_the_chart_shows(query: dict[str, str]) -> None:
    """Of lines that stand for an instant, the last one; of bars and stacks, all of them."""
    asked = asked_of(query)
    view = filters.view_of(query, asked)
    for name, total in (
        ("overdue-by-department", lambda frame: frame["value"].sum()), ("on-time-by-week", lambda frame: frame["n"].sum()),
        ("flow-by-week", lambda frame: frame["opened"].sum()), ("backlog-over-time", lambda frame: frame["open"].iloc[0]),
        ("backlog-ages", lambda frame: frame["total"].sum()), ("age-flow", lambda frame: frame["end"].iloc[-1]), ("ages-over-time", lambda frame: frame["total"].iloc[0]),
        ("overdue-by-type", lambda frame: frame["n"].sum()), ("stuck-cases", lambda frame: frame["value"].sum()), ("due-soon-by-department", lambda frame: frame["n"].sum()),
    ):  # fmt: skip
        drawn = CHARTS[name].draw(asked, view)
        if drawn.cases:
            assert listed(drawn.cases) == total(drawn.twin.frame), name
