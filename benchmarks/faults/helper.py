"""Processes that can be killed: `python -m benchmarks.faults.helper` has everything imported and forks one for each line it reads.

A line is JSON: `["load", FOLDER]`, `["write", FOLDER]` or `["ask", FOLDER, HOW_MANY_THREADS]`. Its answer is the process id; what
the process has to say it appends to `FOLDER/said`, one JSON line at a time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from access import Viewer, scope_of
from data_access import cache
from data_access.store import runs
from data_access.store.engine import open_store
from data_access.sync import SyncError, sync
from settings import ROOT, utc_now
from tests.support.towns import Town


class Helper:
    """Starts such processes. `environ` is added to theirs."""

    def __init__(self, **environ: str) -> None:
        command = [sys.executable, "-m", "benchmarks.faults.helper"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environ}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Helper:
        assert self._process.stdout is not None and self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def start(self, *words: Any) -> int:
        """The id of a process that does `words`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def said(folder: Path) -> list[Any]:
    """What the processes of `folder` had to say; a last line that was cut off is nothing."""
    path = folder / "said"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def is_there(pid: int) -> bool:
    """Whether a process still runs; one that ended and was not fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int, seconds: float = 120) -> bool:
    """Wait so long for a process to end; whether it did."""
    latest = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < latest:
        time.sleep(0.002)
    return not is_there(pid)


def kill(pid: int) -> None:
    """End it as an unplugged machine would."""
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)


def load(folder: Path, say: Callable[[Any], None]) -> None:
    """Load the files of the town in `folder` whole."""
    town = Town(folder).files()
    try:
        reports = sync(town.settings, town.city(), full=True)
    except SyncError as error:
        say({"refused": str(error)})
    else:
        say({"generation": reports[-1].generation, "rows": reports[-1].rows_read})


def write(folder: Path, say: Callable[[Any], None]) -> None:
    """Write into Statroom's own database until killed, and say after each transaction which number is kept."""
    store = open_store(Town(folder).settings)
    number = runs.count_good(store, "written")
    while True:
        number += 1
        runs.record(
            store,
            source_name="written",
            mode="full",
            state="loaded",
            started_at=utc_now().replace(tzinfo=None),
            seconds=0.0,
            rows_read=number,
        )
        say(number)


def ask(folder: Path, say: Callable[[Any], None], threads: int) -> None:
    """So many callers of one answer at the same time, which is counted slowly."""
    cache.start(Flask("helper"), Town(folder).settings)
    scope = scope_of(Viewer("mayor", "Mayor's office", "executive"))

    def compute() -> str:
        say("computed")
        time.sleep(1)
        return "answer"

    def call() -> None:
        say(cache.cached("stampede", "e1", scope, None, compute))

    callers = [threading.Thread(target=call) for _ in range(threads)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()


def _child(words: list[str]) -> None:
    folder = Path(words[1])
    # One write for each line: lines of several processes do not mix.
    out = os.open(folder / "said", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def say(what: Any) -> None:
        os.write(out, (json.dumps(what) + "\n").encode())

    {"load": load, "write": write, "ask": ask}[words[0]](folder, say, *map(int, words[2:]))  # type: ignore[operator]


def main() -> None:
    """Fork until there is no more to read."""
    print("ready", flush=True)
    children = []
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os.close(0)
            os.close(1)
            try:
                _child(json.loads(line))
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(0)
        children.append(pid)
        print(pid, flush=True)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
