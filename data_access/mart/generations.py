"""Where generations of the mart live, which one is in service, and how the next one takes over.

A generation is a folder `gen-000012` with one DuckDB file per audience; of a large city the file may be
that of the generation before, with a log of what changed beside it (`logs`). It is built aside
as `gen-000012.tmp`, flushed to disk, renamed, and put into service by replacing the one-line
file `current` with a rename, so that a reader sees the old generation or the new one and
nothing between. A build that dies leaves only a `.tmp` folder, which the next build removes. One that
differs too much from the data in service stands aside as `held-000012` until a person decides (`holding`).
"""

from __future__ import annotations

import fcntl
import re
import shutil
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from data_access.disk import flush
from settings import Audience

GENERATIONS_KEPT = 3
BUSY = "Another load is running; wait for it to end and try again."


class LoadInProgress(RuntimeError):
    """Another process is loading; this one leaves without touching anything."""


class NoGeneration(RuntimeError):
    """The file `current` names no generation; the text says which there are."""


class NotBrought(RuntimeError):
    """The generation was built and is not in service on the server; one line says why."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A complete, checked pair of mart files."""

    number: int
    folder: Path

    @property
    def mark(self) -> int:
        """What tells it from the generation in service before and after it."""
        return self.number

    @property
    def name(self) -> str:
        return self.folder.name

    def path(self, audience: Audience) -> Path:
        """The DuckDB file of `audience`."""
        return self.folder / f"{audience}.duckdb"

    def described(self, audience: Audience) -> str:
        """What is wrong where it cannot be opened."""
        return f"The mart file {self.name}/{audience}.duckdb is damaged"


def current(root: Path) -> Generation | None:
    """The generation in service below `root`, or None before the first load.

    Raises:
        NoGeneration: `current` names something else; people write it to go back to an older generation.
    """
    try:
        name = (root / "current").read_text().strip()
    except FileNotFoundError:
        return None
    there = {folder.name: folder for folder in _folders(root)}
    if name not in there:
        raise NoGeneration(f"{root / 'current'} says {name[:40]!r}, which is not there; write one of {', '.join(there) or 'none'} into it.")
    return _generation(there[name])


def kept(root: Path) -> list[Generation]:
    """The finished generations below `root`, newest first."""
    return [_generation(folder) for folder in reversed(_folders(root))]


def next_number(root: Path) -> int:
    """The number of the generation to build next: none that a held one has."""
    return max((_generation(folder).number for folder in (*_folders(root), *held_folders(root))), default=0) + 1


def held_folders(root: Path) -> list[Path]:
    """Folders of generations that wait for a decision; more than one only where a load died while it held the newer one."""
    return sorted(folder for folder in root.glob("held-*") if re.fullmatch(r"held-\d+", folder.name))


def _folders(root: Path) -> list[Path]:
    return sorted(folder for folder in root.glob("gen-*") if re.fullmatch(r"gen-\d+", folder.name))


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Be the only writer below `root`.

    Raises:
        LoadInProgress: if another process is loading.
    """
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LoadInProgress(BUSY) from error
        yield


@contextmanager
def building(root: Path, number: int) -> Iterator[Path]:
    """An empty folder to build generation `number` in; removed again unless `publish` took it."""
    for leftover in root.glob("gen-*.tmp"):
        shutil.rmtree(leftover)
    folder = root / f"gen-{number:06d}.tmp"
    try:
        # Inside, so that also a load interrupted right here leaves nothing. What it begins with holds everything: others may not look in.
        folder.mkdir(mode=0o770)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_aside(built: Path) -> Path:
    """Give the generation built in folder `built` a place where it outlives the build without being in service; answers the folder."""
    _close_to_others(built)
    _flush_all(built)
    folder = built.with_name(f"held-{_generation(built).number:06d}")
    built.rename(folder)
    flush(built.parent)
    return folder


def publish(built: Path) -> Generation:
    """Put the generation in folder `built`, which was built or held, into service and drop the oldest ones. Safe to repeat."""
    root = built.parent
    _close_to_others(built)
    built.chmod(stat.S_IMODE(root.stat().st_mode))
    _flush_all(built)
    folder = root / f"gen-{_generation(built).number:06d}"
    built.rename(folder)
    flush(root)
    pointer = root / "current.new"
    pointer.write_text(folder.name + "\n")
    flush(pointer)
    pointer.replace(root / "current")
    flush(root)
    for old in _folders(root)[:-GENERATIONS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return _generation(folder)


def _generation(folder: Path) -> Generation:
    return Generation(int(folder.name.removesuffix(".tmp").partition("-")[2]), folder)


def _close_to_others(folder: Path) -> None:
    """Only the owner and its group read what is not for residents: the portal may run as somebody who is neither."""
    for file in folder.iterdir():
        mode = stat.S_IMODE(file.stat().st_mode)
        if not file.name.startswith("public.") and mode & 0o007:
            file.chmod(mode & ~0o007)


def _flush_all(folder: Path) -> None:
    for file in folder.iterdir():
        flush(file)
    flush(folder)
