"""Packets: frozen figures with texts that people change, each version kept; whoever is limited reads those of own departments alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from components import briefing_words, packet_view
from data_access.store import meetings, packets
from data_access.store.acting import Acting
from data_access.store.packets import WHOLE, Drafted, NotWritten
from metrics.periods import Calendar
from tests.support.marts import MAYOR
from tests.support.stores import empty_store

NOW = datetime(2026, 3, 16, 9)
ANALYST = Viewer("analyst", "Analyst", "analyst")
HEAD = Viewer("head", "Head of Streets", "department", ("streets",))
COUNCIL = Viewer("council", "Council", "viewer")
STREETS = frozenset({"streets"})
NOTHING: dict[str, Any] = {"sentences": [], "charts": [], "tables": [], "questions": [], "cases": []}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    meetings.plan_series(
        Acting(MAYOR, engine, NOW), name="Streets and lights", departments=["streets", "lights"], first_on=date(2026, 3, 19), starts_at="09:00",
        minutes=60, every_weeks=2,
    )  # fmt: skip
    meetings.materialise(engine, date(2026, 3, 16))
    yield engine
    engine.dispose()


def acting(store: Any, viewer: Viewer = ANALYST, later: int = 0) -> Acting:
    return Acting(viewer, store, NOW + timedelta(hours=later))


def meeting_of(store: Any) -> int:
    return meetings.schedule(store, None, date(2026, 3, 1), date(2026, 3, 31))[0].id


def part(key: str, text: str, **content: Any) -> Drafted:
    return Drafted(key.partition(" ")[0], key, key.title(), {"charts": [], **content}, text)


def drafted(store: Any, department: str = "streets", later: int = 0, parts: Any = None) -> int:
    given = parts or [
        part("promises", "Two are owed."),
        part("issue potholes", "12 potholes are late.\nMost lie in Hill."),
        part("data", "All is well."),
    ]
    return packets.keep(acting(store, later=later), meeting_of(store), department, NOW, given)


def read(store: Any, number: int) -> list[packets.Part]:
    return packets.parts(store, ANALYST, None, number)


def test_a_draft_is_kept_with_its_parts_in_order_and_its_text_as_revision_0(store: Any) -> None:
    found = read(store, drafted(store))
    assert [(one.place, one.kind, one.latest.revision, one.latest.text) for one in found] == [
        (1, "promises", 0, "Two are owed."), (2, "issue", 0, "12 potholes are late.\nMost lie in Hill."), (3, "data", 0, "All is well."),
    ]  # fmt: skip
    assert not any(one.is_edited for one in found)


def test_every_version_of_a_text_is_kept_and_an_earlier_one_comes_back_as_a_new_one(store: Any) -> None:
    one = read(store, drafted(store))[1]
    assert packets.revise(acting(store, later=1), one.id, "  12 potholes   are late,\n\nand we know why. ", 0) == 1
    assert packets.restore(acting(store, MAYOR, later=2), one.id, 0, 1) == 2
    versions = packets.history(store, ANALYST, None, one.id)
    assert [(text.revision, text.text, text.written_by_name) for text in versions] == [
        (2, "12 potholes are late.\nMost lie in Hill.", "Mayor's office"), (1, "12 potholes are late,\nand we know why.", "Analyst"),
        (0, "12 potholes are late.\nMost lie in Hill.", "Analyst"),
    ]  # fmt: skip


def test_a_sign_that_no_file_could_hold_is_no_part_of_a_text(store: Any) -> None:
    one = read(store, drafted(store))[0]
    packets.revise(acting(store), one.id, "One\x00 is\x1b[1m\tlate.\u2028Two\ufffe are.", 0)
    assert read(store, one.packet_id)[0].latest.text == "One is [1m late.\nTwo are."


def test_whoever_writes_on_an_older_version_is_refused_and_what_the_other_wrote_stays(store: Any) -> None:
    one = read(store, drafted(store))[0]
    packets.revise(acting(store), one.id, "One is owed.", 0)
    for change in (packets.revise, packets.restore):
        with pytest.raises(NotWritten, match="Somebody changed this text meanwhile; yours is still in the field"):
            change(acting(store, MAYOR), one.id, "None is owed." if change is packets.revise else 0, 0)  # type: ignore[operator]
    assert read(store, one.packet_id)[0].latest.text == "One is owed."


def test_of_many_who_write_at_once_one_gets_through(store: Any) -> None:
    one = read(store, drafted(store))[0]

    def write(at: int) -> bool:
        try:
            packets.revise(acting(store), one.id, f"Text {at}.", 0)
        except NotWritten:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(write, range(6))) == 1
    assert len(packets.history(store, ANALYST, None, one.id)) == 2


@pytest.mark.parametrize(("text", "why"), [(" \n ", "Write at least one sentence"), ("x" * 8_001, "8,001 characters; 8,000 are allowed")])
def test_a_text_says_something_and_not_too_much(store: Any, text: str, why: str) -> None:
    one = read(store, drafted(store))[0]
    with pytest.raises(NotWritten, match=why):
        packets.revise(acting(store), one.id, text, 0)


def test_a_new_draft_brings_new_figures_and_keeps_the_words_that_people_changed(store: Any) -> None:
    number = drafted(store)
    issue = read(store, number)[1]
    packets.revise(acting(store, later=1), issue.id, "The crew was on leave.", 0)
    again = drafted(
        store,
        later=5,
        parts=[
            part("promises", "Three are owed."),
            part("issue potholes", "9 potholes are late.", charts=[{"n": 9}]),
            part("data", "All is well."),
        ],
    )
    assert again == number
    first, second, third = read(store, number)
    assert (first.latest.text, first.latest.revision, first.is_edited) == ("Three are owed.", 1, False)
    assert (second.latest.text, second.latest.revision, second.is_edited) == ("The crew was on leave.", 1, True)
    assert second.content["charts"] == [{"n": 9}]
    assert (third.latest.text, third.latest.revision) == ("All is well.", 0)
    packets.take_draft(acting(store, later=6), second.id, 1)
    assert read(store, number)[1].latest.text == "9 potholes are late."


def test_a_part_that_a_new_draft_has_no_longer_goes_unless_somebody_wrote_in_it(store: Any) -> None:
    number = drafted(store, parts=[part("issue a", "A."), part("issue b", "B."), part("data", "D.")])
    _first, second, _third = read(store, number)
    packets.revise(acting(store), second.id, "B, as we see it.", 0)
    drafted(store, later=1, parts=[part("issue c", "C."), part("data", "D.")])
    assert [(one.key, one.removed_at is None) for one in read(store, number)] == [
        ("issue c", True),
        ("data", True),
        ("issue a", False),
        ("issue b", True),
    ]


def test_a_part_that_stays_without_a_draft_says_of_which_instant_its_figures_are(store: Any) -> None:
    """The packet itself says a later one. A draft that has the part again brings new figures."""
    number = drafted(store, parts=[part("issue a", "A."), part("data", "D.")])
    packets.revise(acting(store), read(store, number)[0].id, "A, as we see it.", 0)
    for days in (7, 14):
        packets.keep(acting(store), meeting_of(store), "streets", NOW + timedelta(days=days), [part("data", "D.")])
    stays = next(one for one in read(store, number) if one.key == "issue a")
    assert stays.content[packets.FIGURES_OF] == NOW.isoformat()
    of = packets.one(store, ANALYST, None, number)
    assert of is not None
    shown = packet_view.show(dataclasses.replace(stays, content={**NOTHING, **stays.content}), of, Calendar("UTC", "monday", 1))
    assert "Its figures are those known on Mon 16 Mar 2026, 09:00: the last draft has no such part." in shown.note
    assert briefing_words.OLDER not in shown.note
    drafted(store, later=9, parts=[part("issue a", "A."), part("data", "D.")])
    assert packets.FIGURES_OF not in read(store, number)[0].content


def test_a_part_that_is_drafted_again_comes_back_unless_a_person_took_it_out(store: Any) -> None:
    whole = [part("issue a", "A."), part("issue b", "B.")]
    number = drafted(store, parts=whole)
    packets.take_out(acting(store), read(store, number)[1].id, True)
    drafted(store, later=1, parts=[part("issue c", "C.")])
    drafted(store, later=2, parts=whole)
    assert {one.key: one.removed_at is None for one in read(store, number)} == {"issue a": True, "issue b": False, "issue c": False}


def test_a_part_is_taken_out_and_put_back(store: Any) -> None:
    one = read(store, drafted(store))[0]
    packets.take_out(acting(store), one.id, True)
    assert read(store, one.packet_id)[0].removed_at == NOW
    packets.take_out(acting(store), one.id, False)
    assert read(store, one.packet_id)[0].removed_at is None


def test_its_version_changes_with_all_that_it_says(store: Any) -> None:
    number = drafted(store)

    def now() -> str:
        of = packets.one(store, ANALYST, None, number)
        assert of is not None
        return packets.version(of, read(store, number))

    seen = [now()]
    one = read(store, number)[0]
    packets.revise(acting(store), one.id, "Other.", 0)
    seen.append(now())
    packets.take_out(acting(store), one.id, True)
    seen.append(now())
    drafted(store, later=1)
    seen.append(now())
    assert len(set(seen)) == 4


class TestWhoMayRead:
    def test_who_sees_all_departments_sees_every_packet(self, store: Any) -> None:
        for name in ("streets", "lights", WHOLE):
            drafted(store, name)
        for viewer in (MAYOR, ANALYST, COUNCIL):
            assert [one.department for one in packets.of_meeting(store, viewer, None, meeting_of(store))] == [WHOLE, "lights", "streets"]

    def test_a_head_reads_packets_of_own_departments_alone(self, store: Any) -> None:
        """That of the whole meeting is about another department too."""
        own, other, whole = (drafted(store, name) for name in ("streets", "lights", WHOLE))
        assert [one.id for one in packets.latest(store, HEAD, STREETS)] == [own]
        for number in (other, whole):
            assert packets.one(store, HEAD, STREETS, number) is None
            with pytest.raises(AccessDenied, match="There is no such packet"):
                packets.parts(store, HEAD, STREETS, number)
            with pytest.raises(AccessDenied):
                packets.history(store, HEAD, STREETS, read(store, number)[0].id)

    def test_a_head_of_all_its_departments_reads_that_of_the_whole_meeting(self, store: Any) -> None:
        whole = drafted(store, WHOLE)
        both = Viewer("both", "Head of both", "department", ("streets", "lights"))
        assert packets.one(store, both, frozenset({"streets", "lights"}), whole) is not None

    def test_who_is_limited_and_does_not_say_to_what_reads_nothing(self, store: Any) -> None:
        assert packets.one(store, HEAD, None, drafted(store)) is None

    def test_who_is_limited_to_districts_reads_nothing_about_whole_departments(self, store: Any) -> None:
        drafted(store)
        assert packets.latest(store, Viewer("h", "Head of Streets, Hill", "department", ("streets",), ("hill",)), STREETS) == []

    def test_the_public_reads_nothing(self, store: Any) -> None:
        with pytest.raises(AccessDenied):
            packets.latest(store, PUBLIC_VIEWER, None)

    @pytest.mark.parametrize("viewer", [HEAD, COUNCIL, PUBLIC_VIEWER])
    def test_only_who_may_write_packets_writes(self, store: Any, viewer: Viewer) -> None:
        one = read(store, drafted(store))[0]
        for change in (
            lambda: packets.keep(acting(store, viewer), meeting_of(store), "streets", NOW, []),
            lambda: packets.revise(acting(store, viewer), one.id, "Mine.", 0),
            lambda: packets.restore(acting(store, viewer), one.id, 0, 0),
            lambda: packets.take_draft(acting(store, viewer), one.id, 0),
            lambda: packets.take_out(acting(store, viewer), one.id, True),
        ):
            with pytest.raises(AccessDenied):
                change()
        assert read(store, one.packet_id)[0] == one
