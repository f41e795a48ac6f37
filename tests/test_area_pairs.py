"""Two areas side by side, and who is left out, over `tests/support/mosaic.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask

from access import PUBLIC_VIEWER
from data_access.mart.reading import open_mart
from metrics.area_pairs import _median_ends, compare_areas, top_types
from metrics.intervals import wilson
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from tests.support import mosaic
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.marts import MAYOR, settings_in

WHOLE = Question(date(2026, 1, 1), date(2026, 4, 30), mosaic.AS_OF)
PERIOD = {"from_": "2026-01-01", "to": "2026-04-30"}


@pytest.fixture
def asked(mosaic_town: Path) -> Asked:
    return ask(open_mart(settings_in(mosaic_town)), Calendar("UTC", "monday", 1), WHOLE, MAYOR)


def test_the_slow_block_can_be_told_from_its_neighbour_and_two_alike_cannot(asked: Asked) -> None:
    slow = {item.metric.id: item for item in compare_areas(asked, "block", "b44", "b33")}
    assert slow["ontime_due"].told_apart and slow["ontime_given_types"].told_apart
    alike = {item.metric.id: item for item in compare_areas(asked, "block", "b00", "b01")}
    assert alike["ontime_given_types"].told_apart is False


def test_a_share_has_its_wilson_interval_and_a_count_no_verdict(asked: Asked) -> None:
    item = {found.metric.id: found for found in compare_areas(asked, "block", "b44", "b33")}
    cases = [case for case in mosaic.cases() if case["block"] == "B44" and case["case_class"] == "service"]
    met = sum(case["closed_at"] is not None and case["closed_at"] <= case["due_at"] for case in cases)
    side = item["ontime_due"].one
    assert side.value == pytest.approx(met / len(cases)) and side.interval == pytest.approx(wilson(met, len(cases)))
    assert item["opened"].one.value == len(cases) and item["opened"].told_apart is None


def test_the_difference_turns_round_with_the_areas(asked: Asked) -> None:
    for there, back in zip(compare_areas(asked, "block", "b44", "b00"), compare_areas(asked, "block", "b00", "b44"), strict=True):
        if there.low is not None and there.high is not None and back.low is not None:
            assert (there.difference, there.low, there.high) == pytest.approx((-(back.difference or 0), -(back.high or 0), -back.low))
            assert there.told_apart == back.told_apart


def test_a_filter_of_the_same_layer_is_replaced_by_the_two(asked: Asked) -> None:
    filtered = asked.about(WHOLE.about(areas=(("block", "b11"),)))
    assert [item.one for item in compare_areas(filtered, "block", "b44", "b33")] == [
        item.one for item in compare_areas(asked, "block", "b44", "b33")
    ]


def test_an_area_that_another_filter_leaves_out_is_refused_in_words(asked: Asked) -> None:
    elsewhere = asked.about(WHOLE.about(areas=(("old_block", "row-0"),)))
    with pytest.raises(BadQuestion, match="filters leave out one of the two"):
        compare_areas(elsewhere, "block", "b44", "b00")


def test_the_commonest_types_are_counted_for_both(asked: Asked) -> None:
    found = top_types(asked, "block", ("b04", "b00")).set_index("key")
    for column, block in (("one", "B04"), ("other", "B00")):
        counts = Counter(case["request_type"] for case in mosaic.cases() if case["block"] == block and case["case_class"] == "service")
        assert found[column].to_dict() == {kind: counts[kind] for kind in found.index}


def test_the_median_has_the_interval_of_brookmeyer_and_crowley() -> None:
    """Twenty cases closed on days 1 to 20: S is 1 - t/20; the interval of S on the scale log(-log) covers one half from day 5 to day 15."""
    points = pd.DataFrame(
        {"days": range(1, 21), "at_risk": range(20, 0, -1), "closed": 1, "survival": [1 - day / 20 for day in range(1, 21)]}
    )
    assert _median_ends(points) == (5.0, 15.0)
    assert _median_ends(points.head(4)) is None, "where half are not closed nobody knows"


def test_residents_are_not_given_the_comparison(mosaic_town: Path) -> None:
    public = ask(open_mart(settings_in(mosaic_town, "public")), Calendar("UTC", "monday", 1), WHOLE, PUBLIC_VIEWER)
    with pytest.raises(BadQuestion):
        compare_areas(public, "block", "b44", "b33")


class TestOnThePage:
    @pytest.fixture
    def city_map(self, staff_app: Flask, mosaic_town: Path) -> Iterator[Any]:
        from pages.staff import map as city_map

        with at_desk(mosaic_town, on_time_target=0.8):
            yield city_map

    def test_the_sentence_names_what_differs_and_numbers_lead_to_their_cases(self, city_map: Any) -> None:
        asked = asked_for(**PERIOD)
        drawn = city_map.draw_pair(asked, view_for(asked, **{"area": "block.b44", "with": "block.b33"}))
        assert drawn.finding.startswith("B44 and B33 differ beyond chance in ") and "on time" in drawn.finding
        rows = drawn.twin.frame.set_index("figure")
        for name in ("Opened", *(name for name in rows.index if name.startswith("Opened: "))):
            for side in ("one", "other"):
                assert listed(rows.loc[name, f"{side}_href"]) == int(rows.loc[name, side].replace(",", ""))
        assert set(rows["verdict"]) == {"can be told apart", "cannot be told apart", "–"}

    @pytest.mark.parametrize(("one", "other", "said"), [
        ("block.b44", "old_block.row-1", "two kinds"), ("block.b44", "block.b44", "with itself"), ("block.nowhere", "block.b44", "There is no area called"),
    ])  # fmt: skip
    def test_two_that_cannot_be_compared_are_refused_in_words(self, city_map: Any, one: str, other: str, said: str) -> None:
        asked = asked_for(**PERIOD)
        with pytest.raises(BadQuestion, match=said):
            city_map.draw_pair(asked, view_for(asked, **{"area": one, "with": other}))

    def test_until_two_are_chosen_it_asks_for_them(self, city_map: Any) -> None:
        asked = asked_for(**PERIOD)
        drawn = city_map.draw_pair(asked, view_for(asked, area="block.b44"))
        assert drawn.figure is None and drawn.finding.startswith("Choose two areas")

    def test_who_chose_none_is_shown_the_two_that_lie_farthest_apart(self, city_map: Any) -> None:
        asked = asked_for(**PERIOD)
        drawn = city_map.draw_pair(asked, view_for(asked, layer="block"))
        assert drawn.title.startswith("B44 beside ") and "Nobody chose these two" in drawn.note
        assert city_map.draw_pair(asked, {**view_for(asked), "layer": "none"}).figure is None

    def test_who_reports_little_and_waits_long_is_named(self, city_map: Any) -> None:
        asked = asked_for(**PERIOD)
        drawn = city_map.draw_left_out(asked, view_for(asked, layer="block"))
        frame = drawn.twin.frame.dropna(subset=["rate", "days"])
        out = frame[(frame["rate"] < frame["rate"].median()) & (frame["days"] > frame["days"].median())]
        assert drawn.finding.startswith(f"{len(out)} of {len(frame)} blocks report less than is typical and wait longer")
        assert "never a measure of need" in drawn.note and "B22" not in set(frame["label"]), "nobody knows how many live there"
        row = drawn.twin.frame.iloc[0]
        assert listed(row["rate_href"]) == row["n"] and listed(row["href"]) == row["of"]

    def test_the_wait_for_a_report_has_its_interval_and_reason(self, city_map: Any) -> None:
        asked = asked_for(**PERIOD, request_type="pothole")
        drawn = city_map.draw_delays(asked, view_for(asked, layer="block"))
        frame = drawn.twin.frame
        assert {"low", "high", "n", "again"} <= {column.key for column in drawn.twin.columns}
        few = frame["value"].isna()
        assert 0 < few.sum() < 25 and (frame.loc[~few, "again"] >= 5).all()
        assert f"{few.sum()} blocks have too few incidents or further reports" in drawn.note
        trees = asked_for(**PERIOD, request_type="tree")
        drawn = city_map.draw_delays(trees, view_for(trees, layer="block"))
        assert drawn.figure is None and "no duplicates are linked" in drawn.finding
