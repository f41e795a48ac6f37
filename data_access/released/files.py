"""Where released cells are kept: one file for each closed period, written once and never changed.

The folder stands outside the generations of the mart, so a new mart publishes the same numbers. A file holds the hidden numbers
too, because later periods are added up from them; only what is shown goes into a mart. It is as private as the staff mart, and
cannot be made again from the CRM, whose cases have changed since: it must be in the backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data_access.released.trees import Cell, Level

TREE = "tree.json"
PENDING = "released"
"""The folder, within that of a generation, with what is released once the generation goes into service."""


class Altered(RuntimeError):
    """A released file is not what was published; the text says which."""


@dataclass(frozen=True)
class Released:
    """The cells of one closed period."""

    period: str
    vintage: int
    """1, and one more for each time its whole year was counted anew."""
    counted_as_of: datetime
    """Up to when the cases were known, UTC."""
    cells: Mapping[Cell, int]
    """All cells with cases."""
    hidden: frozenset[Cell]
    withheld: int | None = None
    """Of a year: how many cases were of services nothing else is published of; None: too few, or none."""

    @property
    def shown(self) -> dict[Cell, int]:
        return {cell: n for cell, n in self.cells.items() if cell not in self.hidden}

    @property
    def published(self) -> dict[Cell, int | None]:
        """What everybody is told: numbers, and None where one is hidden."""
        return {cell: None if cell in self.hidden else n for cell, n in self.cells.items()}

    @property
    def sha256(self) -> str:
        """Of what is published: one line for each cell, `period,area,service,deadline,n`, n empty if hidden, in their order."""
        lines = [",".join((*cell, "" if cell in self.hidden else str(n))) for cell, n in sorted(self.cells.items())]
        return hashlib.sha256("\n".join([*lines, f"withheld,{'' if self.withheld is None else self.withheld}"]).encode()).hexdigest()


@dataclass
class Tree:
    """What stays the same from period to period: how finely cells are cut, and where services and areas are in their trees."""

    plain: Level
    by_deadline: Level | None
    layers: list[str]
    """Ids of the area layers, the largest areas first."""
    services: dict[str, str] = field(default_factory=dict)
    """Type -> its path."""
    least: dict[str, dict[str, int]] = field(default_factory=dict)
    """Year -> type -> fewest cases that are shown: what a city says differently counts from the next year."""
    names: dict[str, str] = field(default_factory=dict)
    """Path of an area ("area:...") or service ("service:...") -> label."""

    @property
    def levels(self) -> list[Level]:
        return [self.plain, *([self.by_deadline] if self.by_deadline else [])]


def read_tree(folder: Path) -> Tree | None:
    """The kept tree, or None before the first release."""
    if not (folder / TREE).exists():
        return None
    held = json.loads((folder / TREE).read_text("utf-8"))
    held["plain"] = Level(**held["plain"])
    held["by_deadline"] = held["by_deadline"] and Level(**held["by_deadline"])
    return Tree(**held)


def read_all(folder: Path) -> dict[str, Released]:
    """Period -> its newest vintage.

    Raises:
        Altered: a file does not fit its own hash.
    """
    made: dict[str, Released] = {}
    for path in sorted(folder.glob("*.v*.json")):
        released = _read(path)
        if released.period not in made or made[released.period].vintage < released.vintage:
            made[released.period] = released
    return made


def keep(folder: Path, tree: Tree, made: list[Released]) -> None:
    """Write what was released now. A file that is there already is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / TREE, asdict(tree))
    keep_periods(folder, made)


def keep_periods(folder: Path, made: list[Released]) -> None:
    """Write these periods, each into a file of its own. A file that is there already is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in made:
        path = folder / f"{one.period}.v{one.vintage}.json"
        if not path.exists():
            body = _body(one)
            _write(path, {**body, "sha256": one.sha256, "seal": _seal(body)})


def take(generation: Path, folder: Path) -> None:
    """Release what a generation that goes into service has pending. Safe to repeat."""
    pending = generation / PENDING
    for path in sorted(pending.rglob("*.json")):
        target = folder / path.relative_to(pending)
        if path.name == TREE or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, json.loads(path.read_text("utf-8")))
    shutil.rmtree(pending, ignore_errors=True)


def _read(path: Path) -> Released:
    try:
        held = json.loads(path.read_text("utf-8"))
        body = {name: held[name] for name in ("period", "vintage", "counted_as_of", "withheld", "cells")}
        cells: dict[Cell, int] = {(p, a, s, d): n for p, a, s, d, n, _ in held["cells"]}
        hidden = frozenset((p, a, s, d) for p, a, s, d, _, is_hidden in held["cells"] if is_hidden)
        made = Released(held["period"], held["vintage"], datetime.fromisoformat(held["counted_as_of"]), cells, hidden, held["withheld"])
        is_whole = held["seal"] == _seal(body) and held["sha256"] == made.sha256
    except (ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise Altered(f"The released figures in {path.name} are not those that were published; bring the file back from a backup.")
    return made


def _body(one: Released) -> dict[str, Any]:
    cells = [[*cell, n, cell in one.hidden] for cell, n in sorted(one.cells.items())]
    return {
        "period": one.period, "vintage": one.vintage, "counted_as_of": one.counted_as_of.isoformat(), "withheld": one.withheld, "cells": cells,
    }  # fmt: skip


def _seal(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _write(path: Path, held: dict[str, Any]) -> None:
    aside = path.with_suffix(".new")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(held, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
