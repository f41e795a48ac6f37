"""Areas that were drawn anew: which boundaries of a layer were in force when.

Each version of a layer is a layer of its own in the mart, and every case with a point lies in the
areas of all of them: whichever is chosen, the same cases are counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from metrics.select import Asked

Choice = Literal["then", "today"]


@dataclass(frozen=True, slots=True)
class Version:
    """The boundaries `layer` holds, in force from `since` to `until`, both included; None = unknown, or still."""

    layer: str
    since: date | None = None
    until: date | None = None


def versions(asked: Asked, layer: str) -> tuple[Version, ...]:
    """All boundaries of `layer`, the earliest first and today's last."""
    found = [version for of, version in _known(asked) if of == layer]
    return tuple(sorted(found, key=lambda version: version.until or date.max)) or (Version(layer),)


def earlier(asked: Asked) -> frozenset[str]:
    """The layers that hold earlier boundaries of another."""
    return frozenset(version.layer for of, version in _known(asked) if version.layer != of)


def in_force(asked: Asked, layer: str, choice: Choice = "then") -> Version:
    """The boundaries of `layer` a view is drawn with: those of the last day of its period, or today's for all years."""
    every = versions(asked, layer)
    if choice == "today":
        return every[-1]
    last = min(asked.question.end - timedelta(days=1), asked.calendar.day_of(asked.question.as_of))
    return next(version for version in every if version.until is None or version.until >= last or version is every[-1])


def changed_within(asked: Asked, layer: str) -> bool:
    """Whether the boundaries of `layer` changed during the question's period."""
    question = asked.question
    return any(
        version.until is not None and question.start <= version.until < question.end - timedelta(days=1)
        for version in versions(asked, layer)
    )


def _known(asked: Asked) -> list[tuple[str, Version]]:
    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    rows = json.loads(asked.mart.meta.get("layer_versions", "[]"))
    return [(of, Version(layer, day(since), day(until))) for of, layer, since, until in rows]
