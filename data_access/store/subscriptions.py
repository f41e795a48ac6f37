"""What people want by mail. Everybody sees and changes only their own; the link in a letter ends the one it belongs to.

A link holds a random token of which only the hash is kept. Each letter has a link of its own, so none has to be known twice.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite

from sqlalchemy import ColumnElement, Engine, delete, func, insert, select, update

from access import Viewer, permit
from data_access.store.acting import Acting
from data_access.store.meeting_models import subscription, unsubscribe_link

DIGEST, WORKLIST, SIGNAL, THRESHOLD, LOADS = KINDS = ("digest", "worklist", "signal", "threshold", "loads")
BEYOND = ("higher", "lower")
LONGEST_TITLE, LONGEST_EMAIL, LONGEST_FILTERS = 160, 200, 2_000
LARGEST_NUMBER = 2**31 - 1
"""No row has a larger one, and no database can be asked for it."""
MOST = 20
"""Subscriptions of one person that go on: nobody's post box is to be filled from here."""
UNDONE_WITHIN = timedelta(days=30)
"""So long an ended one is still shown, to be taken up again."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


class NotSubscribed(ValueError):
    """Nothing was changed; the text says why."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One thing that somebody wants by mail."""

    id: int
    owner_id: str
    """Id of the viewer whose rights decide what is sent."""
    email: str
    kind: str
    """`digest` (weekly), `worklist` (daily), `signal`, `threshold` or `loads` (when it happens)."""
    title: str
    filters: str
    """Canonical query of the cases it is about (`department=parks`); empty for all."""
    metric: str
    """Of a signal or a threshold: the figure; empty for every headline figure."""
    bound: float | None
    """Of a threshold: the value, in the metric's unit."""
    beyond: str
    """Of a threshold: `higher` or `lower`."""
    created_at: datetime
    """Naive UTC."""
    ended_at: datetime | None


_READ = [subscription.c[name] for name in Subscription.__dataclass_fields__]


def is_address(text: str) -> bool:
    """Whether `text` is one plain e-mail address: no second one, no name, no line break."""
    return len(text) <= LONGEST_EMAIL and _ADDRESS.fullmatch(text) is not None


def add(
    acting: Acting, *, email: str, kind: str, title: str, filters: str, metric: str = "", bound: float | None = None, beyond: str = ""
) -> int:
    """Subscribe; answers the number.

    Raises:
        AccessDenied: the role may not.
        NotSubscribed: something is missing or cannot be, it is there already, or there are too many.
    """
    permit(acting.viewer, "subscribe")
    email, title = email.strip(), " ".join(title.split())[:LONGEST_TITLE]
    if not is_address(email):
        raise NotSubscribed(f"'{email[:60]}' is no e-mail address; write one such as ada@city.example.")
    if kind not in KINDS:
        raise NotSubscribed(f"There is no mail called '{kind[:20]}'; choose one of the list.")
    if kind == LOADS:
        permit(acting.viewer, "administer")
    if len(filters) > LONGEST_FILTERS:
        raise NotSubscribed("The filters are too many to be subscribed to; choose fewer.")
    if (kind == THRESHOLD) != (bound is not None and isfinite(bound) and beyond in BEYOND and bool(metric)):
        raise NotSubscribed("A threshold needs a figure, a value, and whether you want to know of more or of less.")
    same = (
        (subscription.c.kind == kind) & (subscription.c.filters == filters) & (subscription.c.metric == metric) & (subscription.c.email == email)
        & subscription.c.bound.is_not_distinct_from(bound) & (subscription.c.beyond == beyond)
    )  # fmt: skip
    facts = {
        "owner_id": acting.viewer.id, "email": email, "kind": kind, "title": title, "filters": filters, "metric": metric, "bound": bound,
        "beyond": beyond, "created_at": acting.now,
    }  # fmt: skip
    with acting.store.begin() as connection:
        if connection.execute(select(subscription.c.id).where(_live_of(acting.viewer), same)).first() is not None:
            raise NotSubscribed("You are subscribed to this already.")
        if connection.execute(select(func.count()).where(_live_of(acting.viewer))).scalar_one() >= MOST:
            raise NotSubscribed(f"You have {MOST} subscriptions; end one first.")
        number = int(connection.execute(insert(subscription).values(**facts)).inserted_primary_key[0])  # type: ignore[index]
    # A button that is pressed twice: each of two requests may have found none. Of rows that are alike the first one stays, whoever looks.
    with acting.store.begin() as connection:
        alike = list(
            connection.execute(select(subscription.c.id).where(_live_of(acting.viewer), same).order_by(subscription.c.id)).scalars()
        )
        connection.execute(delete(subscription).where(subscription.c.id.in_(alike[1:])))
    if number in alike[1:]:
        raise NotSubscribed("You are subscribed to this already.")
    return number


def end(acting: Acting, number: int) -> Subscription:
    """End an own subscription. `restore` takes it up again.

    Raises:
        AccessDenied: the role may not.
        NotSubscribed: the viewer has no such subscription.
    """
    return _set_ended(acting, number, acting.now)


def restore(acting: Acting, number: int) -> Subscription:
    """Take up an own subscription that was ended.

    Raises:
        AccessDenied: the role may not.
        NotSubscribed: the viewer has no such subscription, the same one goes on already, or there are as many as there may be.
    """
    permit(acting.viewer, "subscribe")
    with acting.store.connect() as connection:
        ended = subscription.alias()
        what = ("kind", "filters", "metric", "email", "bound", "beyond")
        same = [subscription.c[name].is_not_distinct_from(ended.c[name]) for name in what]
        known = select(subscription.c.id).where(ended.c.id == min(number, LARGEST_NUMBER), subscription.c.id != ended.c.id, *same)
        if connection.execute(known.where(_live_of(acting.viewer))).first() is not None:
            raise NotSubscribed("You are subscribed to this already.")
        others = select(func.count()).where(_live_of(acting.viewer), subscription.c.id != min(number, LARGEST_NUMBER))
        if connection.execute(others).scalar_one() >= MOST:
            raise NotSubscribed(f"You have {MOST} subscriptions; end one first.")
    return _set_ended(acting, number, None)


def _set_ended(acting: Acting, number: int, at: datetime | None) -> Subscription:
    permit(acting.viewer, "subscribe")
    mine = (subscription.c.id == min(number, LARGEST_NUMBER)) & (subscription.c.owner_id == acting.viewer.id)
    with acting.store.begin() as connection:
        connection.execute(update(subscription).where(mine, subscription.c.ended_at.is_(None) == (at is not None)).values(ended_at=at))
        row = connection.execute(select(*_READ).where(mine)).first()
    if row is None:
        raise NotSubscribed("You have no such subscription; look at the list again.")
    return Subscription(*row)


def own(store: Engine, viewer: Viewer, now: datetime) -> list[Subscription]:
    """The viewer's subscriptions: those that go on, by name, then those that ended lately, the last first."""
    lately = subscription.c.ended_at.is_(None) | (subscription.c.ended_at > now - UNDONE_WITHIN)
    with store.connect() as connection:
        found = [Subscription(*row) for row in connection.execute(select(*_READ).where(subscription.c.owner_id == viewer.id, lately))]
    going_on = sorted((one for one in found if one.ended_at is None), key=lambda one: (one.title.casefold(), one.id))
    ended = sorted((one for one in found if one.ended_at is not None), key=lambda one: (one.ended_at or now, one.id), reverse=True)
    return [*going_on, *ended]


def going_on(store: Engine) -> list[Subscription]:
    """Everybody's subscriptions that go on: for the process that sends, and for no page."""
    with store.connect() as connection:
        query = select(*_READ).where(subscription.c.ended_at.is_(None)).order_by(subscription.c.id)
        return [Subscription(*row) for row in connection.execute(query)]


def one(store: Engine, number: int) -> Subscription | None:
    """Subscription `number`, whoever's it is: for the process that sends, and for no page."""
    with store.connect() as connection:
        row = connection.execute(select(*_READ).where(subscription.c.id == number)).first()
    return None if row is None else Subscription(*row)


def new_token(store: Engine, number: int, now: datetime) -> str:
    """A token whose link ends subscription `number`; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    with store.begin() as connection:
        connection.execute(insert(unsubscribe_link).values(token_hash=_hashed(token), subscription_id=number, made_at=now))
    return token


def of_token(store: Engine, token: str) -> Subscription | None:
    """The subscription that `token` may end; None if it is none of ours."""
    query = select(*_READ).join(unsubscribe_link, unsubscribe_link.c.subscription_id == subscription.c.id)
    with store.connect() as connection:
        row = connection.execute(query.where(unsubscribe_link.c.token_hash == _hashed(token))).first()
    return None if row is None else Subscription(*row)


def end_by_token(store: Engine, token: str, now: datetime) -> Subscription | None:
    """End the subscription that `token` belongs to; safe to repeat. None if the token is none of ours."""
    found = of_token(store, token)
    if found is not None:
        with store.begin() as connection:
            live = (subscription.c.id == found.id) & subscription.c.ended_at.is_(None)
            connection.execute(update(subscription).where(live).values(ended_at=now))
    return found


def _live_of(viewer: Viewer) -> ColumnElement[bool]:
    return (subscription.c.owner_id == viewer.id) & subscription.c.ended_at.is_(None)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
