"""What a meeting is about: items in their order, each with its minutes and the page it shows. The first draft fixes the instant its figures are of.

What is read takes `only`, as in `data_access.store.meetings`; an item of another department does not exist for that viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, insert, select, true, update

from access import permit
from data_access.store.acting import Acting
from data_access.store.addresses import leads_here
from data_access.store.meeting_models import agenda_item, meeting, meeting_series
from data_access.store.meetings import CANCELLED, HELD, NO_MEETING, NotPlanned, Only

KINDS = ("data", "promises", "good_news", "city", "issue", "risk", "equity", "actions")
LONGEST_TITLE, LONGEST_NOTE, LONGEST_ADDRESS = 160, 2_000, 2_000
MOST_ITEMS = 20
NO_ITEM = "There is no such item on the agenda, or it is not open to you."
MEANWHILE = "The note was changed meanwhile, and yours is not kept yet. It says now: “{note}”. Copy what you wrote, open the page again, and add to it."


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it is kept."""

    kind: str
    title: str
    minutes: int
    department: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an agenda."""

    id: int
    meeting_id: int
    place: int
    kind: str
    title: str
    minutes: int
    department: str
    """Id of the department that answers; empty for all."""
    address: str
    """Path and query of the page it shows; empty for none."""
    note: str
    """What was said."""
    removed_at: datetime | None


def items(store: Engine, number: int, only: Only, *, removed: bool = False) -> list[Item]:
    """The agenda of meeting `number`, in its order; with `removed` what was taken off it instead."""
    off = agenda_item.c.removed_at.is_not(None) if removed else agenda_item.c.removed_at.is_(None)
    seen = true() if only is None else agenda_item.c.department.in_(["", *sorted(only)])
    query = select(agenda_item).where(agenda_item.c.meeting_id == number, off, seen).order_by(agenda_item.c.place, agenda_item.c.id)
    with store.connect() as connection:
        return [Item(*row) for row in connection.execute(query)]


def draft(acting: Acting, number: int, as_of: datetime, drafts: Sequence[Draft], *, instead_of: datetime | None = None) -> bool:
    """Give a meeting its agenda and fix what its figures are of; answers False where somebody did so meanwhile.

    Args:
        instead_of: the instant of the agenda that is replaced; its items are taken off and kept.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such meeting, it is over, or the items last too long.
    """
    permit(acting.viewer, "run_meeting")
    before = meeting.c.as_of.is_(None) if instead_of is None else meeting.c.as_of == instead_of
    with acting.store.begin() as connection:
        changed = connection.execute(update(meeting).where(meeting.c.id == number, before).values(as_of=as_of)).rowcount
        of = _meeting(connection, number)
        if not changed:
            return False
        _require_time(of, sum(one.minutes for one in drafts))
        connection.execute(
            update(agenda_item).where(agenda_item.c.meeting_id == number, agenda_item.c.removed_at.is_(None)).values(removed_at=acting.now)
        )
        for place, one in enumerate(drafts, start=1):
            _insert(connection, number, place, one)
    return True


def add(acting: Acting, number: int, one: Draft) -> int:
    """Put an item on an agenda, before the actions that close it; answers its number.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such meeting, it is over, or the item cannot be.
    """
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        of, standing = _meeting(connection, number), _standing(connection, number)
        if len(standing) >= MOST_ITEMS:
            raise NotPlanned(f"The agenda has {MOST_ITEMS} items; take one off first.")
        _require_time(of, one.minutes + sum(row.minutes for row in standing))
        before = [row.id for row in standing if row.kind != "actions"]
        after = [row.id for row in standing if row.kind == "actions"]
        made = _insert(connection, number, len(standing) + 1, one)
        _arrange(connection, [*before, made, *after])
    return made


def move(acting: Acting, item: int, way: Literal[-1, 1]) -> Item:
    """Let an item change places with the one before (-1) or after (1) it; the first and the last stay where they are.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such item, or its meeting is over.
    """
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        moved = _item(connection, item)
        _meeting(connection, moved.meeting_id)
        order = [row.id for row in _standing(connection, moved.meeting_id)]
        if moved.removed_at is not None or item not in order:
            raise NotPlanned("This item is off the agenda; bring it back first.")
        at = order.index(item)
        to = min(max(at + way, 0), len(order) - 1)
        order[at], order[to] = order[to], order[at]
        _arrange(connection, order)
        return _item(connection, item)


def keep(acting: Acting, item: int, title: str, minutes: int, text: str, *, seen: str | None = None) -> Item:
    """Give an item its title, its minutes and what was said at it, all or nothing; of a meeting that is over only what was said.

    Args:
        seen: the note that the writer had before them.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such item, its meeting is over, the agenda would last too long, or somebody else changed the note meanwhile.
    """
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        now = _item(connection, item)
        if (now.title, now.minutes) != (title, minutes):
            of = _meeting(connection, now.meeting_id)
            facts = _checked(Draft(now.kind, title, minutes))
            _require_time(of, minutes + sum(row.minutes for row in _standing(connection, now.meeting_id) if row.id != item))
            connection.execute(update(agenda_item).where(agenda_item.c.id == item).values(title=facts["title"], minutes=minutes))
        _note(connection, item, text, seen)
        return _item(connection, item)


def remove(acting: Acting, item: int) -> Item:
    """Take an item off the agenda. `restore` brings it back."""
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        now = _item(connection, item)
        _meeting(connection, now.meeting_id)
        connection.execute(update(agenda_item).where(agenda_item.c.id == item).values(removed_at=acting.now))
        return _item(connection, item)


def restore(acting: Acting, item: int) -> Item:
    """Put an item back, if there is time for it."""
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        now = _item(connection, item)
        of = _meeting(connection, now.meeting_id)
        others = sum(row.minutes for row in _standing(connection, now.meeting_id) if row.id != item)
        _require_time(of, now.minutes + others)
        connection.execute(update(agenda_item).where(agenda_item.c.id == item).values(removed_at=None))
        return _item(connection, item)


def note(acting: Acting, item: int, text: str, *, seen: str | None = None) -> Item:
    """Write down what was said at an item; also after the meeting, for what was noted wrongly. `seen` and what is raised: as of `keep`."""
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        _item(connection, item)
        _note(connection, item, text, seen)
        return _item(connection, item)


def _note(connection: Connection, item: int, text: str, seen: str | None) -> None:
    """Write the note, if it is still the one that the writer saw."""
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise NotPlanned(f"A note has at most {LONGEST_NOTE:,} characters.")
    this = agenda_item.c.id == item
    as_seen = true() if seen is None else agenda_item.c.note.in_([seen, text])
    if not connection.execute(update(agenda_item).where(this, as_seen).values(note=text)).rowcount:
        raise NotPlanned(MEANWHILE.format(note=connection.execute(select(agenda_item.c.note).where(this)).scalar()))


def _meeting(connection: Connection, number: int) -> Row[Any]:
    """The meeting, held until this change is written, so that two changes of one agenda do not pass each other."""
    connection.execute(update(meeting).where(meeting.c.id == number).values(state=meeting.c.state))
    query = select(meeting.c.state, meeting_series.c.minutes).join(meeting_series, meeting_series.c.id == meeting.c.series_id)
    of = connection.execute(query.where(meeting.c.id == number)).first()
    if of is None:
        raise NotPlanned(NO_MEETING)
    if of.state in (HELD, CANCELLED):
        raise NotPlanned(f"The meeting was {of.state}; its agenda stays as it was. Undo that to change it.")
    return of


def _standing(connection: Connection, number: int) -> Sequence[Row[Any]]:
    query = select(agenda_item).where(agenda_item.c.meeting_id == number, agenda_item.c.removed_at.is_(None))
    return connection.execute(query.order_by(agenda_item.c.place, agenda_item.c.id)).all()


def _item(connection: Connection, item: int) -> Item:
    row = connection.execute(select(agenda_item).where(agenda_item.c.id == item)).first()
    if row is None:
        raise NotPlanned(NO_ITEM)
    return Item(*row)


def _require_time(of: Row[Any], minutes: int) -> None:
    if minutes > of.minutes:
        raise NotPlanned(
            f"The agenda would last {minutes} minutes and the meeting has {of.minutes}; shorten an item or take one off first."
        )


def _arrange(connection: Connection, order: Sequence[int]) -> None:
    for place, item in enumerate(order, start=1):
        connection.execute(update(agenda_item).where(agenda_item.c.id == item).values(place=place))


def _insert(connection: Connection, number: int, place: int, one: Draft) -> int:
    facts = {**_checked(one), "meeting_id": number, "place": place, "note": ""}
    return int(connection.execute(insert(agenda_item).values(**facts)).inserted_primary_key[0])  # type: ignore[index]


def _checked(one: Draft) -> dict[str, Any]:
    """The item as it is kept."""
    title, address = " ".join(one.title.split()), one.address.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise NotPlanned(f"Give the item a title of 1 to {LONGEST_TITLE} characters.")
    if not 1 <= one.minutes <= 90:
        raise NotPlanned(f"An item of {one.minutes} minutes cannot be; choose 1 to 90.")
    if one.kind not in KINDS:
        raise NotPlanned(f"There is no kind of item called '{one.kind[:40]}'.")
    if address and (not leads_here(address) or len(address) > LONGEST_ADDRESS):
        raise NotPlanned(f"'{address[:60]}' is no page of Statroom; copy the address of one, from its '/' on, or leave it out.")
    return {"kind": one.kind, "title": title, "minutes": one.minutes, "department": one.department, "address": address}
