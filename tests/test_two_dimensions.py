"""A figure split by two dimensions at once, alone and week by week, for staff and for residents.

Every case is closed in time unless its line says otherwise; all fall due in the week of 2 March 2026.

    parks  tree     1 2 3 4(late) 5 6 7 8 9 10 11 12
    parks  litter   three cases
    roads  pothole  twenty cases, half of them late
    roads  litter   six cases
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import PUBLIC_VIEWER, Viewer
from data_access.mart.reading import open_mart
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from metrics.suppression import hide_small_cells
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

CITY = small_city("UTC", release={"all_A": True})
AS_OF = datetime(2026, 3, 23)
WEEK = Question(date(2026, 3, 2), date(2026, 3, 9), AS_OF)


def _cases() -> list[dict[str, Any]]:
    made = []
    for department, kind, count, late in (("parks", "tree", 12, 1), ("parks", "litter", 3, 0), ("roads", "pothole", 20, 10), ("roads", "litter", 6, 0)):  # fmt: skip
        for number in range(count):
            closed = "2026-03-20" if number < late else "2026-03-03"
            made.append({
                "source_id": f"{department}-{kind}-{number}", "department": department, "request_type": kind, "case_class": "service",
                "opened_at": pd.Timestamp("2026-03-02 09:00"), "due_at": pd.Timestamp("2026-03-04 09:00"), "closed_at": pd.Timestamp(closed),
                "status": "closed", "outcome": "resolved",
            })  # fmt: skip
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    make_mart(folder, _cases(), as_of=AS_OF, city=CITY)
    return folder


@pytest.fixture(scope="module")
def staff(folder: Path) -> Asked:
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), WEEK, MAYOR)


@pytest.fixture(scope="module")
def public(folder: Path) -> Asked:
    return ask(open_mart(settings_in(folder, "public")), calendar_of(CITY), WEEK, PUBLIC_VIEWER)


def _cells(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {(row.key, row.key_2): (row.numerator, row.denominator) for row in frame.itertuples()}


def test_on_time_by_type_and_department_carries_hits_and_n(staff: Asked) -> None:
    answer = measure("ontime_due", staff, by=("request_type", "department"))
    assert _cells(answer.frame) == {("tree", "parks"): (11, 12), ("litter", "parks"): (3, 3), ("pothole", "roads"): (10, 20), ("litter", "roads"): (6, 6)}  # fmt: skip
    assert answer.frame.set_index(["label", "label_2"])["value"].loc[("pothole", "roads")] == 0.5


def test_two_dimensions_by_week_keep_the_weeks_apart(staff: Asked) -> None:
    wide = ask(staff.mart, staff.calendar, WEEK.about(start=date(2026, 2, 23), end=date(2026, 3, 23)), MAYOR)
    frame = measure("closed", wide, by=("department", "request_type"), period=True).frame
    weeks = {(row.key, row.key_2, row.period.date()): row.value for row in frame.itertuples()}
    assert weeks == {
        ("parks", "litter", date(2026, 3, 2)): 3, ("parks", "tree", date(2026, 3, 2)): 11, ("parks", "tree", date(2026, 3, 16)): 1,
        ("roads", "litter", date(2026, 3, 2)): 6, ("roads", "pothole", date(2026, 3, 2)): 10, ("roads", "pothole", date(2026, 3, 16)): 10,
    }  # fmt: skip


@pytest.mark.parametrize("metric", ["opened", "backlog", "ttc_closed", "ttc_km", "net_flow", "weeks_of_work", "reported_again", "repeat_location_rate", "ontime_closed_plus_overdue"])  # fmt: skip
@pytest.mark.parametrize("period", [False, True])
def test_every_kind_of_figure_can_be_split_twice(staff: Asked, metric: str, period: bool) -> None:
    once = measure(metric, staff, by="department", period=period).frame
    twice = measure(metric, staff, by=("department", "programme"), period=period).frame
    assert list(twice["key_2"].unique()) in (["requests"], [])
    pd.testing.assert_frame_equal(twice.drop(columns=["key_2", "label_2"]), once)


def test_the_backlog_of_a_pair_is_a_stock_at_each_week_s_end(staff: Asked) -> None:
    wide = ask(staff.mart, staff.calendar, WEEK.about(start=date(2026, 2, 23), end=date(2026, 3, 23)), MAYOR)
    frame = measure("backlog", wide, by=("department", "request_type"), period=True).frame
    pothole = frame[(frame["key"] == "roads") & (frame["key_2"] == "pothole")]
    assert pothole["value"].tolist()[1:] == [10, 10, 0]
    assert pothole["value"].isna().tolist()[0], "the week before the first case is not known to have had none"


@pytest.mark.parametrize("by", [("department", "department"), ("department", "channel", "request_type"), ("department", "postcode"), "postcode", ("",)])  # fmt: skip
def test_a_split_that_makes_no_sense_is_refused_in_a_sentence(staff: Asked, by: Any) -> None:
    with pytest.raises(BadQuestion, match=r"\w+ .*\."):
        measure("opened", staff, by=by)


@pytest.mark.parametrize("metric", ["days_overdue", "due_next_7_days", "reopened_open"])
def test_a_figure_of_one_instant_is_not_given_by_week(staff: Asked, metric: str) -> None:
    with pytest.raises(BadQuestion, match="one instant"):
        measure(metric, staff, period=True)


def test_residents_cannot_subtract_their_way_to_a_small_cell(public: Asked) -> None:
    """3 cases of litter in parks are too few. The totals of parks and of litter are known, so parks' trees and roads'
    litter go with them; then roads' potholes, or roads' total would give the litter away."""
    frame = measure("opened", public, by=("department", "request_type")).frame
    assert len(frame) == 4
    assert frame["suppressed"].all()
    assert frame[["value", "numerator", "n"]].isna().all(axis=None)


def test_a_larger_table_hides_a_square_around_its_small_cell() -> None:
    """a   b   c
    x  3   9  20
    y  8   7  30
    z  9   9  40"""
    cells = {"x": (3, 9, 20), "y": (8, 7, 30), "z": (9, 9, 40)}
    rows = [(key, key_2, n) for key, line in cells.items() for key_2, n in zip("abc", line, strict=True)]
    frame = pd.DataFrame(rows, columns=["key", "key_2", "n"]).assign(suppressed=False)
    made = hide_small_cells(frame, "cases", frame["n"])
    hidden = made[made["suppressed"]]
    assert set(zip(hidden["key"], hidden["key_2"], strict=True)) == {("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")}


def test_weeks_of_one_place_do_not_give_a_hidden_week_away() -> None:
    """With 2, 6 and 9 cases the total of three weeks is 17: the 6 goes too. Stocks do not add up, so there only the 2 goes."""
    frame = pd.DataFrame({"key": "x", "period": pd.date_range("2026-03-02", periods=3, freq="7D"), "n": [2, 6, 9]}).assign(suppressed=False)
    assert hide_small_cells(frame, "cases", frame["n"])["suppressed"].tolist() == [True, True, False]
    assert hide_small_cells(frame, "cases", frame["n"], adds_over_time=False)["suppressed"].tolist() == [True, False, False]


def test_a_composite_is_made_of_its_parts_whole_and_then_hidden(public: Asked) -> None:
    """In the week parks opened 15 and closed 14, roads opened 26 and closed 16: hidden parts would have counted as none."""
    frame = measure("net_flow", public, by="department").frame
    assert dict(zip(frame["key"], frame["value"], strict=True)) == {"parks": 1, "roads": 10}


def test_a_department_head_s_pairs_are_those_of_the_department(staff: Asked) -> None:
    head = Viewer("p", "Head of parks", "department", ("parks",))
    frame = measure("opened", ask(staff.mart, staff.calendar, WEEK, head), by=("request_type", "department")).frame
    assert {(row.key, row.key_2): row.value for row in frame.itertuples()} == {("tree", "parks"): 12, ("litter", "parks"): 3}


def test_a_viewer_without_departments_gets_no_pairs(staff: Asked) -> None:
    nobody = ask(staff.mart, staff.calendar, WEEK, Viewer("n", "Nobody", "department", ()))
    for metric in ("opened", "backlog", "ttc_km", "weeks_of_work", "ontime_due"):
        for period in (False, True):
            assert measure(metric, nobody, by=("request_type", "department"), period=period).frame.empty
