"""Days to close with open cases taken into account: small cohorts worked out by hand, and many against a plain loop.

Five potholes opened on 1 January 2026 at midnight; two closed after 2 days, one after 4, two are open.
One leak opened on 3 January, closed after 1 day. Known until 11 January; a sign of December makes the first week a whole one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from metrics import survival
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city
from tests.support.plain_metrics import Plain

NEW_YEAR = datetime(2026, 1, 1)
AS_OF = datetime(2026, 1, 11)
JANUARY = Question(date(2026, 1, 1), date(2026, 2, 1), AS_OF)


def _case(name: str, kind: str, opened: datetime, days: float | None) -> dict[str, Any]:
    closed = None if days is None else opened + timedelta(days=days)
    return {"source_id": name, "request_type": kind, "department": kind, "case_class": "service", "opened_at": opened, "closed_at": closed}


CASES = [_case(f"p{n}", "pothole", NEW_YEAR, days) for n, days in enumerate((2, 2, 4, None, None))] + [_case("l", "leak", datetime(2026, 1, 3), 1), _case("before", "sign", datetime(2025, 12, 20), 1)]  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    city = small_city("UTC")
    return ask(make_mart(tmp_path_factory.mktemp("survival"), CASES, as_of=AS_OF, city=city), calendar_of(city), JANUARY, MAYOR)


def _made(folder: Path, cases: list[dict[str, Any]], question: Question = JANUARY) -> Asked:
    city = small_city("UTC")
    return ask(make_mart(folder, cases, as_of=question.as_of, city=city), calendar_of(city), question, MAYOR)


def test_the_curve_steps_down_by_what_closed_among_those_at_risk(asked: Asked) -> None:
    """After 2 days 2 of 5 potholes are closed: 3/5 stay. After 4 days 1 of 3: 2/5 stay. The open ones only leave at 10 days."""
    points = survival.curve(asked, "request_type")
    potholes = points[points["at_risk"] > 1]
    assert potholes[["days", "at_risk", "closed"]].values.tolist() == [[2, 5, 2], [4, 3, 1]]
    assert potholes["survival"].tolist() == pytest.approx([3 / 5, 2 / 5])


def test_half_are_closed_when_the_curve_first_reaches_half(asked: Asked) -> None:
    frame = measure("ttc_km", asked, by="request_type").frame.set_index("key")
    assert frame.loc["pothole", ["median", "lower_bound", "numerator", "denominator"]].tolist() == [4, 10, 3, 5]
    assert frame.loc["leak", ["median", "p90", "lower_bound", "numerator", "denominator"]].tolist() == [1, 1, 1, 1, 1]


def test_what_was_not_reached_is_more_than_the_oldest_age(asked: Asked) -> None:
    p90 = measure("ttc_km", asked, by="request_type").frame.set_index("key").loc["pothole", "p90"]
    assert p90 != p90


def test_at_equal_ages_closings_come_before_open_cases_leave(tmp_path: Path) -> None:
    """Two cases, both 10 days old: one closed on that very day. It closed out of two, not out of one."""
    cases = [_case("a", "pothole", NEW_YEAR, 10), _case("b", "pothole", NEW_YEAR, None)]
    points = survival.curve(_made(tmp_path, cases))
    assert points[["days", "at_risk", "closed", "survival"]].values.tolist() == [[10, 2, 1, 0.5]]


def test_exactly_half_counts_as_half_reached(tmp_path: Path) -> None:
    """Ten closings, one a day: products of nine tenths, eight ninths, ... must give 5 days and not 6."""
    cases = [_case(str(n), "pothole", NEW_YEAR - timedelta(days=20), n) for n in range(1, 11)]
    december = JANUARY.about(start=date(2025, 12, 1), end=date(2026, 1, 1))
    found = measure("ttc_km", _made(tmp_path, cases, december)).frame.iloc[0]
    assert (found["median"], found["p90"]) == (5, 9)


def test_when_all_have_closed_nobody_is_left(tmp_path: Path) -> None:
    points = survival.curve(_made(tmp_path, [_case(str(n), "pothole", NEW_YEAR, 3) for n in range(4)]))
    assert points["survival"].tolist() == pytest.approx([0.0])


def test_no_case_gives_no_median_and_no_curve(asked: Asked) -> None:
    empty = ask(asked.mart, asked.calendar, JANUARY.about(start=date(2024, 1, 1), end=date(2024, 2, 1)), MAYOR)
    answer = measure("ttc_km", empty)
    assert (answer.value, answer.n) == (None, 0)
    assert survival.curve(empty).empty
    assert survival.by_day(empty, "request_type").empty


def test_each_week_is_its_own_cohort(asked: Asked) -> None:
    """1 January is a Thursday, 3 January a Saturday: one week has all six; the weeks without any say nothing."""
    frame = measure("ttc_km", asked, period=True).frame.set_index("period")
    assert frame["n"].tolist() == [6, 0, 0, 0, 0]
    assert frame["median"].iloc[0] == 2
    assert frame["median"].iloc[1:].isna().all()


def test_the_drawn_curve_has_what_is_left_at_the_end_of_each_day_with_a_change(asked: Asked) -> None:
    """The two open potholes leave when they are 10 days old."""
    drawn = survival.by_day(asked, "request_type")
    assert drawn[["key", "day", "closed", "left"]].values.tolist() == [
        ["leak", 1, 1, 1],
        ["pothole", 2, 2, 2],
        ["pothole", 4, 1, 1],
        ["pothole", 10, 0, 2],
    ]
    assert drawn["survival"].tolist() == pytest.approx([0, 3 / 5, 2 / 5, 2 / 5])
    assert drawn["variance"].iloc[1:].tolist() == pytest.approx([2 / 15, 2 / 15 + 1 / 6, 2 / 15 + 1 / 6])
    assert drawn["least"].tolist() == [1, 5, 3, 3]


def test_closings_of_one_day_are_one_point_with_what_is_left_at_its_end(tmp_path: Path) -> None:
    cases = [_case(str(n), "pothole", NEW_YEAR, days) for n, days in enumerate((1.25, 1.5, 2, 2.1))]
    drawn = survival.by_day(_made(tmp_path, cases))
    assert drawn["day"].tolist() == [2, 3]
    assert drawn["survival"].tolist() == pytest.approx([1 / 4, 0])


def test_a_pace_is_not_told_where_a_single_case_would_decide(tmp_path: Path) -> None:
    """The week of 5 January. Twelve opened on the 5th, all but one closed after 1 day; the last is alone from then on, however it ends."""
    monday = datetime(2026, 1, 5)
    week = Question(date(2026, 1, 5), date(2026, 1, 12), datetime(2026, 1, 20))
    eleven = [_case(str(n), "pothole", monday, 1) for n in range(11)]
    found = measure("ttc_km_period", _made(tmp_path / "twelve", [*eleven, _case("last", "pothole", monday, 3)], week)).frame.iloc[0]
    assert (found["median"], found["n"], found["numerator"]) == (1, 12, 12)
    assert found["p90"] == 1
    late = [_case(f"late{n}", "pothole", monday, None) for n in range(3)]
    found = measure("ttc_km_period", _made(tmp_path / "few", [*eleven[:5], *late], week)).frame.iloc[0]
    assert found["n"] == 8 and found["median"] != found["median"]


def test_a_pace_is_its_period_s_own_and_has_no_periods(asked: Asked) -> None:
    with pytest.raises(BadQuestion, match="without periods"):
        measure("ttc_km_period", asked, period=True)


def test_in_a_week_s_own_curve_older_cases_enter_at_their_age(tmp_path: Path) -> None:
    """The week of 5 January. a: 10 days old then, closes at 12. b: opens on the 6th, closes at 1. c: 3 days old, stays open.

    At 1 day only b is at risk; at 12 days only a (c is 10 days old when the week ends).
    """
    monday = datetime(2026, 1, 5)
    cases = [
        _case("a", "pothole", monday - timedelta(days=10), 12), _case("b", "pothole", monday + timedelta(days=1), 1),
        _case("c", "pothole", monday - timedelta(days=3), None), _case("gone", "pothole", monday - timedelta(days=9), 2),
    ]  # fmt: skip
    week = Question(date(2026, 1, 5), date(2026, 1, 12), datetime(2026, 1, 20))
    points = survival.curve(_made(tmp_path, cases, week), entry=True)
    assert points[["days", "at_risk", "closed"]].values.tolist() == [[1, 1, 1], [12, 1, 1]]


@pytest.mark.parametrize("as_of", [worlds.AS_OF, datetime(2026, 1, 20, 5)])
@pytest.mark.parametrize("start", [date(2025, 11, 1), date(2026, 1, 5), date(2026, 3, 1)])
def test_a_period_s_own_curve_is_that_of_a_plain_loop(tmp_path: Path, start: date, as_of: datetime) -> None:
    zone = "America/New_York"
    city, cases = worlds.city(tmp_path, zone), worlds.world(11, "w0", zone, 150)
    calendar = calendar_of(city)
    question = Question(start, start + timedelta(days=28), as_of)
    points = survival.curve(ask(worlds.mart_of(tmp_path, cases, city), calendar, question, MAYOR), entry=True)
    begin, last = calendar.midnight(start), min(calendar.midnight(question.end), as_of)
    ages = []
    for seen in Plain(cases, question, zone, "monday", 1).chosen():
        has_closed = seen.closed is not None and seen.closed <= last
        until = seen.closed if has_closed else last
        if seen.case.is_trusted and seen.case.opened < last and until > begin:
            ages.append((max(begin, seen.case.opened) - seen.case.opened, until - seen.case.opened, has_closed))
    expected, stays = [], 1.0
    for day in sorted({left for _, left, has_closed in ages if has_closed}):
        at_risk = sum((entered < day or not entered) and day <= left for entered, left, _ in ages)
        closed = sum(has_closed and left == day for _, left, has_closed in ages)
        stays *= 1 - closed / at_risk
        expected.append((day / timedelta(days=1), at_risk, closed, stays))
    frame = pd.DataFrame(expected, columns=["days", "at_risk", "closed", "survival"])
    pd.testing.assert_frame_equal(points.drop(columns="variance"), frame, check_dtype=False, atol=1e-9)
