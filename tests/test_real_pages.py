"""The pages work on every published export: each chart finds something to say, or says why it cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from settings import ROOT
from tests.support import real
from tests.support.real import Loaded, RealCity

HEAVIEST = 2_000_000
"""Bytes of one callback's answer."""


def opened(folder: Path, audience: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.opening", str(folder), audience], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("audience", ["staff", "public"])
@pytest.mark.parametrize("city", real.WALKED, ids=lambda city: city.name)
def test_every_page_of_a_real_city(city: RealCity, audience: str, load_real: Callable[[RealCity], Loaded], run_folder: Path) -> None:
    load_real(city)
    folder = run_folder / "real-cities" / city.name
    (folder / "city.toml").write_text(city.toml())
    told = opened(folder, audience)
    assert told["failed"] == []
    assert told["posted"] >= (8 if audience == "staff" else 3)
    assert {name: size for name, size in told["bytes"].items() if size > HEAVIEST} == {}
    assert [name for name, finding in told["findings"].items() if not finding.strip()] == []
