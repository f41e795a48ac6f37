"""The explorer: every metric's list is said in words, and split up it adds up."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from components import filters, lists
from components.lists import Listing, listing_of
from data_access.mart.reading import open_mart
from metrics.cases import case_count
from metrics.definitions import LISTS
from metrics.measure import ask
from metrics.question import BadQuestion, default_question
from metrics.select import Asked
from settings import Settings
from tests.support.demo import demo_city
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR, calendar_of


@pytest.fixture(scope="module", autouse=True)
def explorer(staff_app: Flask) -> Iterator[Any]:
    """The page, drawn as the staff process draws it."""
    with staff_app.test_request_context("/"):
        yield importlib.import_module("pages.staff.cases")


@pytest.fixture(scope="module")
def asked(demo_settings: Settings) -> Asked:
    mart, calendar = open_mart(demo_settings), calendar_of(demo_city(demo_settings.data))
    return ask(mart, calendar, default_question(mart, calendar), MAYOR)


def about(asked: Asked, **filters_: Any) -> Asked:
    return Asked(asked.mart, asked.scope, asked.calendar, asked.question.about(**filters_))


def test_every_list_can_be_said() -> None:
    """A new metric whose cases can be listed needs its words; a share needs them for hits and misses too."""
    expected = {metric.id: 3 if metric.hits is not None else 1 for metric in LISTS.values()}
    assert {metric.id: len(metric.listed) for metric in LISTS.values()} == expected


@pytest.mark.parametrize(
    ("listing", "total", "said"),
    [
        (Listing("ontime_due", "false"), 1_234, "1,234 cases that fell due from 16 to 22 Mar 2026 and were not closed on time: Inspections."),
        (Listing("ontime_due", "false"), 1, "1 case that fell due from 16 to 22 Mar 2026 and was not closed on time: Inspections."),
        (Listing("opened"), 0, "No case opened from 16 to 22 Mar 2026: Inspections."),
        (Listing("closed"), 2, "2 closings from 16 to 22 Mar 2026: Inspections."),
        (Listing("overdue_now"), 7, "7 cases overdue on Mon 23 Mar 2026, 08:00: Inspections."),
        (Listing("backlog", age="30-60", search="A-1"), 1, "1 case open on Mon 23 Mar 2026, 08:00, 30 to under 60 days old: Inspections, with the id A-1."),
    ],
)  # fmt: skip
def test_a_list_says_what_when_and_how_many(asked: Asked, listing: Listing, total: int, said: str) -> None:
    week = about(asked, start=date(2026, 3, 16), end=date(2026, 3, 23), as_of=datetime(2026, 3, 23, 12), department=("inspections",))
    assert lists.said(listing, total, week) == said


def test_one_day_and_other_classes_are_said(asked: Asked) -> None:
    day = about(asked, start=date(2026, 3, 16), end=date(2026, 3, 17), case_class=())
    assert lists.said(Listing("opened"), 3, day) == "3 cases opened on 16 Mar 2026: all classes."


def test_hits_are_for_shares_and_ages_for_open_cases() -> None:
    assert listing_of("opened", "false", age="0-7") == listing_of("opened")
    assert (listing_of("ontime_due", "false").hits, listing_of("ontime_due", "true").hits) == (False, True)
    assert listing_of("backlog", age="0-7").ages == (0, 7)


def test_lists_begin_with_what_matters_most() -> None:
    orders = {
        of: (listing_of(of).sort, listing_of(of).descending) for of in ("opened", "closed", "backlog", "overdue_now", "due_next_7_days")
    }
    assert orders == {
        "opened": ("opened_at", True), "closed": ("closed_at", True), "backlog": ("opened_at", False), "overdue_now": ("days_overdue", True),
        "due_next_7_days": ("due_at", False),
    }  # fmt: skip


@pytest.mark.parametrize("metric", list(LISTS))
def test_the_list_split_up_is_the_list(explorer: Any, asked: Asked, metric: str) -> None:
    for which in ("all", "false"):
        view = filters.view_of({"of": metric, "hits": which}, asked)
        listing = explorer.chosen(asked, view)
        total = case_count(asked, metric, **listing.chosen())
        for draw in (explorer.draw_types, explorer.draw_channels):
            assert draw(asked, view).twin.frame["n"].sum() == total


def test_the_first_twelve_types_are_drawn_and_all_are_in_the_table(explorer: Any, asked: Asked) -> None:
    drawn = explorer.draw_types(asked, filters.view_of({}, asked))
    frame = drawn.twin.frame
    assert len(drawn.figure["data"][0]["x"]) == 12 < len(frame)
    first = frame.iloc[0]
    assert drawn.finding.startswith(f"{first['label']} leads with {first['n']:,} of {frame['n'].sum():,} (")
    assert f"{len(frame) - 12} more in the table" in drawn.note


def test_two_that_share_the_first_place_do_not_lead(explorer: Any, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = pd.DataFrame({"key": ["phone", "web", "app"], "label": ["Phone", "Web", "App"], "n": [2, 2, 1]})
    monkeypatch.setattr(explorer, "case_counts", lambda *_args, **_chosen: counted)
    assert explorer.draw_channels(asked, filters.view_of({}, asked)).finding.startswith("None leads: Phone and Web have 2 of 5 each (40 %)")


def test_a_list_without_cases_is_said_and_not_drawn(explorer: Any, asked: Asked) -> None:
    long_ago = about(asked, start=date(1999, 1, 4), end=date(1999, 1, 11))
    drawn = explorer.draw_types(long_ago, filters.view_of({}, asked))
    assert (drawn.figure, drawn.finding) == (None, "No case to split up.")


@pytest.mark.parametrize("query", [{"of": "net_flow"}, {"of": "x"}, {"hits": "met"}, {"age": "7"}, {"search": "x" * 61}])
def test_what_cannot_be_listed_is_refused(explorer: Any, asked: Asked, query: dict[str, str]) -> None:
    with pytest.raises(BadQuestion):
        filters.view_of(query, asked)


def test_a_stock_ignores_the_period_and_heeds_the_instant(asked: Asked) -> None:
    other = about(asked, start=asked.question.start - timedelta(days=700), end=asked.question.end - timedelta(days=700))
    assert case_count(other, "backlog") == case_count(asked, "backlog")
    assert case_count(about(asked, as_of=asked.question.as_of - timedelta(days=300)), "backlog") != case_count(asked, "backlog")


@pytest.mark.browser
def test_a_mayor_narrows_down_what_was_late(browser: Browser, staff_url: str) -> None:
    """From a share to its misses, to one type, and back."""
    with watched(browser) as seen:
        page = seen.page
        page.goto(staff_url + "/cases")
        said = page.locator("#list-cases h2")
        expect(said).to_contain_text("cases opened from")
        assert seen.drawn() == 2
        expect(page.locator("#hits-choice")).to_be_hidden()
        seen.choose("of", "ontime_due")
        expect(said).to_contain_text("cases that fell due from")
        assert seen.drawn() == 2
        seen.choose("hits", "false")
        expect(said).to_contain_text("were not closed on time")
        assert seen.drawn() == 2
        assert "of=ontime_due" in page.url and "hits=false" in page.url
        late = said.inner_text()
        block = page.locator("#chart-listed-by-type")
        block.get_by_text("Show as table").click()
        row = block.locator("tbody tr").first
        count = row.locator("td").inner_text()
        row.locator("td a").click()
        expect(said).to_contain_text(f"{count} case")
        expect(said).to_contain_text("were not closed on time: ")
        page.go_back()
        expect(said).to_have_text(late)
        expect(page.locator("#chart-listed-by-type section, #chart-listed-by-type h2").first).to_be_visible()
        assert seen.errors == []


@pytest.mark.browser
def test_everybody_can_use_the_explorer(browser: Browser, staff_url: str) -> None:
    with watched(browser, size=PHONE) as seen:
        seen.page.goto(staff_url + "/cases?of=ontime_due&hits=false")
        expect(seen.page.locator(".cases-grid .ag-row[row-index='0'] a")).to_be_visible()
        for _dark in seen.on_both():
            assert (seen.errors, seen.outside, seen.violations()) == ([], [], [])
            assert seen.overflow() <= 0
