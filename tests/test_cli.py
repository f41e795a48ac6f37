"""The commands do what an operator asks, and when they cannot they say so in one line and leave with an error."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

import cli
from cli.clock import due_sources
from settings import ROOT
from tests.support.marts import small_city

HEADER = "id,type,department,channel,status,opened,due,closed\n"
ROWS = (
    "1,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,2026-03-18 08:00:00,\n"
    "2,Pothole,Streets,Web,Closed,2026-03-16 09:00:00,2026-03-18 09:00:00,2026-03-17 10:00:00\n"
    "3,Tree,Parks,Telex,Closed,2026-03-16 10:00:00,,2026-03-20 10:00:00\n"
)
CITY = """
[city]
id = "testville"
name = "Testville"
zone = "America/New_York"
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "export"
kind = "files"
path = "cases.csv"
mapping = "crm.toml"
programme = "requests"
schedule = "0 6 * * *"
"""
MAPPING = """
[columns]
source_id = "id"
request_type = "type"
department = "department"
channel = "channel"
status = "status"
opened_at = "opened"
due_at = "due"
closed_at = "closed"
[status]
"Open" = "open"
"Closed" = "closed"
[channel]
"Phone" = "phone"
"Web" = "web"
"""


class Operator:
    """A city folder, a data folder and somebody who types commands."""

    def __init__(self, folder: Path) -> None:
        self.city = folder / "city"
        self.data = folder / "data"
        server = Flask("cli-test")
        cli.register(server)
        self._runner = server.test_cli_runner()

    def types(self, *command: str) -> Result:
        return self._runner.invoke(args=list(command))

    def write(self, name: str, text: str) -> None:
        self.city.mkdir(exist_ok=True)
        (self.city / name).write_text(text)

    def status(self) -> dict:
        return json.loads(self.types("status", "--json").stdout)


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    made = Operator(tmp_path)
    monkeypatch.setenv("STATROOM_CITY", str(made.city))
    monkeypatch.setenv("STATROOM_DATA", str(made.data))
    made.write("city.toml", CITY)
    made.write("crm.toml", MAPPING)
    made.write("cases.csv", HEADER + ROWS)
    return made


def assert_one_line(result: Result, *said: str) -> None:
    """Failed, with exactly one line on stderr that has all of `said`, and no traceback."""
    assert result.exit_code != 0
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    for part in said:
        assert part in lines[0]


def test_a_load_is_accounted_for_row_by_row(operator: Operator) -> None:
    result = operator.types("sync")
    assert result.exit_code == 0, result.stderr
    assert "export: 3 rows read = 3 new + 0 changed + 0 unchanged + 0 quarantined" in result.stdout
    assert result.stderr == ""
    again = operator.types("sync")
    assert "3 rows read = 0 new + 0 changed + 3 unchanged" in again.stdout
    assert "no new generation" in again.stdout


def test_status_tells_what_is_in_service(operator: Operator) -> None:
    assert operator.status()["generation"] is None
    assert "No data has been loaded yet" in operator.types("status").stdout
    operator.types("sync")
    found = operator.status()
    assert (found["city"], found["generation"], found["last_failure"]) == ("Testville", 1, None)
    assert found["as_of"] == "2026-03-20T14:00:00Z"  # the last instant in the file, 10:00 in New York
    assert found["stale"] is True
    assert found["runs"][0]["rows_read"] == 3
    assert "data through 2026-03-20T14:00:00Z" in operator.types("status").stdout


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("city.toml", CITY.replace("zone =", "zome ="), ("city.toml", "zome", "zone")),
        ("city.toml", CITY.replace("New_York", "New_Yrok"), ("New_Yrok", "IANA")),
        ("city.toml", CITY + "[oops", ("city.toml", "not valid TOML")),
        ("crm.toml", MAPPING.replace('"opened"', '"opend"'), ("opend", "'opened'", "crm.toml")),
        ("crm.toml", MAPPING.replace('"open"', '"opn"'), ("opn",)),
        ("cases.csv", HEADER, ("export", "no rows")),
        ("cases.csv", "", ("export",)),
    ],
)
def test_bad_input_is_one_clear_line_and_the_last_good_data_stays(operator: Operator, file: str, text: str, said: tuple[str, ...]) -> None:
    operator.types("sync")
    operator.write(file, text)
    assert_one_line(operator.types("sync"), *said)
    operator.write("city.toml", CITY)
    assert operator.status()["generation"] == 1


def test_a_file_in_another_encoding_is_named(operator: Operator) -> None:
    (operator.city / "cases.csv").write_bytes((HEADER + ROWS).replace("Tree", "Árbol").encode("latin-1"))
    assert_one_line(operator.types("sync"), "cases.csv")


def test_a_status_that_somebody_renamed_stops_the_load_and_is_named(operator: Operator) -> None:
    operator.types("sync")
    renamed = "".join(f"{i},Pothole,Streets,Phone,Resolved,2026-03-16 08:00:00,,2026-03-17 08:00:00\n" for i in range(10, 60))
    operator.write("cases.csv", HEADER + ROWS + renamed)
    assert_one_line(operator.types("sync"), "Resolved", "[status]", "crm.toml")
    assert operator.status()["generation"] == 1


def test_a_failed_load_is_remembered_and_told(operator: Operator) -> None:
    operator.types("sync")
    (operator.city / "cases.csv").unlink()
    assert_one_line(operator.types("sync"), "export")
    found = operator.status()
    assert found["generation"] == 1
    assert "export" in found["last_failure"]
    assert found["runs"][0]["state"] == "failed"
    assert "The last load failed" in operator.types("status").stdout


def test_a_database_that_is_down_is_one_line_without_its_password(operator: Operator) -> None:
    sql = CITY.replace('kind = "files"', 'kind = "sql"').replace(
        'path = "cases.csv"', 'url = "postgresql+psycopg://me:secret@127.0.0.1:1/crm"'
    )
    operator.write("city.toml", sql)
    operator.write("crm.toml", '[sql]\ncases = "cases"\nkey = "id"\n' + MAPPING)
    result = operator.types("sync")
    assert_one_line(result, "export", "cannot be read")
    assert "secret" not in result.stderr + result.stdout


def test_a_source_that_does_not_exist_is_answered_with_those_that_do(operator: Operator) -> None:
    assert_one_line(operator.types("sync", "--source", "exprot"), "exprot", "export")
    assert_one_line(operator.types("check", "--source", "exprot"), "exprot", "export")


def test_a_wrong_setting_is_one_line(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATROOM_AUDIENCE", "everybody")
    assert_one_line(operator.types("status"), "STATROOM_AUDIENCE", "everybody", "'staff' or 'public'")


def test_debug_shows_where_an_error_comes_from(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATROOM_DEBUG", "1")
    (operator.city / "cases.csv").unlink()
    assert operator.types("sync").exception.__class__.__name__ == "SyncError"


def test_a_new_city_can_be_begun_and_its_files_are_valid(operator: Operator, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    result = operator.types("init", str(folder), "--name", 'Villa "Àrea"', "--zone", "Europe/Madrid")
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in folder.iterdir()} == {"city.toml", "crm.toml", "areas"}
    assert_one_line(operator.types("init", str(folder)), "not empty")


def test_a_new_city_with_a_wrong_zone_leaves_nothing_behind(operator: Operator, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert_one_line(operator.types("init", str(folder), "--zone", "Mars/Olympus"), "Mars/Olympus")
    assert operator.types("init", str(folder)).exit_code == 0


def test_check_profiles_a_source_without_loading_it(operator: Operator) -> None:
    result = operator.types("check")
    assert result.exit_code == 0, result.stderr
    assert "Telex" in result.stdout
    assert operator.status()["generation"] is None
    assert json.loads(operator.types("check", "--json").stdout)


def test_check_refuses_a_schedule_that_is_none(operator: Operator) -> None:
    operator.write("city.toml", CITY.replace("0 6 * * *", "every morning"))
    assert_one_line(operator.types("check"), "every morning", "*/15 * * * *")


def test_the_demo_is_the_same_for_the_same_seed_and_day(operator: Operator, tmp_path: Path) -> None:
    said = []
    for name in ("one", "two"):
        result = operator.types(
            "demo", "--cases", "1500", "--seed", "7", "--as-of", "2026-03-31", "--url", f"sqlite:///{tmp_path / name}.sqlite"
        )
        assert result.exit_code == 0, result.stderr
        said.append(result.stdout.partition(" s: ")[2])
    assert said[0] == said[1] != ""
    assert (operator.data / "demo_truths.json").exists()


def test_the_demo_does_not_overwrite_another_database(operator: Operator, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE requests (id INTEGER)")
    assert_one_line(operator.types("demo", "--cases", "1000", "--url", f"sqlite:///{tmp_path / 'other.sqlite'}"), "no demo city")


def test_the_own_database_can_be_upgraded_again_and_again(operator: Operator) -> None:
    for _ in range(2):
        assert operator.types("upgrade").exit_code == 0


def test_the_clock_asks_each_source_by_the_citys_own_time() -> None:
    source = {"name": "s", "kind": "files", "path": "x", "preset": "nyc_311", "programme": "requests"}
    city = small_city(source=[{**source, "schedule": "0 6 * * *"}, {**source, "name": "t"}])
    assert due_sources(city, datetime(2026, 3, 16, 10, 0, tzinfo=UTC)) == ["s"]  # 06:00 in New York
    assert due_sources(city, datetime(2026, 3, 16, 6, 0, tzinfo=UTC)) == []


def test_the_clock_says_when_it_has_nothing_to_do(operator: Operator) -> None:
    operator.write("city.toml", CITY.replace('schedule = "0 6 * * *"', ""))
    assert_one_line(operator.types("clock"), "schedule")


def test_every_command_explains_itself(operator: Operator) -> None:
    for command in cli.COMMANDS:
        result = operator.types(str(command.name), "--help")
        assert result.exit_code == 0
        assert command.help
        assert all(parameter.help for parameter in command.params if parameter.param_type_name == "option"), command.name


def test_flask_finds_the_commands_by_itself() -> None:
    """As an operator types them: `.venv/bin/flask status --help` in the repository's folder."""
    done = subprocess.run([sys.executable, "-m", "flask", "status", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "how the last loads went" in " ".join(done.stdout.split())
