"""How open cases moved through the ages: counted by hand, adding up for every question, and equal to the stocks and flows it is made of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.mart.reading import Mart
from metrics.age_flow import MOST_POINTS, age_flow, ages_over_time
from metrics.ageing import ageing, band_names
from metrics.dictionary.rules import AGE_BOUNDS
from metrics.measure import ask, measure
from metrics.periods import GRAINS, Calendar
from metrics.question import Question
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city
from tests.support.worlds import AS_OF, Case

FEW = settings(max_examples=25, deadline=None, derandomize=True)
ZONE = "America/New_York"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Case], Mart, Calendar]:
    folder = tmp_path_factory.mktemp("ages")
    of = worlds.city(folder, ZONE, worlds=1)
    cases = worlds.world(7, "w0", ZONE, cases=150)
    return cases, worlds.mart_of(folder, cases, of), calendar_of(of)


@st.composite
def questions(draw: Any) -> Question:
    start = draw(st.dates(date(2025, 9, 15), date(2026, 4, 15)))
    known = st.one_of(st.just(AS_OF), st.datetimes(datetime(2025, 10, 1), AS_OF).map(lambda at: at.replace(microsecond=0)))
    departments = draw(st.sampled_from([(), ("parks",), ("roads", "water")]))
    return Question(
        start,
        start + timedelta(days=draw(st.sampled_from((1, 7, 31, 150)))),
        draw(known),
        draw(st.sampled_from(GRAINS)),
        department=departments,
    )


def test_counted_by_hand(tmp_path: Path) -> None:
    """Two weeks: 'aged' grows from 3 to 17 days, 'gone' is closed at 10 days, 'new' comes and stays, 'back' comes back at 40 days."""
    rows: list[dict[str, Any]] = [
        {"source_id": "aged", "opened_at": datetime(2026, 2, 27)},
        {"source_id": "gone", "opened_at": datetime(2026, 2, 26), "closed_at": datetime(2026, 3, 8)},
        {"source_id": "new", "opened_at": datetime(2026, 3, 12)},
        {"source_id": "back", "opened_at": datetime(2026, 1, 29)},
        {"source_id": "before", "opened_at": datetime(2026, 1, 1), "closed_at": datetime(2026, 3, 1)},
    ]  # fmt: skip
    events = [
        {"source_id": "back", "event_kind": kind, "event_at": at}
        for kind, at in (("closed", datetime(2026, 2, 3)), ("reopened", datetime(2026, 3, 10)))
    ]
    as_of, city = datetime(2026, 3, 16), small_city("UTC")
    mart = make_mart(tmp_path, [{"case_class": "service", **row} for row in rows], events, as_of=as_of, city=city)
    frame = age_flow(ask(mart, calendar_of(city), Question(date(2026, 3, 2), date(2026, 3, 16), as_of), MAYOR)).set_index("band")
    assert frame.loc["0-7"].tolist() == [2, 1, 0, 0, 0, 2, 1]
    assert frame.loc["7-14"].tolist() == [0, 0, 0, 2, 1, 1, 0]
    assert frame.loc["14-30"].tolist() == [0, 0, 0, 1, 0, 0, 1]
    assert frame.loc["30-60"].tolist() == [0, 0, 1, 0, 0, 0, 1]
    assert frame.loc["60-90":].to_numpy().sum() == 0


@FEW
@given(questions())
def test_every_age_adds_up_and_the_whole_is_the_stocks_and_flows(world: tuple[list[Case], Mart, Calendar], question: Question) -> None:
    _, mart, calendar = world
    asked = ask(mart, calendar, question, MAYOR)
    frame = age_flow(asked)
    assert (
        frame["start"] + frame["opened"] + frame["reopened"] + frame["grew_in"] - frame["closed"] - frame["grew_out"] == frame["end"]
    ).all()
    assert frame["grew_in"].tolist() == [0, *frame["grew_out"].tolist()[:-1]]
    for name, day in (("start", question.start), ("end", question.end)):
        at = min(calendar.last_instant(day), question.as_of)
        assert frame[name].tolist() == ageing(asked.about(question.about(as_of=at)))["n"].tolist()
    assert [frame[name].sum() for name in ("opened", "reopened")] == [measure(name, asked).value or 0 for name in ("opened", "reopened")]
    assert frame["opened"].sum() - frame["closed"].sum() + frame["reopened"].sum() == (measure("net_flow", asked).value or 0)


@FEW
@given(questions())
def test_every_move_is_that_of_a_slow_count(world: tuple[list[Case], Mart, Calendar], question: Question) -> None:
    """Case by case: in which band each stretch came, and each band it passed on its way."""
    cases, mart, calendar = world
    low, high = (min(calendar.last_instant(day), question.as_of) for day in (question.start, question.end))
    wanted = set(question.department)
    expected = {name: [0] * len(AGE_BOUNDS) for name in ("start", "opened", "reopened", "grew_in", "closed", "grew_out", "end")}
    for case in cases:
        owner = case.owners[-1][1]
        owned = not wanted or owner in wanted or worlds.DEPARTMENTS[owner] in wanted
        if not owned or case.outcome in ("duplicate", "cancelled", "test") or (case.case_class or "service") != "service":
            continue
        for number, (begin, end) in enumerate(case.spells):
            if begin > high or (end is not None and end <= low and begin <= low):
                continue
            came = "start" if begin <= low else "opened" if number == 0 else "reopened"
            left = "closed" if end is not None and end <= high else "end"
            first, last = (band(at - case.opened) for at in (max(begin, low), end if left == "closed" and end is not None else high))
            expected[came][first] += 1
            expected[left][last] += 1
            for passed in range(first, last):
                expected["grew_out"][passed] += 1
                expected["grew_in"][passed + 1] += 1
    frame = age_flow(ask(mart, calendar, question, MAYOR))
    assert {name: frame[name].tolist() for name in expected} == expected


def band(age: timedelta) -> int:
    return max(number for number, bound in enumerate(AGE_BOUNDS) if age >= bound * DAY or number == 0)


@FEW
@given(questions())
def test_the_ages_over_time_are_the_ages_asked_at_the_end_of_each_period(
    world: tuple[list[Case], Mart, Calendar], question: Question
) -> None:
    _, mart, calendar = world
    asked = ask(mart, calendar, question, MAYOR)
    frame = ages_over_time(asked)
    starts = calendar.starts(question.start, question.end, question.grain)
    assert frame["period"].iloc[-1].date() == starts[-1]
    assert len(frame) == min(len(starts), len(frame)) <= MOST_POINTS
    for row in frame.iloc[[0, -1]].to_dict("records"):
        then = asked.about(question.about(as_of=row["at"].to_pydatetime()))
        assert [row[name] for name in band_names()] == ageing(then)["n"].tolist()


def test_nothing_open_is_nothing_moved(world: tuple[list[Case], Mart, Calendar]) -> None:
    _, mart, calendar = world
    before = Question(date(2020, 1, 1), date(2020, 2, 1), AS_OF)
    asked: Asked = ask(mart, calendar, before, MAYOR)
    assert age_flow(asked).drop(columns="band").to_numpy().sum() == 0
    assert ages_over_time(asked)[band_names()].to_numpy().sum() == 0
