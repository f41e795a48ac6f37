"""Targets that people agree on: proposed with a reason, decided by somebody else, in force on their days, and used by everything that judges."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.store import targets, told
from data_access.store.acting import Acting
from data_access.store.engine import open_store
from data_access.store.meeting_models import target
from data_access.store.targets import NotAgreed, Target
from metrics.agreed import Agreed
from metrics.agreed import told as agreed_told
from metrics.leaderboard import board
from metrics.measure import ask
from metrics.question import Question
from metrics.scored import scored
from metrics.select import Asked
from metrics.targets import city_target, own_target, target_of, targets_by
from settings import Settings
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city
from tests.support.posting import body, callbacks, look_as, post
from tests.support.stores import empty_store

ANALYST, EXECUTIVE = Viewer("a", "Analyst", "analyst"), Viewer("e", "Chief of staff", "executive")
HEAD = Viewer("h", "Head of Roads", "department", ("roads",))
PROPOSAL: dict[str, Any] = {
    "metric": "ontime_due", "department": "roads", "request_type": "", "value": 0.9, "valid_from": date(2026, 1, 1), "valid_until": None,
    "owner_name": "R. Diaz", "source": "Budget 2026, page 12", "reason": "Crews doubled.",
}  # fmt: skip
AS_OF = datetime(2026, 3, 30)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


def acting(store: Any, viewer: Viewer = ANALYST) -> Acting:
    return Acting(viewer, store, datetime(2026, 3, 16, 9))


def test_a_proposal_holds_from_its_first_day_once_somebody_else_approves_it(store: Any) -> None:
    number = targets.propose(acting(store), **PROPOSAL)
    (proposed,) = targets.register(store, MAYOR, None)
    assert (proposed.state, proposed.proposed_by_name, proposed.holds_on(date(2026, 2, 1))) == ("proposed", "Analyst", False)
    done = targets.decide(acting(store, EXECUTIVE), number, approve=True, decision="Agreed in the budget round.")
    assert (done.state, done.decided_by_name, done.decision) == ("approved", "Chief of staff", "Agreed in the budget round.")
    assert not done.holds_on(date(2025, 12, 31)) and done.holds_on(date(2026, 1, 1))


def test_nobody_decides_on_their_own_proposal_or_twice_or_without_a_reason(store: Any) -> None:
    number = targets.propose(acting(store, EXECUTIVE), **PROPOSAL)
    with pytest.raises(NotAgreed, match="somebody else has to decide"):
        targets.decide(acting(store, EXECUTIVE), number, approve=True, decision="Good.")
    with pytest.raises(NotAgreed, match="Say why"):
        targets.decide(acting(store, MAYOR), number, approve=True, decision="  ")
    targets.decide(acting(store, MAYOR), number, approve=False, decision="Too soon.")
    with pytest.raises(NotAgreed, match="refused already"):
        targets.decide(acting(store, MAYOR), number, approve=True, decision="After all.")
    with pytest.raises(NotAgreed, match="no such target"):
        targets.decide(acting(store, MAYOR), 99, approve=True, decision="Yes.")


def test_who_may_not_decide_or_propose_is_refused(store: Any) -> None:
    number = targets.propose(acting(store, HEAD), **PROPOSAL, open_to=frozenset({"roads"}))
    for viewer in (HEAD, ANALYST, Viewer("v", "Council", "viewer")):
        with pytest.raises(AccessDenied):
            targets.decide(acting(store, viewer), number, approve=True, decision="Yes.")
    with pytest.raises(AccessDenied):
        targets.propose(acting(store, Viewer("v", "Council", "viewer")), **PROPOSAL)
    for elsewhere in ("parks", ""):
        with pytest.raises(AccessDenied, match="your own departments"):
            targets.propose(acting(store, HEAD), **{**PROPOSAL, "department": elsewhere}, open_to=frozenset({"roads"}))


def test_a_head_reads_the_city_s_targets_and_those_of_the_own_departments(store: Any) -> None:
    for department in ("roads", "parks", ""):
        targets.propose(acting(store), **{**PROPOSAL, "department": department})
    assert {one.department for one in targets.register(store, HEAD, frozenset({"roads"}))} == {"roads", ""}
    told_to_council = str(targets.register(store, Viewer("v", "Council", "viewer"), None))
    assert PROPOSAL["owner_name"] not in told_to_council and ANALYST.name not in told_to_council
    with pytest.raises(AccessDenied):
        targets.register(store, PUBLIC_VIEWER, None)


def test_a_withdrawn_target_stays_on_record_with_its_reason(store: Any) -> None:
    number = targets.propose(acting(store), **PROPOSAL)
    targets.decide(acting(store, MAYOR), number, approve=True, decision="Yes.")
    targets.withdraw(acting(store, MAYOR), number, "The crews never came.")
    (kept,) = targets.register(store, MAYOR, None)
    assert (kept.state, kept.decision, kept.holds_on(date(2026, 2, 1))) == ("withdrawn", "The crews never came.", False)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"owner_name": " "}, "who answers"), ({"source": ""}, "where it is decided"), ({"reason": ""}, "Say why"), ({"value": -1.0}, "0 or more"),
    ({"value": float("nan")}, "0 or more"), ({"valid_until": date(2025, 12, 31)}, "before it begins"), ({"reason": "x" * 601}, "at most 600"),
])  # fmt: skip
def test_what_a_later_reader_needs_must_be_said(store: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(NotAgreed, match=said):
        targets.propose(acting(store), **{**PROPOSAL, **wrong})
    assert targets.register(store, MAYOR, None) == []


# What is judged by them


def agreed(*changes: dict[str, Any]) -> Agreed:
    """Approved targets: on time of the city 0.5 since 2020, with `changes`."""
    plain = Target(
        1,
        "ontime_due",
        "",
        "",
        0.5,
        date(2020, 1, 1),
        None,
        "O",
        "S",
        "approved",
        "R",
        "a",
        "A",
        datetime(2020, 1, 1),
        "E",
        datetime(2020, 1, 1),
        "D",
    )
    return Agreed([dataclasses.replace(plain, id=at, **change) for at, change in enumerate(changes, 1)])


def test_the_target_that_began_last_counts_from_its_first_day_to_its_last() -> None:
    known = agreed({}, {"value": 0.8, "valid_from": date(2026, 2, 1), "valid_until": date(2026, 2, 28)})
    days = (date(2019, 12, 31), date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))
    assert [known.value("ontime_due", day) for day in days] == [None, 0.5, 0.8, 0.8, 0.5]
    assert [one.value for one in known.latest(date(2026, 2, 3))] == [0.8]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Roads: 20 potholes due, 15 on time, and 20 signs due, all on time. Parks: 20 trees due, 10 on time; 10 of them open."""
    rows = []
    for department, kind, due, met in (("Roads", "Pothole", 20, 15), ("Roads", "Sign", 20, 20), ("Parks", "Tree", 20, 10)):
        for at in range(due):
            opened = AS_OF - timedelta(days=20)
            rows.append({
                "source_id": f"{kind}{at}", "department": department, "request_type": kind, "opened_at": opened, "due_at": opened + timedelta(days=5),
                "closed_at": opened + timedelta(days=2) if at < met else None if kind == "Tree" else opened + timedelta(days=9), "case_class": "service",
            })  # fmt: skip
    city = small_city("UTC", city={"on_time_target": 0.8})
    mart = make_mart(tmp_path_factory.mktemp("agreed"), rows, as_of=AS_OF, city=city)
    return ask(mart, calendar_of(city), Question(date(2026, 3, 2), date(2026, 3, 30), AS_OF), MAYOR)


def judged(town: Asked, *changes: dict[str, Any], **about: Any) -> Asked:
    return dataclasses.replace(town.about(town.question.about(**about)), agreed=agreed(*changes))


def test_what_was_agreed_for_exactly_what_is_asked_comes_before_the_city_s_file(town: Asked) -> None:
    known = ({"value": 0.7}, {"department": "roads", "value": 0.9}, {"department": "roads", "request_type": "pothole", "value": 0.6})
    assert target_of(judged(town, *known), 0.8) == 0.7
    assert target_of(judged(town, *known, department=("roads",)), 0.8) == 0.9
    assert target_of(judged(town, *known, department=("roads",), request_type=("pothole",)), 0.8) == 0.6
    assert own_target(judged(town, *known), "roads") == 0.9
    assert target_of(judged(town), 0.8) == 0.8


def test_a_department_without_a_target_of_its_own_is_judged_by_what_the_city_agreed_on(town: Asked) -> None:
    known = ({"value": 0.7}, {"department": "parks", "value": 0.6})
    assert target_of(judged(town, *known, department=("roads",)), 0.8) == 0.7
    assert target_of(judged(town, department=("roads",)), 0.8) == 0.8
    targets_of_board = board(judged(town, *known), 0.8).set_index("key")["target"]
    assert targets_of_board.to_dict() == {"roads": 0.7, "parks": 0.6}
    # All agreed: Roads 35 of 40 against 70 %, Parks 10 of 20 against 60 %.
    frame = scored(judged(town, *known), 0.8).frame.set_index("department")
    assert frame["target"].to_dict() == {"": 0.7, "roads": 0.7, "parks": 0.6} and frame["state"]["roads"] == "met"


def test_a_target_that_is_over_or_not_yet_begun_judges_nothing(town: Asked) -> None:
    """The last day of the period decides: 29 March."""
    for change in ({"valid_until": date(2026, 3, 28)}, {"valid_from": date(2026, 3, 30)}):
        assert target_of(judged(town, change), 0.8) == 0.8
    assert target_of(judged(town, {"valid_until": date(2026, 3, 29)}), 0.8) == 0.5


def test_departments_and_types_side_by_side_each_have_what_was_agreed_for_them(town: Asked) -> None:
    known = ({"department": "roads", "value": 0.9}, {"request_type": "tree", "value": 0.4})
    assert targets_by(judged(town, *known), "department", 0.8) == {"roads": 0.9, "parks": 0.8}
    by_type = targets_by(judged(town, *known), "request_type", 0.8)
    assert by_type == pytest.approx({"pothole": 0.9, "sign": 0.9, "tree": 0.4})


def test_a_figure_other_than_on_time_with_a_target_is_scored_by_it(town: Asked) -> None:
    """Parks has 10 overdue cases against a target of at most 5: half of what it should be."""
    found = scored(
        judged(town, {"metric": "overdue_now", "department": "parks", "value": 5.0}, {"request_type": "pothole", "value": 0.6}), None
    ).frame
    rows = found[found["source"] == "agreed"].set_index("metric")
    overdue, potholes = rows.loc["overdue_now"], rows.loc["ontime_due"]
    assert (overdue["value"], overdue["target"], overdue["score"], overdue["state"]) == (10.0, 5.0, 0.5, "missed")
    assert (potholes["label"].split(", ")[1], potholes["value"], potholes["state"]) == ("Pothole", 0.75, "met")


def test_part_of_the_cases_is_not_judged_by_what_was_agreed_for_all(town: Asked) -> None:
    change = {"metric": "overdue_now", "department": "parks", "value": 5.0}
    assert (scored(judged(town, change), None).frame["source"] == "agreed").sum() == 1
    assert (scored(judged(town, change, channel=("phone",)), None).frame["source"] == "agreed").sum() == 0


# Over the wire


@pytest.fixture
def client(staff_app: Flask, demo_settings: Settings) -> Iterator[Any]:
    yield staff_app.test_client()
    with open_store(demo_settings).begin() as connection:
        connection.execute(delete(target))


def name_of(part: str) -> str:
    return next(name for name in callbacks() if part in name)


def sent(client: Any, viewer: str, name: str, given: dict[str, Any]) -> str:
    look_as(client, viewer)
    return post(client, body(name, {"question.data": {}, **given})).get_data(as_text=True)


def test_a_target_is_proposed_by_one_and_approved_by_another_and_then_judges_the_pages(client: Any, demo_settings: Settings) -> None:
    given = {
        "target-propose.n_clicks": 1, "target-figure.value": "ontime_due", "target-department.value": "parks-and-trees", "target-type.value": "", "target-value.value": "99 %",
        "target-from.value": "2026-01-01", "target-until.value": None, "target-owner.value": "P. Arbour", "target-source.value": "Plan 2026", "target-reason.value": "New crews.",
    }  # fmt: skip
    assert "Proposed" in sent(client, "head-of-parks-and-trees", name_of("target-proposed"), given)
    (proposed,) = targets.register(open_store(demo_settings), MAYOR, None)
    number = str(proposed.id)
    assert "Parks and Trees: at least 99.0 % (proposed)" in sent(client, "executive", name_of("target-which.options"), {})
    decision = {"target-decide.n_clicks": 1, "target-which.value": number, "target-what.value": "approve", "target-decision.value": "Yes."}
    assert "is approved" in sent(client, "executive", name_of("target-decided"), decision)
    assert "99.0" in sent(client, "executive", name_of("department-head"), {"question.data": {"department": "parks-and-trees"}})


@pytest.mark.parametrize(("changed", "said"), [
    ({"target-value.value": "many"}, "write a number"), ({"target-value.value": ""}, "target's value"), ({"target-from.value": "soon"}, "such as 2026-03-31"),
    ({"target-department.value": "nowhere"}, "no department called"), ({"target-type.value": "nothing"}, "no request type called"), ({"target-value.value": "120"}, "0 to 100"),
])  # fmt: skip
def test_a_proposal_that_cannot_be_says_what_is_wrong(client: Any, changed: dict[str, Any], said: str) -> None:
    given = {
        "target-propose.n_clicks": 1, "target-figure.value": "ontime_due", "target-department.value": "", "target-type.value": "", "target-value.value": "80",
        "target-from.value": "2026-01-01", "target-owner.value": "O", "target-source.value": "S", "target-reason.value": "R", **changed,
    }  # fmt: skip
    assert said in sent(client, "executive", name_of("target-proposed"), given)


# What residents are told


def test_a_load_tells_residents_approved_targets_of_the_city_and_of_departments_without_names_or_reasons(store: Any) -> None:
    for change in ({}, {"department": ""}, {"request_type": "pothole"}, {"value": 0.1}):
        targets.propose(acting(store), **{**PROPOSAL, **change})
    for number in (1, 2, 3):
        targets.decide(acting(store, MAYOR), number, approve=True, decision="Yes.")
    facts = told.published(store, date(2026, 3, 30))
    assert json.loads(facts["targets"]) == [
        {"metric": "ontime_due", "department": name, "value": 0.9, "valid_from": "2026-01-01", "valid_until": None}
        for name in ("roads", "")
    ]


def test_residents_figures_are_set_beside_what_was_agreed(town: Asked) -> None:
    mart = Facts({"targets": '[{"metric": "ontime_due", "department": "", "value": 0.7, "valid_from": "2026-01-01", "valid_until": null}]'})
    assert city_target(dataclasses.replace(town, agreed=agreed_told(mart)), 0.8) == 0.7  # type: ignore[arg-type]
    assert city_target(dataclasses.replace(town, agreed=agreed_told(Facts({}))), 0.8) == 0.8  # type: ignore[arg-type]


@dataclasses.dataclass
class Facts:
    """A mart of which only what it says of itself is read."""

    meta: dict[str, str]
