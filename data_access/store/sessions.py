"""Who is signed in. The browser holds a random token, the database its hash; rights are read anew at every request."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, or_, select, update

from data_access.store.accounts import Account, account_of
from data_access.store.models import account, sign_in

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last request is remembered: not every request writes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a sign-in at a provider."""

    checked_at: datetime
    """When the provider last vouched for the person."""
    kept: str | None


def begin(store: Engine, known: Account, now: datetime, kept: str = "") -> str:
    """Sign `known` in; answers the token for the browser. `kept` is what a provider gave, encrypted."""
    token = secrets.token_urlsafe(32)
    made = {"token_hash": _hashed(token), "account_id": known.id, "began_at": now, "seen_at": now, "checked_at": now, "kept": kept or None}
    with store.begin() as connection:
        connection.execute(insert(sign_in).values(**made))
    return token


def standing(store: Engine, token: str) -> Standing:
    """What is known of the sign-in that `token` stands for."""
    with store.connect() as connection:
        row = connection.execute(select(sign_in).where(sign_in.c.token_hash == _hashed(token))).one()
    return Standing(row.checked_at or row.began_at, row.kept)


def try_check(store: Engine, token: str, now: datetime, again: timedelta) -> bool:
    """Whether the caller is the one who asks the provider now: nobody did in the time `again`."""
    free = or_(sign_in.c.tried_at.is_(None), sign_in.c.tried_at <= now - again)
    with store.begin() as connection:
        return connection.execute(update(sign_in).where(sign_in.c.token_hash == _hashed(token), free).values(tried_at=now)).rowcount == 1


def confirm(store: Engine, token: str, now: datetime, kept: str) -> None:
    """Remember that the provider vouched for the person, and what it gave."""
    with store.begin() as connection:
        connection.execute(update(sign_in).where(sign_in.c.token_hash == _hashed(token)).values(checked_at=now, kept=kept))


def signed_in(store: Engine, token: str, now: datetime, *, seen: bool = True) -> Account | None:
    """The account that `token` stands for, with today's rights; None if it ended, was idle too long, or may not be used any more.

    Args:
        seen: a person made the request, not a page by itself.
    """
    mine = sign_in.c.token_hash == _hashed(token)
    valid = (
        mine,
        sign_in.c.ended_at.is_(None),
        sign_in.c.began_at > now - LONGEST,
        sign_in.c.seen_at > now - IDLE,
        account.c.disabled_at.is_(None),
    )
    query = select(account, sign_in.c.seen_at).join(sign_in, sign_in.c.account_id == account.c.id).where(*valid)
    with store.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if seen and row.seen_at < now - NOTED_EVERY:
        with store.begin() as connection:
            connection.execute(update(sign_in).where(mine).values(seen_at=now))
    return account_of(row)


def end(store: Engine, token: str, now: datetime) -> None:
    """Sign out."""
    with store.begin() as connection:
        connection.execute(update(sign_in).where(sign_in.c.token_hash == _hashed(token), sign_in.c.ended_at.is_(None)).values(ended_at=now))


def end_all(store: Engine, known: Account, now: datetime) -> int:
    """Sign out everywhere; answers of how many browsers."""
    with store.begin() as connection:
        return connection.execute(
            update(sign_in).where(sign_in.c.account_id == known.id, sign_in.c.ended_at.is_(None)).values(ended_at=now)
        ).rowcount


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
