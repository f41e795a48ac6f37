"""Why a share changed: mix and performance, over the town of `tests/support/promises.py` and against plain arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from metrics.compare import mix_parts
from metrics.measure import ask
from metrics.mix import on_time_split
from metrics.question import Question
from metrics.select import Asked
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.marts import MAYOR, calendar_of
from tests.support.promises import CITY, WEEK, make_town

SECOND = replace(WEEK, start=date(2026, 3, 9), end=date(2026, 3, 16))
ROADS = {"from_": "2026-03-09", "to": "2026-03-16", "department": "roads"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("mix"))


@pytest.fixture
def split(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from components import split

    with at_desk(folder):
        yield split


def asked_in(folder: Path, question: Question) -> Asked:
    from data_access.mart.reading import open_mart
    from tests.support.marts import settings_in

    return ask(open_mart(settings_in(folder)), calendar_of(CITY), question, MAYOR)


Types = list[tuple[int, int, int, int]]
SIDES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6)


@given(SIDES)
def test_the_parts_of_all_types_are_the_whole_change(drawn: Types) -> None:
    """Written from the definition, in whole cases: (met, late) before and after."""
    before = {str(i): (m + late, m / (m + late)) for i, (m, late, _, _) in enumerate(drawn) if m + late}
    after = {str(i): (m + late, m / (m + late)) for i, (_, _, m, late) in enumerate(drawn) if m + late}
    parts = mix_parts(before, after)
    if not before or not after:
        assert parts is None
        return
    assert parts is not None
    met_before, n_before = sum(row[0] for row in drawn), sum(row[0] + row[1] for row in drawn)
    met_after, n_after = sum(row[2] for row in drawn), sum(row[2] + row[3] for row in drawn)
    assert sum(mix + rate for mix, rate in parts.values()) == pytest.approx(met_after / n_after - met_before / n_before, abs=1e-12)
    assert all(rate == 0 for name, (_, rate) in parts.items() if name not in before or name not in after)


@given(SIDES)
def test_without_a_change_of_mix_all_is_performance_and_the_other_way_round(drawn: Types) -> None:
    same_mix = {str(i): (a + b + 1, a / (a + b + 1)) for i, (a, b, _, _) in enumerate(drawn)}
    better = {name: (2 * n, share / 2) for name, (n, share) in same_mix.items()}
    parts = mix_parts(same_mix, better)
    assert parts is not None and all(mix == pytest.approx(0, abs=1e-12) for mix, _ in parts.values())
    other_mix = {str(i): (c + d + 1, same_mix[str(i)][1]) for i, (_, _, c, d) in enumerate(drawn)}
    parts = mix_parts(same_mix, other_mix)
    assert parts is not None and all(rate == 0 for _, rate in parts.values())


def test_a_type_pulls_down_by_growing_only_if_it_is_kept_less_often_than_the_rest() -> None:
    """Hard work grows from 10 to 30 of 100: 0.86 becomes 0.78; easy work's shrinking counts too. Middle 0.82."""
    parts = mix_parts({"easy": (90, 0.9), "hard": (10, 0.5)}, {"easy": (70, 0.9), "hard": (30, 0.5)})
    assert parts is not None
    assert parts["hard"] == (pytest.approx(0.2 * (0.5 - 0.82)), 0)
    assert parts["easy"] == (pytest.approx(-0.2 * (0.9 - 0.82)), 0)


def test_roads_got_better_and_its_work_easier(folder: Path) -> None:
    """Roads kept 20 of 41 (15 of 30 potholes, 5 of 10 trees, 0 of 1 lamp), then 9 of 12, potholes only."""
    made = on_time_split(asked_in(folder, replace(SECOND, department=("roads",))), 7)
    assert made is not None
    assert (made.before, made.n_before, made.after, made.n_after) == (pytest.approx(20 / 41), 41, 0.75, 12)
    assert made.rate == pytest.approx(0.25 * (30 / 41 + 1) / 2)
    assert made.mix == pytest.approx(0.75 - 20 / 41 - made.rate) and made.is_said
    assert made.at_former_mix == pytest.approx((30 * 0.75 + 5) / 41)
    assert made.types["key"].tolist()[0] == "pothole"
    assert made.types["total"].sum() == pytest.approx(made.change)


def test_a_period_with_nothing_due_has_nothing_to_split(folder: Path) -> None:
    assert on_time_split(asked_in(folder, WEEK), 7) is None


class TestChart:
    def test_the_finding_says_how_much_is_mix(self, split: Any) -> None:
        asked = asked_for(**ROADS)
        drawn = split.draw_split(asked, view_for(asked))
        assert drawn.finding == (
            "75.0 % on time, 26.2 points more than in the week before: a changed mix of request types made +4.6 points of it, performance +21.6 points."
        )
        assert drawn.title == "Change of the share on time, 9 to 15 Mar 2026 against the week before"
        assert split.city_words(asked, "before").startswith(
            "Each case one vote: 75.0 %. With the mix of request types of the week before: 67.1 %"
        )

    def test_both_periods_lead_to_their_cases(self, split: Any) -> None:
        asked = asked_for(**ROADS)
        frame = split.draw_split(asked, view_for(asked)).twin.frame
        for count, address in (("n", "all"), ("n_before", "all_before")):
            assert [listed(where) for where in frame[address]] == frame[count].tolist()
        late = frame["n_before"] * (1 - frame["value_before"])
        assert [listed(where) for where in frame["late_before"]] == late.round().tolist() == [15, 5, 1]

    def test_a_share_of_one_lamp_is_not_shown(self, split: Any) -> None:
        asked = asked_for(**ROADS)
        frame = split.draw_split(asked, view_for(asked)).twin.frame.set_index("key")
        assert frame["shown_before"].isna()["lamp"] and frame["shown_before"]["tree"] == 0.5

    def test_too_few_cases_explain_nothing(self, split: Any) -> None:
        asked = asked_for(**{**ROADS, "department": "parks"})
        drawn = split.draw_split(asked, view_for(asked, against="year"))
        assert drawn.figure is None and drawn.finding.startswith("Fewer than 10 cases") and "a year earlier" in drawn.finding
        assert split.city_words(asked) == ""
