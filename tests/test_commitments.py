"""Commitments: nothing is promised without who, what, when and which figure; every change is kept; nobody reviews what they showed themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.demo.promises import make_promises
from data_access.demo.truths import dates_of
from data_access.store import commitments
from data_access.store.acting import Acting
from data_access.store.commitments import NotPromised
from tests.support.marts import MAYOR
from tests.support.stores import empty_store

HEAD = Viewer("head", "Head of Parks", "department", ("parks",))
ANALYST = Viewer("analyst", "Analyst", "analyst")
COUNCIL = Viewer("council", "Council", "viewer")
PARKS = frozenset({"parks"})
NOW = datetime(2026, 3, 16, 9)
PROMISE: dict[str, Any] = {
    "meeting_id": None, "department": "parks", "deliverable": "A second mowing crew works on weekdays", "owner_name": "Ada Field",
    "owner_email": "ada@parks.example", "due_on": date(2026, 4, 1), "metric": "ontime_due", "filters": "department=parks", "expected": "higher",
    "expected_value": 0.9, "made_on": date(2026, 3, 12),
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


def acting(store: Any, viewer: Viewer = MAYOR, now: datetime = NOW) -> Acting:
    return Acting(viewer, store, now)


def made(store: Any, **other: Any) -> int:
    return commitments.make(acting(store), **{**PROMISE, **other})


def state(store: Any, number: int) -> str:
    found = commitments.one(store, MAYOR, None, number)
    assert found is not None
    return found.state


def kinds(store: Any, number: int) -> list[str]:
    return [event.kind for event in commitments.history(store, MAYOR, None, number)]


def test_a_promise_says_who_what_when_and_which_figure_it_should_move(store: Any) -> None:
    number = made(store)
    (kept,) = commitments.register(store, MAYOR, None)
    assert {name: getattr(kept, name) for name in PROMISE} == PROMISE
    assert (kept.id, kept.state, kept.created_by_name, kept.created_at) == (number, "open", "Mayor's office", NOW)
    (event,) = commitments.history(store, MAYOR, None, number)
    assert (event.kind, event.due_after, event.by_name, event.at) == ("made", date(2026, 4, 1), "Mayor's office", NOW)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"owner_name": " "}, "Name the person"), ({"due_on": None}, "day it is due"), ({"deliverable": ""}, "what will have been done"),
    ({"metric": ""}, "figure it should move"), ({"department": ""}, "department that owes"), ({"due_on": date(2026, 3, 11)}, "before it is made"),
    ({"owner_email": "ada"}, "'ada' is no e-mail"), ({"expected": "better"}, "higher or lower"), ({"expected_value": float("nan")}, "a number"),
    ({"deliverable": "x" * 301}, "301 characters"), ({"filters": "department=parks&place=7"}, "single place"), ({"owner_name": "x" * 121}, "121"),
])  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_kept(store: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NotPromised, match=said):
        made(store, **wrong)
    assert commitments.register(store, MAYOR, None) == []


def test_what_is_sent_twice_is_kept_once(store: Any) -> None:
    number = made(store)
    with pytest.raises(NotPromised, match="promised already"):
        made(store)
    commitments.drop(acting(store), number, "No longer needed.")
    assert made(store) != number  # what was dropped can be promised again


def test_from_promise_to_kept_by_way_of_a_return(store: Any) -> None:
    number = made(store)
    commitments.note(acting(store, HEAD), number, "The crew is hired.", open_to=PARKS)
    commitments.give_evidence(acting(store, HEAD), number, "Roster of April", "/signals?series=x", open_to=PARKS)
    assert state(store, number) == "in_review"
    commitments.review(acting(store), number, False, "The roster shows Mondays only.")
    assert state(store, number) == "open"
    commitments.give_evidence(acting(store, HEAD), number, "Roster of May", open_to=PARKS)
    commitments.review(acting(store), number, True, "")
    assert state(store, number) == "kept"
    events = commitments.history(store, MAYOR, None, number)
    assert [(event.kind, event.by_name) for event in events] == [
        ("made", MAYOR.name), ("note", HEAD.name), ("evidence", HEAD.name), ("returned", MAYOR.name), ("evidence", HEAD.name), ("kept", MAYOR.name),
    ]  # fmt: skip
    assert events[2].address == "/signals?series=x"


def test_a_finished_one_is_reopened_and_a_date_is_moved_with_a_reason(store: Any) -> None:
    number = made(store)
    commitments.drop(acting(store), number, "The street is rebuilt instead.")
    assert state(store, number) == "dropped"
    commitments.reopen(acting(store), number, "It is not rebuilt after all.")
    commitments.move_due(acting(store), number, date(2026, 5, 1), "The machine comes in April.")
    moved = commitments.history(store, MAYOR, None, number)[-1]
    assert (moved.kind, moved.due_before, moved.due_after, moved.text) == (
        "moved",
        date(2026, 4, 1),
        date(2026, 5, 1),
        "The machine comes in April.",
    )
    assert kinds(store, number) == ["made", "dropped", "reopened", "moved"]
    assert commitments.register(store, MAYOR, None)[0].due_on == date(2026, 5, 1)


def test_who_gave_the_evidence_does_not_review_it(store: Any) -> None:
    number = made(store)
    commitments.give_evidence(acting(store, ANALYST), number, "I saw it.")
    with pytest.raises(NotPromised, match="Somebody else"):
        commitments.review(acting(store, ANALYST), number, True, "")
    commitments.give_evidence(acting(store, MAYOR), number, "So did I.")
    with pytest.raises(NotPromised, match="Somebody else"):
        commitments.review(acting(store, MAYOR), number, True, "")
    third = Viewer("third", "Third", "admin")
    commitments.review(acting(store, third), number, False, "Both photographs are of another park.")
    commitments.give_evidence(acting(store, MAYOR), number, "The right photograph.")
    commitments.review(acting(store, ANALYST), number, True, "")
    assert state(store, number) == "kept"


Change = Callable[[Acting, int], None]
CHANGES: dict[str, Change] = {
    "move": lambda who, number: commitments.move_due(who, number, date(2026, 6, 1), "Later."),
    "evidence": lambda who, number: commitments.give_evidence(who, number, "Done."),
    "review": lambda who, number: commitments.review(who, number, True, ""),
    "drop": lambda who, number: commitments.drop(who, number, "No."),
    "reopen": lambda who, number: commitments.reopen(who, number, "Yes."),
    "note": lambda who, number: commitments.note(who, number, "Well."),
}
POSSIBLE = {
    "open": {"move", "evidence", "drop", "note"}, "in_review": {"move", "evidence", "review", "drop", "note"}, "kept": {"reopen", "note"},
    "dropped": {"reopen", "note"},
}  # fmt: skip


def brought_to(store: Any, wanted: str) -> int:
    number = made(store, deliverable=f"Promise {len(commitments.register(store, MAYOR, None))}")
    if wanted in ("in_review", "kept"):
        commitments.give_evidence(acting(store, ANALYST), number, "Done.")
    if wanted == "kept":
        commitments.review(acting(store), number, True, "")
    if wanted == "dropped":
        commitments.drop(acting(store), number, "No.")
    return number


@pytest.mark.parametrize("begun", POSSIBLE)
def test_in_each_state_only_what_can_follow_is_done_and_what_is_refused_leaves_no_trace(store: Any, begun: str) -> None:
    for name, change in CHANGES.items():
        number = brought_to(store, begun)
        before = (state(store, number), kinds(store, number))
        if name in POSSIBLE[begun]:
            change(acting(store), number)
            assert len(kinds(store, number)) == len(before[1]) + 1
        else:
            with pytest.raises(NotPromised):
                change(acting(store), number)
            assert (state(store, number), kinds(store, number)) == before


@pytest.mark.parametrize(("change", "said"), [
    (lambda who, number: commitments.move_due(who, number, date(2026, 6, 1), " "), "why the day"),
    (lambda who, number: commitments.move_due(who, number, date(2026, 4, 1), "So."), "already"),
    (lambda who, number: commitments.move_due(who, number, date(2026, 3, 11), "So."), "made on"),
    (lambda who, number: commitments.drop(who, number, ""), "why it is dropped"),
    (lambda who, number: commitments.note(who, number, ""), "note first"),
    (lambda who, number: commitments.note(who, number, "x" * 2001), "2001 characters"),
    (lambda who, number: commitments.give_evidence(who, number, ""), "what was done"),
    (lambda who, number: commitments.give_evidence(who, number, "See", "//evil.example/x"), "no page"),
    (lambda who, number: commitments.give_evidence(who, number, "See", "https://evil.example"), "no page"),
    (lambda who, number: commitments.give_evidence(who, number, "See", "/\t/evil.example"), "no page"),  # browsers drop the tab
])  # fmt: skip
def test_a_change_without_what_a_later_reader_needs_is_refused(store: Any, change: Change, said: str) -> None:
    number = made(store)
    with pytest.raises(NotPromised, match=said):
        change(acting(store), number)
    assert kinds(store, number) == ["made"]


def test_what_goes_back_says_what_is_missing(store: Any) -> None:
    number = brought_to(store, "in_review")
    with pytest.raises(NotPromised, match="what is missing"):
        commitments.review(acting(store), number, False, " ")


def test_a_head_sees_and_answers_only_their_own_departments(store: Any) -> None:
    own, other = made(store), made(store, department="streets")
    assert [one.id for one in commitments.register(store, HEAD, PARKS)] == [own]
    assert {event.commitment_id for event in commitments.history(store, HEAD, PARKS)} == {own}
    assert commitments.one(store, HEAD, PARKS, other) is None
    assert commitments.history(store, HEAD, PARKS, other) == []
    for number in (other, 99):
        with pytest.raises(AccessDenied, match="no such commitment"):
            commitments.note(acting(store, HEAD), number, "Mine?", open_to=PARKS)
    for change in ("move", "review", "drop", "reopen"):
        with pytest.raises(AccessDenied):
            CHANGES[change](acting(store, HEAD), own)
    with pytest.raises(AccessDenied):
        commitments.make(acting(store, HEAD), **PROMISE)


def test_a_head_for_whom_nobody_says_which_sees_none(store: Any) -> None:
    number = made(store)
    assert commitments.register(store, HEAD, None) == [] and commitments.register(store, HEAD, frozenset()) == []
    with pytest.raises(AccessDenied):
        commitments.note(acting(store, HEAD), number, "Mine?")


def test_a_council_office_reads_and_changes_nothing_and_residents_read_nothing(store: Any) -> None:
    number = made(store)
    assert [one.id for one in commitments.register(store, COUNCIL, None)] == [number]
    told = [commitments.one(store, COUNCIL, None, number), *commitments.history(store, COUNCIL, None, number)]
    assert not any(name in str(told) for name in ("@", PROMISE["owner_name"], ANALYST.name)), "whoever only looks reads no names of staff"
    for change in CHANGES.values():
        with pytest.raises(AccessDenied):
            change(acting(store, COUNCIL), number)
    for read in (commitments.register, commitments.history):
        with pytest.raises(AccessDenied):
            read(store, PUBLIC_VIEWER, None)
    with pytest.raises(AccessDenied):
        commitments.one(store, PUBLIC_VIEWER, None, number)


def test_who_has_not_read_the_last_event_changes_nothing(store: Any) -> None:
    number = made(store)
    seen = commitments.history(store, MAYOR, None, number)[-1].id
    commitments.give_evidence(acting(store, HEAD), number, "Done.", open_to=PARKS, seen=seen)
    with pytest.raises(NotPromised, match="meanwhile"):
        commitments.drop(acting(store), number, "Nobody works on it.", seen=seen)
    assert state(store, number) == "in_review"


def test_of_two_reviews_at_once_one_holds_and_the_other_is_told(store: Any) -> None:
    """Twelve people press at the same time, half of them "kept", half "returned": one change, one event, in every order."""
    number = brought_to(store, "in_review")

    def press(at: int) -> str:
        try:
            commitments.review(acting(store, Viewer(f"r{at}", f"Reviewer {at}", "analyst")), number, at % 2 == 0, "Seen.")
        except NotPromised:
            return "told"
        return "kept" if at % 2 == 0 else "open"

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(press, range(12)))
    assert sorted(set(answers) - {"told"}) == [state(store, number)] and answers.count("told") == 11
    assert len(kinds(store, number)) == 3


def test_reminders_are_owed_a_week_before_on_the_day_and_weekly_after(store: Any) -> None:
    due = date(2026, 4, 1)
    number = made(store, due_on=due)
    made(store, deliverable="Without an address", owner_email="", due_on=due)
    waiting = made(store, deliverable="Shown already", due_on=due)
    commitments.give_evidence(acting(store), waiting, "Done.")

    def since(day: date) -> list[date]:
        found = commitments.due_for_reminder(store, day)
        assert {one.commitment.id for one in found} <= {number}
        return [one.since for one in found]

    assert since(due - timedelta(days=8)) == []
    assert since(due - timedelta(days=7)) == since(due - timedelta(days=1)) == [due - timedelta(days=7)]
    assert since(due) == since(due + timedelta(days=6)) == [due]
    assert since(due + timedelta(days=7)) == [due + timedelta(days=7)]
    assert since(due + timedelta(days=30)) == [due + timedelta(days=28)]


def test_days_late_count_while_it_is_owed(store: Any) -> None:
    number = made(store)
    (promise,) = commitments.register(store, MAYOR, None)
    assert [promise.days_late(day) for day in (date(2026, 4, 1), date(2026, 4, 2), date(2026, 5, 1))] == [0, 1, 30]
    commitments.give_evidence(acting(store), number, "Done.")
    assert commitments.register(store, MAYOR, None)[0].days_late(date(2026, 5, 1)) == 0


@pytest.mark.parametrize("weekday", range(7))
def test_the_demo_city_s_commitments_are_in_every_state_and_know_nothing_of_tomorrow(store: Any, weekday: int) -> None:
    dates = dates_of(date(2026, 3, 23) + timedelta(days=weekday))
    made(store, owner_email="ada@somewhere.example")
    assert make_promises(store, dates) == make_promises(store, dates) == 12
    found = [one for one in commitments.register(store, MAYOR, None) if one.owner_email.endswith("@port-alder.example")]
    assert len(found) == 12 and len(commitments.register(store, MAYOR, None)) == 13, (
        "an earlier demo's are replaced, others' are left alone"
    )
    assert {one.state for one in found} == set(commitments.STATES) and len({one.department for one in found}) >= 3
    assert any(one.days_late(dates.as_of) for one in found)
    assert max(event.at.date() for event in commitments.history(store, MAYOR, None)) < dates.as_of


def test_the_register_of_a_past_day_has_what_had_happened_by_then(store: Any) -> None:
    """Made on the 16th, moved on the 18th, shown to be done on the 20th, kept on the 22nd; another was made on the 21st."""
    day = {of: datetime(2026, 3, of, 9) for of in (18, 20, 21, 22)}
    number = made(store)
    commitments.move_due(acting(store, now=day[18]), number, date(2026, 5, 1), "The machine comes in April.")
    commitments.give_evidence(acting(store, ANALYST, day[20]), number, "It mows.")
    other = commitments.make(acting(store, now=day[21]), **PROMISE)
    commitments.review(acting(store, now=day[22]), number, True, "Seen.")

    def on(of: int) -> list[tuple[int, str, date]]:
        until = datetime(2026, 3, of)
        return [(one.id, one.state, one.due_on) for one in commitments.register(store, MAYOR, None, until=until)]

    first, later = PROMISE["due_on"], date(2026, 5, 1)
    assert on(16) == []
    assert on(17) == [(number, "open", first)]
    assert on(19) == [(number, "open", later)]
    assert on(21) == [(number, "in_review", later)]
    assert on(23) == [(other, "open", first), (number, "kept", later)]
    assert [one.state for one in commitments.register(store, MAYOR, None)] == ["open", "kept"]
