"""People who sign in elsewhere: a provider or a proxy says who they are and in which groups, the city what these may see."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from access import Role
from data_access.city_models import Group
from data_access.store.accounts import LONGEST, Account, account_of, rights_in_words
from data_access.store.models import account, sign_in

PROXY = "proxy"
"""The issuer of people whom a proxy signs in."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the groups of a person give."""

    role: Role
    departments: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return rights_in_words(self.role, self.departments, self.districts, self.programmes)


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is elsewhere. `issuer` and `subject` are the identity; the others only name it, and may change or be another's tomorrow."""

    issuer: str
    subject: str
    name: str
    login: str


def rights_of(groups: Sequence[str], known: Sequence[Group]) -> Rights | None:
    """What membership in `groups` gives; None if the city gave none of them anything.

    The first entry of `known` that fits decides. Further departments are added only by entries with the same districts and
    programmes: two departments in two districts are not four.
    """
    fitting = [one for one in known if one.group in groups]
    if not fitting:
        return None
    first = fitting[0]
    same = [
        one
        for one in fitting
        if (one.role, set(one.districts), set(one.programmes)) == (first.role, set(first.districts), set(first.programmes))
    ]
    departments = tuple(sorted({name for one in same for name in one.departments}))
    return Rights(first.role, departments, tuple(sorted(set(first.districts))), tuple(sorted(set(first.programmes))))


def found(store: Engine, issuer: str, subject: str) -> Account | None:
    """The account of that person, also a disabled one."""
    with store.connect() as connection:
        row = connection.execute(select(account).where(account.c.issuer == issuer, account.c.subject == subject)).first()
    return account_of(row) if row else None


def renewed(store: Engine, person: Person, rights: Rights, now: datetime) -> tuple[Account, str]:
    """The account of `person` with today's `rights`, made if there was none, and what it could see before (empty if it is new).

    A disabled account stays disabled.
    """
    before = found(store, person.issuer, person.subject)
    given = {
        "role": rights.role, "departments": json.dumps(rights.departments), "districts": json.dumps(rights.districts),
        "programmes": json.dumps(rights.programmes), "name": _name(person),
    }  # fmt: skip
    mine = (account.c.issuer == person.issuer, account.c.subject == person.subject)
    if before is None:
        _add(store, person, given, now)
    elif (before.name, before.rights) != (given["name"], str(rights)):
        with store.begin() as connection:
            connection.execute(update(account).where(*mine).values(**given))
    after = found(store, person.issuer, person.subject)
    assert after is not None
    return after, "" if before is None else before.rights


def _add(store: Engine, person: Person, given: dict[str, str], now: datetime) -> None:
    more = {"issuer": person.issuer, "subject": person.subject, "created_at": now, "failures": 0, "must_change_password": False}
    unique = "elsewhere-" + hashlib.sha256(json.dumps([person.issuer, person.subject]).encode()).hexdigest()[:12]
    wanted = person.login.strip().lower()
    names = [wanted] if re.fullmatch(r"[a-z0-9][a-z0-9._%+@-]{1,118}", wanted) else []
    for login in (*names, unique):
        # A login is a label here. One that somebody else has already stays theirs.
        try:
            with store.begin() as connection:
                connection.execute(insert(account).values(login=login, **given, **more))
            return
        except IntegrityError:
            continue
    # Made by another request in the meantime.


def _name(person: Person) -> str:
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in person.name).split())
    return words[:LONGEST] or person.subject[:LONGEST]


def noted(store: Engine, known: Account, now: datetime, every: timedelta) -> bool:
    """Remember that somebody whom a proxy signs in was seen; answers whether for the first time in `every`."""
    last = select(sign_in.c.token_hash, sign_in.c.seen_at).where(sign_in.c.account_id == known.id, sign_in.c.seen_at > now - every)
    with store.connect() as connection:
        row = connection.execute(last.order_by(sign_in.c.seen_at.desc()).limit(1)).first()
    if row is not None and row.seen_at > now - timedelta(minutes=1):
        return False
    with store.begin() as connection:
        if row is not None:
            connection.execute(update(sign_in).where(sign_in.c.token_hash == row.token_hash).values(seen_at=now))
            return False
        # Ended from the start: nobody holds a token for it.
        mark = secrets.token_hex(32)
        connection.execute(insert(sign_in).values(token_hash=mark, account_id=known.id, began_at=now, seen_at=now, ended_at=now))
    return True
