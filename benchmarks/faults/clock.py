"""Time: both changes of the clocks, a machine whose clock is wrong, and loads that stopped coming."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.ground import CITY, Ground
from benchmarks.faults.result import NotTried, Result, fault
from settings import ROOT, utc_now
from tests.support.servers import served
from tests.support.towns import MAPPING, Town

WEEK = {day: [["08:00", "17:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
RULES: dict[str, object] = {
    "calendar": [{"id": "office", "weekly": WEEK}],
    "sla_rule": [
        {"request_type": "Desk", "unit": "business_hours", "amount": 2, "calendar": "office"},
        {"request_type": "Crew", "unit": "elapsed_hours", "amount": 24},
    ],
}
"""Two business hours, and a day by the stopwatch."""
CASES = {
    "1,Desk,Streets,Phone,Open,2026-03-06 16:00:00,,": "2026-03-09 13:00:00",
    "2,Crew,Streets,Phone,Open,2026-03-07 12:00:00,,": "2026-03-08 17:00:00",
    "3,Crew,Streets,Phone,Open,2026-03-08 01:59:00,,": "2026-03-09 06:59:00",
    "4,Desk,Streets,Phone,Open,2026-10-30 16:00:00,,": "2026-11-02 14:00:00",
    "5,Crew,Streets,Phone,Open,2026-10-31 12:00:00,,": "2026-11-01 16:00:00",
}
"""Cases opened in New York's time, with their deadlines in UTC, counted by hand: clocks go on at 2:00 on 8 March and back at 2:00 on 1 November."""
MOMENTS = ("2026-11-01 05:59:50", "2026-11-01 06:00:10", "2026-11-30 12:00:00", "2027-03-14 06:59:50", "2027-03-14 07:00:10")
"""Instants (UTC) of the machine: before and after a change, and far from one."""
LOAD = (
    "import json, sys; from pathlib import Path; from benchmarks.faults.clock import load; load(Path(sys.argv[1]), json.loads(sys.argv[2]))"
)


def _faked() -> str:
    """libfaketime's path."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise NotTried("libfaketime is not installed (Debian: apt-get install libfaketime)")
    return str(found[-1])


def load(folder: Path, tables: dict) -> None:  # type: ignore[type-arg]
    """One whole load of a town's files, in a process whose clock is what it is."""
    Town(folder, **tables).files().load(full=True)


def _load_at(town: Town, fake: str) -> bool:
    """Whether a load works in a process to which the machine's clock says `fake` (libfaketime's own way to write it)."""
    import json

    environ = {**os.environ, "LD_PRELOAD": _faked(), "FAKETIME": fake, "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(town.folder), json.dumps(town.tables)], cwd=ROOT, env=environ, capture_output=True, timeout=180
    )
    return done.returncode == 0


@fault("the clocks change while loads go on", "deadlines in business hours and by the stopwatch are those counted by hand")
def clocks_change(ground: Ground) -> Result:
    town = Town(ground.place("clocks"), **RULES).files()
    town.write("cases.csv", *CASES)
    moments, held = MOMENTS if not ground.short else MOMENTS[:1], 0
    for moment in moments:
        if _load_at(town, f"@{moment}"):
            found = {key: str(case["due_at"]) for key, case in town.cases().items()}
            held += found == {row.partition(",")[0]: due for row, due in CASES.items()}
    return Result(len(moments), held, note="machine's clock by libfaketime, moments before and after each change")


@fault("the machine's clock is a day behind or ahead", "no case is lost; once it is right again so is the mart")
def wrong_clock(ground: Ground) -> Result:
    now = utc_now().replace(tzinfo=None)
    opened = [now - timedelta(hours=hours) - timedelta(hours=5) for hours in (1, 5, 30, 200)]
    lines = [f"{n},Tree,Parks,Web,Open,{at:%Y-%m-%d %H:%M:%S},," for n, at in enumerate(opened)]
    town = Town(ground.place("wrong-clock")).files()
    town.write("cases.csv", *lines)
    held = lost = 0
    for fake in ("-1d", "+1d"):
        worked = _load_at(town, fake)
        there = len(town.cases()) if worked else 0
        lost += len(lines) - there
        town.load(full=True)
        held += worked and there == len(lines) and len(town.cases()) == len(lines)
    return Result(2, held, lost=lost, note="by libfaketime")


@fault("the scheduler stops and the data grow old", "every page says so once the city's limit is passed; /readyz tells the age")
def stale(ground: Ground) -> Result:
    folder = ground.place("stale")
    town = Town(folder).files()
    (folder / "city.toml").write_text(
        CITY.partition("[[source]]")[0].replace("1000000", "48")
        + '[[source]]\nname = "export"\nkind = "files"\npath = "cases.csv"\nmapping = "export.toml"\nprogramme = "requests"\n'
    )
    (folder / "export.toml").write_text(MAPPING)
    local = utc_now() - timedelta(hours=6)
    town.write("cases.csv", f"1,Tree,Parks,Web,Open,{local:%Y-%m-%d %H:%M:%S},,")
    town.load(full=True)
    setting = folder / "faketime"
    setting.write_text("+0")
    environ = {
        "LD_PRELOAD": _faked(),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    held = []
    with served(town.settings, workers=1, **environ) as url:
        for days, wanted in ((0, False), (1, False), (3, True), (30, True)):
            setting.write_text(f"+{days}d")
            time.sleep(0.1)
            page, ready = _read(url + "/"), _read(url + "/readyz")
            age = float(re.findall(r'"age_hours":\s*([\d.]+)', ready)[0])
            held.append(("no newer load has arrived" in page) == wanted and days * 24 <= age < days * 24 + 12)
    return Result(
        len(held), sum(held), note="the clock of the web process by libfaketime; 0, 1, 3 and 30 days after the last load, limit 48 hours"
    )


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()
