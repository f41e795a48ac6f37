"""Time: both changes of the clocks, a machine whose clock is wrong, and loads that stopped coming."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.ground import CITY, Ground
from benchmarks.faults.result import NotTried, Result, fault
from settings import ROOT, utc_now
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

LATER = {0: False, 1: False, 3: True, 30: True}
"""Days after the last load, and whether pages say that it is old: the limit is 48 hours."""
TELL = """
import sys
from datetime import timedelta
from pathlib import Path
import settings
real, later = settings.utc_now, [timedelta()]
settings.utc_now = lambda: real() + later[0]
from benchmarks.faults.clock import tell
tell(Path(sys.argv[1]), later)
"""
"""Before anything else has taken the clock from there."""


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
    return _in_time(LOAD, fake, str(town.folder), json.dumps(town.tables)) is not None


def _in_time(program: str, fake: str, *arguments: str) -> str | None:
    """What a process says to which the machine's clock says `fake`; None if it failed."""
    return _said(program, *arguments, LD_PRELOAD=_faked(), FAKETIME=fake, TZ="UTC")


def _said(program: str, *arguments: str, **environ: str) -> str | None:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, timeout=180
    )
    return None if done.returncode else done.stdout


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
    said = (_said(TELL, str(folder)) or "").splitlines()[-len(LATER) :]
    held = 0
    for (days, wanted), line in zip(LATER.items(), said, strict=False):
        found = json.loads(line)
        held += ("no newer load has arrived" in found["status"]) == wanted and days * 24 <= found["age"] < days * 24 + 12
    note = "the application 0, 1, 3 and 30 days later, by a clock put in place of its own; limit 48 hours"
    return Result(len(LATER), held, note=note)


def tell(folder: Path, later: list[timedelta]) -> None:
    """Print, for each of `LATER`, what the line below the navigation of every page says, and the age that /readyz tells."""
    from app import create_app

    client = create_app(Town(folder).settings).test_client()
    spec = next(one for one in client.get("/_dash-dependencies").get_json() if "status.children" in one["output"])
    given = [
        {"id": part["id"], "property": part["property"], "value": {} if part["property"] == "data" else None} for part in spec["inputs"]
    ]
    outputs = [dict(zip(("id", "property"), name.split("."), strict=True)) for name in spec["output"].strip(".").split("...")]
    sent = {"output": spec["output"], "outputs": outputs, "inputs": given, "changedPropIds": []}
    for days in LATER:
        later[0] = timedelta(days=days)
        status = client.post("/_dash-update-component", json=sent).get_data(as_text=True)
        print(json.dumps({"age": client.get("/readyz").get_json()["age_hours"], "status": status}))
