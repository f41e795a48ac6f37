"""Views of pages that people keep under a name. Everybody sees and changes only their own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, insert, select, update

from access import Viewer
from data_access.store.acting import Acting
from data_access.store.models import saved_view

LONGEST_NAME = 80
LONGEST_ADDRESS = 2_000
MOST_VIEWS = 100


class NotKept(ValueError):
    """The view cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """One page with its question, under a name."""

    id: int
    name: str
    address: str
    """Path and query of the page."""


def keep(acting: Acting, name: str, address: str) -> bool:
    """Keep `address` under `name`; answers whether it replaced a view of that name.

    Raises:
        NotKept: no name, one that is too long, an address that is no page's, or too many views.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NotKept(f"Give the view a name of 1 to {LONGEST_NAME} characters.")
    if not address.startswith("/") or address.startswith("//") or len(address) > LONGEST_ADDRESS:
        raise NotKept("This page cannot be kept as a view.")
    mine = (saved_view.c.owner_id == acting.viewer.id) & saved_view.c.removed_at.is_(None)
    with acting.store.begin() as connection:
        replaced = connection.execute(update(saved_view).where(mine, saved_view.c.name == name).values(removed_at=acting.now)).rowcount
        if connection.execute(select(func.count()).where(mine)).scalar_one() >= MOST_VIEWS:
            raise NotKept(f"You have {MOST_VIEWS} views; remove one first.")
        connection.execute(insert(saved_view).values(owner_id=acting.viewer.id, name=name, address=address, created_at=acting.now))
    return bool(replaced)


def kept(store: Engine, viewer: Viewer) -> list[SavedView]:
    """The views of `viewer`, by name."""
    query = (
        select(saved_view.c.id, saved_view.c.name, saved_view.c.address)
        .where(saved_view.c.owner_id == viewer.id, saved_view.c.removed_at.is_(None))
        .order_by(func.lower(saved_view.c.name), saved_view.c.id)
    )
    with store.connect() as connection:
        return [SavedView(*row) for row in connection.execute(query)]


def remove(acting: Acting, number: int) -> str | None:
    """Take view `number` away; answers its name, None if the viewer has no such view. `restore` brings it back."""
    return _set_removed(acting, number, removed=True)


def restore(acting: Acting, number: int) -> str | None:
    """Bring back a view that was removed; answers its name, None if the viewer has no such view."""
    return _set_removed(acting, number, removed=False)


def _set_removed(acting: Acting, number: int, *, removed: bool) -> str | None:
    mine = (saved_view.c.id == number) & (saved_view.c.owner_id == acting.viewer.id)
    with acting.store.begin() as connection:
        connection.execute(update(saved_view).where(mine).values(removed_at=acting.now if removed else None))
        return connection.execute(select(saved_view.c.name).where(mine)).scalar()
