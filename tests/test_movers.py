"""What moved most in the week of 23 March 2026, against the 12 weeks before.

Trees (parks) came 20 and 24 in turn, then 40; each is due after a day and was done in time, but half of the last 40.
Potholes (roads) came 20 and 30 in turn, then 35: within what such weeks do. Leaks (water) came 9 a week, then 60:
too few before to compare with. Everything is closed in its week.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.mart.reading import open_mart
from metrics.headline import headline
from metrics.measure import ask
from metrics.movers import movers
from metrics.question import Question
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

CITY = small_city("UTC", release={"all_A": True})
AS_OF = datetime(2026, 3, 31, 12)
QUARTER = Question(date(2025, 12, 29), date(2026, 3, 30), AS_OF)
FIRST_MONDAY = datetime(2025, 12, 29, 9)
WEEKS = {
    ("parks", "tree"): [20, 24] * 6 + [40],
    ("roads", "pothole"): [20, 30] * 6 + [35],
    ("water", "leak"): [9] * 12 + [60],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("movers")
    cases: list[dict[str, Any]] = []
    for (department, kind), counts in WEEKS.items():
        for week, count in enumerate(counts):
            opened = FIRST_MONDAY + timedelta(weeks=week)
            for number in range(count):
                is_late = department == "parks" and week == 12 and number < 20
                cases.append({
                    "source_id": f"{kind}-{week}-{number}", "department": department, "request_type": kind, "case_class": "service",
                    "opened_at": opened, "closed_at": opened + timedelta(days=2 if is_late else 0, hours=1), "status": "closed",
                    "due_at": opened + timedelta(days=1) if department == "parks" else None,
                })  # fmt: skip
    make_mart(folder, cases, as_of=AS_OF, city=CITY)
    return folder


@pytest.fixture(scope="module")
def asked(folder: Path) -> Asked:
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), QUARTER, MAYOR)


def _told(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [(row.metric, row.key, row.cases, row.verdict, row.is_signal) for row in frame.itertuples()]


def test_signals_come_first_and_the_most_cases_first_among_them(asked: Asked) -> None:
    """20 promises more broken than the perfect weeks before would give; 40 trees against a mean of 22; 35 potholes against 25."""
    assert _told(movers(asked, 10)) == [
        ("ontime_due", "parks", 20, "worse", True), ("ontime_due", "tree", 20, "worse", True),
        ("closed", "parks", 18, "neither", True), ("closed", "tree", 18, "neither", True),
        ("opened", "parks", 18, "neither", True), ("opened", "tree", 18, "neither", True),
        ("closed", "roads", 10, "neither", False), ("closed", "pothole", 10, "neither", False),
        ("opened", "roads", 10, "neither", False), ("opened", "pothole", 10, "neither", False),
    ]  # fmt: skip


def test_a_move_says_from_what_to_what(asked: Asked) -> None:
    frame = movers(asked).set_index(["metric", "dimension"])
    opened = frame.loc[("opened", "department")]
    assert (opened["value"], opened["base"], opened["previous"], opened["difference"]) == (40, 22, 24, 18)
    assert opened["share"] == pytest.approx(18 / 22)
    on_time = frame.loc[("ontime_due", "department")]
    assert (on_time["value"], on_time["base"], on_time["previous"], on_time["difference"], on_time["n"]) == (0.5, 1.0, 1.0, -0.5, 40)
    assert on_time["share"] != on_time["share"], "a percentage of a percentage says nothing"


def test_a_group_that_had_no_ten_cases_a_week_before_is_not_judged(asked: Asked) -> None:
    assert not set(movers(asked, 100)["key"]) & {"water", "leak"}


def test_only_as_many_as_asked_for(asked: Asked) -> None:
    assert len(movers(asked, 3)) == 3
    assert len(movers(asked)) == 8


def test_a_running_week_is_not_the_last_week(asked: Asked) -> None:
    """Asked up to 31 March, two days into a week, the week of 23 March is still the last that is complete."""
    running = ask(asked.mart, asked.calendar, QUARTER.about(end=date(2026, 4, 1)), MAYOR)
    pd.testing.assert_frame_equal(movers(running), movers(asked))
    assert headline("opened", running).value == headline("opened", asked).value == 40 + 35 + 60


def test_in_the_middle_of_a_week_the_week_before_is_the_last_complete_one(folder: Path) -> None:
    question = QUARTER.about(as_of=datetime(2026, 3, 24, 12))
    early = ask(open_mart(settings_in(folder)), calendar_of(CITY), question, MAYOR)
    assert early.last_week() == (date(2026, 3, 16), date(2026, 3, 23))
    assert set(movers(early)["value"]) == {24, 30}, "the 24 trees and 30 potholes of that week"


def test_a_department_head_sees_the_moves_of_the_department(asked: Asked) -> None:
    head = ask(asked.mart, asked.calendar, QUARTER, Viewer("r", "Roads", "department", ("roads",)))
    assert set(movers(head)["key"]) == {"roads", "pothole"}
    nobody = ask(asked.mart, asked.calendar, QUARTER, Viewer("n", "Nobody", "department", ()))
    assert movers(nobody).empty


def test_moves_are_for_staff(folder: Path) -> None:
    public = ask(open_mart(settings_in(folder, "public")), calendar_of(CITY), QUARTER, PUBLIC_VIEWER)
    with pytest.raises(AccessDenied):
        movers(public)
