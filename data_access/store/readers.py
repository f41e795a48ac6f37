"""As whom somebody is written to: the viewer behind an id, with the rights of this moment; nobody where they could not look now."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from access import Viewer
from data_access.store.accounts import account_of
from data_access.store.elsewhere import PROXY
from data_access.store.models import account, sign_in
from settings import Settings

VOUCHED_WITHIN = timedelta(days=30)
"""For people who sign in elsewhere: so long after their last sign-in what they could see then still holds for mail."""


def reader(store: Engine, settings: Settings, owner_id: str, now: datetime) -> Viewer | None:
    """The viewer of an account's id. None: there is no such account, it is disabled, its password is a one-time one, this city does not let
    it in this way any more, or who says who this is has not done so for `VOUCHED_WITHIN`."""
    number = owner_id.removeprefix("account-")
    if number == owner_id or not (number.isascii() and number.isdigit()):
        return None
    with store.connect() as connection:
        row = connection.execute(select(account).where(account.c.id == int(number))).first()
        if row is None or row.disabled_at is not None or row.must_change_password or row.issuer not in _lets_in(settings):
            return None
        if row.issuer is not None:
            vouched = func.coalesce(sign_in.c.checked_at, sign_in.c.began_at) if row.issuer != PROXY else sign_in.c.seen_at
            last = connection.execute(select(func.max(vouched)).where(sign_in.c.account_id == row.id)).scalar()
            if last is None or last <= now - VOUCHED_WITHIN:
                return None
    return account_of(row).viewer


def _lets_in(settings: Settings) -> set[str | None]:
    """Who may say who somebody is; None: a password here."""
    made: set[str | None] = {None} if settings.sign_in == "accounts" else {PROXY} if settings.sign_in == "proxy" else set()
    if settings.provider is not None:
        made.add(settings.provider.issuer)
    return made


def login_of(store: Engine, owner_id: str) -> str:
    """The login of an account's id; empty for anybody else."""
    number = owner_id.removeprefix("account-")
    if number == owner_id or not number.isdigit():
        return ""
    with store.connect() as connection:
        return connection.execute(select(account.c.login).where(account.c.id == int(number))).scalar() or ""
