"""Whether closings hold: how cases ended, closings around the deadline, days of mass closings, and what differs clearly from department to department."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import mass_closing
from metrics.cases import case_count
from metrics.clock import BINS, closings_by_lateness, late_of
from metrics.closure import clock_health, endings, marks
from metrics.mass_closing import mass_closings
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city

AS_OF = datetime(2026, 4, 1)
DUE = datetime(2026, 3, 10, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def town(folder: Path, rows: list[dict[str, Any]], events: list[dict[str, Any]] | None = None, start: date = date(2026, 3, 2)) -> Asked:
    """March 2026 of these cases, on a clock of UTC."""
    city = small_city("UTC")
    usual = {"opened_at": datetime(2026, 1, 5, 9), "department": "Roads", "request_type": "Pothole", "case_class": "service"}
    cases = [{**usual, "source_id": str(number), **row} for number, row in enumerate(rows)]
    mart = make_mart(folder, cases, events or [], as_of=AS_OF, city=city)
    return ask(mart, calendar_of(city), Question(start, date(2026, 3, 30), AS_OF), MAYOR)


def test_closings_are_counted_by_whole_days_from_the_deadline(tmp_path: Path) -> None:
    """The deadline itself is the last instant of the day before it; a day later to the second is the end of the first day after."""
    hours = (-24 * 30, -24 * 7, -25, -24, -23, -1, 0, 1, 24, 25, 24 * 7, 24 * 7 + 1)
    asked = town(tmp_path, [{"due_at": DUE, "closed_at": DUE + h * HOUR} for h in hours] + [{"closed_at": DUE}], start=date(2026, 1, 5))
    found = closings_by_lateness(asked).set_index("bin")["n"]
    assert {name: n for name, n in found.items() if n} == {"to-7": 2, "-2to-1": 2, "-1to0": 3, "0to1": 2, "1to2": 1, "6to7": 1, "7to": 1}
    for name, n in found.items():
        assert case_count(asked, "closed", late=late_of(str(name))) == n
    bunching = measure("deadline_bunching", asked)
    assert (bunching.numerator, bunching.denominator, bunching.value) == (3, 2, 1.5)
    assert found.sum() == len(hours)


def test_a_bin_there_is_not_and_a_list_without_deadlines_are_refused(tmp_path: Path) -> None:
    asked = town(tmp_path, [{"closed_at": DUE}])
    with pytest.raises(BadQuestion, match="choose to-7"):
        late_of("yesterday")
    with pytest.raises(BadQuestion, match="Only closings"):
        case_count(asked, "backlog", late=BINS["0to1"])


def test_cases_end_with_work_without_otherwise_or_unknown(tmp_path: Path) -> None:
    """A duplicate ended in none of these; a word nobody mapped is unknown; a case closed twice counts once, by its last closing."""
    outcomes = ("resolved", "resolved", "not_found", "referred", "auto_closed", "unknown", None, "duplicate")
    rows: list[dict[str, Any]] = [{"outcome": outcome, "closed_at": DUE} for outcome in outcomes]
    rows.append({"outcome": "not_actionable", "closed_at": DUE + DAY, "department": "Parks"})
    events = [
        {"source_id": "8", "event_kind": kind, "event_at": DUE + h * HOUR} for kind, h in (("closed", 1), ("reopened", 2), ("closed", 24))
    ]
    asked = town(tmp_path, rows, events)
    by = endings(asked, "department").set_index("label")
    assert by.loc["Roads", ["done", "without_work", "otherwise", "unknown", "total"]].tolist() == [2, 2, 1, 2, 7]
    assert by.loc["Parks", ["done", "without_work", "total"]].tolist() == [0, 1, 1]
    over_time = endings(asked)
    assert over_time["total"].tolist() == [0, 8, 0, 0]
    assert measure("closed", asked).value == 9


def test_a_hold_lasts_until_the_work_is_resumed_or_the_case_is_closed(tmp_path: Path) -> None:
    """Ten days, of which two and three on hold; a second pause within a hold adds nothing; one that still lasts counts up to now."""
    rows = [{"due_at": DUE, "closed_at": DUE}, {"due_at": DUE}, {"due_at": DUE, "closed_at": DUE}]
    day = {number: DUE - 10 * DAY + number * DAY for number in range(11)}
    events = [
        {"source_id": "0", "event_kind": kind, "event_at": day[at]}
        for kind, at in (("paused", 0), ("paused", 1), ("resumed", 2), ("paused", 7), ("closed", 10))
    ]
    events.append({"source_id": "1", "event_kind": "paused", "event_at": AS_OF - 4 * DAY})
    asked = town(tmp_path, rows, events)
    held = measure("hold_days", asked).frame.iloc[0]
    assert (held["n"], held["mean"]) == (2, 4.5)
    rate = measure("hold_rate", asked)
    assert (rate.numerator, rate.denominator) == (2, 3)


def test_data_that_tell_of_no_hold_and_no_move_do_not_say_that_there_was_none(tmp_path: Path) -> None:
    asked = town(tmp_path, [{"due_at": DUE, "closed_at": DUE}])
    for name in ("hold_rate", "hold_days", "moves_per_case"):
        assert measure(name, asked).value is None, name
    assert measure("due_extended_rate", asked).value == 0


class TestMarks:
    def test_one_department_of_many_alike_is_marked(self) -> None:
        groups = [(30.0, 1000.0)] * 5 + [(200.0, 1000.0)]
        assert marks(groups) == ["none"] * 5 + ["higher"]

    def test_large_departments_that_all_differ_a_little_are_not(self) -> None:
        """Chance alone would mark every one of them."""
        groups = [(rate * 400, 40_000.0) for rate in (4.0, 4.5, 5.0, 5.5, 6.0)]
        assert marks(groups) == ["none"] * 5

    def test_few_cases_are_neither_marked_nor_compared_with(self) -> None:
        assert marks([(9.0, 9.0), (3.0, 100.0), (4.0, 100.0), (30.0, 100.0)]) == ["none", "none", "none", "higher"]
        assert marks([(9.0, 9.0), (3.0, 100.0), (90.0, 100.0)]) == ["none"] * 3

    def test_where_most_have_none_of_it_the_common_share_is_what_chance_would_bring(self) -> None:
        assert marks([(0.0, 1000.0)] * 4 + [(60.0, 1000.0)]) == ["none"] * 4 + ["higher"]
        assert marks([(0.0, 1000.0)] * 5) == ["none"] * 5

    def test_events_may_be_more_than_cases(self) -> None:
        assert marks([(1000.0, 1000.0)] * 4 + [(1500.0, 1000.0)], counts_events=True) == ["none"] * 4 + ["higher"]

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)).map(lambda pair: (float(min(pair)), float(pair[1]))), max_size=12))
    def test_any_counts_have_a_mark(self, groups: list[tuple[float, float]]) -> None:
        groups = [(min(hits, n), n) for hits, n in groups]
        found = marks(groups)
        assert len(found) == len(groups)
        assert all(mark == "none" for mark, (_, n) in zip(found, groups, strict=True) if n < 10)


def closings(per_day: dict[date, int], **more: Any) -> list[dict[str, Any]]:
    return [{"closed_at": datetime(day.year, day.month, day.day, 15), **more} for day, n in per_day.items() for _ in range(n)]


class TestMassClosing:
    MONDAYS = [date(2026, 3, 30) - timedelta(weeks=week) for week in range(1, 12)]

    def test_a_day_far_above_its_weekday_is_listed_with_what_was_closed(self, tmp_path: Path) -> None:
        """Four on every Monday, 40 on the last, half of them without work; one of these was opened in January 2025."""
        rows = closings(dict.fromkeys(self.MONDAYS[1:], 4)) + closings({self.MONDAYS[0]: 20}, outcome="not_found")
        rows += closings({self.MONDAYS[0]: 19}, outcome="auto_closed") + closings({self.MONDAYS[0]: 1}, opened_at=datetime(2025, 1, 1, 15))
        found = mass_closings(town(tmp_path, rows))
        assert len(found) == 1
        row = found.iloc[0]
        assert (row["label"], row["day"].date(), row["n"], row["usual"]) == ("Roads", self.MONDAYS[0], 40, 4)
        assert (row["without_work"], row["otherwise"]) == (20, 19)
        assert row["oldest"] == (self.MONDAYS[0] - date(2025, 1, 1)).days

    def test_few_closings_and_a_short_past_are_no_ground_to_list_a_day(self, tmp_path: Path) -> None:
        assert mass_closings(town(tmp_path / "few", closings({self.MONDAYS[0]: 9, self.MONDAYS[10]: 1}))).empty
        assert mass_closings(town(tmp_path / "short", closings({self.MONDAYS[0]: 50, self.MONDAYS[7]: 1}))).empty
        assert len(mass_closings(town(tmp_path / "enough", closings({self.MONDAYS[0]: 50, self.MONDAYS[8]: 1})))) == 1

    def test_weekdays_are_compared_with_their_own_kind(self, tmp_path: Path) -> None:
        """Fifty every Monday and none else: Mondays are usual."""
        assert mass_closings(town(tmp_path, closings(dict.fromkeys(self.MONDAYS, 50)))).empty

    def test_nothing_closed_is_nothing_listed(self, tmp_path: Path) -> None:
        assert mass_closings(town(tmp_path, [{}])).empty

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.integers(0, 60), min_size=57, max_size=260))
    def test_the_quick_look_finds_every_day_of_the_rule(self, counts: list[int]) -> None:
        days = np.array([counts], dtype="float64")
        may_be = mass_closing._candidates(days)[0]
        for at in range(len(counts)):
            before = [counts[at - 7 * week] for week in range(1, 27) if at - 7 * week >= 0]
            is_mass = len(before) >= 8 and counts[at] >= 10 and counts[at] >= 3 * np.median(before)
            assert may_be[at] or not is_mass
            if len(before) >= 8:
                assert mass_closing._usual(days[0], at)[0] == np.median(before)


def test_the_panel_has_one_row_for_each_department_and_says_what_each_dial_is_of(tmp_path: Path) -> None:
    rows = [{"due_at": DUE, "closed_at": DUE - HOUR, "outcome": "resolved"} for _ in range(12)]
    rows += [{"due_at": DUE, "closed_at": DUE + HOUR, "outcome": "not_found", "department": "Parks"} for _ in range(3)]
    frame = clock_health(town(tmp_path, rows)).set_index("label")
    assert list(frame.index) == ["Parks", "Roads"]
    assert frame.loc["Roads", ["ontime_due", "ontime_due_n", "closed_without_work", "deadline_bunching_hits"]].tolist() == [1, 12, 0, 12]
    assert frame.loc["Parks", ["ontime_due", "ontime_due_n", "closed_without_work", "closed_without_work_n"]].tolist() == [0, 3, 1, 3]
    assert (frame[[column for column in frame if column.endswith("_mark")]] == "none").all(axis=None)
