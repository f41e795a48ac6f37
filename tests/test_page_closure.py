"""The closure page says what its figures show, leads to exactly the cases behind them, and has honest words where a city keeps less."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from components import clock_health, filters, gate
from components.chart import CHARTS
from data_access.mart.reading import open_mart
from metrics.closure import DIALS
from metrics.measure import ask
from metrics.question import default_question
from metrics.select import Asked
from settings import Settings
from tests.support.demo import demo_city
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.marts import MAYOR, calendar_of
from tests.test_closure import DUE, HOUR, town

NAMES = ("closure-endings", "closings-not-held", "clock-health", "closings-near-due", "mass-closings", "clock-moved")


@pytest.fixture(scope="module", autouse=True)
def closure(staff_app: Flask) -> Iterator[Any]:
    """The page, drawn as the staff process draws it."""
    with staff_app.test_request_context("/"):
        yield importlib.import_module("pages.staff.closure")


@pytest.fixture(scope="module")
def asked(demo_settings: Settings) -> Asked:
    mart, calendar = open_mart(demo_settings), calendar_of(demo_city(demo_settings.data))
    return ask(mart, calendar, default_question(mart, calendar, weeks=52), MAYOR)


@pytest.mark.parametrize("by", ["period", "department", "request_type"])
@pytest.mark.parametrize("outcome", ["", "resolved,auto_closed"])
def test_each_part_of_the_endings_leads_to_as_many_cases(closure: Any, by: str, outcome: str) -> None:
    asked = gate.desk().ask({"weeks": "26", "outcome": outcome})
    rows = closure.draw_endings(asked, {**filters.view_of({}, asked), "endings_by": by}).twin.frame
    tried = 0
    for row in rows.head(3).to_dict("records"):
        for end in (*closure.ENDINGS, "total"):
            if row[end]:
                assert listed(row[f"{end}_href"]) == row[end]
                tried += 1
            else:
                assert end == "total" or not isinstance(row[f"{end}_href"], str)
    assert tried > 4


def test_each_dial_leads_to_the_cases_that_make_it_high() -> None:
    asked = gate.desk().ask({"weeks": "26"})
    rows = clock_health.draw_health(asked, {}).twin.frame
    for row in rows.head(3).to_dict("records"):
        for name in DIALS:
            if name != "moves_per_case" and row[f"{name}_href"]:
                assert listed(row[f"{name}_href"]) == row[f"{name}_hits"], name


def test_the_page_finds_the_department_whose_cases_are_reopened(asked: Asked) -> None:
    """Property and Graffiti was made to close early (see the demo city's planted truths)."""
    drawn = clock_health.draw_health(asked, {})
    assert "Property and Graffiti: opened again (higher)" in drawn.finding
    row = drawn.twin.frame.set_index("label").loc["Property and Graffiti"]
    assert row["reopen_rate_mark"] == "higher" and row["reopen_rate_said"].endswith("▲")


def test_the_page_finds_the_evening_on_which_old_cases_were_swept_up(closure: Any, asked: Asked) -> None:
    first = closure.draw_mass(asked, {}).twin.frame.iloc[0]
    assert (first["label"], first["day"].date().isoformat()) == ("Public Works", "2025-07-31")
    assert first["otherwise"] > 0.8 * first["n"]
    assert first["oldest"] > 365


def test_a_city_without_outcomes_deadlines_and_events_is_told_so(closure: Any, tmp_path: Path) -> None:
    town(tmp_path, [{"opened_at": DUE - 24 * HOUR, "closed_at": DUE + number * HOUR} for number in range(12)])
    with at_desk(tmp_path):
        asked = asked_for(from_="2026-03-02", to="2026-03-30")
        view = view_for(asked)
        said = {name: CHARTS[name].draw(asked, view) for name in NAMES}
    assert said["closure-endings"].finding == "None of the 12 closed cases says how it ended: this data has no outcomes that are mapped."
    assert said["closings-near-due"].finding == "No case with a deadline was closed in this period."
    assert said["clock-health"].finding == "There are too few departments to say which one is unusual."
    assert "no case with a deadline fell due" in said["clock-moved"].finding.lower()
    assert "the data tells of no move between departments" in said["clock-moved"].finding
    assert said["mass-closings"].finding == "No department closed far more than usual on any day of this period."


def test_a_period_in_which_nothing_happened_is_no_error(closure: Any, tmp_path: Path) -> None:
    town(tmp_path, [{}])
    with at_desk(tmp_path):
        asked = asked_for(from_="2026-03-02", to="2026-03-30")
        for name in NAMES:
            drawn = CHARTS[name].draw(asked, view_for(asked))
            assert drawn.figure is None and drawn.finding.startswith(("No", "Nothing")), (name, drawn.finding)


def test_young_closings_are_set_aside_and_counted(closure: Any, tmp_path: Path) -> None:
    """Data to 1 April: what was closed from 18 March on may still be undone."""
    town(tmp_path, [{"closed_at": DUE}, {"closed_at": DUE}, {"closed_at": DUE + 240 * HOUR}])
    with at_desk(tmp_path):
        drawn = closure.draw_not_held(asked_for(from_="2026-03-02", to="2026-03-30"), {})
    assert drawn.note == "1 closing of this period is younger than 14 days and set aside for the first two."
    assert drawn.finding.startswith("0.0 % of 2 closings were undone within 14 days")


def test_a_single_closing_before_the_deadline_is_told_as_one(closure: Any, tmp_path: Path) -> None:
    town(tmp_path, [{"due_at": DUE, "closed_at": DUE - HOUR}])
    with at_desk(tmp_path):
        drawn = closure.draw_near_due(asked_for(from_="2026-03-02", to="2026-03-30"), {})
    assert drawn.finding.startswith("1 closing in the 24 hours up to the deadline, 0 in the 24 hours after")
