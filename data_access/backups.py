"""Backups of what cannot be loaded again: what people wrote in Statroom, what residents asked for, and what was released.

A backup is one file, `statroom-CITY-20261130T031500Z-nightly.tar.gz`: `manifest.json`, which names every part with its hash, the two
databases as SQLite files (`store.copying`), and the folder of the released figures. The mart is not in it: the CRM has all of that.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.util.exc import CommandError
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from data_access import residents
from data_access.backup_files import RELEASED, RESIDENTS, STORE, Backup, BackupError, described, hash_of, pack, unpacked
from data_access.disk import flush
from data_access.mart import generations
from data_access.store import copying, engine
from data_access.store.copying import CopyError
from settings import Settings, utc_now

NIGHTLY, ASKED, BEFORE_RESTORE = "nightly", "asked", "before-restore"
NIGHTLY_KEPT = 14
"""So many nightly backups stay; those that somebody asked for stay until somebody removes them."""
EVERY = timedelta(hours=24)
NAME = re.compile(r"statroom-(?P<city>.+)-(?P<when>\d{8}T\d{6}Z)(?P<more>-\d+)?-(?P<why>nightly|asked|before-restore)\.tar\.gz")


def back_up(settings: Settings, why: str = ASKED) -> Backup:
    """Write a backup into `settings.backups` while everything goes on. It is checked before it gets its name.

    Raises:
        BackupError: nothing was written.
    """
    now = utc_now()
    folder = settings.backups
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as made:
            aside = Path(made)
            rows = {name: _copied(address, aside / name, make) for name, address, make in _databases(settings) if _exists(address)}
            if not rows:
                raise BackupError("there is nothing to back up yet: Statroom's own database has no tables.")
            packed = aside / "packed.tar.gz"
            parts = {name: aside / name for name in rows} | _released(settings)
            pack(packed, settings.city.name, now, why, parts, rows)
            flush(packed)
            file = _unused(folder / f"statroom-{settings.city.name}-{now:%Y%m%dT%H%M%SZ}", f"-{why}.tar.gz")
            packed.replace(file)
        flush(folder)
    except (OSError, CopyError, SQLAlchemyError) as error:
        raise BackupError(f"no backup was made: {' '.join(str(error).split())[:300]}") from error
    return read(file)


def back_up_nightly(settings: Settings) -> Backup | None:
    """A backup if the latest nightly one is a day old, and none otherwise; the oldest beyond `NIGHTLY_KEPT` go."""
    mine = [file for file in found(settings) if _parts(file)["why"] == NIGHTLY]
    if mine and utc_now() - made_at(mine[-1]) < EVERY:
        return None
    made = back_up(settings, NIGHTLY)
    for old in [*mine, made.file][:-NIGHTLY_KEPT]:
        old.unlink(missing_ok=True)
    return made


def found(settings: Settings) -> list[Path]:
    """The backups of the city, oldest first."""
    folder = settings.backups
    files = [file for file in folder.glob("statroom-*.tar.gz") if NAME.fullmatch(file.name)] if folder.is_dir() else []
    return sorted((file for file in files if _parts(file)["city"] == settings.city.name), key=lambda file: (made_at(file), file.name))


def read(file: Path) -> Backup:
    """What is in a backup, after every part of it was compared with its hash and every database checked.

    Raises:
        BackupError: it cannot be used.
    """
    with unpacked(file) as (folder, manifest):
        return described(file, folder, manifest)


def restore(settings: Settings, file: Path, *, replace: bool = False) -> tuple[Backup, Backup | None]:
    """Put back what a backup holds. Nothing is lost: what is replaced is backed up first, and returned as the second value.

    Args:
        replace: also where Statroom's own database holds something already.

    Raises:
        BackupError: nothing was changed, or the line says what was.
    """
    with unpacked(file) as (folder, manifest):
        backup = described(file, folder, manifest)
        if backup.city != settings.city.name:
            raise BackupError(f"{file.name} is of the city {backup.city!r}, this one is {settings.city.name!r}.")
        _bring_up_to_date(folder / STORE, file)
        is_used = any(_exists(address) for _, address, _ in _databases(settings))
        if is_used and not replace:
            raise BackupError(
                "there is data of this city already; --replace puts the backup in its place, after a backup of what is there."
            )
        before = back_up(settings, BEFORE_RESTORE) if is_used else None
        try:
            # A load writes released figures and remembers itself in the database: there is none meanwhile.
            with generations.writing(settings.mart):
                for name, address, make in _databases(settings):
                    if (folder / name).is_file():
                        _put_back(folder / name, address, make)
                _put_released_back(settings, folder / RELEASED)
        except (OSError, CopyError, SQLAlchemyError) as error:
            kept = f" What was there before is in {before.file}." if before else ""
            raise BackupError(f"the backup could not be put back whole: {' '.join(str(error).split())[:300]}.{kept}") from error
    return backup, before


def _databases(settings: Settings) -> list[tuple[str, str, copying.Maker]]:
    return [(STORE, settings.store_url, engine.migrate), (RESIDENTS, settings.residents_url, residents.make_tables)]


@contextmanager
def _reached(address: str) -> Iterator[Engine]:
    reached = create_engine(address)
    try:
        yield reached
    finally:
        reached.dispose()


def _exists(address: str) -> bool:
    with _reached(address) as reached:
        if reached.dialect.name == "sqlite" and not Path(str(reached.url.database)).is_file():
            return False
        return copying.has_tables(reached)


def _copied(address: str, file: Path, make: copying.Maker) -> dict[str, int]:
    with _reached(address) as reached:
        return copying.take(reached, file, make)


def _put_back(file: Path, address: str, make: copying.Maker) -> None:
    with _reached(address) as reached, engine.alone(reached):
        copying.put_back(file, reached, make)


def _bring_up_to_date(file: Path, backup: Path) -> None:
    """Give the copy the tables of this version, and nobody who is signed in, before anything is replaced."""
    if not file.is_file():
        return
    try:
        with copying.file_engine(file) as reached:
            engine.migrate(reached, "head")
            with reached.begin() as connection:
                # Who signed out since the backup must not be signed in again by it: everybody signs in anew.
                connection.execute(text("DELETE FROM sign_in"))
    except CommandError as error:
        raise BackupError(f"{backup.name} was made by a newer version of Statroom ({error}); install that one first.") from None


def _released(settings: Settings) -> dict[str, Path]:
    """The released figures by their names in a backup. A load may write further files meanwhile; each is whole under its name from the first moment."""
    folder = settings.released
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".tmp"))
    return {f"{RELEASED}/{path.relative_to(folder).as_posix()}": path for path in files}


def _put_released_back(settings: Settings, folder: Path) -> None:
    """The released figures as they were; what differs from them is kept beside."""
    if not folder.is_dir():
        return
    if settings.released.is_dir():
        if _hashes(settings.released) == _hashes(folder):
            return
        settings.released.replace(_unused(settings.released.with_name(f"released-before-{utc_now():%Y%m%dT%H%M%SZ}"), ""))
    settings.released.mkdir(parents=True)
    for part in sorted(path for path in folder.rglob("*") if path.is_file()):
        target = settings.released / part.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(part.read_bytes())
        flush(target)


def _unused(start: Path, ending: str) -> Path:
    """A name that begins with `start`. Two of the same second get two names: nothing is ever written over."""
    names = (start.with_name(f"{start.name}{f'-{n}' if n else ''}{ending}") for n in range(1_000))
    return next(name for name in names if not name.exists())


def _parts(file: Path) -> dict[str, str]:
    matched = NAME.fullmatch(file.name)
    assert matched is not None
    return matched.groupdict()


def made_at(file: Path) -> datetime:
    """When a backup was made, by its name."""
    return datetime.strptime(_parts(file)["when"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_of(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
