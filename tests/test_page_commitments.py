"""Commitments on their pages: read and changed by whom they are open to, drawn on the charts of their figure, listed where they are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import delete

from data_access.demo.promises import make_promises
from data_access.demo.truths import dates_of
from data_access.store import commitments
from data_access.store.commitments import Commitment
from data_access.store.engine import open_store
from data_access.store.meeting_models import commitment, commitment_event
from settings import Settings
from tests.support.demo import AS_OF
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post

LATE, WAITING, KEPT = (
    "The fifty oldest housing cases are visited",
    "Park rounds are planned by district",
    "Two more inspectors visit housing cases",
)
HEAD, OTHER_HEAD, COUNCIL = "head-of-inspections", "head-of-parks-and-trees", "council"


@pytest.fixture
def store(staff_app: Flask, demo_settings: Settings) -> Iterator[Any]:
    engine = open_store(demo_settings)
    make_promises(engine, dates_of(date.fromisoformat(str(AS_OF)[:10])))
    yield engine
    with engine.begin() as connection:
        connection.execute(delete(commitment_event))
        connection.execute(delete(commitment))
    engine.dispose()


@pytest.fixture
def client(staff_app: Flask) -> FlaskClient:
    made = staff_app.test_client()
    made.get("/")
    return made


def named(store: Any, deliverable: str) -> Commitment:
    return next(one for one in commitments.register(store, MAYOR, None) if one.deliverable == deliverable)


def last(store: Any, of: Commitment) -> int:
    return commitments.history(store, MAYOR, None, of.id)[-1].id


def told(client: FlaskClient, part: str, **query: str) -> str:
    """What the callback that fills `part` of a page answers."""
    name = next(found for found in callbacks() if found.strip(".").startswith(part))
    return post(client, body(name, {"question.data": query})).get_data(as_text=True)


def drawn(client: FlaskClient, chart: str, **query: str) -> str:
    name = next(found for found in callbacks() if "chart-finding" in found)
    return post(client, body(name, {"question.data": query}, chart=chart)).get_data(as_text=True)


def changed(client: FlaskClient, store: Any, act: str, of: Commitment, text: str, **more: Any) -> str:
    kind = "answer" if act in ("evidence", "note") else "decide"
    given = {"n_clicks": 1, "value": text, "promise-seen.data": last(store, of), "question.data": {"commitment": str(of.id)}, **more}
    name = next(found for found in callbacks() if f"promise-{kind}-text" in found)
    return post(client, body(name, given, chart=act)).get_data(as_text=True)


def test_the_register_has_what_is_owed_with_the_longest_overdue_first(store: Any, client: FlaskClient) -> None:
    said = drawn(client, "commitments")
    assert "6 commitments owed; 2 overdue, the longest by" in said
    assert said.index(LATE) < said.index(WAITING) and KEPT not in said
    assert KEPT in drawn(client, "commitments", standing="kept") and LATE not in drawn(client, "commitments", standing="kept")
    assert WAITING not in drawn(client, "commitments", department="inspections")


def test_the_register_is_a_file(store: Any, client: FlaskClient) -> None:
    lines = client.get("/charts/commitments.csv?standing=every").get_data(as_text=True).splitlines()
    assert (
        lines[0].lstrip("\ufeff").startswith("id,department,deliverable,owner,made_on,due_on,days_late,state,figure") and len(lines) == 13
    )


def test_without_any_it_says_how_the_first_is_made(client: FlaskClient) -> None:
    assert "Nothing is promised yet." in drawn(client, "commitments")
    assert '"hidden":true' in told(client, "promised.children").replace(" ", "")


def test_what_became_of_them_is_counted(store: Any, client: FlaskClient) -> None:
    said = drawn(client, "commitment-record")
    assert "Of 8 commitments that fell due 3 kept on time" in said


def test_a_head_sees_and_answers_only_what_the_own_department_owes(staff_app: Flask, store: Any) -> None:
    of = named(store, LATE)
    head, other = (look_as(staff_app.test_client(), viewer) for viewer in (HEAD, OTHER_HEAD))
    assert LATE in drawn(head, "commitments") and LATE not in drawn(other, "commitments")
    assert LATE in told(head, "promised.children") and LATE not in told(other, "promised.children")
    for client, number in ((other, of.id), (other, 999), (other, "x")):
        assert "There is no such commitment, or it is not open to you." in told(client, "promise-title.children", commitment=str(number))
    assert "no such commitment" in changed(other, store, "note", of, "Mine?")
    assert "may look at this but not change it" in changed(head, store, "drop", of, "No.")
    assert "Kept. Somebody else looks at it now." in changed(head, store, "evidence", of, "Visited.", **{"promise-address.value": "/cases"})
    assert named(store, LATE).state == "in_review"


def test_a_council_office_changes_nothing(staff_app: Flask, store: Any) -> None:
    council = look_as(staff_app.test_client(), COUNCIL)
    assert LATE in drawn(council, "commitments")
    assert "may look at this but not change it" in changed(council, store, "note", named(store, LATE), "Well.")
    assert "Ask for a commitment" not in drawn(council, "on-time-by-week")


def test_the_office_accepts_sends_back_moves_drops_and_reopens(store: Any, client: FlaskClient) -> None:
    assert "It went back" in changed(client, store, "return", named(store, WAITING), "Two districts are missing.")
    assert named(store, WAITING).state == "open"
    assert "The day is moved." in changed(
        client, store, "move", named(store, WAITING), "The plan is new.", **{"promise-day.value": "2027-01-15"}
    )
    assert named(store, WAITING).due_on == date(2027, 1, 15)
    assert "dropped" in changed(client, store, "drop", named(store, WAITING), "No longer needed.")
    assert "open again" in changed(client, store, "reopen", named(store, WAITING), "It is needed.")
    kinds = [event.kind for event in commitments.history(store, MAYOR, None, named(store, WAITING).id)]
    assert kinds == ["made", "evidence", "returned", "moved", "dropped", "reopened"]


@pytest.mark.parametrize(("act", "text", "more", "said"), [
    ("drop", "", {}, "Say why it is dropped."), ("move", "Later.", {}, "Choose the day"), ("move", "Later.", {"promise-day.value": "soon"}, "such as 2026-03-31"),
    ("drop", "No.", {"promise-seen.data": 0}, "meanwhile"), ("drop", "No.", {"promise-seen.data": "1"}, "cannot be read"), ("drop", {"a": 1}, {}, "must be text"),
    ("evidence", "See", {"promise-address.value": "https://evil.example/"}, "no page of Statroom"), ("keep", "", {}, "No evidence waits"),
    ("evidence", "See", {"promise-address.value": "http://[x"}, "cannot be read"), ("erase", "See", {}, "no such change"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_and_not_done(
    store: Any, client: FlaskClient, act: str, text: Any, more: dict[str, Any], said: str
) -> None:
    of = named(store, LATE)
    assert said in changed(client, store, act, of, text, **more)
    assert [event.kind for event in commitments.history(store, MAYOR, None, of.id)] == ["made", "note"]


def making(**instead: Any) -> dict[str, Any]:
    given = {
        "promise-make.n_clicks": 1, "promise-deliverable.value": "A third crew", "promise-department.value": "parks-and-trees", "promise-owner.value": "Maya",
        "promise-email.value": "", "promise-due.value": "2027-02-01", "promise-figure.value": "ontime_due", "promise-expected.value": "better",
        "promise-value.value": "85 %", "question.data": {"department": "parks-and-trees"}, **instead,
    }  # fmt: skip
    return body(next(found for found in callbacks() if "promise-made" in found), given)


def test_a_commitment_is_made_about_what_the_chart_showed(store: Any, client: FlaskClient) -> None:
    offered = drawn(client, "on-time-by-week", department="parks-and-trees")
    assert "new?promise_metric=ontime_due&department=parks-and-trees" in offered
    assert "Kept: " in post(client, making()).get_data(as_text=True)
    made = named(store, "A third crew")
    assert (made.metric, made.filters, made.expected, made.expected_value, made.due_on) == (
        "ontime_due", "department=parks-and-trees", "higher", 0.85, date(2027, 2, 1),
    )  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), [
    ({"promise-owner.value": " "}, "Name the person"), ({"promise-due.value": None}, "Give the day"), ({"promise-deliverable.value": ""}, "what will have been done"),
    ({"promise-department.value": ""}, "Choose the department"), ({"promise-department.value": "nowhere"}, "no department called"), ({"promise-figure.value": "x"}, "no figure"),
    ({"promise-expected.value": "x"}, "no way called"), ({"promise-value.value": "much"}, "write a number"), ({"promise-value.value": "120"}, "0 to 100"),
    ({"promise-figure.value": "opened"}, "neither way is better"), ({"promise-value.value": "nan"}, "0 to 100"), ({"promise-due.value": "1800-01-01"}, "between 1901"),
])  # fmt: skip
def test_a_form_that_lacks_something_says_what(store: Any, client: FlaskClient, wrong: dict[str, Any], said: str) -> None:
    assert said in post(client, making(**wrong)).get_data(as_text=True)
    assert "A third crew" not in {one.deliverable for one in commitments.register(store, MAYOR, None)}


def test_a_head_does_not_promise_for_others(staff_app: Flask, store: Any) -> None:
    head = look_as(staff_app.test_client(), OTHER_HEAD)
    assert "may look at this but not change it" in post(head, making()).get_data(as_text=True)


def test_it_stands_on_the_charts_of_its_figure_and_cases_and_on_no_other(store: Any, client: FlaskClient) -> None:
    post(client, making(**{"promise-value.value": ""}))
    with store.begin() as connection:
        connection.execute(commitment.update().where(commitment.c.deliverable == "A third crew").values(made_on=dates_of(AS_OF).clean_up))
    for query, is_there in (({"department": "parks-and-trees"}, True), ({"department": "inspections"}, False), ({}, False)):
        assert ("Promise: A third crew" in drawn(client, "on-time-by-week", weeks="52", **query)) == is_there
    assert "Promise: A third crew" not in drawn(client, "flow-by-week", weeks="52", department="parks-and-trees")


def test_the_effect_s_chart_says_the_verdict_and_has_the_days(store: Any, client: FlaskClient) -> None:
    said = drawn(client, "commitment-effect", commitment=str(named(store, KEPT).id))
    assert "Overdue: " in said and " in the weeks before, " in said and '"Due"' in said and "change from week to week" in said


def test_programs_read_what_the_viewer_may(staff_app: Flask, store: Any, client: FlaskClient) -> None:
    told = client.get("/api/v1/commitments?standing=overdue").get_json()
    assert LATE in {row["deliverable"] for row in told["rows"]} and all(row["days_late"] > 0 for row in told["rows"])
    assert "@" not in client.get("/api/v1/commitments.csv").get_data(as_text=True)
    other = look_as(staff_app.test_client(), OTHER_HEAD).get("/api/v1/commitments").get_json()
    assert {row["department"] for row in other["rows"]} == {"parks-and-trees"}
    assert client.get("/api/v1/commitments?standing=lost").status_code == 400
    assert "/commitments" in client.get("/api/v1/openapi.json").get_json()["paths"]


@pytest.mark.browser
def test_a_promise_is_made_on_a_phone_and_found_in_the_register(browser: Browser, staff_url: str, store: Any) -> None:
    with watched(browser, size=PHONE) as found:
        found.page.goto(staff_url + "/commitments/new?promise_metric=ontime_due&department=parks-and-trees")
        expect(found.page.locator("#promise-department")).to_have_value("parks-and-trees")
        found.page.get_by_label("What will have been done").fill("A fourth crew")
        found.page.get_by_label("Person who owes it").fill("Maya Lindqvist")
        found.page.get_by_role("button", name="Keep the commitment").press("Enter")
        found.page.get_by_role("link", name="Maya Lindqvist: A fourth crew").click()
        expect(found.page.get_by_role("heading", name="A fourth crew")).to_be_visible()
        found.page.locator("#promise-box-drop summary").click()
        found.page.locator("#promise-box-drop textarea").fill("It was a test.")
        found.page.get_by_role("button", name="Drop it").click()
        expect(found.page.locator("#promise-history")).to_contain_text("It was a test.")
        found.settle()
        assert (found.violations(), found.errors, found.outside) == ([], [], []) and found.overflow() <= 0
