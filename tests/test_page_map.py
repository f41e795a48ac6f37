"""The map over the town of `tests/support/quarters.py`, and in a browser over the demo city."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from access import PUBLIC_VIEWER, Viewer
from components import shapes, theme
from components.area_map import district_map
from components.figures import maps
from data_access.mart.reading import open_mart
from metrics.density import density
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question
from tests.support import real
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.looking import PHONE, Watched, watched
from tests.support.marts import settings_in
from tests.support.quarters import MONTH, make_town
from tests.support.real import Loaded, RealCity

HEAVIEST = 400_000
"""Bytes of a map as JSON, before it is compressed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("map"))


@pytest.fixture
def city_map(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from pages.staff import map as city_map

    with at_desk(folder, on_time_target=0.8):
        yield city_map


def drawn_by(draw: Callable[..., Any], **options: str) -> Any:
    filters = {name: value for name, value in options.items() if name not in ("show", "metric", "layer")}
    asked = asked_for(**{**MONTH, **filters})
    own = {name: value for name, value in options.items() if name not in filters}
    return draw(asked, view_for(asked, **{"layer": "quarter", **own}))


def trace(drawn: Any, name: str) -> dict[str, Any]:
    return next(found for found in drawn.figure["data"] if found["name"] == name)


def rings(drawn: Any) -> list[tuple[bool, list[list[float]]]]:
    """Every ring of every polygon that is drawn: whether it is an outside, and its corners."""
    polygons = []
    for one in drawn.figure["data"]:
        for feature in one.get("geojson", {}).get("features", []):
            shape = feature["geometry"]
            polygons += [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return [(number == 0, ring) for polygon in polygons for number, ring in enumerate(polygon)]


def is_clockwise(ring: list[list[float]]) -> bool:
    return sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in zip(ring, ring[1:], strict=False)) > 0


class TestAreas:
    def test_the_finding_says_which_area_misses_the_target(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map)
        assert drawn.finding == "1 of 2 quarters is far below the target of 80.0 %, Abbey most clearly with 60.0 % of 40 cases."
        assert drawn.title == "On time by quarter, 2 to 29 Mar 2026" and drawn.metric == "ontime_due"

    def test_areas_are_coloured_by_their_distance_from_the_target(self, city_map: Any) -> None:
        """The scale reaches 25 points below the target whatever the values are, and above it to 100 %."""
        areas = trace(drawn_by(city_map.draw_map), "areas")
        assert dict(zip(areas["locations"], areas["z"], strict=True)) == {"abbey": 0.6, "brook": 1.0}
        assert (areas["zmin"], areas["zmax"]) == (pytest.approx(0.55), 1.0)
        assert [tick.partition(" ")[0] for tick in areas["colorbar"]["ticktext"]] == ["≤", "target", "100"]
        at_target = next(colour for at, colour in areas["colorscale"] if at == pytest.approx(0.25 / 0.45, abs=1e-4))
        assert at_target == theme.GAP_SCALE[2][1]

    def test_few_cases_are_hatched_and_the_map_says_so(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map)
        assert trace(drawn, "no-value")["locations"] == ["castle", "down"]
        assert trace(drawn, "unsure")["locations"] == ["brook"]
        names = dict(text.split("<br>") for text in trace(drawn, "names")["text"])
        assert names == {"Abbey": "60.0 %", "Brook": "100.0 %", "Castle": "too few", "Down": "no figure"}
        for said in (
            "'too few': under 10 cases (1 of the quarters)",
            "unsure, under 20 cases (1 of the quarters)",
            "2 cases lie in none of the quarters",
        ):
            assert said in drawn.note

    def test_the_pointer_is_told_the_value_and_how_many_cases(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map)
        areas, silent = trace(drawn, "areas"), trace(drawn, "no-value")
        assert areas["text"][0] == "<b>Abbey</b><br>On time: 60.0 %<br>24 of 40 cases<br>far below target"
        assert silent["text"][0] == "<b>Castle</b><br>On time: no figure<br>4 cases<br>▨ too few: under 10 cases"

    def test_every_area_leads_to_exactly_its_cases_on_the_map_and_in_the_table(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map)
        areas = trace(drawn, "areas")
        assert [listed(address) for address in areas["customdata"]] == [40, 15]
        table = drawn.twin.frame.set_index("label")
        assert {label: listed(address) for label, address in table["href"].items()} == {"Abbey": 40, "Brook": 15, "Castle": 4, "Down": 0}
        assert listed(drawn.cases) == 61

    def test_outsides_run_with_the_clock_and_holes_against_it(self, city_map: Any) -> None:
        """On d3's sphere the other way round is the whole world but the area."""
        found = rings(drawn_by(city_map.draw_map))
        assert len(found) == 8, "a square with a hole; one, one and two squares; a lake; and the unsure one once more, to be hatched"
        assert all(is_clockwise(ring) == outside for outside, ring in found)
        assert all(is_clockwise(ring) == outside for outside, ring in rings(drawn_by(city_map.draw_map, show="density")))

    def test_what_makes_it_look_like_a_city_is_drawn_over_the_colours(self, city_map: Any) -> None:
        names = [one["name"] for one in drawn_by(city_map.draw_map).figure["data"]]
        assert names.index("areas") < names.index("water") < names.index("streets") < names.index("names")

    def test_a_name_stands_inside_its_area_and_not_in_the_hole(self, city_map: Any) -> None:
        asked = asked_for(**MONTH)
        found = shapes.layer_shapes(asked, "quarter")
        assert found is not None
        assert {slug: found.area_at(spot.lon, spot.lat) for slug, spot in found.spots.items()} == {
            name: name for name in ("abbey", "brook", "castle", "down")
        }
        assert found.area_at(10.25, 50.25) is None, "the hole"
        assert found.spots["castle"].lon > 10.3, "the larger of its two squares"

    def test_counts_are_coloured_from_zero(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map, metric="opened")
        areas = trace(drawn, "areas")
        assert (areas["zmin"], areas["zmax"]) == (0, 40)
        assert drawn.finding == "Abbey has most: 40 cases, 68 % of the 59 counted in the quarters."
        assert "a loud area is not a worse area" in drawn.note

    def test_a_balance_is_coloured_on_both_sides_of_it(self, city_map: Any) -> None:
        areas = trace(drawn_by(city_map.draw_map, metric="clearance_rate"), "areas")
        assert (areas["zmin"], areas["zmax"]) == (0.5, 1.5)

    def test_areas_known_by_name_only_have_bars_and_the_reason(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map, layer="ward")
        assert drawn.note.startswith("There is no map of the wards: the data knows them by name only, without boundaries.")
        assert [one["type"] for one in drawn.figure["data"]] == ["bar"]
        assert drawn.figure["data"][0]["y"] == ["2 (21)", "1 (40)"], "the lowest stands on top, which plotly draws last"
        density = drawn_by(city_map.draw_map, layer="ward", show="density")
        assert density.figure is None and density.finding.startswith("There is no map of the wards to draw on")

    def test_where_nothing_fell_due_there_is_a_sentence_and_no_figure(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map, from_="2026-03-16")
        assert drawn.figure is None and drawn.finding.startswith("No case with a deadline falls into this question")
        assert "Grey" not in drawn.note

    def test_a_head_sees_the_map_of_the_department(self, city_map: Any, folder: Path) -> None:
        with at_desk(folder, Viewer("r", "Head of Roads", "department", ("roads",)), on_time_target=0.8):
            drawn = drawn_by(city_map.draw_map)
            assert trace(drawn, "areas")["locations"] == ["brook"]
            assert drawn.finding.startswith(
                "Only Brook has enough cases to be judged: 100.0 % of 15 cases; the target of the quarters is 80.0 %."
            )

    def test_what_residents_may_not_know_is_hatched_and_called_not_published(self, tmp_path: Path) -> None:
        as_of = datetime(2026, 4, 1)
        mart = open_mart(settings_in(make_town(tmp_path, as_of=as_of), "public"))
        asked = ask(mart, Calendar("UTC", "monday", 1), Question(date(2026, 1, 1), date(2026, 4, 1), as_of), PUBLIC_VIEWER)
        drawn = district_map(asked, "opened", "quarter", href=lambda key: f"/area/quarter/{key}")
        assert trace(drawn, "no-value")["locations"] == ["castle"]
        assert "Castle<br>not published" in trace(drawn, "names")["text"]
        assert "'not published': the number is small, or a small one would follow from it (1 of the quarters)" in drawn.note
        assert trace(drawn, "areas")["customdata"] == ["/area/quarter/abbey", "/area/quarter/brook", "/area/quarter/down"]
        assert drawn.twin.frame.set_index("key")["trust"]["castle"] == "not published"

    def test_a_map_of_one_layer_is_zoomed_as_the_other(self, city_map: Any) -> None:
        layout = drawn_by(city_map.draw_map).figure["layout"]
        assert layout["geo"]["projection"] == {"type": "mercator", "scale": 1, "minscale": 1, "maxscale": 64}
        assert layout["geo"]["lonaxis"]["range"] == [pytest.approx(9.97), pytest.approx(11.03)]


class TestDensity:
    def test_cells_are_what_density_counts(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map, show="density", metric="opened")
        cells = trace(drawn, maps.CELLS)
        view = drawn.figure["layout"]["meta"]["view"]
        frame = density(asked_for(**MONTH), "opened", *view, cells["meta"]["cell"])
        assert cells["text"] == frame["n"].tolist() and sum(cells["text"]) == 59
        assert cells["meta"]["cell"] == 0.0256, "1.06 degrees in at most 64 cells"

    def test_the_note_says_how_many_cases_have_no_place(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map, show="density", metric="opened")
        assert drawn.note.startswith("2 cases of 61 have no place and cannot be drawn.")

    def test_the_fullest_cell_is_named_by_its_area(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_map, show="density", metric="opened")
        first = drawn.twin.frame.iloc[0]
        assert drawn.finding.startswith(f"The fullest spot lies in Abbey: {first['n']} cases of 59 in a cell of about 2,850 m")
        assert listed(first["href"]) == first["n"] == 26, "and leads to the cases of the cell, not of all Abbey"

    def test_figures_made_of_figures_show_the_cases_behind_them(self, city_map: Any) -> None:
        assert drawn_by(city_map.draw_map, show="density", metric="per_1000").metric == "resident_opened"

    def test_a_closer_look_counts_finer_cells_and_sends_nothing_else(self, city_map: Any) -> None:
        from components.density_map import closer

        asked = asked_for(**MONTH)
        figure = drawn_by(city_map.draw_map, show="density", metric="opened").figure
        found = closer(asked, "opened", "quarter", (10.0, 50.0, 10.2, 50.2))
        assert found is not None
        at, cells = found
        assert figure["data"][at]["name"] == cells["name"] == maps.CELLS
        assert cells["meta"]["cell"] == 0.0032 and sum(cells["text"]) == 40
        assert closer(asked, "opened", "ward", (10.0, 50.0, 10.2, 50.2)) is None

    @pytest.mark.parametrize("value", [
        "10,50,11,51", {}, [1, 2, 3], [1, 2, 3, 4, 5], ["10", 50, 11, 51], [True, 50, 11, 51], [float("nan"), 50, 11, 51], [11, 50, 10, 51],
        [10, 51, 11, 50], [-181, 50, 11, 51], [10, -91, 11, 51], [10, 50, float("inf"), 51], [None] * 4, [[10], 50, 11, 51],
    ], ids=str)  # fmt: skip
    def test_what_is_no_part_of_a_map_is_refused(self, city_map: Any, value: Any) -> None:
        with pytest.raises(BadQuestion, match="cannot be read"):
            city_map.viewport(value)


class TestBeside:
    def test_the_ranking_has_its_n_and_leaves_out_what_is_unsure(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_rank)
        assert drawn.figure["data"][0]["y"] == ["Abbey (40, far below)"]
        assert drawn.figure["data"][0]["marker"]["color"] == [theme.BAD]
        assert "Not ranked: 1 area with fewer than 20." in drawn.note

    def test_reports_per_1000_come_with_their_warning(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_per_1000)
        assert drawn.finding == "Only Abbey has enough cases to be compared: 40.0 per 1,000 residents."
        assert "Not ranked: 1 area with fewer than 10." in drawn.note, "Down, without a case"
        assert "A reporting rate, never a measure of need" in drawn.note and "the city does not say" in drawn.note

    def test_where_nobody_reported_nobody_is_said_to_report_most(self, city_map: Any) -> None:
        for draw in (city_map.draw_per_1000, city_map.draw_rank, city_map.draw_map):
            drawn = drawn_by(draw, metric="per_1000", from_="2026-03-09")
            assert "nobody reported a case in any of the quarters" in drawn.finding

    def test_two_without_a_report_do_not_differ_beyond_chance(self, city_map: Any) -> None:
        asked = asked_for(**{**MONTH, "from_": "2026-03-09"})
        drawn = city_map.draw_pair(asked, view_for(asked, area="quarter.abbey", **{"with": "quarter.down"}))
        assert drawn.finding == "Abbey and Down cannot be told apart." and drawn.figure is None

    def test_without_populations_there_is_a_reason(self, city_map: Any) -> None:
        drawn = drawn_by(city_map.draw_per_1000, layer="ward")
        assert drawn.figure is None and drawn.finding.startswith("It is not known how many people live in the wards")

    def test_areas_side_by_side_lead_to_their_cases_and_the_map(self, city_map: Any) -> None:
        frame = drawn_by(city_map.draw_compared).twin.frame.set_index("label")
        assert [listed(address) for address in frame["opened_cases"]] == frame["opened"].tolist() == [40, 15, 4, 0]
        assert frame["ontime_due"].tolist()[:2] == [0.6, 1.0]
        assert drawn_by(city_map.draw_compared).finding == drawn_by(city_map.draw_map, metric="opened").finding
        assert frame["ontime_due_cases"].isna().tolist() == [False, False, True, True], "few cases and none are no figure, and lead nowhere"
        assert frame["map"]["Abbey"].startswith("/map?") and "layer=ward" in frame["map"]["Abbey"]

    def test_a_figure_no_area_has_is_no_column(self, city_map: Any) -> None:
        assert "per_1000" in drawn_by(city_map.draw_compared).twin.frame
        assert "per_1000" not in drawn_by(city_map.draw_compared, layer="ward").twin.frame


def test_a_city_without_areas_says_so(city_map: Any) -> None:
    for draw in (city_map.draw_map, city_map.draw_rank, city_map.draw_per_1000, city_map.draw_compared):
        drawn = draw(asked_for(**MONTH), {"show": "areas", "metric": "ontime_due", "layer": "none"})
        assert drawn.figure is None and "names no areas" in drawn.finding


@pytest.mark.parametrize("city", [real.BALTIMORE, real.NYC_2018, real.LOS_ANGELES], ids=lambda city: city.name)
def test_real_boundaries_are_drawn_whole_and_light(city_map: Any, city: RealCity, load_real: Callable[[RealCity], Loaded]) -> None:
    asked = load_real(city).asked()
    layer = city.layers[0]["id"]
    drawn = district_map(asked, "opened", layer)
    assert drawn.figure is not None
    members = asked.mart.dimensions.areas(layer)
    assert (
        len(trace(drawn, "areas")["locations"]) == len(drawn.twin.frame) == sum(member.extra["geometry"] is not None for member in members)
    )
    assert all(is_clockwise(ring) == outside for outside, ring in rings(drawn))
    assert len(json.dumps(drawn.figure)) < HEAVIEST
    found = shapes.layer_shapes(asked, layer)
    assert found is not None and all(found.area_at(spot.lon, spot.lat) for spot in found.spots.values())


MAP = "#chart-area-map"


def zoom(found: Watched) -> float:
    return found.page.evaluate(f"document.querySelector('{MAP} .js-plotly-plot')._fullLayout.geo.projection.scale")


def cell_becomes(found: Watched, wanted: float) -> bool:
    """Whether the cells get this wide; a machine that is busy with other tests takes its time."""
    for _ in range(300):
        if cell(found) == wanted:
            return True
        found.page.wait_for_timeout(50)
    return False


def cell(found: Watched) -> float:
    return found.page.evaluate(f"document.querySelector('{MAP} .js-plotly-plot').data.find(one => one.name === 'cells').meta.cell")


@pytest.mark.browser
class TestInTheBrowser:
    def test_a_reader_chooses_zooms_and_clicks_through_to_the_cases(self, browser: Browser, staff_url: str) -> None:
        with watched(browser) as found:
            found.page.goto(staff_url + "/map")
            assert found.drawn(7) == 7
            paths = found.page.locator(f"{MAP} .choroplethlayer path")
            expect(paths.first).to_be_visible()
            frame = found.page.locator(f"{MAP} .js-plotly-plot").bounding_box()
            assert frame is not None
            sizes = found.page.evaluate(
                f"[...document.querySelectorAll('{MAP} .choroplethlayer path')].slice(0, 8).map(path => path.getBBox().width)"
            )
            assert all(0 < size < frame["width"] / 2 for size in sizes), "no outline is turned inside out"
            expect(found.page.locator(f"{MAP} .scatterlayer text", has_text="Mills")).to_be_visible()

            found.choose("layer", "neighbourhood")
            assert found.drawn(7) == 7
            assert "layer=neighbourhood" in found.page.url
            expect(found.page.locator(f"{MAP} .finding")).to_contain_text("neighbourhoods")
            found.page.get_by_role("button", name=re.compile("Zoom in")).click()
            found.settle()
            assert zoom(found) == 2
            found.choose("metric", "opened")
            assert found.drawn(7) == 7
            assert zoom(found) == 2, "the reader's zoom is kept"
            found.page.go_back()
            assert found.drawn(7) == 7
            expect(found.page.locator(f"{MAP} .subtitle")).to_contain_text("On time by neighbourhood")

            found.page.get_by_role("button", name="Whole city").click()
            found.settle()
            area = paths.first.bounding_box()
            assert area is not None
            found.page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
            found.page.wait_for_url(re.compile(r"/cases\?.*of=ontime_due.*neighbourhood="))
            assert (found.errors, found.outside) == ([], [])

    def test_cells_get_finer_as_a_reader_looks_closer(self, browser: Browser, staff_url: str) -> None:
        with watched(browser) as found:
            found.page.goto(staff_url + "/map?show=density&metric=opened&weeks=52")
            assert found.drawn(7) == 7
            before = cell(found)
            found.page.get_by_role("button", name=re.compile("Zoom in")).click()
            assert cell_becomes(found, before / 2), "half the view, cells of half the width"
            found.choose("department", "public-works")
            assert found.drawn(7) == 7
            assert zoom(found) == 2 and cell_becomes(found, before / 2), "also after the question changed"
            top = found.page.evaluate("window.scrollY")
            found.page.mouse.move(400, 600)
            found.page.mouse.wheel(0, 200)
            found.page.wait_for_timeout(300)
            assert found.page.evaluate("window.scrollY") > top and zoom(found) == 2, "a wheel alone scrolls the page"
            assert (found.errors, found.outside) == ([], [])

    def test_everybody_can_use_it_with_everything_open(self, browser: Browser, staff_url: str) -> None:
        with watched(browser, size=PHONE) as found:
            found.page.goto(staff_url + "/map")
            found.settle()
            found.page.evaluate("document.querySelectorAll('details.twin').forEach(part => { part.open = true; })")
            for _dark in found.on_both():
                assert (found.violations(), found.errors, found.outside) == ([], [], [])
                assert found.overflow() <= 0

    def test_the_table_leads_where_the_map_does_without_a_reload(self, browser: Browser, staff_url: str) -> None:
        with watched(browser) as found:
            found.page.goto(staff_url + "/map")
            found.settle()
            found.page.evaluate("window.isSame = true")
            found.page.locator(MAP).get_by_text("Show as table").click()
            found.page.locator(f"{MAP} tbody th a").first.click()
            found.page.wait_for_url(re.compile(r"/cases\?.*of=ontime_due"))
            assert found.page.evaluate("window.isSame") is True
