"""A kept answer is the answer: figure by figure, type by type, and never another mart's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from access import PUBLIC_VIEWER, AccessDenied
from data_access import cache
from data_access.mart.reading import open_mart
from metrics.definitions import METRICS, REGISTRY
from metrics.headline import headline, headlines
from metrics.measure import ask, measure
from metrics.question import Question
from metrics.select import Asked
from settings import read_settings
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, settings_in
from tests.support.worlds import AS_OF

CITY_ZONE = "America/New_York"
QUARTER = Question(date(2026, 1, 5), date(2026, 4, 20), AS_OF)
SPLITS = (None, "department", ("request_type", "district"))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("cached")
    city = worlds.city(folder, CITY_ZONE)
    return ask(worlds.mart_of(folder, worlds.world(3, "w0", CITY_ZONE), city), calendar_of(city), QUARTER, MAYOR)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[None]:
    with cache.used_by_command(dataclasses.replace(read_settings({}), data=tmp_path)):
        yield


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS])
def test_a_kept_answer_is_the_answer(asked: Asked, tmp_path: Path, metric: str) -> None:
    def answers() -> list[pd.DataFrame]:
        period = REGISTRY[metric].by_period
        return [measure(metric, asked, by=by, period=p).frame for by in SPLITS for p in {False, period}]

    fresh = answers()
    with cache.used_by_command(dataclasses.replace(read_settings({}), data=tmp_path)):
        first, again = answers(), answers()
    assert any((tmp_path / "cache" / "staff").iterdir())
    for one, other, third in zip(fresh, first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
        pd.testing.assert_frame_equal(one, third)


def test_a_mart_made_anew_never_meets_the_answers_of_the_one_before(kept: None, tmp_path: Path) -> None:
    """Both are generation 1 of the same city at the same instant, one with 30 cases and one with 20."""
    found = []
    for count in (30, 20):
        folder = tmp_path / str(count)
        city = worlds.city(folder, CITY_ZONE)
        mart = worlds.mart_of(folder, worlds.world(3, "w0", CITY_ZONE, count), city)
        assert mart.generation == 1
        everything = Question(date(2025, 1, 1), date(2026, 4, 20), AS_OF, case_class=())
        found.append(measure("reports", ask(mart, calendar_of(city), everything, MAYOR)).value)
    assert found == [30, 20]


def test_an_answer_kept_for_residents_does_not_open_the_staff_mart_to_them(kept: None, tmp_path: Path) -> None:
    city = worlds.city(tmp_path, CITY_ZONE)
    staff = worlds.mart_of(tmp_path, worlds.world(3, "w0", CITY_ZONE, 20), city)
    public = open_mart(settings_in(tmp_path, "public"))
    whole = QUARTER.about(start=date(2026, 1, 1), end=date(2026, 4, 1))
    assert measure("opened", ask(public, calendar_of(city), whole, PUBLIC_VIEWER)).value is not None
    with pytest.raises(AccessDenied):
        measure("opened", ask(staff, calendar_of(city), whole, PUBLIC_VIEWER))


def test_tiles_of_one_view_share_their_parts_and_say_the_same_as_each_alone(asked: Asked) -> None:
    names = ("opened", "closed", "backlog", "ontime_due", "overdue_now", "weeks_of_work", "net_flow", "clearance_rate")
    together, alone = headlines(names, asked), [headline(name, asked) for name in names]
    for one, other in zip(together, alone, strict=True):
        assert (one.value, one.n, one.previous, one.last_year) == (other.value, other.n, other.previous, other.last_year)
        pd.testing.assert_frame_equal(one.series, other.series)
