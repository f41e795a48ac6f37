"""What departments say of their figures: by whom it may be written, withdrawn, answered and read, and on which figures it stands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.store import remarks
from data_access.store.acting import Acting
from data_access.store.remarks import NotSaid, Remark
from metrics.remarks import Remarks, canonical
from tests.support.marts import MAYOR
from tests.support.stores import empty_store

HEAD = Viewer("h", "Head of Parks", "department", ("parks",))
DEPUTY = Viewer("d", "Deputy of Parks", "department", ("parks",))
OTHER = Viewer("o", "Head of Roads", "department", ("roads",))
ANALYST = Viewer("a", "Analyst", "analyst")
COUNCIL = Viewer("c", "Council office", "viewer")
MINE, THEIRS = frozenset({"parks"}), frozenset({"roads"})
WEEK = date(2026, 3, 2)
SAID: dict[str, Any] = {
    "department": "parks", "metric": "opened", "filters": "department=parks", "week": WEEK, "stance": "dispute", "text": "Counted twice.",
}  # fmt: skip


EVERYWHERE = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Statroom's own database, in SQLite unless a test asks for PostgreSQL too."""
    is_sqlite = getattr(request, "param", "sqlite") == "sqlite"
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


def acting(store: Any, viewer: Viewer = HEAD) -> Acting:
    return Acting(viewer, store, datetime(2026, 3, 10, 9))


def written(store: Any, **instead: Any) -> int:
    return remarks.write(acting(store), open_to=MINE, **{**SAID, **instead})


def one(store: Any, number: int) -> Remark:
    return next(found for found in remarks.register(store, MAYOR, None) if found.id == number)


def test_a_remark_says_what_of_which_figure_and_who_wrote_it(store: Any) -> None:
    number = written(store)
    (kept,) = remarks.standing(store, HEAD, MINE)
    assert (kept.id, kept.department, kept.metric, kept.filters, kept.week, kept.text) == (
        number, "parks", "opened", "department=parks", WEEK, "Counted twice.",
    )  # fmt: skip
    assert (kept.is_dispute, kept.written_by_name, kept.written_at, kept.answer, kept.revision) == (
        True, "Head of Parks", datetime(2026, 3, 10, 9), "", 1,
    )  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), [
    ({"text": "  "}, "Write what"), ({"text": "x" * 601}, "601 characters"), ({"stance": "ignore"}, "explained or disputed"), ({"metric": ""}, "figure"),
    ({"filters": ""}, "Choose a department"), ({"filters": "request_type=tree"}, "Choose a department"), ({"filters": "department=parks&place=12"}, "single place"),
    ({"filters": "department=parks&cell=1~2"}, "single place"), ({"filters": f"department=parks&request_type={'x' * 2000}"}, "too many"),
], ids=str)  # fmt: skip
def test_what_a_reader_could_not_use_is_refused_with_a_sentence(store: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NotSaid, match=said):
        written(store, **wrong)
    assert remarks.register(store, MAYOR, None) == []


def test_the_same_is_not_said_twice_until_it_was_withdrawn(store: Any) -> None:
    number = written(store)
    with pytest.raises(NotSaid, match="already"):
        written(store)
    remarks.withdraw(acting(store), number, seen=1, open_to=MINE)
    assert written(store) != number


class TestWhoMay:
    @pytest.mark.parametrize("instead", [
        {"department": "roads", "filters": "department=roads"}, {"department": "roads"}, {"filters": "department=roads"}, {"filters": "department=parks,roads"},
    ], ids=str)  # fmt: skip
    def test_a_head_speaks_for_the_own_department_of_its_own_figures_alone(self, store: Any, instead: dict[str, Any]) -> None:
        with pytest.raises(AccessDenied, match="own departments"):
            written(store, **instead)

    def test_who_says_not_which_departments_are_open_opens_none(self, store: Any) -> None:
        with pytest.raises(AccessDenied):
            remarks.write(acting(store), **SAID)
        written(store)
        assert remarks.standing(store, HEAD, None) == []

    @pytest.mark.parametrize("viewer", [COUNCIL, PUBLIC_VIEWER], ids=lambda viewer: viewer.role)
    def test_who_only_looks_writes_nothing(self, store: Any, viewer: Viewer) -> None:
        number = written(store)
        for change in (
            lambda: remarks.write(acting(store, viewer), **SAID),
            lambda: remarks.withdraw(acting(store, viewer), number, seen=1),
            lambda: remarks.restore(acting(store, viewer), number, seen=1),
            lambda: remarks.answer(acting(store, viewer), number, "Right.", seen=1),
        ):
            with pytest.raises(AccessDenied):
                change()
        assert one(store, number).revision == 1

    def test_a_head_does_not_answer(self, store: Any) -> None:
        with pytest.raises(AccessDenied):
            remarks.answer(acting(store, DEPUTY), written(store), "Right.", seen=1, open_to=MINE)

    def test_a_remark_of_another_department_does_not_exist(self, store: Any) -> None:
        number = written(store)
        assert (
            remarks.register(store, OTHER, THEIRS)
            == remarks.standing(store, OTHER, THEIRS)
            == remarks.history(store, OTHER, THEIRS, number)
            == []
        )
        for missing in (number, 99):
            with pytest.raises(AccessDenied, match="no such remark"):
                remarks.withdraw(acting(store, OTHER), missing, seen=1, open_to=THEIRS)

    def test_the_council_reads_and_residents_do_not(self, store: Any) -> None:
        written(store)
        assert len(remarks.standing(store, COUNCIL, None)) == 1
        for read in (remarks.standing, remarks.register, remarks.history):
            with pytest.raises(AccessDenied):
                read(store, PUBLIC_VIEWER, None)

    def test_nobody_else_silences_a_department(self, store: Any) -> None:
        number = written(store)
        for viewer in (MAYOR, ANALYST):
            with pytest.raises(NotSaid, match="department's word"):
                remarks.withdraw(acting(store, viewer), number, seen=1)
        assert not remarks.withdraw(acting(store, DEPUTY), number, seen=1, open_to=MINE).stands

    def test_who_wrote_for_a_department_may_withdraw_that_and_not_answer_it(self, store: Any) -> None:
        number = remarks.write(acting(store, ANALYST), **SAID)
        with pytest.raises(NotSaid, match="yourself"):
            remarks.answer(acting(store, ANALYST), number, "Right.", seen=1)
        assert not remarks.withdraw(acting(store, ANALYST), number, seen=1).stands


class TestChanges:
    @EVERYWHERE
    def test_a_withdrawn_remark_is_off_its_figure_kept_and_can_come_back(self, store: Any) -> None:
        number = written(store)
        assert not remarks.withdraw(acting(store), number, seen=1, open_to=MINE).stands
        assert remarks.standing(store, MAYOR, None) == [] and one(store, number).text == "Counted twice."
        assert remarks.restore(acting(store), number, seen=2, open_to=MINE).stands
        with pytest.raises(NotSaid, match="stands already"):
            remarks.restore(acting(store), number, seen=3, open_to=MINE)
        assert [event.kind for event in remarks.history(store, MAYOR, None, number)] == ["written", "withdrawn", "restored"]

    @EVERYWHERE
    def test_a_later_answer_corrects_the_one_before_which_stays_in_the_history(self, store: Any) -> None:
        number = written(store)
        remarks.answer(acting(store, ANALYST), number, "Eleven cases.", seen=1)
        now = remarks.answer(acting(store, MAYOR), number, " Twelve cases. ", seen=2)
        assert (now.answer, now.answered_by_name, now.revision) == ("Twelve cases.", "Mayor's office", 3)
        events = remarks.history(store, HEAD, MINE, number)
        assert [(event.revision, event.text, event.by_name) for event in events] == [
            (1, "Counted twice.", "Head of Parks"), (2, "Eleven cases.", "Analyst"), (3, "Twelve cases.", "Mayor's office"),
        ]  # fmt: skip

    @pytest.mark.parametrize(("text", "said"), [(" ", "Write what was found"), ("x" * 601, "601 characters")])
    def test_an_answer_says_something_short(self, store: Any, text: str, said: str) -> None:
        with pytest.raises(NotSaid, match=said):
            remarks.answer(acting(store, ANALYST), written(store), text, seen=1)

    def test_what_is_withdrawn_is_not_answered_and_the_same_not_answered_twice(self, store: Any) -> None:
        number = written(store)
        remarks.answer(acting(store, ANALYST), number, "Right.", seen=1)
        with pytest.raises(NotSaid, match="the answer already"):
            remarks.answer(acting(store, ANALYST), number, "Right.", seen=2)
        remarks.withdraw(acting(store), number, seen=2, open_to=MINE)
        with pytest.raises(NotSaid, match="withdrawn"):
            remarks.answer(acting(store, ANALYST), number, "Wrong.", seen=3)

    def test_nobody_writes_over_what_they_have_not_read(self, store: Any) -> None:
        number = written(store)
        remarks.answer(acting(store, ANALYST), number, "Right.", seen=1)
        for change in (
            lambda: remarks.answer(acting(store, MAYOR), number, "Wrong.", seen=1),
            lambda: remarks.withdraw(acting(store), number, seen=1, open_to=MINE),
        ):
            with pytest.raises(NotSaid, match="meanwhile"):
                change()
        assert one(store, number).answer == "Right." and one(store, number).stands

    @EVERYWHERE
    def test_of_two_writers_at_once_the_second_is_told(self, store: Any) -> None:
        number = written(store)

        def answered(text: str) -> str:
            try:
                return remarks.answer(acting(store, ANALYST), number, text, seen=1).answer
            except NotSaid as error:
                return str(error)

        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(answered, ("Right.", "Wrong.")))
        assert sorted(told) == sorted([one(store, number).answer, remarks.MEANWHILE])
        assert one(store, number).revision == 2


# On which figures it stands


def said_of(**instead: Any) -> Remarks:
    row = {
        **SAID,
        "id": 1,
        "written_at": datetime(2026, 3, 10),
        "written_by_id": "h",
        "written_by_name": "H",
        "answer": "",
        "answered_at": None,
    }
    return Remarks([Remark(**{**row, "answered_by_name": None, "withdrawn_at": None, "revision": 1, **instead})])


def own(**filters: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(text.split(",")) for name, text in filters.items()}


@pytest.mark.parametrize(("metric", "filters", "week", "stands"), [
    ("opened", own(department="parks"), WEEK, True),
    ("opened", own(department="parks", request_type="tree"), WEEK, True),  # a part of what is disputed
    ("opened", own(), WEEK, False),  # the whole city is another number
    ("opened", own(department="parks,roads"), WEEK, False),
    ("opened", own(department="roads"), WEEK, False),
    ("closed", own(department="parks"), WEEK, False),
    ("opened", own(department="parks"), date(2026, 3, 9), False),
    ("opened", own(department="parks", case_class="all"), WEEK, False),  # counts what nobody spoke of
])  # fmt: skip
def test_a_remark_stands_with_its_number_and_its_parts_and_nowhere_else(metric: str, filters: Any, week: date, stands: bool) -> None:
    assert bool(said_of().on(metric, filters, week)) is stands


def test_a_remark_of_a_part_is_none_of_the_whole() -> None:
    part = said_of(filters="department=parks&request_type=tree")
    assert not part.on("opened", own(department="parks"), WEEK)
    assert part.on("opened", own(department="parks", request_type="tree"), WEEK)


def test_a_signal_of_several_weeks_carries_what_was_said_of_any_of_them() -> None:
    assert said_of().on("opened", own(department="parks"), date(2026, 2, 2), date(2026, 3, 9))
    assert not said_of().on("opened", own(department="parks"), date(2026, 3, 9), date(2026, 3, 16))


def test_filters_are_kept_in_one_way() -> None:
    assert canonical(own(request_type="b,a", department="parks")) == "department=parks&request_type=a%2Cb"
