"""The outbox: letters that wait, were sent or were given up. A letter's key says what it is about and when, and no key is written twice.

Whoever sends claims a letter first, so of several processes one sends it. A letter of which nobody can tell whether it arrived
(the server had all of it and then fell silent, or the sender ended in between) is not sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from access import Viewer, scope_of
from data_access.store.meeting_models import letter

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720, 1440))
"""How long a letter waits after each try that failed; one try more, and it is given up."""
CLAIM_HOLDS = timedelta(minutes=15)
"""Longer than any try takes: a claim that is older belongs to a process that ended."""
PERHAPS = "The sender ended while it was sent; it may have arrived and is not sent again."
TOO_LATE = "It could not be sent in time and is old news now."
LONGEST_ERROR, LONGEST_SUBJECT, LONGEST_KEY = 300, 200, 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent."""

    key: str
    subscription_id: int | None
    """None for a reminder, which nobody subscribed to."""
    email: str
    subject: str
    text: str
    html: str
    rights: str
    """`rights_of` the reader it was written for; empty for a reminder."""
    good_for: timedelta


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that this process has claimed."""

    id: int
    key: str
    subscription_id: int | None
    email: str
    subject: str
    text: str
    html: str
    rights: str
    made_at: datetime
    """Naive UTC."""
    tries: int


_READ = [letter.c[name] for name in Letter.__dataclass_fields__]


def rights_of(viewer: Viewer) -> str:
    """What `viewer` may see, as a short mark: a letter written for other rights is not sent."""
    return hashlib.sha256(f"{viewer.role} {scope_of(viewer).key()}".encode()).hexdigest()


def is_written(store: Engine, key: str) -> bool:
    """Whether there is a letter of that key."""
    with store.connect() as connection:
        return connection.execute(select(letter.c.id).where(letter.c.key == key)).first() is not None


def keys_from(store: Engine, beginning: str) -> list[str]:
    """The keys that begin so."""
    query = select(letter.c.key).where(letter.c.key.startswith(beginning, autoescape=True)).order_by(letter.c.key)
    with store.connect() as connection:
        return list(connection.execute(query).scalars())


def write(store: Engine, draft: Draft, now: datetime) -> bool:
    """Put a letter into the outbox; False if one of its key is there already."""
    values = {
        "key": draft.key[:LONGEST_KEY], "subscription_id": draft.subscription_id, "email": draft.email, "subject": _one_line(draft.subject)[:LONGEST_SUBJECT],
        "text": draft.text, "html": draft.html, "rights": draft.rights, "made_at": now, "good_until": now + draft.good_for, "next_try_at": now,
        "tries": 0, "given_up": False, "error": "",
    }  # fmt: skip
    try:
        with store.begin() as connection:
            connection.execute(insert(letter).values(**values))
    except IntegrityError:
        return False
    return True


def waiting(store: Engine, now: datetime) -> list[int]:
    """The numbers of the letters that may be tried now, oldest first. What is too old, or was left by a process that ended, is given up."""
    open_ = letter.c.sent_at.is_(None) & letter.c.given_up.is_(False)
    with store.begin() as connection:
        left = open_ & (letter.c.claimed_at <= now - CLAIM_HOLDS)
        connection.execute(update(letter).where(left).values(given_up=True, claimed_at=None, error=PERHAPS))
        late = open_ & letter.c.claimed_at.is_(None) & (letter.c.good_until <= now)
        connection.execute(update(letter).where(late).values(given_up=True, error=TOO_LATE))
        query = select(letter.c.id).where(open_, letter.c.claimed_at.is_(None), letter.c.next_try_at <= now).order_by(letter.c.id)
        return list(connection.execute(query).scalars())


def claim(store: Engine, number: int, now: datetime) -> Letter | None:
    """Take letter `number` to send it; None if another process has it, or had it meanwhile."""
    free = (
        (letter.c.id == number) & letter.c.sent_at.is_(None) & letter.c.given_up.is_(False) & letter.c.claimed_at.is_(None)
        & (letter.c.next_try_at <= now)
    )  # fmt: skip
    with store.begin() as connection:
        if connection.execute(update(letter).where(free).values(claimed_at=now, tries=letter.c.tries + 1)).rowcount != 1:
            return None
        return Letter(*connection.execute(select(*_READ).where(letter.c.id == number)).one())


def sent(store: Engine, claimed: Letter, now: datetime) -> None:
    """A server took it."""
    _set(store, claimed, sent_at=now, claimed_at=None, error="")


def put_back(store: Engine, claimed: Letter, now: datetime, error: str) -> bool:
    """It was not taken: it waits for the next try, longer each time. False if that was the last one."""
    if claimed.tries > len(BACK_OFF):
        give_up(store, claimed, error)
        return False
    _set(store, claimed, claimed_at=None, next_try_at=now + BACK_OFF[claimed.tries - 1], error=_one_line(error)[:LONGEST_ERROR])
    return True


def give_up(store: Engine, claimed: Letter, error: str) -> None:
    """No more is tried."""
    _set(store, claimed, claimed_at=None, given_up=True, error=_one_line(error)[:LONGEST_ERROR])


def set_aside(store: Engine, claimed: Letter, why: str) -> None:
    """Give it up and free its key, so that it is written anew with the reader's present rights."""
    _set(store, claimed, claimed_at=None, given_up=True, error=why[:LONGEST_ERROR], key=f"{claimed.key[: LONGEST_KEY - 12]}#{claimed.id}")


def last_of(store: Engine, subscriptions: Sequence[int]) -> dict[int, tuple[datetime | None, str]]:
    """What became of the last letter of each of these subscriptions: when it was sent, and else why not."""
    newest = select(func.max(letter.c.id)).where(letter.c.subscription_id.in_(list(subscriptions))).group_by(letter.c.subscription_id)
    query = select(letter.c.subscription_id, letter.c.sent_at, letter.c.error).where(letter.c.id.in_(newest))
    with store.connect() as connection:
        return {row.subscription_id: (row.sent_at, row.error) for row in connection.execute(query)}


def troubles(store: Engine, since: datetime) -> list[tuple[str, str]]:
    """(subject, error) of the letters made since then that were not sent, and why, oldest first."""
    failed = letter.c.sent_at.is_(None) & (letter.c.error != "") & (letter.c.made_at >= since)
    with store.connect() as connection:
        query = select(letter.c.subject, letter.c.error).where(failed).order_by(letter.c.id)
        return [(row.subject, row.error) for row in connection.execute(query)]


def _set(store: Engine, claimed: Letter, **values: object) -> None:
    with store.begin() as connection:
        connection.execute(update(letter).where(letter.c.id == claimed.id).values(**values))


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
