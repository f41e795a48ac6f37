"""Figures added up from the counts by day are those counted on the cases, and only questions that the counts can answer go to them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle
from typing import Any

import pandas as pd
import pytest

from access import AccessDenied, Viewer, scope_of
from metrics import by_day
from metrics.definitions import REGISTRY
from metrics.measure import ask, counted
from metrics.question import Question
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of
from tests.support.worlds import AS_OF

HEAD = Viewer("head", "Head of roads", "department", ("roads",))
METRICS = (*by_day.FLOWS, *by_day.STOCKS)
SPLITS: tuple[tuple[str, ...], ...] = (
    (),
    ("department",),
    ("division", "request_type"),
    ("request_group",),
    ("programme",),
    ("case_class",),
    ("district", "quarter"),
)
FILTERS: tuple[dict[str, Any], ...] = (
    {}, {"department": ("roads",)}, {"request_type": ("litter", "pothole")}, {"areas": (("district", "north"),)}, {"case_class": ()}, {"programme": ("w1",)},
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("days")
    city = worlds.city(folder, "America/New_York", worlds=2)
    cases = [case for number in (0, 1) for case in worlds.world(number, f"w{number}", "America/New_York")]
    return ask(worlds.mart_of(folder, cases, city), calendar_of(city), Question(date(2025, 11, 3), date(2026, 5, 4), AS_OF), MAYOR)


def _both(
    asked: Asked, metric: str, by: tuple[str, ...], period: bool, monkeypatch: pytest.MonkeyPatch
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from_days = counted(REGISTRY[metric], asked, by, period)
    with monkeypatch.context() as patch:
        patch.setattr(by_day, "source", lambda *_: None)
        return from_days, counted(REGISTRY[metric], asked, by, period)


@pytest.mark.parametrize("metric", METRICS)
def test_days_add_up_to_what_the_cases_say(asked: Asked, metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used = 0
    # Each split with each of two filters, and each filter with each of two splits and more.
    for number, (by, filters) in enumerate(zip(SPLITS * 2, cycle(FILTERS), strict=False)):
        grain, end = ("day", "month")[number % 2], (date(2026, 5, 4), date(2026, 2, 18))[number % 3 == 0]
        some = asked.about(asked.question.about(grain=grain, end=end, **filters))
        used += by_day.source(REGISTRY[metric], some, by) is not None
        for period in (True, False):
            pd.testing.assert_frame_equal(*_both(some, metric, by, period, monkeypatch))
    assert used >= len(SPLITS)


@pytest.mark.parametrize("metric", METRICS)
def test_a_department_reads_its_own_days(asked: Asked, metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ask(asked.mart, asked.calendar, asked.question, HEAD)
    assert by_day.source(REGISTRY[metric], own, ("request_type",)) is not None
    days, cases = _both(own, metric, ("request_type",), True, monkeypatch)
    pd.testing.assert_frame_equal(days, cases)
    assert len(days) and days["n"].sum() < counted(REGISTRY[metric], asked, ("request_type",), True)["n"].sum()


def test_what_the_days_do_not_know_is_counted_on_the_cases(asked: Asked) -> None:
    opened = REGISTRY["opened"]
    unknown: tuple[dict[str, Any], ...] = (
        {"channel": ("web",)},
        {"outcome": ("resolved",)},
        {"as_of": AS_OF - timedelta(days=1)},
        {"place": "1"},
    )
    for filters in unknown:
        assert by_day.source(opened, asked.about(asked.question.about(**filters)), ()) is None
    assert by_day.source(opened, asked, ("channel",)) is None
    assert by_day.source(opened, asked, ("department", "district")) is None
    assert by_day.source(REGISTRY["ttc_closed"], asked, ()) is None
    assert by_day.source(opened, ask(asked.mart, asked.calendar, asked.question, HEAD), ("district",)) is None


def test_counts_that_cannot_be_cut_to_a_scope_are_refused(asked: Asked) -> None:
    with pytest.raises(AccessDenied):
        asked.mart.day_counts(scope_of(HEAD), by_place=True)
