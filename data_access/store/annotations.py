"""What people wrote at the time axis: a storm, a strike, a change of policy, an outage. Nothing is deleted; a note is withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from access import AccessDenied, Viewer, scope_of
from data_access.store.acting import Acting
from data_access.store.models import annotation

KINDS = {"storm": "Storm or other weather", "strike": "Strike", "policy": "Change of policy or process", "outage": "Outage of a system"}
LONGEST_TITLE, LONGEST_REASON, LONGEST_SCOPE = 60, 500, 2_000
_READ = (
    annotation.c.id, annotation.c.at, annotation.c.until, annotation.c.kind, annotation.c.title, annotation.c.reason, annotation.c.metric,
    annotation.c.filters, annotation.c.rebases, annotation.c.created_by_name, annotation.c.created_at,
)  # fmt: skip


class NotNoted(ValueError):
    """The note cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One note."""

    id: int
    at: date
    until: date | None
    """Last day; None for something that happened on one day or holds from then on."""
    kind: str
    title: str
    reason: str
    metric: str
    """Id of the one metric it concerns; empty for all."""
    filters: str
    """Canonical query of the cases it concerns (`department=parks`); empty for all."""
    rebases: bool
    """Whether limits begin anew on that day."""
    created_by_name: str
    created_at: datetime
    """Naive UTC."""


def add(
    acting: Acting, *, at: date, until: date | None, kind: str, title: str, reason: str, metric: str, filters: str, rebases: bool
) -> int:
    """Keep a note; answers its number.

    Raises:
        NotNoted: no title or reason, one that is too long, an unknown kind, or an end before its beginning.
    """
    title, reason = " ".join(title.split()), reason.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise NotNoted(f"Give the note a title of 1 to {LONGEST_TITLE} characters.")
    if not reason or len(reason) > LONGEST_REASON:
        raise NotNoted(f"Say why, in 1 to {LONGEST_REASON} characters: who reads the chart later was not there.")
    if kind not in KINDS:
        raise NotNoted(f"There is no kind of note called '{kind[:40]}'.")
    if until is not None and until < at:
        raise NotNoted(f"The note ends on {until} before it begins on {at}.")
    if len(filters) > LONGEST_SCOPE:
        raise NotNoted("The filters are too many to write a note for; choose fewer.")
    facts: dict[str, Any] = {
        "at": at, "until": until, "kind": kind, "title": title, "reason": reason, "metric": metric, "filters": filters, "rebases": rebases,
        "created_by_id": acting.viewer.id, "created_by_name": acting.viewer.name, "created_at": acting.now,
    }  # fmt: skip
    with acting.store.begin() as connection:
        return int(connection.execute(insert(annotation).values(**facts)).inserted_primary_key[0])


def withdraw(acting: Acting, number: int) -> str | None:
    """Take note `number` off the charts; answers its title, None if there is no such note. `restore` brings it back."""
    return _set_withdrawn(acting, number, acting.now, acting.viewer.name)


def restore(acting: Acting, number: int) -> str | None:
    """Bring a withdrawn note back; answers its title, None if there is no such note."""
    return _set_withdrawn(acting, number, None, None)


def _set_withdrawn(acting: Acting, number: int, at: datetime | None, by: str | None) -> str | None:
    with acting.store.begin() as connection:
        connection.execute(update(annotation).where(annotation.c.id == number).values(withdrawn_at=at, withdrawn_by_name=by))
        return connection.execute(select(annotation.c.title).where(annotation.c.id == number)).scalar()


def standing(store: Engine, viewer: Viewer) -> list[Annotation]:
    """The notes that stand, oldest day first. They are about the city and hold no case: all staff read all of them.

    Raises:
        AccessDenied: asked for the public.
    """
    if scope_of(viewer).audience != "staff":
        raise AccessDenied("This is open to staff.")
    query = select(*_READ).where(annotation.c.withdrawn_at.is_(None)).order_by(annotation.c.at, annotation.c.id)
    with store.connect() as connection:
        return [Annotation(*row) for row in connection.execute(query)]
