"""Cases per cell of a map: whole cells, located cases only, and for residents no small cell and no fine grid.

The square from 10.00 to 10.02 degrees east and 50.00 to 50.02 north, in cells of 0.01 degrees:

    north-west 2 cases    north-east 0
    south-west 7 cases    south-east 1 (open)
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.mart.reading import open_mart
from metrics.case_history import case_detail
from metrics.cases import case_count, case_export
from metrics.cells import cell_at, written
from metrics.density import MOST_ACROSS, cell_for, density, placed, shown_cell
from metrics.measure import ask, measure
from metrics.question import BadQuestion, Question, parse_question, to_query
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

COUNCIL = Viewer("council", "Council", "viewer")
CITY = small_city("UTC", release={"all_A": True})
AS_OF = datetime(2026, 3, 31)
MARCH = Question(date(2026, 3, 1), date(2026, 4, 1), AS_OF)
VIEW = (10.0, 50.0, 10.02, 50.02)
PLACES = [(10.001 + i / 1000, 50.004) for i in range(7)] + [(10.002, 50.013), (10.007, 50.019), (10.015, 50.001), (None, None)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("density")
    cases: list[dict[str, Any]] = []
    for number, (longitude, latitude) in enumerate(PLACES):
        is_open = number == 9
        cases.append({
            "source_id": str(number), "department": "parks" if number < 8 else "roads", "request_type": "tree", "case_class": "service",
            "opened_at": pd.Timestamp("2026-03-02 09:00"), "closed_at": None if is_open else pd.Timestamp("2026-03-03 09:00"),
            "status": "open" if is_open else "closed", "longitude": longitude, "latitude": latitude,
        })  # fmt: skip
    make_mart(folder, cases, as_of=AS_OF, city=CITY)
    return folder


@pytest.fixture(scope="module")
def staff(folder: Path) -> Asked:
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), MARCH, MAYOR)


@pytest.fixture(scope="module")
def public(folder: Path) -> Asked:
    return ask(open_mart(settings_in(folder, "public")), calendar_of(CITY), MARCH, PUBLIC_VIEWER)


def _cells(frame: pd.DataFrame) -> dict[tuple[float, float], int]:
    return {(row.lon, row.lat): row.n for row in frame.itertuples()}


def test_cases_are_counted_per_cell_and_empty_cells_are_absent(staff: Asked) -> None:
    assert _cells(density(staff, "opened", *VIEW, 0.01)) == {(10.005, 50.005): 7, (10.015, 50.005): 1, (10.005, 50.015): 2}


def test_cells_and_the_unlocated_add_up_to_the_figure(staff: Asked) -> None:
    assert density(staff, "opened", *VIEW, 0.01)["n"].sum() + 1 == measure("opened", staff).value == 11


def test_a_cell_s_list_has_exactly_its_cases_and_its_address_names_it_again(folder: Path, staff: Asked) -> None:
    mart = open_mart(settings_in(folder))
    for (longitude, latitude), n in _cells(density(staff, "opened", *VIEW, 0.01)).items():
        address = written(cell_at(longitude, latitude, 0.01))
        question = parse_question({"from": "2026-03-01", "to": "2026-04-01", "cell": address}, MAYOR, mart, calendar_of(CITY))
        assert case_count(ask(mart, calendar_of(CITY), question, MAYOR), "opened") == n
        assert to_query(question, mart)["cell"] == address


@pytest.mark.parametrize(
    "text", ["50,10", "50,10,0.00001", "50,10,11", "91,10,0.01", "50,181,0.01", "50,1e1,0.01", "a,b,c", "50,10,nan", "50;10;1", "x" * 100]
)
def test_what_is_no_cell_is_refused_with_its_text(folder: Path, text: str) -> None:
    with pytest.raises(BadQuestion, match="There is no cell of the map called"):
        parse_question({"cell": text}, MAYOR, open_mart(settings_in(folder)), calendar_of(CITY))


@pytest.mark.parametrize("viewer", [COUNCIL, PUBLIC_VIEWER], ids=lambda viewer: viewer.role)
def test_who_may_not_read_addresses_cannot_ask_for_a_cell(folder: Path, viewer: Viewer) -> None:
    """A list of a cell would tell of each of its cases where it lies; they are told that there is no such cell."""
    audience = "public" if viewer is PUBLIC_VIEWER else "staff"
    with pytest.raises(BadQuestion, match="There is no cell of the map"):
        parse_question({"cell": "50.005,10.005,0.01"}, viewer, open_mart(settings_in(folder, audience)), calendar_of(CITY))


def test_a_stock_is_drawn_as_it_stands(staff: Asked) -> None:
    assert _cells(density(staff, "backlog", *VIEW, 0.01)) == {(10.015, 50.005): 1}


def test_filters_of_the_question_hold(staff: Asked) -> None:
    roads = ask(staff.mart, staff.calendar, MARCH.about(department=("roads",)), MAYOR)
    assert _cells(density(roads, "opened", *VIEW, 0.01)) == {(10.005, 50.015): 1, (10.015, 50.005): 1}


def test_a_department_head_sees_only_the_department_on_the_map(staff: Asked) -> None:
    head = ask(staff.mart, staff.calendar, MARCH, Viewer("r", "Roads", "department", ("roads",)))
    assert density(head, "opened", *VIEW, 0.01)["n"].sum() == 2


def test_a_cell_cut_by_the_view_is_counted_whole(staff: Asked) -> None:
    assert _cells(density(staff, "opened", 10.004, 50.001, 10.009, 50.009, 0.01)) == {(10.005, 50.005): 7}


def test_a_point_on_an_edge_is_in_one_cell_only(staff: Asked) -> None:
    """Points at 10.001, 10.002, ... lie on the edges of cells a thousandth wide."""
    assert density(staff, "opened", *VIEW, 0.001)["n"].sum() == 10


@pytest.fixture(scope="module")
def council(folder: Path) -> Asked:
    """One who sees figures of all departments, but no addresses."""
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), MARCH, COUNCIL)


def test_who_may_not_read_addresses_sees_no_cell_with_fewer_than_five_cases(council: Asked) -> None:
    assert _cells(density(council, "opened", *VIEW, 0.01)) == {(10.005, 50.005): 7}


def test_who_may_not_read_addresses_gets_no_cells_finer_than_a_block(council: Asked, staff: Asked) -> None:
    assert shown_cell(council, 0.0001) == 0.0025
    assert shown_cell(council, 0.0026) == 0.005
    assert shown_cell(council, 0.005) == 0.005
    assert shown_cell(staff, 0.0001) == 0.0001
    assert density(council, "opened", *VIEW, 0.0001).empty, "seven cases spread over three cells of the grid"


def test_who_may_not_read_addresses_reads_no_coordinates_of_a_case_either(council: Asked, staff: Asked) -> None:
    for asked, told in ((staff, True), (council, False)):
        case = case_detail(asked, "requests", "0")
        assert case is not None
        assert [("latitude" in case.facts, "longitude" in case.facts, "location_key" in case.facts)] == [(told,) * 3]
    assert not {"latitude", "longitude"} & set(case_export(council, "opened").frame.columns)


def test_residents_are_given_figures_of_areas_only(public: Asked) -> None:
    for answer in (lambda: density(public, "opened", *VIEW, 0.01), lambda: placed(public, "opened")):
        with pytest.raises(AccessDenied, match="open to staff"):
            answer()


def test_cases_without_a_place_are_told_apart(staff: Asked) -> None:
    assert placed(staff, "opened") == (11, 10)
    roads = ask(staff.mart, staff.calendar, MARCH.about(department=("roads",)), MAYOR)
    assert placed(roads, "opened") == (3, 2)


def test_figures_made_of_figures_have_no_places(staff: Asked) -> None:
    with pytest.raises(BadQuestion, match="counts no cases of its own"):
        placed(staff, "net_flow")


def test_cells_are_as_fine_as_the_view_allows_and_each_is_cut_into_four(staff: Asked) -> None:
    """A fifth of a degree in cells of 0.0032 is 62.5 of them; half the view halves the cell; no cell is finer than an address."""
    assert cell_for(10.0, 50.0, 10.2, 50.1) == 0.0032
    assert cell_for(10.0, 50.0, 10.1, 50.05) == 0.0016
    assert cell_for(10.0, 50.0, 10.0, 50.2) == 0.0032, "the longer side decides"
    assert cell_for(10.0, 50.0, 10.000001, 50.000001) == 0.0001
    world = (-180.0, -90.0, 180.0, 90.0)
    assert 360 / cell_for(*world) <= MOST_ACROSS
    assert density(staff, "opened", *world, cell_for(*world))["n"].sum() == 10


def test_nothing_on_the_map_is_an_empty_answer(staff: Asked) -> None:
    assert density(staff, "opened", -1, -1, 1, 1, 0.1).empty


@pytest.mark.parametrize("changed", [
    {"west": "10"}, {"west": None}, {"west": True}, {"west": float("nan")}, {"north": float("inf")}, {"west": -181}, {"north": 91},
    {"east": 10.0}, {"south": 51.0}, {"cell_degrees": 0}, {"cell_degrees": -0.01}, {"cell_degrees": 1e-9}, {"cell_degrees": "0.01"},
    {"cell_degrees": 11}, {"cell_degrees": 0.00011, "west": -180, "east": 180}, {"metric_id": "no_such"}, {"metric_id": ["opened"]},
    {"metric_id": "net_flow"}, {"metric_id": "weeks_of_work"}, {"west": [10]}, {"west": 10**400},
], ids=str)  # fmt: skip
def test_what_is_no_view_is_refused_in_a_sentence(staff: Asked, changed: dict[str, Any]) -> None:
    view = {"metric_id": "opened", "west": 10.0, "south": 50.0, "east": 10.02, "north": 50.02, "cell_degrees": 0.01}
    with pytest.raises(BadQuestion, match=r"\w+ .*\."):
        density(staff, **{**view, **changed})
