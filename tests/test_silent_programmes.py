"""What else would tell of cases that nobody is told of: how many rows a load brought, words that only they have, and what a page is made of."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from flask import Flask

from access import Viewer, scope_of
from api.errors import NotThere
from api.programmes import answer
from components import filters, gate, health
from data_access.mart import checks, schema
from data_access.mart.generations import Generation
from data_access.mart.reading import open_mart
from data_access.mart.writing import publish_cases
from metrics import health as state
from metrics.desk import Desk
from metrics.measure import ask, measure
from metrics.outcomes import overview
from metrics.question import BadQuestion, parse_question
from settings import Settings
from tests.support.marts import MAYOR, calendar_of, settings_in, small_city
from tests.test_stages import AS_OF, CASES, EVENTS, PROGRAMMES, came

SILENT = "complaints"
OFFICER = Viewer("r", "Records officer", "department", ("city-clerk", "police-accountability", "planning-and-land"), (), ("records",))
READER = [{"name": "frames", "kind": "files", "path": "none.csv", "preset": "nyc_311", "programme": "police"}]


@pytest.fixture
def as_viewer(demo_settings: Settings) -> Any:
    """Opens the demo city for somebody; answers the application."""

    def opened(viewer: Viewer) -> Flask:
        server = Flask("silent")
        gate.start(server, Desk(demo_settings, lambda: viewer))
        return server

    return opened


def flat(component: Any) -> str:
    return str(component.to_plotly_json()) if hasattr(component, "to_plotly_json") else str(component)


# How many rows a load brought is how many cases there are, and changed


def test_no_load_tells_how_many_complaints_there_are(demo_settings: Settings) -> None:
    loads = open_mart(demo_settings).loads(scope_of(MAYOR)).set_index("source_name")
    counts = ["rows_read", "rows_new", "rows_changed", "as_of", "watermark"]
    assert loads.loc[SILENT, counts].isna().all()
    assert loads.loc["lots", ["rows_read", "rows_new", "as_of"]].notna().all()


def test_no_page_tells_it_either(as_viewer: Any, demo_settings: Settings) -> None:
    loads = open_mart(demo_settings)._read_plain(schema.load)
    read, every = (int(rows["rows_read"].sum()) for rows in (loads[loads["source_name"] == SILENT], loads))
    with as_viewer(MAYOR).app_context():
        said = flat(health.freshness(gate.desk().ask({}))) + flat(health.attempts(gate.desk().ask({})))
        assert state.rows_read(gate.desk().ask({})) == every - read
    assert f"{every - read:,} rows were read" in said
    assert f"'{read:,}'" not in said and f"{every:,}" not in said


def test_residents_are_not_told_when_something_happened_to_a_complaint(demo_settings: Settings) -> None:
    named, told = (
        open_mart(dataclasses.replace(demo_settings, audience=of))._read_plain(schema.load).set_index("id") for of in ("staff", "public")
    )
    assert told["as_of"].isna().tolist() == (named["source_name"] == SILENT).tolist()


def test_what_was_odd_in_complaints_is_told_without_how_often(tmp_path: Path) -> None:
    odd = [came("P-1", "2026-03-11T05:00:00Z", "On the moon", programme="police")]
    city = small_city(programme=PROGRAMMES, source=READER)
    made = publish_cases(tmp_path / "mart", city, pd.DataFrame(CASES), pd.DataFrame(odd), AS_OF)
    with duckdb.connect(str(made.path("staff"))) as connection:
        connection.execute("INSERT INTO quarantine SELECT 1, 'frames', 'P-' || n, 'The opening time is empty.', 'x' FROM range(4) t(n)")
    server = Flask("odd")
    gate.start(server, Desk(settings_in(tmp_path), lambda: MAYOR))
    with server.app_context():
        asked = gate.desk().ask({})
        found, refused = state.unmapped(asked), state.refused(asked)
    assert found[["value", "n", "example"]].isna().to_numpy().tolist() == [[False, True, True]]
    assert refused["reason"].tolist() == ["The opening time is empty."]
    assert refused[["n"]].isna().to_numpy().all() and refused["examples"].tolist() == [""]


# Words


def test_a_type_that_only_complaints_have_is_none(demo_settings: Settings) -> None:
    known = set(open_mart(demo_settings).dimensions.request_types.by_slug)
    assert {"pothole", "side-yard", "council-papers"} <= known
    assert not {"use-of-force", "biased-policing"} & known


def test_who_is_limited_to_programmes_is_offered_the_types_of_these(as_viewer: Any) -> None:
    with as_viewer(OFFICER).app_context():
        asked = gate.desk().ask({"request_type": "council-papers"})
        offered = {choice["value"] for choice in filters.options_of("request_type", asked)}
        assert "council-papers" in offered and not {"pothole", "side-yard", "use-of-force"} & offered
        lines = []
        for name in ("side-yard", "made-upxx"):
            with pytest.raises(BadQuestion) as error:
                gate.desk().ask({"request_type": name})
            lines.append(str(error.value).replace(name, "?"))
        assert lines[0] == lines[1]
    with as_viewer(MAYOR).app_context():
        assert gate.desk().ask({"request_type": "side-yard"}).question.request_type == ("side-yard",)


# Totals and pages


def test_totals_of_programmes_of_others_are_not_there(as_viewer: Any) -> None:
    from components.programme_totals import PROGRAMME

    with as_viewer(OFFICER).test_request_context("/"):
        asked = gate.desk().ask({})
        lines = []
        for name in (SILENT, "ideas", "moon"):
            with pytest.raises(NotThere) as missing:
                answer(asked, name, "json")
            with pytest.raises(BadQuestion):
                filters.view_of({PROGRAMME.name: name}, asked)
            lines.append(str(missing.value).replace(name, "?"))
        assert len(set(lines)) == 1
        assert answer(asked, "records", "json").get_json()["rows"]


def test_a_page_is_not_made_of_the_parts_of_a_programme_of_others(as_viewer: Any, staff_app: Flask) -> None:
    from pages.staff import programme

    with as_viewer(OFFICER).app_context():
        made = {name: flat(programme.build({"of_programme": name})) for name in (SILENT, "lots", "moon", "records")}
        assert made[SILENT] == made["lots"] == made["moon"] != made["records"]
        assert programme.asks({"of_programme": SILENT}) == {"of_programme": SILENT}


# What a city gave up


def _without(name: str) -> list[dict[str, Any]]:
    return [one for one in PROGRAMMES if one["id"] != name]


def _but(**changes: Any) -> list[dict[str, Any]]:
    return [one | changes if one["id"] == "records" else one for one in PROGRAMMES]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    root = tmp_path_factory.mktemp("held")
    return publish_cases(root, small_city(programme=PROGRAMMES), pd.DataFrame(CASES), pd.DataFrame(EVENTS), AS_OF)


@pytest.mark.parametrize(("programmes", "said"), [
    (PROGRAMMES, None),
    (_without("police"), "Loaded cases belong to the programme 'Police complaints', which city.toml has no more."),
    (_but(privacy="aggregate"), "Of 'Records requests' totals only are told from now on, and its cases were loaded with all that is known of them."),
    (_but(stage=PROGRAMMES[1]["stage"][:2]), "Loaded cases were in the stage 'Released', which city.toml has no more."),
])  # fmt: skip
def test_cases_of_what_is_given_up_have_to_be_loaded_anew(held: Generation, programmes: list[dict[str, Any]], said: str | None) -> None:
    assert checks.mismatch(held, small_city(programme=programmes)) == said


def test_a_programme_and_a_stage_that_were_given_up_keep_their_numbers_and_are_none(tmp_path: Path) -> None:
    publish_cases(tmp_path / "mart", small_city(programme=PROGRAMMES), pd.DataFrame(CASES), pd.DataFrame(EVENTS), AS_OF)
    fewer = small_city(programme=[one | {"stage": one["stage"][:2]} if one["id"] == "records" else one for one in _without("police")])
    rows = [row for row in CASES if row["programme"] != "police"]
    publish_cases(tmp_path / "mart", fewer, pd.DataFrame(rows), pd.DataFrame(EVENTS), AS_OF)
    mart = open_mart(settings_in(tmp_path))
    assert sorted(mart.dimensions.programmes.by_slug) == ["records", "requests"]
    assert sorted(mart.dimensions.stages.by_slug) == ["records.asked", "records.received"]
    asked = ask(mart, calendar_of(fewer), parse_question({"programme": "all"}, MAYOR, mart, calendar_of(fewer)), MAYOR)
    assert overview(asked)["key"].tolist() == ["requests", "records"]
    assert measure("backlog", asked, by="programme").frame["key"].tolist() == ["records", "requests"]
