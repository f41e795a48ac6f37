"""A process that reads a mart over and over: `python -m benchmarks.faults.watcher FOLDER`, until its input ends.

All cases of a town it may read are of one type, named after how many they are: "10 cases". It prints what it saw as JSON.
"""

from __future__ import annotations

import json
import select as waiting
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from access import Viewer, scope_of
from data_access.mart.reading import open_mart
from settings import ROOT
from tests.support.towns import Town

SCOPE = scope_of(Viewer("mayor", "Mayor's office", "executive"))
ROW = "{n},{count} cases,Streets,Phone,Open,2026-03-16 08:00:00,,"


def rows(count: int) -> list[str]:
    """Lines of a town of so many cases."""
    return [ROW.format(n=n, count=count) for n in range(1, count + 1)]


class Watcher:
    """Reads the mart of `town` in a process of its own; `seen` says afterwards what it saw."""

    def __init__(self, town: Town) -> None:
        command = [sys.executable, "-m", "benchmarks.faults.watcher", str(town.folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reads, self.errors, self.torn, self.backwards = 0, 0, 0, 0
        self.first = ""

    def __enter__(self) -> Watcher:
        assert self._process.stdout is not None and self._process.stdout.readline() == "reading\n"
        return self

    def __exit__(self, *_: object) -> None:
        found: dict[str, Any] = json.loads(self._process.communicate("", timeout=120)[0])
        self.__dict__.update(found)

    @property
    def wrong(self) -> int:
        """Reads that failed, mixed two generations, or went back to an older one."""
        return self.errors + self.torn + self.backwards


def main(folder: Path) -> None:
    """Read until somebody closes our input."""
    settings = Town(folder).settings
    found: dict[str, Any] = {"reads": 0, "errors": 0, "torn": 0, "backwards": 0, "first": ""}
    latest = 0
    print("reading", flush=True)
    while not waiting.select([sys.stdin], [], [], 0.01)[0]:
        found["reads"] += 1
        try:
            mart = open_mart(settings)
            spells, records = mart.spells(SCOPE), mart.case_records(SCOPE)
            counts = [int(mart.read(select(func.count().label("n")).select_from(table), SCOPE)["n"].iloc[0]) for table in (spells, records)]
            used = mart.read(select(spells.c.request_type_id).distinct(), SCOPE)["request_type_id"]
            names = {member.id: member.name for member in mart.dimensions.request_types}
        except Exception as error:
            found["errors"] += 1
            found["first"] = found["first"] or f"{type(error).__name__}: {error}"[:300]
            continue
        found["torn"] += len(set(counts)) != 1 or [names[number] for number in used] != [f"{counts[0]} cases"]
        found["backwards"] += mart.generation < latest
        latest = max(latest, mart.generation)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
