"""What the residents' pages say of a town that can be counted by hand (`tests/support/portal_town.py`), and what they do not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.portal import opened, said
from tests.support.portal_town import make_town

PAGES = [
    "/service/pothole",
    "/service/lamp",
    "/service/bench",
    "/service/no-heat",
    "/service/nothing-at-all",
    "/services",
    "/services?find=LAM",
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder: Path = make_town(tmp_path_factory.mktemp("portal"))
    return dict(zip(PAGES, opened(folder, PAGES), strict=True))


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


def test_the_curve_is_told_in_tenths_of_the_day(portal: dict[str, Any]) -> None:
    """Of 40: 20 by day 1 and 2, 30 by day 3 and 7, 34 by day 14 and after."""
    figure = chart(portal["/service/pothole"], "service-closing")["figure"]["figure"]
    assert figure["data"][0]["x"][::-1] == [0.5, 0.5, 0.8, 0.8, 0.9, 0.9, 0.9, 0.9]
    assert figure["data"][0]["text"][::-1][:3] == ["5 of 10", "5 of 10", "8 of 10"]


def test_on_time_by_quarter_stands_beside_the_year_before_and_the_aim(portal: dict[str, Any]) -> None:
    found = chart(portal["/service/pothole"], "service-on-time")["finding"]["children"]
    assert found == "50.0 % were on time in the latest quarter, 25.0 % in the same quarter a year earlier. The city's aim is 80.0 %."


def test_areas_that_differ_by_chance_alone_are_not_called_quick_or_slow(portal: dict[str, Any]) -> None:
    """Of 20 potholes in each district 15 were closed within a week."""
    assert (
        chart(portal["/service/pothole"], "service-areas")["finding"]["children"]
        == "No area is clearly quicker or slower than the whole city."
    )


def test_too_few_cases_are_counted_but_give_no_share(portal: dict[str, Any]) -> None:
    page = portal["/service/lamp"]
    text = words_of(page, "service-words")
    assert "Too few cases with a deadline fell due to say how many were closed on time." in text
    assert " of 10" not in text and "%" not in text
    assert chart(page, "service-closing")["finding"]["children"] == "Too few cases were reported to say how long this takes."
    assert "Too few cases were closed to say how they ended." in words_of(page, "service-endings")


def test_a_service_without_a_promise_is_named_as_such(portal: dict[str, Any]) -> None:
    assert "The city has promised no time for this service." in words_of(portal["/service/bench"], "service-words")


def test_a_service_that_is_not_released_is_a_page_that_does_not_exist(portal: dict[str, Any]) -> None:
    """Byte for byte, but for the address that was asked for."""

    def told(slug: str) -> str:
        # Dash numbers every document it sends.
        return re.sub(r"\w+~[0-9a-f]{64}", "", json.dumps(portal[f"/service/{slug}"])).replace(slug, "*")

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
