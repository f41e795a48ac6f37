"""A list holds exactly the rows that a figure counted, as they are now, in an order a reader expects."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.mart.reading import open_mart
from metrics.ageing import ageing, ages_of, band_names
from metrics.cases import case_count, case_counts, case_list
from metrics.definitions import LISTS, REGISTRY
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question, default_question
from metrics.select import Asked
from settings import Settings
from tests.support.demo import demo_city
from tests.support.marts import MAYOR, calendar_of, instant, make_mart, settings_in, small_city

AS_OF = datetime(2026, 3, 30, 4, 0)

# Week of Monday 2026-03-16. "Again" was closed on Tuesday, opened again on Wednesday, closed on Friday.
# "Back" was closed on Tuesday, opened again on Thursday and is open. "New" is open; "Old" opened 100 days ago to the second.
CASES: list[dict[str, Any]] = [
    {"source_id": "Again", "request_type": "stump", "department": "Zoo", "opened_at": "2026-03-16T12:00:00Z", "closed_at": "2026-03-20T12:00:00Z",
     "due_at": "2026-03-18T12:00:00Z", "status": "closed"},
    {"source_id": "Back", "request_type": "Pothole", "department": "arts", "opened_at": "2026-03-16T13:00:00Z", "due_at": "2026-03-25T12:00:00Z", "status": "open"},
    {"source_id": "New", "request_type": "alley", "department": "Parks", "opened_at": "2026-03-17T12:00:00Z", "status": "open"},
    {"source_id": "Old", "request_type": "Tree", "department": "Parks", "opened_at": AS_OF - timedelta(days=100), "status": "open"},
]  # fmt: skip
EVENTS = [
    ("Again", "2026-03-17T12:00:00Z", "closed"), ("Again", "2026-03-18T12:00:00Z", "reopened"), ("Again", "2026-03-20T12:00:00Z", "closed"),
    ("Back", "2026-03-17T12:00:00Z", "closed"), ("Back", "2026-03-19T12:00:00Z", "reopened"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    rows = [{k: instant(v) if k.endswith("_at") and isinstance(v, str) else v for k, v in case.items()} for case in CASES]
    events = [{"source_id": case, "event_at": instant(at), "event_kind": kind} for case, at, kind in EVENTS]
    make_mart(folder, [{"case_class": "service", **row} for row in rows], events, as_of=AS_OF, city=small_city(release={"A": ["Pothole"]}))
    return folder


@pytest.fixture(scope="module")
def week(folder: Path) -> Asked:
    mart, calendar = open_mart(settings_in(folder)), calendar_of(small_city())
    return ask(mart, calendar, Question(instant("2026-03-16T12:00Z").date(), instant("2026-03-23T12:00Z").date(), AS_OF), MAYOR)  # type: ignore[union-attr]


def ids(asked: Asked, of: str, **how: Any) -> list[str]:
    return case_list(asked, of, **how).frame["source_id"].tolist()


def test_a_case_that_was_closed_twice_is_listed_for_each_closing(week: Asked) -> None:
    page = case_list(week, "closed", sort="closed_at")
    assert page.frame[["source_id", "closed_at"]].values.tolist() == [
        ["Again", instant("2026-03-17T12:00Z")],
        ["Back", instant("2026-03-17T12:00Z")],
        ["Again", instant("2026-03-20T12:00Z")],
    ]
    assert page.total == measure("closed", week).value == 3


def test_every_page_of_a_list_of_closings_is_another_closing(week: Asked) -> None:
    pages = [case_list(week, "closed", sort="source_id", offset=n, limit=1).frame for n in range(3)]
    assert [str(page["source_id"].iloc[0]) for page in pages] == ["Again", "Again", "Back"]
    assert len({page["closed_at"].iloc[0] for page in pages[:2]}) == 2


def test_an_opened_case_that_came_back_is_shown_as_open(week: Asked) -> None:
    rows = case_list(week, "opened", sort="source_id").frame.set_index("source_id")
    assert rows.index.tolist() == ["Again", "Back", "New"]
    assert rows.loc["Again", "closed_at"] == instant("2026-03-20T12:00Z")
    assert rows["closed_at"].isna().tolist() == [False, True, True]
    assert rows.loc["Back", "days_overdue"] == pytest.approx(4 + 16 / 24)


def test_an_opened_case_is_shown_as_it_was_known_then(week: Asked) -> None:
    then = ask(week.mart, week.calendar, week.question.about(as_of=datetime(2026, 3, 18)), MAYOR)
    rows = case_list(then, "opened", sort="source_id").frame.set_index("source_id")
    assert rows["closed_at"].isna().tolist() == [False, False, True]


def test_names_are_sorted_as_they_read(week: Asked) -> None:
    """By their letters, capital or not, and not in the order in which the city's names were first seen."""
    assert case_list(week, "opened", sort="request_type").frame["request_type"].tolist() == ["alley", "Pothole", "stump"]
    assert case_list(week, "opened", sort="department", descending=True).frame["department"].tolist() == ["Zoo", "Parks", "arts"]


def test_one_case_is_found_by_its_id_if_the_list_has_it(week: Asked) -> None:
    assert ids(week, "opened", search=" Back ") == ["Back"]
    assert case_list(week, "opened", search="Back").total == 1
    assert ids(week, "opened", search="Old") == []
    assert ids(week, "opened", search="' OR 1=1 --") == []


def test_ages_include_their_lower_bound(week: Asked) -> None:
    """'Old' is 100 days old to the second, 'Back' and 'New' are 12 to 14 days."""
    assert ids(week, "backlog", ages=(100, 365)) == ["Old"]
    assert ids(week, "backlog", ages=(90, 100)) == []
    assert sorted(ids(week, "backlog", ages=ages_of("7-14"))) == ["Back", "New"]
    assert ids(week, "backlog", ages=(90, None)) == ["Old"]
    assert ages_of("365+") == ages_of("365 ") == (365, None)
    with pytest.raises(BadQuestion, match="can be listed by age"):
        case_list(week, "opened", ages=(0, 7))
    with pytest.raises(BadQuestion, match="There are no ages called '1-2'"):
        ages_of("1-2")


def test_an_open_case_that_was_closed_before_is_one_to_look_at_again(week: Asked) -> None:
    """'Back' is open again; 'Again' came back too and is closed."""
    assert ids(week, "reopened_open") == ["Back"]
    assert measure("reopened_open", week).value == 1


def test_a_head_s_counts_are_of_the_own_department(folder: Path) -> None:
    mart, calendar = open_mart(settings_in(folder)), calendar_of(small_city())
    head = ask(mart, calendar, default_question(mart, calendar), Viewer("h", "Head", "department", ("parks",)))
    assert case_count(head, "backlog") == 2
    assert case_counts(head, "backlog", "department")[["label", "n"]].values.tolist() == [["Parks", 2]]


def test_counts_that_may_be_small_are_no_answer_for_the_public(folder: Path, demo_public_settings: Settings) -> None:
    mart, calendar = open_mart(settings_in(folder, "public")), calendar_of(small_city())
    with pytest.raises(AccessDenied):
        case_counts(ask(mart, calendar, default_question(mart, calendar), PUBLIC_VIEWER), "backlog", "department")


@pytest.fixture(scope="module")
def city(demo_settings: Settings) -> Asked:
    mart, calendar = open_mart(demo_settings), calendar_of(demo_city(demo_settings.data))
    return ask(mart, calendar, default_question(mart, calendar, weeks=26), MAYOR)


RARE = ("transferred_again",)
"""So few in the small demo city that half a year may have none."""


@pytest.mark.parametrize("of", [of for of in LISTS if of in REGISTRY])
def test_a_list_has_as_many_rows_as_were_counted(city: Asked, of: str) -> None:
    """Of a share, those that met it and those that missed it are all of them, and each list adds up over types."""
    answer = measure(of, city)
    assert case_count(city, of) == answer.n
    assert answer.n or of in RARE
    if REGISTRY[of].kind == "share":
        met, missed = (case_count(city, of, hits=hits) for hits in (True, False))
        assert (met, met + missed) == (answer.numerator, answer.denominator)
        assert case_counts(city, of, "request_type", hits=True)["n"].sum() == met
    assert case_counts(city, of, "channel")["n"].sum() == answer.n


def test_every_age_band_has_its_list(city: Asked) -> None:
    counts = ageing(city)
    assert [case_count(city, "backlog", ages=ages_of(band)) for band in band_names()] == counts["n"].tolist()


@pytest.mark.parametrize("of", ["backlog", "overdue_now"])
def test_a_point_of_a_stock_over_time_has_its_list(city: Asked, of: str) -> None:
    """The stock at the end of a week is what is open at its last instant."""
    weekly = measure(of, city, period=True).frame.set_index("period")["value"]
    for start in list(weekly.index[:3]):
        end = (start + timedelta(days=7)).date()
        then = ask(city.mart, city.calendar, city.question.about(as_of=city.calendar.last_instant(end)), MAYOR)
        assert case_count(then, of) == weekly[start]


def test_a_case_opened_at_midnight_is_not_in_the_list_of_the_day_before(tmp_path: Path) -> None:
    """Monday begins with the case; the list of Sunday's end is without it, as the line over time is."""
    city = small_city()
    midnight = datetime(2026, 3, 16, 4)
    earlier = {
        "source_id": "0",
        "case_class": "service",
        "opened_at": datetime(2026, 2, 2, 12),
        "closed_at": datetime(2026, 2, 3, 12),
        "status": "closed",
    }
    cases = [earlier, {"source_id": "1", "case_class": "service", "opened_at": midnight}]
    mart = make_mart(tmp_path, cases, as_of=AS_OF, city=city)
    calendar = calendar_of(city)
    question = Question(datetime(2026, 3, 9).date(), datetime(2026, 3, 23).date(), AS_OF)
    assert measure("backlog", ask(mart, calendar, question, MAYOR), period=True).frame["value"].tolist() == [0, 1]
    for at, open_cases in ((calendar.last_instant(datetime(2026, 3, 16).date()), 0), (midnight, 1)):
        assert case_count(ask(mart, calendar, question.about(as_of=at), MAYOR), "backlog") == open_cases
