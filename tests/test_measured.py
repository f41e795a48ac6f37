"""Figures that are not cases, judged: gap and verdict in their own unit, years that may be added up, holes that say why, signals of long series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from access import Viewer
from components import gate
from metrics import measured, measured_signals
from metrics.measured_series import Series, series
from metrics.question import BadQuestion
from tests.support.desks import asked_for, at_desk, view_for
from tests.test_measure_shapes import MAPPING, row, town_of

HEAD = Viewer("f", "Head of Fire", "department", ("fire",))
JULY = {"fiscal_year_start": 7}


def months(first: str, values: list[Any], target: Any = "", **more: Any) -> list[str]:
    """A row for each value, from month `first` (2025-07) on."""
    year, month = int(first[:4]), int(first[5:])
    return [
        row(f"{year + (month - 1 + at) // 12}-{(month - 1 + at) % 12 + 1:02d}", value, target, **more) for at, value in enumerate(values)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four measures of Fire and three of Roads; the data reach to the end of August 2026."""
    made = tmp_path_factory.mktemp("measured")
    calm = [100, 104, 98, 102, 101, 97, 103, 99, 100, 102, 98, 101]
    rows = [
        # Twelve calm months, then two far above: the target is 110.
        *months("2025-07", [*calm, 140, 139], 110, verdict="red", about="Hours beyond the shift"),
        # 99.96 of 100 is a miss; the source calls it half a success.
        row("2026-08", 99.96, 100, measure="Trucks ready", unit="%", better="more", verdict="amber"),
        # A hole in May, a word in June, a note in July.
        *months("2026-03", [5, 6], measure="Drills", unit="#", better="more"), row("2026-06", "many", measure="Drills", unit="#", better="more"),
        row("2026-07", "", measure="Drills", unit="#", better="more", note="The hall was closed"), row("2026-08", 7, 7, measure="Drills", unit="#", better="more"),
        row("2020-01", 3, 1, measure="Sirens heard", unit="#", better="less"),
        # A rate has its year's target in each month; a number has not.
        row("2026-08", 44, department="Roads", measure="Minutes to a pothole", unit="minutes", adds=""),
        row("FY2027", "", 40, department="Roads", measure="Minutes to a pothole", unit="minutes", adds=""),
        row("2026-08", 44, department="Roads", measure="Potholes", unit="#", better="more"), row("FY2027", "", 40, department="Roads", measure="Potholes", unit="#", better="more"),
        row("2026-08", 0, 0, department="Roads", measure="Accidents", unit="#", better="less"),
    ]  # fmt: skip
    town = town_of(made, *rows, mapping=MAPPING.replace('period_grain = "month"\n', ""), city=JULY)
    town.load()
    return made / "data"


@pytest.fixture(autouse=True)
def desk(staff_app: Flask, folder: Path) -> Any:
    with at_desk(folder, **JULY):
        yield


def states() -> dict[str, str]:
    return measured.standing(asked_for()).set_index("name")["state"].to_dict()


def of(slug: str, department: str = "fire", grain: str = "") -> Series:
    return series(asked_for(), department, slug, grain)


class TestWhereTheyStand:
    def test_a_value_meets_its_target_or_misses_it_and_nothing_is_rounded_before(self) -> None:
        assert states() == {
            "Overtime": "missed", "Trucks ready": "missed", "Drills": "met", "Sirens heard": "lapsed", "Minutes to a pothole": "missed", "Potholes": "no_target",
            "Accidents": "met",
        }  # fmt: skip

    def test_the_furthest_from_its_target_comes_first_and_the_count_says_of_how_many(self) -> None:
        frame = measured.standing(asked_for())
        assert frame["name"].tolist()[:3] == ["Overtime", "Minutes to a pothole", "Trucks ready"], "29 of 110, 4 of 40 and 0.04 of 100"
        assert measured.kept(frame) == (2, 5)
        assert frame["gap"].tolist()[:3] == [29, 4, pytest.approx(-0.04)]
        assert measured.by_department(frame)[["department", "missed", "met", "not_judged"]].values.tolist() == [
            ["fire", 2, 1, 1],
            ["roads", 1, 1, 1],
        ]

    def test_a_year_s_target_holds_for_the_months_of_a_rate_and_not_for_those_of_a_number(self) -> None:
        frame = measured.standing(asked_for()).set_index("name")
        assert frame.loc["Minutes to a pothole", ["target", "target_is"]].tolist() == [40, "year"]
        assert frame.loc["Potholes", "target"] != frame.loc["Potholes", "target"]

    def test_a_head_of_department_sees_no_other_department_s_figures(self, folder: Path) -> None:
        with at_desk(folder, HEAD, **JULY):
            assert set(measured.standing(asked_for())["department"]) == {"fire"}
            with pytest.raises(BadQuestion, match="not open to you"):
                series(asked_for(), "roads", "potholes")

    def test_what_was_known_at_an_earlier_day_has_no_later_period(self) -> None:
        frame = measured.standing(asked_for(as_of="2026-07-15")).set_index("name")
        assert frame.loc["Overtime", ["value", "state"]].tolist() == [101, "met"], "July had begun and was not over"


class TestOneFigure:
    def test_every_period_without_a_value_says_why(self) -> None:
        frame = of("drills").frame
        assert frame["why"].tolist() == ["", "", "no_row", "no_number", "no_figure", ""]
        assert frame["because"].tolist()[3:5] == ["many", "The hall was closed"]

    def test_a_year_is_added_up_only_where_the_source_says_so_and_all_its_months_are_there(self) -> None:
        years = of("overtime").years
        assert years[["fiscal_year", "made", "periods", "of"]].values.tolist() == [[2026, "added", 12, 12], [2027, "incomplete", 2, 12]]
        assert years["value"].iloc[0] == 1205 and years["target"].iloc[0] == 1320 and years["state"].iloc[0] == "met"
        assert of("minutes-to-a-pothole", "roads").years["made"].tolist() == ["never_added"]

    def test_a_long_series_is_judged_by_the_rules_of_control_charts(self) -> None:
        judgement = of("overtime").judgement
        assert (judgement.state, judgement.sign, judgement.points) == ("signal", 1, 14)
        assert judgement.broken[0].nonzero()[0].tolist() == [12, 13], "outside the limits of the first twelve"

    def test_a_short_one_says_that_it_is_too_short(self) -> None:
        assert of("drills").judgement.state == "too_short" and of("drills").judgement.points == 3
        assert of("trucks-ready").judgement.limits is None
        listed = (
            measured_signals.standing(asked_for())
            .merge(measured.standing(asked_for()), left_on="measure_id", right_on="id")
            .set_index("name")
        )
        assert listed["signal"].to_dict()["Overtime"] == "signal" and listed["signal"].to_dict()["Potholes"] == "too_short"

    def test_a_figure_that_is_not_reported_by_quarter_is_not_shown_by_quarter(self) -> None:
        with pytest.raises(BadQuestion, match="not reported by quarter"):
            of("overtime", grain="quarter")


def test_summer_after_summer_is_no_signal_and_a_summer_twice_as_good_is_one(tmp_path: Path) -> None:
    import numpy as np

    year = [20, 22, 30, 45, 70, 120, 160, 150, 80, 40, 25, 21]
    wobble = [1, -1, 2, 0, -2, 1, 0, 2, -1, 1, -2, 0]
    usual = np.array([value + wobble[(at * 5 + n) % 12] for n in range(4) for at, value in enumerate(year)], dtype="float64")
    judged = measured_signals.judge(usual, "month")
    assert judged.is_seasonal and judged.state == "quiet"
    better = usual.copy()
    better[-6:] *= 2
    assert measured_signals.judge(better, "month").state == "signal"


class TestPages:
    @pytest.fixture
    def page(self, staff_app: Flask) -> Any:
        from pages.staff import figures

        return figures

    def test_the_list_says_how_many_meet_their_target_and_where_the_source_judges_otherwise(self, page: Any) -> None:
        drawn = page.draw_figures(asked_for(), view_for(asked_for()))
        assert (
            drawn.finding == "2 of 5 figures with a target meet it (40.0 %); furthest from it: Fire, Overtime; Roads, Minutes to a pothole."
        )
        assert "Not judged: 1 no target, 1 no longer reported." in drawn.note
        assert "verdict of its own on 2 of them and differs from ours on 0" in drawn.note
        first = drawn.twin.frame.iloc[0]
        assert first[["value_said", "target_said", "gap_said", "rating_said", "signal_said"]].tolist() == [
            "139 hours", "110 hours", "29 hours more", "not achieved", "signal: higher than before, worse",
        ]  # fmt: skip
        assert first["href"] == "/figures/fire/overtime"

    @pytest.mark.parametrize(("query", "names"), [
        ({"meets": "met"}, ["Drills", "Accidents"]), ({"verdict": "partly"}, ["Trucks ready"]), ({"unit": "minutes"}, ["Minutes to a pothole"]),
        ({"named": "POTHOLE"}, ["Minutes to a pothole", "Potholes"]), ({"change": "signal"}, ["Overtime"]), ({"department": "roads", "meets": "missed"}, ["Minutes to a pothole"]),
        ({"fy": "2020"}, ["Sirens heard"]),
    ])  # fmt: skip
    def test_the_list_is_narrowed(self, page: Any, query: dict[str, str], names: list[str]) -> None:
        asked = asked_for(**query)
        frame = page.draw_figures(asked, view_for(asked, **query)).twin.frame
        assert frame[frame["state"] != "not_reported"]["name"].tolist() == names

    def test_one_figure_is_charted_with_its_unit_and_its_target(self, staff_app: Flask) -> None:
        from components.measured_chart import draw_series, draw_years

        query = {"department": "fire", "measure": "overtime"}
        asked = asked_for(**query)
        drawn = draw_series(asked, view_for(asked, **query))
        assert (
            drawn.finding
            == "139 hours in Aug 2026, 29 hours more than the target: it misses its target; a signal: higher than before, which is worse."
        )
        assert drawn.figure is not None and drawn.figure["layout"]["yaxis"]["title"]["text"] == "Hours"
        assert drawn.figure["data"][0]["y"][-2:] == [140, 139] and set(drawn.figure["data"][1]["y"]) == {110}
        assert draw_years(asked, view_for(asked, **query)).finding == "1,205 hours in FY 2026: it meets its target of 1,320 hours."

    def test_a_figure_there_is_not_is_refused_in_a_sentence(self, staff_app: Flask) -> None:
        from components.measured_chart import draw_series

        query = {"department": "fire", "measure": "nothing"}
        with pytest.raises(BadQuestion, match="There is no such figure"):
            draw_series(asked_for(**query), view_for(asked_for(**query), **query))

    def test_the_department_s_page_has_them(self, staff_app: Flask) -> None:
        from pages.staff import department

        asked = asked_for(department="roads")
        assert (
            department.draw_figures(asked, view_for(asked)).finding
            == "1 of 2 figures with a target meets it (50.0 %); furthest from it: Minutes to a pothole."
        )
        assert gate.desk().ask({"department": "roads"}).question.department == ("roads",)
