"""What Statroom's own database knows for a briefing: commitments as they stood at an instant, notes that give new baselines, the frozen week."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from access import Viewer
from data_access.store import annotations, commitments, freezes, remarks
from data_access.store.commitment_rows import LEADS_TO, as_it_stood
from data_access.store.commitments import Commitment, Event
from data_access.store.engine import Store
from data_access.store.freezes import CITY, Figure, Freeze
from data_access.store.remarks import Remark
from metrics.freeze import headline
from metrics.notes import Rebasing
from metrics.promised import open_to, within
from metrics.remarks import open_to as readable
from metrics.select import Asked


@dataclass(frozen=True)
class Standing:
    """A commitment as it stood at an instant."""

    promise: Commitment
    """With the state and the day due that it had then."""
    changed_at: datetime
    """When it came into that state; naive UTC."""
    evidence: str
    """What was said of it last to show that it is done; empty if nothing was."""


@dataclass(frozen=True)
class Known:
    """All of it, for one viewer."""

    ask: Callable[[Mapping[str, Any]], Asked]
    promises: Sequence[Commitment]
    events: Sequence[Event]
    rebasing: Rebasing
    freeze: Freeze | None
    """The last week that was closed at the packet's `as_of`."""
    frozen: Sequence[Figure]
    """Its figures, of the departments that are asked about, or of the city."""
    remarks: Sequence[Remark] = ()
    """What departments said of their figures, withdrawn or not."""


def known(ask: Callable[[Mapping[str, Any]], Asked], store: Store, viewer: Viewer, asked: Asked) -> Known:
    """What the store holds about the departments of `asked`, as far as the viewer may see it."""
    only = open_to(viewer, asked)
    notes = [note for note in annotations.standing(store, viewer) if note.rebases]
    closed = [week for week in freezes.latest(store, 60) if week.as_of <= asked.question.as_of]
    week = closed[0] if closed else None
    chosen = asked.question.department
    figures = () if week is None else freezes.figures(store, week, chosen or None)
    frozen = [figure for figure in headline(figures) if chosen or figure.department == CITY]
    said = remarks.register(store, viewer, readable(viewer, asked.mart))
    promises = within(commitments.register(store, viewer, only), asked)
    return Known(ask, promises, commitments.history(store, viewer, only), Rebasing(notes), week, frozen, said)


def standings(of: Known, at: datetime) -> list[Standing]:
    """The commitments that had been made at `at`, each as it stood then, those due first first."""
    made = [found for promise in of.promises if (found := _standing(promise, of.events, at)) is not None]
    return sorted(made, key=lambda one: (one.promise.due_on, one.promise.id))


def _standing(promise: Commitment, events: Sequence[Event], at: datetime) -> Standing | None:
    mine = [event for event in events if event.commitment_id == promise.id]
    known_then = [event for event in mine if event.at <= at]
    states = [event for event in known_then if event.kind in LEADS_TO]
    if not states:
        return None
    shown = [event.text for event in known_then if event.kind == "evidence"]
    return Standing(as_it_stood(promise, mine, at + timedelta.resolution), states[-1].at, shown[-1] if shown else "")
