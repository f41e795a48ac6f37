"""All that has a target: misses first, the score behind them; over a town of measures, and over the town of `tests/support/promises.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from access import Viewer
from components import gate
from metrics.scored import scored
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.promises import make_town
from tests.test_measures import line, rooms

MONTH = {"from_": "2026-03-02", "to": "2026-03-30"}
HEAD = Viewer("p", "Head of Parks", "department", ("parks",))


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores 0.99125, 0.8, 2 (a zero where lower is better) and 1.25; two cannot be scored; and a year before."""
    folder = tmp_path_factory.mktemp("measures")
    down = "Down is Better"
    town = rooms(
        folder, line("On time", value=79.3, target=80), line("Median days", value=10, target=8, direction=down, activity="Trees"),
        line("Complaints", value=0, target=5, direction=down), line("Answered", value=100, target=80, department="Roads"),
        line("Nobody reported", target=80), line("Visitors", value=5, target=4, direction="Neutral"), line("On time", 2024, value=90, target=80),
    )  # fmt: skip
    town.load()
    return folder / "data"


@pytest.fixture(scope="module")
def promises(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("targets"))


@pytest.fixture
def page(staff_app: Flask) -> Any:
    from pages.staff import targets

    return targets


def test_misses_come_first_and_the_score_says_what_it_leaves_out(page: Any, measures: Path) -> None:
    with at_desk(measures):
        found = scored(asked_for(), None)
        drawn = page.draw_targets(asked_for(), view_for(asked_for()))
    assert found.frame["label"].tolist()[:4] == ["Median days", "On time", "Answered", "Complaints"]
    assert found.frame["score"].tolist()[:4] == [0.8, pytest.approx(0.99125), 1.25, 2.0]
    assert found.frame["state"].tolist() == ["missed", "missed", "met", "met", "not_reported", "no_direction"]
    assert (found.score.score, found.score.scored, found.score.total, found.score.below_target) == (pytest.approx(1.2603125), 4, 6, 2)
    assert drawn.finding == "2 of 4 scored measures miss the target; furthest: Parks, Median days; Parks, On time."
    assert "4 of 6 scored, 2 below target. Mean score 1.26" in drawn.note
    assert drawn.title.endswith("measures of FY 2025")


def test_nothing_is_rounded_up_to_its_target(page: Any, measures: Path) -> None:
    with at_desk(measures):
        frame = page.draw_targets(asked_for(), view_for(asked_for())).twin.frame.set_index("label")
    assert frame.loc["Parks: On time"][["value_said", "target_said", "score_said", "state_said"]].tolist() == [
        "79.30",
        "80",
        "0.99",
        "missed",
    ]
    assert page.said(0.9996) == "0.99" and page.said(1.0) == "1.00" and page.said(0.29) == "0.29"


def test_a_budget_programme_is_named_where_there_is_one(page: Any, measures: Path) -> None:
    with at_desk(measures):
        named = page.draw_targets(asked_for(), view_for(asked_for())).twin.frame["named"].tolist()
    assert "Median days (Trees)" in named and "Answered" in named


def test_an_earlier_year_and_one_department_can_be_chosen(page: Any, measures: Path) -> None:
    with at_desk(measures):
        asked = asked_for()
        assert page.draw_targets(asked, view_for(asked, year="2024")).finding == "The one measure that can be scored meets its target."
        assert scored(asked_for(department="roads"), None).frame["label"].tolist() == ["Answered"]
    with at_desk(measures, HEAD):
        assert set(scored(asked_for(), None).frame["department"]) == {"parks"}


def test_departments_shares_are_scored_against_their_own_targets(page: Any, promises: Path) -> None:
    """Parks 40 of 44 (target 80 %), Roads 30 of 54 (90 %), Water has none of its own and the city's is 85 %: 82 of 110."""
    with at_desk(promises, on_time_target=0.85):
        asked = asked_for(**MONTH)
        found = scored(asked, 0.85)
        assert list(zip(found.frame["department_label"], found.frame["state"], strict=True)) == [
            ("Roads", "missed"), ("All departments", "missed"), ("Parks", "met"), ("Water", "met"),
        ]  # fmt: skip
        assert found.frame["score"].tolist() == pytest.approx([30 / 54 / 0.9, 82 / 110 / 0.85, 40 / 44 / 0.8, 1 / 0.85])
        # All departments together are the others once more: the mean is of those.
        assert (found.score.score, found.score.scored) == (pytest.approx((30 / 54 / 0.9 + 40 / 44 / 0.8 + 1 / 0.85) / 3), 3)
        assert scored(asked, None).frame["state"].tolist() == ["missed", "met", "no_target"]
        frame = page.draw_targets(asked, view_for(asked)).twin.frame
        assert [listed(address) for address in frame["all"]] == frame["n"].tolist() == [54, 110, 44, 12]
        assert [listed(address) for address in frame["href"]] == [24, 28, 4, 12]


def test_shares_of_a_few_cases_are_not_scored(promises: Path) -> None:
    with at_desk(promises):
        week = asked_for(from_="2026-03-09", to="2026-03-16", department="parks")
        assert scored(week, 0.85).frame["state"].tolist() == ["few"]


def test_a_city_without_targets_says_so(page: Any, promises: Path) -> None:
    with at_desk(promises):
        asked = asked_for(from_="2026-03-23", to="2026-03-30")
        assert page.draw_targets(asked, view_for(asked)).finding == "Nothing with a target was measured in this period."
        assert gate.desk().city.facts.on_time_target is None
