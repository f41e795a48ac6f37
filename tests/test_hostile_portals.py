"""Portals that are broken or mean: a load ends in one line, takes nothing for deleted that was not sent, and tells no secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Response

from data_access.loading import SyncError
from data_access.sources.http import Client
from tests.support.towns import Town
from tests.support.web_api import DATASET, RESOURCE, Portal, portal
from tests.test_web_sources import COLUMNS, NEVER, row, socrata


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with portal() as made:
        yield made


def said(value: Any) -> Response:
    return Response(orjson.dumps(value), content_type="application/json")


def line_of(town: Town) -> str:
    with pytest.raises(SyncError) as caught:
        town.load()
    line = str(caught.value)
    assert "\n" not in line and NEVER not in line and "unforeseen" not in line
    return line


def layer(api: Portal, folder: Path, **ask: Any) -> Town:
    api.table("0", [{"OBJECTID": n, **row(n)} for n in range(1, 4)])
    return Town(folder).web("arcgis", f"{api.url}/arcgis/rest/services/311/FeatureServer/0", COLUMNS, ask=ask)


def resource(api: Portal, folder: Path) -> Town:
    api.table(RESOURCE, [{"_id": n, **row(n)} for n in range(1, 4)])
    return Town(folder).web("ckan", f"{api.url}/dataset/x/resource/{RESOURCE}", COLUMNS, ask={"page_rows": 2})


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_pages_that_are_always_the_same_end(api: Portal, tmp_path: Path) -> None:
    town = socrata(api, _made(tmp_path / "a"))
    api.breaks = lambda path, args: said([{"number": "R-1", "opened": "x"}] * 2) if "$offset" in args else None
    assert "pages in a row with the same rows" in line_of(town)
    assert len(api.paths(f"{DATASET}.json")) < 10
    town = layer(api, _made(tmp_path / "b"))
    feature = {"attributes": {"OBJECTID": 1, "number": "R-1"}}
    api.breaks = lambda path, args: (
        said({"features": [feature], "exceededTransferLimit": True}) if path.endswith("query") and "outFields" in args else None
    )
    assert "the same rows for ever" in line_of(town)


def test_a_portal_that_gives_far_less_than_it_has_is_not_loaded_over_what_it_gave_before(api: Portal, tmp_path: Path) -> None:
    """It caps an answer at 3 rows without a word, and says that it has 500: the others are not deleted."""
    town = socrata(api, tmp_path)
    town.load()

    def capped(path: str, args: dict[str, str]) -> Response | None:
        if args.get("$select") == "count(*) AS n":
            return said([{"n": "500"}])
        return said([{"number": "R-1", "opened": "2026-03-16T08:01:00"}]) if "$offset" in args else None

    api.breaks = capped
    with pytest.raises(SyncError, match=r"says that it has 500 rows and gives 1;.*page_rows"):
        town.load(full=True)
    api.breaks = lambda path, args: None
    assert len(town.cases()) == 5


@pytest.mark.parametrize("broken", [[], [1], {"features": [7]}, {"features": [{"attributes": {}}]}])
def test_an_answer_of_a_layer_that_is_built_otherwise_is_told(api: Portal, tmp_path: Path, broken: Any) -> None:
    town = layer(api, tmp_path)
    api.breaks = lambda path, args: said(broken) if "outFields" in args else None
    assert "check that url" in line_of(town)


@pytest.mark.parametrize("broken", [{"fields": [1]}, {"fields": [{}]}, {"fields": [{"name": "a"}], "maxRecordCount": "many"}])
def test_a_layer_that_describes_itself_otherwise_is_told(api: Portal, tmp_path: Path, broken: Any) -> None:
    town = layer(api, tmp_path)
    api.breaks = lambda path, args: said(broken) if path.endswith("/0") else None
    assert "not built as this kind" in line_of(town)


@pytest.mark.parametrize("broken", [{"records": [1, 2]}, {"records": [{"_id": 1}], "limit": "x"}, {"fields": [1], "total": 3}, {"fields": [{"id": "a"}], "total": "x"}])  # fmt: skip
def test_a_resource_that_is_built_otherwise_is_told(api: Portal, tmp_path: Path, broken: Any) -> None:
    town = resource(api, tmp_path)
    whole = "total" in broken
    api.breaks = lambda path, args: said({"success": True, "result": broken}) if (args.get("limit") == "0") == whole else None
    assert "check that url" in line_of(town)


def test_no_key_and_no_account_of_an_address_is_in_a_message_or_a_finding(api: Portal, tmp_path: Path) -> None:
    """The portal repeats what it was asked; two layers differ in their columns, which is noted with their addresses."""
    town = socrata(api, _made(tmp_path / "a"), key="k3y with space")
    api.breaks = lambda path, args: Response(b'{"message": "bad token k3y+with+space or k3y%20with%20space or k3y with space"}', 403)
    assert "bad token *** or *** or ***" in line_of(town)
    api.breaks = lambda path, args: None
    api.table("0", [{"OBJECTID": 1, **row(1)}])
    api.table("1", [{"OBJECTID": 1, **row(2), "more": 1}])
    host = api.url.removeprefix("http://")
    urls = [f"http://me:s3cret-word@{host}/arcgis/rest/services/311/FeatureServer/{n}" for n in (0, 1)]
    town = Town(_made(tmp_path / "b")).web("arcgis", "", COLUMNS, urls=urls)
    report = town.load()
    assert any("has other columns" in one for one in report.drift) and "s3cret" not in str(report.drift)


def test_a_port_of_another_program_is_another_house() -> None:
    from data_access.sources.http import _same_house

    assert _same_house("http://a.example/x", "https://a.example/x")
    assert not _same_house("http://a.example/x", "https://a.example:2375/x")
    assert not _same_house("https://a.example/x", "https://a.example:8443/x")
    assert not _same_house("http://a.example/x", "file:///etc/passwd") and not _same_house("http://a.example/x", "http://169.254.169.254/x")
