"""The audit's page: a sample is drawn, handed out and recorded in a browser, and whatever else is sent to it is refused in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import delete

from components.chart import CHARTS
from data_access.store import audits
from data_access.store.engine import open_store
from data_access.store.models import audit_case, audit_finding, audit_sample, audit_stratum
from settings import Settings
from tests.support.looking import DESKTOP, watched
from tests.support.posting import body, callbacks, look_as, post

HEAD, OWN, OTHER = "head-of-parks-and-trees", "parks-and-trees", "inspections"
QUERY = {"weeks": "26"}


@pytest.fixture
def store(staff_app: Flask, demo_settings: Settings) -> Iterator[Any]:
    engine = open_store(demo_settings)
    yield engine
    with engine.begin() as connection:
        for table in (audit_finding, audit_case, audit_stratum, audit_sample):
            connection.execute(delete(table))
    engine.dispose()


@pytest.fixture
def client(staff_app: Flask) -> FlaskClient:
    made = staff_app.test_client()
    made.get("/")
    return made


def drawing(number: Any = 3, query: Any = None, clicks: Any = 1) -> dict[str, Any]:
    return body(
        "audit-drawn.children",
        {"audit-draw.n_clicks": clicks, "audit-number.value": number, "question.data": QUERY if query is None else query},
    )


def recording(case: Any, found: Any = "fixed", note: Any = "seen it", seen: Any = 0, clicks: Any = 1, **query: Any) -> dict[str, Any]:
    given = {
        "audit-record.n_clicks": clicks, "audit-found.value": found, "audit-note.value": note, "audit-seen.data": seen,
        "question.data": {**QUERY, "visit": str(case), **query},
    }  # fmt: skip
    return body("audit-recorded.children", given)


def said(client: FlaskClient, content: dict[str, Any], **headers: str) -> str:
    """What the answer tells the reader: in its place on the page, or as the page's notice."""
    answer = client.post("/_dash-update-component", json=content, headers=headers)
    assert answer.status_code in (200, 204), answer.get_data(as_text=True)[:300]
    if answer.status_code == 204:
        return ""
    sent = answer.get_json()
    parts = [part.get("children") for part in (sent.get("response") or {}).values()]
    notice = (sent.get("sideUpdate") or {}).get("notice", {}).get("children")
    return " ".join(str(text) for text in (*parts, notice) if text)


def drawn(client: FlaskClient, store: Any, **more: Any) -> Any:
    """The cases of a new sample."""
    assert "Sample" in said(client, drawing(**more))
    return audits.cases(store, audits.samples(store, None)[0].id, None)


def count(store: Any) -> int:
    with store.connect() as connection:
        return len(connection.execute(audit_finding.select()).fetchall())


def test_a_sample_is_drawn_and_shown(client: FlaskClient, store: Any) -> None:
    frame = drawn(client, store)
    assert frame.groupby("stratum").size().max() == 3
    table = client.get("/charts/audit-list.csv").get_data(as_text=True)
    assert table.count("\r\n") == len(frame) + 1 and "Address" not in table.splitlines()[0] and "address" in table.splitlines()[0]
    other = drawn(client, store)
    assert not set(other["source_id"]) & set(frame["source_id"])
    assert client.get(f"/charts/audit-list.csv?sample={audits.samples(store, None)[1].id}").get_data(as_text=True) == table


@pytest.mark.parametrize("number", [0, -1, 51, 2.5, True, "3", None, [], {"a": 1}, 10**30], ids=str)
def test_a_hostile_number_draws_nothing(client: FlaskClient, store: Any, number: Any) -> None:
    assert "1 to 50" in said(client, drawing(number))
    assert audits.samples(store, None) == []


@pytest.mark.parametrize("clicks", [None, 0, True, "1", -1], ids=str)
def test_without_a_click_nothing_is_drawn_or_recorded(client: FlaskClient, store: Any, clicks: Any) -> None:
    said(client, drawing(clicks=clicks))
    assert audits.samples(store, None) == []
    case = drawn(client, store)["id"].iloc[0]
    said(client, recording(case, clicks=clicks))
    assert count(store) == 0


def test_a_finding_is_recorded_and_sent_again_it_changes_nothing(client: FlaskClient, store: Any) -> None:
    case = int(drawn(client, store)["id"].iloc[0])
    assert "is recorded as fixed" in said(client, recording(case))
    assert "recorded already" in said(client, recording(case))
    assert "meanwhile" in said(client, recording(case, "not_fixed"))
    assert "is recorded as not fixed" in said(client, recording(case, "not_fixed", seen=1))
    assert audits.history(store, case, None)["found"].tolist() == ["not_fixed", "fixed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"found": "Fixed"}, {"found": None}, {"found": 1}, {"found": ["fixed"]}, {"found": "x" * 9_000}, {"note": "x" * 501}, {"note": 7}, {"note": {"a": 1}},
        {"seen": -1}, {"seen": None}, {"seen": "0"}, {"seen": True}, {"seen": 10**9}, {"sample": "999999"}, {"sample": "x"}, {"sample": "' OR 1=1 --"},
        {"visit": ""}, {"visit": "-1"}, {"visit": "1e3"}, {"visit": "٣"}, {"visit": "9" * 50}, {"visit": "999999999"}, {"visit": "1; DROP TABLE audit_case"},
        {"department": "nowhere"},
    ],
    ids=lambda wrong: str(wrong)[:40],
)  # fmt: skip
def test_a_hostile_form_records_nothing(client: FlaskClient, store: Any, wrong: dict[str, Any]) -> None:
    case = int(drawn(client, store)["id"].iloc[0])
    text = said(client, recording(case, **wrong))
    assert text.endswith(".") and "Something went wrong" not in text
    assert count(store) == 0


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_another_site_can_neither_draw_nor_record(client: FlaskClient, store: Any, headers: dict[str, str]) -> None:
    case = int(drawn(client, store)["id"].iloc[0])
    for content in (drawing(), recording(case)):
        assert "not sent from a page of Statroom" in said(client, content, **headers)
    assert len(audits.samples(store, None)) == 1 and count(store) == 0


def test_a_head_sees_and_records_the_own_department_only(staff_app: Flask, client: FlaskClient, store: Any) -> None:
    frame = drawn(client, store)
    head = look_as(staff_app.test_client(), HEAD)
    own = frame[frame["stratum"] == OWN]["id"].astype(int).tolist()
    others = frame[frame["stratum"] != OWN]
    assert own and len(others)
    table = head.get("/charts/audit-list.csv").get_data(as_text=True)
    assert not any(source_id in table for source_id in others["source_id"])
    assert "Inspections" not in head.get("/charts/audit-estimate.csv").get_data(as_text=True)
    # A case of another department and one that does not exist are answered alike.
    answers = {said(head, recording(case)) for case in (int(others["id"].iloc[0]), 999_999)}
    assert answers == {"There is no such case to record, or it is not open to you."}
    assert count(store) == 0
    assert "is recorded as fixed" in said(head, recording(own[0]))
    assert "no department called" in said(head, recording(own[0], department=OTHER))


def test_a_head_draws_from_the_own_department(staff_app: Flask, store: Any) -> None:
    frame = drawn(look_as(staff_app.test_client(), HEAD), store)
    assert set(frame["stratum"]) == {OWN}


def test_who_may_only_look_sees_no_address_and_writes_nothing(staff_app: Flask, client: FlaskClient, store: Any) -> None:
    frame = drawn(client, store)
    council = look_as(staff_app.test_client(), "council")
    for content in (drawing(), recording(int(frame["id"].iloc[0]))):
        assert "may look at this but not change it" in said(council, content)
    assert len(audits.samples(store, None)) == 1 and count(store) == 0
    table = council.get("/charts/audit-list.csv").get_data(as_text=True)
    assert table.count("\r\n") == len(frame) + 1 and "address" not in table
    name = next(name for name in callbacks() if "audit-draw-form" in name)
    filled = post(council, body(name, {"question.data": {"visit": str(frame["id"].iloc[0])}})).get_json()["response"]
    assert filled["audit-draw-form"]["hidden"] and filled["audit-record-form"]["hidden"]
    assert "Street" not in json.dumps(filled)


def test_numbers_of_the_estimate_lead_to_as_many_cases(client: FlaskClient, store: Any, staff_app: Flask) -> None:
    frame = drawn(client, store)
    for number, found in ((0, "fixed"), (1, "unclear"), (5, "not_fixed")):
        said(client, recording(int(frame["id"].iloc[number]), found))
    with staff_app.test_request_context("/"):
        from urllib.parse import parse_qsl, urlsplit

        from components import filters, gate
        from tests.test_links_to_cases import listed

        def draw(chart: str, query: dict[str, str]) -> Any:
            asked = gate.desk().ask(query)
            return CHARTS[chart].draw(asked, filters.view_of(query, asked))

        estimate = draw("audit-estimate", {}).twin.frame
        assert estimate[["fixed", "not_fixed", "unclear"]].iloc[-1].tolist() == [1, 1, 1]
        for row in estimate.to_dict("records"):
            for name, column in (("fixed", "fixed"), ("unclear", "unclear"), ("left", "left"), ("all", "drawn")):
                query = dict(parse_qsl(urlsplit(row[f"{name}_href"]).query))
                assert len(draw("audit-list", query).twin.frame) == row[column]
            assert listed(row["closed_href"]) == row["closed"]


@pytest.mark.browser
def test_a_sample_is_drawn_and_a_visit_recorded_in_a_browser(browser: Browser, staff_url: str, store: Any) -> None:
    with watched(browser, size=DESKTOP) as found:
        page = found.page
        page.goto(staff_url + "/closure/audit")
        found.settle()
        expect(page.locator("#chart-audit-list h2")).to_have_text("There is no list yet: draw a sample above.")
        page.fill("#audit-number", "2")
        page.click("#audit-draw")
        expect(page.locator("#audit-drawn")).to_contain_text("its list is below")
        expect(page.locator("#chart-audit-list h2")).to_contain_text("visited.")
        page.locator("#chart-audit-list td a", has_text="Record").first.click()
        expect(page.locator("#audit-record-form")).to_be_visible()
        page.get_by_label("Not fixed").check()
        page.fill("#audit-note", "Still there.")
        page.click("#audit-record")
        expect(page.locator("#audit-recorded")).to_contain_text("is recorded as not fixed")
        expect(page.locator("#audit-case")).to_contain_text("Still there.")
        expect(page.locator("#chart-audit-list h2")).to_contain_text("1 of")
        expect(page.locator("#chart-audit-estimate h2")).to_contain_text("0.0 % of closed cases were really fixed")
        found.settle()
        assert found.errors == [] and found.violations() == []
    assert audits.samples(store, None)[0].per_department == 2
