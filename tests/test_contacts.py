"""Contacts of the contact centre: hours from intervals or from single calls, and the figures made of them, counted by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from access import Viewer
from components import filters, gate
from components.figures.control import Mark, mark
from metrics.contacts import Contacts, contacts, hour_of_week, weekly
from tests.support.desks import asked_for, at_desk
from tests.support.towns import Town

CALLS = """[read]
entity = "contacts"
optional = ["department", "language", "resolved", "call_outcome"]
[columns]
department = "dept"
queue = "line"
language = "lang"
offered_at = "rang"
answered_at = "picked"
ended_at = "hung"
resolved = "done"
[contacts]
threshold_seconds = 30
short_seconds = 10
"""
CALL_HEADER = "dept,line,lang,rang,picked,hung,done,caller"
INTERVALS = """[read]
entity = "contacts"
[columns]
queue = "line"
starts_at = "at"
offered = "in"
answered = "taken"
abandoned = "lost"
answered_in_time = "quick"
mean_wait_seconds = "asa"
[contacts]
threshold_seconds = 20
"""
INTERVAL_HEADER = "line,at,in,taken,lost,quick,asa"
SEEN = "SELECT queue, starts_at, weekday, hour, offered, answered, abandoned, abandoned_short, answered_in_time, wait_seconds FROM contact_interval ORDER BY 1, 2"
DAY = {"from_": "2026-03-16", "to": "2026-03-17"}


def call(
    rang: str, picked: str = "", hung: str = "", *, line: str = "311", lang: str = "English", done: str = "", dept: str = "Hotline"
) -> str:
    """A call of 16 March 2026 by its clock times; the telephone number is there to be left alone."""
    times = [f"2026-03-16 {clock}" if clock else "" for clock in (rang, picked, hung)]
    return ",".join((dept, line, lang, *times, done, "555-0100"))


ROWS = (
    # 09:00: answered after 12 s, after 30 s (in time), after 90 s; given up after 4 s (short) and after 60 s; one still in the line.
    call("09:01:00", "09:01:12", "09:04:12", done="yes"), call("09:10:00", "09:10:30", "09:12:30", done="no"), call("09:20:00", "09:21:30", "09:23:30", done="yes"),
    call("09:30:00", "", "09:30:04"), call("09:40:00", "", "09:41:00"), call("09:59:59"),
    # 10:00: one in Spanish on its own line, answered at once.
    call("10:05:00", "10:05:00", "10:06:00", line="Linea", lang="Spanish"),
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = Town(tmp_path_factory.mktemp("calls")).files("calls.csv", CALLS, "calls")
    made.write("calls.csv", *ROWS, header=CALL_HEADER)
    made.load()
    return made


def test_calls_are_counted_by_hour_queue_and_language_and_no_number_is_kept(town: Town) -> None:
    assert town.ask(SEEN) == [
        ("311", datetime(2026, 3, 16, 13), 0, 9, 6, 3, 2, 1, 2, 132), ("Linea", datetime(2026, 3, 16, 14), 0, 10, 1, 1, 0, 0, 1, 0),
    ]  # fmt: skip
    assert town.ask("SELECT as_of FROM load") == [(datetime(2026, 3, 16, 15),)]
    assert b"555-0100" not in b"".join(path.read_bytes() for path in (town.folder / "data").rglob("*.duckdb"))


def test_the_same_calls_once_more_change_nothing_and_a_call_more_changes_its_hour(tmp_path: Path) -> None:
    town = Town(tmp_path).files("calls.csv", CALLS, "calls")
    town.write("calls.csv", *ROWS, header=CALL_HEADER)
    first, again = town.load(), town.load()
    assert (first.rows_new, again.rows_new, again.rows_changed, again.rows_unchanged) == (7, 0, 0, 7)
    town.write("calls.csv", *ROWS, call("10:30:00", "10:30:05", "10:31:00", line="Linea", lang="Spanish"), header=CALL_HEADER)
    more = town.load()
    assert (more.rows_new, more.rows_changed, more.rows_unchanged, more.rows_deleted) == (0, 2, 6, 0)
    town.write("calls.csv", *ROWS[:6], header=CALL_HEADER)
    less = town.load()
    assert (less.rows_unchanged, less.rows_deleted) == (6, 1)


def test_a_row_that_cannot_be_right_is_refused_with_the_reason(tmp_path: Path) -> None:
    town = Town(tmp_path).files("hours.csv", INTERVALS, "hours")
    town.write(
        "hours.csv", "311,2026-03-16 09:00,10,8,2,5,20", "311,2026-03-16 09:30,4,4,0,4,5", ",2026-03-16 10:00,1,1,0,1,1", "311,never,1,1,0,1,1",
        "311,2026-03-16 11:00,5,4,3,1,1", "311,2026-03-16 12:00,many,4,1,1,1", "311,2026-03-16 13:00,0,0,0,0,", "311,2026-03-16 14:00,1,1,0,1,1", header=INTERVAL_HEADER,
    )  # fmt: skip
    assert town.load().rows_quarantined == 4
    assert sorted(reason for (reason,) in town.ask("SELECT reason FROM quarantine")) == [
        "More contacts are answered and given up than came in.", "The row does not say how many contacts came in or were answered.", "The row names no queue.",
        "The row's time cannot be read.",
    ]  # fmt: skip
    assert town.ask(SEEN)[0] == ("311", datetime(2026, 3, 16, 13), 0, 9, 14, 12, 2, None, 9, 180), (
        "two half hours; the mean wait made a sum"
    )
    assert town.ask(SEEN)[1][-1] == 0, "nobody answered, nobody waited"


@pytest.fixture
def desk(staff_app: Flask, town: Town) -> Any:
    with at_desk(town.folder / "data"):
        yield


def test_each_figure_is_made_of_counts_added_up_first(desk: Any) -> None:
    row = contacts(asked_for(**DAY)).iloc[0]
    assert row[["offered", "answered", "abandoned"]].tolist() == [7, 4, 2]
    assert row["abandonment"] == pytest.approx(2 / 7) and row["abandonment_long"] == pytest.approx(1 / 6)
    assert row["speed_of_answer"] == 132 / 4, "12, 30, 90 and 0 seconds"
    assert [row[name] for name in ("service_level", "service_level_offered", "service_level_answered")] == [
        pytest.approx(3 / 6),
        pytest.approx(3 / 7),
        pytest.approx(3 / 4),
    ]
    assert row["handle_time"] == (180 + 120 + 120 + 60) / 4 and row["first_contact_resolution"] == pytest.approx(2 / 3)
    assert row["occupancy"] != row["occupancy"], "nobody says who was signed in"
    assert (row["threshold_seconds"], row["short_seconds"]) == (30, 10)


def test_figures_by_queue_and_of_one_language(desk: Any) -> None:
    frame = contacts(asked_for(**DAY), by="queue").set_index("key")
    assert frame["offered"].to_dict() == {"311": 6, "Linea": 1}
    assert contacts(asked_for(**DAY), Contacts(languages=("Spanish",)))["service_level"].iloc[0] == 1


def test_an_hour_of_the_week_has_its_calls_and_how_many_people_talk_at_once(desk: Any) -> None:
    row = hour_of_week(asked_for(**DAY)).set_index("hour").loc[9]
    assert row["weekday"] == 0 and row["offered_mean"] == 6
    assert row["erlangs"] == pytest.approx(6 * 140 / 3600), "three answered calls of 140 seconds on average"


def test_what_came_in_after_the_instant_that_is_asked_about_is_not_known(desk: Any) -> None:
    assert contacts(asked_for(**DAY, as_of="2026-03-16T14:00:00Z"))["offered"].iloc[0] == 6


def test_a_department_sees_its_own_lines_only(staff_app: Flask, town: Town) -> None:
    for departments, offered in ((("hotline",), 7.0), (("roads",), None)):
        with at_desk(town.folder / "data", Viewer("h", "Head", "department", departments)):
            found = contacts(asked_for(**DAY))["offered"].iloc[0]
            assert found == offered or (offered is None and found != found)


def test_a_week_of_calls_given_up_is_a_signal(tmp_path: Path, staff_app: Flask) -> None:
    """Sixteen weeks of 100 calls with 4 to 6 given up, the last but none with 40."""
    lost = [5, 4, 6, 5, 5, 4, 6, 5, 4, 5, 6, 5, 5, 4, 5, 40]
    town = Town(tmp_path).files("hours.csv", INTERVALS, "hours")
    rows = [
        f"311,2026-{day:%m-%d} 09:00,100,{100 - gone},{gone},50,20"
        for day, gone in zip((datetime(2026, 1, 5 + 0) + _weeks(n) for n in range(16)), lost, strict=True)
    ]
    town.write("hours.csv", *rows, "311,2026-04-27 09:00,1,1,0,1,1", header=INTERVAL_HEADER)
    town.load()
    with at_desk(town.folder / "data"):
        found = weekly(asked_for(from_="2026-01-05", to="2026-04-27"), "abandonment")
    assert found.frame["abandonment"].tolist()[-3:] == [0.04, 0.05, 0.4]
    assert (found.judgement.state, found.judgement.sign) == ("signal", 1)
    assert found.judgement.broken.any(axis=0).nonzero()[0].tolist() == [15]


def _weeks(n: int) -> Any:
    from datetime import timedelta

    return timedelta(weeks=n)


def test_programs_get_the_same_figures_with_their_counts_and_formulas(staff_app: Flask, town: Town) -> None:
    import api

    with at_desk(town.folder / "data"):
        app = Flask("programs")
        gate.start(app, gate.desk())
        api.register(app, gate.desk())
        client = app.test_client()
        told = client.get("/api/v1/contacts?from=2026-03-16&to=2026-03-17").get_json()
        (row,) = told["rows"]
        shown = contacts(asked_for(**DAY)).iloc[0]
        assert {name: row[name] for name in ("offered", "answered", "service_level", "in_time", "offered_timed")} == {
            name: pytest.approx(shown[name]) for name in ("offered", "answered", "service_level", "in_time", "offered_timed")
        }
        assert "answered within the limit" in next(one["formula"] for one in told["figures"] if one["id"] == "service_level")
        by_queue = client.get("/api/v1/contacts?from=2026-03-16&to=2026-03-17&by=queue&period=day").get_json()["rows"]
        assert sum(one["offered"] for one in by_queue) == row["offered"] and {one["period"] for one in by_queue} == {"2026-03-16"}
        assert client.get("/api/v1/contacts.csv").get_data(as_text=True).startswith("offered,answered,")
        for query, said in (
            ("by=caller", "choose queue, language"),
            ("queue=nobody", "There is no queue called 'nobody'"),
            ("period=hour", "period is"),
        ):
            refused = client.get(f"/api/v1/contacts?{query}")
            assert refused.status_code == 400 and said in refused.get_json()["error"]["message"]
        assert client.get("/api/v1/contacts?as_of=2020-01-01").get_json()["rows"][0]["offered"] is None


def test_an_hour_in_which_nobody_was_answered_has_no_speed_and_stands_aside(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from components import contact_hours

    asked = asked_for(**DAY)
    frame = hour_of_week(asked)
    busy = frame["hour"] == 9
    frame = frame.assign(offered=frame["offered"].mask(busy, 30.0), speed_of_answer=frame["speed_of_answer"].mask(busy))
    monkeypatch.setattr(contact_hours.contacts, "hour_of_week", lambda *_: frame)
    drawn = contact_hours.draw_hours(asked, filters.view_of({"hours_of": "speed_of_answer"}, asked))
    assert drawn.finding == "Average speed of answer: most on Monday at 10:00, 0 s."


def test_the_text_of_a_late_note_does_not_stretch_the_axis() -> None:
    figure: dict[str, Any] = {"data": [{"x": ["2025-01-06", "2025-06-02", "2026-01-05"]}], "layout": {}}
    mark(figure, [Mark(date(2025, 2, 3), date(2025, 2, 4), "early"), Mark(date(2025, 12, 1), date(2025, 12, 2), "late")])
    assert [note["xanchor"] for note in figure["layout"]["annotations"]] == ["left", "right"]
