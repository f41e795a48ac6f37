"""Promises of the town in `tests/support/promises.py`: targets, the matrix, competing formulas, the leaderboard, request types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import Viewer
from data_access.mart.reading import open_mart
from data_access.store import targets
from data_access.store.acting import Acting
from data_access.store.engine import open_store, upgrade
from metrics.desk import Desk
from metrics.exclusions import sla_exclusions
from metrics.intervals import difference_z
from metrics.leaderboard import board
from metrics.measure import ask
from metrics.on_time import by_group, competing, cut_periods, on_time_matrix
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from metrics.targets import own_target, target_of, targets_by
from metrics.type_table import type_table
from tests.support.marts import MAYOR, calendar_of, settings_in
from tests.support.promises import CITY, MONTH, WEEK, make_town

HEAD = Viewer("p", "Head of Parks", "department", ("parks",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("promises"))


def asked_in(folder: Path, question: Question = MONTH, viewer: Viewer = MAYOR) -> Asked:
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), question, viewer)


class TestTargets:
    def test_a_division_has_the_target_of_the_department_above_it(self, folder: Path) -> None:
        asked = asked_in(folder)
        assert [own_target(asked, name) for name in ("parks", "trees", "roads", "water", "nowhere")] == [0.8, 0.8, 0.9, None, None]

    def test_the_head_of_a_division_is_judged_by_what_was_agreed_for_the_department_above_it(self, folder: Path, tmp_path: Path) -> None:
        settings = replace(settings_in(folder), store_url=f"sqlite:///{tmp_path / 'own.sqlite'}")
        engine = open_store(settings)
        upgrade(engine)
        facts: dict[str, Any] = {
            "metric": "ontime_due", "request_type": "", "valid_from": date(2026, 1, 1), "valid_until": None, "owner_name": "Ada", "source": "Budget", "reason": "So.",
        }  # fmt: skip
        for department, value in (("parks", 0.7), ("roads", 0.6)):
            number = targets.propose(
                Acting(Viewer("a", "Analyst", "analyst"), engine, datetime(2026, 1, 1)), department=department, value=value, **facts
            )
            targets.decide(Acting(MAYOR, engine, datetime(2026, 1, 1)), number, approve=True, decision="Agreed.")
        mart, told = open_mart(settings), []
        for viewer in (MAYOR, Viewer("t", "Head of Trees", "department", ("trees",))):
            agreed = Desk(settings, lambda viewer=viewer: viewer).agreed(viewer, mart)
            told.append(own_target(replace(asked_in(folder, viewer=viewer), agreed=agreed), "trees"))
            assert (agreed.value("ontime_due", date(2026, 3, 1), "roads") is None) == (viewer is not MAYOR)
        assert told == [0.7, 0.7]
        engine.dispose()

    def test_a_type_has_the_targets_of_its_departments_weighed_by_their_cases(self, folder: Path) -> None:
        """Of 45 trees that fell due, 35 are for parks and its division (80 %) and 10 for roads (90 %)."""
        found = targets_by(asked_in(folder), "request_type", None)
        assert found["tree"] == pytest.approx((35 * 0.8 + 10 * 0.9) / 45)
        assert found["pothole"] == pytest.approx(0.9)

    def test_without_a_target_anywhere_there_is_none(self, folder: Path) -> None:
        assert targets_by(asked_in(folder), "request_type", None)["leak"] is None
        assert targets_by(asked_in(folder), "request_type", 0.7)["leak"] == pytest.approx(0.7)

    def test_all_the_city_has_the_city_s_target_and_a_part_of_it_its_own(self, folder: Path) -> None:
        assert target_of(asked_in(folder), 0.7) == 0.7
        assert target_of(asked_in(folder, replace(MONTH, department=("roads",))), 0.7) == 0.9
        assert target_of(asked_in(folder, replace(MONTH, department=("water",))), 0.7) == 0.7
        assert target_of(asked_in(folder, replace(MONTH, request_type=("tree",))), 0.7) == pytest.approx(37 / 45)

    def test_a_department_head_is_judged_by_the_department_s_target(self, folder: Path) -> None:
        assert target_of(asked_in(folder, viewer=HEAD), 0.7) == 0.8

    def test_two_departments_are_judged_by_both_their_targets(self, folder: Path) -> None:
        """44 cases of parks and 54 of roads fell due."""
        both = asked_in(folder, replace(MONTH, department=("parks", "roads")))
        assert target_of(both, 0.7) == pytest.approx((44 * 0.8 + 54 * 0.9) / 98)

    def test_where_nothing_fell_due_the_city_s_target_is_all_there_is(self, folder: Path) -> None:
        assert target_of(asked_in(folder, replace(MONTH, request_type=("sign",))), 0.7) == 0.7


class TestMatrix:
    def test_rows_come_by_how_many_cases_fell_due(self, folder: Path) -> None:
        rows = on_time_matrix(asked_in(folder), "request_type").rows
        assert [(row.key, row.numerator, row.n) for row in rows.itertuples()] == [
            ("tree", 36, 45), ("pothole", 24, 42), ("leak", 12, 12), ("bench", 9, 9), ("lamp", 1, 2),
        ]  # fmt: skip

    def test_the_cells_of_a_row_add_up_to_it(self, folder: Path) -> None:
        for by in ("request_type", "request_group", "department"):
            made = on_time_matrix(asked_in(folder), by)
            sums = made.cells.groupby("key")[["numerator", "n"]].sum()
            pd.testing.assert_frame_equal(sums, made.rows.set_index("key")[["numerator", "n"]].sort_index(), check_names=False)

    def test_a_cell_of_fewer_than_ten_cases_is_not_judged_and_an_empty_one_has_no_share(self, folder: Path) -> None:
        made = on_time_matrix(asked_in(folder), "request_type")
        assert made.of("state").loc["tree"].tolist() == ["fair", "few", "none", "none"]
        assert made.of("value").loc["pothole"].tolist()[:2] == [0.5, 0.75]
        assert made.of("value").loc["pothole"].isna().tolist() == [False, False, True, True]

    def test_a_division_counts_for_its_department(self, folder: Path) -> None:
        rows = on_time_matrix(asked_in(folder), "department").rows
        assert [(row.key, row.numerator, row.n, row.target) for row in rows.itertuples()][:2] == [
            ("roads", 30, 54, 0.9),
            ("parks", 40, 44, 0.8),
        ]

    def test_below_target_is_said_only_beyond_chance(self, folder: Path) -> None:
        """24 of 42 cannot be 90 %; 36 of 45 may well be 82 %; two lamps say nothing; leaks have no target."""
        verdicts = by_group(asked_in(folder), "request_type").set_index("key")["verdict"].to_dict()
        assert verdicts == {"tree": "unclear", "pothole": "below", "leak": "no_target", "bench": "few", "lamp": "few"}
        assert by_group(asked_in(folder), "request_type", 0.7).set_index("key")["verdict"]["leak"] == "above"

    def test_a_department_head_sees_the_rows_of_the_department(self, folder: Path) -> None:
        rows = on_time_matrix(asked_in(folder, viewer=HEAD), "request_type").rows
        assert dict(zip(rows["key"], rows["n"], strict=True)) == {"tree": 35, "bench": 9}

    def test_a_viewer_without_departments_sees_an_empty_one(self, folder: Path) -> None:
        made = on_time_matrix(asked_in(folder, viewer=Viewer("n", "Nobody", "department", ())), "request_type")
        assert made.rows.empty and made.cells.empty

    def test_there_is_no_matrix_by_colour(self, folder: Path) -> None:
        with pytest.raises(BadQuestion, match="cannot be split"):
            on_time_matrix(asked_in(folder), "colour")


class TestCutPeriods:
    def test_whole_weeks_are_not_cut(self, folder: Path) -> None:
        assert cut_periods(asked_in(folder)) == frozenset()

    def test_a_month_of_which_two_days_are_missing_is_cut(self, folder: Path) -> None:
        assert cut_periods(asked_in(folder, replace(MONTH, grain="month"))) == {date(2026, 3, 1)}

    def test_a_week_that_begins_before_the_period_or_ends_after_it_is_cut(self, folder: Path) -> None:
        inside = replace(MONTH, start=date(2026, 3, 4), end=date(2026, 3, 26))
        assert cut_periods(asked_in(folder, inside)) == {date(2026, 3, 2), date(2026, 3, 23)}

    def test_a_week_that_is_not_over_in_the_data_is_cut(self, folder: Path) -> None:
        assert cut_periods(asked_in(folder, replace(MONTH, as_of=datetime(2026, 3, 27)))) == {date(2026, 3, 23)}


class TestFormulas:
    def test_seven_formulas_of_one_week(self, folder: Path) -> None:
        """92 fell due, 67 kept. The lamp of 20 March was closed in time too; the open one is overdue; that of April is not yet due."""
        frame = competing(asked_in(folder, WEEK)).set_index("metric")
        assert {name: (row["numerator"], row["n"]) for name, row in frame.iterrows()} == {
            "ontime_due": (67, 92), "ontime_closed": (68, 92), "ontime_closed_plus_overdue": (68, 93), "ontime_opened_all": (68, 94),
            "ontime_opened_matured": (68, 93), "ontime_opened_flag": (69, 94), "ontime_opened_closed_only": (68, 92),
        }  # fmt: skip
        assert frame["difference"]["ontime_due"] == 0
        assert frame["difference"]["ontime_opened_all"] == pytest.approx(68 / 94 - 67 / 92)
        assert frame["caveat"].str.len().min() > 0

    def test_where_nothing_has_a_deadline_no_formula_gives_a_share(self, folder: Path) -> None:
        frame = competing(asked_in(folder, replace(WEEK, request_type=("sign",))))
        assert frame["value"].isna().all() and frame["difference"].isna().all()
        assert set(frame["n"]) == {0}


class TestLeftOut:
    def test_the_headline_says_how_many_duplicates_it_leaves_out(self, folder: Path) -> None:
        """A duplicate has a class of its own, and is still counted beside the rate of service cases."""
        assert sla_exclusions(asked_in(folder, WEEK)) == {"no_sla": 1, "invalid_due": 0, "duplicate_or_cancelled": 1}

    def test_of_all_classes_the_question_without_a_deadline_is_left_out_too(self, folder: Path) -> None:
        assert sla_exclusions(asked_in(folder, replace(WEEK, case_class=()))) == {
            "no_sla": 2,
            "invalid_due": 0,
            "duplicate_or_cancelled": 1,
        }


class TestLeaderboard:
    def test_each_is_set_against_its_own_target(self, folder: Path) -> None:
        """Parks kept 40 of 44 and promised 80 %; roads kept 30 of 54 and promised 90 %; water promised nothing."""
        frame = board(asked_in(folder))
        told = [(row.key, row.rank, row.tier, row.reason) for row in frame.astype(object).where(frame.notna(), None).itertuples()]
        assert told == [("parks", 1, "as_expected", None), ("roads", 2, "far_below", None), ("water", None, None, "no_target")]

    def test_the_interval_is_wilson_s(self, folder: Path) -> None:
        parks = board(asked_in(folder)).set_index("key").loc["parks"]
        assert (parks["value"], parks["low"], parks["high"]) == pytest.approx((40 / 44, 0.7884, 0.9641), abs=5e-4)

    def test_beside_the_share_stands_what_it_hides(self, folder: Path) -> None:
        """Roads: two lamps and eleven signs are open, one lamp overdue; 54 closings in the last eight weeks."""
        roads = board(asked_in(folder)).set_index("key").loc["roads"]
        assert (roads["backlog"], roads["overdue_now"]) == (13, 1)
        assert roads["weeks_of_work"] == pytest.approx(13 / (54 / 8))
        assert (roads["closed_without_work"], roads["closed_without_work_n"]) == (0, 54)
        parks = board(asked_in(folder)).set_index("key").loc["parks"]
        assert (parks["backlog"], parks["overdue_now"]) == (0, 0)

    def test_fewer_than_ten_cases_are_listed_but_not_ranked(self, folder: Path) -> None:
        second = board(asked_in(folder, replace(WEEK, start=date(2026, 3, 9), end=date(2026, 3, 16)))).set_index("key")
        assert second.loc["parks"][["rank", "tier", "reason", "value", "n"]].tolist()[2:] == ["too_few", 1.0, 5]
        assert second.loc["roads"][["rank", "tier", "n"]].tolist() == [1, "as_expected", 12]

    def test_ninety_and_seventy_of_a_hundred_differ_by_three_and_a_half_standard_errors(self) -> None:
        assert difference_z(90, 100, 70, 100) == pytest.approx(3.5355, abs=1e-4)
        assert difference_z(1, 1, 0, 0) is None

    def test_others_are_not_shown_to_a_department_head(self, folder: Path) -> None:
        frame = board(asked_in(folder, viewer=HEAD))
        assert frame["key"].tolist() == ["parks"]

    def test_nobody_s_board_is_empty(self, folder: Path) -> None:
        assert board(asked_in(folder, viewer=Viewer("n", "Nobody", "department", ()))).empty


class TestTypes:
    def test_what_came_in_what_was_kept_and_what_is_left(self, folder: Path) -> None:
        frame = type_table(asked_in(folder, replace(MONTH, department=("roads",))))
        assert [(row.key, row.opened, row.met, row.due, row.open, row.overdue) for row in frame.itertuples()] == [
            ("pothole", 42, 24, 42, 0, 0), ("sign", 12, 0, 0, 11, 0), ("tree", 10, 5, 10, 0, 0), ("lamp", 3, 1, 2, 2, 1),
        ]  # fmt: skip

    def test_the_median_counts_open_cases_and_says_more_than_where_half_are_open(self, folder: Path) -> None:
        """Half of the roads' trees took a day. One sign of twelve is closed; the others are 13.625 days old. Three lamps are too few."""
        frame = type_table(asked_in(folder, replace(MONTH, department=("roads",)))).set_index("key")
        assert frame["days"]["tree"] == pytest.approx(1)
        assert pd.isna(frame["days"]["sign"]) and frame["days_more_than"]["sign"] == pytest.approx(13.625)
        assert frame.loc["lamp"][["on_time", "days", "days_more_than"]].isna().all()

    def test_nothing_asked_for_is_an_empty_table(self, folder: Path) -> None:
        assert type_table(asked_in(folder, replace(MONTH, department=("water",), request_type=("tree",)))).empty
