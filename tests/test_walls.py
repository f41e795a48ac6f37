"""Each wall by itself, without the application around it: what it must stop, it stops."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from access import MAY, PUBLIC_VIEWER, ROLES, AccessDenied, Viewer, permit, scope_of
from components import files, gate, sign_in, web
from data_access import cache
from data_access.mart import generations, reading
from data_access.mart.reading import Mart, QueryTooLong, open_mart
from metrics import suppression
from metrics.desk import Desk
from metrics.question import BadQuestion, parse_question
from settings import ROOT, SettingsError, read_settings
from tests.support import walled
from tests.support.marts import FILES_ONLY, MAYOR, calendar_of, settings_in, small_city

PARKS = Viewer("p", "Head of parks", "department", ("parks",))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return walled.make(tmp_path_factory.mktemp("walls"))


@pytest.fixture(scope="module")
def staff(town: Path) -> Mart:
    return open_mart(settings_in(town))


@pytest.fixture(scope="module")
def public(town: Path) -> Mart:
    return open_mart(settings_in(town, "public"))


# What the files hold


def texts_of(town: Path, audience: str) -> str:
    """Every text and number in every table of one file, in one string."""
    import duckdb

    current = generations.current(town / "mart")
    assert current is not None
    path = current.path(audience)  # type: ignore[arg-type]
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()]
        assert len(names) > 10
        return json.dumps([connection.execute(f"SELECT * FROM {name}").fetchall() for name in names], default=str)


def test_the_residents_file_holds_no_mark_and_no_name_of_what_is_withheld(town: Path) -> None:
    ours, theirs = texts_of(town, "public"), texts_of(town, "staff")
    for name in (*walled.WITHHELD_TYPES, "Conduct", "-zq"):
        assert name in theirs
        assert name not in ours
    assert "Fallen tree" in ours and "Roads" in ours


def test_the_residents_file_says_of_itself_what_it_was_allowed_to_say(staff: Mart, public: Mart) -> None:
    """A fact that loads write from tomorrow on is not in it unless somebody lets it in."""
    assert set(public.meta) == {
        "schema_version",
        "as_of",
        "generation",
        "edition",
        "city_id",
        "city_zone",
        "meetings",
        "targets",
        "audience",
        "aggregate_programmes",
        "cases_published",
    }
    assert {"public_salt", "placeholder_points", "layer_versions", "built_at"} <= set(staff.meta) - set(public.meta)


def test_a_head_is_not_told_how_many_rows_the_loads_of_the_city_read(staff: Mart) -> None:
    assert staff.loads(scope_of(PARKS))["rows_read"].tolist() == [None]
    assert staff.loads(scope_of(MAYOR))["rows_read"].tolist() == [walled.CASES]


@pytest.mark.parametrize("name", ["roads", "conduct", "made-up"])
def test_a_head_may_name_no_other_department(staff: Mart, name: str) -> None:
    with pytest.raises(BadQuestion, match=f"There is no department called '{name}'"):
        parse_question({"department": name}, PARKS, staff, calendar_of(small_city("UTC")))


@pytest.mark.parametrize("name", ["spells", "open_spells", "closed_spells", "due_spells", "case_records", "case_events"])
def test_every_from_is_cut_to_the_departments_of_the_scope(staff: Mart, name: str) -> None:
    """Asked of the FROM itself: figures are cut once more above it, and that must not be what this rests on."""

    def departments(viewer: Viewer) -> set[int]:
        source = getattr(staff, name)(scope_of(viewer))
        return set(staff.read(select(source.c.department_id).distinct(), scope_of(viewer))["department_id"])

    assert departments(PARKS) == set(staff.dimensions.department_ids(("parks",))) & departments(MAYOR)
    assert len(departments(PARKS)) == 1 and len(departments(MAYOR)) == 3


@pytest.mark.parametrize("role", ["viewer", "executive"])
def test_who_reads_no_texts_reads_no_places(staff: Mart, role: Any) -> None:
    columns = set(staff.case_records(scope_of(dataclasses.replace(MAYOR, role=role))).c.keys())
    hidden = {*walled.TEXTS, "latitude", "longitude", "location_key"}
    assert hidden & columns == (hidden if role == "executive" else set())


def test_an_answer_kept_for_one_scope_is_no_other_s(tmp_path: Path) -> None:
    with cache.used_by_command(settings_in(tmp_path)):
        viewers = [
            MAYOR,
            PARKS,
            dataclasses.replace(PARKS, departments=("roads",)),
            dataclasses.replace(MAYOR, role="viewer"),
            PUBLIC_VIEWER,
        ]
        told = [cache.cached("n", "edition", scope_of(viewer), [1], lambda number=number: number) for number, viewer in enumerate(viewers)]
        again = [cache.cached("n", "edition", scope_of(viewer), [1], lambda: "anew") for viewer in viewers]
    assert told == again == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0="])
def test_no_file_holds_a_formula(start: str) -> None:
    """Neither in its cells nor in its heading; a number below zero stays a number."""
    import csv
    import io

    import pandas as pd

    frame = pd.DataFrame({f"{start}1+1": [f"{start}1+1"], "n": [-1.5]})
    heading, row = csv.reader(io.StringIO("".join(files.csv_lines(frame)), newline=""))
    assert (heading[0], row[0], row[1]) == (f"'{start}1+1", f"'{start}1+1", "-1.5")


# What the engine does


FILES = (
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')", "SELECT * FROM '/etc/passwd'", "COPY (SELECT 1) TO '{folder}/out.csv'", "EXPORT DATABASE '{folder}/out'",
    "ATTACH '{folder}/other.duckdb'", "INSTALL httpfs", "LOAD httpfs", "SELECT * FROM read_parquet('https://127.0.0.1:9/x.parquet')",
    "SET memory_limit = '64GB'", "SET enable_external_access = true", "SET lock_configuration = false", "CREATE TABLE x AS SELECT 1",
)  # fmt: skip


@FILES_ONLY
@pytest.mark.parametrize("statement", FILES)
def test_the_engine_reads_no_file_writes_none_and_keeps_its_settings(staff: Mart, tmp_path: Path, statement: str) -> None:
    """Even if somebody got a statement past the guard."""
    import duckdb

    with staff._engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        with pytest.raises(duckdb.Error):
            raw.execute(statement.format(folder=tmp_path)).fetchall()
    assert list(tmp_path.iterdir()) == []


@FILES_ONLY
def test_a_runaway_query_is_ended(staff: Mart, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(reading, "QUERY_SECONDS", 0.3)
    scope = scope_of(MAYOR)
    one, two, three, four = (staff.spells(scope).alias() for _ in range(4))
    begun = time.monotonic()
    with pytest.raises(QueryTooLong, match="took over 0"):
        staff.read(select(func.sum(one.c.case_id * two.c.case_id + three.c.case_id * four.c.case_id)), scope)
    assert time.monotonic() - begun < 5


# What the web server refuses


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_what_another_site_sends_is_refused(headers: dict[str, str]) -> None:
    with Flask("x").test_request_context("/", headers=headers), pytest.raises(AccessDenied, match="not sent from a page of Statroom"):
        gate.require_same_site()


def test_what_a_page_of_ours_sends_is_not() -> None:
    with Flask("x").test_request_context("/", headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}):
        gate.require_same_site()


@pytest.mark.parametrize("action", MAY)
def test_only_the_roles_named_may_change_something(action: Any) -> None:
    for role in ROLES:
        if role in MAY[action]:
            permit(Viewer("x", "X", role), action)
        else:
            with pytest.raises(AccessDenied, match=r"may look at this but not change it|is open to analysts and administrators"):
                permit(Viewer("x", "X", role), action)
    assert "public" not in MAY[action]


def test_few_cases_are_as_few_as_residents_are_promised() -> None:
    assert (suppression.LEAST_COUNT, suppression.LEAST_FOR_RATE) == (5, 10)


@pytest.fixture(scope="module")
def behind_the_door(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A server with nothing but the checks before Dash, and accounts of which there are none."""
    server = Flask("door")
    server.secret_key = "k" * 40
    gate.start(server, Desk(settings_in(tmp_path_factory.mktemp("door")), lambda: None))
    sign_in.require(server)
    web.before_dash(server, this_machine=False)
    server.add_url_rule("/<path:path>", view_func=lambda path: "inside", methods=["GET", "POST"])
    return server


@pytest.mark.parametrize(
    "path", ["/x", "/api/v1/metrics", "/_dash-layout", "/charts/x.csv", "/assets/", "/sign-in/x", "/healthz/", "/bootstrap/x", "//healthz"]
)
def test_nobody_comes_in_by_another_door(behind_the_door: Flask, path: str) -> None:
    assert behind_the_door.test_client().get(path).status_code in (401, 308)
    assert behind_the_door.test_client().post(path).status_code in (401, 308)


@pytest.mark.parametrize("depth", [10, 5_000, 20_000])
def test_brackets_within_brackets_are_no_error_for_who_is_not_signed_in(behind_the_door: Flask, depth: int) -> None:
    answer = behind_the_door.test_client().post("/_dash-update-component", data="[" * depth, content_type="application/json")
    assert answer.status_code == 401


@pytest.fixture
def open_door() -> Flask:
    server = Flask("open")
    web.before_dash(server, this_machine=False)
    server.add_url_rule("/_dash-update-component", view_func=lambda: "inside", methods=["POST"])
    return server


def test_a_body_that_is_too_long_is_not_read(open_door: Flask) -> None:
    answer = open_door.test_client().post("/_dash-update-component", data="x" * 70_000, content_type="application/json")
    assert (answer.status_code, answer.get_data(as_text=True)) == (413, "A question may have 65,536 bytes.\n")


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=utf-16"]
)
def test_what_is_not_sent_as_json_is_not_read(open_door: Flask, kind: str) -> None:
    assert open_door.test_client().post("/_dash-update-component", data="{}", content_type=kind).status_code == 415


@pytest.mark.parametrize("path", [None, 1, {"a": 1}, [], "", "cases", "https://evil.example"])
def test_the_router_is_told_a_page_of_ours(path: Any) -> None:
    """Dash takes it for text and answers a server error where it is none."""
    name = ".._pages_content.children..._pages_store.data.."
    inputs = [{"id": "_pages_location", "property": "pathname"}, {"id": "_pages_location", "property": "search"}]
    sent = {
        "output": name, "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [{**inputs[0], "value": path}, {**inputs[1], "value": ""}], "state": [], "changedPropIds": [],
    }  # fmt: skip
    known = {name: {"inputs": inputs, "state": []}}
    assert web.malformed(json.dumps(sent).encode(), known) == "The request names no page."
    sent["inputs"][0]["value"] = "/cases"
    assert web.malformed(json.dumps(sent).encode(), known) is None


# What must not be there


def test_no_installed_package_adds_callbacks_or_routes_of_its_own() -> None:
    """Dash loads whatever an installed package registers under this name."""
    assert list(entry_points(group="dash_hooks")) == []


def ours() -> list[Path]:
    return [path for name in ("api", "components", "pages") for path in sorted((ROOT / name).rglob("*.py"))] + [ROOT / "app.py"]


def test_no_component_takes_text_for_html_or_code() -> None:
    forbidden = re.compile(r"dangerously_allow|DangerouslySetInnerHTML|dcc\.Markdown|html\.Iframe|srcDoc|\|\s*safe\b|api_endpoint")
    templates = sorted((ROOT / "components" / "templates").rglob("*.html"))
    assert templates
    assert [str(path) for path in (*ours(), *templates) if forbidden.search(path.read_text("utf-8"))] == []
    # What is HTML already is marked so only where HTML is written for before or without scripts, from parts that `markup.tag` has escaped;
    # of packets their styles alone.
    marking = {path.name for path in ours() if re.search(r"\bMarkup\(", path.read_text("utf-8"))}
    assert marking == {"embed.py", "first_paint.py", "markup.py", "packet_charts.py", "packet_html.py", "preview.py", "unscripted.py"}


def test_no_script_of_ours_makes_html_or_code_of_text() -> None:
    # Text that stands in the script itself is the script's own.
    fixed = re.compile(r"innerHTML =\s*(?:'[^']*'\s*\+?\s*)+;")
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|setTimeout\(\s*['\"]")
    scripts = sorted((ROOT / "assets").rglob("*.js"))
    assert scripts
    assert [str(path) for path in scripts if forbidden.search(fixed.sub("", path.read_text("utf-8")))] == []


def test_nothing_is_kept_as_code() -> None:
    forbidden = re.compile(r"^\s*(import|from) (pickle|marshal|shelve|dill|joblib)\b|read_pickle|\.memoize\b|flask_caching.*memoize", re.M)
    everything = [path for name in ("api", "cli", "components", "data_access", "metrics", "pages") for path in (ROOT / name).rglob("*.py")]
    assert [str(path) for path in everything if forbidden.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", ["DASH_MCP_ENABLED", "DASH_DEBUG"])
@pytest.mark.parametrize("value", ["true", "1", "TRUE", "yes", "on"])
def test_dash_is_not_let_open_itself(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        read_settings({name: value})


@pytest.mark.parametrize("key", ["x", "secret", "changeme", "k" * 31])
def test_a_short_key_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="use at least 32 random ones"):
        read_settings({"STATROOM_SECRET_KEY": key})


@pytest.mark.parametrize("text", ["-1", "forever", "1e9", "٣", "9999999999"])
def test_a_time_for_https_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="STATROOM_HSTS is"):
        read_settings({"STATROOM_HSTS": text})


def test_a_viewer_s_scope_is_never_the_residents_nor_theirs_a_viewer_s(staff: Mart, public: Mart) -> None:
    for mart, viewer in ((staff, PUBLIC_VIEWER), (public, MAYOR), (public, dataclasses.replace(MAYOR, role="viewer"))):
        with pytest.raises(AccessDenied):
            mart.spells(scope_of(viewer))


def test_every_place_and_test_that_the_document_names_exists() -> None:
    named = re.findall(r"`((?:tests|components|data_access|metrics|api)/[\w/]+\.py)`", (ROOT / "docs" / "security.md").read_text("utf-8"))
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []
