"""The agenda of a meeting: drafted once for one instant, never longer than the meeting, edited with undo, and closed with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from access import AccessDenied
from data_access.store import agendas, meetings
from data_access.store.agendas import Draft
from data_access.store.meetings import NotPlanned
from metrics.meetings import HOUR, lengths
from tests.support.stores import empty_store
from tests.test_meetings import EVERYWHERE, HEAD, PARKS, TODAY, acting

AS_OF, LATER = datetime(2026, 3, 16, 10), datetime(2026, 3, 23, 10)
DRAFTS = [
    Draft("data", "The data", 3), Draft("issue", "Trees: overdue", 20, "parks", "/backlog?department=parks"), Draft("issue", "Lights", 10, "lights"),
    Draft("actions", "Actions", 5),
]  # fmt: skip


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Statroom's own database with a series, in SQLite unless a test asks for PostgreSQL too."""
    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_url"))
    meetings.plan_series(acting(engine), **PARKS)
    meetings.materialise(engine, TODAY)
    yield engine
    engine.dispose()


@pytest.fixture
def number(store: Any) -> int:
    """A drafted meeting of 60 minutes."""
    found = meetings.schedule(store, None, date(2026, 3, 1), date(2026, 3, 31))[0].id
    assert agendas.draft(acting(store), found, AS_OF, DRAFTS)
    return found


def titles(store: Any, number: int) -> list[str]:
    return [item.title for item in agendas.items(store, number, None)]


def test_a_draft_fixes_the_instant_of_the_meeting_and_is_made_once(store: Any, number: int) -> None:
    met = meetings.one(store, number, None)
    assert met is not None and met.as_of == AS_OF
    assert not agendas.draft(acting(store), number, LATER, DRAFTS)
    met = meetings.one(store, number, None)
    assert met is not None and met.as_of == AS_OF
    assert [(item.place, item.minutes) for item in agendas.items(store, number, None)] == [(1, 3), (2, 20), (3, 10), (4, 5)]


@EVERYWHERE
def test_of_several_who_draft_at_once_one_does(store: Any) -> None:
    other = meetings.schedule(store, None, date(2026, 3, 20), date(2026, 4, 30))[0].id
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _at: agendas.draft(acting(store), other, AS_OF, DRAFTS), range(4)))
    assert sorted(made) == [False, False, False, True]
    assert len(agendas.items(store, other, None)) == 4


def test_a_new_draft_replaces_the_old_one_whose_items_can_come_back(store: Any, number: int) -> None:
    assert agendas.draft(acting(store), number, LATER, [Draft("data", "Anew", 3)], instead_of=AS_OF)
    met = meetings.one(store, number, None)
    assert met is not None and met.as_of == LATER
    assert titles(store, number) == ["Anew"]
    (issue,) = [item for item in agendas.items(store, number, None, removed=True) if item.title == "Trees: overdue"]
    agendas.restore(acting(store), issue.id)
    assert set(titles(store, number)) == {"Anew", "Trees: overdue"}


@EVERYWHERE
def test_items_move_past_each_other_and_stop_at_the_ends(store: Any, number: int) -> None:
    first, second, *_ = agendas.items(store, number, None)
    agendas.move(acting(store), second.id, -1)
    assert titles(store, number) == ["Trees: overdue", "The data", "Lights", "Actions"]
    agendas.move(acting(store), second.id, -1)
    agendas.move(acting(store), first.id, 1)
    assert titles(store, number) == ["Trees: overdue", "Lights", "The data", "Actions"]


def test_an_item_that_is_taken_off_can_come_back(store: Any, number: int) -> None:
    lights = agendas.items(store, number, None)[2]
    agendas.remove(acting(store), lights.id)
    assert titles(store, number) == ["The data", "Trees: overdue", "Actions"]
    with pytest.raises(NotPlanned, match="bring it back first"):
        agendas.move(acting(store), lights.id, 1)
    agendas.restore(acting(store), lights.id)
    assert titles(store, number) == ["The data", "Trees: overdue", "Lights", "Actions"]


def test_what_is_added_comes_before_the_actions(store: Any, number: int) -> None:
    agendas.add(acting(store), number, Draft("issue", "  Graffiti  again ", 5, address="/signals"))
    assert titles(store, number) == ["The data", "Trees: overdue", "Lights", "Graffiti again", "Actions"]


@pytest.mark.parametrize("does", [
    lambda to, number, items: agendas.add(to, number, Draft("issue", "Long", 23)), lambda to, number, items: agendas.keep(to, items[0].id, "Long", 26, ""),
], ids=["add", "keep"])  # fmt: skip
def test_an_agenda_is_never_longer_than_its_meeting(store: Any, number: int, does: Callable[..., Any]) -> None:
    """38 of 60 minutes are given; with one more than is left it is refused, and nothing is written."""
    with pytest.raises(NotPlanned, match="would last 61 minutes and the meeting has 60"):
        does(acting(store), number, agendas.items(store, number, None))
    assert sum(item.minutes for item in agendas.items(store, number, None)) == 38


def test_an_item_is_brought_back_only_where_there_is_time_for_it(store: Any, number: int) -> None:
    issue = agendas.items(store, number, None)[1]
    agendas.remove(acting(store), issue.id)
    agendas.add(acting(store), number, Draft("issue", "Long", 41))
    with pytest.raises(NotPlanned, match="would last 79 minutes"):
        agendas.restore(acting(store), issue.id)


@pytest.mark.parametrize(("wrong", "said"), [
    (Draft("issue", " ", 5), "title"), (Draft("issue", "x" * 161, 5), "title"), (Draft("issue", "A", 0), "0 minutes"), (Draft("party", "A", 5), "'party'"),
    (Draft("issue", "A", 5, address="https://example.org"), "no page of Statroom"), (Draft("issue", "A", 5, address="//example.org"), "no page of Statroom"),
    *((Draft("issue", "A", 5, address=address), "no page of Statroom") for address in ("/\t/example.org", "/\n/example.org", "/sla\\..\\example.org", "/\\example.org")),
])  # fmt: skip
def test_an_item_that_cannot_be_is_refused(store: Any, number: int, wrong: Draft, said: str) -> None:
    with pytest.raises(NotPlanned, match=said):
        agendas.add(acting(store), number, wrong)


def test_the_agenda_of_a_meeting_that_is_over_stays_but_notes_can_be_mended(store: Any, number: int) -> None:
    item = agendas.items(store, number, None)[1]
    meetings.hold(acting(store), number, TODAY)
    for change in (
        lambda: agendas.move(acting(store), item.id, 1), lambda: agendas.remove(acting(store), item.id), lambda: agendas.keep(acting(store), item.id, "A", 1, ""),
        lambda: agendas.add(acting(store), number, Draft("issue", "A", 1)), lambda: agendas.draft(acting(store), number, LATER, DRAFTS, instead_of=AS_OF),
    ):  # fmt: skip
        with pytest.raises(NotPlanned, match="The meeting was held; its agenda stays as it was"):
            change()
    assert agendas.note(acting(store), item.id, " A crew for April. ").note == "A crew for April."
    with pytest.raises(NotPlanned, match="at most 2,000"):
        agendas.note(acting(store), item.id, "x" * 2_001)
    met = meetings.one(store, number, None)
    assert met is not None and met.as_of == AS_OF


def test_a_note_that_somebody_wrote_meanwhile_is_not_written_over(store: Any, number: int) -> None:
    item = agendas.items(store, number, None)[1]
    agendas.note(acting(store), item.id, "A crew for April.", seen="")
    with pytest.raises(NotPlanned, match=r"“A crew for April\.”"):
        agendas.note(acting(store), item.id, "Nothing yet.", seen="")
    with pytest.raises(NotPlanned, match="was changed meanwhile"):
        agendas.keep(acting(store), item.id, "Trees: late", 4, "", seen="")
    now = agendas.items(store, number, None)[1]
    assert (now.title, now.note) == ("Trees: overdue", "A crew for April.")  # all or nothing
    agendas.keep(acting(store), item.id, "Trees: late", 4, "Two crews.", seen="A crew for April.")
    now = agendas.items(store, number, None)[1]
    assert (now.title, now.minutes, now.note) == ("Trees: late", 4, "Two crews.")


def test_a_department_head_reads_items_for_all_and_for_own_departments_and_changes_none(store: Any, number: int) -> None:
    assert [item.title for item in agendas.items(store, number, HEAD.departments)] == ["The data", "Trees: overdue", "Actions"]
    item = agendas.items(store, number, HEAD.departments)[0].id
    for change in (
        lambda to: agendas.draft(to, number, LATER, DRAFTS), lambda to: agendas.add(to, number, DRAFTS[0]), lambda to: agendas.move(to, item, 1),
        lambda to: agendas.keep(to, item, "A", 1, ""), lambda to: agendas.remove(to, item), lambda to: agendas.restore(to, item),
        lambda to: agendas.note(to, item, "A"),
    ):  # fmt: skip
        with pytest.raises(AccessDenied):
            change(acting(store, HEAD))


def test_the_minutes_of_a_draft_add_to_no_more_than_the_meeting_has() -> None:
    """Whatever its length, with or without good news and with up to three issues; of an hour with all of them every minute is given."""
    for minutes in range(meetings.SHORTEST, meetings.LONGEST + 1):
        for news in (0, 1):
            for issues in range(4):
                given = [lengths(kind, {"good_news": news, "issue": issues}.get(kind, 1), minutes) for kind in HOUR]
                assert sum(map(sum, given)) <= minutes
                assert min(one for lengths_ in given for one in lengths_) >= 1
    assert sum(sum(lengths(kind, 3 if kind == "issue" else 1, 60)) for kind in HOUR) == 60
