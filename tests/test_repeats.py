"""Closings after which the same is reported again: only where the place is known can anybody say.

Four potholes are closed on 2 March 2026. The first's place is reported again three days later, the second's is not, and
nobody knows where the other two lie.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import PUBLIC_VIEWER
from data_access.mart.reading import open_mart
from metrics.measure import ask, measure
from metrics.question import Question
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

CITY = small_city("UTC", release={"all_A": True})
QUARTER = Question(date(2026, 1, 1), date(2026, 4, 1), datetime(2026, 4, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("again")
    closed: dict[str, Any] = {"closed_at": pd.Timestamp("2026-03-02 12:00"), "status": "closed"}
    cases = [
        {"source_id": "first", "location_key": 1, **closed}, {"source_id": "second", "location_key": 2, **closed},
        {"source_id": "nowhere", "location_key": None, **closed}, {"source_id": "nowhere either", "location_key": None, **closed},
        {"source_id": "again", "location_key": 1, "opened_at": pd.Timestamp("2026-03-05 09:00"), "status": "open"},
    ]  # fmt: skip
    plain = {"request_type": "pothole", "case_class": "service", "opened_at": pd.Timestamp("2026-03-01 09:00"), "closed_at": None}
    make_mart(folder, [{**plain, **case} for case in cases], as_of=QUARTER.as_of, city=CITY)
    return folder


def test_a_closing_without_a_place_is_no_closing_that_held(folder: Path) -> None:
    answer = measure("reported_again", ask(open_mart(settings_in(folder)), calendar_of(CITY), QUARTER, MAYOR))
    assert (answer.value, answer.numerator, answer.denominator) == (0.5, 1, 2)


@pytest.mark.parametrize("metric", ["reported_again", "repeat_location_rate"])
def test_residents_are_given_no_figure_where_no_place_is_published(folder: Path, metric: str) -> None:
    answer = measure(metric, ask(open_mart(settings_in(folder, "public")), calendar_of(CITY), QUARTER, PUBLIC_VIEWER))
    assert (answer.value, answer.n) == (None, 0)
    assert answer.reason == "not known: it needs a case with a known place in this period"
