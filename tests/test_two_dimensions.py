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

from access import Viewer
from data_access.mart.reading import open_mart
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from metrics.suppression import protected
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


@pytest.mark.parametrize("metric", ["days_overdue", "due_next_7_days", "reopened_open", "stuck", "transferred"])
def test_a_figure_of_one_instant_is_not_given_by_week(staff: Asked, metric: str) -> None:
    with pytest.raises(BadQuestion, match="one instant"):
        measure(metric, staff, period=True)


def test_residents_cannot_subtract_their_way_to_a_small_cell() -> None:
    """3 cases of litter in parks are too few. The totals of parks and of litter are known, so parks' trees and roads'
    litter go with them; then roads' potholes, or roads' total would give the litter away."""
    cells = {"parks trees": 12, "parks litter": 3, "roads potholes": 20, "roads litter": 6, "parks": 15, "roads": 26, "litter": 9}
    lines = [
        ("parks", ("parks trees", "parks litter")), ("roads", ("roads potholes", "roads litter")), ("litter", ("parks litter", "roads litter")),
    ]  # fmt: skip
    assert protected(cells, lines, set(), 5).cells == {"parks trees", "parks litter", "roads potholes", "roads litter"}


def test_a_larger_table_hides_a_square_around_its_small_cell() -> None:
    """a   b   c
    x  3   9  20
    y  8   7  30
    z  9   9  40"""
    table = {"x": (3, 9, 20), "y": (8, 7, 30), "z": (9, 9, 40)}
    cells = {key + other: n for key, line in table.items() for other, n in zip("abc", line, strict=True)}
    lines = [(key, tuple(key + other for other in "abc")) for key in "xyz"] + [
        (other, tuple(key + other for key in "xyz")) for other in "abc"
    ]
    totals = {total: sum(cells[part] for part in parts) for total, parts in lines}
    assert protected(cells | totals, lines, set(), 5).cells == {"xa", "xb", "ya", "yb"}


def test_a_total_of_hidden_parts_does_not_give_away_the_one_part_that_joins_two_tables() -> None:
    """Two hidden squares that share no line but are joined by one more hidden cell: along each of its lines others are
    hidden too, and still it follows from all sums together. So the smallest of its row and of its column are hidden with it."""
    table = ((2, 4, 30, 30), (4, 2, 2, 30), (30, 30, 2, 4), (30, 30, 4, 2))
    cells = {f"{row}{column}": n for row, line in enumerate(table) for column, n in enumerate(line)}
    lines = [(f"row {at}", tuple(f"{at}{column}" for column in range(4))) for at in range(4)]
    lines += [(f"column {at}", tuple(f"{row}{at}" for row in range(4))) for at in range(4)]
    totals = {total: sum(cells[part] for part in parts) for total, parts in lines}
    small = {name for name, n in cells.items() if n < 5}
    assert "12" in small
    found = protected(cells | totals, lines, set(), 5).cells
    assert found - small == {"02", "13"}


def test_a_department_head_s_pairs_are_those_of_the_department(staff: Asked) -> None:
    head = Viewer("p", "Head of parks", "department", ("parks",))
    frame = measure("opened", ask(staff.mart, staff.calendar, WEEK, head), by=("request_type", "department")).frame
    assert {(row.key, row.key_2): row.value for row in frame.itertuples()} == {("tree", "parks"): 12, ("litter", "parks"): 3}


def test_a_viewer_without_departments_gets_no_pairs(staff: Asked) -> None:
    nobody = ask(staff.mart, staff.calendar, WEEK, Viewer("n", "Nobody", "department", ()))
    for metric in ("opened", "backlog", "ttc_km", "weeks_of_work", "ontime_due"):
        for period in (False, True):
            assert measure(metric, nobody, by=("request_type", "department"), period=period).frame.empty
