"""A briefing: promises first, every sentence made of numbers that its own address is answered with, nothing of a single case but its number."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from access import Viewer
from components import briefing_words, packets
from components.lists import case_address
from data_access.demo.promises import make_promises
from data_access.demo.truths import dates_of
from data_access.store import commitments, meetings
from data_access.store import packets as kept
from data_access.store.acting import Acting
from data_access.store.engine import prepared
from data_access.store.packets import WHOLE, Part
from metrics import briefing, measured
from metrics.briefing import KINDS, answer
from metrics.briefing_known import Known, known, standings
from metrics.briefing_rules import questions
from metrics.desk import Desk
from metrics.freeze import close_week
from metrics.periods import Calendar
from settings import Settings
from tests.support import walled
from tests.support.demo import AS_OF
from tests.support.marts import settings_in

ANALYST = Viewer("analyst", "Analyst", "analyst")
NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12)
DEPARTMENTS = ["public-works", "transportation"]
CALENDAR = Calendar("UTC", "monday", 1)


@dataclasses.dataclass
class Room:
    """A desk with a meeting, commitments and a closed week."""

    desk: Desk
    meeting: int
    department: str = ""

    def draft(self, department: str = WHOLE) -> list[Part]:
        acting = Acting(ANALYST, self.desk.store(), NOW)
        number = packets.draft_packet(self.desk, acting, self.meeting, department)
        return kept.parts(self.desk.store(), ANALYST, None, number)

    def known(self, department: str) -> Known:
        asked = self.desk.ask({"department": department or ",".join(DEPARTMENTS)})
        return known(self.desk.ask, self.desk.store(), ANALYST, asked)


@pytest.fixture(scope="module")
def room(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Room:
    own = dataclasses.replace(demo_settings, store_url=f"sqlite:///{tmp_path_factory.mktemp('briefing') / 'own.sqlite'}")
    desk, store = Desk(own, lambda: ANALYST), prepared(own.store_url)
    acting = Acting(ANALYST, store, NOW)
    meetings.plan_series(
        acting, name="Streets", departments=DEPARTMENTS, first_on=AS_OF + timedelta(days=2), starts_at="09:00", minutes=60, every_weeks=2
    )
    meetings.materialise(store, AS_OF)
    make_promises(store, dates_of(AS_OF))
    close_week(desk.ask({}), store, NOW, stale_after=timedelta(days=30))
    return Room(desk, meetings.schedule(store, None, AS_OF, AS_OF + timedelta(days=7))[0].id)


@pytest.fixture(scope="module")
def whole(room: Room) -> list[Part]:
    return room.draft()


def said(parts: list[Part]) -> list[dict[str, Any]]:
    return [one for part in parts for one in part.content["sentences"]]


class TestEverySentence:
    @pytest.mark.parametrize("department", [WHOLE, "public-works"])
    def test_is_made_of_what_its_own_address_is_answered_with(self, room: Room, department: str) -> None:
        """The address alone is asked again: filters, period, `as_of` and what the sentence is about are all in it."""
        of = room.known(department)
        sentences = said(room.draft(department))
        assert len(sentences) > 20
        for one in sentences:
            assert "as_of" in one["query"], one
            again = json.loads(json.dumps(answer(one["of"], one["query"], of)))
            assert again == one["numbers"], one["query"]
            assert kept.plain(briefing_words.sentence(one["of"], again, room.desk.calendar)) == one["text"]

    def test_leads_to_a_page_that_is_asked_with_the_same_departments_and_the_same_instant(self, room: Room, whole: list[Part]) -> None:
        for one in said(whole):
            query = dict(parse_qsl(urlsplit(one["source"]).query))
            asked = room.desk.ask(
                {name: text for name, text in query.items() if name not in ("of", "hits", "series", "compare", "layer", "meets", "named")}
            )
            assert asked.question.as_of.isoformat() + "Z" == one["query"]["as_of"] == query["as_of"]
            assert set(asked.question.department) == set(DEPARTMENTS) or one["of"] in (
                "split",
                "examples",
                "ages",
                "moves",
                "curve",
                "mix",
            ), one["source"]

    def test_of_another_department_has_other_numbers(self, room: Room, whole: list[Part]) -> None:
        """Or the department in the address would decide nothing."""
        one = next(one for one in said(whole) if one["of"] == "overdue")
        other = answer("overdue", {**one["query"], "department": "public-works"}, room.known("public-works"))
        assert other["total"] < one["numbers"]["total"]


class TestPastMeetings:
    def test_commitments_are_told_as_they_stood_when_the_day_of_the_meeting_ended(self, room: Room) -> None:
        """What was promised and done later is no part of what that meeting could read, and the source shows that day."""
        store = room.desk.store()
        acting = Acting(ANALYST, store, NOW)
        meetings.plan_series(
            acting,
            name="Earlier",
            departments=DEPARTMENTS,
            first_on=AS_OF - timedelta(days=30),
            starts_at="09:00",
            minutes=60,
            every_weeks=26,
        )
        meetings.materialise(store, AS_OF)
        met = next(one for one in meetings.schedule(store, None, AS_OF - timedelta(days=30), AS_OF) if one.series.name == "Earlier")
        found = kept.parts(store, ANALYST, None, packets.draft_packet(room.desk, acting, met.id, WHOLE))
        told = next(part for part in found if part.kind == "promises").content["sentences"]
        assert told[0]["numbers"]["day"] == met.on.isoformat()
        made_by = {one.id: one.created_at for one in commitments.register(store, ANALYST, None)}
        ends = room.desk.calendar.midnight(met.on + timedelta(days=1))
        assert all(made_by[int(one["query"]["commitment"])] < ends for one in told[1:])


class TestParts:
    def test_promises_come_first_and_what_the_data_can_bear_last(self, whole: list[Part]) -> None:
        kinds = list(dict.fromkeys(part.kind for part in whole))
        assert kinds == [kind for kind in KINDS if kind in kinds]
        assert (kinds[0], kinds[-1]) == ("promises", "data")
        assert 1 <= sum(part.kind == "issue" for part in whole) <= 3

    def test_figures_that_miss_their_target_have_a_part_where_there_are_some(self, room: Room, whole: list[Part]) -> None:
        """Each department's part counts its own alone; a line for each of the five furthest, with value, target and what lies between."""
        missed = {}
        for department in DEPARTMENTS:
            standing = measured.standing(room.desk.ask({"department": department}))
            missed[department] = int((standing["state"] == "missed").sum())
            found = [part for part in room.draft(department) if part.kind == "measured"]
            assert len(found) == (missed[department] > 0)
        part = next(part for part in whole if part.kind == "measured")
        first, *lines = part.content["sentences"]
        assert first["numbers"]["missed"] == sum(missed.values()) > 0 and len(lines) == min(sum(missed.values()), 5)
        assert f"{sum(missed.values())} miss" in first["text"] and "meets=missed" in first["source"]
        for line in lines:
            own = line["numbers"]
            assert own["gap"] == pytest.approx(own["value"] - own["target"]) and own["gap"] != 0
            assert "where the target is" in line["text"] and own["name"] in line["text"] and line["source"].startswith("/figures?")

    def test_an_issue_says_where_which_how_old_how_soon_and_names_cases(self, whole: list[Part]) -> None:
        issue = next(part for part in whole if part.kind == "issue")
        kinds = [one["of"] for one in issue.content["sentences"]]
        assert kinds[:4] == ["signal", "weeks", "split", "split"]
        assert {"ages", "moves", "curve", "examples"} <= set(kinds)
        weekly = issue.content["charts"][0]
        assert weekly["kind"] == "time" and len(weekly["x"]) == len(weekly["lines"][0]["y"]) > 20
        assert 1 <= len(issue.content["cases"]) <= 5
        assert all(case["address"] == case_address("requests", case["id"]) for case in issue.content["cases"])
        assert issue.content["questions"]

    def test_a_chart_has_something_to_draw_and_a_sentence_to_be_heard(self, whole: list[Part]) -> None:
        charts = [chart for part in whole for chart in part.content["charts"]]
        assert len(charts) >= 6
        for chart in charts:
            assert any(value is not None for line in chart["lines"] for value in line["y"])
            assert len(chart["said"]) > 20 and len(chart["title"]) > 5

    def test_the_source_s_own_faults_are_told_where_the_packet_is_about_all_of_the_meeting(self, room: Room, whole: list[Part]) -> None:
        assert "refused" in [one["of"] for one in said(whole)]
        assert "refused" not in [one["of"] for one in said(room.draft("public-works"))]

    def test_nothing_of_a_single_case_is_in_a_packet_but_its_number(self, tmp_path: Path) -> None:
        """Every private cell of the town is marked, so one that got in would be found."""
        desk = Desk(walled.settings_of(walled.make(tmp_path), "staff", settings_in(tmp_path)), lambda: ANALYST)
        acting = Acting(ANALYST, desk.store(), walled.AS_OF)
        meetings.plan_series(
            acting, name="All", departments=["conduct", "parks"], first_on=date(2026, 4, 23), starts_at="09:00", minutes=60, every_weeks=1
        )
        meetings.materialise(acting.store, date(2026, 4, 20))
        number = packets.draft_packet(
            desk, acting, meetings.schedule(acting.store, None, date(2026, 4, 20), date(2026, 4, 24))[0].id, WHOLE
        )
        text = json.dumps([(part.content, part.latest.text) for part in kept.parts(acting.store, ANALYST, None, number)])
        marks = [
            name for name in ("queue", "url", "stage", "reason", *walled.TEXTS) if any(f"{name}-{whose}-" in text for whose in walled.TYPES)
        ]
        assert marks == []
        assert "id-conduct-" in text or "id-parks-" in text


class TestCommitments:
    def test_they_are_told_as_they_stood_at_that_instant(self, room: Room) -> None:
        """What happened to one later changes no sentence of an earlier instant."""
        number = commitments.make(
            Acting(ANALYST, room.desk.store(), NOW - timedelta(days=3)), meeting_id=None, department="public-works", deliverable="Two crews fill potholes",
            owner_name="Ada Field", owner_email="", due_on=AS_OF - timedelta(days=1), metric="ontime_due", filters="department=public-works", expected="higher",
            expected_value=None, made_on=AS_OF - timedelta(days=3),
        )  # fmt: skip
        commitments.give_evidence(Acting(ANALYST, room.desk.store(), NOW), number, "Both crews are out.")
        of = room.known("public-works")
        then, now = (next(one for one in standings(of, at) if one.promise.id == number) for at in (NOW - timedelta(days=1), NOW))
        assert (then.promise.state, then.evidence) == ("open", "")
        assert (now.promise.state, now.evidence) == ("in_review", "Both crews are out.")
        assert all(one.promise.id != number for one in standings(of, NOW - timedelta(days=4)))

    def test_each_is_told_with_its_evidence_and_whether_its_figure_moved(self, room: Room, whole: list[Part]) -> None:
        told = [one for one in whole[0].content["sentences"] if one["of"] == "promise"]
        assert told
        assert all(one["numbers"]["department"] for one in told)
        # Whoever only looks reads no names of staff.
        owners = {one.owner_name for one in room.known(WHOLE).promises}
        assert owners and not any(owner in json.dumps(part.content) for owner in owners for part in whole)
        assert all(("Evidence: " in one["text"]) == bool(one["numbers"]["evidence"]) for one in told)


class TestSuggestedQuestions:
    SIGNAL = {"metric": "overdue_now", "sign": 1, "also_metrics": [], "owner": "Parks", "verdict": "worse"}

    def asked(self, of: str, numbers: dict[str, Any], **query: str) -> list[str]:
        signal: dict[str, Any] = numbers if of == "signal" else self.SIGNAL
        return [rule for rule, _numbers in questions([("signal", signal, {}), *([(of, numbers, query)] if of != "signal" else [])])]

    def test_there_is_always_one_how_it_comes_back_and_who_sees_to_it(self) -> None:
        assert questions([("signal", self.SIGNAL, {})]) == [("back", {"metric": "overdue_now", "owner": "Parks", "verdict": "worse"})]
        assert briefing_words.question("back", {"owner": "Parks", "verdict": "worse"}) == (
            "What brings it back to its usual range, by which day, and who at Parks sees to it?"
        )

    @pytest.mark.parametrize(
        ("of", "numbers", "query", "rule"),
        [
            ("mix", {"is_known": True, "is_said": True, "type": "Pothole"}, {}, "mix"),
            ("mix", {"is_known": True, "is_said": False, "type": "Pothole"}, {}, None),
            ("moves", {"cases": 50, "again": 10, "days": 2.0}, {}, "loops"),
            ("moves", {"cases": 51, "again": 10, "days": 2.0}, {}, None),
            ("ages", {"old": 25, "total": 100, "old_days": 90}, {}, "old"),
            ("ages", {"old": 9, "total": 10, "old_days": 90}, {}, None),
            ("split", {"labels": ["Pothole", "Sign"], "n": [50, 50], "total": 100, "groups": 2}, {"by": "request_type"}, "one_type"),
            ("split", {"labels": ["Pothole", "Sign"], "n": [49, 51], "total": 101, "groups": 2}, {"by": "request_type"}, None),
            ("split", {"labels": ["Hill", "Mill"], "n": [30, 30], "total": 100, "groups": 8}, {"by": "district"}, "one_area"),
            ("split", {"labels": ["App", "Phone"], "n": [90, 10], "total": 100, "groups": 2}, {"by": "channel"}, None),
            ("split", {"labels": ["Hill", "Mill"], "n": [5, 4], "total": 9, "groups": 2}, {"by": "district"}, None),
            ("curve", {"days": [0, 30], "now": [0.1, 0.7], "before": [0.1, 0.75]}, {}, "slower"),
            ("curve", {"days": [0, 30], "now": [0.1, 0.71], "before": [0.1, 0.75]}, {}, None),
            ("signal", {**SIGNAL, "also_metrics": ["opened"]}, {}, "more_work"),
            ("signal", {**SIGNAL, "also_metrics": ["closed"]}, {}, "fewer_closed"),
            ("signal", {**SIGNAL, "sign": -1, "also_metrics": ["opened"]}, {}, None),
        ],
    )
    def test_each_rule_has_its_bound(self, of: str, numbers: dict[str, Any], query: dict[str, str], rule: str | None) -> None:
        assert self.asked(of, numbers, **query) == [*([rule] if rule else []), "back"]

    def test_they_are_words_that_can_be_read_aloud(self) -> None:
        assert briefing_words.question("back", {"owner": "Parks", "verdict": "neither"}).startswith("Is it known what is behind it")
        assert briefing_words.question("one_area", {"label": "Hill", "share": 0.31}) == "31 % lie in Hill: what is different there?"
        assert briefing_words.question("loops", {"again": 12, "cases": 40}) == (
            "12 of 40 cases that were passed on were passed on again: who decides at first sight whose case it is?"
        )


class TestWords:
    @pytest.mark.parametrize(
        ("of", "numbers", "text"),
        [
            ("promises", {"open": 0, "in_review": 0, "kept": 0, "dropped": 0, "overdue": 0, "day": "2026-03-31"}, "No commitment had been made by these departments on 31 Mar 2026."),
            (
                "promises", {"open": 2, "in_review": 1, "kept": 3, "dropped": 0, "overdue": 1, "day": "2026-03-31"},
                "2 commitments were owed on 31 Mar 2026, 1 of them overdue; 1 waited for a review and 3 had been kept.",
            ),
            ("overdue", {"total": 0, "longest": None, "cases": []}, "No case is overdue."),
            ("overdue", {"total": 1, "longest": 3.0, "cases": []}, "1 case is overdue now, the longest for 3.0 days."),
            ("ages", {"total": 40, "old": 10, "old_days": 90}, "10 of 40 cases open now are 90 days old and more (25 %)."),
            ("ages", {"total": 1, "old": 0, "old_days": 90}, "None of 1 case open now is 90 days old and more."),
            ("quiet", {"series": 9, "signals": 0, "told": 0, "quiet": 9, "faint": 0}, "Of 9 weekly series none has a signal: all stayed within their ordinary ups and downs."),
            ("quiet", {"series": 0, "signals": 0, "told": 0, "quiet": 0, "faint": 0}, "No weekly series has enough weeks and cases to be judged."),
            (
                "quiet", {"series": 9, "signals": 0, "told": 0, "quiet": 8, "faint": 1},
                "Of 9 weekly series 8 stayed within their ordinary ups and downs; 1 more breaks a rule faintly, as some of so many do by chance. None has a clear signal.",
            ),
            (
                "quiet", {"series": 30, "signals": 9, "told": 8, "quiet": 21, "faint": 0},
                "Of 30 weekly series 21 stayed within their ordinary ups and downs. What changed makes 9 lines of the list, of which the first 8 follow.",
            ),
            ("forecast", {"value": None}, "There are too few weeks of data to forecast what will be overdue in four weeks."),
            (
                "forecast", {"now": 30.0, "value": 40.0, "low": 31.2, "high": 50.0, "held": 40, "judged": 52},
                "In four weeks 31 to 50 cases will be overdue if work goes on as it did; now 30 are. Such a range held in 40 of 52 past weeks.",
            ),
            ("gate", {"week": "2026-03-23", "is_red": False, "note": ""}, "The data of the week from 23 to 29 Mar 2026 passed the gate when it was closed."),
            ("gate", {"week": "2026-03-23", "is_red": True, "note": "The feed is late."}, "The data of the week from 23 to 29 Mar 2026 are not fit to be discussed: The feed is late."),
            (
                "promise",
                {
                    "deliverable": "Two crews work", "department": "Parks", "state": "open", "due_on": "2026-03-20", "days_late": 11, "evidence": "",
                    "metric": "ontime_due", "verdict": "too_early", "because": "", "weeks": 2, "usual": 0.7, "since": 0.8, "tells_from": "2026-05-04", "reached": None,
                },
                "Two crews work (Parks): 11 days late (due 20 Mar 2026). Its figure (on time) was 70.0 % in the weeks before and 80.0 % in the 2 weeks since: "
                "too early to tell before 4 May 2026.",
            ),
            (
                "moves", {"cases": 12, "again": 0, "days": 2.0},
                "12 cases were passed on to another department in the last 13 weeks, the first time after 2.0 days (median); none more than once.",
            ),
        ],
    )  # fmt: skip
    def test_a_sentence_says_its_numbers(self, of: str, numbers: dict[str, Any], text: str) -> None:
        assert briefing_words.sentence(of, numbers, CALENDAR) == text


def test_a_name_with_a_sign_that_no_file_can_hold_is_kept_without_it() -> None:
    """In the sentence, and in the chart that every file draws."""
    numbers = {"n": 3, "late": None, "labels": ["Pot\x0bhole\x00s"], "by_type": [3]}
    made = packets.frozen(briefing.Part("risk", "risk", (briefing.Told("due", {}, numbers),)), CALENDAR)
    assert made.text == "3 cases fall due in the next 7 days (3 Pot hole s)." and made.content["charts"][0]["x"] == ["Pot hole s"]
