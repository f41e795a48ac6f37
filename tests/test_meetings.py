"""The schedule of meetings: made of a rhythm, each once; held, cancelled with a reason, and counted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from access import AccessDenied, Viewer
from data_access.store import meetings
from data_access.store.acting import Acting
from data_access.store.meeting_models import meeting
from tests.support.marts import MAYOR
from tests.support.stores import empty_store

EVERYWHERE = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
TODAY = date(2026, 3, 16)
HEAD = Viewer("h", "Head of parks", "department", ("parks",))
STREETS: dict[str, Any] = {
    "name": "Streets and lights", "departments": ["streets", "lights"], "first_on": date(2026, 3, 5), "starts_at": "09:00", "minutes": 60,
    "every_weeks": 2,
}  # fmt: skip
PARKS = {**STREETS, "name": "Parks", "departments": ["parks"], "first_on": date(2026, 3, 12)}


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Statroom's own database, in SQLite unless a test asks for PostgreSQL too."""
    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


def acting(store: Any, viewer: Viewer = MAYOR, now: datetime = datetime(2026, 3, 16, 9)) -> Acting:
    return Acting(viewer, store, now)


def planned(store: Any, only: Any = None) -> list[meetings.Meeting]:
    return meetings.schedule(store, only, date(2026, 1, 1), date(2026, 12, 31))


def test_a_fortnightly_series_makes_its_meetings_of_eight_weeks_ahead_and_makes_none_twice(store: Any) -> None:
    meetings.plan_series(acting(store), **STREETS)
    for _ in range(2):
        meetings.materialise(store, TODAY)
    days = [met.on for met in planned(store)]
    assert days == [date(2026, 3, 5), date(2026, 3, 19), date(2026, 4, 2), date(2026, 4, 16), date(2026, 4, 30)]
    meetings.materialise(store, date(2026, 3, 23))
    assert [met.on for met in planned(store)] == [*days, date(2026, 5, 14)]


@EVERYWHERE
def test_several_processes_that_make_meetings_at_once_make_each_once(store: Any) -> None:
    meetings.plan_series(acting(store), **{**STREETS, "every_weeks": 1})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _at: meetings.materialise(store, TODAY), range(8)))
    with store.connect() as connection:
        assert connection.execute(select(func.count()).select_from(meeting)).scalar_one() == 10


@pytest.mark.parametrize(("wrong", "said"), [
    ({"name": " "}, "name"), ({"name": "x" * 81}, "name"), ({"departments": []}, "at least one department"), ({"starts_at": "9:00"}, "'9:00'"),
    ({"starts_at": "24:00"}, "such as 09:00"), ({"minutes": 91}, "91 minutes"), ({"minutes": 5}, "15 to 90"), ({"every_weeks": 0}, "every 0 weeks"),
    ({"every_weeks": 27}, "1 to 26"),
])  # fmt: skip
def test_a_series_that_cannot_be_is_refused_with_what_is_wrong(store: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(meetings.NotPlanned, match=said):
        meetings.plan_series(acting(store), **{**STREETS, **wrong})
    assert meetings.every_series(store, None) == []


def test_two_series_that_go_on_have_different_names(store: Any) -> None:
    number = meetings.plan_series(acting(store), **STREETS)
    with pytest.raises(meetings.NotPlanned, match="already a series called 'Streets and lights'"):
        meetings.plan_series(acting(store), **STREETS)
    meetings.end_series(acting(store), number, TODAY)
    meetings.plan_series(acting(store), **STREETS)


@EVERYWHERE
def test_a_meeting_is_held_or_cancelled_with_a_reason_and_both_can_be_undone(store: Any) -> None:
    meetings.plan_series(acting(store), **STREETS)
    meetings.materialise(store, TODAY)
    first, second, *_ = planned(store)
    held = meetings.hold(acting(store), first.id, TODAY)
    assert (held.state, held.state_by_name, held.state_at) == ("held", "Mayor's office", datetime(2026, 3, 16, 9))
    with pytest.raises(meetings.NotPlanned, match="is held already; undo that first"):
        meetings.cancel(acting(store), first.id, "Snow")
    with pytest.raises(meetings.NotPlanned, match="planned for 19 March 2026; it cannot have been held yet"):
        meetings.hold(acting(store), second.id, TODAY)
    with pytest.raises(meetings.NotPlanned, match="Say why"):
        meetings.cancel(acting(store), second.id, "  ")
    assert meetings.cancel(acting(store), second.id, " Council  day ").reason == "Council day"
    assert meetings.undo(acting(store), second.id).state == "planned"
    assert meetings.undo(acting(store), first.id).state == "planned"
    assert meetings.undo(acting(store), first.id).state == "planned"
    with pytest.raises(meetings.NotPlanned, match="no such meeting"):
        meetings.hold(acting(store), 99, TODAY)


def test_held_cancelled_and_unsaid_meetings_are_counted_by_series(store: Any) -> None:
    meetings.plan_series(acting(store), **{**STREETS, "first_on": date(2026, 1, 22)})
    meetings.plan_series(acting(store), **{**PARKS, "first_on": TODAY})
    meetings.materialise(store, TODAY)
    january, february, later, march, *_ = [met for met in planned(store) if met.series.name == "Streets and lights"]
    meetings.hold(acting(store), january.id, TODAY)
    meetings.hold(acting(store), later.id, TODAY)
    meetings.cancel(acting(store), february.id, "Storm")
    parks, streets = meetings.counts(store, None, date(2025, 3, 17), TODAY)
    assert (streets.held, streets.cancelled, streets.unsaid) == ((january.on, later.on), (february.on,), (march.on,))
    assert (parks.held, parks.cancelled, parks.unsaid) == ((), (), ())  # its first meeting is today: nothing is missing yet


def test_an_ended_series_keeps_what_happened_and_drops_what_was_planned_after(store: Any) -> None:
    number = meetings.plan_series(acting(store), **STREETS)
    meetings.materialise(store, TODAY)
    meetings.end_series(acting(store), number, TODAY)
    meetings.materialise(store, date(2026, 9, 1))
    assert [met.on for met in planned(store)] == [date(2026, 3, 5)]
    assert meetings.resume_series(acting(store), number) == "Streets and lights"
    assert len(planned(store)) == 5


def test_a_series_is_not_taken_up_again_beside_another_of_its_name(store: Any) -> None:
    number = meetings.plan_series(acting(store), **STREETS)
    meetings.end_series(acting(store), number, TODAY)
    meetings.plan_series(acting(store), **STREETS)
    with pytest.raises(meetings.NotPlanned, match="Another series called 'Streets and lights' goes on"):
        meetings.resume_series(acting(store), number)


def test_a_series_that_ends_in_the_evening_of_the_city_s_day_drops_tomorrow_s_meeting(store: Any) -> None:
    """20:30 on Wednesday in New York is Thursday in UTC; Thursday's meeting is off all the same."""
    number = meetings.plan_series(acting(store), **{**STREETS, "first_on": date(2026, 3, 18), "every_weeks": 1})
    daily = meetings.plan_series(acting(store), **{**STREETS, "name": "The day after", "first_on": date(2026, 3, 19), "every_weeks": 1})
    meetings.materialise(store, TODAY)
    evening = acting(store, now=datetime(2026, 3, 19, 0, 30))
    for series in (number, daily):
        meetings.end_series(evening, series, date(2026, 3, 18))
    assert [(met.series.id, met.on) for met in planned(store)] == [(number, date(2026, 3, 18))]


def test_a_department_head_sees_the_meetings_about_their_own_departments_and_plans_none(store: Any) -> None:
    meetings.plan_series(acting(store), **STREETS)
    number = meetings.plan_series(acting(store), **PARKS)
    meetings.materialise(store, TODAY)
    assert {met.series.name for met in planned(store, HEAD.departments)} == {"Parks"}
    assert {one.name for one in meetings.every_series(store, HEAD.departments)} == {"Parks"}
    assert {count.series.name for count in meetings.counts(store, HEAD.departments, date(2026, 1, 1), TODAY)} == {"Parks"}
    other = next(met for met in planned(store) if met.series.name != "Parks")
    assert meetings.one(store, other.id, HEAD.departments) is None
    assert meetings.one(store, other.id, None) == other
    mine = planned(store, HEAD.departments)[0]
    for refused in (
        lambda: meetings.plan_series(acting(store, HEAD), **{**PARKS, "name": "Mine"}), lambda: meetings.end_series(acting(store, HEAD), number, TODAY),
        lambda: meetings.hold(acting(store, HEAD), mine.id, TODAY), lambda: meetings.cancel(acting(store, HEAD), mine.id, "No"),
        lambda: meetings.undo(acting(store, HEAD), mine.id),
    ):  # fmt: skip
        with pytest.raises(AccessDenied):
            refused()


def test_the_meeting_before_is_the_last_one_of_its_series_that_was_held(store: Any) -> None:
    meetings.plan_series(acting(store), **{**STREETS, "first_on": date(2026, 2, 5)})
    meetings.materialise(store, TODAY)
    first, second, third, *_ = planned(store)
    meetings.hold(acting(store), first.id, TODAY)
    meetings.cancel(acting(store), second.id, "Storm")
    before = meetings.before(store, third, None)
    assert before is not None and before.id == first.id
    assert meetings.before(store, first, None) is None
