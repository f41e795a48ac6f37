"""A figure by area and month over `tests/support/mosaic.py`: each month is what it is when asked for alone, and the browser steps through them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from data_access.mart.reading import open_mart
from metrics.area_months import MOST_MONTHS, area_months
from metrics.areas import area_figures
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from tests.support import mosaic
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.looking import watched
from tests.support.marts import MAYOR, settings_in

QUARTER = Question(date(2026, 1, 1), date(2026, 4, 1), mosaic.AS_OF)


@pytest.fixture
def asked(mosaic_town: Path) -> Asked:
    return ask(open_mart(settings_in(mosaic_town)), Calendar("UTC", "monday", 1), QUARTER, MAYOR)


@pytest.mark.parametrize("metric", ["opened", "ontime_due", "per_1000"])
def test_a_month_is_what_it_is_when_asked_for_alone(asked: Asked, metric: str) -> None:
    frame = area_months(asked, metric, "block")
    assert frame.loc[frame["period"].dt.month == 1, "value"].isna().all(), "the data begins within January"
    for month, end in ((date(2026, 2, 1), date(2026, 3, 1)), (date(2026, 3, 1), date(2026, 4, 1))):
        alone = area_figures(asked.about(QUARTER.about(start=month, end=end)), metric, "block").frame.set_index("key")
        part = frame.loc[frame["period"].dt.date == month].set_index("key")
        assert part["value"].to_dict() == pytest.approx(alone["value"].to_dict(), nan_ok=True)
        assert part["state"].to_dict() == alone["state"].to_dict() and part["n"].to_dict() == alone["n"].to_dict()


def test_too_many_months_are_refused_in_words(asked: Asked) -> None:
    with pytest.raises(BadQuestion, match=f"choose at most {MOST_MONTHS}"):
        area_months(asked.about(QUARTER.about(start=date(2016, 1, 1))), "opened", "block")


class TestOnThePage:
    @pytest.fixture
    def city_map(self, staff_app: Flask, mosaic_town: Path) -> Iterator[Any]:
        from pages.staff import map as city_map

        with at_desk(mosaic_town, on_time_target=0.8):
            yield city_map

    def drawn(self, city_map: Any, **query: str) -> Any:
        asked = asked_for(from_="2026-02-10", to="2026-04-01")
        return city_map.draw_map(asked, view_for(asked, layer="block", boundaries="today", show="months", **query))

    def test_all_months_come_with_the_map_in_one_scale(self, city_map: Any) -> None:
        drawn = self.drawn(city_map, metric="opened", step="2026-02")
        steps = drawn.figure["layout"]["meta"]["steps"]
        assert [month["label"] for month in steps["months"]] == ["Feb 2026", "Mar 2026"] and steps["at"] == 0
        areas = next(trace for trace in drawn.figure["data"] if trace["name"] == "areas")
        most = max(value for month in steps["months"] for value in month["z"])
        assert areas["zmin"] == 0 and areas["zmax"] >= most
        assert dict(zip(areas["locations"], areas["z"], strict=True)) == dict(zip(steps["keys"], steps["months"][0]["z"], strict=True))

    def test_every_area_of_every_month_leads_to_exactly_its_cases(self, city_map: Any) -> None:
        drawn = self.drawn(city_map, metric="opened")
        rows = drawn.twin.frame
        for row in rows.iloc[[0, 7, 30, 49]].to_dict("records"):
            assert listed(row["href"]) == row["value"]
        steps = drawn.figure["layout"]["meta"]["steps"]
        month = steps["months"][0]
        assert listed(month["href"].replace("AREA", steps["keys"][3])) == month["z"][3], "February from the 10th on"

    def test_few_cases_have_no_value_in_figure_and_table(self, city_map: Any) -> None:
        drawn = self.drawn(city_map, metric="ontime_due")
        few = drawn.twin.frame.loc[drawn.twin.frame["n"] < 10]
        assert len(few) and few["value"].isna().all() and few["trust"].str.startswith("▨ too few").any()

    @pytest.mark.parametrize("step", ["2030-01", "nonsense", "'\"<b>"])
    def test_a_month_there_is_not_is_the_last(self, city_map: Any, step: str) -> None:
        assert self.drawn(city_map, metric="opened", step=step).figure["layout"]["meta"]["steps"]["at"] == 1

    def test_a_figure_of_one_instant_has_no_months(self, city_map: Any) -> None:
        drawn = self.drawn(city_map, metric="overdue_now")
        assert drawn.figure is None and "has no months" in drawn.finding


@pytest.mark.browser
def test_months_are_stepped_through_by_keyboard_without_asking_again(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        asked: list[str] = []
        found.page.goto(staff_url + "/map?show=months&weeks=26&metric=opened")
        slider, said = found.page.locator(".map-months input"), found.page.locator(".map-months output")
        expect(slider).to_be_visible(timeout=20_000)
        found.drawn(7)
        last = said.inner_text()
        found.page.on("request", lambda request: asked.append(request.url) if "_dash-update" in request.url else None)
        slider.focus()
        found.page.keyboard.press("ArrowLeft")
        expect(said).not_to_have_text(last)
        assert slider.get_attribute("aria-valuetext") == said.inner_text() and "step=20" in found.page.url
        assert not asked
        found.choose("show", "areas")
        expect(slider).to_be_hidden()
