"""What the portal says of its own rules, and what a resident who asks for everything finds out: nothing that is hidden."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks import attack
from data_access.city import load_city
from settings import ROOT, Settings
from tests.support.marts import make_mart
from tests.support.portal import opened, said
from tests.support.portal_town import CITY
from tests.test_released_cells import FEW, cases

PAGE = "/what-we-publish"
RELEASE = 'A = ["Pothole"]\nB = ["No Heat", "Rats", "Missed Trash"]\nsensitive = ["No Heat"]\n[portal]\ncontact = "privacy@town.example"\n'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The page with the latest quarter, with the one in which few cases are hidden, and with one that there is not."""
    folder: Path = tmp_path_factory.mktemp("town")
    layer = '[[area_layer]]\nid = "district"\nname = "District"\nplural = "Districts"\n'
    (folder / "city.toml").write_text(f"{CITY.partition('[[area_layer]]')[0]}{layer}[release]\n{RELEASE}")
    make_mart(folder, cases(of=FEW), as_of=datetime(2026, 4, 2, 12), city=load_city(folder))
    addresses = [PAGE, f"{PAGE}?release=2025-Q2", f"{PAGE}?release=2031-Q1"]
    return dict(zip(addresses, opened(folder, addresses), strict=True))


def text(page: dict[str, Any]) -> str:
    return next(said(answer["what-we-publish"]["children"]) for answer in page["answers"].values() if "what-we-publish" in answer)


def chart(page: dict[str, Any], name: str) -> dict[str, Any]:
    return {json.loads(key)["type"].removeprefix("chart-"): value for key, value in page["answers"][name].items()}


def test_it_says_which_services_are_published_how_and_whom_to_tell(pages: dict[str, dict[str, Any]]) -> None:
    said_here = text(pages[PAGE])
    assert "1 service about streets, parks and other public places" in said_here
    assert "Which onesMissed TrashNo HeatRats" in said_here
    assert "privacy@town.example" in said_here and "Abuse" not in json.dumps(pages[PAGE])


def test_it_says_what_hiding_costs_in_the_period_that_is_shown(pages: dict[str, dict[str, Any]]) -> None:
    assert "In 2025-Q4, 0 of" in text(pages[PAGE]) and "216 cases, 100.0 %" in text(pages[PAGE])
    few = text(pages[f"{PAGE}?release=2025-Q2"])
    assert "numbers are hidden" in few and "In 2025-Q2, 0 of" not in few and "Of 187 cases" in few


def test_a_hidden_number_is_called_hidden_and_a_shown_one_is_told(pages: dict[str, dict[str, Any]]) -> None:
    table = json.dumps(chart(pages[f"{PAGE}?release=2025-Q2"], "sensitive-areas")["table"])
    assert "hidden" in table and "36" in table
    assert "hidden" not in json.dumps(chart(pages[PAGE], "sensitive-areas")["table"])


def test_a_period_that_was_not_released_is_refused_in_a_sentence(pages: dict[str, dict[str, Any]]) -> None:
    page = pages[f"{PAGE}?release=2031-Q1"]
    assert page["status"] == 200 and "There is no period called" in json.dumps(page["answers"])


def test_a_resident_who_asks_for_everything_finds_nothing_out(demo_public_settings: Settings) -> None:
    """The quick attack; `python -m benchmarks.attack` asks every figure, filtered by everything, of all quarters."""
    environ = {
        "STATROOM_DATA": str(demo_public_settings.data), "STATROOM_CITY": str(demo_public_settings.city), "PATH": os.environ["PATH"],
    }  # fmt: skip
    run = [sys.executable, "-m", "benchmarks.attack", "quick"]
    done = subprocess.run(run, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["found_out"] == 0
    assert found["asked"] > 100 and found["figures_hidden"] > 10, "nothing to find out"
    assert found["tables"]["cells"] > 20 and found["not_sums"] == 0
    assert found["tables"]["taken"] > 20 and found["tables"]["hidden"] > 0, "the files and the API hold these numbers too"


def test_a_number_that_one_way_hides_and_another_tells_is_found_out() -> None:
    """In the file 3 cases of the north are hidden; a chart that told them, or told the south beside the total, would be noticed."""
    total, north, south = ("2025", "", "", ""), ("2025", "north", "", ""), ("2025", "south", "", "")
    told = [(total, 40), (north, None), (south, None)]
    assert {name: n for name, n in attack._put_together(told).items() if name in ("told_elsewhere", "solved")} == {
        "told_elsewhere": 0,
        "solved": 0,
    }
    assert attack._put_together([*told, (north, 3)])["told_elsewhere"] == 1
    assert attack._put_together([(total, 40), (north, None), (south, 37)])["solved"] == 1
    assert attack._put_together([(total, 40), (total, 41)])["told_twice"] == 1
