"""Briefing packets: frozen figures, and texts that people change. Every version of a text stays; nothing is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from access import AccessDenied, permit
from data_access.store.acting import Acting
from data_access.store.meeting_models import packet, packet_part, packet_text
from data_access.store.packet_rows import (
    NO_PACKET,
    WHOLE,
    Only,
    Packet,
    Part,
    Text,
    history,
    latest,
    of_meeting,
    one,
    parts,
    parts_in,
    version,
)

LONGEST_TEXT = 8_000
LEFT_OUT = "left_out"
"""In the content of a part that a new draft had no longer, and that was taken out with it."""
FIGURES_OF = "figures_of"
"""In the content of a part that a new draft had no longer: to which instant the figures that stay with it were known (ISO 8601, naive UTC)."""
MEANWHILE = "Somebody changed this text meanwhile; yours is still in the field. Copy it, open the packet again, and put both together."
__all__ = [
    "FIGURES_OF", "LONGEST_TEXT", "NO_PACKET", "WHOLE", "Drafted", "NotWritten", "Only", "Packet", "Part", "Text", "history", "keep", "latest", "of_meeting", "one", "parts", "plain",
    "restore", "revise", "take_draft", "take_out", "version",
]  # fmt: skip


class NotWritten(ValueError):
    """Nothing was written; the text says why."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """One part as it was drafted."""

    kind: str
    key: str
    """What tells it from the others, also in the next draft."""
    heading: str
    content: Mapping[str, Any]
    """What is frozen; JSON."""
    text: str
    """The drafted sentences, one a line."""


def keep(acting: Acting, meeting_id: int, department: str, as_of: datetime, parts: Sequence[Drafted]) -> int:
    """Keep a draft; answers the packet's number. A packet that is there gets its figures anew, and the draft where nobody changed the text.

    A part that the new draft no longer has is taken out, unless its text was changed: that one stays, with the figures it had.

    Raises:
        AccessDenied: the role may not.
    """
    permit(acting.viewer, "write_packet")
    facts = {"as_of": as_of, "drafted_at": acting.now, "drafted_by_name": acting.viewer.name}
    this = (packet.c.meeting_id == meeting_id, packet.c.department == department)
    for _attempt in range(2):
        try:
            with acting.store.begin() as connection:
                before = connection.execute(select(packet.c.as_of).where(*this)).scalar()
                # An update takes the row: of two who draft at once the second finds what the first one left.
                if not connection.execute(update(packet).where(*this).values(**facts)).rowcount:
                    connection.execute(insert(packet).values(meeting_id=meeting_id, department=department, **facts))
                number = int(connection.execute(select(packet.c.id).where(*this)).scalar_one())
                _keep_parts(connection, acting, number, parts, before or as_of)
            return number
        except IntegrityError:
            continue
    raise NotWritten("Somebody else is drafting this packet at the moment; open it in a minute.")


def _keep_parts(connection: Connection, acting: Acting, number: int, parts: Sequence[Drafted], known_before: datetime) -> None:
    before = {part.key: part for part in parts_in(connection, number)}
    for place, part in enumerate(parts, start=1):
        old = before.pop(part.key, None)
        content = json.dumps({**part.content, "key": part.key, "draft": part.text})
        values = {"place": place, "kind": part.kind, "heading": part.heading[:160], "content": content}
        if old is None:
            made = connection.execute(insert(packet_part).values(packet_id=number, **values)).inserted_primary_key
            assert made is not None
            _write(connection, acting, int(made[0]), 0, part.text)
            continue
        # What an earlier draft had left out comes back with this one; what a person took out does not.
        again = {"removed_at": None} if old.content.get(LEFT_OUT) else {}
        connection.execute(update(packet_part).where(packet_part.c.id == old.id).values(**values, **again))
        if not old.is_edited and old.latest.text != part.text:
            _write(connection, acting, old.id, old.latest.revision + 1, part.text)
    for place, old in enumerate(before.values(), start=len(parts) + 1):
        content = {FIGURES_OF: known_before.isoformat(), **old.content, "key": old.key, "draft": old.draft}
        gone: dict[str, Any] = {}
        if not old.is_edited and old.removed_at is None:
            content[LEFT_OUT], gone = True, {"removed_at": acting.now}
        values = {"place": place, "content": json.dumps(content), **gone}
        connection.execute(update(packet_part).where(packet_part.c.id == old.id).values(**values))


def revise(acting: Acting, number: int, text: str, seen: int) -> int:
    """Write the text of part `number` anew; answers its revision. `seen`: the revision that the writer had before them.

    Raises:
        AccessDenied: the role may not, or there is no such part.
        NotWritten: somebody wrote meanwhile, nothing is said, or too much.
    """
    text = "\n".join(line for line in (plain(line) for line in text.splitlines()) if line)
    if not text:
        raise NotWritten("Write at least one sentence, or take the part out of the packet.")
    if len(text) > LONGEST_TEXT:
        raise NotWritten(f"The text has {len(text):,} characters; {LONGEST_TEXT:,} are allowed. Shorten it, or take sentences out.")
    return _revised(acting, number, seen, lambda _connection: text)


def plain(line: str) -> str:
    """One line as it is kept: single blanks, and no sign that cannot be printed, which a file could not hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())


def restore(acting: Acting, number: int, revision: int, seen: int) -> int:
    """Let an earlier version of the text of part `number` hold again, as a new one; answers its revision.

    Raises:
        AccessDenied: the role may not, or there is no such part.
        NotWritten: somebody wrote meanwhile, or there is no such version.
    """

    def earlier(connection: Connection) -> str:
        text = connection.execute(
            select(packet_text.c.text).where(packet_text.c.part_id == number, packet_text.c.revision == revision)
        ).scalar()
        if text is None:
            raise NotWritten(f"There is no version {revision} of this text.")
        return text

    return _revised(acting, number, seen, earlier)


def take_draft(acting: Acting, number: int, seen: int) -> int:
    """Let the text that the present figures were drafted with hold; answers its revision.

    Raises:
        AccessDenied: the role may not, or there is no such part.
        NotWritten: somebody wrote meanwhile.
    """

    def drafted(connection: Connection) -> str:
        return json.loads(connection.execute(select(packet_part.c.content).where(packet_part.c.id == number)).scalar_one())["draft"]

    return _revised(acting, number, seen, drafted)


def _revised(acting: Acting, number: int, seen: int, text: Callable[[Connection], str]) -> int:
    permit(acting.viewer, "write_packet")
    try:
        with acting.store.begin() as connection:
            newest = connection.execute(
                select(packet_text.c.revision).where(packet_text.c.part_id == number).order_by(packet_text.c.revision.desc()).limit(1)
            ).scalar()
            if newest is None:
                raise AccessDenied(NO_PACKET)
            if newest != seen:
                raise NotWritten(MEANWHILE)
            _write(connection, acting, number, seen + 1, text(connection))
    except IntegrityError:
        # Of two who write at the same instant the revision's own number lets one through.
        raise NotWritten(MEANWHILE) from None
    return seen + 1


def take_out(acting: Acting, number: int, out: bool) -> None:
    """Take part `number` out of its packet, or put it back.

    Raises:
        AccessDenied: the role may not, or there is no such part.
    """
    permit(acting.viewer, "write_packet")
    with acting.store.begin() as connection:
        changed = connection.execute(update(packet_part).where(packet_part.c.id == number).values(removed_at=acting.now if out else None))
    if not changed.rowcount:
        raise AccessDenied(NO_PACKET)


def _write(connection: Connection, acting: Acting, number: int, revision: int, text: str) -> None:
    values = {
        "part_id": number, "revision": revision, "text": text, "written_at": acting.now, "written_by_id": acting.viewer.id,
        "written_by_name": acting.viewer.name,
    }  # fmt: skip
    connection.execute(insert(packet_text).values(**values))
