"""Departments against their own past, and the raw ranking's faults: counted by hand, and against every pair there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from metrics.intervals import difference_z
from metrics.measure import ask
from metrics.naive import by_raw_share, doubts
from metrics.own_past import _judged, improved, own_past
from metrics.question import Question
from metrics.select import Asked
from tests.support.desks import asked_for, at_desk, listed
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city

CITY = small_city("UTC", department=[{"id": name, "name": name.title()} for name in ("up", "down", "flat", "spike", "new")])
FIRST = datetime(2026, 1, 5)
PERIOD = Question(date(2026, 3, 30), date(2026, 5, 25), datetime(2026, 5, 25))
USUAL = [13, 15] * 6
"""Kept of 20 in the 12 weeks before: 70 %, usual range from 43.4 to 96.6 % (70 -+ 2.66 x 10)."""
WEEKS = {
    "up": USUAL + [20] * 8, "down": USUAL + [13, 15, 13, 15, 6, 6, 6, 6], "flat": USUAL + [13, 15] * 4,
    "spike": USUAL + [13, 20, 13, 15, 13, 15, 13, 15], "new": [None] * 12 + [20] * 8,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("past")
    cases: list[dict[str, Any]] = []
    for department, weeks in WEEKS.items():
        for week, met in enumerate(weeks):
            opened = FIRST + timedelta(weeks=week, hours=9)
            for number in range(0 if met is None else 20):
                cases.append({
                    "source_id": f"{len(cases)}", "department": department, "request_type": "tree", "case_class": "service", "opened_at": opened, "status": "closed",
                    "due_at": opened + timedelta(days=2), "closed_at": opened + timedelta(days=1 if number < (met or 0) else 3), "outcome": "resolved",
                })  # fmt: skip
    make_mart(made, cases, as_of=PERIOD.as_of, city=CITY)
    return made


@pytest.fixture
def ranks(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from components import ranks

    with at_desk(folder):
        yield ranks


def asked_in(folder: Path, question: Question = PERIOD) -> Asked:
    from data_access.mart.reading import open_mart
    from tests.support.marts import settings_in

    return ask(open_mart(settings_in(folder)), calendar_of(CITY), question, MAYOR)


class TestOwnPast:
    def test_only_what_lasts_and_is_a_signal_is_a_change(self, folder: Path) -> None:
        """One perfect week among usual ones is a signal that did not last: 104 of 140 since then, against 168 of 240."""
        found = own_past(asked_in(folder)).set_index("key")
        assert found["verdict"].to_dict() == {"up": "better", "down": "worse", "flat": "none", "spike": "none", "new": "too_few"}
        assert (found["past"]["up"], found["past_n"]["up"], found["now"]["up"], found["now_n"]["up"]) == (0.7, 240, 1.0, 160)
        assert (found["now"]["down"], found["now_n"]["down"], found["now_from"]["down"]) == (0.3, 80, date(2026, 4, 27))
        assert (found["now"]["flat"], found["now_n"]["flat"], found["now_from"]["flat"]) == (0.7, 160, date(2026, 3, 30))

    def test_who_improved_is_who_has_a_signal(self, folder: Path) -> None:
        assert improved(own_past(asked_in(folder)))["key"].tolist() == ["up"]
        assert improved(own_past(asked_in(folder, replace(PERIOD, department=("flat", "spike", "down"))))).empty

    def test_a_period_of_days_has_no_week_to_judge(self, folder: Path) -> None:
        days = replace(PERIOD, start=date(2026, 4, 1), end=date(2026, 4, 4))
        assert own_past(asked_in(folder, days)).empty

    def test_weeks_cut_off_by_the_period_do_not_count(self, folder: Path) -> None:
        """From a Wednesday to a Wednesday four weeks on: three whole weeks."""
        found = own_past(asked_in(folder, replace(PERIOD, start=date(2026, 4, 1), end=date(2026, 4, 29)))).set_index("key")
        assert found["now_n"]["flat"] == 60 and found["past_from"]["flat"] == date(2026, 1, 12)

    def test_the_page_names_the_most_improved_and_leads_to_both_times(self, ranks: Any) -> None:
        drawn = ranks.draw_past(asked_for(from_="2026-03-30", to="2026-05-25"), {})
        assert drawn.finding == "Most improved: Up, from 70.0 % to 100.0 % since the week of 30 Mar 2026; worse than it was: Down."
        frame = drawn.twin.frame
        for count, address in (("past_n", "past_all"), ("now_n", "now_all")):
            assert [listed(where) for where in frame[address]] == frame[count].tolist()

    def test_noise_is_no_improvement(self, ranks: Any) -> None:
        asked = asked_for(from_="2026-03-30", to="2026-05-25", department="flat,spike")
        assert ranks.draw_past(asked, {}).finding == "No department improved by more than noise."


def a_board(*rows: tuple[str, int, int, float | None, str | None]) -> pd.DataFrame:
    columns = ["label", "numerator", "n", "target", "tier"]
    frame = pd.DataFrame(rows, columns=columns).astype({"target": "float64"})
    return frame.assign(key=frame["label"], value=frame["numerator"] / frame["n"])


class TestNaive:
    def test_each_fault_is_found(self) -> None:
        """A few cases on top, a hard promise missed near the top, an easy one kept at the bottom."""
        found = doubts(by_raw_share(a_board(
            ("Tiny", 3, 3, 0.9, None), ("Street", 880, 1000, 0.95, "far_below"), ("Park", 700, 1000, 0.6, "far_above"), ("Permit", 400, 1000, 0.35, "far_above"),
        )))  # fmt: skip
        assert found.few == 1 and found.ranked == 4
        assert found.high_but_missed == ("Street", 2) and found.low_but_kept == ("Permit", 4)
        assert found.alike == (1, 2), "3 of 3 is no better than 88 % of 1,000"

    def test_an_order_beyond_chance_that_agrees_with_the_targets_has_no_fault(self) -> None:
        found = doubts(by_raw_share(a_board(("A", 950, 1000, 0.9, "far_above"), ("B", 500, 1000, 0.9, "far_below"))))
        assert (found.low_but_kept, found.high_but_missed, found.few, found.alike) == (None, None, 0, None)

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(sum), min_size=1, max_size=8))
    def test_ranks_that_cannot_be_told_apart_are_the_longest_row_without_a_clear_pair(self, drawn: list[tuple[int, int]]) -> None:
        ranked = by_raw_share(a_board(*[(f"{i}", met, met + late, None, None) for i, (met, late) in enumerate(drawn)]))
        pairs = list(zip(ranked["numerator"], ranked["n"], strict=True))
        lengths = [
            last - first
            for first in range(len(pairs)) for last in range(first, len(pairs))
            if all(abs(difference_z(*a, *b) or 0) < 1.96 for a in pairs[first : last + 1] for b in pairs[first : last + 1])
        ]  # fmt: skip
        found = doubts(ranked)
        ranks = ranked["naive_rank"].tolist()
        longest = [(ranks[i], ranks[i + max(lengths)]) for i in range(len(pairs) - max(lengths))]
        assert found.alike in longest if found.alike else longest[0][0] == longest[0][1] or any(a == b for a, b in longest)

    def test_one_department_has_no_order(self, ranks: Any) -> None:
        found = doubts(by_raw_share(a_board(("A", 950, 1000, 0.9, "far_above"))))
        assert (found.low_but_kept, found.high_but_missed, found.few, found.alike) == (None, None, 0, None)
        drawn = ranks.draw_naive(asked_for(from_="2026-03-30", to="2026-05-25", department="up"), {})
        assert drawn.finding == "Only one department: there is no order."


@pytest.mark.parametrize(("before", "since", "verdict"), [(20, 3, "too_few"), (1, 20, "too_few"), (20, 20, "worse")])
def test_nobody_is_judged_by_fewer_than_ten_cases(before: int, since: int, verdict: str) -> None:
    """Eight weeks of all kept, then one of none."""

    def weeks(n: int, count: int, value: float) -> pd.DataFrame:
        return pd.DataFrame({"value": [value] * count, "n": [float(n)] * count, "numerator": [n * value] * count})

    assert _judged(weeks(before, 8, 1.0), weeks(since, 1, 0.0))[0] == verdict
