"""What a marked module makes for its tests is made once, however many processes run them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from settings import ROOT

CONFTEST = "from tests.conftest import pytest_xdist_make_scheduler\n"
MODULE = """
import os, time
from pathlib import Path
import pytest
{mark}
@pytest.fixture(scope="module")
def made():
    with open(Path(__file__).parent / "made.txt", "a") as file:
        file.write(f"{{__name__}}\\n")
    time.sleep(0.3)
@pytest.mark.parametrize("number", range(8))
def test_uses_what_is_made(made, number):
    time.sleep(0.05)
"""


@pytest.fixture
def made(tmp_path: Path) -> Counter[str]:
    """How often each module made its thing, in a run by two processes."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_marked.py").write_text(MODULE.format(mark='pytestmark = pytest.mark.xdist_group("marked")'))
    (tmp_path / "test_other.py").write_text(MODULE.format(mark=""))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        str(tmp_path),
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert "16 passed" in done.stdout, done.stdout[-2000:]
    return Counter((tmp_path / "made.txt").read_text().split())


def test_a_marked_module_is_one_process_s(made: Counter[str]) -> None:
    assert made["test_marked"] == 1 and made["test_other"]
