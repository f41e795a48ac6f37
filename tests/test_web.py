"""The web server refuses what no browser of ours sends, serves this machine only, and says so in its headers."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys

import dash
import pytest
from flask import Flask

from access import AccessDenied
from app import create_app
from components import gate, theme
from components.chart import CHARTS
from data_access.mart.reading import QueryTooLong
from metrics.desk import Desk, Unknown
from metrics.question import BadQuestion
from settings import ROOT, Settings, SettingsError, read_settings
from tests.support.posting import UPDATE, body, callbacks, look_as, post

CHART = next(name for name in ("overdue-by-department",))


def draws() -> str:
    return next(name for name in callbacks() if "chart-finding" in name)


@pytest.fixture(scope="module")
def named(staff_app: Flask) -> str:
    """Dash's name of the callback that draws charts; it is known after the first request."""
    staff_app.test_client().get("/")
    return draws()


def test_a_chart_is_drawn_by_a_plain_post(staff_app: Flask, named: str) -> None:
    answer = post(staff_app.test_client(), body(named, {"question.data": {}}, chart=CHART))
    assert answer.status_code == 200
    assert "overdue" in answer.get_data(as_text=True)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "content",
    [
        "", "null", "[]", "{}", "1", '"text"', "{", '{"output": null}', '{"output": ["x"]}', '{"output": "nobody.children"}',
        '{"output": "nobody.children", "inputs": [], "outputs": {}, "changedPropIds": []}', nested(5_000), '{"output": "\\ud800"}', b"\xff\xfe",
    ],
)  # fmt: skip
def test_a_body_that_is_no_callback_request_is_400_in_one_line(staff_app: Flask, named: str, content: str) -> None:
    answer = post(staff_app.test_client(), content)
    assert answer.status_code == 400
    assert len(answer.get_data(as_text=True).splitlines()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": None}, {"inputs": []}, {"inputs": "x"}, {"inputs": [1]}, {"inputs": [{"id": "question"}]}, {"state": []}, {"state": [None, None]},
        {"outputs": {"id": "x", "property": "children"}}, {"outputs": [{"id": "x", "property": "children"}]}, {"outputs": None}, {"outputs": "x"}, {"outputs": [1]}, {"changedPropIds": None}, {"changedPropIds": [1]},
        {"inputs": [{"id": "question", "property": "data", "value": {}}] * 2}, {"inputs": [{"id": "question", "property": "children", "value": {}}]},
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_its_callback_is_400(staff_app: Flask, named: str, change: dict) -> None:
    whole = body(named, {"question.data": {}}, chart=CHART)
    assert post(staff_app.test_client(), {**whole, **change}).status_code == 400


@pytest.mark.parametrize("outputs", [{"id": "x", "property": "children"}, {"id": "data-health", "property": "title"}, [], None, "x", [1]])
def test_outputs_of_another_callback_are_400(staff_app: Flask, named: str, outputs: object) -> None:
    whole = body("data-health.children", {"question.data": {}})
    assert post(staff_app.test_client(), whole).status_code == 200
    assert post(staff_app.test_client(), {**whole, "outputs": outputs}).status_code == 400


def test_a_huge_body_is_413(staff_app: Flask, named: str) -> None:
    assert post(staff_app.test_client(), {**body(named, {}, chart=CHART), "more": "x" * 70_000}).status_code == 413


def test_text_is_not_taken_for_json(staff_app: Flask, named: str) -> None:
    """A form on another site can send text/plain without asking first; Dash must not read it."""
    import json

    answer = staff_app.test_client().post(UPDATE, data=json.dumps(body(named, {}, chart=CHART)), content_type="text/plain")
    assert answer.status_code in (400, 415)


@pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.9"])
def test_the_staff_application_serves_this_machine_only(staff_app: Flask, address: str) -> None:
    client = staff_app.test_client()
    for path in ("/", "/api/v1/metrics", "/_dash-dependencies", "/charts/what-moved.csv", "/healthz", "/assets/favicon.svg"):
        assert client.get(path, environ_overrides={"REMOTE_ADDR": address}).status_code == 403


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:8050", ""])
def test_another_name_for_this_machine_is_refused(staff_app: Flask, name: str) -> None:
    """A page elsewhere whose name is pointed at 127.0.0.1 must not read the answers (DNS rebinding)."""
    assert staff_app.test_client().get("/", headers={"Host": name}).status_code in (400, 403)


def test_it_does_not_start_for_other_machines(demo_settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"STATROOM_HOST is '0\.0\.0\.0'"):
        create_app(dataclasses.replace(demo_settings, host="0.0.0.0"))


@pytest.mark.parametrize("name", ["DASH_MCP_ENABLED", "DASH_DEBUG"])
def test_it_does_not_start_when_dash_would_open_itself(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: "true"})


def test_every_answer_carries_the_policy_that_forbids_foreign_scripts(staff_app: Flask) -> None:
    client = staff_app.test_client()
    for path in ("/", "/sla", "/api/v1/metrics", "/healthz", "/nothing/here", "/_dash-layout"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "object-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in headers["Cache-Control"]


def test_there_is_no_mcp_server(staff_app: Flask) -> None:
    client = staff_app.test_client()
    listing = client.post("/_mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert listing.status_code in (404, 405)
    assert "tools" not in listing.get_data(as_text=True)


class TestChoosingAViewer:
    def test_the_choice_holds_for_this_browser(self, staff_app: Flask, named: str) -> None:
        client = look_as(staff_app.test_client(), "head-of-inspections")
        said = post(client, body(named, {"question.data": {}}, chart=CHART)).get_data(as_text=True)
        assert "Inspections has 100 %" in said
        assert "Public Works" not in said
        assert "Public Works" in post(staff_app.test_client(), body(named, {"question.data": {}}, chart=CHART)).get_data(as_text=True)

    def test_a_form_of_another_site_is_refused(self, staff_app: Flask) -> None:
        answer = staff_app.test_client().post("/viewer", data={"viewer": "council"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403

    def test_an_unknown_viewer_is_refused(self, staff_app: Flask) -> None:
        assert staff_app.test_client().post("/viewer", data={"viewer": "mayor' OR 1=1"}).status_code == 400

    @pytest.mark.parametrize(
        "referer", ["https://evil.example/x", "//evil.example", "http://localhost//evil.example/", "javascript:alert(1)"]
    )
    def test_the_way_back_stays_here(self, staff_app: Flask, referer: str) -> None:
        answer = staff_app.test_client().post("/viewer", data={"viewer": "council"}, headers={"Referer": referer})
        assert answer.headers["Location"] == "/"


def test_dash_calls_no_function_that_did_not_pass_the_gate(staff_app: Flask, named: str) -> None:
    router = "_pages_content"
    ours = {name: spec["callback"].__wrapped__ for name, spec in callbacks().items() if router not in name}
    assert ours
    assert [name for name, function in ours.items() if function not in gate.MADE_HERE] == []
    assert [name for name in callbacks() if router in name and "_pages_store" not in name] == []


def test_every_layout_takes_any_parameter_and_holds_no_data(staff_app: Flask, demo_settings: Settings) -> None:
    """An unknown parameter must not be a server error, and a layout may be shown to somebody else than who caused it."""
    import json

    import plotly

    from data_access.mart.reading import open_mart

    names = [member.name for member in open_mart(demo_settings).dimensions.departments]
    with staff_app.test_request_context("/?utm_source=x"):
        for page in dash.page_registry.values():
            made = page["layout"](utm_source="x", viewer="mayor", department=["a", "b"], **{"from": "2026-01-01"})
            text = json.dumps(made, cls=plotly.utils.PlotlyJSONEncoder)
            assert not [name for name in names if name in text], page["path"]


def test_every_chart_has_the_central_configuration(staff_app: Flask) -> None:
    """Plotly's own default offers to send the chart to its vendor."""
    from components.chart import block

    assert CHARTS
    for chart in CHARTS.values():
        graph = block(chart).children[1].children  # type: ignore[index,union-attr]
        assert graph.config["showSendToCloud"] is False
        assert graph.config["topojsonURL"].startswith("/assets/")


def test_the_index_names_nothing_from_elsewhere(staff_app: Flask) -> None:
    page = staff_app.test_client().get("/").get_data(as_text=True)
    assert 'lang="en"' in page
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page) == []


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", [theme.PAGE_LIGHT, theme.PAGE_DARK])
def test_series_colours_stand_out_from_the_page(ground: str) -> None:
    assert {colour for colour in (*theme.SERIES, theme.QUIET) if contrast(colour, ground) < 3} == set()


def test_the_page_colours_of_figures_are_those_of_the_style_sheet() -> None:
    sheet = (ROOT / "assets" / "10-tokens.css").read_text()
    light, dark = re.findall(r"--card: (#\w+);", sheet)
    assert (light.lower(), dark.lower()) == (theme.PAGE_LIGHT.lower(), theme.PAGE_DARK.lower())


def test_a_process_whose_first_request_is_a_callback_knows_it(demo_settings: Settings) -> None:
    """One process may serve the page and another its first callback; in a process of its own, for there is one application in each."""
    code = """
import sys
from pathlib import Path
from app import create_app
from settings import read_settings
client = create_app(read_settings()).test_client()
import dash
name = next(name for name in dash.get_app().callback_map if "status.children" in name)
sent = {"output": name, "outputs": [{"id": "status", "property": "children"}, {"id": "brand-city", "property": "children"}],
        "inputs": [{"id": "question", "property": "data", "value": {}}, {"id": "tick", "property": "n_intervals", "value": 0}], "state": [],
        "changedPropIds": ["question.data"]}
answer = client.post("/_dash-update-component", json=sent)
print(answer.status_code, "Data through" in answer.get_data(as_text=True))
"""
    environ = {**os.environ, "STATROOM_DATA": str(demo_settings.data), "STATROOM_CITY": str(demo_settings.city)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("200 True", 0), done.stderr


@pytest.mark.parametrize(
    ("error", "code"), [(AccessDenied("no"), 403), (Unknown("who"), 401), (BadQuestion("what"), 400), (QueryTooLong("long"), 503)]
)
def test_a_file_that_cannot_be_given_says_whether_asking_again_may_help(
    staff_app: Flask, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def refuses(*_: object) -> None:
        raise error

    monkeypatch.setattr(Desk, "ask", refuses)
    assert staff_app.test_client().get("/charts/what-moved.csv").status_code == code
