"""Programmes: every case walks the stages of its own programme, and each stay in a stage is counted like a case of its own."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from data_access.city import City, CityError, load_city
from data_access.mart.reading import Mart
from metrics.health import findings
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question, parse_question
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, small_city

AS_OF = datetime(2026, 3, 31)
PROGRAMMES: list[dict[str, Any]] = [
    {"id": "requests", "name": "Service requests"},
    {
        "id": "records", "name": "Records requests", "kind": "records_request", "case": "request", "cases": "requests",
        "stage": [
            {"id": "received", "name": "Received", "aliases": ["New"], "amount": 3, "unit": "calendar_days"},
            {"id": "asked", "name": "Waiting for the requester", "waits": True},
            {"id": "review", "name": "Legal review", "amount": 10, "unit": "calendar_days"},
            {"id": "released", "name": "Released", "ends": True},
        ],
    },
    {"id": "police", "name": "Police complaints", "kind": "complaint", "privacy": "aggregate", "stage": [{"id": "intake", "name": "Intake"}]},
]  # fmt: skip
RULES = [
    {"programme": "records", "unit": "calendar_days", "amount": 10, "basis": "Records Act, section 4"},
    {"request_type": "E-mail", "programme": "records", "unit": "calendar_days", "amount": 20},
]


def case(number: str, opened: str, closed: str | None = None, **more: Any) -> dict[str, Any]:
    base = {"programme": "records", "source_id": number, "request_type": "Contract", "department": "Clerk"}
    return {**base, "opened_at": instant(opened), "closed_at": instant(closed), **more}


def came(number: str, at: str, to: str, kind: str = "stage", **more: Any) -> dict[str, Any]:
    return {"programme": "records", "source_id": number, "event_at": instant(at), "event_kind": kind, "to_value": to, **more}


CASES = [
    # 1: received 1 March, review on the 3rd, released and closed on the 8th: in time.
    case("1", "2026-03-01T05:00:00Z", "2026-03-08T05:00:00Z", outcome="resolved"),
    # 2: six days in the first stage (three are promised), then waits for the requester since.
    case("2", "2026-03-01T05:00:00Z"),
    # 3: never left the first stage; asks for e-mail.
    case("3", "2026-03-20T04:00:00Z", request_type="E-mail"),
    # 4: closed in review, reopened: begins again at the first stage.
    case("4", "2026-03-01T05:00:00Z"),
    {"programme": "requests", "source_id": "1", "request_type": "Pothole", "department": "Works", "opened_at": instant("2026-03-10T05:00:00Z")},
    {"programme": "police", "source_id": "P-1", "request_type": "Conduct", "department": "Oversight", "opened_at": instant("2026-03-10T05:00:00Z")},
]  # fmt: skip
EVENTS = [
    came("1", "2026-03-03T05:00:00Z", "Legal review"),
    came("1", "2026-03-08T05:00:00Z", "Released"),
    came("2", "2026-03-01T05:00:00Z", "new"),
    came("2", "2026-03-07T05:00:00Z", "asked"),
    came("2", "2026-03-09T05:00:00Z", "Waiting for the requester"),
    came("2", "2026-03-09T06:00:00Z", "On the moon"),
    came("4", "2026-03-02T05:00:00Z", "review"),
    came("4", "2026-03-05T05:00:00Z", "", kind="closed"),
    came("4", "2026-03-12T04:00:00Z", "", kind="reopened"),
]


@pytest.fixture(scope="module")
def city() -> City:
    return small_city(programme=PROGRAMMES, sla_rule=RULES)


@pytest.fixture(scope="module")
def mart(city: City, tmp_path_factory: pytest.TempPathFactory) -> Mart:
    return make_mart(tmp_path_factory.mktemp("stages"), CASES, EVENTS, as_of=AS_OF, city=city)


def asked(mart: Mart, city: City, **filters: Any) -> Asked:
    question = Question(date(2026, 3, 1), date(2026, 4, 1), mart.as_of, **filters)
    return ask(mart, calendar_of(city), question, MAYOR)


def visits(mart: Mart, city: City, metric: str, by: str | None = "stage", **filters: Any) -> pd.DataFrame:
    return measure(metric, asked(mart, city, programme=("records",), visits=True, **filters), by=by).frame


def test_headline_figures_count_service_requests_only(mart: Mart, city: City) -> None:
    assert measure("opened", asked(mart, city)).frame["n"].tolist() == [1]
    assert measure("opened", asked(mart, city, programme=("records",))).frame["n"].tolist() == [4]


def test_nothing_but_totals_is_told_of_a_programme_that_says_so(mart: Mart, city: City) -> None:
    calendar = calendar_of(city)
    every = parse_question({"programme": "all", "from": "2026-03-01", "to": "2026-04-01"}, MAYOR, mart, calendar)
    assert measure("opened", ask(mart, calendar, every, MAYOR), by="programme").frame["key"].tolist() == ["records", "requests"]
    with pytest.raises(BadQuestion, match="Of 'Police complaints' there are totals only"):
        parse_question({"programme": "police"}, MAYOR, mart, calendar)
    # However a question is made, their cases are behind no door.
    assert measure("opened", asked(mart, city, programme=("police",))).frame["n"].tolist() == [0]


def test_each_stay_in_a_stage_is_one_row_from_coming_to_leaving(mart: Mart, city: City) -> None:
    # Case 4 came to the first stage twice, at its opening and at its reopening; "On the moon" is no stage.
    came_to = visits(mart, city, "opened").set_index("key")["n"].to_dict()
    assert came_to == {"records.received": 5, "records.asked": 1, "records.review": 2, "records.released": 1}
    here = visits(mart, city, "backlog").set_index("key")["n"].to_dict()
    assert here == {"records.received": 2, "records.asked": 1}


def test_stays_have_the_deadlines_their_stage_promises(mart: Mart, city: City) -> None:
    # First stays of 3 days: case 1 took two, 2 six, 4 one; case 3 has been there since the 20th, and 4 again since the 12th.
    on_time = visits(mart, city, "ontime_due").set_index("key")
    assert (on_time["numerator"]["records.received"], on_time["denominator"]["records.received"]) == (2, 5)
    assert (on_time["numerator"]["records.review"], on_time["denominator"]["records.review"]) == (2, 2)
    assert "records.asked" not in on_time.index


def test_the_backlog_of_a_stage_is_known_for_every_day(mart: Mart, city: City) -> None:
    question = asked(mart, city, programme=("records",), visits=True, stage=("records.received",), grain="day")
    by_day = measure("backlog", question, period=True).frame.set_index("period")["n"]
    assert [int(by_day[day]) for day in pd.to_datetime(["2026-03-01", "2026-03-02", "2026-03-04", "2026-03-12", "2026-03-20"])] == [
        3,
        2,
        1,
        1,
        2,
    ]


def test_cases_can_be_asked_for_by_the_stage_they_are_in(mart: Mart, city: City) -> None:
    waiting = asked(mart, city, programme=("records",), stage=("records.asked",))
    assert measure("backlog", waiting).frame["n"].tolist() == [1]


def test_time_at_somebody_elses_stops_the_clock_of_the_case(mart: Mart, city: City) -> None:
    # Due on 11 March; it has waited since the 7th at midnight, by the city's clock 23 days and 20 hours when the data end.
    records = mart.case_records(asked(mart, city).scope)
    due = mart.read(
        select(records.c.source_id, records.c.due_at, records.c.due_source_id).where(records.c.programme_id == 2), asked(mart, city).scope
    )
    found = due.set_index("source_id")
    assert found["due_at"]["2"] == pd.Timestamp("2026-04-04T00:00:00")
    assert found["due_at"]["1"] == pd.Timestamp("2026-03-11T04:00:00")
    assert found["due_at"]["3"] == pd.Timestamp("2026-04-09T04:00:00")
    assert found["due_source_id"].to_dict() == {"1": 3, "2": 3, "3": 2, "4": 3}


def test_programmes_that_cannot_be_are_refused(tmp_path: Path) -> None:
    base = '[city]\nid = "c"\nname = "C"\nzone = "UTC"\n[[programme]]\nid = "p"\nname = "P"\n'
    for text, said in (
        ('[[programme.stage]]\nid = "a"\nname = "A"\n[[programme.stage]]\nid = "b"\nname = "a"\n', "are both called 'a'"),
        ('[[programme.stage]]\nid = "a"\nname = "A"\nends = true\n', "cannot be one that ends a case"),
        ('[[programme.stage]]\nid = "a"\nname = "A"\namount = 2\nunit = "business_days"\n', "calendar None is not defined"),
        ('[[programme.stage]]\nid = "a"\nname = "A"\namount = 2.5\n', "days are whole"),
        ('privacy = "aggregate"\n', "every programme has privacy 'aggregate'"),
    ):  # fmt: skip
        (tmp_path / "city.toml").write_text("source = []\n" + base + text, "utf-8")
        with pytest.raises(CityError, match=said):
            load_city(tmp_path)


def test_a_stage_nobody_knows_is_a_finding_of_the_load(mart: Mart, city: City) -> None:
    found = findings(asked(mart, city))
    unknown = found[found["kind"] == "unmapped_stage"]
    assert unknown[["value", "n", "example"]].to_numpy().tolist() == [["On the moon", 1, "2"]]


ODD = [
    # Inspected and closed in the same instant; a stage before it was opened; the order of its events contradicts their times.
    case("1", "2026-03-01T05:00:00Z", "2026-03-08T05:00:00Z"),
    case("2", "2026-03-05T05:00:00Z"),
    case("3", "2026-03-01T05:00:00Z", "2026-03-09T05:00:00Z"),
    # Closed before it was opened, and told of stages after its closing.
    case("4", "2026-03-10T05:00:00Z", "2026-03-02T05:00:00Z"),
]  # fmt: skip
WALKS = [
    came("1", "2026-03-08T05:00:00Z", "review"),
    came("1", "2026-03-08T05:00:00Z", "Released"),
    came("2", "2026-03-01T05:00:00Z", "review"),
    came("2", "2026-03-07T05:00:00Z", "asked"),
    came("2", "2026-03-09T05:00:00Z", "review"),
    came("3", "2026-03-04T05:00:00Z", "review"),
    came("3", "2026-03-04T05:00:00Z", "asked"),
    came("3", "2026-03-20T05:00:00Z", "review"),
    came("4", "2026-03-12T05:00:00Z", "asked"),
]


def test_stays_of_odd_cases(city: City, tmp_path: Path) -> None:
    mart = make_mart(tmp_path, ODD, WALKS, as_of=AS_OF, city=city)
    about = asked(mart, city, programme=("records",))
    stays = mart.stage_visits(about.scope)
    names = {stage.id: stage.name for stage in mart.dimensions.stages}
    rows = mart.read(
        select(stays.c.case_id, stays.c.stage_id, stays.c.opened_at, stays.c.closed_at).order_by(stays.c.case_id, stays.c.visit_no),
        about.scope,
    )
    found: dict[int, list[Any]] = {}
    for row in rows.itertuples():
        found.setdefault(row.case_id, []).append(
            (names[row.stage_id], row.opened_at.day, None if pd.isna(row.closed_at) else row.closed_at.day)
        )
    review, waiting = "Legal review", "Waiting for the requester"
    assert sorted(found.values()) == sorted([
        # Who came to a stage at the end came to it.
        [("Received", 1, 8), (review, 8, 8), ("Released", 8, 8)],
        # What was before the opening begins with it.
        [(review, 5, 7), (waiting, 7, 9), (review, 9, None)],
        # Of two stages at once the later in the programme's order was last; what is told after the closing is no stay.
        [("Received", 1, 4), (waiting, 4, 4), (review, 4, 9)],
        [("Received", 10, 12), (waiting, 12, None)],
    ])  # fmt: skip
