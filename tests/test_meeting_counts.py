"""Residents are told how often the city met about its figures: the days on which it met and on which it did not, and nothing else of a meeting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_access.demo.meetings import CANCELLED, SERIES, plan_demo
from data_access.mart.reading import open_mart
from data_access.store import agendas, meeting_counts, meetings
from data_access.store.agendas import Draft
from data_access.store.engine import open_store
from settings import utc_now
from tests.support.desks import CITY_TOML
from tests.support.marts import settings_in
from tests.support.portal import opened
from tests.support.stores import empty_store
from tests.support.towns import Town
from tests.test_meetings import STREETS, acting
from tests.test_portal_pages import words_of

TODAY = date(2026, 3, 16)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


def meet(store: Any, today: date) -> None:
    """Two meetings held, one cancelled and one of which nobody said anything; one was held more than a year ago."""
    meetings.plan_series(acting(store), **{**STREETS, "first_on": today - timedelta(weeks=56), "every_weeks": 14})
    meetings.materialise(store, today)
    long_ago, first, second, third, _now, *_ = meetings.schedule(store, None, today - timedelta(weeks=60), today)
    agendas.draft(acting(store), first.id, datetime(2026, 1, 1), [Draft("issue", "The bridge affair", 5)])
    for met in (long_ago, first, third):
        meetings.hold(acting(store), met.id, today)
    meetings.cancel(acting(store), second.id, "Mr Brown was ill")


def test_of_a_year_s_meetings_the_days_are_told_and_nothing_else(store: Any) -> None:
    meet(store, TODAY)
    told = json.loads(meeting_counts.published(store, TODAY))
    assert told == [{"series": "Streets and lights", "held": ["2025-05-26", "2025-12-08"], "cancelled": ["2025-09-01"]}]


def test_residents_read_on_the_promises_page_how_often_the_city_met(tmp_path: Path) -> None:
    town = Town(tmp_path).files()
    town.write("cases.csv", "1,Pothole,Streets,Phone,Open,2026-03-02 09:00:00,2026-03-09 09:00:00,")
    today = utc_now().date()
    with_store = open_store(town.settings)
    meet(with_store, today)
    with_store.dispose()
    town.load()
    folder = town.settings.data
    public = open_mart(settings_in(folder, "public"))
    told = public.meta["meetings"]
    public.close()
    assert "Streets and lights" in told
    assert not any(secret in told for secret in ("Brown", "Mayor", "bridge", "streets"))
    (folder / "city.toml").write_text(CITY_TOML.format(more=""))
    english, spanish = (words_of(page, "promises-words") for page in opened(folder, ["/promises", "/promises?lang=es"]))
    assert "2 held, 1 cancelled. The last one was held on" in english
    assert "2 celebradas, 1 canceladas. La última se celebró el" in spanish


def test_the_demo_city_has_two_clusters_in_turn_a_weekly_meeting_and_cancellations_with_their_reasons(store: Any) -> None:
    assert plan_demo(store, TODAY)
    assert not plan_demo(store, TODAY)
    held = {count.series.name: count for count in meetings.counts(store, None, TODAY - timedelta(weeks=52), TODAY)}
    assert {name: len(count.cancelled) for name, count in held.items()} == {
        name: sum(name == of for of, *_ in CANCELLED) for name, *_ in SERIES
    }
    assert all(count.held and not count.unsaid for count in held.values())
    clusters = [{day for met in (count.held + count.cancelled,) for day in met} for count in held.values() if count.series.every_weeks == 2]
    assert len(clusters) == 2 and clusters[0].isdisjoint(clusters[1])
    assert meetings.schedule(store, None, TODAY, TODAY + timedelta(weeks=8))
