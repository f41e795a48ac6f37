"""SLA compliance over the town of `tests/support/promises.py`, and in a browser over the demo city."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from access import Viewer
from components import theme
from metrics.measure import measure
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.looking import PHONE, watched
from tests.support.marts import make_mart, small_city
from tests.support.promises import AS_OF, make_town

MONTH = {"from_": "2026-03-02", "to": "2026-03-30"}
WEEK = {"from_": "2026-03-02", "to": "2026-03-09"}
HEAD = Viewer("p", "Head of Parks", "department", ("parks",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("sla"))


@pytest.fixture
def sla(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from pages.staff import sla

    with at_desk(folder):
        yield sla


def matrix_of(sla: Any, **query: str) -> Any:
    asked = asked_for(**{**MONTH, **query})
    return sla.draw_matrix(asked, view_for(asked, **{k: v for k, v in query.items() if k == "rows"}))


def cells(drawn: Any) -> dict[tuple[str, str], list[str]]:
    """(row, column) -> [address, words] of everything a reader can point at."""
    points = drawn.figure["data"][-1]
    return {(row, column): cell for row, column, cell in zip(points["y"], points["x"], points["customdata"], strict=True)}


class TestMatrix:
    def test_the_finding_names_the_type_that_costs_most(self, sla: Any) -> None:
        assert matrix_of(sla).finding == (
            "1 of 2 request types is clearly below target; pothole misses it by most cases: 57.1 % of 42 cases on time, target 90.0 %."
        )

    def test_every_cell_leads_to_its_late_cases_and_says_how_many(self, sla: Any) -> None:
        found = cells(matrix_of(sla))
        assert "50.0 % on time<br>15 late of 30 cases" in found["pothole", "2026-03-02"][1]
        late = {
            place: listed(address)
            for place, (address, said) in found.items()
            if " 0 late" not in said and ">0 late" not in said and "no case" not in said
        }
        assert late == {
            ("tree", "2026-03-02"): 9, ("pothole", "2026-03-02"): 15, ("pothole", "2026-03-09"): 3, ("lamp", "2026-03-02"): 1,
            ("tree", "all"): 9, ("pothole", "all"): 18, ("lamp", "all"): 1,
        }  # fmt: skip

    def test_where_nothing_is_late_a_cell_leads_to_all_its_cases(self, sla: Any) -> None:
        assert listed(cells(matrix_of(sla))["leak", "2026-03-02"][0]) == 12

    def test_few_cases_are_hatched_and_uncoloured_and_say_why(self, sla: Any) -> None:
        drawn = matrix_of(sla)
        heat, points = drawn.figure["data"][0], drawn.figure["data"][-1]
        assert heat["z"][heat["y"].index("tree")][1] is None
        hatched = {
            place for place, seen in zip(zip(points["y"], points["x"], strict=True), points["marker"]["opacity"], strict=True) if seen
        }
        assert hatched == {
            ("tree", "2026-03-09"),
            ("bench", "2026-03-02"),
            ("bench", "all"),
            ("lamp", "2026-03-02"),
            ("lamp", "2026-03-16"),
            ("lamp", "all"),
        }
        assert "0 late of 5 cases: too few to judge" in cells(drawn)["tree", "2026-03-09"][1]
        assert "no case fell due" in cells(drawn)["leak", "2026-03-23"][1]

    def test_a_row_is_coloured_by_its_distance_from_its_own_target(self, sla: Any) -> None:
        """Potholes: half against 90 % is beyond the scale; 75 % against 90 % is 15 points below."""
        heat = next(trace for trace in matrix_of(sla).figure["data"] if trace["type"] == "heatmap")
        assert heat["z"][heat["y"].index("pothole")] == [-theme.GAP_SPAN, -0.15, None, None, -theme.GAP_SPAN]

    def test_without_a_target_a_row_is_grey(self, sla: Any, folder: Path) -> None:
        grey = [t for t in matrix_of(sla).figure["data"] if t["type"] == "heatmap" and not t["showscale"]]
        assert len(grey) == 1
        assert [row for row, line in zip(grey[0]["y"], grey[0]["z"], strict=True) if any(v is not None for v in line)] == ["leak"]
        with at_desk(folder, on_time_target=0.7):
            assert not [t for t in matrix_of(sla).figure["data"] if t["type"] == "heatmap" and not t["showscale"]]

    def test_the_table_has_the_figures_and_the_file_one_row_for_each_cell(self, sla: Any) -> None:
        twin = matrix_of(sla).twin
        shown = twin.frame.set_index("key")
        assert (shown["2026-03-02"]["pothole"], shown["n"]["pothole"], shown["value"]["bench"]) == (
            0.5,
            42,
            pytest.approx(float("nan"), nan_ok=True),
        )
        assert len(twin.for_file()) == 5 * 4
        assert twin.for_file()["n"].sum() == measure("ontime_due", asked_for(**MONTH)).n == 110

    def test_departments_lead_to_their_pages(self, sla: Any) -> None:
        twin = matrix_of(sla, rows="department").twin
        assert [address.partition("?")[0] for address in twin.frame["page"]] == [
            "/departments/roads",
            "/departments/parks",
            "/departments/water",
        ]
        assert [listed(address) for address in twin.frame["all"]] == twin.frame["n"].tolist() == [54, 44, 12]

    def test_months_that_are_cut_off_are_marked(self, sla: Any) -> None:
        drawn = matrix_of(sla, grain="month")
        assert drawn.figure["layout"]["xaxis"]["ticktext"] == ["Mar 2026*", "All"]
        assert "* only partly in the period" in drawn.note

    def test_where_nothing_fell_due_there_is_a_sentence_and_no_figure(self, sla: Any) -> None:
        drawn = matrix_of(sla, from_="2026-03-23")
        assert drawn.figure is None and drawn.finding == "No case with a deadline fell due in this period."

    def test_a_department_head_has_a_matrix_of_the_department(self, sla: Any, folder: Path) -> None:
        with at_desk(folder, HEAD):
            assert {row for row, _ in cells(matrix_of(sla))} == {"tree", "bench"}
            assert {row for row, _ in cells(matrix_of(sla, rows="department"))} == {"parks"}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of 140 request types, without targets: the last has 140 cases that fell due, the first one."""
    folder = tmp_path_factory.mktemp("many")
    opened = datetime(2026, 3, 2, 9)
    cases = [
        {"source_id": f"{kind}-{n}", "request_type": f"Type {kind:03}", "case_class": "service", "status": "closed", "opened_at": opened,
         "due_at": opened + timedelta(days=2), "closed_at": opened + timedelta(days=1 if n else 3)}
        for kind in range(1, 141) for n in range(kind)
    ]  # fmt: skip
    make_mart(folder, cases, as_of=AS_OF, city=small_city("UTC"))
    return folder


def test_of_140_types_the_twenty_largest_are_drawn_and_all_are_in_the_table(staff_app: Flask, many: Path) -> None:
    from pages.staff import sla

    with at_desk(many):
        drawn = matrix_of(sla)
        rows = drawn.figure["layout"]["yaxis"]["ticktext"]
        assert (len(rows), rows[0], rows[-1]) == (20, "Type 140", "Type 121")
        assert len(drawn.twin.frame) == 140
        assert (
            "The 20 largest of 140 request types; the table has all." in drawn.note
            and "No target is set, so the colour is the share itself." in drawn.note
        )
        assert drawn.figure["data"][0]["z"][0][0] == pytest.approx(139 / 140)
        assert drawn.finding == "Type 010 has the lowest share, 90.0 % of 10 cases; no target is set."
        assert sla.draw_departments(asked_for(**MONTH), {}).figure is None, "this city names no departments"
        assert "No target is set" in str(sla.fill_rate(asked_for(**MONTH)))


class TestRateAndTrend:
    def test_the_rate_says_its_n_its_lateness_and_what_it_leaves_out(self, sla: Any) -> None:
        text = str(sla.fill_rate(asked_for(**WEEK)))
        for said in ("72.8 %", "92 cases", "25 of them late", "without a deadline", "duplicates", "of=left_out_no_deadline"):
            assert said in text

    def test_a_share_is_not_compared_with_one_of_a_few_cases(self, sla: Any) -> None:
        """A week on, 17 fell due and 92 the week before; in the week before that nothing did."""
        assert "up 9.5 points on the week before, better" in str(sla.fill_rate(asked_for(from_="2026-03-09", to="2026-03-16")))
        assert "too few cases fell due in the week before to compare" in str(sla.fill_rate(asked_for(**WEEK)))

    def test_a_week_with_four_points_has_no_usual_range(self, sla: Any) -> None:
        drawn = sla.draw_trend(asked_for(**MONTH), {})
        assert drawn.finding == "100.0 % on time in the week of 16 Mar 2026; too few weeks to tell signal from noise."
        assert [point is not None for point in drawn.figure["data"][0]["y"]] == [True] * 3
        assert listed(drawn.figure["data"][0]["customdata"][0]) == 25

    def test_part_of_a_week_is_in_the_table_only(self, sla: Any) -> None:
        drawn = sla.draw_trend(asked_for(from_="2026-03-02", to="2026-03-11"), {})
        assert drawn.figure["data"][0]["x"] == ["2026-03-02"]
        assert "Left out: 9 Mar 2026, only partly in the period." in drawn.note
        assert len(drawn.twin.frame) == 2

    def test_a_department_is_shown_with_its_own_target(self, sla: Any) -> None:
        drawn = sla.draw_trend(asked_for(**MONTH, department="roads"), {})
        assert "target 90.0 %" in str(drawn.figure["layout"]["annotations"])


class TestFormulas:
    def test_the_finding_says_how_far_they_differ(self, sla: Any) -> None:
        """68 of 94 and 68 of 92."""
        drawn = sla.draw_formulas(asked_for(**WEEK), {})
        assert drawn.finding.startswith("The same weeks give between 72 and 74 % on time: 72.3 % by ‘On time, of all opened’, 73.9 % by")
        assert len(drawn.twin.frame) == 7

    def test_every_number_of_every_formula_leads_to_its_cases(self, sla: Any) -> None:
        frame = sla.draw_formulas(asked_for(**WEEK), {}).twin.frame
        assert [listed(address) for address in frame["all"]] == frame["n"].tolist()
        assert [listed(address) for address in frame["met"]] == frame["numerator"].tolist()

    def test_departments_below_their_target_come_first(self, sla: Any) -> None:
        drawn = sla.draw_departments(asked_for(**MONTH), {})
        assert drawn.finding == "Roads is clearly below its target, 55.6 % against 90.0 %."
        assert drawn.twin.frame["label"].tolist() == ["Roads", "Parks", "Water"]


@pytest.mark.browser
class TestInTheBrowser:
    def test_rows_are_chosen_and_the_way_back_leads_back(self, browser: Browser, staff_url: str) -> None:
        with watched(browser) as found:
            found.page.goto(staff_url + "/sla")
            count = 5
            assert found.drawn(count) == count
            matrix = found.page.locator("#chart-on-time-matrix")
            expect(matrix.locator(".finding")).to_contain_text("request types")
            found.choose("rows", "department")
            assert found.drawn(count) == count
            assert "rows=department" in found.page.url
            expect(matrix.locator(".finding")).to_contain_text("departments")
            found.page.go_back()
            assert found.drawn(count) == count
            expect(matrix.locator(".finding")).to_contain_text("request types")
            matrix.get_by_text("Show as table").click()
            expect(matrix.locator("tbody tr").first.locator("td a").first).to_have_attribute("href", re.compile(r"/cases\?.*of=ontime_due"))
            area = matrix.locator(".nsewdrag").first
            area.scroll_into_view_if_needed()
            box = area.bounding_box()
            assert box is not None
            # The first cell of the first row, off its middle.
            found.page.mouse.click(box["x"] + 8, box["y"] + 8)
            found.page.wait_for_url(re.compile(r"/cases\?.*of=ontime_due.*hits=false.*request_type="))
            assert found.errors == []

    def test_everybody_can_use_it_with_everything_open(self, browser: Browser, staff_url: str) -> None:
        with watched(browser, size=PHONE) as found:
            found.page.goto(staff_url + "/sla")
            found.settle()
            found.page.locator("#formulas-said").click()
            expect(found.page.locator("#chart-on-time-formulas svg.main-svg").first).to_be_visible()
            found.page.evaluate("document.querySelectorAll('details.twin').forEach(part => { part.open = true; })")
            for _dark in found.on_both():
                assert (found.violations(), found.errors, found.outside) == ([], [], [])
                assert found.overflow() <= 0


def test_few_cases_are_not_set_against_a_target(sla: Any) -> None:
    assert sla._against(1 / 3, 3, 0.9) == "Fewer than 10 cases: too few to judge."
    assert sla._against(0.4, 10, 0.9) == "50.0 points below the target of 90.0 %"
