"""Accounts of staff: who may sign in, in which role, for which departments."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from access import ROLES, Role, Viewer
from data_access.store import passwords
from data_access.store.models import account, sign_in

FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
LONGEST = 120


class NoAccount(ValueError):
    """The account cannot be made or changed; the text says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person who may sign in."""

    id: int
    login: str
    name: str
    role: Role
    departments: tuple[str, ...]
    districts: tuple[str, ...]
    programmes: tuple[str, ...]
    issuer: str | None
    """Who says who this is; None for an account with a password here."""
    must_change_password: bool
    locked_until: datetime | None
    disabled_at: datetime | None

    @property
    def viewer(self) -> Viewer:
        """As whom this person looks at the city."""
        return Viewer(f"account-{self.id}", self.name, self.role, self.departments, self.districts, self.programmes)

    @property
    def rights(self) -> str:
        """The role and what it is limited to, in words."""
        return rights_in_words(self.role, self.departments, self.districts, self.programmes)


def rights_in_words(role: str, departments: tuple[str, ...], districts: tuple[str, ...], programmes: tuple[str, ...]) -> str:
    """A role and what it is limited to: "department of parks in north for permits"."""
    limits = ((" of ", departments), (" in ", districts), (" for ", programmes))
    return role + "".join(word + ", ".join(names) for word, names in limits if names)


def account_of(row: Any) -> Account:
    return Account(
        row.id,
        row.login,
        row.name,
        row.role,
        tuple(json.loads(row.departments)),
        tuple(json.loads(row.districts)),
        tuple(json.loads(row.programmes)),
        row.issuer,
        row.must_change_password,
        row.locked_until,
        row.disabled_at,
    )


def add(store: Engine, *, login: str, name: str, role: str, departments: tuple[str, ...] = (), districts: tuple[str, ...] = (), programmes: tuple[str, ...] = (), password: str, now: datetime, must_change: bool = False) -> Account:  # fmt: skip
    """Make an account with a password.

    Raises:
        NoAccount: the login is taken, or something is missing or too long.
        WeakPassword: the password may not be used.
    """
    login, name = login.strip().lower(), " ".join(name.split())
    if not re.fullmatch(r"[a-z0-9][a-z0-9._%+@-]{1,118}", login):
        raise NoAccount(f"{login[:40]!r} cannot be a login; use an e-mail address or letters, digits and dots.")
    if not name or len(name) > LONGEST:
        raise NoAccount(f"Give the account a name of 1 to {LONGEST} characters.")
    require_role(role, departments, districts, programmes)
    passwords.require_good(password, (login, name, *name.split(), "statroom"))
    values = {
        "login": login, "name": name, **_rights(role, departments, districts, programmes), "created_at": now, "failures": 0,
        "password_hash": passwords.hashed(password), "must_change_password": must_change,
    }  # fmt: skip
    try:
        with store.begin() as connection:
            connection.execute(insert(account).values(**values))
    except IntegrityError:
        raise NoAccount(f"There is already an account {login}.") from None
    made = found(store, login)
    assert made is not None
    return made


def _rights(role: str, departments: tuple[str, ...], districts: tuple[str, ...], programmes: tuple[str, ...]) -> dict[str, str]:
    limits = {"departments": departments, "districts": districts, "programmes": programmes}
    return {"role": role, **{name: json.dumps(sorted(set(ids))) for name, ids in limits.items()}}


def require_role(role: str, departments: tuple[str, ...], districts: tuple[str, ...], programmes: tuple[str, ...] = ()) -> None:
    """Let rights pass that an account can have.

    Raises:
        NoAccount: saying what does not fit.
    """
    if role not in ROLES or role == "public":
        raise NoAccount(f"There is no role {role[:20]!r}; choose {', '.join(name for name in ROLES if name != 'public')}.")
    if (role == "department") != bool(departments):
        raise NoAccount("Name the departments of a department account, and of no other.")
    if (districts or programmes) and role != "department":
        raise NoAccount(f"Only a department account can be limited to {'districts' if districts else 'programmes'}.")


def found(store: Engine, login: str) -> Account | None:
    """The account of that login."""
    with store.connect() as connection:
        row = connection.execute(select(account).where(account.c.login == login.strip().lower())).first()
    return account_of(row) if row else None


def everybody(store: Engine) -> list[Account]:
    """All accounts, by login."""
    with store.connect() as connection:
        return [account_of(row) for row in connection.execute(select(account).order_by(account.c.login))]


def authenticated(store: Engine, login: str, password: str, now: datetime) -> Account | None:
    """The account of `login` if `password` is right and it may be used now.

    After `FAILURES_ALLOWED` wrong passwords in a row it is locked for `LOCKED_FOR`, against the right password too.
    Takes as long for a login that does not exist.
    """
    with store.connect() as connection:
        row = connection.execute(select(account).where(account.c.login == login.strip().lower()[:LONGEST])).first()
    right = passwords.is_right(row.password_hash if row else None, password)
    if row is None or row.password_hash is None or row.disabled_at is not None or (row.locked_until is not None and row.locked_until > now):
        return None
    mine = account.c.id == row.id
    with store.begin() as connection:
        if right:
            renewed = {"password_hash": passwords.hashed(password)} if passwords.is_outdated(row.password_hash) else {}
            # Looked at once more: it may have been locked or disabled while the password was tried.
            usable = account.c.disabled_at.is_(None) & or_(account.c.locked_until.is_(None), account.c.locked_until <= now)
            done = connection.execute(update(account).where(mine, usable).values(failures=0, locked_until=None, **renewed))
            return account_of(row) if done.rowcount else None
        # Counted in the database, so that many guesses at once count as many.
        connection.execute(update(account).where(mine).values(failures=account.c.failures + 1))
        too_many = account.c.failures >= FAILURES_ALLOWED
        connection.execute(update(account).where(mine, too_many).values(failures=0, locked_until=now + LOCKED_FOR))
    return None


def set_password(store: Engine, login: str, password: str, now: datetime, *, must_change: bool = False) -> None:
    """Give an account a new password, unlock it, and end whatever is signed in with the old one.

    Raises:
        NoAccount: there is no such account.
        WeakPassword: the password may not be used.
    """
    known = _required(store, login)
    _require_own(known, "password")
    with store.connect() as connection:
        present = connection.execute(select(account.c.password_hash).where(account.c.id == known.id)).scalar()
    if passwords.is_right(present, password):
        raise passwords.WeakPassword("This is the present password; choose another one.")
    passwords.require_good(password, (known.login, known.name, *known.name.split(), "statroom"))
    values = {"password_hash": passwords.hashed(password), "must_change_password": must_change, "failures": 0, "locked_until": None}
    _change(store, known, now, values)


def reset(store: Engine, login: str, now: datetime) -> str:
    """Give an account a one-time password, to be changed at the first sign-in; answers it.

    Raises:
        NoAccount: there is no such account.
    """
    password = one_time_password()
    set_password(store, login, password, now, must_change=True)
    return password


def one_time_password() -> str:
    """A password to be handed over once: 24 letters and digits in groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(6)) for _ in range(4))


def change_role(store: Engine, login: str, role: str, departments: tuple[str, ...], districts: tuple[str, ...] = (), programmes: tuple[str, ...] = ()) -> None:  # fmt: skip
    """Change what a person may see; it holds from the next request.

    Raises:
        NoAccount: no such account or role, the last administrator would be none, or the role comes from elsewhere.
    """
    known = _required(store, login)
    _require_own(known, "role")
    require_role(role, departments, districts, programmes)
    if role != "admin":
        _require_another_admin(store, known)
    with store.begin() as connection:
        connection.execute(update(account).where(account.c.id == known.id).values(**_rights(role, departments, districts, programmes)))


def disable(store: Engine, login: str, now: datetime, *, disabled: bool = True) -> None:
    """Let an account not be used any more (or again); whoever is signed in with it is out at once.

    Raises:
        NoAccount: no such account, or it is the last administrator.
    """
    known = _required(store, login)
    if disabled:
        _require_another_admin(store, known)
    _change(store, known, now, {"disabled_at": now if disabled else None})


def _change(store: Engine, known: Account, now: datetime, values: dict[str, Any]) -> None:
    with store.begin() as connection:
        connection.execute(update(account).where(account.c.id == known.id).values(**values))
        connection.execute(update(sign_in).where(sign_in.c.account_id == known.id, sign_in.c.ended_at.is_(None)).values(ended_at=now))


def _require_own(known: Account, what: str) -> None:
    if known.issuer is not None:
        raise NoAccount(f"The {what} of {known.login} comes from where the person signs in; change it there.")


def _required(store: Engine, login: str) -> Account:
    known = found(store, login)
    if known is None:
        raise NoAccount(f"There is no account {login[:60]!r}; `flask user list` shows those there are.")
    return known


def _require_another_admin(store: Engine, known: Account) -> None:
    """Somebody must be left who can make accounts in the browser."""
    if known.role != "admin" or known.disabled_at is not None:
        return
    others = select(func.count()).where(account.c.role == "admin", account.c.disabled_at.is_(None), account.c.id != known.id)
    with store.connect() as connection:
        if not connection.execute(others).scalar_one():
            raise NoAccount(f"{known.login} is the only administrator; make another one first.")
