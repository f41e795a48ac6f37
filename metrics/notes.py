"""Which notes at the time axis concern a series, and where one gives it a new baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from urllib.parse import parse_qsl

from data_access.store.annotations import Annotation
from metrics.signals import Filters


class About(Protocol):
    """What is about a figure, or all (empty), and about the cases of a query."""

    @property
    def metric(self) -> str: ...
    @property
    def filters(self) -> str: ...


def concerns(note: About, metric: str, filters: Filters) -> bool:
    """Whether a series lies within what `note` is about: its metric, and all of its filters."""
    if note.metric and note.metric != metric:
        return False
    scope = [(name, frozenset(text.split(","))) for name, text in parse_qsl(note.filters)]
    return all(name in filters and filters[name] <= values for name, values in scope)


@dataclass(frozen=True)
class Rebasing:
    """The notes that give series new baselines (a `metrics.signals.Rebased`)."""

    notes: Sequence[Annotation]

    @property
    def version(self) -> str:
        """Changes with the notes."""
        return repr([(note.at.isoformat(), note.metric, note.filters) for note in self.notes if note.rebases])

    def days(self, metric: str, filters: Filters) -> list[date]:
        """The days on which a person gave this series a new baseline, earliest first."""
        return sorted({note.at for note in self.notes if note.rebases and concerns(note, metric, filters)})

    def day(self, metric: str, filters: Filters) -> date | None:
        """The latest day on which a person gave this series a new baseline, or None."""
        return max(self.days(metric, filters), default=None)
