"""What the backlog's charts say, counted by hand: stuck cases, transfers, the few that make most, places that come back, and the forecast's words."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from components import backlog_causes, backlog_flow, backlog_outlook, backlog_plan, filters, sections
from data_access.mart.reading import open_mart
from metrics.capacity import Plan
from metrics.cases import case_count, case_list
from metrics.concentration import concentration
from metrics.measure import ask, measure
from metrics.outlook import Outlook
from metrics.question import BadQuestion, Question, default_question, parse_question, to_query
from metrics.repeat_places import repeat_places
from metrics.select import Asked
from metrics.transfers import Moved, moved, routes
from settings import Settings
from tests.support.demo import demo_city
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city

AS_OF = datetime(2026, 3, 30)
DAY = timedelta(days=1)
PERIOD = Question(date(2026, 3, 2), date(2026, 3, 30), AS_OF)


@pytest.fixture(scope="module", autouse=True)
def served(staff_app: Flask) -> Iterator[None]:
    with staff_app.test_request_context("/"):
        importlib.import_module("pages.staff.backlog")
        yield


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Nine cases; what happened to them is said beside each."""
    rows: list[dict[str, Any]] = [
        # Opened 29 days ago, moved from Parks to Roads 13 days before the end and from Roads to Water a day after.
        {"source_id": "volley", "department": "Water", "request_type": "Leak", "opened_at": AS_OF - 29 * DAY, "due_at": AS_OF - DAY, "location_key": 5},
        # Moved once, 20 days before the end: nothing for 20 days since.
        {"source_id": "moved", "department": "Roads", "request_type": "Pothole", "opened_at": AS_OF - 22 * DAY, "due_at": AS_OF - 2 * DAY, "location_key": 1},
        # Nothing for exactly 14 days: stuck; and a second later it would not be.
        {"source_id": "just", "department": "Roads", "request_type": "Pothole", "opened_at": AS_OF - 14 * DAY, "due_at": AS_OF - 3 * DAY, "location_key": 1},
        {"source_id": "almost", "department": "Roads", "request_type": "Pothole", "opened_at": AS_OF - 14 * DAY + timedelta(seconds=1), "due_at": AS_OF - 4 * DAY, "location_key": 2},
        # Reopened a week ago.
        {"source_id": "back", "department": "Roads", "request_type": "Sign", "opened_at": AS_OF - 60 * DAY, "due_at": AS_OF - 50 * DAY, "location_key": 3},
        # Seen by an inspector after 10 days, 40 days ago.
        {"source_id": "old", "department": "Parks", "request_type": "Tree", "opened_at": AS_OF - 50 * DAY, "due_at": AS_OF + 3 * DAY, "location_key": 4},
        {"source_id": "done", "department": "Roads", "request_type": "Pothole", "opened_at": AS_OF - 90 * DAY, "closed_at": AS_OF - 85 * DAY, "location_key": 1},
        {"source_id": "gone", "department": "Roads", "request_type": "Pothole", "opened_at": AS_OF - 150 * DAY, "closed_at": AS_OF - 140 * DAY, "location_key": 2},
    ]  # fmt: skip
    events = [
        ("volley", 16, "transferred", "Parks", "Roads"), ("volley", 15, "transferred", "Roads", "Water"), ("moved", 20, "transferred", "Parks", "Roads"),
        ("back", 55, "closed", None, None), ("back", 7, "reopened", None, None), ("old", 40, "inspected", None, None),
    ]  # fmt: skip
    told = [
        {"source_id": id, "event_at": AS_OF - days * DAY, "event_kind": kind, "from_value": before, "to_value": after}
        for id, days, kind, before, after in events
    ]
    city = small_city("UTC")
    mart = make_mart(tmp_path_factory.mktemp("moved"), [{"case_class": "service", **row} for row in rows], told, as_of=AS_OF, city=city)
    return ask(mart, calendar_of(city), PERIOD, MAYOR)


@pytest.fixture(scope="module")
def demo(demo_settings: Settings) -> Asked:
    mart, calendar = open_mart(demo_settings), calendar_of(demo_city(demo_settings.data))
    return ask(mart, calendar, default_question(mart, calendar), MAYOR)


def ids(asked: Asked, of: str) -> set[str]:
    return set(case_list(asked, of).frame["source_id"])


def linked(asked: Asked, address: str) -> int:
    """How many cases the list at `address` has for the same viewer."""
    query = dict(parse_qsl(urlsplit(address).query))
    question = parse_question(query, MAYOR, asked.mart, asked.calendar)
    return case_count(asked.about(question), query["of"])


# Stuck


def test_stuck_is_open_without_any_event_for_fourteen_days(asked: Asked) -> None:
    assert ids(asked, "stuck") == {"volley", "moved", "just", "old"}
    assert measure("stuck", asked).value == 4


def test_stuck_is_what_was_stuck_at_a_past_instant(asked: Asked) -> None:
    """21 days ago 'moved' had just come, 'volley' had not moved yet and was 8 days old; 'back' was closed; 'old' had been seen 19 days before."""
    then = asked.about(asked.question.about(as_of=AS_OF - 21 * DAY))
    assert ids(then, "stuck") == {"old"}
    assert ids(asked.about(asked.question.about(as_of=AS_OF - 30 * DAY)), "stuck") == set()


def test_the_stuck_ones_are_told_by_department_and_lead_to_their_list(asked: Asked) -> None:
    drawn = backlog_causes.draw_stuck(asked, {})
    assert drawn.finding == "Nothing has been recorded of 4 cases for 14 days, 67 % of the 6 open cases; Roads has 2 of them."
    assert drawn.twin.frame[["label", "value", "open"]].values.tolist() == [["Roads", 2, 4], ["Parks", 1, 1], ["Water", 1, 1]]
    assert [linked(asked, address) for address in drawn.twin.frame["href"]] == [2, 1, 1]
    nothing = backlog_causes.draw_stuck(asked.about(asked.question.about(request_type=("sign",))), {})
    assert nothing.figure is None and nothing.finding == "No open case has been without any event for 14 days."


def test_residents_are_not_told_what_their_data_does_not_know(demo_public_settings: Settings) -> None:
    mart, calendar = open_mart(demo_public_settings), calendar_of(demo_city(demo_public_settings.data))
    public = ask(mart, calendar, default_question(mart, calendar), PUBLIC_VIEWER)
    for of in ("stuck", "transferred", "transferred_again"):
        with pytest.raises((AccessDenied, BadQuestion)):
            measure(of, public)
        with pytest.raises((AccessDenied, BadQuestion)):
            case_list(public, of)
    for query in ({"place": "1"}, {"moved": "parks-and-trees~inspections"}):
        with pytest.raises(BadQuestion):
            parse_question(query, PUBLIC_VIEWER, mart, calendar)


# Transfers


def test_transfers_are_counted_by_route(asked: Asked) -> None:
    """'moved' went from Parks to Roads after 2 days, 'volley' after 13 and on to Water after 14."""
    frame = routes(asked)
    assert frame[["label", "label_2", "n", "days"]].values.tolist() == [["Parks", "Roads", 2, 7.5], ["Roads", "Water", 1, 14.0]]
    found = moved(asked)
    assert (found.cases, found.again, found.first, found.days) == (2, 1, 2, 7.5)


def test_a_transfer_belongs_to_the_period_it_lies_in(asked: Asked) -> None:
    first = asked.about(PERIOD.about(start=date(2026, 3, 2), end=date(2026, 3, 14)))
    assert routes(first)[["label", "n"]].values.tolist() == [["Parks", 1]]
    assert ids(first, "transferred") == {"moved"}
    assert moved(asked.about(PERIOD.about(start=date(2026, 3, 15)))).first == 0
    known = asked.about(PERIOD.about(as_of=AS_OF - 16 * DAY))
    assert moved(known).again == 0, "that it moves on is not known yet"


def test_every_way_leads_to_the_cases_that_went_it(asked: Asked) -> None:
    drawn = backlog_flow.draw_transfers(asked, {})
    assert (
        drawn.finding
        == "2 cases moved to another department, half of those that moved for the first time within 7.5 days of opening; 1 of them more than once."
    )
    frame = drawn.twin.frame
    assert [linked(asked, address) for address in frame["href"]] == frame["n"].tolist() == [2, 1, 1]
    route = asked.about(PERIOD.about(moved=(("roads", "water"),)))
    assert ids(route, "transferred") == {"volley"}
    assert filters.said(route) == "moved from Roads to Water"
    assert parse_question(to_query(route.question, asked.mart), MAYOR, asked.mart, asked.calendar) == route.question


@pytest.mark.parametrize("text", ["roads", "roads~nowhere", "roads~water~parks", "~", "a~b,<script>", "place"])
def test_a_route_that_is_none_is_refused(asked: Asked, text: str) -> None:
    with pytest.raises(BadQuestion, match="write two departments"):
        parse_question({"moved": text}, MAYOR, asked.mart, asked.calendar)


@pytest.mark.parametrize("text", ["x", "1.5", "1 or 1=1", "9" * 19, "-" + "9" * 19, "--1"])
def test_a_place_that_is_none_is_refused(asked: Asked, text: str) -> None:
    with pytest.raises(BadQuestion, match="There is no place called"):
        parse_question({"place": text}, MAYOR, asked.mart, asked.calendar)


def test_a_head_sees_the_moves_of_the_own_cases_only(asked: Asked) -> None:
    head = ask(asked.mart, asked.calendar, PERIOD, Viewer("w", "Water", "department", ("water",)))
    assert routes(head)["n"].tolist() == [1, 1]
    # Who sees one department is told of no other by name.
    assert set(routes(head)[["label", "label_2"]].to_numpy().ravel()) == {"Water", "Another department"}
    assert set(routes(head)[["key", "key_2"]].to_numpy().ravel()) == {"water", ""}
    assert measure("stuck", head).value == 1
    assert ids(head, "transferred") == {"volley"}


# Few that make most, and places that come back


def test_the_few_are_the_fewest_that_make_four_fifths(asked: Asked) -> None:
    """Overdue: three potholes, a sign, a leak. Potholes and one more make four of five, and that is enough."""
    frame = concentration("overdue_now", asked, "request_type")
    assert frame[["label", "n", "is_few"]].values.tolist() == [["Pothole", 3, True], ["Leak", 1, True], ["Sign", 1, False]]
    assert frame["together"].tolist() == pytest.approx([0.6, 0.8, 1.0])
    drawn = backlog_causes.draw_types(asked, {})
    assert drawn.finding == "2 of 3 request types with overdue cases make 80 % of the 5 overdue." or drawn.finding.startswith(
        "2 of 3 types"
    )
    assert [linked(asked, address) for address in drawn.twin.frame["href"]] == [3, 1, 1]
    assert backlog_causes.draw_places(asked, {}).figure is None


def test_who_may_not_read_addresses_may_not_try_their_keys(asked: Asked) -> None:
    """A key is made of the address: with it one could ask which of all addresses has a case."""
    council = Viewer("council", "Council", "viewer")
    place = repeat_places(asked)["place"].iloc[0]
    assert parse_question({"place": place}, MAYOR, asked.mart, asked.calendar).place == place
    with pytest.raises(BadQuestion, match="There is no place called"):
        parse_question({"place": place}, council, asked.mart, asked.calendar)
    seen = ask(asked.mart, asked.calendar, asked.question, council)
    frame = backlog_causes.draw_repeats(seen, {}).twin.frame
    assert frame[["cases_href", "open_href"]].isna().all().all()


def test_places_that_come_back_are_counted_with_their_cases(asked: Asked) -> None:
    """At place 1 'moved' came 68 days after 'done' and 'just' 8 days after 'moved'; at place 2 'almost' came 136 days after 'gone'."""
    frame = repeat_places(asked)
    assert frame[["label", "again", "cases", "open", "source_id"]].values.tolist() == [["Pothole", 2, 2, 2, "just"]]
    drawn = backlog_causes.draw_repeats(asked, {})
    assert drawn.finding.startswith("One place had the same problem again; Pothole at")
    row = drawn.twin.frame.iloc[0]
    assert linked(asked, row["cases_href"]) == 2 and linked(asked, row["open_href"]) == 2
    assert row["last_href"] == "/cases/requests/just"


def test_addresses_are_shown_to_those_who_may_read_the_text_of_cases(demo: Asked) -> None:
    with_text, without = demo, ask(demo.mart, demo.calendar, demo.question, Viewer("v", "Visitor", "viewer"))
    assert with_text.scope.may_read("address") and not without.scope.may_read("address")
    assert repeat_places(with_text)["address"].notna().any()
    assert repeat_places(without)["address"].isna().all()
    assert "Address" not in [column.label for column in backlog_causes.draw_repeats(without, {}).twin.columns]
    assert "Address" in [column.label for column in backlog_causes.draw_repeats(with_text, {}).twin.columns]


# Ages, forecast and plan in words


def test_the_table_of_ages_ends_with_the_whole_and_leads_to_the_cases(demo: Asked) -> None:
    frame = backlog_flow.draw_age_flow(demo, {}).twin.frame
    whole = frame.iloc[-1]
    assert whole["start"] + whole["opened"] + whole["reopened"] - whole["closed"] == whole["end"]
    assert linked(demo, whole["opened_href"]) == whole["opened"]
    assert linked(demo, whole["end_href"]) == whole["end"]


def test_the_forecast_says_its_range_and_its_record(demo: Asked) -> None:
    drawn = backlog_outlook.draw_forecast(demo, {})
    came = drawn.twin.frame.dropna(subset=["actual"])
    held = int((came["held"] == "yes").sum())
    assert drawn.finding.endswith(f"Such a range held in {held} of {len(came)} weeks.")
    assert {"yes"} <= set(came["held"]) <= {"yes", "no, fewer came", "no, more came"}
    assert [linked(demo, address) for address in came["actual_href"].iloc[[0, 20]]] == came["actual"].iloc[[0, 20]].tolist()


def test_a_city_without_history_or_deadlines_says_what_is_missing(asked: Asked, tmp_path: Path) -> None:
    assert backlog_outlook.draw_forecast(asked, {}).finding.startswith("There are not yet 12 weeks")
    city = small_city("UTC")
    mart = make_mart(tmp_path, [{"source_id": "1", "case_class": "service", "opened_at": AS_OF - 5 * DAY}], as_of=AS_OF, city=city)
    bare = ask(mart, calendar_of(city), PERIOD, MAYOR)
    view = filters.view_of({}, bare)
    for draw in (
        backlog_outlook.draw_forecast, backlog_outlook.draw_parts, backlog_outlook.draw_due_soon, backlog_outlook.draw_soon_by_type, backlog_causes.draw_types,
        backlog_causes.draw_places, backlog_causes.draw_repeats, backlog_causes.draw_stuck, backlog_flow.draw_transfers,
    ):  # fmt: skip
        drawn = draw(bare, view)
        assert drawn.figure is None and drawn.finding.endswith("."), draw.__name__
    assert backlog_plan.draw_plan(bare, view).finding == "No case is overdue."


def test_the_parts_say_why_a_filter_moves_them(demo: Asked) -> None:
    assert "Chances to stay open are learnt from the cases asked about" in backlog_outlook.draw_parts(demo, {}).note


def test_few_closings_a_week_are_told_with_a_decimal() -> None:
    plan = Plan("overdue_now", 3, date(2027, 3, 31), 13.0)
    row = {"now": 9, "projected": 8.0, "low": None, "high": None, "needed_low": 3.1, "needed_high": 12.4}

    def said(needed: float, pace: float) -> str:
        return backlog_plan._plan_words(pd.Series({**row, "needed": needed, "pace": pace}), plan).split(" brings")[0]

    assert said(3.4, 2.96) == "Closing 3.4 a week instead of 3.0 (+15 %)"
    assert said(0.13, 0.08) == "Closing slightly more than the 0.1 a week of now"
    assert said(12.4, 9.96) == "Closing 12 a week instead of 10 (+24 %)"
    assert "between 3.1 and 12 a week may be needed" in backlog_plan._plan_words(pd.Series({**row, "needed": 5.0, "pace": 0.0}), plan)


def test_one_is_told_as_one(asked: Asked) -> None:
    one = backlog_causes.draw_types(asked.about(asked.question.about(request_type=("leak",))), {})
    assert one.finding == "Leak has the only overdue case."
    assert backlog_flow._moved_words(Moved(1, 0, 1, 0.4)) == "1 case moved to another department, once."
    assert backlog_flow._moved_words(Moved(3, 1, 1, 0.4)) == "3 cases moved to another department; 1 of them more than once."
    ages = pd.DataFrame({"band": ["0-7", "365+"], "start": [1, 1], "end": [1, 0], "grew_in": [0, 0], "closed": [0, 1]})
    assert backlog_flow._age_flow_words(ages) == "0 cases turned a year old and 1 of that age was closed; no age grew."


def test_a_plan_is_answered_in_a_sentence(demo: Asked) -> None:
    n = int(measure("backlog", demo).value or 0)
    said = backlog_plan.draw_plan(demo, filters.view_of({"stock": "backlog", "target": str(n // 2)}, demo)).finding
    assert said.startswith("Closing ") and f"brings open cases to {n // 2:,} by" in said and " a week instead of " in said
    reached = backlog_plan.draw_plan(demo, filters.view_of({"stock": "backlog", "target": str(3 * n)}, demo)).finding
    assert f"the target of {3 * n:,} is reached without closing more" in reached
    with pytest.raises(BadQuestion, match="write a date"):
        backlog_plan.draw_plan(demo, filters.view_of({"until": "tomorrow"}, demo))
    with pytest.raises(BadQuestion, match="no bring down called"):
        filters.view_of({"stock": "opened"}, demo)


@pytest.mark.parametrize("value", [None, [], ["backlog"], ["nothing", "/backlog"], ["backlog", "/"], [["backlog"], "/backlog"], {"a": 1}])
def test_a_place_in_a_subject_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(BadQuestion):
        sections._place(value)


@pytest.mark.browser
def test_everybody_can_use_the_parts_of_the_backlog(browser: Browser, staff_url: str) -> None:
    """The parts keep the filters, a plan is written and answered, and nothing fails or overflows."""
    with watched(browser, size=PHONE) as seen:
        page = seen.page
        page.goto(staff_url + "/backlog?department=parks-and-trees")
        for name in ("What is coming", "How it moves", "What it is made of"):
            page.get_by_role("link", name=name, exact=True).click()
            expect(page.locator("h1")).to_contain_text("Backlog:")
            expect(page.locator(".sections .current")).to_have_text(name)
            assert "department=parks-and-trees" in page.url
            for _dark in seen.on_both():
                assert (seen.errors, seen.outside, seen.violations()) == ([], [], [])
                assert seen.overflow() <= 0
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.get_by_role("link", name="What is coming", exact=True).click()
        page.get_by_label("To so many cases").fill("3")
        page.keyboard.press("Enter")
        expect(page.locator("#chart-plan h2")).to_contain_text("3 by")
        assert "target=3" in page.url
        assert seen.errors == []


@pytest.mark.parametrize(
    ("came", "widened", "said"),
    [
        (10, 1.0, "would have held in 9 of 9; it is wide enough as it is."),
        (99, 1.0, "would have held in 0 of 9: it is too narrow, and 12 weeks are needed to learn how much wider it must be."),
        (99, 3.2, "would have held in 0 of 9: it was too narrow, so its past errors make it wider, today 3.2 times as wide."),
    ],
)
def test_a_range_that_never_held_is_not_called_wide_enough(came: int, widened: float, said: str) -> None:
    weeks = pd.DataFrame({"actual": [came] * 9 + [None], "low": 8, "high": 12, "plain_low": 8, "plain_high": 12})
    assert said in backlog_outlook._record_words(Outlook(weeks, pd.DataFrame(), widened))
