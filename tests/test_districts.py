"""Somebody limited to a department in one district sees its cases there, and of everything else not even a count.

Two cities differ in everything that lies outside: other cases, other deadlines, other places. Whoever is limited to parks in the
north gets the same answers from both, to the byte. Districts are north, south, east and west; quarter "old" lies in the north, "new" in the south.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from access import Viewer, scope_of
from data_access.mart.reading import Mart
from metrics import audit
from metrics.ageing import ageing
from metrics.area_months import area_months
from metrics.areas import area_figures
from metrics.case_history import case_detail
from metrics.cases import case_count, case_counts, case_export, case_list
from metrics.definitions import LISTS, METRICS, REGISTRY
from metrics.density import density
from metrics.measure import ask, measure
from metrics.movers import movers
from metrics.question import BadQuestion, parse_question
from metrics.select import Asked
from metrics.survival import curve
from tests.support.marts import MAYOR, calendar_of
from tests.support.worlds import Case, city, mart_of, world

NORTH = Viewer("n", "Parks, northern crew", "department", ("parks",), ("north",))
PARKS = Viewer("p", "Head of parks", "department", ("parks",))
ZONE = "America/New_York"


def is_inside(case: Case) -> bool:
    return case.owners[-1][1] in ("parks", "trees", "lawns") and case.areas[0] == "north"


def another(case: Case, number: int) -> Case | None:
    """The same case as it would be in the other city: gone, or different in all that figures are made of."""
    if is_inside(case):
        return case
    if number % 3 == 0:
        return None
    return replace(
        case, due=None if case.due is None else case.due - timedelta(days=9), outcome="resolved", request_type="pothole",
        spells=((case.opened - timedelta(days=2), None),), holds=(), channel="web", satisfaction=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mart, Mart, Any, list[Case]]]:
    folder = tmp_path_factory.mktemp("districts")
    of = city(folder, ZONE)
    cases = world(4, "w0", ZONE, 240)
    others = [made for number, case in enumerate(cases) if (made := another(case, number)) is not None]
    marts = mart_of(folder / "one", cases, of), mart_of(folder / "other", others, of)
    yield *marts, calendar_of(of), cases
    for mart in marts:
        mart.close()


@pytest.fixture(scope="module")
def both(cities: tuple[Mart, Mart, Any, list[Case]]) -> tuple[Asked, Asked]:
    one, other, calendar, _ = cities
    return _asked(one, calendar, NORTH), _asked(other, calendar, NORTH)


def _asked(mart: Mart, calendar: Any, viewer: Viewer, **query: str) -> Asked:
    asked_for = {"from": "2025-10-01", "to": "2026-04-20", "grain": "month", "case_class": "all", **query}
    return ask(mart, calendar, parse_question(asked_for, viewer, mart, calendar), viewer)


def bytes_of(frame: pd.DataFrame) -> str:
    return frame.to_json(orient="split", date_format="iso")


def test_the_two_cities_differ_for_everybody_else(cities: Any) -> None:
    one, other, calendar, cases = cities
    inside = [case for case in cases if is_inside(case)]
    assert 10 < len(inside) < len(cases) / 4
    for viewer in (MAYOR, PARKS):
        figures = [measure("opened", _asked(mart, calendar, viewer)).value for mart in (one, other)]
        assert figures[0] != figures[1]


def test_the_cases_of_the_own_district_are_all_there(cities: Any) -> None:
    one, _, calendar, cases = cities
    ids = {
        case.id
        for case in cases
        if is_inside(case) and case.spells[-1][1] is None and case.outcome not in ("duplicate", "cancelled", "test")
    }
    assert set(case_list(_asked(one, calendar, NORTH), limit=500).frame["source_id"]) == ids


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS])
def test_no_figure_depends_on_what_lies_outside(both: tuple[Asked, Asked], metric: str) -> None:
    one, other = (measure(metric, asked, by=("department", "quarter")) for asked in both)
    assert bytes_of(one.frame) == bytes_of(other.frame)
    if REGISTRY[metric].by_period:
        one, other = (measure(metric, asked, period=True) for asked in both)
        assert bytes_of(one.frame) == bytes_of(other.frame)


@pytest.mark.parametrize("of", ["backlog", "opened", "closed_cases", "ontime_due", "reopen_rate"])
def test_no_list_and_no_file_depends_on_what_lies_outside(both: tuple[Asked, Asked], of: str) -> None:
    assert of in LISTS
    one, other = both
    assert bytes_of(case_export(one, of).frame) == bytes_of(case_export(other, of).frame)
    assert case_count(one, of) == case_count(other, of)
    assert bytes_of(case_counts(one, of, "district")) == bytes_of(case_counts(other, of, "district"))


def test_no_map_and_no_curve_depends_on_what_lies_outside(both: tuple[Asked, Asked]) -> None:
    one, other = both
    for ask_for in (
        lambda asked: area_figures(asked, "per_1000", "district").frame, lambda asked: area_figures(asked, "backlog", "quarter").frame,
        lambda asked: area_months(asked, "opened", "district"), lambda asked: density(asked, "opened", -90, -90, 90, 90, 1.0),
        ageing, movers, lambda asked: pd.DataFrame(curve(asked)),
    ):  # fmt: skip
        assert bytes_of(ask_for(one)) == bytes_of(ask_for(other))


def test_of_other_districts_nothing_is_said_not_even_that_there_is_nothing(both: tuple[Asked, Asked]) -> None:
    for layer, open_to in (("district", ["north"]), ("quarter", ["old"])):
        assert list(area_figures(both[0], "opened", layer).frame["key"]) == open_to
        assert set(area_months(both[0], "opened", layer)["key"]) == set(open_to)


def test_people_are_those_of_the_own_districts(both: tuple[Asked, Asked]) -> None:
    """9,000 people live in the north, 10,600 in all districts that know their number."""
    answer = measure("per_1000", both[0])
    cases = answer.frame["numerator"].iloc[0]
    assert cases > 0
    assert answer.value == pytest.approx(cases / 9_000 * 1_000)


def test_a_case_in_another_district_is_as_if_there_were_none(cities: Any, both: tuple[Asked, Asked]) -> None:
    cases = cities[3]
    asked = both[0]
    own_department = next(case for case in cases if case.owners[-1][1] == "parks" and case.areas[0] == "south")
    own = next(case for case in cases if is_inside(case))
    assert case_detail(asked, "w0", own_department.id) is case_detail(asked, "w0", "made up") is None
    assert case_detail(asked, "w0", own.id) is not None
    for search in (own_department.id, "made up"):
        assert case_list(asked, search=search).total == 0


def test_another_district_is_named_like_one_that_does_not_exist(cities: Any) -> None:
    one, _, calendar, _ = cities

    def refusal(viewer: Viewer, **query: str) -> str:
        with pytest.raises(BadQuestion) as error:
            _asked(one, calendar, viewer, **query)
        return str(error.value)

    assert refusal(NORTH, district="south") == refusal(NORTH, district="made-up").replace("made-up", "south")
    assert refusal(NORTH, district="none").replace("none", "south") == refusal(NORTH, district="south")
    assert refusal(NORTH, quarter="new") == refusal(NORTH, quarter="made-up").replace("made-up", "new")
    assert _asked(one, calendar, NORTH, district="north").question.areas == (("district", "north"),)
    assert _asked(one, calendar, PARKS, district="south").question.areas == (("district", "south"),)


def test_figures_that_are_not_cases_and_samples_of_whole_departments_are_not_of_a_district(both: tuple[Asked, Asked]) -> None:
    asked = both[0]
    with pytest.raises(BadQuestion, match="limited to districts"):
        audit.draw(asked, 5, 1)
    assert audit.open_to(NORTH, asked) == frozenset()
    measures = asked.mart.measures(asked.scope)
    assert asked.mart.read(select(measures), asked.scope).empty


@pytest.mark.parametrize("districts", [("nowhere",), ("NORTH",), ("none",), ("",)])
def test_a_district_that_does_not_exist_has_no_rows(cities: Any, districts: tuple[str, ...]) -> None:
    one, _, calendar, _ = cities
    asked = _asked(one, calendar, Viewer("x", "X", "department", ("parks",), districts))
    assert measure("opened", asked).value == 0
    assert case_list(asked).total == 0


def test_two_districts_are_two_keys_and_no_role_but_a_department_s_has_any() -> None:
    viewers = [Viewer("x", "X", "department", ("parks",), of) for of in ((), ("north",), ("south",), ("north", "south"))]
    assert len({scope_of(viewer).key() for viewer in viewers}) == 4
    assert scope_of(Viewer("x", "X", "executive", (), ("north",))).districts is None
