"""How files that everybody loads are compressed: once for a version, quickly for who waits, then aside as well as can be."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import sys
from pathlib import Path
from typing import Protocol

import brotli

from components.aside import done_within

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS = ("zstd", "br", "gzip")
"""In the order in which they are preferred."""
QUICK = {
    "zstd": lambda content: zstd.compress(content, 9),
    "br": lambda content: brotli.compress(content, quality=5),
    "gzip": lambda content: gzip.compress(content, 6, mtime=0),
}
SMALL = {
    "zstd": lambda content: zstd.compress(content, 19),
    "br": lambda content: brotli.compress(content, quality=9),
    "gzip": lambda content: gzip.compress(content, 9, mtime=0),
}
UNDO = {"zstd": zstd.decompress, "br": brotli.decompress, "gzip": gzip.decompress}

log = logging.getLogger(__name__)


class File(Protocol):
    """What is to be made smaller."""

    name: str
    content: bytes
    smaller: dict[str, bytes]


def coding_for(accepted: str) -> str | None:
    """The best of `CODINGS` that a browser takes ("gzip, br;q=0.5")."""
    taken = {}
    for part in accepted.lower().split(","):
        name, _sep, quality = part.partition(";")
        taken[name.strip()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((coding for coding in CODINGS if taken.get(coding, False)), None)


class Kept:
    """Compressed files in a folder, by the hash of what they hold; and in memory those that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def smaller(self, file: File, coding: str) -> bytes:
        """`file` in that coding, never later than a quick compression takes."""
        if coding not in file.smaller:
            found = self._read(file.content, coding)
            file.smaller[coding] = found or QUICK[coding](file.content)
            if found is None:
                done_within(f"compress {coding} {file.name}", 0, lambda: self._make(file, coding))
        return file.smaller[coding]

    def _make(self, file: File, coding: str) -> None:
        made = SMALL[coding](file.content)
        file.smaller[coding] = made
        path = self._path(file.content, coding)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}")
        aside.write_bytes(made)
        aside.replace(path)

    def _read(self, content: bytes, coding: str) -> bytes | None:
        """What is kept; only if it is this content: a file planted in the folder must not become a script."""
        try:
            found = self._path(content, coding).read_bytes()
            return found if UNDO[coding](found) == content else None
        except FileNotFoundError:
            return None
        except Exception as error:
            log.warning("A compressed file could not be read and is made again: %s", error)
            return None

    def _path(self, content: bytes, coding: str) -> Path:
        return self.folder / f"{hashlib.sha256(content).hexdigest()}.{coding}"
