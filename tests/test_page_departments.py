"""The departments and one department's page over the town of `tests/support/promises.py`, and in a browser over the demo city."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from access import Viewer
from components.open_ages import draw_all_ages
from components.stock_over_time import draw_over_time
from metrics.ageing import ages_of
from metrics.cases import case_count
from metrics.measure import measure
from metrics.question import BadQuestion
from tests.support.desks import asked_for, at_desk, listed
from tests.support.looking import DESKTOP, PHONE, watched
from tests.support.promises import make_town

MONTH = {"from_": "2026-03-02", "to": "2026-03-30"}
HEAD = Viewer("p", "Head of Parks", "department", ("parks",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("departments"))


@pytest.fixture
def departments(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from pages.staff import departments

    with at_desk(folder):
        yield departments


@pytest.fixture
def department(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from pages.staff import department

    with at_desk(folder):
        yield department


class TestLeaderboard:
    def test_the_finding_says_who_is_off_target_beyond_chance(self, departments: Any) -> None:
        assert departments.draw_board(asked_for(**MONTH), {}).finding == "Against their own targets, Roads is far below."

    def test_rank_tier_and_why_there_is_none_stand_in_words(self, departments: Any) -> None:
        frame = departments.draw_board(asked_for(**MONTH), {}).twin.frame
        assert list(zip(frame["label"], frame["rank_said"], frame["tier_said"], strict=True)) == [
            ("Parks", "1", "as expected"), ("Roads", "2", "far below target"), ("Water", "–", "not ranked: it has no target of its own"),
        ]  # fmt: skip

    def test_the_figure_has_each_one_s_interval_and_target(self, departments: Any) -> None:
        shares, targets = departments.draw_board(asked_for(**MONTH), {}).figure["data"]
        assert shares["x"] == [1.0, round(30 / 54, 5), round(40 / 44, 5)]
        assert targets["x"] == [None, 0.9, 0.8]

    def test_every_number_leads_to_its_cases(self, departments: Any) -> None:
        frame = departments.draw_board(asked_for(**MONTH), {}).twin.frame
        assert [listed(address) for address in frame["due"]] == frame["n"].tolist() == [44, 54, 12]
        assert [listed(address) for address in frame["late"]] == [4, 24, 12], "where none is late, all that fell due"
        assert [listed(address) for address in frame["open"]] == frame["backlog"].tolist() == [0, 13, 0]
        assert [listed(address) for address in frame["overdue"]] == frame["overdue_now"].tolist() == [0, 1, 0]

    def test_a_department_head_sees_one_department(self, departments: Any, folder: Path) -> None:
        with at_desk(folder, HEAD):
            assert departments.draw_board(asked_for(**MONTH), {}).twin.frame["label"].tolist() == ["Parks"]
            assert departments.draw_open(asked_for(**MONTH), {}).finding == "No case is open."

    def test_a_week_without_deadlines_ranks_nobody(self, departments: Any) -> None:
        drawn = departments.draw_board(asked_for(from_="2026-03-23", to="2026-03-30"), {})
        assert drawn.figure is None and drawn.finding == "No case with a deadline fell due in this period, so no department can be ranked."
        assert set(drawn.twin.frame["tier_said"]) == {"too few to rank (under 10 cases)"}

    def test_a_share_of_five_cases_is_not_shown(self, departments: Any) -> None:
        """In the week of 9 March five cases of Parks fell due, twelve of Roads."""
        drawn = departments.draw_board(asked_for(from_="2026-03-09", to="2026-03-16"), {})
        assert len(drawn.figure["data"][0]["x"]) == 1
        frame = drawn.twin.frame.set_index("key")
        assert frame["value"].isna()["parks"] and frame["n"]["parks"] == 5
        assert drawn.twin.for_file().set_index("key")["on_time"]["parks"] == 1.0

    def test_departments_without_targets_are_shown_and_not_ranked(self, departments: Any) -> None:
        drawn = departments.draw_board(asked_for(**MONTH, request_type="leak"), {})
        assert drawn.finding.startswith("No department is ranked: none with enough cases has a target, and the city has none")
        assert len(drawn.figure["data"][0]["x"]) == 1

    def test_the_raw_ranking_says_itself_why_it_misleads(self, departments: Any) -> None:
        """Water kept 12 of 12, Parks 40 of 44 (promised 80 %), Roads 30 of 54 (promised 90 %)."""
        drawn = departments.draw_naive(asked_for(**MONTH), {})
        assert drawn.finding == (
            "Parks is 2nd by raw share but meets its own target; ranks 1 and 2 cannot be told apart: chance alone explains their order."
        )
        frame = drawn.twin.frame
        assert list(zip(frame["label"], frame["raw_said"], frame["fair_said"], strict=True)) == [
            ("Water", "1", "–"),
            ("Parks", "2", "1"),
            ("Roads", "3", "2"),
        ]
        assert [listed(address) for address in frame["due"]] == frame["n"].tolist()

    def test_a_month_of_data_says_nothing_of_the_past(self, departments: Any) -> None:
        drawn = departments.draw_past(asked_for(**MONTH), {})
        assert drawn.finding.startswith("It cannot be said whether a department improved")
        assert set(departments.draw_board(asked_for(**MONTH), {}).twin.frame["change_said"]) == {"too few weeks or cases to tell"}

    def test_open_and_overdue_cases_add_up(self, departments: Any) -> None:
        drawn = departments.draw_open(asked_for(**MONTH), {})
        assert drawn.finding == "1 of 13 cases that are open is overdue."
        assert [trace["x"] for trace in drawn.figure["data"]] == [[1], [12]]


class TestOneDepartment:
    def test_the_head_says_its_promise_and_its_work_lists(self, department: Any) -> None:
        text = str(department.fill_head(asked_for(**MONTH, department="roads"))["head"])
        for said in ("Roads", "90.0 %", "1 case overdue now", "0 cases due in the next 7 days", "list=overdue_now"):
            assert said in text

    @pytest.mark.parametrize("names", ["", "parks,roads"])
    def test_it_is_about_one_department(self, department: Any, names: str) -> None:
        with pytest.raises(BadQuestion, match="one department"):
            department.fill_head(asked_for(**MONTH, department=names))

    def test_a_department_head_cannot_name_another(self, department: Any, folder: Path) -> None:
        with at_desk(folder, HEAD), pytest.raises(BadQuestion, match="There is no department called 'roads'"):
            asked_for(department="roads")

    def test_open_cases_week_by_week(self, department: Any) -> None:
        """Two lamps stay open from the first week; on the 16th twelve signs come, and one goes."""
        drawn = draw_over_time(asked_for(**MONTH, department="roads"), {})
        assert [trace["y"] for trace in drawn.figure["data"]] == [[2, 2, 13, 13], [1, 1, 1, 1]]
        assert drawn.finding == "13 cases were open on 29 Mar 2026, 13 more than on 1 Mar 2026; 8 % of them are overdue."
        assert [listed(address) for address in drawn.figure["data"][0]["customdata"]] == [2, 2, 13, 13]

    def test_ages_add_up_to_what_is_open_and_lead_to_their_cases(self, department: Any) -> None:
        asked = asked_for(**MONTH, department="roads")
        frame = draw_all_ages(asked, {}).twin.frame
        assert dict(zip(frame["label"], frame["n"], strict=True)) | {"7 to under 14 days": 11, "14 to under 30 days": 2} == dict(
            zip(frame["label"], frame["n"], strict=True)
        )
        assert frame["n"].sum() == measure("backlog", asked).value == 13
        queries = [dict(parse_qsl(urlsplit(address).query)) for address in frame["href"]]
        assert [case_count(asked, query["of"], ages=ages_of(query["age"])) for query in queries] == frame["n"].tolist()

    def test_request_types_stand_side_by_side(self, department: Any) -> None:
        drawn = department.draw_types(asked_for(**MONTH, department="roads"), {})
        assert drawn.finding == "4 request types; tree is least on time, 50.0 % of 10 cases; lamp has most overdue, 1."
        frame = drawn.twin.frame.set_index("key")
        assert frame["days_said"]["sign"] == "more than 13.6"
        assert [listed(address) for address in frame["opened_href"]] == frame["opened"].tolist() == [42, 12, 10, 3]
        assert [listed(frame["late"][key]) for key in ("pothole", "tree", "lamp")] == [18, 5, 1]

    def test_a_quiet_department_says_so(self, department: Any) -> None:
        asked = asked_for(**MONTH, department="water", request_type="tree")
        for draw in (department.draw_trend, draw_over_time, draw_all_ages, department.draw_types):
            drawn = draw(asked, {})
            assert drawn.figure is None and drawn.finding.startswith("No case")


@pytest.mark.browser
class TestInTheBrowser:
    def test_from_the_board_to_a_department_and_its_cases(self, browser: Browser, staff_url: str) -> None:
        with watched(browser) as found:
            found.page.goto(staff_url + "/departments?weeks=26")
            board = found.page.locator("#chart-leaderboard")
            assert found.drawn(4) == 4
            expect(board.locator("tbody tr")).to_have_count(7)
            board.get_by_role("link", name="Inspections").click()
            expect(found.page.locator("h1")).to_have_text("Inspections")
            assert found.drawn(9) == 9
            assert "/departments/inspections?" in found.page.url
            found.choose("weeks", "52")
            assert found.drawn(9) == 9
            assert "weeks=52" in found.page.url and "department=" not in found.page.url
            found.page.go_back()
            assert found.drawn(9) == 9
            expect(found.page.locator("h1")).to_have_text("Inspections")
            assert found.errors == []

    def test_a_department_that_is_not_there_is_explained(self, browser: Browser, staff_url: str) -> None:
        with watched(browser) as found:
            found.page.goto(staff_url + "/departments/nowhere")
            found.settle()
            expect(found.page.locator("#department-head")).to_contain_text("There is no department called 'nowhere'.")
            expect(found.page.locator("#department-body")).to_be_hidden()
            assert (found.violations(), found.errors) == ([], [])

    @pytest.mark.parametrize(("path", "size", "dark"), [("/departments", DESKTOP, True), ("/departments/parks-and-trees", PHONE, False)])
    def test_everybody_can_use_it_with_everything_open(
        self, browser: Browser, staff_url: str, path: str, size: dict[str, int], dark: bool
    ) -> None:
        with watched(browser, size=size, dark=dark) as found:
            found.page.goto(staff_url + path)
            found.settle()
            found.page.evaluate("document.querySelectorAll('details.twin').forEach(part => { part.open = true; })")
            assert (found.violations(), found.errors, found.outside) == ([], [], [])
            assert found.overflow() <= 0
