"""Whatever a load does or whatever befalls it, whoever reads sees one complete city: the last good one."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from data_access.mart import generations
from data_access.mart.reading import MartUnavailable, open_mart
from data_access.mart.writing import BuildError
from settings import ROOT
from tests.support.marts import instant, make_mart, small_city
from tests.support.towns import Town

FIRST = "1,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,"
SECOND = "2,Tree,Parks,Web,Open,2026-03-16 09:00:00,,"
SYNC = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from pathlib import Path; from tests.support.towns import Town; Town(Path(sys.argv[1])).files().load(full=True)"
"""A load as a terminal starts it: one that was started in the background is told to ignore Ctrl-C."""


@pytest.fixture(scope="module")
def first_load(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = Town(tmp_path_factory.mktemp("town")).files()
    made.write("cases.csv", FIRST)
    made.load()
    return made


@pytest.fixture
def town(first_load: Town, tmp_path: Path) -> Town:
    """A town with one case in service, of generation 1."""
    return first_load.copy(tmp_path)


def files(town: Town) -> list[str]:
    """What is in the mart's folder, without the lock."""
    return sorted(path.name for path in town.settings.mart.iterdir() if path.name != "lock")


# The swap


def test_a_load_builds_aside_and_puts_itself_into_service_by_one_line(town: Town) -> None:
    town.write("cases.csv", FIRST, SECOND)
    town.load()
    assert files(town) == ["current", "gen-000001", "gen-000002"]
    assert (town.settings.mart / "current").read_text() == "gen-000002\n"
    for folder in ("gen-000001", "gen-000002"):
        assert sorted(path.name for path in (town.settings.mart / folder).iterdir()) == ["public.duckdb", "staff.duckdb"]
    assert (
        town.ask("SELECT value FROM meta WHERE key = 'generation'")
        == town.ask("SELECT value FROM meta WHERE key = 'generation'", "public")
        == [("2",)]
    )


def test_three_generations_stay_and_one_can_go_back_to_each(town: Town) -> None:
    for number in range(2, 6):
        town.write("cases.csv", *[FIRST.replace("1,", f"{n},", 1) for n in range(number)])
        town.load()
    assert files(town) == ["current", "gen-000003", "gen-000004", "gen-000005"]
    (town.settings.mart / "current").write_text("gen-000003")
    assert len(town.cases()) == 3
    assert town.load().rows_new == 2
    assert files(town) == ["current", "gen-000004", "gen-000005", "gen-000006"]
    assert len(town.cases()) == 5


def city_of(folder: Path, cases: int) -> None:
    """Publish a city of so many cases, all of the type that says how many they are, with an event each."""
    opened = instant("2026-03-16T12:00:00Z")
    rows = [{"source_id": str(n), "opened_at": opened, "request_type": f"{cases} cases"} for n in range(cases)]
    events = [{"source_id": str(n), "event_at": opened, "event_kind": "assigned"} for n in range(cases)]
    make_mart(folder, rows, events, as_of=datetime(2026, 3, 17))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Callable[[], dict]]:
    """A process that reads the mart of `tmp_path` all the time; calling it ends it and tells what it saw."""
    city_of(tmp_path, 1)
    command = [sys.executable, "-m", "tests.support.reader", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"

    def ended() -> dict:
        return json.loads(process.communicate("", timeout=60)[0])

    yield ended
    process.kill()
    process.wait()


def test_a_reader_in_another_process_sees_one_complete_generation_while_loads_publish(tmp_path: Path, reader: Callable[[], dict]) -> None:
    """Eight cities of 2, 102, 202 ... cases follow each other; no read mixes two, none fails, and the last one is seen."""
    for number in range(8):
        city_of(tmp_path, 100 * number + 2)
    time.sleep(0.5)
    saw = reader()
    assert saw["wrong"] == []
    assert saw["generations"] == sorted(saw["generations"])
    assert saw["generations"][-1] == 9 and len(saw["generations"]) >= 4
    assert saw["reads"] > 10


def test_a_reader_lets_go_of_generations_that_are_history(tmp_path: Path) -> None:
    for number in range(1, 6):
        city_of(tmp_path, number)
    gc.collect()
    held = {os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.exists()}
    assert not [path for path in held if str(tmp_path) in path and "gen-00000" in path and "gen-000005" not in path]


# A load that dies


def test_a_load_killed_in_mid_build_leaves_the_last_good_one_in_service_and_the_next_load_works(town: Town) -> None:
    """SIGKILL while 60,000 cases are being built; while it still runs, a second load leaves with a message."""
    town.write("cases.csv", *(f"{n},Pothole,Streets,Phone,Open,2026-03-16 08:00:00,," for n in range(60_000)))
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC, str(town.folder)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        half_built = town.settings.mart / "gen-000002.tmp" / "staff.duckdb"
        until(lambda: half_built.exists())
        process.send_signal(signal.SIGSTOP)
        assert town.refused() == "Another load is running; wait for it to end and try again."
        assert half_built.exists()
    finally:
        process.kill()
        process.wait()
    assert files(town) == ["current", "gen-000001", "gen-000002.tmp"]
    assert list(town.cases()) == ["1"]
    town.write("cases.csv", FIRST, SECOND)
    assert town.load().rows_new == 1
    assert files(town) == ["current", "gen-000001", "gen-000002"]


def until(fact: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def test_a_load_that_died_between_the_folder_and_the_pointer_is_not_in_service(town: Town) -> None:
    """The new folder is complete, the pointer still names the old one: the next load takes the next number."""
    shutil.copytree(town.settings.mart / "gen-000001", town.settings.mart / "gen-000002")
    assert town.generation() == 1
    town.write("cases.csv", FIRST, SECOND)
    town.load()
    assert (town.generation(), sorted(town.cases())) == (3, ["1", "2"])


def test_a_load_that_is_interrupted_by_its_operator_is_on_record(town: Town) -> None:
    """Ctrl-C: nothing half-built stays, the good data does, and the run says what happened."""
    town.write("cases.csv", *(f"{n},Pothole,Streets,Phone,Open,2026-03-16 08:00:00,," for n in range(60_000)))
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC, str(town.folder)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: (town.settings.mart / "gen-000002.tmp").exists())
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == -signal.SIGINT
    assert files(town) == ["current", "gen-000001"]
    assert (town.runs()[0]["state"], town.runs()[0]["error"]) == ("failed", "the load was stopped before its end.")
    assert list(town.cases()) == ["1"]


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here ({done.stderr.strip()}); run as root where mounting is allowed")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def on_disk(town: Town, place: Path) -> Town:
    """The same town with its mart on another disk; its own database stays where it is."""
    town.settings = dataclasses.replace(town.settings, mart=place / "mart")
    return town


def test_a_disk_that_fills_up_ends_the_load_in_one_line_and_the_last_good_data_stays(tmp_path: Path, small_disk: Path) -> None:
    town = on_disk(Town(tmp_path).files(), small_disk)
    town.write("cases.csv", FIRST)
    town.load()
    places = "".join(f"{n} Long Street of many words and no end of them;" for n in range(9))
    town.write("cases.csv", *(f"{n},{n} {places},Streets,Phone,Open,2026-03-16 08:00:00,," for n in range(60_000)))
    assert town.refused() == "the load stopped: the disk is full (No space left on device). Make room and load again."
    assert files(town) == ["current", "gen-000001"]
    assert list(town.cases()) == ["1"]
    town.write("cases.csv", FIRST, SECOND)
    assert town.load().rows_new == 1


def test_a_load_that_would_not_fit_is_refused_beforehand(tmp_path: Path, small_disk: Path) -> None:
    """The last generation has 3.7 MB, a build needs two and a half times that, and 5 MB are free."""
    town = on_disk(Town(tmp_path).files(), small_disk)
    town.write("cases.csv", FIRST)
    town.load()
    free = shutil.disk_usage(small_disk).free
    (small_disk / "ballast").write_bytes(b"x" * (free - 6_000_000))
    town.write("cases.csv", FIRST, SECOND)
    assert "make room and load again" in town.refused()
    (small_disk / "ballast").unlink()
    assert town.load().rows_new == 1


# A damaged file


def spoil(town: Town, how: str) -> None:
    """Damage the mart in service."""
    path = town.settings.mart / f"gen-{town.generation():06d}" / "staff.duckdb"
    whole = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "overwritten":
        path.write_bytes(b"no mart " * (len(whole) // 8))
    elif how == "spoilt inside":
        path.write_bytes(whole[: 3 * 4096] + b"\xff" * (len(whole) - 3 * 4096))
    elif how == "older version":
        with duckdb.connect(str(path)) as mart:
            mart.execute("UPDATE meta SET value = '0' WHERE key = 'schema_version'")


DAMAGES = ["missing", "cut short", "overwritten", "spoilt inside", "older version"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_generation_stops_loads_until_a_full_one_replaces_it(town: Town, how: str) -> None:
    """An incremental load builds on what is there and says what to do; the full one starts from the last good generation: numbers stay."""
    town.write("cases.csv", SECOND, FIRST)
    town.load()
    numbers = {key: found["case_id"] for key, found in town.cases().items()}
    spoil(town, how)
    town.write("cases.csv", FIRST, SECOND, "3,Tree,Parks,Web,Open,2026-03-16 07:00:00,,")
    line = town.refused()
    assert "gen-000002" in line and line.endswith("Run `flask sync --full` once.")
    town.load(full=True)
    assert sorted(town.cases()) == ["1", "2", "3"]
    assert town.cases()["1"]["case_id"] == numbers["1"]


@pytest.mark.parametrize("how", ["missing", "cut short", "overwritten"])
def test_a_process_that_starts_on_a_damaged_mart_says_which_file_and_what_to_do(town: Town, how: str) -> None:
    spoil(town, how)
    with pytest.raises(MartUnavailable, match=r"gen-000001/staff\.duckdb is (missing|damaged).*run `flask sync --full`"):
        open_mart(town.settings)


def test_a_process_that_reads_an_older_generation_goes_on_with_it(tmp_path: Path) -> None:
    town = Town(tmp_path).files()
    town.write("cases.csv", FIRST)
    town.load()
    before = open_mart(town.settings)
    town.write("cases.csv", FIRST, SECOND)
    town.load()
    spoil(town, "cut short")
    assert open_mart(town.settings) is before
    town.load(full=True)
    assert open_mart(town.settings).generation == 3


def test_a_pointer_that_names_nothing_is_told_with_the_names_there_are(town: Town) -> None:
    (town.settings.mart / "current").write_text("gen-00001\n")
    with pytest.raises(MartUnavailable, match=r"says 'gen-00001', which is not there; write one of gen-000001 into it"):
        open_mart(town.settings)
    with pytest.raises(generations.NoGeneration):
        town.generation()
    town.load(full=True)
    assert town.generation() == 2


# A city that was changed since


def test_rows_of_another_time_zone_or_other_districts_are_not_mixed_with_new_ones(town: Town) -> None:
    """Days and area numbers of kept rows would mean something else: the load says so, and a full load makes all anew."""
    layer = {"id": "district", "name": "District", "plural": "Districts", "assign": "name"}
    for tables in ({"city": {"zone": "Europe/Athens"}}, {"area_layer": [layer]}, {"area_layer": [{**layer, "id": "ward"}, layer]}, {}):
        town.tables = tables
        assert town.refused().endswith("Run `flask sync --full` once.")
        town.load(full=True)
        assert town.load().rows_unchanged == 1


def test_a_case_keeps_its_number_for_ever_and_a_full_load_changes_none(town: Town) -> None:
    town.write("cases.csv", "0,Tree,Parks,Web,Open,2026-03-15 09:00:00,,", FIRST, SECOND)
    town.load()
    numbers = {key: found["case_id"] for key, found in town.cases().items()}
    assert numbers["1"] == 1
    town.load(full=True)
    assert {key: found["case_id"] for key, found in town.cases().items()} == numbers


def test_a_generation_that_breaks_a_rule_is_not_put_into_service(tmp_path: Path) -> None:
    """A source whose programme city.toml does not have: the checks find it, the good generation stays."""
    city_of(tmp_path, 3)
    with pytest.raises(BuildError, match="a case has no programme"):
        make_mart(tmp_path, [{"source_id": "1", "programme": "nobody's", "opened_at": instant("2026-03-16T12:00:00Z")}], as_of=datetime(2026, 3, 17), city=small_city())  # fmt: skip
    current = generations.current(tmp_path / "mart")
    assert current is not None and current.number == 1
    assert sorted(path.name for path in (tmp_path / "mart").iterdir()) == ["current", "gen-000001", "lock"]
