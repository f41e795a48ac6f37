"""Widgets for other sites: a picture, a sentence and a table without a script or a cookie; and who may frame what."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from flask import Flask

from components.embed import policy
from components.figures.ranked import bars
from components.figures.series import Line, bars_over_time, lines
from components.markup import tag, together
from components.on_your_site import FIGURES
from components.still import still
from settings import ROOT, Settings
from tests.support.servers import environ_of, got

SVG = "{http://www.w3.org/2000/svg}"


def _drawn(figure: dict[str, Any]) -> ElementTree.Element:
    made = still(figure, "What it says & shows")
    assert made is not None
    return ElementTree.fromstring(made)


def _texts(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_whatever_is_put_into_a_tag_is_escaped() -> None:
    assert tag("p", "<b>", ["&", None, tag("br")], title='"x"', hidden=False) == '<p title="&#34;x&#34;">&lt;b&gt;&amp;<br/></p>'
    assert together(None, "a<", 1) == "a&lt;1"


def test_a_line_has_a_gap_where_nothing_is_known_and_its_target() -> None:
    """Four months; of the third nothing is known, so the line has one stretch and a point by itself."""
    frame = pd.DataFrame(
        {"period": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]), "value": [0.8, 0.9, None, 0.7]}
    )
    picture = _drawn(lines(frame, [Line("value", "On time")], "share", target=0.8))
    assert len(list(picture.iter(f"{SVG}polyline"))) == 1 and len(list(picture.iter(f"{SVG}circle"))) == 3
    assert {"Jan", "2026", "80 %", "target 80.0 %"} <= set(_texts(picture))
    assert picture.attrib["aria-label"] == "What it says & shows"


def test_a_bar_is_as_long_as_its_value_and_the_first_row_is_on_top() -> None:
    frame = pd.DataFrame({"label": ["<Most> & more", "Half"], "value": [0.8, 0.4]})
    picture = _drawn(bars(frame, "share", href=None))
    rows = [(float(bar.attrib["y"]), float(bar.attrib["width"])) for bar in picture.iter(f"{SVG}rect")]
    assert [width / rows[0][1] for _y, width in rows] == [1, pytest.approx(0.5, abs=0.001)]
    assert rows[0][0] < rows[1][0]
    assert _texts(picture)[0] == "<Most> & more" and "40.0 %" in _texts(picture)


def test_the_aim_of_each_row_lies_across_its_bar_and_the_longest_of_both_fills_the_picture() -> None:
    frame = pd.DataFrame({"label": ["Half", "None"], "value": [0.4, 0.0], "aim": [0.8, None]})
    picture = _drawn(bars(frame, "share", href=None, target="aim"))
    (long, _short), strokes = list(picture.iter(f"{SVG}rect")), list(picture.iter(f"{SVG}line"))
    start, width = float(long.attrib["x"]), float(long.attrib["width"])
    assert strokes and all(float(stroke.attrib["x1"]) == pytest.approx(start + 2 * width, abs=0.2) for stroke in strokes)
    said = next(text for text in picture.iter(f"{SVG}text") if text.text == "40.0 %")
    assert float(said.attrib["x"]) > start + 2 * width


def test_stacked_bars_stand_on_each_other() -> None:
    frame = pd.DataFrame({"period": pd.to_datetime(["2026-01-01", "2026-02-01"]), "a": [10, 20], "b": [30, 20]})
    picture = _drawn(bars_over_time(frame, [Line("a", "In"), Line("b", "Out")], "cases", stacked=True))
    heights = [float(bar.attrib["height"]) for bar in picture.iter(f"{SVG}rect") if float(bar.attrib["height"]) > 4]
    assert heights[0] + heights[2] == pytest.approx(heights[1] + heights[3], abs=0.2)


def test_what_cannot_be_drawn_is_left_to_the_table() -> None:
    assert still({"data": [{"type": "heatmap", "z": [[1]]}], "layout": {}}, "x") is None
    assert still(None, "x") is None


def test_a_city_says_which_sites_may_show_its_charts() -> None:
    assert policy(("*",)).endswith("frame-ancestors *")
    assert policy(("https://news.example", "https://*.gov.example")).endswith("frame-ancestors https://news.example https://*.gov.example")
    assert policy(()).endswith("frame-ancestors 'none'")
    assert "script-src" not in policy(("*",)) and "default-src 'none'" in policy(("*",))


# Over HTTP

WALK = """
import dataclasses, json, sys
from settings import read_settings
from app import create_app
server = create_app(read_settings())
client, made = server.test_client(), []
samples = {"name": "public-on-time", "metric_id": "opened", "table_id": "areas", "form": "csv", "_rest": "x", "package_name": "dash", "fingerprinted_path": "x", "filename": "x", "path": "x", "path_to_file": "x"}
for rule in server.url_map.iter_rules():
    address = rule.rule
    for argument in rule.arguments:
        import re
        address = re.sub(r"<(?:[^<>:]*:)?%s>" % argument, samples.get(argument, "x"), address)
    method = "GET" if "GET" in rule.methods else "POST"
    answer = client.open(address, method=method)
    made.append([address, answer.status_code, answer.headers.get("Content-Security-Policy", ""), answer.headers.get_all("Set-Cookie"), answer.headers.get("X-Content-Type-Options")])
print(json.dumps(made), flush=True)
import os
os._exit(0)  # Work aside may still go on.
"""


@pytest.fixture(scope="module")
def routes(demo_public_settings: Settings) -> list[list[Any]]:
    """Every route of the public process: address, status, policy, cookies, sniffing."""
    done = subprocess.run(
        [sys.executable, "-c", WALK],
        cwd=ROOT,
        env={**os.environ, **environ_of(demo_public_settings, 8051)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_only_widgets_may_be_framed_on_every_route(routes: list[list[Any]]) -> None:
    framed = {address for address, _code, told, _cookies, _sniff in routes if "frame-ancestors 'none'" not in told}
    assert framed == {"/embed/chart/public-on-time", "/embed/figure/opened"}
    assert len(routes) > 15 and all(sniff == "nosniff" for *_rest, sniff in routes)


def test_residents_get_no_cookie_on_any_route(routes: list[list[Any]]) -> None:
    assert [address for address, _code, _told, cookies, _sniff in routes if cookies] == []


def test_no_route_of_staff_may_be_framed(staff_app: Flask) -> None:
    client = staff_app.test_client()
    for rule in staff_app.url_map.iter_rules():
        answer = client.open(re.sub(r"<[^>]*>", "x", rule.rule), method="GET" if "GET" in (rule.methods or ()) else "POST")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], rule.rule
    assert client.get("/embed/chart/public-on-time").status_code in (200, 404)


@pytest.mark.parametrize(
    "address", ["chart/public-on-time", "chart/public-services", "chart/public-map", "figure/ontime_due", "figure/backlog"]
)
def test_a_widget_says_what_it_shows_without_a_script(public_url: str, address: str) -> None:
    code, headers, text = got(f"{public_url}/embed/{address}")
    assert code == 200 and "<script" not in text and " style=" not in text and "http-equiv" not in text
    assert "Set-Cookie" not in headers and headers["Cache-Control"] == "public, max-age=60"
    assert re.search(r"<h1>[^<]{5,}</h1>", text) and "Data through" in text and f'href="{public_url}/' in text
    if address.startswith("chart"):
        assert "<svg" in text and "<table>" in text and 'role="img"' in text
    assert len(text) < 60_000
    assert got(f"{public_url}/embed/{address}", **{"If-None-Match": headers["ETag"]})[0] == 304


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("chart/overdue-by-department", 404, "no such chart"), ("chart/%3Cscript%3E", 404, "no such chart"), ("figure/transfers", 400, "no metric called"),
        ("figure/%3Cimg src=x%3E".replace(" ", "%20"), 400, "&lt;img"), ("figure/opened?request_type=%3Cb%3E", 400, "&lt;b&gt;"), ("figure/opened?department=parks-and-trees", 400, "not by anything else"),
        ("chart/public-on-time?as_of=2026-01-01", 400, "leave as_of out"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_said_in_the_frame(public_url: str, address: str, code: int, said: str) -> None:
    status, headers, text = got(f"{public_url}/embed/{address}")
    assert status == code and said in text and "frame-ancestors *" in headers["Content-Security-Policy"]
    assert "Traceback" not in text and "<script" not in text and "<img" not in text and headers["Cache-Control"] == "no-store"


def test_a_widget_says_of_what_service_or_area_it_is(public_url: str) -> None:
    """On a page of others nothing else says so; how a place is called stands in the frame."""
    slug, name = _an_area(public_url)
    for address in (f"chart/area-services?district={slug}", f"chart/public-on-time?district={slug}", f"figure/opened?district={slug}"):
        text = got(f"{public_url}/embed/{address}")[2]
        assert name in text.partition("<table")[0], address


def _an_area(public_url: str) -> tuple[str, str]:
    areas = pd.read_csv(f"{public_url}/data/areas.csv")
    first = areas[areas["area_layer"] == "district"].iloc[0]
    return first["area"], first["area_name"]


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_that_a_page_offers_can_be_shown_elsewhere(public_url: str, figure: str) -> None:
    slug, name = _an_area(public_url)
    status, _headers, text = got(f"{public_url}/embed/figure/{figure}?district={slug}")
    assert status == 200 and f"{name}</h1>" in text and 'class="value"' in text


def test_a_widget_speaks_the_language_its_address_names_and_keeps_nothing(public_url: str) -> None:
    code, headers, text = got(f"{public_url}/embed/figure/backlog?lang=es")
    assert code == 200 and '<html lang="es">' in text and "Set-Cookie" not in headers
