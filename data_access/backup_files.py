"""The file of a backup: written with the hash of every part, and read only if every part has it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from data_access.store import copying
from data_access.store.copying import CopyError

FORM = 1
MANIFEST, STORE, RESIDENTS, RELEASED = "manifest.json", "store.sqlite", "residents.sqlite", "released"
MOST_BYTES = 64 * 2**30


class BackupError(RuntimeError):
    """A backup could not be made, read or put back; one line says why and what to do."""


@dataclass(frozen=True)
class Backup:
    """A backup that was made or read."""

    file: Path
    city: str
    made_at: datetime
    why: str
    rows: dict[str, dict[str, int]]
    """Rows by table of `store.sqlite` and `residents.sqlite`."""
    released: int
    """Number of files of released figures."""

    @property
    def total(self) -> int:
        """Rows of all tables together."""
        return sum(sum(tables.values()) for tables in self.rows.values())


def pack(packed: Path, city: str, made_at: datetime, why: str, parts: dict[str, Path], rows: dict[str, dict[str, int]]) -> None:
    """Write `parts`, by their names in the backup, into the file `packed`; `rows` of each database are named in its manifest."""
    manifest = {
        "form": FORM, "city": city, "made_at": made_at.isoformat(timespec="seconds"), "why": why, "rows": rows,
        "sha256": {name: hash_of(path.read_bytes()) for name, path in parts.items()},
    }  # fmt: skip
    packed.touch(mode=0o600)
    with tarfile.open(packed, "w:gz", compresslevel=6) as archive:
        _add(archive, MANIFEST, json.dumps(manifest, indent=1).encode(), made_at)
        for name, path in parts.items():
            _add(archive, name, path.read_bytes(), made_at)


def _add(archive: tarfile.TarFile, name: str, content: bytes, made_at: datetime) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(made_at.timestamp())
    archive.addfile(member, io.BytesIO(content))


@contextmanager
def unpacked(file: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder with the parts of a backup, each as its manifest says."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        try:
            with tarfile.open(file, "r:gz") as archive:
                for member in archive:
                    _unpack(archive, member, folder, file)
            manifest = json.loads((folder / MANIFEST).read_bytes())
            if manifest["form"] != FORM:
                raise BackupError(f"{file.name} has the form {manifest['form']!r}, which this version does not read.")
            hashes = {name: hash_of((folder / name).read_bytes()) for name in manifest["sha256"]}
        except (OSError, tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
            raise BackupError(f"{file} cannot be read as a backup: {' '.join(str(error).split())[:200] or type(error).__name__}.") from None
        wrong = next((name for name, found_hash in hashes.items() if found_hash != manifest["sha256"][name]), None)
        if wrong:
            raise BackupError(f"{file.name} is damaged: {wrong} is not what was written.")
        yield folder, manifest


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, file: Path) -> None:
    """Write one part; a file that was made to write elsewhere is refused."""
    name = PurePosixPath(member.name)
    is_ours = member.name in (MANIFEST, STORE, RESIDENTS) or (name.parts[0] == RELEASED and ".." not in name.parts and len(name.parts) > 1)
    if not is_ours or not member.isreg() or member.size > MOST_BYTES:
        raise BackupError(f"{file.name} holds {member.name[:80]!r}, which no backup holds; it is not used.")
    content = archive.extractfile(member)
    assert content is not None
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.read())


def described(file: Path, folder: Path, manifest: dict[str, Any]) -> Backup:
    """What a backup that was unpacked holds, its databases checked from end to end.

    Raises:
        BackupError: they are not what was written.
    """
    try:
        rows = {name: copying.counted(folder / name) for name in manifest["rows"]}
    except CopyError as error:
        raise BackupError(f"{file.name} is damaged: {error}") from None
    if rows != manifest["rows"]:
        raise BackupError(f"{file.name} is damaged: its tables do not have the rows that were counted when it was made.")
    released = sum(name.startswith(f"{RELEASED}/") for name in manifest["sha256"])
    return Backup(file, manifest["city"], datetime.fromisoformat(manifest["made_at"]), manifest["why"], rows, released)


def hash_of(content: bytes) -> str:
    """SHA-256, as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
