"""The week that still runs stands beside the same days and hours of the last one, and both numbers lead to their cases.

It is Wednesday, 11 March 2026, 12:00 UTC; 9 March is the Monday.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from flask import Flask

from components import running_week
from metrics.headline import running_week as of_metric
from tests.support.desks import asked_for, at_desk, listed
from tests.support.marts import make_mart, small_city

OPENED = [
    "2026-03-02 09:00",
    "2026-03-04 11:59",
    "2026-03-04 12:00",
    "2026-03-06 09:00",
    "2026-03-09 00:00",
    "2026-03-10 09:00",
    "2026-03-11 11:00",
]
"""Two up to the Wednesday before at noon, two after it in that week, three in this one."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("running")
    cases = [
        {
            "source_id": str(number),
            "department": "Roads",
            "request_type": "Pothole",
            "case_class": "service",
            "opened_at": pd.Timestamp(opened),
        }
        for number, opened in enumerate(OPENED)
    ]
    make_mart(folder, cases, as_of=datetime(2026, 3, 11, 12), city=small_city("UTC"))
    return folder


def text_of(parts: list) -> str:  # type: ignore[type-arg]
    return "".join(part if isinstance(part, str) else part.children for part in parts)


def test_this_week_so_far_is_set_against_the_last_one_to_the_same_hour(staff_app: Flask, town: Path) -> None:
    with at_desk(town):
        said = text_of(running_week.line(asked_for()))
    assert said.startswith("Still running: this week so far (Mon–Wed, until 12:00) 3 opened, against 2 and 0 closed, against 0")


def test_its_numbers_lead_to_as_many_cases(staff_app: Flask, town: Path) -> None:
    with at_desk(town):
        links = [part for part in running_week.line(asked_for()) if getattr(part, "href", None)]
        assert [(listed(link.href), link.children) for link in links] == [(3, "3"), (2, "2")]


def test_as_a_week_begins_there_is_nothing_to_say(staff_app: Flask, town: Path) -> None:
    with at_desk(town):
        assert of_metric("opened", asked_for(as_of="2026-03-09T00:00:00Z")) is None
        assert running_week.line(asked_for(as_of="2026-03-09T00:00:00Z")) == []
