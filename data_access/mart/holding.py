"""The generation that waits for a person: built as any other, kept aside as a folder `held-000012` until it is approved or rejected.

There is one at a time. `held.json` in its folder says what it is and why it waits, so nothing of it depends on another place.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data_access.mart import generations
from data_access.mart.gate_rules import Remark
from data_access.mart.generations import Generation

FACTS = "held.json"


@dataclass(frozen=True)
class Order:
    """What a load was asked to do, so that it can be done again."""

    sources: tuple[str, ...]
    full: bool = False
    whole: tuple[str, ...] = ()
    """Sources to be read whole where only changes would be read."""
    compared: tuple[str, ...] = ()
    """Sources whose ids are to be compared with those held."""
    new_deadlines: bool = False
    recount: str = ""


@dataclass(frozen=True)
class Held:
    """A generation that waits."""

    number: int
    edition: str
    """What names it for ever: numbers may come again."""
    built_at: datetime
    """Naive UTC."""
    as_of: datetime
    in_service: str
    """Name of the generation it was compared with: it can only take over from that one."""
    fingerprint: str
    """Text that is the same for the same cases."""
    order: Order
    remarks: tuple[Remark, ...]

    @property
    def folder_name(self) -> str:
        return f"held-{self.number:06d}"


def hold(built: Path, held: Held) -> None:
    """Keep the generation in folder `built` aside, in place of the one that waited so far."""
    (built / FACTS).write_text(json.dumps(asdict(held), default=str))
    folder = generations.put_aside(built)
    for older in generations.held_folders(folder.parent):
        if older != folder:
            shutil.rmtree(older)


def waiting(root: Path) -> Held | None:
    """The generation that waits below `root`."""
    folders = generations.held_folders(root)
    return _read(folders[-1]) if folders else None


def drop(root: Path) -> None:
    """Throw away what waits."""
    for folder in generations.held_folders(root):
        shutil.rmtree(folder)


def place(root: Path, edition: str) -> Path | None:
    """The folder of the held generation of that edition, also where its way into service was cut off halfway; None if it is gone."""
    for folder in (*generations.held_folders(root), *(kept.folder for kept in generations.kept(root))):
        if (folder / FACTS).exists() and _read(folder).edition == edition:
            return folder
    return None


def publish(folder: Path) -> Generation:
    """Put the held generation in `folder` into service as it was built."""
    made = generations.publish(folder)
    (made.folder / FACTS).unlink()
    return made


def edition_of(folder: Path) -> tuple[str, datetime]:
    """The edition of the generation in `folder`, and up to when its data is complete."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'staff.duckdb'}' AS built (READ_ONLY)")
        meta = dict(connection.execute("SELECT key, value FROM built.meta").fetchall())
    return meta["edition"], datetime.fromisoformat(meta["as_of"]).replace(tzinfo=None)


def _read(folder: Path) -> Held:
    facts = json.loads((folder / FACTS).read_text())
    order = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.pop("order").items()}
    remarks: Sequence[Remark] = [Remark(**remark) for remark in facts.pop("remarks")]
    instants = {name: datetime.fromisoformat(facts.pop(name)) for name in ("built_at", "as_of")}
    return Held(**facts, **instants, order=Order(**order), remarks=tuple(remarks))
