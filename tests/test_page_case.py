"""One case: its clock, its waits and its story, counted by hand; and what its page says of it, to whom it may."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from access import Viewer
from components import case as shown
from components import words
from components.lists import case_address
from data_access.mart.reading import open_mart
from metrics.case_history import CaseDetail, Wait, case_detail, find_cases
from metrics.measure import ask
from metrics.question import default_question
from metrics.select import Asked
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, settings_in, small_city
from tests.support.posting import body, callbacks, look_as, post

AS_OF = datetime(2026, 3, 30, 4, 0)  # midnight in the city
CASES: list[dict[str, Any]] = [
    # Closed on Tuesday, a day late; opened again on Wednesday; closed for good on Friday, three days late. It waited for a day.
    {"source_id": "A/1", "opened_at": "2026-03-10T12:00:00Z", "closed_at": "2026-03-20T12:00:00Z", "due_at": "2026-03-17T12:00:00Z",
     "status": "closed", "status_raw": "Done", "outcome": "resolved", "outcome_raw": "Work completed", "channel": "phone", "channel_raw": "Call Center",
     "address": "5 Elm Street", "title": "By the gate", "source_url": "https://crm.example/case?id=1"},
    # Open, waiting since midnight of the 29th in the city, due tomorrow; its deadline was moved by two days.
    {"source_id": "B", "opened_at": "2026-03-24T04:00:00Z", "due_at": "2026-03-31T04:00:00Z", "status": "waiting", "source_url": "javascript:alert(1)"},
    # From an export without events: open and two days overdue; two repeat it, one of them is another department's.
    {"source_id": "C", "opened_at": "2026-03-20T04:00:00Z", "due_at": "2026-03-28T04:00:00Z", "status": "open"},
    {"source_id": "D", "opened_at": "2026-03-21T04:00:00Z", "closed_at": "2026-03-21T05:00:00Z", "status": "closed", "outcome": "duplicate", "parent_source_id": "C"},
    {"source_id": "E", "opened_at": "2026-03-22T04:00:00Z", "closed_at": "2026-03-22T05:00:00Z", "status": "closed", "outcome": "duplicate", "parent_source_id": "C",
     "department": "Streets"},
    # Due before it was opened, and closed before it was opened.
    {"source_id": "F", "opened_at": "2026-03-21T04:00:00Z", "due_at": "2026-03-20T04:00:00Z", "status": "open"},
    {"source_id": "G", "opened_at": "2026-03-21T04:00:00Z", "closed_at": "2026-03-21T04:00:00Z", "status": "closed", "has_valid_interval": False},
]  # fmt: skip
EVENTS: list[tuple[str, str, str, str | None, str | None, str | None]] = [
    ("A/1", "2026-03-10T12:00:00Z", "assigned", None, "Streets", None),
    ("A/1", "2026-03-11T12:00:00Z", "transferred", "Streets", "Parks", "Wrong department"),
    ("A/1", "2026-03-12T12:00:00Z", "paused", None, None, "Waiting for resident"),
    ("A/1", "2026-03-13T12:00:00Z", "resumed", None, None, None),
    ("A/1", "2026-03-18T12:00:00Z", "closed", None, None, "Work completed"),
    ("A/1", "2026-03-19T12:00:00Z", "reopened", None, None, None),
    ("B", "2026-03-25T12:00:00Z", "due_changed", "2026-03-29T04:00:00", "2026-03-31T04:00:00", None),
    ("B", "2026-03-29T04:00:00Z", "paused", None, None, None),
]
PARKS = Viewer("h", "Head", "department", ("parks",))


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("case")
    rows = [{k: instant(v) if k.endswith("_at") and isinstance(v, str) else v for k, v in case.items()} for case in CASES]
    events = [
        {"source_id": case, "event_at": instant(at), "event_kind": kind, "from_value": before, "to_value": after, "reason": reason}
        for case, at, kind, before, after, reason in EVENTS
    ]
    city = small_city()
    make_mart(folder, [{"case_class": "service", "department": "Parks", **row} for row in rows], events, as_of=AS_OF, city=city)
    mart, calendar = open_mart(settings_in(folder)), calendar_of(city)
    return lambda viewer=MAYOR: ask(mart, calendar, default_question(mart, calendar), viewer)


@pytest.fixture
def asked(asking: Any) -> Asked:
    return asking()


def found(asked: Asked, source_id: str) -> CaseDetail:
    case = case_detail(asked, "requests", source_id)
    assert case is not None
    return case


def test_a_case_that_came_back_is_judged_by_its_last_closing(asked: Asked) -> None:
    clock = found(asked, "A/1").clock
    assert (clock.is_open, clock.days_open, clock.days_late) == (False, 10, 3)


def test_an_open_case_is_overdue_or_has_time_left_on_the_data_s_clock(asked: Asked) -> None:
    assert (found(asked, "C").clock.days_open, found(asked, "C").clock.days_late) == (10, 2)
    assert (found(asked, "B").clock.days_open, found(asked, "B").clock.days_late) == (6, -1)


def test_a_deadline_before_the_opening_judges_nothing(asked: Asked) -> None:
    assert (found(asked, "F").clock.is_judged, found(asked, "F").clock.days_late) == (False, None)
    assert found(asked, "G").clock.days_open is None


def test_a_case_waits_from_pause_to_resumption_or_until_now(asked: Asked) -> None:
    a, b = found(asked, "A/1").waits, found(asked, "B").waits
    assert a == (Wait(instant("2026-03-12T12:00Z"), instant("2026-03-13T12:00Z"), 1, "Waiting for resident"),)  # type: ignore[arg-type]
    assert b == (Wait(instant("2026-03-29T04:00Z"), None, 1, None),)  # type: ignore[arg-type]


def test_the_story_tells_what_no_event_tells(asked: Asked) -> None:
    """The opening, the last closing and the deadline stand in the record only."""
    story = found(asked, "A/1").timeline
    assert story["kind"].tolist() == ["opened", "assigned", "transferred", "paused", "resumed", "due", "closed", "reopened", "closed"]
    assert story["at"].is_monotonic_increasing
    assert found(asked, "C").timeline["kind"].tolist() == ["opened", "due"]
    moved = found(asked, "B").timeline.query("kind == 'due_changed'").iloc[0]
    assert (moved["before"], moved["after"], moved["days"]) == (instant("2026-03-29T04:00Z"), instant("2026-03-31T04:00Z"), 2)


def test_relatives_are_those_the_viewer_may_see(asking: Any) -> None:
    everybody, head = asking(), asking(PARKS)
    assert found(everybody, "C").related["source_id"].tolist() == ["D", "E"]
    assert found(head, "C").related["source_id"].tolist() == ["D"]
    parent = found(everybody, "D").related
    assert (parent["source_id"].tolist(), parent["is_parent"].tolist()) == (["C"], [True])
    assert find_cases(everybody, " E ")["source_id"].tolist() == ["E"]
    assert find_cases(head, "E").empty


def test_a_duplicate_says_that_figures_leave_it_out(asked: Asked) -> None:
    assert found(asked, "C").is_counted and not found(asked, "D").is_counted
    assert shown.verdict(found(asked, "D"), asked).endswith("No figure but 'Reports' counts it: duplicate.")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("A/1", "Closed on 20 Mar 2026, 08:00, 10.0 days after it was opened: 3.0 days late."),
        ("B", "Open for 6.0 days; due in 24 hours."),
        ("C", "Open for 10.0 days and overdue for 2.0 days."),
        ("F", "Open for 9.0 days, with a deadline that cannot be used."),
        ("G", "Closed on 21 Mar 2026, 00:00, without a deadline."),
    ],
)
def test_where_a_case_stands_is_one_sentence(asked: Asked, case: str, said: str) -> None:
    assert shown.verdict(found(asked, case), asked) == said


def text(asked: Asked, case: str) -> str:
    import plotly

    return json.dumps(shown.content(found(asked, case), asked), cls=plotly.utils.PlotlyJSONEncoder)


def test_the_page_tells_the_whole_story(asked: Asked) -> None:
    page = text(asked, "A/1")
    for part in ("for 24 hours: Waiting for resident", "from Streets to Parks, Wrong department", "reported by phone", "Phone (Call Center)", "Closed (Done)",
                 "Resolved (Work completed)", "5 Elm Street", "By the gate", "as the CRM says", "missed"):  # fmt: skip
        assert part in page, part
    assert "from 29 Mar 2026, 00:00 to 31 Mar 2026, 00:00, 2.0 days later" in text(asked, "B")
    assert "for 24 hours so far" in text(asked, "B")


def test_only_a_web_address_leads_back_to_the_crm(asked: Asked) -> None:
    assert '"https://crm.example/case?id=1"' in text(asked, "A/1")
    assert "javascript" not in text(asked, "B")
    assert "Open this case in the CRM" not in text(asked, "B")


def test_a_parent_in_another_department_is_named_and_not_described(asking: Any) -> None:
    streets = asking(Viewer("s", "Head", "department", ("streets",)))
    page = text(streets, "E")
    assert "case C" in page and case_address("requests", "C") not in page
    assert case_address("requests", "C") in text(asking(), "E")


def test_addresses_and_texts_are_for_who_may_read_them(asking: Any) -> None:
    council = asking(Viewer("c", "Council", "viewer"))
    assert "5 Elm Street" not in text(council, "A/1")
    assert "By the gate" not in text(council, "A/1")
    assert "In words" not in text(council, "A/1")


def test_ids_of_any_signs_have_an_address() -> None:
    assert case_address("requests", "A/1 ?#%") == "/cases/requests/A%2F1%20%3F%23%25"


def answer_for(client: Any, programme: str, case: str) -> dict[str, Any]:
    name = next(name for name in callbacks() if "case-verdict" in name)
    sent = post(client, body(name, {"question.data": {"of_programme": programme, "case_id": case}})).get_json()["response"]
    return {part: value["children"] for part, value in sent.items()}


def test_a_case_that_is_not_there_and_one_that_may_not_be_seen_get_the_same_answer(staff_app: Flask) -> None:
    mayor = staff_app.test_client()
    mayor.get("/")
    theirs = mayor.get("/api/v1/cases?of=backlog&department=inspections&limit=1").get_json()["rows"][0]["source_id"]
    assert theirs in answer_for(mayor, "requests", theirs)["case-title"]
    head = look_as(staff_app.test_client(), "head-of-parks-and-trees")
    answers = [
        answer_for(head, programme, case)
        for programme, case in (
            ("requests", theirs), ("requests", "nope"), ("nowhere", theirs), ("", ""), ("requests", "x" * 500), ("requests", "' OR 1=1 --"),
            ("requests", "%00"), ("requests", "..%2F..%2Fetc"), ("<script>", "<img src=x>"),
        )
    ]  # fmt: skip
    assert answers == [
        {"case-title": "Case", "case-verdict": "There is no such case, or it is not open to you.", "case-content": ""}
    ] * len(answers)


@pytest.mark.browser
def test_a_case_is_reached_from_its_list_and_leads_to_its_relatives(browser: Browser, staff_url: str) -> None:
    with watched(browser) as seen:
        page = seen.page
        page.goto(staff_url + "/cases?of=reports&case_class=duplicate&weeks=52")
        first = page.locator(".cases-grid .ag-row[row-index='0'] a")
        expect(first).to_be_visible()
        case = first.inner_text()
        first.click()
        expect(page.locator("h1")).to_contain_text(f"case {case}")
        assert page.url.endswith(f"/cases/requests/{case}")
        expect(page.locator(".timeline li")).not_to_have_count(0)
        page.get_by_text("Belongs to").locator("a").click()
        expect(page.locator("h1")).not_to_contain_text(f"case {case}")
        page.go_back()
        expect(page.locator("h1")).to_contain_text(f"case {case}")
        page.go_back()
        expect(page.locator(".cases-grid .ag-row[row-index='0'] a")).to_have_text(case)
        assert seen.errors == []


@pytest.mark.browser
def test_everybody_can_read_a_case(browser: Browser, staff_url: str) -> None:
    with watched(browser, size=PHONE) as seen:
        seen.page.goto(staff_url + "/cases?of=backlog")
        seen.settle()
        seen.page.locator(".cases-grid .ag-row[row-index='0'] a").click()
        expect(seen.page.locator(".timeline li").first).to_be_visible()
        for _dark in seen.on_both():
            assert (seen.errors, seen.outside, seen.violations()) == ([], [], [])
            assert seen.overflow() <= 0


def test_elapsed_times_are_told_in_the_unit_a_person_would_use() -> None:
    assert [words.length(days) for days in (0.02, 0.25, 1, 2, 12.34)] == ["29 minutes", "6 hours", "24 hours", "2.0 days", "12.3 days"]
