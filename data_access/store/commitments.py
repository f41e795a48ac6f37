"""Commitments: what was promised in the room, by whom, until when, and which figure it should move. Every change is an event; nothing is deleted.

Whoever reads or answers gives `open_to`: the ids of the departments and divisions whose commitments the viewer may see (None: all). A
commitment of another one does not exist for that viewer.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from math import isfinite
from typing import Any

from sqlalchemy import Connection, insert, select, update

from access import AccessDenied, permit
from data_access.store.acting import Acting
from data_access.store.addresses import leads_here
from data_access.store.commitment_rows import (
    DROPPED,
    IN_REVIEW,
    KEPT,
    OPEN,
    STATES,
    UNFINISHED,
    Commitment,
    Event,
    Only,
    Reminder,
    checked,
    due_for_reminder,
    history,
    is_open_to,
    one,
    register,
)
from data_access.store.meeting_models import commitment, commitment_event

EXPECTED = ("higher", "lower")
LONGEST = {"deliverable": 300, "owner_name": 120, "owner_email": 200, "filters": 2_000, "text": 2_000, "address": 2_000}
FEWEST_PLACES = ("place", "cell")
"""Filters that leave a single place, which nobody can judge a figure by and not every reader may name."""
NO_COMMITMENT = "There is no such commitment, or it is not open to you."
MEANWHILE = "Somebody changed this commitment meanwhile; look at what it says now and do it again if it is still needed."
__all__ = [
    "DROPPED", "EXPECTED", "FEWEST_PLACES", "IN_REVIEW", "KEPT", "LONGEST", "NO_COMMITMENT", "OPEN", "STATES", "UNFINISHED", "Commitment", "Event", "NotPromised", "Only", "Reminder",
    "drop", "due_for_reminder", "give_evidence", "history", "make", "move_due", "note", "one", "register", "reopen", "review",
]  # fmt: skip
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


class NotPromised(ValueError):
    """Nothing was written; the text says why."""


def make(
    acting: Acting, *, meeting_id: int | None, department: str, deliverable: str, owner_name: str, owner_email: str, due_on: date | None,
    metric: str, filters: str, expected: str, expected_value: float | None, made_on: date,
) -> int:  # fmt: skip
    """Keep a promise; answers its number.

    Raises:
        AccessDenied: the role may not.
        NotPromised: something is missing or cannot be; one sentence for each.
    """
    permit(acting.viewer, "commit")
    deliverable, owner_name, owner_email = " ".join(deliverable.split()), " ".join(owner_name.split()), owner_email.strip()
    if not deliverable:
        raise NotPromised("Say what will have been done: without that nobody can see whether it was.")
    if not owner_name:
        raise NotPromised("Name the person who owes it: what everybody owes nobody does.")
    if due_on is None:
        raise NotPromised("Give the day it is due.")
    if not metric:
        raise NotPromised("Choose the figure it should move.")
    if not department:
        raise NotPromised("Choose the department that owes it.")
    if due_on < made_on:
        raise NotPromised(f"It is due on {due_on}, before it is made on {made_on}; choose a later day.")
    if owner_email and not _MAIL.fullmatch(owner_email):
        raise NotPromised(f"'{owner_email[:60]}' is no e-mail address; correct it, or leave it out for no reminders.")
    if expected not in EXPECTED:
        raise NotPromised("Say whether the figure should go higher or lower.")
    if expected_value is not None and not isfinite(expected_value):
        raise NotPromised("The value to reach must be a number.")
    if any(part.partition("=")[0] in FEWEST_PLACES for part in filters.split("&")):
        raise NotPromised("A single place has too few cases to judge a figure by; take the place out of the filters.")
    _short("The deliverable", deliverable, "deliverable")
    _short("The owner's name", owner_name, "owner_name")
    _short("The e-mail address", owner_email, "owner_email")
    _short("The filters", filters, "filters")
    facts = {
        "meeting_id": meeting_id, "department": department, "deliverable": deliverable, "owner_name": owner_name, "owner_email": owner_email,
        "made_on": made_on, "due_on": due_on, "metric": metric, "filters": filters, "expected": expected, "expected_value": expected_value,
        "state": OPEN, "created_by_id": acting.viewer.id, "created_by_name": acting.viewer.name, "created_at": acting.now,
    }  # fmt: skip
    same = [
        commitment.c[name] == facts[name]
        for name in ("department", "deliverable", "owner_name", "owner_email", "due_on", "metric", "filters")
    ]
    with acting.store.begin() as connection:
        if connection.execute(select(commitment.c.id).where(commitment.c.state.in_(UNFINISHED), *same)).first() is not None:
            raise NotPromised("This is promised already: the same, by the same person, until the same day.")
        number = int(connection.execute(insert(commitment).values(**facts)).inserted_primary_key[0])
        _happened(connection, acting, number, "made", "", due_after=due_on)
    return number


def move_due(acting: Acting, number: int, due_on: date, reason: str, *, seen: int | None = None) -> None:
    """Agree on another day. `seen`, here and below: the number of the last event the writer had before them, if they had any.

    Raises:
        AccessDenied: the role may not, or there is no such commitment.
        NotPromised: no reason, the same day or one before it was made, or it is finished, or somebody changed it meanwhile.
    """
    permit(acting.viewer, "commit")
    reason = _said(reason, "Say why the day is moved.")
    with acting.store.begin() as connection:
        now = _held(connection, number, None, UNFINISHED, "This commitment is finished; reopen it before you move its day.", seen)
        if due_on == now.due_on:
            raise NotPromised(f"It is due on {due_on} already; choose another day.")
        if due_on < now.made_on:
            raise NotPromised(f"It was made on {now.made_on}; it cannot be due before that.")
        connection.execute(update(commitment).where(commitment.c.id == number).values(due_on=due_on))
        _happened(connection, acting, number, "moved", reason, due_before=now.due_on, due_after=due_on)


def note(acting: Acting, number: int, text: str, *, open_to: Only = None) -> None:
    """Add a note, whatever its state.

    Raises:
        AccessDenied: the role may not, or there is no such commitment for this viewer.
        NotPromised: no text, or too much.
    """
    permit(acting.viewer, "answer_commitment")
    text = _said(text, "Write the note first.")
    with acting.store.begin() as connection:
        _held(connection, number, checked(acting.viewer, open_to), STATES, "", None)
        _happened(connection, acting, number, "note", text)


def give_evidence(acting: Acting, number: int, text: str, address: str = "", *, open_to: Only = None, seen: int | None = None) -> None:
    """Say that it is done and how one sees it; from then on it waits for somebody else to look.

    Raises:
        AccessDenied: the role may not, or there is no such commitment for this viewer.
        NotPromised: no text, an address that is no page of this site, or it is finished.
    """
    permit(acting.viewer, "answer_commitment")
    text, address = _said(text, "Say what was done and how one can see it."), address.strip()
    if address and (not leads_here(address) or len(address) > LONGEST["address"]):
        raise NotPromised(f"'{address[:60]}' is no page of Statroom; copy the address of one, from its '/' on, or leave it out.")
    with acting.store.begin() as connection:
        finished = "This commitment is finished; reopen it before you give more evidence."
        _held(connection, number, checked(acting.viewer, open_to), UNFINISHED, finished, seen)
        _set(connection, number, IN_REVIEW)
        _happened(connection, acting, number, "evidence", text, address)


def review(acting: Acting, number: int, keep: bool, text: str, *, seen: int | None = None) -> None:
    """Look at the evidence: the commitment is kept, or goes back.

    Raises:
        AccessDenied: the role may not, or there is no such commitment.
        NotPromised: the reviewer gave the evidence, says nothing to what goes back, or no evidence waits.
    """
    permit(acting.viewer, "commit")
    text = text.strip() if keep else _said(text, "Say what is missing, so that the owner knows what to bring.")
    _short("What you say", text, "text")
    with acting.store.begin() as connection:
        _held(connection, number, None, (IN_REVIEW,), "No evidence waits for a review here; somebody gives some first.", seen)
        if acting.viewer.id in _witnesses(connection, number):
            raise NotPromised("Somebody else than who gave the evidence must review it.")
        _set(connection, number, KEPT if keep else OPEN)
        _happened(connection, acting, number, "kept" if keep else "returned", text)


def drop(acting: Acting, number: int, reason: str, *, seen: int | None = None) -> None:
    """Give it up.

    Raises:
        AccessDenied: the role may not, or there is no such commitment.
        NotPromised: no reason, or it is finished.
    """
    permit(acting.viewer, "commit")
    reason = _said(reason, "Say why it is dropped.")
    with acting.store.begin() as connection:
        _held(connection, number, None, UNFINISHED, "This commitment is finished already.", seen)
        _set(connection, number, DROPPED)
        _happened(connection, acting, number, "dropped", reason)


def reopen(acting: Acting, number: int, reason: str, *, seen: int | None = None) -> None:
    """Take up again what was kept or dropped.

    Raises:
        AccessDenied: the role may not, or there is no such commitment.
        NotPromised: no reason, or it is not finished.
    """
    permit(acting.viewer, "commit")
    reason = _said(reason, "Say why it is opened again.")
    with acting.store.begin() as connection:
        _held(connection, number, None, (KEPT, DROPPED), "This commitment is not finished, so there is nothing to open again.", seen)
        _set(connection, number, OPEN)
        _happened(connection, acting, number, "reopened", reason)


def _held(connection: Connection, number: int, open_to: Only, states: Collection[str], otherwise: str, seen: int | None) -> Any:
    """The commitment, held until this change is written, so that no two changes pass each other."""
    this = (commitment.c.id == number, is_open_to(open_to))
    # An update, not a read, takes the row: whoever comes second waits, and finds what the first one left.
    held = connection.execute(update(commitment).where(*this, commitment.c.state.in_(states)).values(state=commitment.c.state)).rowcount
    row = connection.execute(select(commitment).where(*this)).first()
    if row is None:
        raise AccessDenied(NO_COMMITMENT)
    if not held:
        raise NotPromised(otherwise)
    newest = select(commitment_event.c.id).where(commitment_event.c.commitment_id == number).order_by(commitment_event.c.id.desc()).limit(1)
    if seen is not None and connection.execute(newest).scalar() != seen:
        raise NotPromised(MEANWHILE)
    return row


def _witnesses(connection: Connection, number: int) -> set[str]:
    """Who gave the evidence that waits now."""
    query = select(commitment_event.c.kind, commitment_event.c.by_id).where(commitment_event.c.commitment_id == number)
    found: set[str] = set()
    for kind, by in connection.execute(query.order_by(commitment_event.c.id)):
        found = found | {by} if kind == "evidence" else set() if kind in ("returned", "reopened") else found
    return found


def _set(connection: Connection, number: int, state: str) -> None:
    connection.execute(update(commitment).where(commitment.c.id == number).values(state=state))


def _happened(
    connection: Connection, acting: Acting, number: int, kind: str, text: str, address: str = "", *, due_before: date | None = None,
    due_after: date | None = None,
) -> None:  # fmt: skip
    values = {
        "commitment_id": number, "kind": kind, "text": text, "address": address, "due_before": due_before, "due_after": due_after,
        "at": acting.now, "by_id": acting.viewer.id, "by_name": acting.viewer.name,
    }  # fmt: skip
    connection.execute(insert(commitment_event).values(**values))


def _said(text: str, otherwise: str) -> str:
    """`text`, which must say something."""
    text = text.strip()
    if not text:
        raise NotPromised(otherwise)
    _short("What you say", text, "text")
    return text


def _short(what: str, text: str, kind: str) -> None:
    if len(text) > LONGEST[kind]:
        raise NotPromised(f"{what} is {len(text)} characters long; write at most {LONGEST[kind]}.")
