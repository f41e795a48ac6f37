"""Programmes in totals on residents' pages and in the API, and no single complaint behind any door of staff or residents."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from settings import ROOT
from tests.support import programme_town
from tests.support.looking import PHONE, watched
from tests.support.marts import settings_in
from tests.support.portal import opened, said
from tests.support.servers import served

PAGES = [
    "/programmes", "/programmes/police", "/programmes/police?counted=2025-Q1", "/programmes/ideas", "/programmes/grievances",
    "/programmes/requests", "/api/v1/programmes/police/totals", "/api/v1/programmes/police/totals.csv?counted=2025",
    "/api/v1/programmes/grievances/totals", "/api/v1/programmes/police/totals?counted=1999",
]  # fmt: skip


PATHS = (
    "/api/v1/metrics/opened?by=request_type", "/api/v1/metrics/backlog",
    "/api/v1/areas/district.geojson", "/api/v1/programmes/police/totals", "/api/v1/programmes/police/totals.csv", "/api/v1/contacts", "/programmes",
    "/data-health", "data-health.children", "chart-figure",
)  # fmt: skip
STAFFS = (
    "/api/v1/cases?programme=all", "/api/v1/cases.csv", "/cases", "/backlog", "/map", "/signals", "/closure", "/participation", "/packet", "/commitments", "/api/v1/programmes", "/api/v1/signals",
    "/api/v1/commitments", "programme-cards.children", "programme-tiles.children", "grid", '"type":"filter"',
)  # fmt: skip
RESIDENTS = ("/services", "/areas", "/data", "programmes-list.children", "programme-words.children")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return programme_town.make(tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="module")
def portal(town: Path) -> dict[str, dict[str, Any]]:
    return dict(zip(PAGES, opened(town, PAGES), strict=True))


def answer(page: dict[str, Any], part: str) -> dict[str, Any]:
    """What the one callback says that fills `part`."""
    return next(parts for name, parts in page["answers"].items() if part in name or any(part in key for key in parts))


def words_of(page: dict[str, Any]) -> str:
    return said(answer(page, "programme-words")["programme-words"]["children"])


def table_of(page: dict[str, Any], chart: str) -> dict[str, Any]:
    return next(parts for name, parts in page["answers"].items() if chart in name or any(chart in key for key in parts))


def test_a_programme_is_told_in_sentences(portal: dict[str, Any]) -> None:
    text = words_of(portal["/programmes/police"])
    assert "In 2025120 complaints came in. 60 were closed." in text
    assert "Promised: 180 days (Police Accountability Ordinance, section 12)." in text
    assert "5 of 10 that were due were closed in time (50.0 % of 64)." in text
    assert "Half were closed within 60 days; of the slowest tenth it is not known yet." in text
    assert "60 were open at the end. Of these 32 were late." in text
    quarter = words_of(portal["/programmes/police?counted=2025-Q1"])
    assert "Quarter 1 of 202530 complaints came in. 15 were closed." in quarter


def test_every_programme_residents_may_know_of_has_a_page_and_no_other(portal: dict[str, Any]) -> None:
    listed = said(answer(portal["/programmes"], "programmes-list")["programmes-list"]["children"])
    assert "Police complaints" in listed and "2025: 200 ideas came in." in listed and "Grievances" not in listed
    assert portal["/programmes/ideas"]["status"] == 200
    assert [portal[f"/programmes/{name}"]["status"] for name in ("grievances", "requests")] == [404, 404]
    assert "More programmes" in portal["/programmes"]["document"]


def test_programs_get_the_published_rows_and_what_is_hidden_as_such(portal: dict[str, Any]) -> None:
    told = json.loads(portal["/api/v1/programmes/police/totals"]["document"])
    rows = {(r["period"], r["measure"], r["split"], r["key"]): r for r in told["rows"]}
    assert rows["2025", "opened", "", ""]["n"] == 120 and rows["2025", "median", "", ""]["unit"] == "days"
    bias = rows["2025", "opened", "request_type", "bias"]
    assert bias["n"] is None and bias["hidden"] is True and bias["fewest_shown"] == 11
    lines = portal["/api/v1/programmes/police/totals.csv?counted=2025"]["document"].splitlines()
    assert len(lines) == 1 + sum(r["period"] == "2025" for r in told["rows"])
    assert portal["/api/v1/programmes/grievances/totals"]["status"] == 404
    assert portal["/api/v1/programmes/police/totals?counted=1999"]["status"] == 400


@pytest.mark.parametrize("audience", ["staff", "public"])
def test_no_complaint_is_behind_any_door(town: Path, audience: str) -> None:
    run = [sys.executable, "-m", "tests.support.programme_doors", str(town), audience, programme_town.MARK]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["held"] == []
    # What stood open while it was asked: what answers nothing holds nothing either.
    opened = [*PATHS, *(STAFFS if audience == "staff" else RESIDENTS)]
    assert [door for door in opened if not any(door in answered for answered in found["answered"])] == []
    assert 429 not in found["refused"].values()
    assert {door: status for door, status in found["refused"].items() if status >= 500} == {}
    # The totals are everybody's.
    assert found["totals"] > 50


def test_a_resident_reads_a_programme_on_a_phone_in_spanish(town: Path, browser: Browser) -> None:
    with served(dataclasses.replace(settings_in(town, "public"), city=town)) as url, watched(browser, size=PHONE) as seen:
        seen.page.goto(f"{url}/programmes?lang=es")
        seen.page.get_by_role("link", name="Police complaints").click()
        expect(seen.page.locator("#programme-words")).to_contain_text("Llegaron 120 casos (complaints)")
        seen.drawn(4)
        expect(seen.page.locator("#chart-programme-kinds")).to_contain_text("muy pocas")
        assert seen.violations() == [] and seen.overflow() <= 0 and seen.errors == [] and seen.outside == []
        seen.choose("counted", "2025-Q1")
        expect(seen.page.locator("#programme-words")).to_contain_text("Trimestre 1 de 2025")
