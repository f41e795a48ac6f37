"""A small load of a large city is written as amendments of the generation before; what is read is what a whole build would hold."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from data_access.city import City
from data_access.mart import amending, checks, generations, logs, schema
from data_access.mart.day_schema import DAY_TABLES
from data_access.mart.generations import Generation
from data_access.mart.reading import MartUnavailable, open_mart
from data_access.mart.staging import Stage
from data_access.mart.writing import build
from data_access.released import files
from settings import ROOT
from tests.support import worlds
from tests.support.marts import settings_in, small_city
from tests.support.towns import Town

OTHERWISE = ("edition", "built_at", amending.AMENDED)
"""What two builds of the same say differently of themselves."""
EXAMPLES = int(os.environ.get("STATROOM_TEST_EXAMPLES") or 0)
FIRST = worlds.AS_OF - timedelta(days=30)


@pytest.fixture(autouse=True)
def _no_city_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amending, "LEAST_CASES", 1)
    monkeypatch.setattr(amending, "MOST_CHANGED", 1e9)
    monkeypatch.setattr(amending, "MOST_AMENDED", 1e9)


def town(folder: Path) -> City:
    """A city with all that residents are told in different ways: single cases, cells of sensitive services, totals of programmes."""
    whole = worlds.city(folder, "America/New_York")
    programmes = [
        {"id": "w0", "name": "Requests"},
        {"id": "w1", "name": "Ideas", "kind": "idea", "stage": [{"id": "new", "name": "New"}, {"id": "old", "name": "Old", "amount": 5, "unit": "calendar_days"}]},
        {"id": "w2", "name": "Complaints", "kind": "complaint", "privacy": "aggregate"},
    ]  # fmt: skip
    tables: dict[str, Any] = whole.file.model_dump(mode="json", exclude_unset=True, by_alias=True)
    release = {"A": ["pothole", "litter"], "B": ["leak"], "cases": True}
    return small_city("America/New_York", **{**tables, "programme": programmes, "release": release})


class History:
    """What a CRM says of its cases from load to load: they happen, are corrected long after, vanish and come again."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.cases = {case.id: case for number in range(3) for case in worlds.world(seed, f"w{number}", "America/New_York", 25)}
        self.said: dict[str, Any] = {}
        self.gone: set[str] = set()
        self.places = {key: (50 + self.chance.randrange(5) / 1000, -10.0) for key in self.cases}

    def load(self, as_of: datetime) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
        """The rows and events that changed by `as_of`, and the ids that are there."""
        rows, events = [], []
        for key in list(self.cases):
            if self.said and self.chance.random() < 0.1:
                self.cases[key] = self._corrected(self.cases[key])
            if self.said and self.chance.random() < 0.08:
                self.gone ^= {key}
            known = self.cases[key].known_at(as_of)
            if known is None or key in self.gone:
                self.said.pop(key, None)
            elif self.said.get(key) != known or self.chance.random() < 0.1:
                self.said[key] = known
                latitude, longitude = self.places[key]
                stage = {"stage": self.chance.choice(["New", "Old"])} if known.programme == "w1" else {}
                rows.append({**worlds.row_of(known), **stage, "latitude": latitude, "longitude": longitude, "source_name": "crm"})
                events += worlds.events_of(known)
        return pd.DataFrame(rows), pd.DataFrame(events), pd.Series(list(self.said), dtype="str")

    def _corrected(self, case: worlds.Case) -> worlds.Case:
        """Another type, department or date, of however old a case."""
        other = self.chance.choice(worlds.world(self.chance.randrange(1000), case.programme, "America/New_York", 5))
        made = worlds.replace(
            case, **{name: getattr(other, name) for name in (self.chance.choice(("request_type", "spells", "due", "areas")),)}
        )
        return worlds.replace(made, owners=((made.opened, other.owners[-1][1]),))


def load(root: Path, city: City, number: int, as_of: datetime, told: tuple[pd.DataFrame, pd.DataFrame, pd.Series]) -> Generation:
    """One load of what a CRM told."""
    cases, events, ids = told
    with generations.building(root, number) as folder, Stage(folder, generations.current(root)) as stage:
        stage.add_cases(cases)
        stage.add_events(events)
        stage.add_keys("crm", ids)
        stage.settle(rebuild=number == 1, keys_of=("crm",))
        loads: list[dict[str, object]] = [{column.name: None for column in schema.load.c} | {"id": number, "source_name": "crm", "mode": "incremental", "started_at": as_of, "as_of": as_of}]  # fmt: skip
        build(stage, city, as_of=as_of, loads=loads, number=number, released=root / "released")
        files.take(folder, root / "released")
        return generations.publish(folder)


def content(generation: Generation) -> dict[str, list[tuple]]:
    """Every table of both audiences, its rows sorted."""
    found = {}
    for audience in ("staff", "public"):
        with duckdb.connect(str(generation.path(audience)), read_only=True) as mart:  # type: ignore[arg-type]
            for table in schema.metadata.sorted_tables:
                if audience == "staff" or table not in schema.STAFF_TABLES:
                    # Of counts by day what they add up to: amendments append to them.
                    added = "SELECT * REPLACE (sum(n) AS n, sum(met) AS met) FROM {} GROUP BY ALL HAVING sum(n) <> 0"
                    which = added.format(table.name) if table in DAY_TABLES else f"SELECT * FROM {table.name}"
                    rows = mart.execute(f"{which} ORDER BY ALL").fetchall()
                    found[f"{audience}.{table.name}"] = [row for row in rows if row[0] not in OTHERWISE]
    return found


def has_log(generation: Generation) -> bool:
    return all(logs.log_bytes(generation.path(audience)) > 0 for audience in ("staff", "public"))


def in_service(root: Path) -> Generation:
    current = generations.current(root)
    assert current is not None
    return current


@settings(max_examples=max(1, EXAMPLES), deadline=None, phases=[Phase.explicit, *([Phase.generate] if EXAMPLES else [])])
@given(seed=st.integers(0, 10_000), hours=st.lists(st.sampled_from([0, 1, 5, 13, 24, 24 * 6, 24 * 12]), min_size=2, max_size=2))
@example(seed=3, hours=[13, 5])
def test_amended_generations_hold_what_whole_ones_do(tmp_path_factory: pytest.TempPathFactory, seed: int, hours: list[int]) -> None:
    """Table by table, for both audiences; also where logs are worked in, and of a whole build that reads what it keeps through logs."""
    folder = tmp_path_factory.mktemp("amended")
    city, history, as_of = town(folder), History(seed), FIRST
    amended, whole = folder / "amended", folder / "whole"
    amended.mkdir()
    load(amended, city, 1, as_of, history.load(as_of))
    shutil.copytree(amended, whole)
    made = {1: content(in_service(amended))}
    for number, (later, way) in enumerate(zip((*hours, 1), ("logs", "worked in", "whole"), strict=True), start=2):
        as_of += timedelta(hours=later)
        told = history.load(as_of)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(amending, "MOST_LOG_BYTES", 0 if way == "worked in" else 10**9)
            patch.setattr(amending, "LEAST_CASES", 10**9 if way == "whole" else 1)
            ours = load(amended, city, number, as_of, told)
            patch.setattr(amending, "LEAST_CASES", 10**9)
            theirs = content(load(whole, city, number, as_of, told))
        assert has_log(ours) == (way == "logs")
        assert checks.damage(ours, deep=True) is None
        made[number] = content(ours)
        assert {name: unlike(made[number][name], rows) for name, rows in theirs.items() if made[number][name] != rows} == {}
    for kept in generations.kept(amended):
        assert content(kept) == made[kept.number]


def unlike(ours: list[tuple], theirs: list[tuple]) -> list[tuple]:
    return [("ours", *row) for row in ours if row not in theirs][:3] + [("theirs", *row) for row in theirs if row not in ours][:3]


def city_of(root: Path, city: City, number: int, cases: int) -> Generation:
    """A load after which the city has so many cases, all of the type that says how many they are, with an event each."""
    rows = [
        {"programme": "requests", "source_id": str(n), "opened_at": FIRST, "request_type": f"{cases} cases", "source_name": "crm"}
        for n in range(cases)
    ]
    events = [{"programme": "requests", "source_id": str(n), "event_at": FIRST, "event_kind": "assigned"} for n in range(cases)]
    return load(
        root,
        city,
        number,
        FIRST + timedelta(hours=number),
        (pd.DataFrame(rows), pd.DataFrame(events), pd.Series([row["source_id"] for row in rows])),
    )


def test_who_reads_all_the_time_sees_one_whole_city_after_the_other(tmp_path: Path) -> None:
    """Amended generations of 202, 302 ... cases follow each other; no read mixes two and none fails. Old files go when no generation has them."""
    root, city = tmp_path / "mart", small_city()
    root.mkdir()
    city_of(root, city, 1, 1)
    reader = subprocess.Popen(
        [sys.executable, "-m", "tests.support.reader", str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert reader.stdout is not None and reader.stdout.readline() == "reading\n"
        made = [city_of(root, city, number, 100 * number + 2) for number in range(2, 6)]
        time.sleep(0.5)
        saw = json.loads(reader.communicate("", timeout=60)[0])
    finally:
        reader.kill()
        reader.wait()
    assert saw["wrong"] == []
    assert saw["generations"] == sorted(saw["generations"]) and saw["generations"][-1] == 5 and len(saw["generations"]) >= 3
    assert all(has_log(generation) for generation in made[1:])
    assert sorted(path.name for path in root.glob("gen-*")) == ["gen-000003", "gen-000004", "gen-000005"]
    # One file under the names of the three that stay; the first generation's folder is gone.
    assert os.stat(made[-1].path("staff")).st_nlink == 3


@pytest.fixture
def amended(tmp_path: Path) -> Generation:
    """A generation with logs."""
    root = tmp_path / "mart"
    root.mkdir()
    city_of(root, small_city(), 1, 5)
    return city_of(root, small_city(), 2, 3)


@pytest.mark.parametrize("left", [0.5, 0.9])
def test_a_log_that_is_cut_short_is_damage(amended: Generation, tmp_path: Path, left: float) -> None:
    """DuckDB reads what is left of it, which is an older city."""
    assert sorted(path.name for path in amended.folder.iterdir()) == [
        f"{name}.duckdb{end}" for name in ("public", "staff") for end in ("", ".wal")
    ]
    log = logs.log_of(amended.path("staff"))
    log.write_bytes(log.read_bytes()[: int(log.stat().st_size * left)])
    assert checks.damage(amended) == "gen-000002 is damaged (its log is cut short)."
    with pytest.raises(MartUnavailable, match=r"gen-000002/staff\.duckdb is damaged \(its log is cut short\); run `flask sync --full`"):
        open_mart(settings_in(tmp_path))


@pytest.mark.parametrize(("release", "spells"), [({"all_A": True}, 4), ({"cases": True}, 0)])
def test_what_changes_rows_of_untouched_cases_is_built_whole(
    amended: Generation, tmp_path: Path, release: dict[str, bool], spells: int
) -> None:
    """A type that residents may see from today on, all of whose old cases come into their file; or single cases published from today on."""
    assert duckdb.connect(str(amended.path("public")), read_only=True).execute("SELECT count(*) FROM spell").fetchall() == [(0,)]
    told = pd.DataFrame([{"programme": "requests", "source_id": "9", "opened_at": FIRST, "request_type": "3 cases", "source_name": "crm"}])
    open_city = small_city(release=release)
    made = load(tmp_path / "mart", open_city, 3, FIRST + timedelta(days=1), (told, pd.DataFrame(), pd.Series(["0", "1", "2", "9"])))
    assert not has_log(made)
    assert sorted(path.name for path in made.folder.iterdir()) == ["public.duckdb", "staff.duckdb"]
    assert duckdb.connect(str(made.path("public")), read_only=True).execute("SELECT count(*) FROM spell").fetchall() == [(spells,)]


KILLED = """
import sys
from pathlib import Path
from data_access.mart import amending
from tests.support.towns import Town
amending.LEAST_CASES, amending.MOST_CHANGED, amending.MOST_AMENDED = 1, 1e9, 1e9
Town(Path(sys.argv[1])).files().load()
"""


def test_a_load_killed_while_it_writes_a_log_leaves_the_last_good_one_in_service(tmp_path: Path) -> None:
    town = Town(tmp_path).files()
    rows = [f"{n},Pothole,Streets,Phone,Open,2026-03-16 08:00:00,," for n in range(20_000)]
    town.write("cases.csv", *rows[:3])
    town.load(full=True)
    before = content(in_service(town.settings.mart))
    town.write("cases.csv", *rows)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(town.folder)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stub = town.settings.mart / "gen-000002.tmp" / logs.STUBS / "staff.duckdb"
    until = time.monotonic() + 60
    while not stub.exists():
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (town.settings.mart / "gen-000002.tmp").exists()
    assert content(in_service(town.settings.mart)) == before
    town.load()
    assert has_log(in_service(town.settings.mart))
    assert town.ask("SELECT count(*) FROM spell") == [(20_000,)]
