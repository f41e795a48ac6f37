"""What was promised stays promised: holds stop the clock, rules change for new cases only, and a moved deadline stays on record.

The office works Monday to Friday, 08:00 to 17:00, in New York; 2 March 2026 is a Monday. Times are local.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest
from sqlalchemy import select

from access import scope_of
from data_access import vocabulary
from data_access.city import City
from data_access.mart.reading import Mart
from data_access.mart.writing import publish_cases
from tests.support.marts import MAYOR, make_mart, small_city

NEW_YORK = "America/New_York"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
OFFICE = {"id": "office", "weekly": {day: [["08:00", "17:00"]] for day in WEEKDAYS}}
LATER = datetime(2026, 4, 30)


def at(text: str) -> datetime:
    """A local time as naive UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC).replace(tzinfo=None)


def city_of(*rules: dict[str, Any]) -> City:
    return small_city(NEW_YORK, calendar=[OFFICE], sla_rule=[{"request_type": "Pothole", "calendar": "office", **rule} for rule in rules])


def case(**more: Any) -> dict[str, Any]:
    return {
        "source_id": "1",
        "request_type": "Pothole",
        "department": "Roads",
        "case_class": "service",
        "opened_at": at("2026-03-02 10:00"),
        **more,
    }


def events(*told: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"source_id": "1", "event_kind": kind, "event_at": at(time)} for kind, time in told]


def deadlines(mart: Mart) -> tuple[str, str]:
    """(now, first) deadline of the only case, local."""
    spells = mart.spells(scope_of(MAYOR))
    row = mart.read(select(spells.c.due_at, spells.c.first_due_at), scope_of(MAYOR)).iloc[0]
    now, first = (pd.Timestamp(value).tz_localize("UTC").tz_convert(NEW_YORK).strftime("%a %d %b %H:%M") for value in row)
    return now, first


WEDNESDAY_TO_THURSDAY = (("paused", "2026-03-04 09:00"), ("resumed", "2026-03-05 11:00"))


@pytest.mark.parametrize(
    ("rule", "told", "expected"),
    [
        # 20 hours from Monday 10:00: 7 + 9 + 4; the hold is worth 8 of Wednesday and 3 of Thursday.
        ({"unit": "business_hours", "amount": 20}, WEDNESDAY_TO_THURSDAY, "Thu 05 Mar 14:00"),
        ({"unit": "business_days", "amount": 3}, WEDNESDAY_TO_THURSDAY, "Fri 06 Mar 17:00"),
        ({"unit": "business_days", "amount": 3, "due_time": "same_time"}, WEDNESDAY_TO_THURSDAY, "Fri 06 Mar 10:00"),
        ({"unit": "calendar_days", "amount": 3}, WEDNESDAY_TO_THURSDAY, "Fri 06 Mar 12:00"),
        ({"unit": "elapsed_hours", "amount": 72}, WEDNESDAY_TO_THURSDAY, "Fri 06 Mar 12:00"),
        # Over the night in which the clock goes forward, two days on the wall are 47 hours.
        ({"unit": "calendar_days", "amount": 7}, (("paused", "2026-03-07 10:00"), ("resumed", "2026-03-09 10:00")), "Wed 11 Mar 10:00"),
        ({"unit": "elapsed_hours", "amount": 160}, (("paused", "2026-03-07 10:00"), ("resumed", "2026-03-09 10:00")), "Wed 11 Mar 02:00"),
        # A weekend is worth nothing to an office's clock, nor is a hold that begins when the time is up.
        ({"unit": "business_hours", "amount": 40}, (("paused", "2026-03-06 17:00"), ("resumed", "2026-03-09 08:00")), "Fri 06 Mar 14:00"),
        ({"unit": "business_days", "amount": 1}, (("paused", "2026-03-03 18:00"), ("resumed", "2026-03-05 11:00")), "Tue 03 Mar 17:00"),
        # Two holds, the second before the moved deadline; a pause told twice is one.
        ({"unit": "elapsed_hours", "amount": 24},
         (("paused", "2026-03-02 12:00"), ("paused", "2026-03-02 13:00"), ("resumed", "2026-03-02 18:00"), ("paused", "2026-03-03 11:00"), ("resumed", "2026-03-03 13:00")),
         "Tue 03 Mar 18:00"),
    ],
)  # fmt: skip
def test_a_hold_moves_the_deadline_by_what_the_clock_would_have_counted(
    tmp_path: Path, rule: dict[str, Any], told: Any, expected: str
) -> None:
    city = city_of(rule)
    plain = deadlines(make_mart(tmp_path / "plain", [case()], as_of=LATER, city=city))[0]
    now, first = deadlines(make_mart(tmp_path / "held", [case()], events(*told), as_of=LATER, city=city))
    assert (now, first) == (expected, plain)


def test_a_hold_that_has_not_ended_counts_until_now_or_the_closing(tmp_path: Path) -> None:
    city = city_of({"unit": "elapsed_hours", "amount": 24})
    waiting = events(("paused", "2026-03-02 12:00"))
    assert deadlines(make_mart(tmp_path / "open", [case()], waiting, as_of=at("2026-03-05 12:00"), city=city))[0] == "Fri 06 Mar 10:00"
    closed = case(closed_at=at("2026-03-02 14:00"), status="closed")
    assert deadlines(make_mart(tmp_path / "closed", [closed], waiting, as_of=LATER, city=city))[0] == "Tue 03 Mar 12:00"


def test_the_crm_s_own_deadline_is_not_moved_by_holds(tmp_path: Path) -> None:
    """Who gives the deadline moves it, too."""
    given = case(due_at=at("2026-03-06 10:00"))
    mart = make_mart(tmp_path, [given], events(*WEDNESDAY_TO_THURSDAY), as_of=LATER, city=city_of({"unit": "elapsed_hours", "amount": 24}))
    assert deadlines(mart) == ("Fri 06 Mar 10:00", "Fri 06 Mar 10:00")


def test_a_rule_that_changes_is_for_new_cases(tmp_path: Path) -> None:
    """Loaded again, whole, under a rule of one day instead of three: the held case keeps its three, one that is new has one."""
    make_mart(tmp_path, [case()], as_of=LATER, city=city_of({"unit": "business_days", "amount": 3}))
    both = [case(), case(source_id="2", opened_at=at("2026-03-09 10:00"))]
    mart = make_mart(tmp_path, both, as_of=LATER, city=city_of({"unit": "business_days", "amount": 1}))
    spells = mart.spells(scope_of(MAYOR))
    found = mart.read(select(spells.c.due_at).order_by(spells.c.opened_at), scope_of(MAYOR))["due_at"]
    assert found.tolist() == [at("2026-03-05 17:00"), at("2026-03-10 17:00")]


def test_a_rule_that_ends_leaves_old_cases_their_deadline(tmp_path: Path) -> None:
    make_mart(tmp_path, [case()], as_of=LATER, city=city_of({"unit": "business_days", "amount": 3}))
    ended = city_of({"unit": "business_days", "amount": 3, "valid_to": "2026-01-01"})
    assert deadlines(make_mart(tmp_path, [case()], as_of=LATER, city=ended))[0] == "Thu 05 Mar 17:00"


def test_a_retyped_case_has_the_promise_of_its_new_type_and_its_first_deadline_on_record(tmp_path: Path) -> None:
    city = city_of({"unit": "business_days", "amount": 1}, {"request_type": "Road", "unit": "business_days", "amount": 5})
    make_mart(tmp_path, [case()], as_of=LATER, city=city)
    for _ in range(2):  # and again, when nothing is new
        mart = make_mart(tmp_path, [case(request_type="Road", source_updated_at=at("2026-03-03 09:00"))], as_of=LATER, city=city)
        assert deadlines(mart) == ("Mon 09 Mar 17:00", "Tue 03 Mar 17:00")
        happened = mart.case_events(scope_of(MAYOR))
        moved = mart.read(
            select(happened.c.event_at).where(happened.c.event_kind_id == vocabulary.code_of("event_kind", "due_changed")), scope_of(MAYOR)
        )
        assert moved["event_at"].tolist() == [at("2026-03-03 09:00")]


def test_a_deadline_the_source_overwrites_is_noticed_each_time(tmp_path: Path) -> None:
    """First the 6th, then the 10th, then the 12th; the source tells of none of it."""
    for day, seen in (("06", "03"), ("10", "05"), ("12", "09")):
        mart = make_mart(
            tmp_path, [case(due_at=at(f"2026-03-{day} 10:00"), source_updated_at=at(f"2026-03-{seen} 08:00"))], as_of=LATER, city=city_of()
        )
    assert deadlines(mart) == ("Thu 12 Mar 10:00", "Fri 06 Mar 10:00")
    happened = mart.case_events(scope_of(MAYOR))
    moved = mart.read(select(happened.c.event_at, happened.c.to_value).order_by(happened.c.event_at), scope_of(MAYOR))
    assert moved["event_at"].tolist() == [at("2026-03-05 08:00"), at("2026-03-09 08:00")]
    assert [pd.Timestamp(value) for value in moved["to_value"]] == [at("2026-03-10 10:00"), at("2026-03-12 10:00")]


def test_what_the_source_tells_of_its_deadlines_is_believed(tmp_path: Path) -> None:
    told = [
        {
            "source_id": "1",
            "event_kind": "due_changed",
            "event_at": at("2026-03-04 08:00"),
            "from_value": "2026-03-05T15:00:00",
            "to_value": "2026-03-10T14:00:00",
        }
    ]
    make_mart(tmp_path, [case(due_at=at("2026-03-06 10:00"))], as_of=LATER, city=city_of())
    mart = make_mart(tmp_path, [case(due_at=at("2026-03-10 10:00"))], told, as_of=LATER, city=city_of())
    assert deadlines(mart) == ("Tue 10 Mar 10:00", "Thu 05 Mar 10:00")


@pytest.mark.parametrize("without", [(), ("reason",)], ids=["tables of the version before", "and a column that it did not have yet"])
def test_a_mart_made_anew_by_another_version_keeps_what_was_promised_and_noticed(tmp_path: Path, without: tuple[str, ...]) -> None:
    """A promise of three days under a rule that is gone, and a deadline that the source overwrote: the new mart has other numbers for both cases."""
    three, one = (city_of({"unit": "business_days", "amount": amount}) for amount in (3, 1))
    given = case(source_id="2", request_type="Road", due_at=at("2026-03-06 10:00"))
    moved = given | {"due_at": at("2026-03-10 10:00"), "source_updated_at": at("2026-03-05 08:00")}
    for row in (given, moved):
        frame = pd.DataFrame([case(), row]).assign(programme="requests")
        publish_cases(tmp_path / "mart", three, frame, pd.DataFrame(columns=["source_id"]), LATER)
    with duckdb.connect(str(tmp_path / "mart" / "gen-000002" / "staff.duckdb")) as old:
        old.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
        old.execute("UPDATE case_record SET case_id = case_id + 70")
        old.execute("UPDATE case_event SET case_id = case_id + 70")
        for column in without:
            old.execute(f"ALTER TABLE case_event DROP COLUMN {column}")
    shutil.rmtree(tmp_path / "mart" / "gen-000001")
    mart = make_mart(tmp_path, [moved, case()], as_of=LATER, city=one)
    spells = mart.spells(scope_of(MAYOR))
    found = mart.read(select(spells.c.due_at, spells.c.first_due_at).order_by(spells.c.due_at), scope_of(MAYOR))
    assert found["due_at"].tolist() == [at("2026-03-05 17:00"), at("2026-03-10 10:00")]
    assert found["first_due_at"].tolist() == [at("2026-03-05 17:00"), at("2026-03-06 10:00")]


def test_an_opening_read_anew_is_another_promise(tmp_path: Path) -> None:
    """A zone that was wrong in the mapping moved the opening and the deadline: nobody has moved a deadline."""
    make_mart(tmp_path, [case(due_at=at("2026-03-06 10:00"))], as_of=LATER, city=city_of())
    mart = make_mart(tmp_path, [case(opened_at=at("2026-03-02 15:00"), due_at=at("2026-03-06 15:00"))], as_of=LATER, city=city_of())
    assert deadlines(mart) == ("Fri 06 Mar 15:00", "Fri 06 Mar 15:00")
