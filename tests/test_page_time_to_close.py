"""Time to close over a town counted by hand, and in a browser over the demo city.

Opened on 2 March 2026, 09:00: 20 trees of parks, of which 12 closed after 2 days; 12 potholes of roads, all closed after 5 hours;
3 lamps of roads, open. Known until the 30th, 00:00: what is open has been so for 27.6 days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from components import closing_curves
from metrics.curves import Curve
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.looking import PHONE, watched
from tests.support.marts import make_mart, small_city

MONTH = {"from_": "2026-03-02", "to": "2026-03-30"}
OPENED = datetime(2026, 3, 2, 9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("closing")
    rows: list[dict[str, Any]] = []
    for department, kind, n, hours in (
        ("parks", "tree", 12, 48),
        ("parks", "tree", 8, None),
        ("roads", "pothole", 12, 5),
        ("roads", "lamp", 3, None),
    ):
        closed = None if hours is None else OPENED + timedelta(hours=hours)
        rows += [
            {"source_id": f"{kind}{hours}{i}", "department": department, "request_type": kind, "case_class": "service", "opened_at": OPENED, "closed_at": closed}
            for i in range(n)
        ]  # fmt: skip
    departments = [{"id": "parks", "name": "Parks"}, {"id": "roads", "name": "Roads"}]
    make_mart(made, rows, as_of=datetime(2026, 3, 30), city=small_city("UTC", department=departments))
    return made


@pytest.fixture
def page(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from pages.staff import time_to_close

    with at_desk(folder):
        yield time_to_close


def drawn(page: Any, name: str, **query: str) -> Any:
    asked = asked_for(**MONTH, **{k: v for k, v in query.items() if k == "department"})
    return getattr(page, name)(asked, view_for(asked, **{k: v for k, v in query.items() if k != "department"}))


def test_the_finding_says_by_when_half_are_closed_quickest_first(page: Any) -> None:
    found = drawn(page, "draw_curves")
    assert found.finding.startswith("Half are closed by: Roads day 1")
    assert "Parks day 2" in found.finding
    assert found.title == "Share closed by days since opening, of the cases opened from 2 to 29 Mar 2026"
    assert "The two can be told apart" in found.note


def test_half_not_closed_is_said(page: Any) -> None:
    quick, slow = (
        Curve(name, name, pd.DataFrame({"day": [0, 1], "closed": [0.0, closed]}), 12, 12) for name, closed in (("a", 0.6), ("b", 0.4))
    )
    assert closing_curves._finding([quick, slow], ["Pothole", "Lamp"], "request_type") == "Half are closed by: Pothole day 1; Lamp not yet."
    assert closing_curves._finding([slow], ["Lamp"], None) == "Half are not closed within the 1 day seen, of 12 cases."


def test_fewer_than_ten_cases_have_no_curve(page: Any) -> None:
    found = drawn(page, "draw_curves", department="roads", compare="request_type")
    assert found.finding == "pothole: half are closed by day 1, of 12 cases."
    assert "A group of fewer than 10 cases has no curve." in found.note
    lamps = asked_for(**MONTH, request_type="lamp")
    few = page.draw_curves(lamps, view_for(lamps, compare="all"))
    assert (few.figure, few.finding) == (None, "There are too few cases in this period to say how long closing takes; a curve needs 10.")


def test_a_single_open_case_is_told_as_one(page: Any) -> None:
    frame = pd.DataFrame({"n": [4], "open": [1], "median": [None], "closed_median": [None], "closed_n": [3]}).astype("float64")
    assert page._speed_words(frame, frame) == "1 of 4 cases opened in the period is still open."


def test_one_curve_says_how_many_cases_it_rests_on(page: Any) -> None:
    assert drawn(page, "draw_curves", compare="all").finding == "Half are closed by day 2, of 35 cases (95 %: 1 to 2)."


def test_below_the_axis_stands_how_many_are_still_at_risk(page: Any) -> None:
    texts = [note["text"] for note in drawn(page, "draw_curves").figure["layout"]["annotations"]]
    assert texts[:6] == ["<b>Parks</b>", "20", "20", "8", "8", "8"]


def test_a_pace_says_so_and_has_no_list_of_opened_cases(page: Any) -> None:
    found = drawn(page, "draw_curves", cases_of="pace")
    assert (found.metric, found.cases) == ("ttc_km_period", "")
    assert "at the pace from" in found.title


def test_every_number_of_the_shares_leads_to_its_cases(page: Any) -> None:
    found = drawn(page, "draw_within")
    assert found.finding == "Closed within 7 days: Roads 80.0 %, Parks 60.0 %."
    frame = found.twin.frame
    assert [listed(address) for address in frame["all_href"]] == frame["n"].tolist()
    assert [listed(address) for address in frame["closed_href"]] == frame["closed"].tolist()
    bars = found.figure["data"][0]
    assert (bars["name"], bars["y"], len(bars["customdata"])) == ("Parks", [0.0, 0.6, 0.6, 0.6, None, None], 6)


def test_the_table_tells_open_cases_and_what_the_closed_ones_alone_would_say(page: Any) -> None:
    found = drawn(page, "draw_speeds", compare="request_type")
    frame = found.twin.frame.set_index("label")
    assert frame.loc["tree", ["n", "closed", "open", "median_said", "p90_said"]].tolist() == [20, 12, 8, 2.0, "more than 27.6"]
    assert (
        frame.loc["lamp", ["n", "open", "median_said"]].tolist()[:2] == [3, 3]
        and frame.loc["lamp", "median_said"] != frame.loc["lamp", "median_said"]
    )
    for number, address in (("n", "n_href"), ("closed", "closed_href"), ("open", "open_href"), ("closed_n", "closed_n_href")):
        assert [listed(target) for target in frame[address]] == frame[number].tolist()
    assert found.finding == "11 of 35 cases opened in the period are still open."


def test_nothing_in_the_period_is_said_and_not_drawn(page: Any) -> None:
    asked = asked_for(from_="2025-03-03", to="2025-03-31")
    for draw in (page.draw_curves, page.draw_within, page.draw_speeds):
        found = draw(asked, view_for(asked))
        assert found.figure is None and found.finding.endswith(".")


@pytest.mark.browser
def test_everybody_can_use_it(browser: Browser, staff_url: str) -> None:
    with watched(browser, size=PHONE) as seen:
        seen.page.goto(staff_url + "/time-to-close?compare=before")
        seen.settle()
        expect(seen.page.locator("#chart-closing-curves .finding")).to_contain_text("Half are closed by")
        for _dark in seen.on_both():
            assert (seen.violations(), seen.errors, seen.outside) == ([], [], [])
            assert seen.overflow() <= 0
