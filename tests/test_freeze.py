"""Closing the week: figures are frozen once, as they were known then; what they became later is said, not hidden."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from access import Viewer
from components import gate, restated_words, shell
from data_access.mart.reading import Mart
from data_access.store import freezes
from metrics.definitions import HEADLINE, METRICS
from metrics.desk import Desk
from metrics.freeze import close_week, headline, problems, too_many
from metrics.measure import ask
from metrics.question import default_question
from metrics.restated import Restated, of_city, restated
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, settings_in, small_city
from tests.support.stores import empty_store
from tests.test_status import TOML

WEEK = date(2026, 3, 9)
MONDAY = datetime(2026, 3, 16, 10)
"""06:00 in New York, when the week of 9 March is over."""
HEAD = Viewer("h", "Head of parks", "department", ("parks",))
DAYS = timedelta(days=2)


def case(number: int, department: str = "Parks", day: int = 10, closed: str | None = None) -> dict[str, Any]:
    """A case of March 2026 with five days to close it."""
    return {
        "source_id": str(number), "department": department, "request_type": "Tree", "opened_at": instant(f"2026-03-{day:02d}T15:00:00Z"),
        "due_at": instant("2026-03-13T15:00:00Z"), "closed_at": instant(closed), "status": "closed" if closed else "open",
    }  # fmt: skip


FIRST = [
    case(1), case(2, closed="2026-03-12T15:00:00Z"), case(3, "Streets"), case(4, "Streets", closed="2026-03-14T15:00:00Z"), case(5, "Streets", day=3),
]  # fmt: skip
"""Opened in the week: 4 (2 of Parks). On time of the due: 1 of 5. Open when it ended: 3."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    """The data as they are on Monday morning."""
    return loaded(tmp_path_factory.mktemp("first"), FIRST)


def asked_of(mart: Mart, viewer: Viewer = MAYOR) -> Asked:
    calendar = calendar_of(small_city())
    return ask(mart, calendar, default_question(mart, calendar), viewer)


def loaded(folder: Path, cases: list[dict[str, Any]], as_of: datetime = MONDAY) -> Mart:
    return make_mart(folder, cases, as_of=as_of)


def close(mart: Mart, store: Any, **more: Any) -> freezes.Freeze | None:
    return close_week(asked_of(mart), store, mart.as_of + timedelta(hours=1), **{"stale_after": DAYS, **more})


def values(store: Any, of: freezes.Freeze, only: Any = None) -> dict[tuple[str, str], float | None]:
    return {(figure.metric, figure.department): figure.value for figure in freezes.figures(store, of, only)}


def test_a_closed_week_keeps_its_figures_of_the_city_and_each_department(store: Any, first: Mart) -> None:
    closed = close(first, store)
    assert closed is not None and (closed.week, closed.as_of, closed.gate, closed.gate_note) == (WEEK, MONDAY, "green", "")
    kept = values(store, closed)
    assert (
        {metric for metric, department in kept if not department} == {metric.id for metric in METRICS if metric.by_period} > set(HEADLINE)
    )
    assert [kept["opened", name] for name in ("", "parks", "streets")] == [4, 2, 2]
    assert [kept["backlog", name] for name in ("", "parks", "streets")] == [3, 1, 2]
    assert kept["ontime_due", ""] == pytest.approx(1 / 5)
    on_time = next(figure for figure in freezes.figures(store, closed, None) if (figure.metric, figure.department) == ("ontime_due", ""))
    assert (on_time.numerator, on_time.denominator, on_time.n) == (1, 5, 5)
    assert {department for _, department in values(store, closed, HEAD.departments)} == {"parks"}


def test_a_week_is_frozen_once_and_the_next_one_when_it_is_over(store: Any, first: Mart, tmp_path: Path) -> None:
    assert close(first, store) is not None
    more = loaded(tmp_path, [*FIRST, case(6)], MONDAY + timedelta(days=1))
    assert close(more, store) is None
    kept = freezes.of_week(store, WEEK)
    assert kept is not None and values(store, kept)["opened", ""] == 4
    later = close(loaded(tmp_path, FIRST, MONDAY + timedelta(weeks=1)), store)
    assert later is not None and later.week == date(2026, 3, 16)
    assert [one.week for one in freezes.latest(store, 5)] == [date(2026, 3, 16), WEEK]


def test_of_several_processes_that_close_a_week_one_does(store: Any) -> None:
    facts: dict[str, Any] = {"week": WEEK, "as_of": MONDAY, "now": MONDAY, "definitions": "1", "gate_note": "", "figures": []}
    assert freezes.keep(store, **facts) is not None
    assert freezes.keep(store, **facts) is None


def found(store: Any, mart: Mart, viewer: Viewer = MAYOR) -> list[Restated]:
    kept = freezes.of_week(store, WEEK)
    assert kept is not None
    only = None if viewer is MAYOR else viewer.departments
    return restated(kept, headline(freezes.figures(store, kept, only)), asked_of(mart, viewer))


def test_figures_that_did_not_change_are_not_restated(store: Any, first: Mart, tmp_path: Path) -> None:
    close(first, store)
    assert found(store, loaded(tmp_path, FIRST, MONDAY + timedelta(days=1))) == []


def test_rows_that_arrive_late_restate_the_week(store: Any, first: Mart, tmp_path: Path) -> None:
    close(first, store)
    later = loaded(tmp_path, [*FIRST, case(6), case(7, "Streets")], MONDAY + timedelta(days=1))
    city = {one.frozen.metric: one for one in of_city(found(store, later))}
    opened = city["opened"]
    assert (opened.frozen.value, opened.now.value, opened.difference, opened.share, opened.late) == (4, 6, 2, 0.5, 2)
    assert city["ontime_due"].now.value == pytest.approx(1 / 7) and city["ontime_due"].share is None
    assert "closed" not in city
    assert {one.frozen.department for one in found(store, later)} == {"", "parks", "streets"}
    assert {one.frozen.department for one in found(store, later, HEAD)} == {"parks"}


def test_what_happened_after_the_freeze_is_told_from_what_arrived_late(store: Any, first: Mart, tmp_path: Path) -> None:
    """A duplicate found later takes a case out of the past; a closing that is dated after the week does not."""
    close(first, store)
    changed = [case(1, closed="2026-03-17T15:00:00Z"), {**FIRST[1], "outcome": "duplicate"}, *FIRST[2:]]
    mart = loaded(tmp_path, changed, MONDAY + timedelta(days=2))
    city = {one.frozen.metric: one for one in of_city(found(store, mart))}
    assert (city["opened"].difference, city["opened"].late) == (-1, -1)
    assert "backlog" not in city  # it was open when the week ended, and still counts so


def test_a_figure_that_is_defined_otherwise_now_is_not_compared_silently(store: Any, first: Mart) -> None:
    close(first, store)
    kept = freezes.of_week(store, WEEK)
    assert kept is not None
    old = [dataclasses.replace(figure, definition_version=0) for figure in freezes.figures(store, kept, None)]
    changed = restated(kept, old, asked_of(first))
    assert len(changed) == len(old) and all(one.redefined and one.late is None for one in changed)


def test_the_gate_is_red_when_the_feed_is_late_or_the_last_load_failed(first: Mart) -> None:
    asked = asked_of(first)
    assert problems(asked, MONDAY + DAYS, DAYS) == []
    (late,) = problems(asked, MONDAY + timedelta(hours=50), DAYS)
    assert late == "The feed is late: when the week was closed, the data were 50 hours old."
    assert problems(asked, MONDAY, DAYS, "crm: cannot be reached") == ["The last load failed: crm: cannot be reached."]


def test_a_restated_figure_is_told_with_both_values_and_what_came_between(first: Mart) -> None:
    closed = freezes.Freeze(1, WEEK, MONDAY, MONDAY, "1", "green", "")

    def told(metric: str, then: tuple[float, float], now: tuple[float, float], late: float | None, version: int = 1) -> str:
        frozen, today = (freezes.Figure(metric, "", value, None, None, n, at) for (value, n), at in ((then, version), (now, 1)))
        return restated_words.line(Restated(frozen, today, late, version != 1), closed, asked_of(first))

    assert (
        told("opened", (418, 418), (431, 431), 13)
        == "City, opened: 418 when frozen on 16 Mar 2026, 431 now, +3.1 %: 13 cases arrived late."
    )
    assert told("opened", (418, 418), (417, 417), -1).endswith("−0.2 %: 1 case taken out: duplicates, or rows that were mended.")
    assert told("backlog", (90, 90), (85, 85), -3).endswith(
        "−5.6 %: 3 cases fewer by records that arrived or were mended later; 2 fewer by what happened since."
    )
    assert (
        told("ontime_due", (0.8, 100), (0.75, 120), None)
        == "City, on time: 80.0 % of 100 cases when frozen on 16 Mar 2026, 75.0 % of 120 cases now, −5.0 points."
    )
    assert "its definition has changed since (version 2 then, 1 now), so the two cannot be compared" in told(
        "opened", (418, 418), (431, 431), None, 2
    )


def test_who_may_see_none_of_the_frozen_figures_is_not_told_that_they_are_the_same(first: Mart, store: Any) -> None:
    """Frozen are the city and whole departments: an account for a district may not see those, nor hold a part against them."""
    closed = close(first, store)
    assert closed is not None
    for viewer in (Viewer("d", "Parks in the north", "department", ("parks",), ("north",)), Viewer("n", "Nobody", "department", ())):
        app = Flask("frozen-for-few")
        gate.start(app, Desk(dataclasses.replace(settings_in(Path("/nowhere")), store_url=str(store.url)), lambda viewer=viewer: viewer))
        asked = asked_of(first, viewer)
        with app.app_context():
            assert restated_words.found(closed, asked) is None
            assert restated_words.summary(closed, None, asked).endswith("none of them is open to your account.")


@pytest.mark.parametrize(("refused", "unmapped", "said"), [
    (10, 10, []), (11, 0, ["11 of 1,000 rows were refused and are in no figure."]), (0, 11, ["11 of 1,000 rows hold a word that nobody mapped."]),
    (0, 0, []), (20, 20, ["20 of 1,000 rows were refused and are in no figure.", "20 of 1,000 rows hold a word that nobody mapped."]),
])  # fmt: skip
def test_the_gate_is_red_when_more_than_one_row_of_a_hundred_cannot_be_believed(refused: int, unmapped: int, said: list[str]) -> None:
    assert too_many(1_000, refused, unmapped) == said


def test_a_week_that_did_not_pass_has_a_banner_on_every_staff_page_until_the_next(tmp_path: Path) -> None:
    mart = loaded(tmp_path, FIRST)
    (tmp_path / "city.toml").write_text(TOML)
    app = Flask("freeze-test")
    gate.start(app, Desk(dataclasses.replace(settings_in(tmp_path), city=tmp_path), lambda: MAYOR))

    def said() -> str:
        return " | ".join(str(part.children) for part in shell.status_of(gate.desk().ask({})))

    with app.app_context():
        store = gate.desk().store()
        assert "frozen" not in said()
        close(mart, store, failure="crm: cannot be reached")
        assert (
            "The figures of the week of 9 to 15 Mar 2026 were frozen from data that are not fit to be discussed. The last load failed"
            in said()
        )
        close(loaded(tmp_path, FIRST, MONDAY + timedelta(weeks=1)), store)
        assert "frozen" not in said()
