"""What is open now is answered from the few open cases, and equals what all cases say."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from data_access.mart.reading import open_mart
from metrics.ageing import ageing
from metrics.cases import SORTS, case_list
from metrics.definitions import REGISTRY
from metrics.measure import ask, measure
from metrics.question import default_question
from metrics.select import Asked
from settings import Settings
from tests.support.demo import demo_city
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, small_city

ONLY_OPEN = [metric.id for metric in REGISTRY.values() if metric.only_open]


@pytest.fixture(scope="module")
def both(demo_settings: Settings) -> tuple[Asked, Asked]:
    """The same question at the mart's `as_of`, and a microsecond before it: nothing happens in between."""
    mart, calendar = open_mart(demo_settings), calendar_of(demo_city(demo_settings.data))
    question = default_question(mart, calendar)
    before = question.about(as_of=mart.as_of - timedelta(microseconds=1))
    return ask(mart, calendar, question, MAYOR), ask(mart, calendar, before, MAYOR)


@pytest.mark.parametrize("by", [None, "department", "request_type", "district", "channel"])
@pytest.mark.parametrize("metric", ONLY_OPEN)
def test_a_stock_from_the_open_cases_equals_the_stock_from_all(both: tuple[Asked, Asked], metric: str, by: str | None) -> None:
    few, all_ = (measure(metric, asked, by=by).frame for asked in both)
    names = [name for name in ("key", "n") if name in few.columns]
    assert few[names].sort_values(names).to_dict("list") == all_[names].sort_values(names).to_dict("list")
    assert few["n"].sum() > 0


def test_ages_from_the_open_cases_equal_the_ages_from_all(both: tuple[Asked, Asked]) -> None:
    few, all_ = (ageing(asked, by="department") for asked in both)
    assert few.equals(all_)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_every_order_hold_the_same_cases_as_the_whole(both: tuple[Asked, Asked], sort: str) -> None:
    now, before = both
    pages = [case_list(now, "overdue_now", sort=sort, offset=start, limit=40).frame["source_id"].tolist() for start in (0, 40, 80)]
    whole = case_list(before, "overdue_now", sort=sort, limit=120).frame["source_id"].tolist()
    assert [case for page in pages for case in page] == whole
    assert len(set(whole)) == 120


def test_a_closing_that_lies_after_the_data_has_not_happened_yet(tmp_path: Path) -> None:
    """A source that writes planned closings: the case is open until then."""
    case = {
        "source_id": "1",
        "case_class": "service",
        "opened_at": instant("2026-03-16T12:00:00Z"),
        "closed_at": instant("2026-04-10T12:00:00Z"),
    }
    city = small_city()
    mart = make_mart(tmp_path, [case], as_of=datetime(2026, 3, 30), city=city)
    asked = ask(mart, calendar_of(city), default_question(mart, calendar_of(city)), MAYOR)
    assert measure("backlog", asked).value == 1
