"""The container's files, as far as they can be checked without a container engine."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from settings import ROOT
from tests.test_dependencies import RUNTIME

FILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
SERVICES = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text("utf-8"))["services"]
MADE = """
import dataclasses, sys
from app import create_app
from settings import read_settings
server = create_app(read_settings({"STATROOM_AUDIENCE": "public", "STATROOM_DATA": sys.argv[1]}))
print(server.test_client().get("/healthz").status_code)
"""


def copied() -> list[str]:
    lines = [line.split()[1:] for line in FILE.splitlines() if line.startswith("COPY ") and "--from" not in line]
    return [name for line in lines for name in line[:-1] if name != "requirements.lock"]


def test_what_is_copied_is_enough_to_answer(tmp_path: Path) -> None:
    """The portal made of nothing but the copied files, in a folder that is not ours."""
    assert set(RUNTIME) <= set(copied())
    for name in copied():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    asked = subprocess.run([sys.executable, "-c", MADE, str(tmp_path / "data")], cwd=tmp_path, capture_output=True, text=True)
    assert asked.stdout.split() == ["200"], asked.stderr[-1000:]


def test_the_builder_is_given_what_is_copied_and_neither_data_nor_keys() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[1] == "*"
    given = {line[1:] for line in lines if line.startswith("!")}
    assert {name if (ROOT / name).is_dir() or name == "LICENSE" else "*.py" for name in copied()} | {"requirements.lock"} == given
    assert {"**/*.env", "**/*.sqlite", "**/*.duckdb"} <= set(lines)
    assert not re.search(r"SECRET|PASSWORD|TOKEN|_URL=(?!duckdb|sqlite)", FILE)


def test_it_runs_as_nobody_special_and_its_health_is_asked() -> None:
    assert re.search(r"^USER 10001:10001$", FILE, re.M) and "/healthz" in FILE and "--require-hashes" in FILE


def test_compose_starts_what_the_procfile_starts_hardened_and_divided() -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    for name, command in processes.items():
        service = SERVICES[name]
        assert service["command"] == shlex.split(command.removeprefix("env STATROOM_AUDIENCE=public "))
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
    public = SERVICES["public"]
    assert public["environment"]["STATROOM_AUDIENCE"] == "public" and public["user"] != SERVICES["web"]["user"]
    assert public["env_file"] == ["env/public.env"] and "mart:/mart:ro" in public["volumes"]
    assert not any(volume.startswith("data:") for volume in public["volumes"])
    assert [name for name in processes if "env/clock.env" in SERVICES[name]["env_file"]] == ["clock"]
