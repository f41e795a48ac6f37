"""Scripts and styles: few files, kept for a year, compressed once, and nothing planted among them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from components import compressing, suites
from components.icons import ICONS, styles_of_icons
from settings import ROOT

LINKED = re.compile(r'(?:href|src)="(/(?:assets|_dash-component-suites|bootstrap)/[^"]+)"')


@pytest.fixture(scope="module")
def index(staff_app: Flask) -> str:
    """The index page without what it names only to have it sooner."""
    return re.sub(r'<link rel="preload"[^>]*>', "", staff_app.test_client().get("/").get_data(as_text=True))


def test_a_page_loads_one_file_of_styles_and_two_of_scripts(index: str) -> None:
    names = [address.rpartition("/")[2] for address in LINKED.findall(index) if not address.endswith(".svg")]
    assert names == ["statroom.css", "dash-renderer.js", "statroom.js"]
    assert "document.title = data.title" in index


def test_browsers_keep_them_for_a_year_and_another_version_not_at_all(staff_app: Flask, index: str) -> None:
    client = staff_app.test_client()
    found = [address for address in LINKED.findall(index) if "/made/" in address]
    later = re.findall(r"'(/_dash-component-suites/made/[^']+)'", index)
    assert len(found) == 3 and {address.rpartition("/")[2] for address in later} == {"plotly.min.js", "dash_ag_grid.min.js"}
    for address in found + later:
        assert client.get(address).headers["Cache-Control"] == "private, max-age=31536000, immutable", address
        folder, _sep, name = address.rpartition("/")
        assert client.get(f"{folder.rpartition('/')[0]}/{'0' * 16}/{name}").headers["Cache-Control"] == "no-store"
    assert client.get("/_dash-component-suites/made/x/../../dash/dash.py").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, br;q=0.5", "br"),
        ("zstd;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
        ("br; q=0.0", None),
    ],
)
def test_a_reader_gets_the_smallest_form_the_browser_takes(staff_app: Flask, index: str, accepted: str, coding: str | None) -> None:
    address = next(address for address in LINKED.findall(index) if address.endswith("statroom.js"))
    answer = staff_app.test_client().get(address, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == coding and "Accept-Encoding" in answer.headers["Vary"]
    content = compressing.UNDO[coding](answer.data) if coding else answer.data
    assert b"statroomGo" in content and b"sourceMappingURL" not in content


def test_a_file_is_compressed_once_and_a_planted_one_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = suites.Made("x.js", b"let a = 1;" * 400)
    kept = compressing.Kept(tmp_path)
    first = kept.smaller(made, "br")
    for _wait in range(200):
        if any(path.suffix == ".br" for path in tmp_path.iterdir()):
            break
        compressing.done_within("compress br x.js", 0.05, lambda: None)
    [path] = tmp_path.glob("*.br")
    monkeypatch.setitem(compressing.QUICK, "br", lambda _content: pytest.fail("it was compressed again"))
    again = kept.smaller(suites.Made("x.js", made.content), "br")
    assert compressing.UNDO["br"](first) == compressing.UNDO["br"](again) == made.content and again == path.read_bytes()
    monkeypatch.undo()
    path.write_bytes(compressing.QUICK["br"](b"alert(1)"))
    assert compressing.UNDO["br"](kept.smaller(suites.Made("x.js", made.content), "br")) == made.content


def test_every_icon_that_is_shown_is_drawn() -> None:
    named = {
        name
        for path in [*ROOT.glob("components/**/*.py"), *ROOT.glob("pages/**/*.py")]
        for name in re.findall(r'"bi bi-([\w-]+)', path.read_text())
    }
    named |= {"plus-lg", "dash-lg", "arrows-fullscreen"}  # of maps
    assert named == set(ICONS)
    assert styles_of_icons().count("%3Cpath d=") >= len(ICONS) and "http" not in styles_of_icons().replace("http://www.w3.org/2000/svg", "")


def test_a_page_names_the_large_scripts_it_will_need_and_no_others(staff_app: Flask) -> None:
    for path, names in (("/definitions", []), ("/sla", ["async-graph.js", "plotly.min.js"]), ("/backlog", [*suites.GRAPHS, *suites.GRIDS])):
        text = staff_app.test_client().get(path).get_data(as_text=True)
        assert [address.rpartition("/")[2] for address in re.findall(r'<link rel="preload"[^>]*href="([^"]+)"', text)] == names, path
