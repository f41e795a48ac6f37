"""Who may see what: roles give scopes, scopes cut every read, and nothing but a role makes a scope.

Three open cases: one of parks, one of its division trees, one of roads.
"""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import orjson
import pandas as pd
import pytest

import access
from access import PUBLIC_VIEWER, READS, ROLES, AccessDenied, Role, Scope, Viewer, is_sealed, scope_of
from data_access.cache import cached
from data_access.mart.reading import Mart, open_mart
from data_access.mart.schema import FIELDS
from metrics.ageing import ageing
from metrics.case_history import case_detail
from metrics.cases import case_export, case_list
from metrics.definitions import METRICS, REGISTRY
from metrics.density import density
from metrics.measure import ask, counted, measure
from metrics.movers import movers
from metrics.question import Question
from metrics.select import Asked
from metrics.survival import curve
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

CITY = small_city("UTC", release={"all_A": True, "cases": True}, department=[{"id": "parks", "name": "Parks"}, {"id": "trees", "name": "Trees", "parent": "parks"}])  # fmt: skip
AS_OF = datetime(2026, 3, 31)
MARCH = Question(date(2026, 3, 1), date(2026, 4, 1), AS_OF)
QUARTER = MARCH.about(start=date(2026, 1, 1))
PARKS = Viewer("p", "Head of parks", "department", ("parks",))
NOBODY = Viewer("n", "Nobody yet", "department", ())
CASES = [
    {"source_id": "1", "department": "Parks"}, {"source_id": "2", "department": "Trees"}, {"source_id": "3", "department": "Roads"},
]  # fmt: skip
ABOUT = {"request_type": "tree", "case_class": "service", "opened_at": pd.Timestamp("2026-03-02"), "due_at": pd.Timestamp("2026-03-04"), "address": "1 Elm Street", "description": "by the gate", "queue": "Crew of Ann Lee", "latitude": 50.0, "longitude": 10.0, "status": "open"}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("access")
    make_mart(folder, [{**ABOUT, **case} for case in CASES], as_of=AS_OF, city=CITY)
    return folder


@pytest.fixture(scope="module")
def staff(folder: Path) -> Mart:
    return open_mart(settings_in(folder))


@pytest.fixture(scope="module")
def public(folder: Path) -> Mart:
    return open_mart(settings_in(folder, "public"))


def _asked(mart: Mart, viewer: Viewer) -> Asked:
    return ask(mart, calendar_of(CITY), MARCH, viewer)


def test_there_are_six_roles() -> None:
    assert ROLES == get_args(Role) == ("public", "viewer", "department", "analyst", "executive", "admin")


ALL_FIELDS = ("address", "case_text", "staff_names")


@pytest.mark.parametrize(("role", "audience", "departments", "fields"), [
    ("public", "public", None, ()), ("viewer", "staff", None, ()), ("department", "staff", ("parks",), ALL_FIELDS),
    ("analyst", "staff", None, ("address", "case_text")), ("executive", "staff", None, ALL_FIELDS), ("admin", "staff", None, ALL_FIELDS),
])  # fmt: skip
def test_a_role_decides_mart_departments_and_fields(role: Role, audience: str, departments: Any, fields: tuple[str, ...]) -> None:
    scope = scope_of(Viewer("x", "X", role, ("parks",), ("north",)))
    assert (scope.audience, scope.departments, scope.fields) == (audience, departments, fields)
    assert scope.districts == (("north",) if role == "department" else None), "only a department's viewer is limited to districts"
    assert is_sealed(scope)


@pytest.mark.parametrize("role", ["", "root", "Admin", "admin ", None, 1, "department,admin"])
def test_a_role_that_is_none_opens_nothing(role: Any) -> None:
    with pytest.raises(AccessDenied, match=r"^This is not open to you\.$"):
        scope_of(Viewer("x", "X", role))


@pytest.mark.parametrize("change", [
    {"departments": None}, {"departments": ("parks", "roads")}, {"departments": ()}, {"audience": "public"}, {"fields": ()}, {"districts": ("north",)}, {"seal": b""},
    {"seal": b"\x00" * 32}, {"seal": None}, {"seal": "text"},
], ids=str)  # fmt: skip
def test_an_altered_scope_is_worthless(staff: Mart, change: dict[str, Any]) -> None:
    altered = dataclasses.replace(scope_of(PARKS), **change)
    assert not is_sealed(altered)
    for read in (
        staff.spells,
        staff.open_spells,
        staff.case_records,
        staff.case_events,
        staff.measures,
        staff.measure_values,
        staff.quarantine,
    ):
        with pytest.raises(AccessDenied):
            read(altered)
    with pytest.raises(PermissionError):
        cached("anything", "edition", altered, [], lambda: 1)


def test_a_seal_does_not_fit_another_scope() -> None:
    assert not is_sealed(dataclasses.replace(scope_of(PARKS), seal=scope_of(MAYOR).seal))


def test_a_scope_of_another_kind_is_worthless() -> None:
    class Wider(Scope):
        def key(self) -> str:
            return scope_of(PARKS).key()

    assert not is_sealed(Wider("staff", None, None, None, ("address",), scope_of(PARKS).seal))
    assert not is_sealed(scope_of(PARKS).key())


@pytest.mark.parametrize("take_away", [pickle.dumps, copy.copy, copy.deepcopy, orjson.dumps])
def test_a_scope_cannot_be_stored_copied_or_sent(take_away: Any) -> None:
    with pytest.raises(TypeError):
        take_away(scope_of(MAYOR))


def test_a_scope_cannot_be_changed_in_place() -> None:
    scope = scope_of(PARKS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scope.departments = None  # type: ignore[misc]
    object.__setattr__(scope, "departments", None)
    assert not is_sealed(scope)


def test_a_seal_is_of_this_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = scope_of(MAYOR)
    monkeypatch.setattr(access, "_SEAL_KEY", b"another process's")
    assert not is_sealed(scope)


def test_a_scope_s_key_holds_no_secret() -> None:
    scope = scope_of(PARKS)
    assert scope.key() == '["staff",["parks"],null,null,["address","case_text","staff_names"]]'
    assert scope.seal.hex() not in scope.key()


def test_the_order_in_which_departments_are_listed_makes_no_difference() -> None:
    one, other = (scope_of(Viewer("x", "X", "department", names)) for names in (("roads", "parks", "parks"), ("parks", "roads")))
    assert one == other


def test_a_head_sees_the_department_and_its_divisions_only(staff: Mart) -> None:
    asked = _asked(staff, PARKS)
    assert measure("opened", asked).value == 2
    assert set(case_list(asked).frame["source_id"]) == {"1", "2"}
    assert measure("opened", _asked(staff, MAYOR)).value == 3


def test_another_department_s_case_is_as_if_there_were_none(staff: Mart) -> None:
    asked = _asked(staff, PARKS)
    assert case_detail(asked, "requests", "3") is None
    assert case_detail(asked, "requests", "no such case") is None
    assert case_detail(asked, "requests", "1") is not None


def test_a_department_that_does_not_exist_has_no_rows(staff: Mart) -> None:
    assert measure("opened", _asked(staff, Viewer("x", "X", "department", ("no-such",)))).value == 0


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS])
def test_a_head_without_departments_gets_no_figure(staff: Mart, metric: str) -> None:
    asked = _asked(staff, NOBODY)
    assert measure(metric, asked).frame["n"].fillna(0).sum() == 0
    assert measure(metric, asked, by="department").frame.empty


def test_a_head_without_departments_gets_no_case_by_any_door(staff: Mart) -> None:
    asked = _asked(staff, NOBODY)
    assert case_list(asked).total == case_export(asked, "opened").total == 0
    assert case_list(asked).frame.empty
    assert ageing(asked)["n"].sum() == 0
    assert ageing(asked, "department").empty
    assert density(asked, "opened", 9, 49, 11, 51, 0.1).empty
    assert movers(asked).empty
    assert curve(asked).empty
    assert case_detail(asked, "requests", "1") is None


@pytest.mark.parametrize(
    ("role", "sees"), [("viewer", False), ("department", True), ("analyst", True), ("executive", True), ("admin", True)]
)
def test_addresses_and_free_text_are_for_roles_that_may_read_them(staff: Mart, role: Role, sees: bool) -> None:
    asked = _asked(staff, Viewer("x", "X", role, ("parks",)))
    assert ("address" in case_list(asked).frame.columns) is sees
    detail = case_detail(asked, "requests", "1")
    assert detail is not None
    assert ("1 Elm Street" in str(detail.facts)) is sees
    assert ("by the gate" in str(detail.facts)) is sees


@pytest.mark.parametrize("role", [role for role in ROLES if role != "public"])
def test_each_role_reads_its_fields_of_a_case_and_no_other(staff: Mart, role: Role) -> None:
    """On its page, in lists, in files and by the API alike: what may not be read is no column of the FROM."""
    asked = _asked(staff, Viewer("x", "X", role, ("parks",)))
    columns = set(staff.case_records(asked.scope).c.keys())
    detail = case_detail(asked, "requests", "1")
    assert detail is not None
    words = {"address": "1 Elm Street", "case_text": "by the gate", "staff_names": "Crew of Ann Lee"}
    for group, text in words.items():
        may = role in READS[group]  # type: ignore[index]
        assert (set(FIELDS[group]) <= columns, bool(set(FIELDS[group]) & columns)) == (may, may)  # type: ignore[index]
        assert (text in str(detail.facts)) is may


def test_the_public_has_no_key_to_the_staff_mart_nor_staff_to_the_public_one(staff: Mart, public: Mart) -> None:
    for mart, viewer in ((staff, PUBLIC_VIEWER), (public, MAYOR), (public, PARKS)):
        with pytest.raises(AccessDenied, match="not open to that scope"):
            measure("opened", ask(mart, calendar_of(CITY), MARCH.about(start=date(2026, 1, 1), end=date(2026, 3, 1)), viewer))


def test_residents_see_all_departments_and_no_address(public: Mart) -> None:
    asked = ask(public, calendar_of(CITY), QUARTER, PUBLIC_VIEWER)
    assert counted(REGISTRY["opened"], asked)["n"].tolist() == [3]
    page = case_list(asked)
    assert not {"address", "latitude", "longitude"} & set(page.frame.columns)
    assert not set(page.frame["source_id"]) & {"1", "2", "3"}, "public case numbers lead nowhere"


@pytest.mark.parametrize("viewer", [PARKS, NOBODY])
def test_refused_rows_are_for_those_who_see_all_departments(staff: Mart, viewer: Viewer) -> None:
    for read in (staff.quarantine, staff.quality_issues):
        with pytest.raises(AccessDenied):
            read(scope_of(viewer))
        read(scope_of(MAYOR))
