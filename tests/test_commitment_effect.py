"""Whether a promise moved its figure: hand-made series, what must hold for any series, and weeks of a small city counted by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.commitment_words import sentence
from data_access.mart.reading import open_mart
from data_access.store.annotations import Annotation
from data_access.store.commitments import Commitment
from metrics.commitment_alarms import AFTER, DOCUMENT, no_change_row, shares
from metrics.commitment_effect import Effect, effect, effect_of, verdict_of
from metrics.false_alarms import KINDS
from metrics.measure import ask
from metrics.notes import Rebasing
from metrics.question import parse_question
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

USUAL = [13.0, 15.0] * 6
"""Mean 14; its usual range is 14 -+ 2.66 x 2, from 8.68 to 19.32."""


@pytest.mark.parametrize(("after", "verdict"), [
    ([20.0], "as_hoped"), ([8.0], "worse"), ([14.0] * 5, "too_early"), ([14.0] * 6, "none_yet"), ([16.0] * 7, "as_hoped"), ([12.0] * 7, "worse"),
    ([16.0] * 6, "none_yet"), ([], "too_early"), ([18.0, 14.0, 18.0], "too_early"),
])  # fmt: skip
def test_a_rule_broken_after_the_promise_is_an_effect(after: list[float], verdict: str) -> None:
    """One week outside; seven on one side; six are no rule yet; two of three must be beyond 17.55 with the third on their side."""
    assert verdict_of(USUAL, after, "higher").verdict == verdict


def test_two_of_three_weeks_near_the_limit_are_a_rule() -> None:
    assert verdict_of(USUAL, [18.0, 15.0, 18.0], "higher").verdict == "as_hoped"


def test_what_is_hoped_for_decides_which_way_is_worse() -> None:
    assert [verdict_of(USUAL, [8.0], expected).verdict for expected in ("lower", "higher")] == ["as_hoped", "worse"]


@pytest.mark.parametrize("after", [[15.0] * 7, [20.0] + [14.0] * 11])
def test_a_rule_that_all_weeks_together_do_not_bear_out_is_no_effect_and_said(after: list[float]) -> None:
    """Seven weeks at 15 are a shift, but 1 is less than 1.96 x 1.773 x sqrt(1/7 + 1/12) = 1.65; so is one week at 20 among twelve."""
    told = verdict_of(USUAL, after, "higher")
    assert (told.verdict, told.is_single) == ("none_yet", True)


def test_weeks_before_the_promise_count_for_nothing_after_it() -> None:
    """Six high weeks before and one after are seven in a row, but only one of them is the promise's."""
    before = [13.0, 11.0] * 3 + [15.0] * 6
    assert verdict_of(before, [15.0], "higher").verdict == "too_early"


def test_five_weeks_before_are_too_few() -> None:
    assert verdict_of([13.0, 15.0, 13.0, 15.0, 13.0], [20.0] * 9, "higher").verdict == "not_measurable"


def test_a_figure_that_never_moves_has_no_effect_until_it_moves() -> None:
    assert verdict_of([0.5] * 12, [0.5] * 8, "lower").verdict == "none_yet"
    assert verdict_of([0.5] * 12, [0.5, 0.4], "lower").verdict == "as_hoped"


def test_where_all_that_moved_was_exceptional_the_range_is_what_moved() -> None:
    """One case in twelve weeks: both of its ranges would be left out, and every week without one would be a signal."""
    assert verdict_of([0.0] * 6 + [0.04] + [0.0] * 5, [0.0] * 8, "lower").verdict == "none_yet"


weeks = st.lists(st.integers(-40, 40).map(float), min_size=6, max_size=14)
later = st.lists(st.integers(-80, 80).map(float), max_size=20)


@given(weeks, later)
def test_hope_turned_round_turns_the_verdict_round(before: list[float], after: list[float]) -> None:
    up, down = (verdict_of(before, after, expected).verdict for expected in ("higher", "lower"))
    assert down == {"as_hoped": "worse", "worse": "as_hoped"}.get(up, up)


@given(weeks, later)
def test_a_figure_upside_down_is_judged_as_its_mirror(before: list[float], after: list[float]) -> None:
    mirrored = verdict_of([-value for value in before], [-value for value in after], "lower")
    assert mirrored.verdict == verdict_of(before, after, "higher").verdict


@given(weeks, later, st.integers(-1000, 1000))
def test_where_a_figure_begins_to_count_changes_nothing(before: list[float], after: list[float], by: int) -> None:
    moved = verdict_of([value + by for value in before], [value + by for value in after], "higher")
    assert moved.verdict == verdict_of(before, after, "higher").verdict


@given(weeks, later)
def test_no_effect_is_told_without_a_week_out_of_the_ordinary(before: list[float], after: list[float]) -> None:
    told = verdict_of(before, after, "higher")
    if told.verdict in ("as_hoped", "worse"):
        assert told.side in told.sides
        assert (sum(after) / len(after) - sum(before) / len(before)) * told.side > 0


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_changes_few_are_told_an_effect_and_the_document_says_how_many(kind: str) -> None:
    """Of 1,000 simulated series; within half a year about 4 of 100 on each side."""
    for after in AFTER:
        found = shares(kind, after)
        assert max(found.get("as_hoped", 0.0), found.get("worse", 0.0)) < 6
        assert found["none_yet"] > 90
    assert no_change_row(kind) in DOCUMENT.read_text("utf-8")


# Over a small city: weeks from Monday 5 January 2026, 20 cases due in each, promise on Thursday 2 April in week 13.

CITY = small_city("UTC", department=[{"id": name, "name": name.title()} for name in ("up", "few", "late", "rare")])
FIRST, AS_OF = datetime(2026, 1, 5), datetime(2026, 6, 1)
MADE_ON = date(2026, 4, 2)
MET = {"up": [13, 15] * 6 + [3] + [20] * 8, "few": [2] * 21, "late": [None] * 8 + [13, 15] * 6 + [20], "rare": [20] * 11 + [11] + [20] * 9}
OF = {"up": 20, "few": 3, "late": 20, "rare": 20}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("effect")
    cases: list[dict[str, Any]] = []
    for department, met_by_week in MET.items():
        for week, met in enumerate(met_by_week):
            opened = FIRST + timedelta(weeks=week, hours=9)
            for number in range(0 if met is None else OF[department]):
                closed = opened + timedelta(days=1 if number < (met or 0) else 3)
                cases.append({
                    "source_id": f"{len(cases)}", "department": department, "request_type": "tree", "case_class": "service", "opened_at": opened,
                    "status": "closed", "due_at": opened + timedelta(days=2), "closed_at": closed, "outcome": "resolved",
                })  # fmt: skip
    make_mart(made, cases, as_of=AS_OF, city=CITY)
    return made


def asked_in(folder: Path, query: dict[str, Any]) -> Asked:
    mart = open_mart(settings_in(folder))
    return ask(mart, calendar_of(CITY), parse_question(query, MAYOR, mart, calendar_of(CITY)), MAYOR)


def promise(**other: Any) -> Commitment:
    facts = {
        "id": 1, "meeting_id": None, "department": "up", "deliverable": "A second crew", "owner_name": "Ada", "owner_email": "", "made_on": MADE_ON,
        "due_on": date(2026, 5, 1), "metric": "ontime_due", "filters": "department=up", "expected": "higher", "expected_value": 0.95, "state": "open",
        "created_by_id": "mayor", "created_by_name": "Mayor", "created_at": datetime(2026, 4, 2, 9),
    }  # fmt: skip
    return Commitment(**{**facts, **other})


def told(folder: Path, notes: tuple[date, ...] = (), as_of: str = "", **other: Any) -> Effect:
    kept = [Annotation(1, day, None, "policy", "New law", "Said so", "", "", True, "Mayor", datetime(2026, 4, 2)) for day in notes]
    return effect_of(promise(**other), lambda query: asked_in(folder, query), Rebasing(kept), as_of)


def test_the_week_of_the_promise_is_neither_before_nor_after(folder: Path) -> None:
    found = told(folder)
    assert (found.verdict, found.weeks, round(found.usual or 0, 9), found.since, found.latest, found.reached) == (
        "as_hoped",
        8,
        0.7,
        1.0,
        1.0,
        True,
    )
    assert found.limits is not None and (round(found.limits.mean, 6), found.limits.trial) == (0.7, False)
    parts = found.frame.set_index("period")["part"]
    assert (parts["2026-03-23"], parts["2026-03-30"], parts["2026-04-06"]) == ("before", "between", "after")
    assert found.tells_from == date(2026, 5, 18)
    assert sentence(found) == (
        "On time: 70.0 % in the weeks before, 100.0 % in the 8 weeks since; it went up, as hoped, by more than its ordinary ups and "
        "downs. The last week has 100.0 %: the 95.0 % hoped for is reached."
    )


def test_made_on_the_first_day_of_a_week_that_week_is_after(folder: Path) -> None:
    found = told(folder, made_on=date(2026, 3, 30))
    assert (found.weeks, found.after["value"].iloc[0], found.tells_from) == (9, 0.15, date(2026, 5, 11))


def test_what_was_known_earlier_is_judged_as_it_was_known_then(folder: Path) -> None:
    found = told(folder, as_of="2026-04-06T00:00:00Z")
    assert (found.verdict, found.weeks, found.latest) == ("too_early", 0, 0.15)
    assert "“no effect” can be said from 18 May 2026 on, when 6 weeks are over." in sentence(found)


@pytest.mark.parametrize(("other", "because"), [
    ({"filters": "department=few"}, "few_cases"), ({"filters": "department=late"}, "few_weeks"), ({"filters": "department=rare"}, "rare"), ({"metric": "due_soon"}, "no_series"),
    ({"metric": "gone"}, "no_series"), ({"filters": "department=gone"}, "not_open"),
])  # fmt: skip
def test_what_cannot_be_measured_says_why(folder: Path, other: dict[str, Any], because: str) -> None:
    found = told(folder, **other)
    assert (found.verdict, found.because) == ("not_measurable", because)
    assert "cannot be measured" in sentence(found)


def test_a_new_baseline_before_the_promise_shortens_the_weeks_before(folder: Path) -> None:
    found = told(folder, notes=(date(2026, 2, 10),))
    assert (found.frame["part"] == "before").sum() == 6 and found.limits is not None and found.limits.trial
    assert told(folder, notes=(date(2026, 2, 17),)).because == "few_weeks"


def test_a_new_baseline_after_it_ends_what_is_laid_at_its_door(folder: Path) -> None:
    found = told(folder, notes=(date(2026, 4, 22),))
    assert (found.weeks, found.new_baseline) == (2, date(2026, 4, 22))
    assert told(folder, notes=(MADE_ON,)).weeks == 8


def test_a_stock_is_judged_by_its_change(folder: Path) -> None:
    assert effect(promise(metric="backlog", filters=""), asked_in(folder, {}), Rebasing([])).method == "change"
