"""The API answers what the pages answer, to whom it may, in files that are safe to open."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from flask import Flask
from flask.testing import FlaskClient

import api
from access import PUBLIC_VIEWER, Viewer
from components.files import csv_lines, safe_text
from metrics.definitions import REGISTRY
from metrics.desk import Desk
from settings import Settings
from tests.support.marts import MAYOR, instant, make_mart, settings_in, small_city

AS_OF = datetime(2026, 3, 30, 4, 0)
PARKS = Viewer("parks", "Head of Parks", "department", ("parks",))
STREETS = Viewer("streets", "Head of Streets", "department", ("streets",))
CITY_TOML = """
[city]
id = "test-city"
name = "Test City"
zone = "America/New_York"
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "s"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
"""

# Two cases of Parks (one closed late, one open and overdue), one of Streets (closed on time).
# Week of Monday 2026-03-16; due days in the same week.
CASES: list[dict[str, Any]] = [
    {"source_id": "P-1", "department": "Parks", "request_type": "=SUM(A1)", "opened_at": "2026-03-16T12:00:00Z",
     "due_at": "2026-03-18T12:00:00Z", "closed_at": "2026-03-19T12:00:00Z", "status": "closed", "outcome": "resolved", "address": "-5 Main St"},
    {"source_id": "P-2", "department": "Parks", "request_type": "Tree", "opened_at": "2026-03-16T13:00:00Z",
     "due_at": "2026-03-20T12:00:00Z", "status": "open", "address": "@home"},
    {"source_id": "S-1", "department": "Streets", "request_type": "Pothole", "opened_at": "2026-03-17T12:00:00Z",
     "due_at": "2026-03-20T12:00:00Z", "closed_at": "2026-03-18T12:00:00Z", "status": "closed", "outcome": "resolved", "address": "1 Elm St"},
]  # fmt: skip
INSTANTS = ("opened_at", "due_at", "closed_at")
WEEK = "from=2026-03-16&to=2026-03-23"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    rows = [{name: instant(value) if name in INSTANTS else value for name, value in case.items()} for case in CASES]
    city = small_city(release={"A": ["Pothole"], "cases": True})
    make_mart(folder, [{"case_class": "service", "channel": "phone", **row} for row in rows], as_of=AS_OF, city=city)
    (folder / "city").mkdir()
    (folder / "city" / "city.toml").write_text(CITY_TOML)
    return folder


Client = Callable[..., FlaskClient]


@pytest.fixture
def client(folder: Path) -> Client:
    def make(viewer: Viewer | None = MAYOR, **changes: Any) -> FlaskClient:
        settings = dataclasses.replace(
            settings_in(folder), city=folder / "city", **{"store_url": f"sqlite:///{folder / 'own.sqlite'}", **changes}
        )
        server = Flask("api-test")
        api.register(server, Desk(settings, lambda: viewer))
        return server.test_client()

    return make


def test_an_answer_carries_its_definition_its_data_age_and_its_question(client: Client) -> None:
    answer = client().get(f"/api/v1/metrics/ontime_due?{WEEK}&department=parks").get_json()
    assert (answer["metric"], answer["definition_version"]) == ("ontime_due", REGISTRY["ontime_due"].version)
    assert (answer["as_of"], answer["load_id"]) == ("2026-03-30T04:00:00Z", 1)
    assert answer["filters"] == {"from": "2026-03-16", "to": "2026-03-23", "department": "parks"}
    row = answer["rows"][0]
    assert (row["value"], row["numerator"], row["denominator"], row["n"], row["suppressed"]) == (0.0, 0.0, 2.0, 2, False)


def test_figures_split_by_department_and_day_add_up_to_the_whole(client: Client) -> None:
    asked = client()
    whole = asked.get(f"/api/v1/metrics/opened?{WEEK}").get_json()["rows"][0]["value"]
    split = asked.get(f"/api/v1/metrics/opened?{WEEK}&by=department&period=day").get_json()["rows"]
    assert whole == 3
    assert {(row["key"], row["period"], row["value"]) for row in split} == {("parks", "2026-03-16", 2), ("streets", "2026-03-17", 1)}


def test_a_past_instant_is_answered_as_it_was_known_then(client: Client) -> None:
    rows = client().get("/api/v1/metrics/backlog?as_of=2026-03-18T13:00:00Z").get_json()["rows"]
    assert rows[0]["value"] == 2  # P-1 closed only on the 19th, S-1 was closed already


def test_a_share_without_cases_is_null_and_says_why(client: Client) -> None:
    answer = client().get("/api/v1/metrics/ontime_due?from=2026-01-05&to=2026-01-12").get_json()
    assert answer["rows"][0]["value"] is None
    assert answer["note"] == "no case to judge in this period"


def test_the_list_holds_exactly_the_cases_that_were_counted(client: Client) -> None:
    asked = client()
    page = asked.get(f"/api/v1/cases?of=ontime_due&hits=false&{WEEK}&sort=source_id").get_json()
    assert [row["source_id"] for row in page["rows"]] == ["P-1", "P-2"]
    assert page["total"] == 2
    assert page["rows"][0]["due_at"] == "2026-03-18T12:00:00Z"


def test_pages_of_a_list_follow_each_other_without_gap_or_overlap(client: Client) -> None:
    asked = client()
    pages = [asked.get(f"/api/v1/cases?of=opened&{WEEK}&limit=1&offset={i}").get_json() for i in range(4)]
    ids = [row["source_id"] for page in pages for row in page["rows"]]
    assert sorted(ids) == ["P-1", "P-2", "S-1"]
    assert {page["total"] for page in pages} == {3}


def test_a_department_head_is_told_nothing_of_another_department(client: Client) -> None:
    streets = client(STREETS)
    rows = streets.get(f"/api/v1/metrics/opened?{WEEK}&by=department").get_json()["rows"]
    assert [row["key"] for row in rows] == ["streets"]
    assert b"Parks" not in streets.get(f"/api/v1/cases.csv?of=opened&{WEEK}").data
    withheld = streets.get("/api/v1/metrics/opened?department=parks")
    invented = streets.get("/api/v1/metrics/opened?department=parkz")
    assert withheld.status_code == invented.status_code == 400
    assert withheld.data.replace(b"parks", b"parkz") == invented.data


def test_the_public_gets_only_released_cases_without_addresses_or_crm_numbers(client: Client) -> None:
    public = client(PUBLIC_VIEWER, audience="public")
    answer = public.get(f"/api/v1/cases.csv?of=opened&{WEEK}")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["request_type"] for row in rows] == ["Pothole"]
    assert "address" not in rows[0]
    assert (rows[0]["opened_at"], rows[0]["closed_at"]) == ("2026-03-17", "2026-03-18")  # days, not times
    assert "S-1" not in answer.text
    assert "Elm" not in answer.text


def test_residents_are_answered_in_whole_quarters_and_not_of_few_cases(client: Client, tmp_path: Path) -> None:
    public = client(PUBLIC_VIEWER, audience="public")
    few = public.get("/api/v1/metrics/opened?during=2025-Q4").get_json()
    assert few["filters"] == {"during": "2025-Q4"} and few["rows"][0]["value"] == 0
    assert public.get("/api/v1/metrics/opened?during=2025-Q4&department=parks").status_code == 400
    for query in (
        WEEK,
        "during=2025-Q4&by=department",
        "during=2025-Q4&period=week",
        "as_of=2026-03-18",
    ):
        refused = public.get(f"/api/v1/metrics/opened?{query}")
        assert (refused.status_code, refused.get_json()["error"]["message"].startswith("Published figures")) == (400, True), query
    assert public.get("/api/v1/metrics/hold_rate").status_code == 400


def test_single_cases_are_published_only_where_the_city_says_so(client: Client, tmp_path: Path) -> None:
    rows = [{name: instant(value) if name in INSTANTS else value for name, value in case.items()} for case in CASES]
    make_mart(tmp_path, rows, as_of=AS_OF, city=small_city(release={"all_A": True}))
    public = client(PUBLIC_VIEWER, audience="public", data=tmp_path, mart=tmp_path / "mart")
    for form in ("", ".csv", ".parquet"):
        refused = public.get(f"/api/v1/cases{form}?of=opened&{WEEK}")
        assert (refused.status_code, b"P-1" in refused.data) == (403, False)


def test_nobody_is_answered_401(client: Client) -> None:
    asked = client(None)
    for address in ("metrics", "metrics/opened", "cases", "cases.csv", "openapi.json"):
        assert asked.get(f"/api/v1/{address}").status_code == 401, address


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("metrics/opend", 404, "There is no metric called 'opend'"),
        ("metrics/opened.xlsx", 404, "choose json, csv, parquet"),
        ("metrics/opened?by=colour", 400, "cannot be split by 'colour'"),
        ("metrics/opened?period=decade", 400, "period is 'decade'; choose day, week"),
        ("metrics/opened?from=yesterday", 400, "write a date such as"),
        ("metrics/opened?from=2026-03-23&to=2026-03-16", 400, "before it begins"),
        ("metrics/opened?as_of=2030-01-01", 400, "the data reaches only to"),
        ("cases?limit=501", 400, "from 0 to 500"),
        ("cases?offset=-1", 400, "offset is '-1'"),
        ("cases?limit=5e2", 400, "limit is '5e2'"),
        ("cases?sort=address;drop", 400, "cannot be sorted by"),
        ("cases?of=net_flow", 400, "no list of cases"),
        ("cases?hits=maybe", 400, "choose true, false"),
        ("metrics/opened?department=" + "x" * 9_000, 400, "characters long"),
        ("nowhere/at/all", 404, "nothing at this address"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(client: Client, address: str, code: int, said: str) -> None:
    answer = client().get("/api/v1/" + address)
    assert answer.status_code == code
    error = answer.get_json()["error"]
    assert error["status"] == code
    assert said in error["message"]


def test_text_that_a_spreadsheet_would_run_gets_a_leading_quote(client: Client) -> None:
    answer = client().get(f"/api/v1/cases.csv?of=opened&{WEEK}&sort=source_id")
    rows = {row["source_id"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert rows["P-1"]["request_type"] == "'=SUM(A1)"
    assert (rows["P-1"]["address"], rows["P-2"]["address"], rows["S-1"]["address"]) == ("'-5 Main St", "'@home", "1 Elm St")
    assert "\r\n" in answer.text


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x"])
def test_every_way_to_begin_a_formula_is_defused(text: str) -> None:
    assert safe_text(text) == "'" + text


def test_numbers_stay_numbers_in_csv_also_below_zero() -> None:
    frame = pd.DataFrame({"change": [-3.0, 2.5, None], "n": [1, 2, 3]})
    assert "".join(csv_lines(frame)) == "change,n\r\n-3,1\r\n2.5,2\r\n,3\r\n"


def test_files_tell_the_age_of_their_data(client: Client) -> None:
    asked = client()
    table = asked.get(f"/api/v1/metrics/opened.csv?{WEEK}&by=department")
    assert table.headers["X-Statroom-As-Of"] == "2026-03-30T04:00:00Z"
    assert {row["as_of"] for row in csv.DictReader(io.StringIO(table.text))} == {"2026-03-30T04:00:00Z"}
    file = asked.get(f"/api/v1/cases.parquet?of=opened&{WEEK}")
    parquet = pq.read_table(io.BytesIO(file.data))
    assert parquet.num_rows == 3
    assert parquet.schema.metadata[b"statroom.as_of"] == b"2026-03-30T04:00:00Z"


def test_public_answers_may_be_kept_until_the_data_changes_and_staff_answers_never(client: Client) -> None:
    assert client().get("/api/v1/metrics/opened").headers["Cache-Control"] == "no-store"
    public = client(PUBLIC_VIEWER, audience="public")
    first = public.get("/api/v1/metrics/opened")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = public.get("/api/v1/metrics/opened", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert public.get("/api/v1/metrics/closed").headers["ETag"] != first.headers["ETag"]


def test_every_metric_is_listed_and_can_be_asked_for(client: Client) -> None:
    asked = client()
    listed = [metric["id"] for metric in asked.get("/api/v1/metrics").get_json()["metrics"]]
    assert listed == list(REGISTRY)
    for name in listed:
        answer = asked.get(f"/api/v1/metrics/{name}?{WEEK}")
        assert answer.status_code == 200, (name, answer.text)
        assert answer.get_json()["rows"], name


def test_the_description_names_every_metric_and_every_route(client: Client) -> None:
    asked = client()
    document = asked.get("/api/v1/openapi.json").get_json()
    which = document["paths"]["/metrics/{metric}"]["get"]["parameters"][0]
    assert which["schema"]["enum"] == list(REGISTRY)
    for path in document["paths"]:
        answer = asked.get("/api/v1" + path.replace("{metric}", "opened"))
        # This town has no figures beside its cases and one programme without stages: of these a name is always a wrong one.
        assert answer.status_code == (404 if "{" in path.replace("{metric}", "") else 200), path


def test_what_was_released_of_sensitive_services_is_told_to_residents_as_it_stands(client: Client) -> None:
    """This town has released nothing yet; a name that was not released is refused, and staff have the pages' own figures."""
    public = client(PUBLIC_VIEWER, audience="public")
    answer = public.get("/api/v1/released").get_json()
    assert (answer["releases"], answer["rows"]) == ([], [])
    assert public.get("/api/v1/released.csv").text.startswith("release,period,grain,from,to,group,group_name,service")
    refused = public.get("/api/v1/released?release=2026-Q1")
    assert (refused.status_code, refused.get_json()["error"]["message"]) == (400, "Nothing has been released yet.")
    assert client().get("/api/v1/released").status_code == 404


def test_a_process_without_data_is_alive_but_not_ready(client: Client, tmp_path: Path) -> None:
    empty = client(mart=tmp_path / "none")
    assert empty.get("/healthz").status_code == 200
    answer = empty.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["problems"] == ["No data has been loaded yet; run `flask sync`."]
    assert empty.get("/api/v1/metrics/opened").status_code == 503


def test_a_process_with_data_is_ready_and_says_how_old_it_is(client: Client) -> None:
    found = client().get("/readyz").get_json()
    assert (found["status"], found["generation"], found["as_of"]) == ("ready", 1, "2026-03-30T04:00:00Z")
    assert found["age_hours"] > 0


def test_a_staff_process_whose_own_database_is_gone_is_not_ready(client: Client) -> None:
    lost = client(store_url="sqlite:////no/such/folder/own.sqlite")
    assert lost.get("/readyz").status_code == 503
    assert "STATROOM_STORE_URL" in lost.get("/readyz").get_json()["problems"][0]


def test_the_whole_api_works_over_the_demo_city(demo_settings: Settings) -> None:
    server = Flask("api-demo")
    api.register(server, Desk(demo_settings, lambda: MAYOR))
    asked = server.test_client()
    by_district = asked.get("/api/v1/metrics/backlog?by=district").get_json()["rows"]
    assert sum(row["value"] for row in by_district) == asked.get("/api/v1/metrics/backlog").get_json()["rows"][0]["value"]
    page = asked.get("/api/v1/cases?of=overdue_now&sort=days_overdue&order=desc&limit=5").get_json()
    overdue = [row["days_overdue"] for row in page["rows"]]
    assert overdue == sorted(overdue, reverse=True)
    export = pd.read_csv(io.StringIO(asked.get("/api/v1/cases.csv?of=overdue_now").text))
    assert len(export) == page["total"]


def test_open_cases_can_be_listed_by_their_age(client: Client) -> None:
    """P-2 is 13 days old."""
    asked = client()
    rows = {band: asked.get(f"/api/v1/cases?of=backlog&age={band}").get_json()["total"] for band in ("7-14", "14-30")}
    assert rows == {"7-14": 1, "14-30": 0}
    assert "There are no ages called '7'" in asked.get("/api/v1/cases?age=7").get_json()["error"]["message"]
    assert "Only open cases" in asked.get("/api/v1/cases?of=opened&age=0-7").get_json()["error"]["message"]


def test_signals_are_told_to_staff_with_how_much_was_looked_at_and_to_nobody_else(client: Client) -> None:
    answer = client().get("/api/v1/signals").get_json()
    assert answer["rows"] == [] and answer["series"] == 0
    assert answer["few_cases"] + answer["few_weeks"] > 0, "three cases are too few to judge anything by"
    assert client().get("/api/v1/signals.csv").text.startswith("metric,dimension,key,label,since")
    assert client(PARKS).get("/api/v1/signals").get_json()["few_weeks"] < answer["few_weeks"] + answer["few_cases"]
    assert client().get("/api/v1/signals?metric=nothing").status_code == 400
    assert client(PUBLIC_VIEWER, audience="public").get("/api/v1/signals").status_code == 404
