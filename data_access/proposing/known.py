"""Which export with a preset a source is, told by its columns."""

from __future__ import annotations

from typing import Collection

from data_access.mapping.spec import PRESETS, load_mapping

FIRST_NAMES = 0.9
"""So many of a preset's columns must be there for the source to be that export."""


def preset_of(columns: Collection[str], kinds: Collection[str] = ("cases", "measures")) -> str | None:
    """The preset whose every needed column is there; of several the one that names most of them as they are."""
    there = set(columns)
    fitting = []
    for path in sorted(PRESETS.glob("*.toml")):
        if path.stem.endswith("_sla"):
            continue
        mapping = load_mapping(path)
        if mapping.read.entity not in kinds or mapping.sql is not None:
            continue
        needed = [field for field in mapping.columns if field not in mapping.read.optional]
        if not all(there & set(mapping.aliases(field)) for field in needed) or len(needed) < 6:
            continue
        first = sum(mapping.aliases(field)[0] in there for field in mapping.columns)
        areas = sum(bool(there & {given} if isinstance(given, str) else there & set(given)) for given in mapping.areas.values())
        # Of layouts with the same columns the plain one: the others are read from elsewhere, which columns do not tell.
        fitting.append((first / len(mapping.columns), first + areas, -len(path.stem), path.stem))
    best = max(fitting, default=None)
    return best[3] if best is not None and best[0] >= FIRST_NAMES else None


def has_deadlines(preset: str) -> bool:
    """Whether the promises of that export come with Statroom as well."""
    return (PRESETS / f"{preset}_sla.toml").exists()
