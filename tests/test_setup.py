"""What a newcomer meets first: pinned requirements, make targets, a Procfile, and `make run`'s behaviour around the servers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from settings import ROOT

PIN = re.compile(r"^([A-Za-z0-9_.-]+)(\[[a-z,]+\])?==([\w.]+)(;.*)?$")
PICKED_BY_PIP = {"numpy", "pyproj"}
"""No single release fits every Python that Statroom supports."""
IMPORT_NAMES = {
    "dash_bootstrap_components": "dash-bootstrap-components",
    "flask_caching": "flask-caching",
    "flask_compress": "flask-compress",
}


def requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned(name: str) -> None:
    loose = [line for line in requirements(name) if not PIN.match(line)]
    assert {re.split(r"[<>=]", line)[0] for line in loose} <= PICKED_BY_PIP


def test_make_lists_the_targets_of_the_contract() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "bench", "screenshots"):
        assert re.search(rf"^{target} ", said, re.M), target


def test_continuous_integration_runs_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()


def test_the_procfile_names_its_processes_and_they_exist() -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert set(processes) == {"web", "public", "clock", "release"}
    assert "STATROOM_AUDIENCE=public" in processes["public"]
    from cli import COMMANDS

    for name in ("clock", "release"):
        assert processes[name].split()[1] in {command.name for command in COMMANDS}


def test_everything_the_environment_may_say_is_read_in_one_place() -> None:
    """Own settings are read by `settings`; the rest of the code asks it. Of several cities one more place makes what each of them reads."""
    reading = re.compile(r"""environ(?:\.get\(|\[)['"](STATROOM_[A-Z_]+|PORT)['"]""")
    found = {}
    for layer in ("data_access", "metrics", "components", "pages", "api", "cli"):
        for path in set((ROOT / layer).rglob("*.py")) - {ROOT / "data_access" / "installation.py"}:
            names = set(reading.findall(path.read_text("utf-8"))) - {"STATROOM_DEBUG"}
            if names:
                found[str(path.relative_to(ROOT))] = names
    assert found == {}


def start(tmp_path: Path, port: int, **environ: str) -> subprocess.Popen[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("STATROOM_")}
    return subprocess.Popen(
        [sys.executable, "serve.py"], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**own, "STATROOM_DATA": str(tmp_path), "PORT": str(port), **environ},
    )  # fmt: skip


def test_a_port_in_use_is_one_line_that_names_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        out, err = start(tmp_path, port).communicate(timeout=60)
    assert out == ""
    assert err.splitlines() == [f"Error: port {port} (staff) cannot be used: Address already in use; set PORT to another one."]


def test_a_wrong_city_is_one_line_and_nothing_is_left_running(tmp_path: Path) -> None:
    process = start(tmp_path, 18_050, STATROOM_CITY=str(tmp_path / "nowhere"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(err.splitlines()) == 1
    assert "nowhere/city.toml does not exist" in err


def test_make_run_says_when_both_pages_answer_and_stops_cleanly(demo_settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A second start: data is there, so it takes seconds; Ctrl-C ends both servers and leaves with success."""
    import urllib.request

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Another database by name keeps the demo of March from being built again up to today.
    crm = f"sqlite:///{demo_settings.data / 'demo_crm.sqlite'}"
    process = start(demo_settings.data, port, CRM_URL=crm, STATROOM_MART_URL=f"duckdb:///{demo_settings.mart}")
    assert process.stdout is not None
    said: list[str] = []
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and not any("Ctrl-C" in line for line in said):
        line = process.stdout.readline()
        if not line:
            break
        said.append(line)
    ready = [line for line in said if line.startswith("Statroom is ready: ")]
    assert ready, (said, process.stderr.read() if process.poll() is not None and process.stderr else "")
    urls = re.findall(r"http://[\d.:]+", ready[0])
    assert urls == [f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"]
    for url in urls:
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.status == 200
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
    for number in (port, port + 1):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", number)) != 0
