"""Comparisons: changes and when a percentage may be given, mixes, fair ranking, rates per head, weeks of work."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from math import inf
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.compare import change, mix_and_rate, trend, weeks_of_work
from metrics.headline import headline
from metrics.intervals import funnel_z, tier, wilson
from metrics.measure import ask, measure
from metrics.question import Question
from metrics.ranking import Contender, leaderboard, shrunk, standardised
from metrics.score import CAP, city_score, component
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city


@pytest.mark.parametrize(("current", "previous", "direction", "said"), [
    (30, 20, "neither", (10, 0.5, "none")), (30, 20, "higher", (10, 0.5, "better")), (30, 20, "lower", (10, 0.5, "worse")),
    (10, 20, "lower", (-10, -0.5, "better")), (20, 20, "lower", (0, 0, "same")), (30, 19, "lower", (11, None, "worse")),
    (30, 0, "lower", (30, None, "worse")), (None, 20, "lower", (None, None, "none")), (20, None, "lower", (None, None, "none")),
    (-5, -25, "lower", (20, None, "worse")),
])  # fmt: skip
def test_a_change_has_a_percentage_only_on_a_base_of_twenty(current: Any, previous: Any, direction: Any, said: tuple[Any, ...]) -> None:
    found = change(current, previous, direction)
    assert (found.difference, found.share, found.verdict) == said


def test_from_nothing_there_is_no_percentage_whatever_the_base_asked_for() -> None:
    assert change(0.5, 0.0, "higher", 0).share is None
    assert change(0.5, 0.4, "higher", 0).share == pytest.approx(0.25)


def test_a_total_may_fall_while_every_type_gets_better() -> None:
    """Easy: 90 of 100 at 0.9, then 10 at 0.95. Hard: 10 at 0.2, then 90 at 0.3. The total falls from 0.83 to 0.365, all of it mix."""
    found = mix_and_rate({"easy": (90, 0.9), "hard": (10, 0.2)}, {"easy": (10, 0.95), "hard": (90, 0.3)})
    assert found is not None
    total, mix, rate = found
    assert (total, mix, rate) == (pytest.approx(-0.465), pytest.approx(-0.54), pytest.approx(0.075))


def test_a_type_that_is_new_changes_the_mix_only() -> None:
    assert mix_and_rate({"a": (10, 0.5)}, {"a": (10, 0.5), "b": (10, 1.0)}) == (pytest.approx(0.25), pytest.approx(0.25), 0)


def test_a_period_without_cases_has_no_mix() -> None:
    assert mix_and_rate({}, {"a": (10, 0.5)}) is None
    assert mix_and_rate({"a": (10, 0.5)}, {"a": (0, 0.0)}) is None


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1), st.integers(1, 50), st.floats(0, 1)), min_size=1, max_size=6))
def test_mix_and_rate_add_up_to_the_change_of_the_total(types: list[tuple[int, float, int, float]]) -> None:
    before, after = ({str(i): (row[n], row[n + 1]) for i, row in enumerate(types)} for n in (0, 2))
    found = mix_and_rate(before, after)  # type: ignore[arg-type]
    totals = [sum(n * p for n, p in side.values()) / sum(n for n, _ in side.values()) for side in (before, after)]
    assert found is not None
    assert found[0] == pytest.approx(totals[1] - totals[0])
    assert found[1] + found[2] == pytest.approx(found[0])


@pytest.mark.parametrize(("opened", "word"), [(80, "steady"), (81, "growing"), (79, "shrinking")])
def test_a_backlog_goes_the_way_of_what_is_opened_less_what_is_closed(opened: float, word: str) -> None:
    assert trend(opened - 80) == word


def test_weeks_of_work_are_the_backlog_at_the_pace_of_closings_and_null_without_any() -> None:
    found = weeks_of_work(pd.Series([40.0, 40.0]), pd.Series([80.0, 0.0]), 8)
    assert found[0] == 4 and pd.isna(found[1])


# Fair ranking


def _places(*rows: tuple[str, float, float, float | None]) -> list[tuple[str, str | None, int | None, str | None]]:
    return [(p.contender.name, p.tier, p.rank, p.reason) for p in leaderboard([Contender(n.lower(), n, met, due, target) for n, met, due, target in rows])]  # fmt: skip


def test_departments_are_ranked_against_their_own_target_and_ties_share_a_rank() -> None:
    """z is (share - target) / sqrt(target (1 - target) / n): 95 of 100 against 80 % is +3.75, 80 is 0, 70 is -2.5."""
    assert _places(("Water", 80, 100, 0.8), ("Parks", 80, 100, 0.8), ("Roads", 70, 100, 0.8), ("Lights", 95, 100, 0.8)) == [
        ("Lights", "far_above", 1, None), ("Parks", "as_expected", 2, None), ("Water", "as_expected", 2, None), ("Roads", "below", 4, None),
    ]  # fmt: skip


def test_nobody_is_ranked_on_nine_cases_or_without_a_target() -> None:
    assert _places(("Few", 9, 9, 0.8), ("Aimless", 90, 100, None), ("Ten", 8, 10, 0.8)) == [
        ("Ten", "as_expected", 1, None), ("Aimless", None, None, "no_target"), ("Few", None, None, "too_few"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("met", "target", "its_tier"), [(20, 1.0, "as_expected"), (19, 1.0, "far_below"), (1, 0.0, "far_above"), (0, 0.0, "as_expected")]
)
def test_a_target_of_everything_is_a_target(met: float, target: float, its_tier: str) -> None:
    assert _places(("Fire", met, 20, target)) == [("Fire", its_tier, 1, None)]


@pytest.mark.parametrize(("z", "its_tier"), [(1.95, "as_expected"), (-1.95, "as_expected"), (1.96, "above"), (-1.96, "below"), (3.08, "above"), (3.09, "far_above"), (-3.09, "far_below")])  # fmt: skip
def test_tiers_begin_at_the_funnel_s_limits(z: float, its_tier: str) -> None:
    assert tier(z) == its_tier


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.02, 0.98))
def test_the_funnel_and_the_interval_say_the_same(counts: tuple[int, int], expected: float) -> None:
    """A share is within the 95 % funnel around a target just when its Wilson interval covers the target."""
    hits, n = counts
    z, interval = funnel_z(hits, n, expected), wilson(hits, n)
    assert z is not None and interval is not None
    if abs(abs(z) - 1.959964) > 1e-6:
        assert (abs(z) < 1.959964) == (interval[0] <= expected <= interval[1])
    assert 0 <= interval[0] <= hits / n + 1e-12 and hits / n - 1e-12 <= interval[1] <= 1


def test_no_case_has_no_interval_and_no_z() -> None:
    assert wilson(0, 0) is None
    assert funnel_z(0, 0, 0.8) is None
    assert funnel_z(8, 10, 1.0) is None


def test_a_district_with_only_hard_work_is_compared_with_what_hard_work_gives() -> None:
    """Hard work is met in half of all cases everywhere, easy work in all: neither district is better."""
    found = standardised({"hills": {"hard": (5, 10)}, "port": {"hard": (5, 10), "easy": (20, 20)}})
    assert found["hills"]["raw"] == 0.5
    assert found["hills"]["ratio"] == found["port"]["ratio"] == 1


def test_nothing_can_be_standardised_or_shrunk_from_nothing() -> None:
    assert standardised({}) == standardised({"hills": {"hard": (0, 0)}}) == {}
    assert shrunk({})[2] == {}


def test_a_small_district_is_drawn_towards_the_others_and_one_without_cases_is_left_out() -> None:
    counts = {f"d{i}": (40.0 + 8 * (i % 2), 60.0) for i in range(8)} | {"small": (3.0, 3.0), "none": (0.0, 0.0)}
    common, weight, shares = shrunk(counts)
    assert common < shares["small"] < 1
    assert "none" not in shares
    assert weight > 0


def test_equal_districts_all_get_the_common_share() -> None:
    assert shrunk({"a": (5, 10), "b": (5, 10)}) == (0.5, inf, {"a": 0.5, "b": 0.5})


@pytest.mark.parametrize(("value", "target", "direction", "score"), [
    (0.793, 0.8, "higher", 0.99125), (2.0, 0.8, "higher", CAP), (0, 5, "lower", CAP), (10, 5, "lower", 0.5), (None, 5, "lower", None),
    (5, None, "lower", None), (5, 0, "higher", None), (0, 0, "lower", CAP),
])  # fmt: skip
def test_a_score_is_not_rounded_up_and_nothing_is_the_best_where_lower_is_better(
    value: Any, target: Any, direction: Any, score: Any
) -> None:
    assert component(value, target, direction) == (None if score is None else pytest.approx(score))


def test_a_city_score_says_how_many_parts_miss() -> None:
    found = city_score([1.5, 0.5, None, 0.9])
    assert (found.scored, found.total, found.below_target) == (3, 4, 2)
    assert city_score([None]).score is None


# Rates per head, weeks of work, tiles

CITY_ZONE = "America/New_York"
EVERYTHING = Question(date(2025, 9, 1), date(2026, 4, 20), worlds.AS_OF, case_class=())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("compare")
    city = worlds.city(folder, CITY_ZONE)
    return ask(worlds.mart_of(folder, worlds.world(5, "w0", CITY_ZONE, 150), city), calendar_of(city), EVERYTHING, MAYOR)


@pytest.mark.parametrize(("areas", "people"), [
    # North, south and east have 9,000, 400 and 1,200; nobody lives in west.
    ((), 10_600), ((("district", "north"),), 9_000), ((("district", "north"), ("district", "east")), 10_200), ((("district", "west"),), None),
    ((("district", "south"),), None), ((("quarter", "old"),), 800), ((("district", "north"), ("quarter", "old")), None),
])  # fmt: skip
def test_reports_are_divided_by_the_people_of_the_areas_chosen(
    asked: Asked, areas: tuple[tuple[str, str], ...], people: int | None
) -> None:
    some = asked.about(replace(EVERYTHING, areas=areas))
    count = measure("resident_opened", some).value
    assert count
    assert measure("per_1000", some).value == (None if people is None else pytest.approx(count / people * 1000))


@pytest.mark.parametrize(
    ("chosen", "shown"), [((("district", "north"),), {"old"}), ((("district", "south"),), {"new"}), ((), {"old", "new"})]
)
def test_a_quarter_s_rate_is_known_where_the_whole_quarter_is_counted(asked: Asked, chosen: Any, shown: set[str]) -> None:
    """Old lies in north and new in south."""
    frame = measure("per_1000", asked.about(replace(EVERYTHING, areas=chosen)), by="quarter").frame
    assert set(frame.loc[frame["value"].notna(), "key"]) == shown


def test_a_pair_of_layers_has_no_known_people(asked: Asked) -> None:
    frame = measure("per_1000", asked, by=("district", "quarter")).frame
    assert frame["value"].isna().all() and frame["n"].sum() > 0
    by_type = measure("per_1000", asked, by=("request_type", "district")).frame
    assert by_type.loc[by_type["key_2"] == "north", "denominator"].eq(9_000).all()


@pytest.fixture(scope="module")
def tidy(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Eight cases opened and closed every Wednesday of the 13 weeks from 5 January 2026, and forty that stay open; known until Tuesday noon, 7 April."""
    made = [
        {"source_id": f"{week}-{n}", "opened_at": datetime(2026, 1, 7, 9) + timedelta(weeks=week), "closed_at": datetime(2026, 1, 7, 12) + timedelta(weeks=week)}
        for week in range(13) for n in range(8)
    ]  # fmt: skip
    made += [{"source_id": f"open-{n}", "opened_at": datetime(2026, 1, 5, 9), "closed_at": None} for n in range(40)]
    city = small_city("UTC")
    cases = [{**case, "department": "parks", "request_type": "tree", "case_class": "service"} for case in made]
    mart = make_mart(tmp_path_factory.mktemp("tidy"), cases, as_of=datetime(2026, 4, 7, 12), city=city)
    return ask(mart, calendar_of(city), Question(date(2026, 1, 5), date(2026, 4, 13), mart.as_of), MAYOR)


def test_weeks_of_work_count_complete_weeks_only(tidy: Asked) -> None:
    """40 open, 8 closings in each of the last 8 complete weeks: 5 weeks, although the running week has closed none yet."""
    assert measure("weeks_of_work", tidy).value == 5
    assert measure("weeks_of_work", tidy, by="department").frame["value"].tolist() == [5]


def test_weeks_of_work_by_week_look_eight_weeks_back_from_each(tidy: Asked) -> None:
    """After the first week 8 closings in 8 weeks: one a week, 40 weeks of work; after the eighth, 5. The running week leaves itself out."""
    values = measure("weeks_of_work", tidy, period=True).frame["value"].tolist()
    assert values[0] == 40 and values[1] == 20 and values[7] == 5
    assert values[13] == 5
    assert measure("weeks_of_work", tidy, by="department", period=True).frame["value"].tolist() == values


def test_weeks_of_work_by_month_look_back_from_the_last_week_that_ended_in_it(tidy: Asked) -> None:
    """January ends on a Saturday: the last complete week is the third, with 24 closings in 8 weeks: 3 a week."""
    months = tidy.about(replace(tidy.question, start=date(2026, 1, 1), end=date(2026, 4, 1), grain="month"))
    assert measure("weeks_of_work", months, period=True).frame["value"].tolist() == [pytest.approx(40 / 3), pytest.approx(40 / 7), 5]


def test_a_tile_compares_the_last_complete_week_with_the_one_before(tidy: Asked) -> None:
    tile = headline("closed", tidy)
    assert (tile.value, tile.previous.difference) == (8, 0)
    assert len(tile.series) == 26
    assert tile.series["value"].iloc[-1] == 8


def test_a_tile_is_not_compared_with_a_year_of_which_nothing_is_known(tidy: Asked) -> None:
    """The first case was opened on 5 January 2026: of April 2025 there are no figures, which is not a figure of zero."""
    tile = headline("closed", tidy)
    assert (tile.last_year.difference, tile.last_year.verdict, tile.last_year_known, tile.previous_known) == (None, "none", False, True)
    assert tile.series["value"].isna().sum() == 13 and tile.series["value"].dropna().tolist() == [8] * 13
    late = headline("overdue_now", tidy)
    assert late.value == 0 and late.last_year.difference is None


def test_a_week_in_which_the_data_begin_is_not_set_beside_whole_weeks(tidy: Asked) -> None:
    """The first case was opened on Monday 5 January: by weeks that begin on Sunday it lies in the week of the fourth."""
    sunday = replace(tidy, calendar=replace(tidy.calendar, week_start="sunday"))
    weeks = sunday.about(sunday.question.about(start=date(2025, 12, 28), end=date(2026, 1, 18)))
    opened, open_cases = (measure(name, weeks, period=True).frame for name in ("opened", "backlog"))
    assert [None if v != v else v for v in opened["value"]] == [None, None, 8] and opened["n"].tolist() == [0, 48, 8]
    assert [None if v != v else v for v in open_cases["value"]] == [None, 40, 40], "what is open at its end is known"


def test_a_tile_of_a_week_without_cases_to_judge_has_no_value(tidy: Asked) -> None:
    tile = headline("ontime_due", tidy)
    assert (tile.value, tile.n, tile.previous.verdict) == (None, 0, "none")
