"""Remarks on pages: written before the meeting by whom it may, standing with their figure wherever it is shown, and nowhere else."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from access import Viewer
from components import remark_words
from data_access.demo.remarks import make_remarks, noted
from data_access.demo.remarks import said as said_in_demo
from data_access.demo.truths import dates_of
from data_access.store import annotations, meetings, remarks, runs
from data_access.store.acting import Acting
from data_access.store.engine import open_store
from data_access.store.remarks import Remark
from metrics.briefing import answer
from metrics.briefing_known import known
from metrics.desk import Desk
from metrics.remarks import open_to, standing
from settings import Settings
from tests.support.demo import AS_OF
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post

WEEK = date(2026, 3, 23)
"""The last complete week of the demo city."""
PARKS = {"department": "parks-and-trees"}
HEAD = Viewer("head-of-parks-and-trees", "Head of Parks and Trees", "department", ("parks-and-trees",))
FLAG = f"{WEEK}.opened.whole.whole"
WORDS = "Eleven of these are one fallen tree."

OVER_TIME = (
    "overdue-ahead", "backlog-over-time", "net-flow", "ages-over-time", "closure-endings", "closings-not-held", "department-on-time", "signal-series", "on-time-trend",
    "on-time-by-week", "flow-by-week",
)  # fmt: skip
"""The charts over time."""


@pytest.fixture
def store(demo_settings: Settings) -> Iterator[Any]:
    engine = open_store(demo_settings)
    yield engine
    with engine.begin() as connection:
        for table in ("remark_event", "remark", "annotation", "meeting", "meeting_series"):
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()


@pytest.fixture
def mayor(staff_app: Flask, store: Any) -> FlaskClient:
    made = staff_app.test_client()
    made.get("/")
    return made


@pytest.fixture
def head(staff_app: Flask, store: Any) -> FlaskClient:
    return look_as(staff_app.test_client(), HEAD.id)


@pytest.fixture
def said(store: Any) -> int:
    """The department disputes how many cases were opened."""
    return remarks.write(
        Acting(HEAD, store, datetime(2026, 3, 31, 9)), department="parks-and-trees", metric="opened", filters="department=parks-and-trees", week=WEEK,
        stance="dispute", text=WORDS, open_to={"parks-and-trees"},
    )  # fmt: skip


def called(client: FlaskClient, part: str, given: dict[str, Any], **more: Any) -> str:
    """What the callback with `part` in its outputs answers, as text."""
    name = next(found for found in callbacks() if f".{part}." in f".{found}" or (part in found and part not in ("tiles",)))
    answer = post(client, body(name, given, **more))
    return json.dumps(answer.get_json(silent=True) or answer.get_data(as_text=True), ensure_ascii=False)


def writing(client: FlaskClient, flag: Any = FLAG, **instead: Any) -> str:
    given = {"n_clicks": 1, "remark-text": WORDS, "remark-stance": "dispute", "question.data": {**PARKS, "weeks": "52"}, **instead}
    return _posted(client, '"type":"remark-said"', given, flag)


def _posted(client: FlaskClient, part: str, given: dict[str, Any], name: Any) -> str:
    """As `called`; of parts that all have a value, each is given its own."""
    found = next(one for one in callbacks() if part in one)
    made = body(found, given, chart=name)
    for one in (*made["inputs"], *made["state"]):
        kind = one["id"].get("type") if isinstance(one["id"], dict) else ""
        if kind in given:
            one["value"] = given[kind]
    answer = post(client, made)
    return json.dumps(answer.get_json(silent=True) or answer.get_data(as_text=True), ensure_ascii=False)


def drawn(client: FlaskClient, chart: str, **query: str) -> str:
    return called(client, "chart-finding", {"question.data": {"weeks": "52", **query}}, chart=chart)


def every(store: Any) -> list[Remark]:
    return remarks.register(store, MAYOR, None)


class TestBeforeTheMeeting:
    def test_a_head_sees_the_meeting_the_flags_and_the_work(self, store: Any, head: FlaskClient) -> None:
        day = datetime.now().date()
        acting = Acting(MAYOR, store, datetime(2026, 3, 1, 9))
        meetings.plan_series(
            acting, name="Homes and parks", departments=["parks-and-trees"], first_on=day, starts_at="09:00", minutes=60, every_weeks=1
        )
        told = called(head, "before-flags", {"question.data": {**PARKS, "weeks": "52"}})
        assert "Before the meeting: Parks and Trees" in told and "Homes and parks, " in told and "60 minutes" in told
        for name in ("Opened", "Closed", "Open cases", "On time", "Overdue", "Weeks of work"):
            assert f'"children": "{name}"' in told
        assert told.count("Explain or dispute") >= 12, "a box at each of the six figures, named for who cannot see where it stands"
        work = drawn(head, "before-work", **PARKS)
        for why in ("due in the next 7 days", "without any event for 14 days", "among the oldest"):
            assert why in work.lower()

    def test_a_planned_meeting_leads_each_head_to_the_own_page(self, store: Any, head: FlaskClient) -> None:
        acting, day = Acting(MAYOR, store, datetime(2026, 3, 1, 9)), date(2026, 4, 2)
        meetings.plan_series(
            acting, name="Both", departments=["inspections", "parks-and-trees"], first_on=day, starts_at="09:00", minutes=60, every_weeks=2
        )
        meetings.materialise(store, day)
        told = called(head, "agenda-items", {"question.data": {"meeting": str(meetings.schedule(store, None, day, day)[0].id)}})
        assert "/before/parks-and-trees" in told and "/before/inspections" not in told

    def test_another_department_s_page_is_not_shown_to_a_head(self, head: FlaskClient) -> None:
        told = called(head, "before-flags", {"question.data": {"department": "inspections"}})
        assert "Not shown" in told and "no department called" in told
        assert "names none or several" in called(head, "before-flags", {"question.data": {}})

    def test_the_council_reads_and_has_no_box(self, staff_app: Flask, said: int) -> None:
        told = called(look_as(staff_app.test_client(), "council"), "before-flags", {"question.data": {**PARKS, "weeks": "52"}})
        assert WORDS in told and "Explain or dispute" not in told and "Say what was found" not in told and "Withdraw" not in told

    def test_a_list_for_a_crew_has_each_case_once(self, head: FlaskClient) -> None:
        lines = head.get("/charts/before-work.csv?department=parks-and-trees").get_data(as_text=True).splitlines()
        assert lines[0] == "why,source_id,request_type,address,status,opened_at,due_at"
        cases = [row["source_id"] for row in csv.DictReader(lines)]
        assert len(cases) >= 20 and len(set(cases)) == len(cases)

    def test_what_a_head_writes_stands_under_the_department_s_name(self, store: Any, head: FlaskClient) -> None:
        told = writing(head)
        assert "Disputed by Parks and Trees" in told and WORDS in told
        (one,) = every(store)
        assert (one.department, one.metric, one.filters, one.week, one.stance, one.written_by_name) == (
            "parks-and-trees", "opened", "department=parks-and-trees", WEEK, "dispute", "Head of Parks and Trees",
        )  # fmt: skip

    def test_what_an_analyst_found_is_kept_and_can_be_corrected(self, store: Any, mayor: FlaskClient, said: int) -> None:
        for seen, found in ((1, "Nine of them."), (2, "Ten of them.")):
            given = {"n_clicks": 1, "question.data": PARKS, "remark-seen": seen, "remark-found": found}
            assert "The answer is kept." in _posted(mayor, '"type":"remark-answered"', given, said)
        (one,) = every(store)
        assert (one.answer, one.answered_by_name) == ("Ten of them.", "Mayor's office")
        shown = called(mayor, "before-flags", {"question.data": {**PARKS, "weeks": "52"}})
        assert "Found by Mayor's office: Ten of them." in shown and "Nine of them." in shown, "the first answer stays in the history"

    def test_a_head_withdraws_and_brings_back(self, store: Any, head: FlaskClient, said: int) -> None:
        for seen, stands in ((1, False), (2, True)):
            _posted(head, '"type":"remark-turned"', {"n_clicks": 1, "question.data": PARKS, "remark-seen": seen}, said)
            assert every(store)[0].stands == stands

    def test_who_changes_what_was_changed_meanwhile_is_told(self, store: Any, mayor: FlaskClient, head: FlaskClient, said: int) -> None:
        given = {"n_clicks": 1, "question.data": PARKS, "remark-seen": 1}
        _posted(mayor, '"type":"remark-answered"', {**given, "remark-found": "Right."}, said)
        assert "meanwhile" in _posted(head, '"type":"remark-turned"', given, said)
        assert every(store)[0].stands


class TestNobodyElse:
    def test_a_head_writes_nothing_of_another_department(self, staff_app: Flask, store: Any) -> None:
        other = look_as(staff_app.test_client(), "head-of-inspections")
        told = writing(other)
        assert "There is no department called" in told and every(store) == []
        inside = {"question.data": {"department": "inspections"}, "remark-text": WORDS, "remark-stance": "explain"}
        assert "no such series" in writing(other, f"{WEEK}.opened.department.parks-and-trees", **inside) and every(store) == []

    def test_a_head_neither_reads_nor_changes_what_another_department_said(self, staff_app: Flask, store: Any, said: int) -> None:
        other = look_as(staff_app.test_client(), "head-of-inspections")
        assert WORDS not in drawn(other, "remarks", said="every")
        assert other.get("/api/v1/metrics/opened?weeks=52").get_json()["remarks"] == []
        given = {"n_clicks": 1, "question.data": {"department": "inspections"}, "remark-seen": 1}
        assert "no such remark" in _posted(other, '"type":"remark-turned"', given, said) and every(store)[0].stands

    def test_the_council_writes_and_answers_nothing(self, staff_app: Flask, store: Any, said: int) -> None:
        council = look_as(staff_app.test_client(), "council")
        assert "may look at this but not change it" in writing(
            council,
        )
        given = {"n_clicks": 1, "question.data": PARKS, "remark-seen": 1, "remark-found": "No."}
        assert "may look at this but not change it" in _posted(council, '"type":"remark-answered"', given, said)
        assert [one.revision for one in every(store)] == [1]

    @pytest.mark.parametrize("flag", [
        "", 7, {"a": 1}, "opened", f"{WEEK}.opened", "2026-03-24.opened.whole.whole", "2026-03-30.opened.whole.whole", "9999-99-99.opened.whole.whole",
        f"{WEEK}.nothing.whole.whole", f"{WEEK}.opened.whole.all", f"{WEEK}.weeks_of_work.request_type.pothole", f"{WEEK}.opened.request_type.nowhere",
        f"{WEEK}.opened.place.12", f"{WEEK}.opened.whole.whole{'x' * 400}",
    ], ids=lambda value: str(value)[:40])  # fmt: skip
    def test_a_figure_that_is_none_is_refused(self, store: Any, head: FlaskClient, flag: Any) -> None:
        told = writing(head, flag)
        assert "went wrong" not in told and every(store) == []

    @pytest.mark.parametrize("wrong", [
        {"remark-text": ""}, {"remark-text": "x" * 601}, {"remark-text": ["a"]}, {"remark-stance": "ignore"},
        {"remark-stance": None}, {"n_clicks": 0}, {"n_clicks": True}, {"question.data": {**PARKS, "department": "parks-and-trees,inspections"}}, {"question.data": 7},
    ], ids=lambda value: str(value)[:40])  # fmt: skip
    def test_a_form_that_cannot_be_writes_nothing(self, store: Any, mayor: FlaskClient, wrong: dict[str, Any]) -> None:
        told = writing(mayor, **wrong)
        assert "went wrong" not in told and every(store) == []


class TestWithItsNumber:
    def test_it_stands_on_the_tile_of_its_figure_and_on_no_other(self, mayor: FlaskClient, said: int) -> None:
        for query, there in (({**PARKS, "weeks": "52"}, 1), ({"weeks": "52"}, 0), ({"department": "inspections", "weeks": "52"}, 0)):
            told = called(mayor, "tiles", {"question.data": query})
            assert told.count("Disputed by Parks and Trees") == there and told.count(WORDS) == there
        # Of another week it says nothing.
        earlier = {"from": "2026-01-05", "to": "2026-03-16", **PARKS}
        assert WORDS not in called(mayor, "tiles", {"question.data": earlier})

    def test_it_stands_on_the_department_s_page(self, mayor: FlaskClient, said: int) -> None:
        assert WORDS in called(mayor, "department-tiles", {"question.data": {**PARKS, "weeks": "13"}})

    def test_it_stands_at_its_week_on_charts_of_its_figure_with_a_word_in_hover_and_table(self, mayor: FlaskClient, said: int) -> None:
        there = json.loads(drawn(mayor, "signal-series", series="opened.department.parks-and-trees"))["response"]
        parts = json.dumps(there)
        figure = next(part["figure"] for part in there.values() if "figure" in part)
        sign = figure["data"][-1]
        assert (sign["x"], sign["text"]) == (["2026-03-23"], ["disputed"]) and "Eleven of these" in sign["hovertext"][0]
        assert "What departments say" in parts and parts.count(WORDS) >= 2, "below the chart and in its table"
        for series in ("opened.whole.whole", "closed.department.parks-and-trees", "opened.department.inspections"):
            assert WORDS not in drawn(mayor, "signal-series", series=series)

    def test_it_stands_in_the_chart_s_file(self, mayor: FlaskClient, said: int) -> None:
        lines = mayor.get("/charts/signal-series.csv?weeks=52&series=opened.department.parks-and-trees").get_data(as_text=True).splitlines()
        assert lines[0].endswith(",remark") and [WORDS in line for line in lines[1:]].count(True) == 1
        others = mayor.get("/charts/signal-series.csv?weeks=52&series=closed.department.parks-and-trees").get_data(as_text=True)
        assert "remark" not in others.splitlines()[0]

    def test_it_stands_in_the_matrix_of_kept_promises(self, store: Any, mayor: FlaskClient) -> None:
        about = {"metric": "ontime_due", "filters": "department=parks-and-trees", "stance": "dispute", "text": WORDS, "week": WEEK}
        remarks.write(Acting(MAYOR, store, datetime(2026, 3, 31)), department="parks-and-trees", **about)
        told = drawn(mayor, "on-time-matrix", weeks="13", rows="department")
        assert "†" in told and WORDS in told and WORDS not in drawn(mayor, "on-time-matrix", weeks="13", rows="department", grain="month")

    def test_it_stands_in_the_answer_of_the_api_which_is_not_the_one_from_before(self, mayor: FlaskClient, store: Any) -> None:
        address = "/api/v1/metrics/opened?department=parks-and-trees&weeks=4"
        before = mayor.get(address)
        assert before.get_json()["remarks"] == []
        remarks.write(
            Acting(MAYOR, store, datetime(2026, 3, 31)), department="parks-and-trees", metric="opened", filters="department=parks-and-trees", week=WEEK,
            stance="dispute", text=WORDS,
        )  # fmt: skip
        after = mayor.get(address, headers={"If-None-Match": before.headers["ETag"]})
        (told,) = after.get_json()["remarks"]
        assert (told["department"], told["stance"], told["text"], told["week"]) == ("parks-and-trees", "dispute", WORDS, "2026-03-23")
        assert mayor.get("/api/v1/metrics/opened?weeks=4").get_json()["remarks"] == []

    def test_it_stands_in_a_briefing_as_it_stood_then(self, demo_settings: Settings, store: Any, said: int) -> None:
        desk = Desk(demo_settings, lambda: MAYOR)
        remarks.answer(Acting(MAYOR, store, datetime(2026, 4, 2)), said, "Right.", seen=1)
        of = known(desk.ask, store, MAYOR, desk.ask(PARKS))

        def told(at: str, metric: str = "opened", **query: str) -> str:
            return remark_words.frozen(answer("said", {**PARKS, **query, "metric": metric, "at": at}, of), desk.calendar)

        assert (
            told("2026-03-30T00:00:00")
            == told("2026-04-03T00:00:00", "closed")
            == told("2026-04-03T00:00:00", department="inspections")
            == ""
        )
        assert told("2026-04-01T00:00:00") == f"Disputed by Parks and Trees (week of 23 Mar 2026): {WORDS}"
        assert told("2026-04-03T00:00:00") == f"Disputed by Parks and Trees (week of 23 Mar 2026): {WORDS} Found by Mayor's office: Right."

    def test_a_withdrawn_one_is_on_no_figure(self, store: Any, mayor: FlaskClient, said: int) -> None:
        remarks.withdraw(Acting(HEAD, store, datetime(2026, 3, 31)), said, seen=1, open_to={"parks-and-trees"})
        assert WORDS not in called(mayor, "tiles", {"question.data": PARKS}) + drawn(
            mayor, "signal-series", series="opened.department.parks-and-trees"
        )
        assert WORDS not in drawn(mayor, "remarks") and WORDS in drawn(mayor, "remarks", said="every")

    def test_a_head_s_own_unfiltered_page_shows_it_too(self, head: FlaskClient, said: int) -> None:
        """What a head is shown without a filter is the department's figure."""
        assert WORDS in called(head, "tiles", {"question.data": {"weeks": "52"}})


class TestNotes:
    def test_a_note_stands_on_every_chart_over_time_that_it_concerns(self, store: Any, mayor: FlaskClient) -> None:
        annotations.add(
            Acting(MAYOR, store, datetime(2026, 3, 20)), at=date(2026, 2, 10), until=None, kind="outage", title="Tablets down", reason="No network.",
            metric="", filters="", rebases=False,
        )  # fmt: skip
        for name in OVER_TIME:
            figure = next(
                part["figure"] for part in json.loads(drawn(mayor, name, weeks="13", **PARKS))["response"].values() if "figure" in part
            )
            assert "Tablets down" in json.dumps(figure["layout"]), name

    def test_a_chart_leads_to_a_note_about_what_it_shows(self, mayor: FlaskClient, staff_app: Flask) -> None:
        told = drawn(mayor, "on-time-trend", **PARKS)
        assert "/signals?note=ontime_due&department=parks-and-trees#notes" in told
        assert "Write a note" not in drawn(look_as(staff_app.test_client(), HEAD.id), "on-time-trend", **PARKS)


class TestHints:
    def test_a_day_without_a_good_load_is_offered_as_an_outage_until_a_note_says_so(
        self, store: Any, mayor: FlaskClient, staff_app: Flask
    ) -> None:
        asked = {"question.data": {"weeks": "52"}}
        for state, day in (("failed", 10), ("failed", 11), ("loaded", 11)):
            runs.record(store, source_name="hints", mode="full", state=state, started_at=datetime(2026, 3, day, 16), seconds=1.0)
        try:
            told = called(mayor, "notes-hints", asked)
            assert "/signals?note_day=2026-03-10#notes" in told and "no load succeeded" in told and "2026-03-11" not in told
            assert "note_day" not in called(look_as(staff_app.test_client(), HEAD.id), "notes-hints", asked)
            annotations.add(
                Acting(MAYOR, store, datetime(2026, 3, 20)), at=date(2026, 3, 10), until=None, kind="outage", title="No load", reason="The CRM was down.", metric="",
                filters="", rebases=False,
            )  # fmt: skip
            assert "note_day" not in called(mayor, "notes-hints", asked)
        finally:
            with store.begin() as connection:
                connection.execute(text("DELETE FROM load_run WHERE source_name = 'hints'"))


class TestDistricts:
    def test_who_sees_a_district_neither_reads_nor_writes_what_is_said_of_the_whole_department(
        self, demo_settings: Settings, store: Any, said: int
    ) -> None:
        desk = Desk(demo_settings, lambda: HEAD)
        assert [one.id for one in standing(desk).every] == [said]
        desk.look_as(lambda: replace(HEAD, districts=("harbour",)))
        assert standing(desk).every == [] and open_to(desk.viewer(), desk.mart()) == frozenset()


class TestDemo:
    def test_the_demo_s_people_say_what_is_planted_and_building_again_replaces_it(self, store: Any, mayor: FlaskClient) -> None:
        dates = dates_of(AS_OF)
        mine = remarks.write(
            Acting(MAYOR, store, datetime(2026, 3, 31)),
            department="inspections",
            metric="opened",
            filters="department=inspections",
            week=WEEK,
            stance="explain",
            text="My own.",
        )
        for _ in range(2):
            assert make_remarks(store, dates) == len(noted(dates)) + len(said_in_demo(dates))
        kept = every(store)
        assert len(kept) == len(said_in_demo(dates)) + 1 and mine in {one.id for one in kept}
        titles = {note.title: note.at for note in annotations.standing(store, MAYOR)}
        assert (titles["Storm"], titles["Nothing was recorded"]) == (dates.storm, dates.outage)
        assert all(one.written_at.date() <= dates.as_of and one.week <= WEEK for one in kept)
        told = drawn(mayor, "remarks")
        assert told.index("waits for an answer") < told.index("answered"), "a dispute without an answer stands first"


@pytest.mark.browser
def test_a_head_disputes_a_figure_on_a_phone_and_takes_it_back(browser: Browser, staff_url: str, store: Any) -> None:
    with watched(browser, size=PHONE) as found:
        found.page.goto(staff_url + "/before/parks-and-trees")
        flag = found.page.locator(".flag", has=found.page.get_by_role("heading", name="Opened", exact=True))
        flag.locator("summary").press("Enter")
        flag.get_by_label("Dispute: the figure is wrong, and this is why").check()
        flag.get_by_label("What the others should know").fill(WORDS)
        flag.get_by_role("button", name="Keep it with the figure").press("Enter")
        expect(flag.locator(".flag-said")).to_contain_text("Disputed by Parks and Trees")
        flag.get_by_role("button", name="Withdraw").click()
        flag.get_by_role("button", name="Bring it back").click()
        expect(flag.locator(".flag-said")).to_contain_text(WORDS)
        found.settle()
        assert (found.violations(), found.errors, found.outside) == ([], [], []) and found.overflow() <= 0
    assert [one.revision for one in every(store)] == [3]
