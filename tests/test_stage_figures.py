"""How cases go through their stages: the funnel, the time and the promise of each stage, what is stuck, how cases end; counted by hand."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import AccessDenied, Viewer
from data_access.city import City
from data_access.mart.reading import Mart
from metrics import outcomes, stages
from metrics.cases import case_count, case_list
from metrics.measure import ask
from metrics.only import ANY_WORDS
from metrics.question import BadQuestion, Question, parse_question, to_query
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, small_city
from tests.test_stages import PROGRAMMES, RULES, came, case

AS_OF = datetime(2026, 3, 31)
FIRST = "2026-03-01T05:00:00Z"
CASES = [
    # 1: review on the 3rd, released on the 8th.
    case("1", FIRST, "2026-03-08T05:00:00Z", outcome="resolved", outcome_raw="Released, in part", votes=3, queue="Clerk 1"),
    # 2: six days in the first stage (three are promised), then waits for the requester since.
    case("2", FIRST, votes=9, queue="Clerk 1"),
    # 3: never left the first stage: here since the 20th, eight days over when the data end.
    case("3", "2026-03-20T04:00:00Z", request_type="E-mail"),
    # 4: denied in review on the 6th.
    case("4", FIRST, "2026-03-06T05:00:00Z", outcome="denied", outcome_raw="Denied: privacy"),
    # 5: withdrawn in the first stage after a day; of a class that headline figures leave out.
    case("5", FIRST, "2026-03-02T05:00:00Z", outcome="withdrawn", outcome_raw="Withdrawn", case_class="withdrawn"),
    # 6: opened before the period, in review since the 2nd: 29 days where ten are promised. Its deadline was moved once, by law.
    case("6", "2026-02-25T05:00:00Z", inspected_at=instant("2026-03-02T05:00:00Z")),
    {"programme": "requests", "source_id": "1", "request_type": "Pothole", "department": "Works", "opened_at": instant(FIRST), "queue": "North"},
]  # fmt: skip
EVENTS = [
    came("1", "2026-03-03T05:00:00Z", "review"), came("1", "2026-03-08T05:00:00Z", "released"),
    came("2", "2026-03-07T05:00:00Z", "asked"),
    came("4", "2026-03-04T05:00:00Z", "review"),
    came("6", "2026-03-02T05:00:00Z", "review"),
    came("6", "2026-03-03T05:00:00Z", "2026-03-20T05:00:00Z", kind="due_changed", reason="Section 7: consultation"),
]  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    return small_city(programme=PROGRAMMES, sla_rule=RULES)


@pytest.fixture(scope="module")
def mart(city: City, tmp_path_factory: pytest.TempPathFactory) -> Mart:
    return make_mart(tmp_path_factory.mktemp("figures"), CASES, EVENTS, as_of=AS_OF, city=city)


def asked(mart: Mart, city: City, **filters: Any) -> Asked:
    chosen = {"programme": ("records",), "as_of": mart.as_of, **filters}
    return ask(mart, calendar_of(city), Question(date(2026, 3, 1), date(2026, 4, 1), **chosen), MAYOR)


def counts(frame: pd.DataFrame, *names: str) -> dict[str, tuple[int, ...]]:
    return {row["key"].partition(".")[2]: tuple(int(row[name]) for name in names) for row in frame.to_dict("records")}


def test_the_funnel_tells_how_far_the_cases_of_a_period_came(mart: Mart, city: City) -> None:
    # Opened in March: 1 to 5. Case 6 is older.
    found = counts(stages.funnel(asked(mart, city)), "came", "here", "ended", "dropped", "went_on")
    assert found == {
        "received": (5, 1, 1, 1, 3), "asked": (1, 1, 0, 0, 0), "review": (2, 0, 1, 1, 1), "released": (1, 0, 1, 0, 0),
    }  # fmt: skip


def test_the_funnel_knows_nothing_of_what_came_after_its_instant(mart: Mart, city: City) -> None:
    then = asked(mart, city, as_of=datetime(2026, 3, 4, 12))
    assert counts(stages.funnel(then), "came", "here", "ended") == {
        "received": (4, 1, 1), "asked": (0, 0, 0), "review": (2, 2, 0), "released": (0, 0, 0),
    }  # fmt: skip


@pytest.mark.parametrize(("only", "numbers"), [
    ((("reached", "records.review"),), {"1", "4"}), ((("ended_in", "records.review"),), {"4"}),
    ((("ended_in", "records.released"), ("reason", "Released, in part")), {"1"}), ((("now", "open"),), {"2", "3"}),
    ((("queue", "Clerk 1"), ("now", "closed")), {"1"}),
])  # fmt: skip
def test_each_number_of_the_funnel_has_a_list_of_its_cases(mart: Mart, city: City, only: Any, numbers: set[str]) -> None:
    listed = case_list(asked(mart, city, only=only), "opened").frame
    assert set(listed["source_id"]) == numbers


def test_an_address_names_the_ways_and_is_understood_again(mart: Mart, city: City) -> None:
    query = {
        "programme": "records",
        "reached": "records.review,records.asked",
        "reason": "Released, in part",
        "now": "closed",
        "stage": "records.asked",
    }
    calendar = calendar_of(city)
    question = parse_question(query, MAYOR, mart, calendar)
    assert question.only == (
        ("reached", "records.review"),
        ("reached", "records.asked"),
        ("reason", "Released, in part"),
        ("now", "closed"),
    )
    assert parse_question(to_query(question, mart), MAYOR, mart, calendar) == question
    every = parse_question({"programme": "all"}, MAYOR, mart, calendar)
    assert (every.programme, to_query(every, mart)["programme"]) == (("records", "requests"), "all")
    for wrong in ({"reached": "moon"}, {"now": "later"}, {"had": "eaten"}, {"reason": "x" * 201}):
        with pytest.raises(BadQuestion):
            parse_question(wrong, MAYOR, mart, calendar)
    # Who may not read whose work it is cannot try names of queues either.
    with pytest.raises(BadQuestion, match="There is no queue called 'North'"):
        parse_question({"queue": "North"}, Viewer("reader", "A reader", "viewer"), mart, calendar)


def test_time_in_a_stage_counts_stays_that_still_last(mart: Mart, city: City) -> None:
    frame = stages.times(asked(mart, city)).set_index("key")
    # Service cases only. First stage: begun in March by 1 (left after 2 days), 2 (6), 4 (3), 3 (still, since the 20th).
    received = frame.loc["records.received"]
    assert (received["n"], received["left"], received["median"], received["open"]) == (4, 3, 3.0, 1)
    # Promised ends in March: 1, 2, 3, 4 and that of case 6 on 28 February is not; kept by 1 and 4.
    assert (received["met"], received["due"]) == (2, 4)
    assert stages.first_answer(asked(mart, city))["key"].tolist() == ["records.received"]
    waits = stages.waiting(asked(mart, city))
    assert (waits["key"].tolist(), waits["open"].tolist(), waits["left"].tolist()) == (["records.asked"], [1], [0])


def test_stuck_is_longer_in_a_stage_than_it_promises(mart: Mart, city: City) -> None:
    found = stages.stuck(asked(mart, city))
    # Case 2 waits for somebody outside: not the city's time. Of 31 March midnight UTC, the city is at 20:00 of the 30th.
    assert found["source_id"].tolist() == ["6", "3"]
    assert found["stage"].tolist() == ["Legal review", "Received"]
    assert found["over"].round(2).tolist() == [pytest.approx(18.83, abs=0.01), pytest.approx(7.83, abs=0.01)]
    assert case_count(stages.of_stays(asked(mart, city)), "overdue_now") == 2


def test_where_nothing_is_promised_nine_of_ten_stays_are_the_measure(tmp_path: Path) -> None:
    plain = [
        {"id": "requests", "name": "Requests"},
        {"id": "records", "name": "Records", "stage": [{"id": "a", "name": "A"}, {"id": "b", "name": "B", "ends": True}]},
    ]
    city = small_city("UTC", programme=plain)
    start = pd.Timestamp("2026-01-01")
    # Ten stays of 1 to 10 days that ended, and two that last: 5 days, and 60.
    ended = [case(f"e{n}", FIRST, **{}) | {"opened_at": start, "closed_at": start + pd.Timedelta(days=n)} for n in range(1, 11)]
    open_ones = [
        case("young", FIRST) | {"opened_at": pd.Timestamp("2026-03-26")},
        case("old", FIRST) | {"opened_at": pd.Timestamp("2026-01-30")},
    ]
    found = asked(make_mart(tmp_path, ended + open_ones, as_of=AS_OF, city=city), city)
    # At risk: 12, the young one leaves after 5 days; from then 6 (of days 6 to 10, and the old one). After day 9 a sixth of 7/12 is left: 0.19; after day 10 0.097.
    assert stages.usual(found) == {"records.a": 10.0}
    assert stages.stuck(found)[["source_id", "days", "limit", "is_promised"]].to_numpy().tolist() == [["old", 60.0, 10.0, False]]


def test_how_cases_end_is_told_in_the_sources_words(mart: Mart, city: City) -> None:
    found = outcomes.reasons(asked(mart, city))
    assert sorted(found[["reason", "outcome", "n"]].to_numpy().tolist()) == [
        ["Denied: privacy", "Denied", 1], ["Released, in part", "Resolved", 1], ["Withdrawn", "Withdrawn", 1],
    ]  # fmt: skip
    became = outcomes.became(asked(mart, city))
    assert became[["outcome", "n"]].to_numpy().tolist() == [["denied", 1], ["open", 2], ["resolved", 1], ["withdrawn", 1]]


def test_extensions_by_law_are_told_apart_from_waiting(mart: Mart, city: City) -> None:
    # Due in March: 1 and 4 on the 11th, and 6, moved to the 20th by law. Case 2's deadline moves on while it waits.
    found = outcomes.extensions(asked(mart, city))
    assert (found.due, found.extended) == (3, 1)
    assert found.bases.to_numpy().tolist() == [["Section 7: consultation", 1]]
    listed = case_list(asked(mart, city, only=(("basis", ANY_WORDS),)), "due_extended_rate").frame
    assert listed["source_id"].tolist() == ["6"]


def test_votes_queues_and_inspections(mart: Mart, city: City) -> None:
    wanted = outcomes.most_wanted(asked(mart, city))
    assert wanted[["source_id", "votes", "stage"]].to_numpy().tolist() == [["2", 9, "Waiting for the requester"], ["1", 3, "Released"]]
    assert outcomes.queues(asked(mart, city))[["queue", "n"]].to_numpy().tolist() == [["-", 2], ["Clerk 1", 1]]
    february = ask(mart, calendar_of(city), Question(date(2026, 2, 1), date(2026, 4, 1), mart.as_of, programme=("records",)), MAYOR)
    assert outcomes.inspections(february) == outcomes.Inspections(5, 1, 5.0)


def test_all_programmes_side_by_side(mart: Mart, city: City) -> None:
    found = outcomes.overview(asked(mart, city, programme=())).set_index("key")
    assert found.index.tolist() == ["requests", "records", "police"]
    assert found["opened"].tolist()[:2] == [1, 4]
    assert found["open"].tolist()[:2] == [1, 3]
    # Of the aggregate programme nothing is counted here.
    assert found.loc["police", ["opened", "open", "on_time"]].isna().all()


def test_stages_are_those_of_one_programme(mart: Mart, city: City) -> None:
    with pytest.raises(BadQuestion, match="one programme"):
        stages.funnel(asked(mart, city, programme=("records", "requests")))


@pytest.mark.parametrize("seed", range(4))
def test_the_funnel_equals_a_plain_count(seed: int, tmp_path: Path) -> None:
    """Any walk through stages, back and forth, with endings, skips and reopenings, as of any instant."""
    dice = random.Random(seed)
    city = small_city("UTC", programme=PROGRAMMES)
    names = ["received", "asked", "review", "released"]
    cases, events, walks = [], [], {}
    for number in range(60):
        opened = pd.Timestamp("2026-02-20") + timedelta(hours=dice.randrange(900))
        at, walk = opened, [("received", opened)]
        for _ in range(dice.randrange(4)):
            at += timedelta(hours=dice.randrange(1, 200))
            stage = dice.choice(names[:3])
            walk.append((stage, at))
        closed = at + timedelta(hours=dice.randrange(1, 200)) if dice.random() < 0.6 else None
        outcome = dice.choice(["resolved", "denied", "withdrawn", "duplicate"]) if closed is not None else None
        if closed is not None and dice.random() < 0.5:
            walk.append(("released", closed))
        walks[f"{number}"] = (walk, closed, outcome)
        cases.append(case(f"{number}", FIRST, outcome=outcome) | {"opened_at": opened, "closed_at": closed})
        events += [came(f"{number}", FIRST, stage) | {"event_at": when} for stage, when in walk[1:]]
    mart = make_mart(tmp_path, cases, events, as_of=AS_OF, city=city)
    as_of = datetime(2026, 3, dice.randrange(5, 31))
    found = counts(stages.funnel(asked(mart, city, as_of=as_of, case_class=())), "came", "here", "ended", "dropped")

    expected = {name: [0, 0, 0, 0] for name in names}
    for walk, closed, outcome in walks.values():
        if not pd.Timestamp("2026-03-01") <= walk[0][1] < pd.Timestamp("2026-04-01") or walk[0][1] > as_of or outcome == "duplicate":
            continue
        seen = [stage for stage, when in walk if when <= as_of]
        ended = (closed is not None and closed <= as_of) or seen[-1] == "released"
        for name in set(seen):
            expected[name][0] += 1
        expected[seen[-1]][2 if ended else 1] += 1
        expected[seen[-1]][3] += ended and outcome in ("denied", "withdrawn")
    assert found == {name: tuple(row) for name, row in expected.items()}


def test_residents_are_asked_no_such_things(mart: Mart, city: City, tmp_path: Path) -> None:
    public = make_mart(tmp_path, CASES, EVENTS, as_of=AS_OF, city=city, audience="public")
    from access import PUBLIC_VIEWER

    question = parse_question({"reached": "records.review", "queue": "North"}, PUBLIC_VIEWER, public, calendar_of(city))
    assert question.only == ()
    with pytest.raises(AccessDenied):
        stages.funnel(
            ask(
                public, calendar_of(city), Question(date(2026, 3, 1), date(2026, 4, 1), public.as_of, programme=("records",)), PUBLIC_VIEWER
            )
        )
