"""Questions that took long, with their SQL: in the log, and the latest of all processes in one small file for the status page.

The SQL has places for its values and not the values, so it says nothing of a case or a person.
"""

from __future__ import annotations

import fcntl
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import Dialect, Select

from data_access import observed
from settings import Settings, utc_now

FILE = "slow-questions.jsonl"
MOST_BYTES = 512 * 1024
"""Beyond it the older half of the file goes."""
LONGEST_SQL = 4_000

log = logging.getLogger("statroom.slow")


@dataclass
class _Kept:
    milliseconds: float = 1_000
    file: Path | None = None


_kept = _Kept()


def start(settings: Settings) -> None:
    """Note from now on what takes longer than `settings.slow_ms`."""
    _kept.milliseconds, _kept.file = settings.slow_ms, settings.data / f"{settings.audience}-{FILE}"


@contextmanager
def timed(statement: Select, dialect: Dialect, audience: str) -> Iterator[None]:
    """Count how long `statement` takes, also one that fails, and note it if that is long."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - begun
        observed.QUESTION_SECONDS.observe(seconds)
        note(statement, dialect, seconds, audience)


def note(statement: Select, dialect: Dialect, seconds: float, audience: str) -> None:
    """Remember `statement` if it took long. What goes wrong here is said and never keeps an answer back."""
    milliseconds = round(seconds * 1_000)
    if milliseconds < _kept.milliseconds:
        return
    sql = " ".join(str(statement.compile(dialect=dialect)).split())[:LONGEST_SQL]
    log.warning("A question took %s ms", milliseconds, extra={"milliseconds": milliseconds, "sql": sql})
    if _kept.file is None:
        return
    line = json.dumps({"at": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}", "milliseconds": milliseconds, "audience": audience, "sql": sql}) + "\n"
    try:
        with _alone(_kept.file) as file:
            file.seek(0, 2)
            if file.tell() > MOST_BYTES:
                _drop_older_half(file)
            file.write(line.encode())
    except OSError as error:
        log.warning("A slow question could not be kept: %s", error)


def latest(settings: Settings, most: int = 20) -> list[dict[str, object]]:
    """The latest slow questions of both audiences, newest first: `at`, `milliseconds`, `audience`, `sql`."""
    found: list[dict[str, object]] = []
    for file in settings.data.glob(f"*-{FILE}"):
        for line in file.read_bytes().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue  # a line that a full disk cut off
    return sorted(found, key=lambda one: str(one["at"]), reverse=True)[:most]


@contextmanager
def _alone(path: Path) -> Iterator[IO[bytes]]:
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _drop_older_half(file: IO[bytes]) -> None:
    file.seek(0)
    lines = file.read().splitlines(keepends=True)
    file.truncate(0)
    file.write(b"".join(lines[len(lines) // 2 :]))
