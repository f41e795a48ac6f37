"""The backlog page: its figures are the metrics', its findings say what they show, and its lists are what to work on."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from components import filters
from components.open_ages import draw_ages
from components.stock_over_time import draw_net_flow, draw_over_time
from data_access.mart.reading import open_mart
from metrics.ageing import ageing
from metrics.measure import ask, measure
from metrics.question import Question, default_question
from metrics.select import Asked
from settings import Settings
from tests.support.demo import demo_city
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, small_city

AS_OF = datetime(2026, 3, 30, 4, 0)


@pytest.fixture(scope="module", autouse=True)
def backlog(staff_app: Flask) -> Iterator[Any]:
    """The page, drawn as the staff process draws it."""
    with staff_app.test_request_context("/"):
        yield importlib.import_module("pages.staff.backlog")


@pytest.fixture(scope="module")
def asked(demo_settings: Settings) -> Asked:
    mart, calendar = open_mart(demo_settings), calendar_of(demo_city(demo_settings.data))
    return ask(mart, calendar, default_question(mart, calendar), MAYOR)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Two weeks of three cases: one opened in each week, one before; one of Parks is overdue, one of Roads closed in the second week."""
    rows: list[dict[str, Any]] = [
        {"source_id": "old", "department": "Parks", "request_type": "Tree", "opened_at": "2024-12-01T12:00:00Z", "due_at": "2026-03-24T12:00:00Z"},
        {"source_id": "one", "department": "Parks", "request_type": "Tree", "opened_at": "2026-03-17T12:00:00Z"},
        {"source_id": "two", "department": "Roads", "request_type": "Pothole", "opened_at": "2026-03-24T12:00:00Z", "closed_at": "2026-03-25T12:00:00Z"},
    ]  # fmt: skip
    rows = [{k: instant(v) if k.endswith("_at") else v for k, v in row.items()} for row in rows]
    city = small_city()
    mart = make_mart(tmp_path_factory.mktemp("backlog"), [{"case_class": "service", **row} for row in rows], as_of=AS_OF, city=city)
    return ask(mart, calendar_of(city), Question(date(2026, 3, 16), date(2026, 3, 30), AS_OF), MAYOR)


def about(asked: Asked, **filters_: Any) -> Asked:
    return Asked(asked.mart, asked.scope, asked.calendar, asked.question.about(**filters_))


def test_the_lines_are_the_open_and_the_overdue_cases_at_the_end_of_each_week(backlog: Any, asked: Asked) -> None:
    drawn = draw_over_time(asked, {})
    for trace, metric in zip(drawn.figure["data"], ("backlog", "overdue_now"), strict=True):
        assert trace["y"] == measure(metric, asked, period=True).frame["value"].tolist()


def test_the_finding_counts_from_the_day_before_the_period(backlog: Any, small: Asked) -> None:
    """One case was open on the 15th; one more was opened, and another opened and closed: two are open on the 29th, one of them overdue."""
    assert draw_over_time(small, {}).finding == "2 cases were open on 29 Mar 2026, 1 more than on 15 Mar 2026; 50 % of them are overdue."
    assert draw_net_flow(small, {}).finding == "The backlog grew by 1 case; it grew in 1 of 2 weeks."
    assert draw_net_flow(small, {}).figure["data"][0]["y"] == [1, 0]


def test_periods_that_are_cut_off_are_not_counted_as_whole(backlog: Any, small: Asked) -> None:
    """The week from the 16th has a part only from the 18th on; of March there is no whole month."""
    cut = draw_net_flow(about(small, start=date(2026, 3, 18)), {})
    assert cut.finding == "The backlog stayed as it was; it grew in 0 of 1 whole week."
    assert cut.note.endswith("Only partly in the period and not among the whole ones: 16 Mar 2026.")
    assert draw_net_flow(about(small, grain="month"), {}).finding == "The backlog grew by 1 case."


def test_before_the_data_begins_nothing_is_said_of_the_backlog(backlog: Any, small: Asked) -> None:
    early = draw_net_flow(about(small, start=date(2023, 3, 6), end=date(2023, 3, 20)), {})
    assert (early.finding, early.figure) == ("There is no data of this period yet.", None)


def test_nothing_open_is_said_and_not_drawn(backlog: Any, small: Asked) -> None:
    nothing = about(small, department=("roads",))
    drawn = draw_over_time(nothing, {})
    assert (drawn.finding, drawn.figure) == ("No case was open at the end of any week.", None)
    assert draw_ages(nothing, {}).finding == "No case is open."
    assert draw_ages(nothing, {}).figure is None


def test_ages_are_stacked_by_department_and_sum_to_the_backlog(backlog: Any, asked: Asked) -> None:
    drawn = draw_ages(asked, {})
    assert sum(sum(trace["x"]) for trace in drawn.figure["data"]) == measure("backlog", asked).value
    whole = ageing(asked)
    old = int(whole.loc[whole["band"] == "365+", "n"].iloc[0])
    assert drawn.finding.startswith(
        f"{100 * old / whole['n'].sum():.0f} % of the {whole['n'].sum():,} open cases have been open for a year or more"
    )


def test_the_department_with_most_old_cases_is_named(backlog: Any, small: Asked) -> None:
    drawn = draw_ages(about(small, as_of=datetime(2026, 3, 25)), {})
    assert drawn.finding == "33 % of the 3 open cases have been open for a year or more; 100 % of these belong to Parks."
    assert drawn.twin.frame["label"].tolist() == ["Parks", "Roads"]


def test_the_ages_of_one_department_are_told_by_type(backlog: Any, small: Asked) -> None:
    drawn = draw_ages(small, {})
    assert drawn.twin.columns[0].label == "Request type"
    assert drawn.twin.frame[["label", "total", "7-14", "365+"]].values.tolist() == [["Tree", 2, 1, 1]]


def test_a_city_of_many_departments_sees_the_first_and_is_told_of_the_rest(backlog: Any, tmp_path: Path) -> None:
    rows = [
        {"source_id": str(n), "department": f"Department {n:02d}", "case_class": "service", "opened_at": AS_OF - timedelta(days=n)}
        for n in range(1, 21)
    ]
    city = small_city()
    mart = make_mart(tmp_path, rows, as_of=AS_OF, city=city)
    drawn = draw_ages(ask(mart, calendar_of(city), default_question(mart, calendar_of(city)), MAYOR), {})
    assert len(drawn.figure["data"][0]["y"]) == 15
    assert "5 more in the table" in drawn.note and len(drawn.twin.frame) == 20


def test_every_choice_says_how_many_cases_it_has(backlog: Any, small: Asked) -> None:
    assert backlog.offered(small) == {
        "overdue_now": "Overdue: 1 case", "due_next_7_days": "Due in the next 7 days: 0 cases",
        "stuck": "Stuck: no event for 14 days: 1 case", "reopened_open": "Opened again: 0 cases", "oldest": "Open, oldest first: 2 cases", "backlog": "Open, newest first: 2 cases",
    }  # fmt: skip


def test_a_city_without_deadlines_has_its_lines_and_lists(backlog: Any, tmp_path: Path) -> None:
    city = small_city()
    mart = make_mart(tmp_path, [{"source_id": "1", "case_class": "service", "opened_at": datetime(2026, 3, 1)}], as_of=AS_OF, city=city)
    asked = ask(mart, calendar_of(city), default_question(mart, calendar_of(city)), MAYOR)
    assert draw_over_time(asked, {}).finding.endswith("none of them is overdue.")
    assert draw_ages(asked, {}).twin.frame["label"].tolist() == ["No type"]
    assert backlog.chosen(asked, filters.view_of({}, asked)).of == "overdue_now"


@pytest.mark.browser
def test_a_head_works_through_the_lists(browser: Browser, staff_url: str) -> None:
    """Choose a list, sort it, look a case up, come back: the address says it, and every chart is drawn once for each step."""
    with watched(browser) as seen:
        page = seen.page
        page.goto(staff_url + "/backlog")
        first = page.locator(".cases-grid .ag-row[row-index='0'] a")
        expect(first).to_be_visible()
        assert seen.drawn(4) == 4
        overdue = page.locator("#list-backlog h2").inner_text()
        page.get_by_text("Open, oldest first").click()
        expect(page.locator("#list-backlog h2")).to_contain_text("cases open on")
        assert seen.drawn(4) == 4
        assert "list=oldest" in page.url
        expect(page.locator(".ag-header-cell[col-id='opened_at']")).to_have_attribute("aria-sort", "ascending")
        case = first.inner_text()
        page.locator(".ag-header-cell[col-id='opened_at']").click()
        expect(first).not_to_have_text(case)
        page.get_by_label("Find a case by its id").fill(case)
        page.keyboard.press("Enter")
        expect(page.locator("#list-backlog h2")).to_contain_text("1 case open on")
        expect(first).to_have_text(case)
        assert f"search={case}" in page.url
        assert seen.drawn(4) == 4
        page.go_back()
        page.go_back()
        expect(page.locator("#list-backlog h2")).to_have_text(overdue)
        assert page.url.endswith("/backlog")
        expect(first).to_be_visible()
        assert seen.errors == []


@pytest.mark.browser
def test_the_rows_are_reached_by_keyboard_and_announced(browser: Browser, staff_url: str) -> None:
    with watched(browser) as seen:
        page = seen.page
        page.goto(staff_url + "/backlog?department=inspections")
        expect(page.locator(".cases-grid .ag-row[row-index='1'] a")).to_be_visible()
        seen.settle()
        grid = page.get_by_role("grid")
        said = page.locator("#list-backlog h2").inner_text()
        assert grid.get_attribute("aria-label") == "Cases" + said.partition(" cases")[2].removesuffix(".")
        expect(page.locator("#list-backlog [aria-live='polite'] h2")).to_contain_text("cases overdue on")
        page.locator(".cases-grid .ag-row[row-index='0'] .ag-cell[col-id='department']").click()
        page.keyboard.press("ArrowDown")
        case = page.locator(".cases-grid .ag-row[row-index='1'] a").inner_text()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text(f"case {case}")


@pytest.mark.browser
def test_everybody_can_use_the_backlog(browser: Browser, staff_url: str) -> None:
    with watched(browser, size=PHONE) as seen:
        page = seen.page
        page.goto(staff_url + "/backlog")
        seen.settle()
        first = page.locator(".cases-grid .ag-row[row-index='0'] a")
        for dark in seen.on_both():
            # Charts above the list may still grow after a scroll and push it out of view again, where its rows are not drawn.
            for _ in range(10):
                page.locator(".cases-grid").scroll_into_view_if_needed()
                seen.settle()
                if first.is_visible():
                    break
            expect(first).to_be_visible()
            assert (seen.errors, seen.outside, seen.violations()) == ([], [], [])
            assert seen.overflow() <= 0
            ground = page.locator(".cases-grid .ag-row").first.evaluate("e => getComputedStyle(e).backgroundColor")
            assert ground == ("rgb(22, 27, 34)" if dark else "rgb(255, 255, 255)")
