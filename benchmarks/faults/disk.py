"""A disk that is full, and files that are not what was written."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from benchmarks.faults.ground import Ground
from benchmarks.faults.result import NotTried, Result, fault
from benchmarks.faults.watcher import Watcher, rows
from data_access.mart import checks, generations
from data_access.mart.generations import Generation
from data_access.sync import SyncError
from tests.support.towns import Town

FULL = "the disk is full (No space left on device)"
LONG = "".join(f"{n} Long Street of many words and no end of them;" for n in range(9))


@contextmanager
def _small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes."""
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], capture_output=True, text=True)
    if done.returncode:
        raise NotTried("a small disk can be mounted by root only")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@fault("the disk fills up while the mart is built", "the load fails in one line, leaves nothing behind; the last good data stays")
def full_disk(ground: Ground) -> Result:
    times, held = ground.times(3, 1), 0
    town = Town(ground.place("full-disk")).files()
    with _small_disk(town.folder / "data", 24):
        town.write("cases.csv", *rows(10))
        town.load(full=True)
        with Watcher(town) as watcher:
            for _ in range(times):
                town.write("cases.csv", *(f"{n},{n} {LONG},Streets,Phone,Open,2026-03-16 08:00:00,," for n in range(60_000)))
                kept = FULL in town.refused(full=True) and not list(town.settings.mart.glob("*.tmp"))
                town.write("cases.csv", *rows(10))
                begun = time.monotonic()
                town.load(full=True)
                held += kept and len(town.cases()) == 10
                back = time.monotonic() - begun
    return Result(times, held, back_after=back, errors=watcher.wrong, asked=watcher.reads)


@fault("the disk is nearly full before a load", "the load is refused beforehand; the last good data stays")
def nearly_full_disk(ground: Ground) -> Result:
    town = Town(ground.place("nearly-full-disk")).files()
    with _small_disk(town.folder / "data", 32):
        town.write("cases.csv", *rows(10))
        town.load(full=True)
        (town.settings.data / "ballast").write_bytes(b"x" * (shutil.disk_usage(town.settings.data).free - 5_000_000))
        with Watcher(town) as watcher:
            held = "make room and load again" in town.refused(full=True)
        (town.settings.data / "ballast").unlink()
        begun = time.monotonic()
        town.load(full=True)
        back = time.monotonic() - begun
    return Result(1, int(held), back_after=back, errors=watcher.wrong, asked=watcher.reads)


def _content(path: Path) -> int:
    """A number that differs when anything in any table does."""
    total = 0
    with duckdb.connect(str(path), read_only=True) as connection:
        for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall():
            found = connection.execute(f'SELECT count(*), bit_xor(hash(t)) FROM "{name}" t').fetchall()
            total = hash((total, name, found[0]))
    return total


def _spoilt(whole: bytes, chance: random.Random, number: int) -> bytes:
    """The file with one bit turned over, or every third time cut off somewhere."""
    at = chance.randrange(len(whole))
    return whole[:at] if number % 3 == 2 else whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :]


@fault(
    "one bit of the mart's file is turned over, or the file cut off", "it is found before the next load builds on it, or changes nothing"
)
def spoilt_mart(ground: Ground) -> Result:
    times, chance = ground.times(60, 6), random.Random(7)
    town = Town(ground.place("spoilt")).files()
    town.write("cases.csv", *rows(3_000))
    town.load(full=True)
    current = generations.current(town.settings.mart)
    assert current is not None
    whole, expected = current.path("staff").read_bytes(), _content(current.path("staff"))
    found = silent = 0
    folder = ground.place("spoilt-copies") / current.name
    for number in range(times):
        folder.mkdir()
        copy = Generation(current.number, folder)
        copy.path("staff").write_bytes(_spoilt(whole, chance, number))
        if checks.damage(copy, deep=True) is not None:
            found += 1
        elif not _reads_the_same(copy.path("staff"), expected):
            silent += 1
        shutil.rmtree(folder)
    note = f"{found} found, {times - found - silent} in places nobody reads, {silent} unnoticed"
    return Result(times, times - silent, lost=silent, note=note)


def _reads_the_same(path: Path, expected: int) -> bool:
    try:
        return _content(path) == expected
    except duckdb.Error:
        # What readers open says that it is damaged: nobody sees a wrong number.
        return True


@fault("the mart in service is damaged", "the full load builds on an older generation: numbers of cases stay")
def mended(ground: Ground) -> Result:
    town = Town(ground.place("mended")).files()
    for count in (10, 11):
        town.write("cases.csv", *rows(count))
        town.load(full=True)
    numbers = {key: case["case_id"] for key, case in town.cases().items()}
    path = town.settings.mart / f"gen-{town.generation():06d}" / "staff.duckdb"
    os.truncate(path, path.stat().st_size // 2)
    refused = "Run `flask sync --full` once." in town.refused()
    begun = time.monotonic()
    with suppress(SyncError):
        town.load(full=True)
    back = time.monotonic() - begun
    after = {key: case["case_id"] for key, case in town.cases().items()}
    return Result(
        1,
        int(refused and len(after) == 11 and all(after[key] == number for key, number in numbers.items() if key != "11")),
        back_after=back,
    )
