"""Commitments as they are read: each as it stands, what happened to it, and whom to remind.

Whoever reads for a person gives `open_to`: the ids of the departments and divisions whose commitments the viewer may see (None: all). A
commitment of another one does not exist for that viewer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, false, select, true

from access import MAY, AccessDenied, Viewer, scope_of
from data_access.store.meeting_models import commitment, commitment_event

OPEN, IN_REVIEW, KEPT, DROPPED = STATES = ("open", "in_review", "kept", "dropped")
UNFINISHED = (OPEN, IN_REVIEW)
REMINDED_BEFORE, REMINDED_EVERY = 7, 7
"""Days before the day it is due, and days from one reminder of a late one to the next."""
Only = Collection[str] | None
NOBODY_TOLD = "a named person"
"""In place of a name, for who may not read it."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """One promise as it stands."""

    id: int
    meeting_id: int | None
    department: str
    deliverable: str
    owner_name: str
    owner_email: str
    made_on: date
    due_on: date
    metric: str
    filters: str
    """Canonical query of the cases it is about (`department=parks`); empty for all."""
    expected: str
    """`higher` or `lower`."""
    expected_value: float | None
    """In the metric's unit; None where only a direction is hoped for."""
    state: str
    created_by_id: str
    created_by_name: str
    created_at: datetime
    """Naive UTC."""

    @property
    def is_unfinished(self) -> bool:
        """Whether something is still owed or to be looked at."""
        return self.state in UNFINISHED

    def days_late(self, day: date) -> int:
        """How many days it is overdue on `day`; 0 for one that is not, or that waits for a review or is finished."""
        return max(0, (day - self.due_on).days) if self.state == OPEN else 0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a commitment."""

    id: int
    commitment_id: int
    kind: str
    """made, moved, note, evidence, returned, kept, dropped or reopened."""
    text: str
    address: str
    due_before: date | None
    due_after: date | None
    at: datetime
    """Naive UTC."""
    by_id: str
    by_name: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """One letter to one owner."""

    commitment: Commitment
    since: date
    """From which day on this reminder is owed; with the commitment's number, what tells it from the one before and the one after."""


_READ = [commitment.c[name] for name in Commitment.__dataclass_fields__]
_READ_EVENT = [commitment_event.c[name] for name in Event.__dataclass_fields__]


def register(store: Engine, viewer: Viewer, open_to: Only, *, until: datetime | None = None) -> list[Commitment]:
    """The commitments the viewer may see, those due first first; with `until` (naive UTC) as they stood before that instant.

    Raises:
        AccessDenied: asked for the public.
    """
    query = select(*_READ).where(is_open_to(checked(viewer, open_to)))
    if until is not None:
        query = query.where(commitment.c.created_at < until)
    with store.connect() as connection:
        found = [_told(Commitment(*row), viewer) for row in connection.execute(query)]
    if until is not None:
        events: dict[int, list[Event]] = {}
        for event in history(store, viewer, open_to):
            events.setdefault(event.commitment_id, []).append(event)
        found = [as_it_stood(one, events.get(one.id, []), until) for one in found]
    return sorted(found, key=lambda one: (one.due_on, one.id))


LEADS_TO = {"made": OPEN, "evidence": IN_REVIEW, "returned": OPEN, "kept": KEPT, "dropped": DROPPED, "reopened": OPEN}
"""What state an event of a kind leads to; the other kinds change none."""


def as_it_stood(of: Commitment, events: list[Event], until: datetime) -> Commitment:
    """A commitment without what happened to it from `until` on; `events` are all of its own, oldest first."""
    states = [LEADS_TO[event.kind] for event in events if event.at < until and event.kind in LEADS_TO]
    later = [event.due_before for event in events if event.at >= until and event.due_before is not None]
    return replace(of, state=states[-1] if states else OPEN, due_on=later[0] if later else of.due_on)


def one(store: Engine, viewer: Viewer, open_to: Only, number: int) -> Commitment | None:
    """Commitment `number`; None if there is none or the viewer may not see it.

    Raises:
        AccessDenied: asked for the public.
    """
    query = select(*_READ).where(commitment.c.id == number, is_open_to(checked(viewer, open_to)))
    with store.connect() as connection:
        row = connection.execute(query).first()
        return None if row is None else _told(Commitment(*row), viewer)


def _told(of: Commitment, viewer: Viewer) -> Commitment:
    """Who owes it is told to those who work with commitments; whoever only looks reads no names of staff."""
    if viewer.role in MAY["answer_commitment"]:
        return of
    return replace(of, owner_name=NOBODY_TOLD, owner_email="", created_by_id="", created_by_name=NOBODY_TOLD)


def history(store: Engine, viewer: Viewer, open_to: Only, number: int | None = None) -> list[Event]:
    """What happened to commitment `number`, or to all that the viewer may see, oldest first.

    Raises:
        AccessDenied: asked for the public.
    """
    query = select(*_READ_EVENT).join(commitment, commitment.c.id == commitment_event.c.commitment_id)
    query = query.where(is_open_to(checked(viewer, open_to)), true() if number is None else commitment.c.id == number)
    with store.connect() as connection:
        found = [Event(*row) for row in connection.execute(query.order_by(commitment_event.c.id))]
    return found if viewer.role in MAY["answer_commitment"] else [replace(one, by_id="", by_name=NOBODY_TOLD) for one in found]


def due_for_reminder(store: Engine, day: date) -> list[Reminder]:
    """Whom to remind on `day`: owners with an e-mail address whose open commitment is due within a week, or is late.

    One reminder is owed a week before the day due, one on that day and one every week after it; a day without post
    loses none, because each stays the same until the next. What waits for a review is not the owner's to do.
    """
    query = select(*_READ).where(
        commitment.c.state == OPEN, commitment.c.owner_email != "", commitment.c.due_on <= day + timedelta(days=REMINDED_BEFORE)
    )
    with store.connect() as connection:
        found = [Commitment(*row) for row in connection.execute(query.order_by(commitment.c.due_on, commitment.c.id))]
    return [Reminder(one, _owed_since(one.due_on, day)) for one in found]


def _owed_since(due_on: date, day: date) -> date:
    if day < due_on:
        return due_on - timedelta(days=REMINDED_BEFORE)
    return due_on + timedelta(days=(day - due_on).days // REMINDED_EVERY * REMINDED_EVERY)


def checked(viewer: Viewer, open_to: Only) -> Only:
    """`open_to` as it holds for `viewer`: who does not see all departments sees none where nobody says which."""
    scope = scope_of(viewer)
    if scope.audience != "staff":
        raise AccessDenied("This is open to staff.")
    return () if open_to is None and scope.departments is not None else open_to


def is_open_to(open_to: Only) -> ColumnElement[bool]:
    """Which commitments a viewer's departments leave in."""
    if open_to is None:
        return true()
    return commitment.c.department.in_(sorted(open_to)) if open_to else false()
