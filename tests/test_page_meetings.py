"""The pages of the CitiStat week: schedule, agenda beside its charts, the room, the memo."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from components import meetings as meeting_words
from data_access.store import agendas, commitments, meetings
from data_access.store.acting import Acting
from data_access.store.agendas import Draft
from data_access.store.engine import open_store
from settings import Settings
from tests.support.looking import watched
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post

AS_OF = datetime(2026, 3, 16, 10)
ON = date(2026, 3, 19)
"""A Thursday within the demo's data."""
SIGNALS = "/signals?department=parks-and-trees&weeks=52&as_of=2026-03-16T10%3A00%3A00Z&series=backlog.whole.whole#chart-signal-series"
DRAFTS = [
    Draft("data", "The data", 3), Draft("promises", "Promises of last time", 5), Draft("city", "The city", 5, address="/?as_of=2026-03-16T10%3A00%3A00Z"),
    Draft("issue", "Parks: open cases", 10, "parks-and-trees", SIGNALS), Draft("issue", "Inspections: late", 10, "inspections", "/sla?department=inspections"),
    Draft("actions", "Actions, read aloud", 5),
]  # fmt: skip
TABLES = ("commitment_event", "commitment", "agenda_item", "meeting", "meeting_series", "frozen_figure", "freeze")


@pytest.fixture
def store(demo_settings: Settings) -> Iterator[Any]:
    engine = open_store(demo_settings)
    yield engine
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()


@pytest.fixture
def number(store: Any) -> int:
    """A meeting of two departments, drafted."""
    acting = Acting(MAYOR, store, AS_OF)
    departments = ["parks-and-trees", "inspections"]
    meetings.plan_series(acting, name="Homes and parks", departments=departments, first_on=ON, starts_at="09:00", minutes=60, every_weeks=2)
    meetings.materialise(store, ON)
    found = meetings.schedule(store, None, ON, ON)[0].id
    agendas.draft(acting, found, AS_OF, DRAFTS)
    return found


@pytest.fixture
def client(staff_app: Flask) -> Any:
    made = staff_app.test_client()
    made.get("/")
    return made


def head_of(staff_app: Flask, department: str) -> Any:
    return look_as(staff_app.test_client(), f"head-of-{department}")


def called(client: Any, name: str, values: dict[str, Any], **more: Any) -> str:
    """The answer of the callback with `name` in its output, as text."""
    callback = next(found for found in callbacks() if name in found)
    answer = post(client, body(callback, values, **more))
    return json.dumps(answer.get_json(silent=True), ensure_ascii=False, separators=(",", ":"))


def page(client: Any, number: int, item: str = "") -> str:
    return called(client, "agenda-items", {"question.data": {"meeting": str(number), "item": item}})


def room(client: Any, number: int, item: Any = "") -> str:
    return called(client, "room-strip", {"question.data": {"meeting": str(number)}, "room-item.data": item})


def items(store: Any, number: int) -> dict[str, int]:
    return {item.title: item.id for item in agendas.items(store, number, None)}


# The schedule


def planning(**instead: Any) -> dict[str, Any]:
    return {
        "series-plan.n_clicks": 1, "series-name.value": "Lights", "series-first.value": "2026-04-02", "series-start.value": "09:00", "series-minutes.value": 45,
        "series-weeks.value": 1, "series-departments.value": ["transportation"], "question.data": {}, **instead,
    }  # fmt: skip


def test_a_planned_series_is_on_the_schedule_with_its_meetings_of_the_next_weeks(client: Any, store: Any) -> None:
    assert "“Lights” is planned" in called(
        client, "series-name", planning(**{"series-first.value": (date.today() - timedelta(days=2)).isoformat()})
    )
    shown = called(client, "meet-upcoming", {"question.data": {}})
    assert shown.count('"/meeting/') == 9 and "Transportation" in shown
    assert "every week, 45 minutes" in shown


@pytest.mark.parametrize("wrong", [
    {"series-name.value": ""}, {"series-first.value": None}, {"series-first.value": "soon"}, {"series-minutes.value": 91}, {"series-minutes.value": "60"},
    {"series-weeks.value": 0}, {"series-start.value": "25:00"}, {"series-departments.value": []}, {"series-departments.value": ["nowhere"]},
    {"series-departments.value": "transportation"}, {"series-plan.n_clicks": 0},
], ids=str)  # fmt: skip
def test_a_form_that_cannot_be_plans_nothing(client: Any, store: Any, wrong: dict[str, Any]) -> None:
    assert "Something went wrong" not in called(client, "series-name", planning(**wrong))
    assert meetings.every_series(store, None) == []


def test_a_meeting_is_cancelled_with_a_reason_counted_and_undone(staff_app: Flask, client: Any, store: Any) -> None:
    day = date.today() - timedelta(days=2)
    meetings.plan_series(
        Acting(MAYOR, store, AS_OF), name="Now", departments=["inspections"], first_on=day, starts_at="09:00", minutes=60, every_weeks=9
    )
    meetings.materialise(store, day)
    number = meetings.schedule(store, None, day, day)[0].id
    assert "Nobody said whether it was held" in called(client, "meet-upcoming", {"question.data": {}})
    assert "Say why the meeting is cancelled" in called(
        client, "meet-cancel", {"n_clicks": 1, "value": "", "question.data": {}}, chart=number
    )
    assert "is cancelled: Storm" in called(client, "meet-cancel", {"n_clicks": 1, "value": "Storm", "question.data": {}}, chart=number)
    shown = called(client, "meet-upcoming", {"question.data": {}})
    assert "“Storm” (Mayor's office)" in shown and "0 held, 1 cancelled" in shown
    looked_at = called(look_as(staff_app.test_client(), "council"), "meet-upcoming", {"question.data": {}})
    assert "“Storm”" in looked_at and "“Storm” (Mayor's office)" not in looked_at  # who only looks reads no names of staff
    called(client, "meet-undo", {"n_clicks": 1, "question.data": {}}, chart=number)
    called(client, "meet-hold", {"n_clicks": 1, "question.data": {}}, chart=number)
    assert "1 held, 0 cancelled" in called(client, "meet-upcoming", {"question.data": {}})


def test_a_department_head_sees_own_meetings_and_changes_none(staff_app: Flask, client: Any, store: Any, number: int) -> None:
    parks, water = head_of(staff_app, "parks-and-trees"), head_of(staff_app, "water-and-sewer")
    assert "Homes and parks" in called(parks, "meet-upcoming", {"question.data": {}})
    assert "Homes and parks" not in called(water, "meet-upcoming", {"question.data": {}})
    for show in (page, room):
        assert "Homes and parks" in show(parks, number)
        assert "There is no such meeting, or it is not open to you." in show(water, number)
    assert "Inspections: late" not in page(parks, number) + room(parks, number)
    assert water.get(f"/meeting/{number}/memo.html").status_code == 400
    for name in ("meet-hold", "meet-undo", "meet-cancel"):
        assert "may look at this but not change it" in called(
            parks, name, {"n_clicks": 1, "value": "No", "question.data": {}}, chart=number
        )
    item = items(store, number)["The data"]
    for name in ("item-up", "item-down", "item-remove", "item-restore", "item-keep"):
        assert "may look at this but not change it" in called(parks, name, {"n_clicks": 1, "question.data": {}}, chart=item)
    assert meetings.one(store, number, None).state == "planned"  # type: ignore[union-attr]
    assert list(items(store, number)) == [draft.title for draft in DRAFTS]


# The agenda


def test_a_drafted_agenda_is_about_the_meeting_s_departments_as_known_at_its_instant(client: Any, store: Any) -> None:
    acting = Acting(MAYOR, store, AS_OF)
    meetings.plan_series(acting, name="Works", departments=["public-works"], first_on=ON, starts_at="09:00", minutes=60, every_weeks=1)
    meetings.materialise(store, ON)
    met = meetings.schedule(store, None, ON, ON)[0]
    assert "The agenda is drafted" in called(
        client, "agenda-draft.title", {"agenda-draft.n_clicks": 1, "question.data": {"meeting": str(met.id)}}
    )
    found = agendas.items(store, met.id, None)
    drafted = meetings.one(store, met.id, None)
    assert drafted is not None and drafted.as_of is not None
    kinds = [item.kind for item in found]
    assert kinds[:2] == ["data", "promises"] and kinds[-3:] == ["risk", "equity", "actions"] and "city" in kinds
    assert sum(item.minutes for item in found) <= 60
    shown = [item.address for item in found if item.kind in ("good_news", "city", "issue", "risk", "equity")]
    assert shown and all(f"as_of={drafted.as_of.isoformat().replace(':', '%3A')}Z" in address for address in shown)
    assert all("department=public-works" in address for address in shown if not address.startswith("/?"))


def test_the_page_shows_the_agenda_beside_the_charts_of_the_chosen_item(client: Any, store: Any, number: int) -> None:
    issue = str(items(store, number)["Parks: open cases"])
    shown = page(client, number, issue)
    assert "38 of 60 minutes" in shown and "Figures as known on Mon 16 Mar 2026, 06:00" in shown
    assert "Open cases: Parks and Trees, by week" in shown and '"type":"shown-figure"' in shown
    assert "Opened" in page(client, number, str(items(store, number)["The city"]))


def test_an_item_is_edited_in_place(client: Any, store: Any, number: int) -> None:
    item = items(store, number)["The data"]
    called(client, "item-down", {"n_clicks": 1, "question.data": {"meeting": str(number)}}, chart=item)
    assert list(items(store, number))[:2] == ["Promises of last time", "The data"]
    called(client, "item-remove", {"n_clicks": 1, "question.data": {"meeting": str(number)}}, chart=item)
    assert "The data" not in items(store, number)
    assert "1 item taken off" in page(client, number)
    called(client, "item-restore", {"n_clicks": 1, "question.data": {"meeting": str(number)}}, chart=item)
    assert "The data" in items(store, number)


@pytest.mark.parametrize(("address", "said"), [
    ("https://example.org", "There is no page at"), ("/nowhere", "There is no page at"), ("/sla?department=nowhere", "There is no department called"),
    ("/sla?department=parks-and-trees", "is on the agenda"), ("", "is on the agenda"),
])  # fmt: skip
def test_what_is_added_shows_a_page_of_statroom_or_none(client: Any, store: Any, number: int, address: str, said: str) -> None:
    values = {
        "agenda-add.n_clicks": 1,
        "agenda-new-title.value": "Our own",
        "agenda-new-minutes.value": 5,
        "agenda-new-address.value": address,
    }
    assert said in called(client, "agenda-new-title", {**values, "question.data": {"meeting": str(number)}})
    assert ("Our own" in items(store, number)) == said.startswith("is on")


def test_an_item_of_another_instant_shows_what_was_known_at_the_meeting_s(client: Any, store: Any, number: int) -> None:
    """Whoever adds a chart copies today's address; what came after the meeting's instant is not the meeting's."""
    values = {
        "agenda-add.n_clicks": 1,
        "agenda-new-title.value": "Ours",
        "agenda-new-minutes.value": 5,
        "agenda-new-address.value": "/backlog?department=inspections",
    }
    called(client, "agenda-new-title", {**values, "question.data": {"meeting": str(number)}})
    item = str(items(store, number)["Ours"])
    shown = page(client, number, item)
    assert "/backlog?department=inspections&as_of=2026-03-16T10%3A00%3A00Z" in shown
    memo = client.get(f"/meeting/{number}/memo.html").get_data(as_text=True)
    assert "/backlog?department=inspections&amp;as_of=2026-03-16T10%3A00%3A00Z" in memo


def test_what_is_added_about_one_department_is_for_its_head_alone(staff_app: Flask, client: Any, store: Any, number: int) -> None:
    values = {
        "agenda-add.n_clicks": 1,
        "agenda-new-title.value": "Overtime",
        "agenda-new-minutes.value": 5,
        "agenda-new-address.value": "/sla?department=inspections",
    }
    called(client, "agenda-new-title", {**values, "question.data": {"meeting": str(number)}})
    assert "Overtime" in page(head_of(staff_app, "inspections"), number)
    assert "Overtime" not in page(head_of(staff_app, "parks-and-trees"), number)


# The room and the memo


def capture(**instead: Any) -> dict[str, Any]:
    return {
        "action-keep.n_clicks": 1, "action-what.value": "Prune Elm Street", "action-owner.value": "Jordan Rivera", "action-mail.value": "", "action-department.value": "parks-and-trees",
        "action-due.value": "2026-05-01", "action-metric.value": "backlog", "action-expected.value": "lower", **instead,
    }  # fmt: skip


def kept(store: Any) -> list[commitments.Commitment]:
    return commitments.register(store, MAYOR, None)


def test_an_action_begins_with_the_figure_and_the_cases_of_the_item_beside_it(client: Any, store: Any, number: int) -> None:
    issue = str(items(store, number)["Parks: open cases"])
    shown = room(client, number, issue)
    assert '"action-metric":{"value":"backlog"}' in shown and '"action-department":' in shown
    assert "Of the cases this item is about: Parks and Trees." in shown
    assert "Kept: Jordan Rivera owes" in called(
        client, "action-said", capture(**{"question.data": {"meeting": str(number)}, "room-item.data": issue})
    )
    (one,) = kept(store)
    assert (one.meeting_id, one.metric, one.filters, one.due_on) == (number, "backlog", "department=parks-and-trees", date(2026, 5, 1))
    assert one.made_on == ON
    last = room(client, number, str(items(store, number)["Actions, read aloud"]))
    assert "Action 1 of 1" in last and "Prune Elm Street" in last and "Fri 1 May 2026" in last


@pytest.mark.parametrize(("missing", "said"), [
    ({"action-what.value": ""}, "Say what will have been done"), ({"action-owner.value": " "}, "Name the person"), ({"action-due.value": None}, "Give the day"),
    ({"action-metric.value": None}, "Choose the figure"), ({"action-department.value": None}, "Choose the department"),
    ({"action-department.value": "water-and-sewer"}, "no department of this meeting"), ({"action-metric.value": "nothing"}, "no figure called"),
])  # fmt: skip
def test_an_action_without_owner_date_deliverable_or_figure_is_not_kept(
    client: Any, store: Any, number: int, missing: dict[str, Any], said: str
) -> None:
    question = {"question.data": {"meeting": str(number)}, "room-item.data": ""}
    assert said in called(client, "action-said", capture(**question, **missing))
    assert kept(store) == []


def noting(number: int, item: int, said: str, seen: Any) -> dict[str, Any]:
    return {
        "room-note-keep.n_clicks": 1, "room-note.value": said, "room-shown.data": {"item": str(item), "note": seen}, "question.data": {"meeting": str(number)},
    }  # fmt: skip


def test_what_is_said_is_noted_at_the_item_on_the_screen_and_at_no_other(client: Any, store: Any, number: int) -> None:
    item = items(store, number)["The city"]
    assert "Kept with" in called(client, "room-note-said", noting(number, item, "Fewer calls", ""))
    assert "“Fewer calls”" in called(client, "room-note-said", noting(number, item, "More calls", ""))
    agendas.remove(Acting(MAYOR, store, AS_OF), item)
    assert "taken off the agenda meanwhile" in called(client, "room-note-said", noting(number, item, "More calls", "Fewer calls"))
    for wrong in (None, "1", {"item": 1, "note": ""}, {"item": str(item)}, {"item": "", "note": ""}, {"item": str(item), "note": [""]}):
        refused = called(client, "room-note-said", {**noting(number, item, "More", ""), "room-shown.data": wrong})
        assert "open the room again" in refused
    off, on = agendas.items(store, number, None, removed=True), agendas.items(store, number, None)
    assert [one.note for one in off] == ["Fewer calls"] and not any(one.note for one in on)
    gone = capture(**{"question.data": {"meeting": str(number)}, "room-item.data": str(item)})
    assert "taken off the agenda meanwhile" in called(client, "action-said", gone)
    assert kept(store) == []


def test_an_item_that_one_department_answers_for_is_measured_by_its_cases_whoever_owes_the_action(
    client: Any, store: Any, number: int
) -> None:
    both = SIGNALS.replace("department=parks-and-trees", "department=inspections%2Cparks-and-trees")
    item = str(agendas.add(Acting(MAYOR, store, AS_OF), number, Draft("issue", "Trees", 5, "parks-and-trees", both)))
    said = room(client, number, item)
    assert "Of the cases this item is about: Parks and Trees." in said and "Of several departments" not in said
    owed = capture(**{"question.data": {"meeting": str(number)}, "room-item.data": item, "action-department.value": "inspections"})
    called(client, "action-said", owed)
    assert [(one.department, one.filters) for one in kept(store)] == [("inspections", "department=parks-and-trees")]


@pytest.mark.parametrize("address", ["/cases?of=nothing", "/cases?of=", "/cases?of=oldest_open", "/sla?of=a&of=b"])
def test_an_item_about_no_figure_by_week_offers_the_headline(client: Any, store: Any, number: int, address: str) -> None:
    item = str(agendas.add(Acting(MAYOR, store, AS_OF), number, Draft("issue", "Odd", 5, address=address)))
    shown = room(client, number, item)
    assert '"action-metric":{"value":"ontime_due"}' in shown and "Odd" in shown


def test_promises_are_those_of_earlier_meetings_and_what_the_departments_owe_without_one(client: Any, store: Any, number: int) -> None:
    called(client, "action-said", capture(**{"question.data": {"meeting": str(number)}}))
    following = meetings.schedule(store, None, ON + timedelta(weeks=2), ON + timedelta(weeks=2))[0].id
    agendas.draft(Acting(MAYOR, store, AS_OF), following, AS_OF, DRAFTS)
    called(client, "action-said", capture(**{"question.data": {"meeting": str(following)}, "action-what.value": "Later"}))
    facts: dict[str, Any] = {
        "meeting_id": None, "owner_name": "Sam Lee", "owner_email": "", "due_on": ON, "metric": "backlog", "filters": "", "expected": "lower", "expected_value": None,
        "made_on": ON - timedelta(weeks=9),
    }  # fmt: skip
    commitments.make(Acting(MAYOR, store, AS_OF), department="inspections", deliverable="Visit the oldest", **facts)
    commitments.make(Acting(MAYOR, store, AS_OF), department="water-and-sewer", deliverable="Mend the main", **facts)
    first = room(client, number, str(items(store, number)["Promises of last time"]))
    assert "Visit the oldest" in first and "Prune Elm Street" not in first and "Later" not in first
    second = room(client, following, str(items(store, following)["Promises of last time"]))
    assert second.index("Visit the oldest") < second.index("Prune Elm Street")  # what is late comes first
    assert "Later" not in second and "Mend the main" not in first + second


def test_of_a_meeting_that_was_held_the_promises_stand_as_they_did_then(client: Any, store: Any, number: int) -> None:
    facts: dict[str, Any] = {
        "meeting_id": None, "department": "inspections", "deliverable": "Visit the oldest", "owner_name": "Sam Lee", "owner_email": "", "due_on": ON,
        "metric": "backlog", "filters": "", "expected": "lower", "expected_value": None, "made_on": ON - timedelta(weeks=9),
    }  # fmt: skip
    promise = commitments.make(Acting(MAYOR, store, AS_OF), **facts)
    meetings.hold(Acting(MAYOR, store, AS_OF + timedelta(days=3)), number, ON)
    item = str(items(store, number)["Promises of last time"])
    assert "1 promise, none late" in room(client, number, item)
    commitments.drop(Acting(MAYOR, store, AS_OF + timedelta(days=4)), promise, "Another way was found.")
    assert "1 promise, none late" in room(client, number, item)


def test_the_memo_keeps_the_day_that_was_agreed_in_the_meeting(client: Any, store: Any, number: int) -> None:
    called(client, "action-said", capture(**{"question.data": {"meeting": str(number)}}))
    (one,) = kept(store)
    commitments.move_due(Acting(MAYOR, store, datetime.now()), one.id, date(2026, 5, 8), "A slip of the pen.")
    meetings.hold(Acting(MAYOR, store, datetime.now() + timedelta(hours=1)), number, ON)
    commitments.move_due(Acting(MAYOR, store, datetime.now() + timedelta(hours=2)), one.id, date(2026, 7, 1), "The crew was ill.")
    memo = client.get(f"/meeting/{number}/memo.txt").get_data(as_text=True)
    assert "By when: Fri 8 May 2026" in memo and "2026-07-01" not in memo


def test_a_meeting_on_a_day_off_says_so(staff_app: Flask, client: Any, store: Any) -> None:
    sunday = date.today() + timedelta(days=6 - date.today().weekday())
    facts: dict[str, Any] = {"departments": ["inspections"], "first_on": sunday, "starts_at": "09:00", "minutes": 60, "every_weeks": 26}
    meetings.plan_series(Acting(MAYOR, store, AS_OF), name="Sundays", **facts)
    assert "A day off by the city's calendars" in called(client, "meet-upcoming", {"question.data": {}})
    with staff_app.app_context():
        days = (date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 29))  # Thanksgiving is a Thursday; the 29th a Sunday
        assert [meeting_words.is_day_off(day) for day in days] == [False, True, True]


def test_the_city_of_a_head_is_called_what_it_is(staff_app: Flask, client: Any, store: Any, number: int) -> None:
    item = str(items(store, number)["The city"])
    assert "Parks and Trees alone, as far as your account sees the city" in room(head_of(staff_app, "parks-and-trees"), number, item)
    assert "alone" not in room(client, number, item)


def test_closing_the_meeting_holds_it_and_its_actions_head_the_next_one(client: Any, store: Any, number: int) -> None:
    issue = str(items(store, number)["Parks: open cases"])
    called(client, "action-said", capture(**{"question.data": {"meeting": str(number)}, "room-item.data": issue}))
    said = called(client, "room-close-button", {"room-close-button.n_clicks": 1, "question.data": {"meeting": str(number)}})
    assert "counts as held" in said
    assert meetings.one(store, number, None).state == "held"  # type: ignore[union-attr]
    following = meetings.schedule(store, None, ON + timedelta(weeks=2), ON + timedelta(weeks=2))[0].id
    agendas.draft(Acting(MAYOR, store, AS_OF), following, AS_OF, DRAFTS)
    promises = str(items(store, following)["Promises of last time"])
    shown = room(client, following, promises)
    assert "1 promise, none late" in shown and "Prune Elm Street" in shown and "Jordan Rivera" in shown


def test_the_memo_says_who_owes_what_by_when_and_leads_to_what_was_known_then(client: Any, store: Any, number: int) -> None:
    issue = items(store, number)["Parks: open cases"]
    called(
        client,
        "action-said",
        capture(**{"question.data": {"meeting": str(number)}, "room-item.data": str(issue), "action-what.value": "Prune <b>Elm</b>"}),
    )
    agendas.note(Acting(MAYOR, store, AS_OF), issue, "A crew for April.")
    file = client.get(f"/meeting/{number}/memo.html")
    content = file.get_data(as_text=True)
    assert (file.status_code, file.content_type) == (200, "text/html; charset=utf-8")
    for part in (
        "Homes and parks: follow-up",
        "Jordan Rivera, Parks and Trees",
        "Prune &lt;b&gt;Elm&lt;/b&gt;",
        "Fri 1 May 2026",
        "A crew for April.",
        "as they were known on",
    ):
        assert part in content
    assert "<b>Elm" not in content
    links = re.findall(r'href="http://localhost(/[^"]+)"', content)
    assert links and all("as_of=2026-03-16T10%3A00%3A00Z" in link for link in links if link.startswith("/signals"))
    assert not re.findall(r'(?:src|rel)="|@import|url\(', content)  # nothing is fetched from anywhere
    text_file = client.get(f"/meeting/{number}/memo.txt").get_data(as_text=True)
    assert "1. Prune <b>Elm</b>\n   Who: Jordan Rivera, Parks and Trees\n   By when: Fri 1 May 2026" in text_file
    assert client.get("/meeting/999999/memo.html").status_code == 400


def test_an_item_about_several_departments_is_for_each_head_about_the_own_one(
    staff_app: Flask, client: Any, store: Any, number: int
) -> None:
    both = SIGNALS.replace("department=parks-and-trees", "department=inspections%2Cparks-and-trees")
    item = str(agendas.add(Acting(MAYOR, store, AS_OF), number, Draft("issue", "Both", 5, address=both)))
    called(client, "action-said", capture(**{"question.data": {"meeting": str(number)}, "room-item.data": item}))
    assert [one.filters for one in kept(store)] == ["department=parks-and-trees"]  # of the one that owes it
    head = head_of(staff_app, "parks-and-trees")
    assert "Open cases: Inspections and Parks and Trees, by week" in room(client, number, item)
    for shown in (room(head, number, item), page(head, number, item)):
        assert "Open cases: Parks and Trees, by week" in shown and "department=parks-and-trees&" in shown
        assert "inspections" not in shown  # its name is in the heading; no address leads there
    memo = head.get(f"/meeting/{number}/memo.html")
    assert (
        memo.status_code == 200 and "Prune Elm Street" in memo.get_data(as_text=True) and "inspections" not in memo.get_data(as_text=True)
    )


@pytest.mark.browser
def test_the_room_is_run_by_keyboard_and_leads_back_from_where_one_looked_further(
    browser: Browser, staff_url: str, store: Any, number: int
) -> None:
    with watched(browser, size={"width": 1920, "height": 1080}) as found:
        page = found.page
        page.goto(f"{staff_url}/meeting/{number}/room")
        title = page.locator("#room-item-title")
        expect(title).to_have_text("The data")
        page.keyboard.press("s")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
            found.settle()
        expect(title).to_have_text("Parks: open cases")
        expect(page.locator("#room-stage .js-plotly-plot")).to_be_visible()
        found.settle()
        assert found.overflow() <= 0
        assert found.violations() == []
        page.keyboard.press("?")
        expect(page.locator("#room-help")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#room-help")).to_be_hidden()
        page.keyboard.press("a")
        page.keyboard.type("Prune the s on Elm Street")  # letters in a field are no keys of the room
        expect(page.locator("#action-what")).to_have_value("Prune the s on Elm Street")
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.keyboard.type("A crew for April")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#room-note")).to_have_value("")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#room-note")).to_have_value("A crew for April")  # what is not kept yet waits at its item
        page.reload()
        expect(page.locator("#room-note")).to_have_value("A crew for April")
        expect(page.locator("#action-what")).to_have_value("Prune the s on Elm Street")
        page.locator("#room-stage .chart-links a").first.click()
        page.wait_for_url("**/cases?**")
        page.locator("#back-to-room").click()
        expect(title).to_have_text("Parks: open cases")
        expect(page.locator("#back-to-room")).to_have_count(0)
        expect(page.locator("#room-clock")).to_have_text(re.compile(r"^\d+:\d\d of 60 min$"))
        page.keyboard.press("Escape")
        page.wait_for_url(f"**/meeting/{number}")
        assert found.errors == []
        assert found.outside == []


@pytest.mark.browser
def test_moving_an_item_keeps_the_focus_and_what_is_typed_at_another(browser: Browser, staff_url: str, store: Any, number: int) -> None:
    with watched(browser, size={"width": 1440, "height": 900}) as found:
        page = found.page
        page.goto(f"{staff_url}/meeting/{number}")
        rows = page.locator("#agenda-items > li")
        rows.nth(2).locator("summary").click()
        rows.nth(2).locator("textarea").fill("Not kept yet")
        up = page.get_by_label("Move up: Inspections: late")
        up.focus()
        page.keyboard.press("Enter")
        expect(rows.nth(3)).to_contain_text("Inspections: late")
        expect(up).to_be_focused()
        expect(rows.nth(2).locator("textarea")).to_have_value("Not kept yet")
        expect(rows.nth(2).locator("textarea")).to_be_visible()
        assert found.errors == []
