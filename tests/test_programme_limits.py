"""Somebody limited to a department in one programme sees its cases there, and of every other programme not even that it exists.

Two cities differ in everything that lies outside: whoever is limited to parks in the world w0 gets the same answers from both, to the
byte. A third city has programmes of other kinds, with stages: service requests, records requests and police complaints of one clerk.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import create_engine, select

from access import AccessDenied, Viewer, scope_of
from components import gate, restated_words
from data_access.city_models import Group
from data_access.mart import schema
from data_access.mart.reading import Mart
from data_access.store import accounts, elsewhere, packet_rows
from data_access.store.accounts import NoAccount
from data_access.store.elsewhere import Person, Rights
from data_access.store.engine import upgrade
from metrics import audit, remarks
from metrics.ageing import ageing
from metrics.areas import area_figures
from metrics.case_history import case_detail
from metrics.cases import case_count, case_counts, case_export, case_list
from metrics.definitions import METRICS, REGISTRY
from metrics.density import density
from metrics.desk import Desk
from metrics.measure import ask, measure
from metrics.movers import movers
from metrics.question import BadQuestion, parse_question
from metrics.select import Asked
from metrics.survival import curve
from tests.support.marts import calendar_of, make_mart, settings_in, small_city
from tests.support.worlds import Case, city, mart_of, world
from tests.test_stages import AS_OF, CASES, EVENTS, PROGRAMMES

ZONE = "America/New_York"
LIMITED = Viewer("p", "Parks, world 0", "department", ("parks",), (), ("w0",))
PARKS = Viewer("h", "Head of parks", "department", ("parks",))
RECORDS = Viewer("r", "Records officer", "department", ("clerk", "works", "oversight"), (), ("records",))
POLICE = Viewer("o", "Oversight", "department", ("oversight",), (), ("police",))
PASSWORD = "lantern gravel otter parade"
NOW = datetime(2026, 3, 16, 9, 0)


def another(case: Case, number: int) -> Case | None:
    """A case of the other world as it is in the other city: gone, or different in all that figures are made of."""
    if number % 3 == 0:
        return None
    return replace(
        case, due=None if case.due is None else case.due - timedelta(days=9), outcome="resolved", request_type="pothole",
        spells=((case.opened - timedelta(days=2), None),), holds=(), channel="web", satisfaction=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mart, Mart, Any, list[Case]]]:
    folder = tmp_path_factory.mktemp("programmes")
    of = city(folder, ZONE, worlds=2)
    own, foreign = world(4, "w0", ZONE, 120), world(5, "w1", ZONE, 120)
    changed = [made for number, case in enumerate(foreign) if (made := another(case, number)) is not None]
    marts = mart_of(folder / "one", [*own, *foreign], of), mart_of(folder / "other", [*own, *changed], of)
    yield *marts, calendar_of(of), [*own, *foreign]
    for mart in marts:
        mart.close()


@pytest.fixture(scope="module")
def both(cities: Any) -> tuple[Asked, Asked]:
    one, other, calendar, _ = cities
    return _asked(one, calendar, LIMITED), _asked(other, calendar, LIMITED)


def _asked(mart: Mart, calendar: Any, viewer: Viewer, **query: str) -> Asked:
    asked_for = {"from": "2025-10-01", "to": "2026-04-20", "grain": "month", "case_class": "all", **query}
    return ask(mart, calendar, parse_question(asked_for, viewer, mart, calendar), viewer)


def bytes_of(frame: pd.DataFrame) -> str:
    return frame.to_json(orient="split", date_format="iso")


# Nothing of another programme, by any door


def test_the_two_cities_differ_for_who_sees_the_whole_department(cities: Any, both: tuple[Asked, Asked]) -> None:
    one, other, calendar, _ = cities
    figures = [measure("opened", _asked(mart, calendar, PARKS)).value for mart in (one, other)]
    assert figures[0] != figures[1]
    assert 0 < (measure("opened", both[0]).value or 0) < min(figures)


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS])
def test_no_figure_depends_on_another_programme(both: tuple[Asked, Asked], metric: str) -> None:
    one, other = (measure(metric, asked, by=("department", "programme")) for asked in both)
    assert bytes_of(one.frame) == bytes_of(other.frame)
    if REGISTRY[metric].by_period:
        one, other = (measure(metric, asked, period=True) for asked in both)
        assert bytes_of(one.frame) == bytes_of(other.frame)


def test_no_list_no_file_and_no_map_depends_on_another_programme(both: tuple[Asked, Asked]) -> None:
    one, other = both
    for of in ("backlog", "opened", "closed_cases", "ontime_due", "reopen_rate"):
        assert bytes_of(case_export(one, of).frame) == bytes_of(case_export(other, of).frame)
        assert case_count(one, of) == case_count(other, of)
        assert bytes_of(case_counts(one, of, "programme")) == bytes_of(case_counts(other, of, "programme"))
    for ask_for in (
        lambda asked: area_figures(asked, "per_1000", "district").frame, lambda asked: density(asked, "opened", -90, -90, 90, 90, 1.0),
        ageing, movers, lambda asked: pd.DataFrame(curve(asked)),
    ):  # fmt: skip
        assert bytes_of(ask_for(one)) == bytes_of(ask_for(other))


def test_a_case_of_another_programme_is_as_if_there_were_none(cities: Any, both: tuple[Asked, Asked]) -> None:
    cases, asked = cities[3], both[0]
    foreign, own = (
        next(case for case in cases if case.programme == name and case.owners[-1][1] == "parks") for name in ("w1", "w0")
    )  # fmt: skip
    assert case_detail(asked, "w1", foreign.id) is case_detail(asked, "w1", "made up") is case_detail(asked, "made-up", foreign.id) is None
    assert case_detail(asked, "w0", own.id) is not None
    assert case_list(asked, search=foreign.id).total == 0


def test_every_from_with_cases_is_cut_and_what_is_not_about_cases_is_empty(cities: Any, both: tuple[Asked, Asked]) -> None:
    """Of all tables, as they are declared: a new one with cases in it must be cut too."""
    asked = both[0]
    own = set(asked.mart.dimensions.programme_ids(("w0",)))
    for table in (schema.spell, schema.open_spell, schema.closed_spell, schema.due_spell, schema.stage_visit, schema.case_record):
        found = asked.mart.read(select(asked.mart._issue(table, asked.scope)), asked.scope)
        assert set(found["programme_id"]) <= own, table.name
    events, records = asked.mart.case_events(asked.scope), asked.mart.case_records(asked.scope)
    ids = set(asked.mart.read(select(records.c.case_id), asked.scope)["case_id"])
    of_events = set(asked.mart.read(select(events.c.case_id), asked.scope)["case_id"])
    assert of_events
    assert of_events <= ids
    for table in (schema.measure, schema.measure_value, schema.contact_interval):
        assert asked.mart.read(select(asked.mart._issue(table, asked.scope)), asked.scope).empty


def test_another_programme_is_named_like_one_that_does_not_exist(cities: Any) -> None:
    one, _, calendar, _ = cities

    def refusal(viewer: Viewer, **query: str) -> str:
        with pytest.raises(BadQuestion) as error:
            _asked(one, calendar, viewer, **query)
        return str(error.value)

    assert refusal(LIMITED, programme="w1") == refusal(LIMITED, programme="made-up").replace("made-up", "w1")
    assert _asked(one, calendar, LIMITED, programme="w0").question.programme == ("w0",)
    assert _asked(one, calendar, PARKS, programme="w1").question.programme == ("w1",)


@pytest.mark.parametrize("programmes", [("nowhere",), ("W0",), ("",)])
def test_a_programme_that_does_not_exist_has_no_rows(cities: Any, programmes: tuple[str, ...]) -> None:
    one, _, calendar, _ = cities
    asked = _asked(one, calendar, Viewer("x", "X", "department", ("parks",), (), programmes))
    assert measure("opened", asked).value == 0
    assert case_list(asked).total == 0


def test_districts_and_programmes_cut_together(cities: Any) -> None:
    one, _, calendar, cases = cities
    asked = _asked(one, calendar, Viewer("x", "X", "department", ("parks",), ("north",), ("w0",)))
    wanted = {
        case.id for case in cases
        if case.programme == "w0" and case.owners[-1][1] in ("parks", "trees", "lawns") and case.areas[0] == "north" and case.spells[-1][1] is None
        and case.outcome not in ("duplicate", "cancelled", "test")
    }  # fmt: skip
    assert set(case_list(asked, limit=500).frame["source_id"]) == wanted


def test_two_limits_are_two_keys_and_no_role_but_a_department_s_has_any() -> None:
    viewers = [Viewer("x", "X", "department", ("parks",), *of) for of in ((), (("w0",),), ((), ("w0",)), ((), ("w1",)), ((), ("w0", "w1")))]
    assert len({scope_of(viewer).key() for viewer in viewers}) == 5
    assert scope_of(Viewer("x", "X", "executive", (), (), ("w0",))).programmes is None
    forged = dataclasses.replace(scope_of(LIMITED), programmes=None)
    with pytest.raises(AccessDenied):
        Mart._require(type("M", (), {"audience": "staff"})(), forged)  # type: ignore[arg-type]


# Programmes of other kinds


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mart, Any]:
    of = small_city(programme=PROGRAMMES)
    return make_mart(tmp_path_factory.mktemp("office"), CASES, EVENTS, as_of=AS_OF, city=of), calendar_of(of)


def test_headline_figures_of_who_has_no_service_requests_are_of_the_own_programmes(office: Any) -> None:
    """Four records requests; the pothole is no business of theirs."""
    mart, calendar = office
    asked = _asked(mart, calendar, RECORDS)
    assert measure("opened", asked).frame["n"].tolist() == [4]
    assert measure("opened", _asked(mart, calendar, RECORDS, programme="all")).frame["n"].tolist() == [4]
    assert measure("opened", _asked(mart, calendar, replace(RECORDS, programmes=("records", "requests")))).frame["n"].tolist() == [1]


def test_stages_of_another_programme_do_not_exist_and_totals_only_are_no_cases_for_their_own_officer_either(office: Any) -> None:
    mart, calendar = office
    assert _asked(mart, calendar, RECORDS, stage="records.asked").question.stage == ("records.asked",)
    lines = []
    for viewer, query in ((RECORDS, {"stage": "police.intake"}), (RECORDS, {"programme": "police"}), (POLICE, {"programme": "police"})):
        with pytest.raises(BadQuestion) as error:
            _asked(mart, calendar, viewer, **query)
        lines.append(str(error.value))
    assert lines == [
        "There is no stage called 'police.intake'.", "There is no programme called 'police'.",
        "Of 'Police complaints' there are totals only, on its own page: no single figure, list or map.",
    ]  # fmt: skip
    assert measure("opened", _asked(mart, calendar, POLICE)).value == 0


# What is said of whole departments


def test_who_sees_part_of_a_department_reads_nothing_that_is_said_of_all_of_it(both: tuple[Asked, Asked], tmp_path: Path) -> None:
    asked, store = both[0], create_engine(f"sqlite:///{tmp_path / 'own.sqlite'}")
    upgrade(store)
    with pytest.raises(BadQuestion, match="limited to districts or programmes"):
        audit.draw(asked, 5, 1)
    assert audit.open_to(LIMITED, asked) == remarks.open_to(LIMITED, asked.mart) == frozenset()
    assert packet_rows.latest(store, LIMITED, frozenset({"parks"})) == []
    app = Flask("limited")
    gate.start(app, Desk(dataclasses.replace(settings_in(tmp_path), store_url=str(store.url)), lambda: LIMITED))
    with app.app_context():
        closed = type("Closed", (), {"id": 1})()
        assert restated_words.visible(closed, asked) == []  # type: ignore[arg-type]
    store.dispose()


# Accounts


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = create_engine(f"sqlite:///{tmp_path / 'accounts.sqlite'}")
    upgrade(engine)
    yield engine
    engine.dispose()


def test_an_account_is_limited_to_programmes_and_says_so(store: Any) -> None:
    limits: dict[str, Any] = {"departments": ("parks",), "districts": ("north",), "programmes": ("permits", "permits")}
    made = accounts.add(store, login="ada", name="Ada", role="department", **limits, password=PASSWORD, now=NOW)
    assert made.rights == "department of parks in north for permits"
    assert made.viewer == Viewer(f"account-{made.id}", "Ada", "department", ("parks",), ("north",), ("permits",))
    accounts.change_role(store, "ada", "department", ("parks",))
    assert accounts.everybody(store)[0].programmes == ()
    with pytest.raises(NoAccount, match="can be limited to programmes"):
        accounts.change_role(store, "ada", "viewer", (), (), ("permits",))


def test_groups_limit_to_programmes_and_two_with_other_limits_do_not_add_up(store: Any) -> None:
    groups = [
        Group(group="permits, parks", role="department", departments=("parks",), programmes=("permits",)),
        Group(group="permits, water", role="department", departments=("water",), programmes=("permits",)),
        Group(group="all of roads", role="department", departments=("roads",)),
    ]
    rights = elsewhere.rights_of([one.group for one in groups], groups)
    assert rights == Rights("department", ("parks", "water"), (), ("permits",))
    person = Person("https://id.example", "7", "Ada", "ada")
    known, before = elsewhere.renewed(store, person, rights, NOW)
    assert (known.programmes, before) == (("permits",), "")
    fewer = Rights("department", ("parks", "water"), (), ("ideas",))
    assert elsewhere.renewed(store, person, fewer, NOW)[0].viewer.programmes == ("ideas",)
    with pytest.raises(ValidationError, match="limited to districts or programmes"):
        Group(group="x", role="viewer", programmes=("permits",))


def test_accounts_from_before_are_limited_to_no_programme(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    from data_access.store.engine import MIGRATIONS

    engine, config = create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}"), Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        connection.exec_driver_sql(
            "INSERT INTO account (login, name, role, departments, districts, must_change_password, failures, created_at)"
            f" VALUES ('old', 'Old', 'department', '{json.dumps(['parks'])}', '[]', 0, 0, '2026-01-01 00:00:00')"
        )
    upgrade(engine)
    assert accounts.everybody(engine)[0].viewer == Viewer("account-1", "Old", "department", ("parks",))
    engine.dispose()
