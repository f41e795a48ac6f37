"""Participation: over which channel people report, who comes back, what became of ideas, and who is heard."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from access import Viewer
from components import participation as drawn
from metrics import participation
from metrics.measure import ask
from metrics.question import Question
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, small_city

AS_OF = datetime(2026, 10, 15)
IDEAS = {
    "id": "ideas", "name": "Ideas", "kind": "idea", "case": "idea", "cases": "ideas",
    "stage": [
        {"id": "new", "name": "Submitted", "amount": 5}, {"id": "review", "name": "Under review"},
        {"id": "planned", "name": "Planned"}, {"id": "done", "name": "Done", "ends": True},
    ],
}  # fmt: skip


def report(number: int, opened: str, channel: str, again: bool | None) -> dict[str, Any]:
    return {
        "source_id": str(number), "request_type": "Pothole", "channel": channel, "initiated_by": "resident", "is_returning": again,
        "opened_at": instant(opened), "closed_at": instant(opened.replace("-01T", "-03T")), "outcome": "resolved" if number % 2 else "referred",
        "satisfaction": 5 if number % 2 else None,
    }  # fmt: skip


def idea(number: int, opened: str) -> dict[str, Any]:
    return {"programme": "ideas", "source_id": str(number), "request_type": "Parks", "opened_at": instant(opened)}


def came(number: int, at: str, stage: str) -> dict[str, Any]:
    return {"programme": "ideas", "source_id": str(number), "event_at": instant(at), "event_kind": "stage", "to_value": stage}


CASES = [
    # The first quarter of 2026 is complete; the data begin on its first day.
    report(1, "2026-01-01T06:00:00Z", "phone", False), report(2, "2026-02-01T06:00:00Z", "phone", None), report(3, "2026-02-01T06:00:00Z", "app", True),
    report(4, "2026-07-01T06:00:00Z", "phone", True), report(5, "2026-08-01T06:00:00Z", "app", True), report(6, "2026-09-01T06:00:00Z", "web", False),
    report(7, "2026-09-01T06:00:00Z", "unknown", None),
    idea(1, "2026-01-01T06:00:00Z"), idea(2, "2026-01-06T06:00:00Z"), idea(3, "2026-07-20T06:00:00Z"),
]  # fmt: skip
EVENTS = [
    came(1, "2026-01-07T06:00:00Z", "review"),
    came(1, "2026-03-07T06:00:00Z", "planned"),
    came(1, "2026-08-07T06:00:00Z", "done"),
    came(3, "2026-11-01T06:00:00Z", "review"),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder: Path = tmp_path_factory.mktemp("participation")
    city = small_city(programme=[{"id": "requests", "name": "Requests"}, IDEAS])
    mart = make_mart(folder, CASES, EVENTS, as_of=AS_OF, city=city)
    return ask(mart, calendar_of(city), Question(date(2026, 9, 1), date(2026, 10, 1), AS_OF), MAYOR)


def test_the_years_are_told_by_every_complete_quarter(asked: Asked) -> None:
    about = participation.over_quarters(asked).question
    assert (about.start, about.end, about.grain) == (date(2026, 1, 1), date(2026, 10, 1), "quarter")


def test_channels_are_shares_of_the_reports_whose_channel_is_known(asked: Asked) -> None:
    frame = participation.channels(participation.over_quarters(asked))
    found = {(row.period.quarter, row.key): (row.n, row.total) for row in frame.itertuples() if row.n}
    assert found == {(1, "phone"): (2, 3), (1, "app"): (1, 3), (3, "phone"): (1, 3), (3, "app"): (1, 3), (3, "web"): (1, 3)}
    shown = drawn.draw_channels(asked, {})
    assert shown.finding == "66.7 % of residents' reports came digitally in Q3 2026; in Q1 2026 it was 33.3 %."


def test_who_had_reported_before_is_told_of_those_of_whom_it_is_known(asked: Asked) -> None:
    shown = drawn.draw_returning(asked, {})
    # Q3: two of three known; Q1: one of two.
    assert shown.finding == "66.7 % of residents' reports in Q3 2026 came from people who had reported before; in Q1 2026 50.0 %."


def test_what_came_of_reports_and_how_many_answered(asked: Asked) -> None:
    assert drawn.draw_came_of(asked, {}).finding.startswith("2 of 4 cases that residents reported and that were closed in Q3 2026 led to")
    frame = participation.satisfaction(participation.over_quarters(asked)).set_index("period")
    last = frame.loc["2026-07-01"]
    # Two answers are too few to say how satisfied people are; that two of four answered can be said.
    assert (last["answers"], last["closed"], last["response"]) == (2, 4, 0.5)
    assert frame["satisfied"].isna().all()


def test_what_became_of_ideas_by_the_quarter_they_were_made_in(asked: Asked) -> None:
    frame = participation.what_became(participation.over_quarters(participation.ideas(asked))).set_index("period")
    assert frame.loc["2026-01-01"].to_dict() == {"n": 2, "answered": 1, "Under review": 1, "Planned": 1, "Done": 1}
    # What happens after the data end is not known yet.
    assert frame.loc["2026-07-01"].to_dict() == {"n": 1, "answered": 0, "Under review": 0, "Planned": 0, "Done": 0}
    shown = drawn.draw_ideas(asked, {})
    assert shown.finding == "1 of 3 ideas were answered (33.3 %); 1 came to under review, 1 came to planned, 1 came to done."


def test_who_is_limited_to_other_programmes_is_told_of_no_ideas(asked: Asked) -> None:
    clerk = Viewer("c", "Clerk", "department", ("works",), programmes=("requests",))
    limited = ask(asked.mart, asked.calendar, asked.question, clerk)
    shown = drawn.draw_ideas(limited, {})
    assert shown.finding == "This city has no programme of ideas."
    assert "Planned" not in repr([column.label for column in shown.twin.columns])


def test_a_city_without_ideas_or_areas_is_told_so(tmp_path: Path) -> None:
    city = small_city()
    mart = make_mart(tmp_path, CASES[:7], as_of=AS_OF, city=city)
    bare = ask(mart, calendar_of(city), Question(date(2026, 9, 1), date(2026, 10, 1), AS_OF), MAYOR)
    assert drawn.draw_ideas(bare, {}).finding == "This city has no programme of ideas."
    assert drawn.draw_heard(bare, {"layer": "none"}).finding == "The city's map has no areas."
