"""deploy/systemd: units that systemd takes, hardened, and two accounts of which the portal's cannot read what is for staff."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import ROOT, read_settings
from tests.support.towns import Town

FOLDER = ROOT / "deploy" / "systemd"
UNITS = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.service"))}
NOBODY = 65_534
MOST_EXPOSED = 20
"""Tenths of what `systemd-analyze security` counts, from 0 (nothing is open) to 100."""


def values(unit: str, key: str) -> list[str]:
    return [word for line in re.findall(rf"^{key}=(.*)$", UNITS[unit], re.M) for word in line.split()]


def environment(*names: str) -> dict[str, str]:
    lines = [line for name in names for line in (FOLDER / "env" / f"{name}.env").read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_process_has_its_unit_and_starts_what_the_procfile_starts() -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert set(UNITS) == {f"statroom-{name}" for name in processes}
    for name, command in processes.items():
        assert values(f"statroom-{name}", "ExecStart")[0].endswith("/" + command.removeprefix("env STATROOM_AUDIENCE=public ").split()[0])
        assert values(f"statroom-{name}", "ExecStart")[1:] == command.removeprefix("env STATROOM_AUDIENCE=public ").split()[1:]
    assert "STATROOM_AUDIENCE=public" in values("statroom-public", "Environment")


def test_systemd_takes_them_and_finds_little_exposed(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    for name, text in UNITS.items():
        (tmp_path / f"{name}.service").write_text(re.sub(r"/opt/statroom/current/\.venv/bin/\w+", "/bin/true", text))
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    checked = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert [line for line in checked.stderr.splitlines() if "statroom-" in line] == []
    for unit in units:
        judged = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit], capture_output=True, text=True
        )
        if "nrecognized option" in judged.stderr:
            pytest.skip("this systemd judges no files")
        assert judged.returncode == 0, judged.stdout[-200:]


def test_the_portal_runs_as_somebody_else_and_has_no_key_password_or_folder_of_staff() -> None:
    assert values("statroom-public", "User") == ["statroom-public"]
    assert {user for unit in UNITS if unit != "statroom-public" for user in values(unit, "User")} == {"statroom"}
    assert values("statroom-public", "EnvironmentFile") == ["/etc/statroom/common.env", "/etc/statroom/public.env"]
    assert "-/var/lib/statroom" in values("statroom-public", "InaccessiblePaths")
    assert not {"/var/lib/statroom", "/var/lib/statroom-mart"} & set(values("statroom-public", "ReadWritePaths"))
    assert [unit for unit in UNITS if "/etc/statroom/clock.env" in values(unit, "EnvironmentFile")] == ["statroom-clock"]
    assert "statroom" not in values("statroom-public", "SupplementaryGroups")


def test_the_examples_of_settings_can_be_read_and_hold_no_secret() -> None:
    key = {"STATROOM_SECRET_KEY": "x" * 32}
    staff = read_settings(environment("common", "staff") | key)
    assert (str(staff.mart), str(staff.data), staff.trusted_proxies) == ("/var/lib/statroom-mart", "/var/lib/statroom", 1)
    data = dict(word.split("=", 1) for word in values("statroom-public", "Environment"))
    public = read_settings(environment("common", "public") | data | key)
    assert (str(public.mart), str(public.data), public.audience) == ("/var/lib/statroom-mart", "/var/lib/statroom-public", "public")
    assert public.residents_url == staff.residents_url == "sqlite:////var/lib/statroom-residents/residents.sqlite"
    for name in ("common", "staff", "public", "clock"):
        assert not environment(name).get("STATROOM_SECRET_KEY")


@pytest.fixture
def loaded() -> Iterator[Town]:
    """A town that was loaded by somebody whose files others may read, in a folder that others may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    before = os.umask(0o022)
    try:
        town = Town(folder).files()
        town.write("cases.csv", "1,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,")
        town.load()
        yield town
    finally:
        os.umask(before)
        shutil.rmtree(folder)


def test_of_a_mart_others_may_read_the_public_file_only(loaded: Town) -> None:
    """By the modes of the files, and by somebody else who tries."""
    folder = loaded.settings.mart / "gen-000001"
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {"public.duckdb": 0o644, "staff.duckdb": 0o640}
    assert folder.stat().st_mode & 0o777 == 0o755
    if os.geteuid() == 0:
        read = {
            name: subprocess.run(["/bin/cat", folder / name], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True).returncode
            for name in ("public.duckdb", "staff.duckdb")
        }
        assert read == {"public.duckdb": 0, "staff.duckdb": 1}
