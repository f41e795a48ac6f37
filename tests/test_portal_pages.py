"""What the residents' pages say of a town that can be counted by hand (`tests/support/portal_town.py`), and what they do not."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, expect

from access import PUBLIC_VIEWER
from components import resident_words
from data_access.mart.reading import open_mart
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import BadQuestion, parse_question
from metrics.resident import Answers
from metrics.select import Asked
from metrics.tenths import closed_by, endings, in_tenths
from tests.support.looking import PHONE, watched
from tests.support.marts import settings_in
from tests.support.portal import opened, said
from tests.support.portal_town import make_town
from tests.support.servers import served

PAGES = [
    "/service/pothole",
    "/service/lamp",
    "/service/bench",
    "/service/no-heat",
    "/service/nothing-at-all",
    "/service/pothole?district=north",
    "/services",
    "/services?find=LAM",
    "/area/district/north",
    "/area/district/nowhere",
    "/area/hidden/nowhere",
    "/areas",
    "/promises",
    "/",
    "/?during=2026-Q2",
    "/service/pothole?during=2026-Q2",
    "/?during=2024-Q4",
]
TYPED = ["12 main st", "Main Street", "Main Street 150, Town", "elm", "1 Nowhere Road", "7 Secret Court", "", "' OR 1=1 --"]
OFFERED = ["figure.opened", "chart.service-closing", "chart.overdue-by-department", "<b>"]
"""Widgets to be put on another site; the last two there are not."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("portal"))


@pytest.fixture(scope="module")
def portal(town: Path) -> dict[str, dict[str, Any]]:
    offers = [["/service/pothole", "widget-offer", {"widget-choice.value": choice}] for choice in OFFERED]
    searches = [["/areas", "address-found", {"address.value": text, "address-find.n_clicks": 1}] for text in TYPED]
    return dict(zip([*PAGES, *TYPED, *OFFERED], opened(town, [*PAGES, *searches, *offers]), strict=True))


def words_of(page: dict[str, Any], target: str, part: str = "children") -> str:
    """What a page's callbacks put into the component `target`."""
    return next(said(answer[target][part]) for answer in page["answers"].values() if target in answer)


def chart(page: dict[str, Any], name: str) -> dict[str, Any]:
    """The parts of a chart's block, by their kind."""
    return {json.loads(key)["type"].removeprefix("chart-"): value for key, value in page["answers"][name].items()}


def test_a_service_says_how_long_it_takes_what_was_promised_and_how_it_went(portal: dict[str, Any]) -> None:
    page = portal["/service/pothole"]
    text = words_of(page, "service-words")
    assert page["status"] == 200 and page["title"] == "Pothole · Statroom"
    # 30 of 40 are closed within 3 days, which is the first of the told days with 8 of 10.
    assert "8 of 10 are closed within 3 days." in text
    assert "The city promises: 2 working days." in text
    assert "40 cases were reported. That is as many as in the same months a year earlier." in text
    # 20 of the 40 that fell due; a year earlier 10 of 40.
    assert (
        "5 of 10 cases that were due were closed on time (50.0 % of 40). That is 25.0 points better than in the same months a year earlier."
        in text
    )
    assert "8 of 10 cases were closed within a week of the report." in text
    assert "6 cases are open now, 6 of them past their deadline." in text


def test_a_service_is_told_of_the_whole_city_whatever_else_the_address_asks(portal: dict[str, Any]) -> None:
    assert words_of(portal["/service/pothole?district=north"], "service-words") == words_of(portal["/service/pothole"], "service-words")


def test_the_curve_is_told_in_tenths_of_the_day(portal: dict[str, Any]) -> None:
    """Of 40: 20 by day 1 and 2, 30 by day 3 and 7, 34 by day 14 and after."""
    figure = chart(portal["/service/pothole"], "service-closing")["figure"]["figure"]
    assert figure["data"][0]["x"][::-1] == [0.5, 0.5, 0.8, 0.8, 0.9, 0.9, 0.9, 0.9]
    assert figure["data"][0]["text"][::-1][:3] == ["5 of 10", "5 of 10", "8 of 10"]


def test_on_time_by_quarter_stands_beside_the_year_before_and_the_aim(portal: dict[str, Any]) -> None:
    found = chart(portal["/service/pothole"], "service-on-time")["finding"]["children"]
    assert found == "50.0 % were on time in the last quarter shown, 25.0 % in the same quarter a year earlier. The city's aim is 80.0 %."


def test_areas_that_differ_by_chance_alone_are_not_called_quick_or_slow(portal: dict[str, Any]) -> None:
    """Of 20 potholes in each district 15 were closed within a week."""
    assert (
        chart(portal["/service/pothole"], "service-areas")["finding"]["children"]
        == "No area is clearly quicker or slower than the whole city."
    )


def test_too_few_cases_are_counted_but_give_no_share(portal: dict[str, Any]) -> None:
    page = portal["/service/lamp"]
    text = words_of(page, "service-words")
    assert "How many cases were closed on time is not published." in text
    assert " of 10" not in text and "%" not in text
    assert chart(page, "service-closing")["finding"]["children"] == "There is no published figure here of how long this takes."
    assert "There is no published figure here of how cases ended; it takes 50 closed cases or more." in words_of(page, "service-endings")


def test_a_service_without_a_promise_is_named_as_such(portal: dict[str, Any]) -> None:
    assert "The city has promised no time for this service." in words_of(portal["/service/bench"], "service-words")


def test_a_service_that_is_not_released_is_a_page_that_does_not_exist(portal: dict[str, Any]) -> None:
    """Byte for byte, but for the address that was asked for."""

    def told(slug: str) -> str:
        # Dash numbers every document it sends.
        return re.sub(
            r"\w+~[0-9a-f]{64}", "", json.dumps({name: part for name, part in portal[f"/service/{slug}"].items() if name != "log"})
        ).replace(slug, "*")

    assert told("no-heat") == told("nothing-at-all")
    page = portal["/service/no-heat"]
    assert page["status"] == 404
    assert "There is no page at this address" in said(page["layout"])
    assert page["answers"] == {} or set(page["answers"]) <= {"status"}


def test_services_are_listed_most_reported_first_and_found_by_a_part_of_their_name(portal: dict[str, Any]) -> None:
    text = words_of(portal["/services"], "services-list")
    assert text.startswith("4 services, the most reported first.Pothole40 were reported.")
    assert text.index("Pothole") < text.index("Bench") < text.index("Lamp")
    assert "No Heat" not in text and "Complaint" not in text
    assert words_of(portal["/services?find=LAM"], "services-list").startswith("1 service, of those reported in this period.Lamp")


def test_an_area_stands_beside_the_whole_city(portal: dict[str, Any]) -> None:
    """In North 20 potholes, 8 lamps, 10 signs and 12 benches were reported; 28 of 38 were on time, in the city 38 of 58."""
    text = words_of(portal["/area/district/north"], "area-words")
    assert portal["/area/district/north"]["title"] == "North · Statroom"
    assert "50 cases were reported." in text
    assert (
        "7 of 10 cases that were due were closed on time (73.7 % of 38). That is 48.7 points better than in the same months a year earlier."
        in text
    )
    assert "In the whole city it was 65.5 %, which is no clear difference." in text
    # 15 potholes and all 30 others in North; 30 and 30 in the city.
    assert "9 of 10 cases were closed within a week of the report. Here it was 90.0 %, in the whole city 85.7 %." in text


def test_what_is_reported_most_in_an_area_leads_to_the_services(portal: dict[str, Any]) -> None:
    page = portal["/area/district/north"]
    assert chart(page, "area-services")["finding"]["children"] == "Most reported here: Pothole, Bench and Sign."
    assert chart(page, "area-services")["figure"]["figure"]["data"][0]["customdata"][-1] == "/service/pothole"


def test_an_area_that_there_is_not_is_a_missing_page(portal: dict[str, Any]) -> None:
    for address in ("/area/district/nowhere", "/area/hidden/nowhere"):
        assert portal[address]["status"] == 404 and "There is no page at this address" in said(portal[address]["layout"])


def test_areas_are_listed_and_lead_to_their_pages(portal: dict[str, Any]) -> None:
    assert words_of(portal["/areas"], "areas-list") == "DistrictsNorthSouth"
    assert '"/area/district/north"' in json.dumps(portal["/areas"]["answers"])


def test_promises_are_told_with_what_became_of_them(portal: dict[str, Any]) -> None:
    """Only the potholes are many enough: half of them on time, a year earlier a quarter."""
    text = words_of(portal["/promises"], "promises-words")
    assert "the city aims for: 0 of 1." in text and "did better than a year earlier: 1 of 1." in text
    assert "Nothing is promised for Bench." in text
    parts = chart(portal["/promises"], "promises-kept")
    assert parts["finding"]["children"] == "Pothole kept its promise in 50.0 % of cases."
    rows = parts["table"]["children"]["props"]["children"][0]["props"]["children"]["props"]["rows"]
    assert [row[:3] for row in rows] == [
        [["Pothole", "/service/pothole"], "2 working days", "50.0 %"], [["Lamp", "/service/lamp"], "2 working days", "not published"],
        [["Sign", "/service/sign"], "2 working days", "not published"], [["Bench", "/service/bench"], "nothing", "–"],
    ]  # fmt: skip


def test_the_front_page_says_how_the_city_is_doing(portal: dict[str, Any]) -> None:
    text = words_of(portal["/"], "in-words")
    assert "70 cases were reported." in text and "7 of 10 cases that were due were closed on time (65.5 % of 58)." in text
    assert '"/service/pothole"' in json.dumps(portal["/"]["answers"]["public-services"])


@pytest.mark.parametrize(
    ("address", "name"), [("/?during=2026-Q2", "How is the city doing?"), ("/service/pothole?during=2026-Q2", "Pothole")]
)
def test_a_quarter_that_has_not_ended_is_refused_once_and_in_words(portal: dict[str, Any], address: str, name: str) -> None:
    sentence = (
        "The quarter from 1 Apr to 30 Jun 2026 has not ended in the data yet. Figures are published once a quarter is over; "
        "the latest is from 1 Jan to 31 Mar 2026."
    )
    page = portal[address]
    assert name in said(page["layout"]) and said(page["layout"]).count(sentence) == 1
    assert "has not ended" not in json.dumps(page["answers"]) and "have ended" not in json.dumps(page["answers"])


def test_the_filters_of_residents_have_plain_names(portal: dict[str, Any]) -> None:
    """A quarter long past, which the list of quarters does not go back to, has its days for a name as well."""
    assert "What was reported" in said(portal["/"]["layout"]) and "Request type" not in said(portal["/"]["layout"])
    assert '"Everything"' in json.dumps(portal["/"]["answers"])
    assert '"1 Oct to 31 Dec 2024"' in json.dumps(portal["/?during=2024-Q4"]["answers"])


@pytest.mark.parametrize(("typed", "told"), [
    ("12 main st", "Main Street lies in:North"), ("Main Street 150, Town", "Main Street lies in:South"), ("elm", "Elm Lane lies in:South"),
    ("Main Street", "Main Street runs through several areas; choose yours:NorthSouth"),
    ("1 Nowhere Road", "We could not find this street. Check how it is written, or choose your area on the map or in the lists."),
    ("7 Secret Court", "We could not find this street. Check how it is written, or choose your area on the map or in the lists."),
    ("' OR 1=1 --", "We could not find this street. Check how it is written, or choose your area on the map or in the lists."),
    ("", "Type a street, with the house number if you like."),
])  # fmt: skip
def test_an_address_leads_to_its_area(portal: dict[str, Any], typed: str, told: str) -> None:
    """All cases were reported at 7 Secret Court, which is in no list of streets."""
    assert said(portal[typed]["answers"]["response"]["address-found"]["children"]) == told


def test_an_address_is_kept_nowhere(portal: dict[str, Any], town: Path) -> None:
    """Not in the answer, which moves no address of the window, not in a log, not in any file."""
    assert "Nowhere" not in json.dumps(portal["1 Nowhere Road"]["answers"])
    assert "sideUpdate" not in json.dumps(portal["12 main st"]["answers"])
    assert "Nowhere" not in portal["/"]["log"] and "main st" not in portal["/"]["log"]
    assert not [path for path in town.rglob("*") if path.is_file() and b"Nowhere Road" in path.read_bytes()]


def test_the_streets_are_those_of_the_city_and_none_of_a_case(town: Path) -> None:
    with duckdb.connect(str(next(town.glob("mart/*/public.duckdb"))), read_only=True) as mart:
        rows = mart.execute("SELECT name, area_slug, first_number, last_number FROM street ORDER BY ALL").fetchall()
    assert rows == [("Elm Lane", "south", 5, 5), ("Main Street", "north", 1, 99), ("Main Street", "south", 101, 199)]


def test_a_resident_finds_the_area_by_typing_the_address_on_a_phone(town: Path, browser: Browser) -> None:
    with served(dataclasses.replace(settings_in(town, "public"), city=town)) as url, watched(browser, size=PHONE) as seen:
        seen.page.goto(f"{url}/areas")
        seen.page.get_by_label("Type your address").fill("12 Main St")
        seen.page.keyboard.press("Enter")
        seen.page.locator("#address-found").get_by_role("link", name="North").click()
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("North")
        expect(seen.page.locator("#area-words")).to_contain_text("50 cases were reported")
        assert seen.page.url == f"{url}/area/district/north"
        assert seen.page.title() == "North · Statroom"
        assert seen.overflow() <= 0 and seen.errors == [] and seen.outside == []


def test_tenths_are_told_of_one_service_in_the_whole_city_alone(town: Path) -> None:
    """Of an area, of everything or of two quarters there are no tenths, whoever asks for them."""
    mart, calendar = open_mart(settings_in(town, "public")), Calendar("UTC", "monday", 1)

    def asked(**query: str) -> Asked:
        return ask(mart, calendar, parse_question(query, PUBLIC_VIEWER, mart, calendar), PUBLIC_VIEWER)

    assert [step.share for step in closed_by(asked(request_type="pothole"))][:3] == [0.5, 0.5, 0.8]
    refused = [{}, {"request_type": "pothole", "district": "north"}, {"request_type": "pothole,bench"}]
    for query in [*refused, {"request_type": "pothole", "from": "2025-10-01", "to": "2026-04-01"}]:
        for told in (closed_by, endings):
            with pytest.raises(BadQuestion):
                told(asked(**query))


@pytest.mark.parametrize(("share", "told"), [(0, 0), (0.049, 0.04), (0.05, 0.1), (0.75, 0.8), (0.949, 0.9), (0.95, 0.96), (1, 1)])
def test_a_share_in_tenths_is_never_all_or_none_unless_it_is(share: float, told: float) -> None:
    assert in_tenths(share) == told


def test_none_open_and_all_closed_are_told_as_such() -> None:
    nothing = Answers(0.0, 0.0, 0.0, 0.0, None, 0.0, 0.0, 0.0, 0.0)
    told = [resident_words.reported(nothing), resident_words.on_time_said(nothing), resident_words.open_now(nothing)]
    assert told == ["**No** case was reported.", "No case with a deadline fell due.", "**No** case is open now."]
    assert [resident_words.of_ten(share) for share in (0, 1)] == ["none of them", "all of them"]
