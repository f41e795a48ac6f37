"""Briefing packets as they are read: which of them a viewer may, their parts, and every version of a text.

Whoever reads gives `only`: the ids of the departments that the viewer may see whole (None: all). A packet that is about any other
department too does not exist for that viewer, and none does for one who is limited to some districts or programmes: packets are about whole departments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from access import AccessDenied, Viewer, scope_of
from data_access.store.commitment_rows import checked
from data_access.store.meeting_models import meeting, meeting_series, packet, packet_part, packet_text

WHOLE = ""
"""In place of a department: all of the meeting."""
NO_PACKET = "There is no such packet, or it is not open to you."
LARGEST_NUMBER = 2**31 - 1
"""No row has a larger one, and no database can be asked for it."""
Only = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, without its parts."""

    id: int
    meeting_id: int
    department: str
    """Id of the department it is about; `WHOLE` for all of the meeting."""
    as_of: datetime
    """Naive UTC; what was known."""
    drafted_at: datetime
    """Naive UTC."""
    drafted_by_name: str
    meeting_on: date
    series: str
    """What the meeting is called."""
    departments: tuple[str, ...]
    """Ids of all departments it is about."""


@dataclass(frozen=True, slots=True)
class Text:
    """One version of a part's text."""

    revision: int
    """0 is the first draft."""
    text: str
    written_at: datetime
    """Naive UTC."""
    written_by_name: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part with the text that holds."""

    id: int
    packet_id: int
    place: int
    kind: str
    key: str
    heading: str
    content: Mapping[str, Any]
    draft: str
    """The text that its figures were drafted with last."""
    removed_at: datetime | None
    latest: Text

    @property
    def is_edited(self) -> bool:
        """Whether a person's words hold."""
        return self.latest.text != self.draft


def one(store: Engine, viewer: Viewer, only: Only, number: int) -> Packet | None:
    """Packet `number`; None if there is none that the viewer may see.

    Raises:
        AccessDenied: asked for the public.
    """
    return next(iter(_packets(store, viewer, only, packet.c.id == min(number, LARGEST_NUMBER))), None)


def of_meeting(store: Engine, viewer: Viewer, only: Only, meeting_id: int) -> list[Packet]:
    """The packets of a meeting that the viewer may see: that of the whole meeting first.

    Raises:
        AccessDenied: asked for the public.
    """
    return sorted(_packets(store, viewer, only, packet.c.meeting_id == meeting_id), key=lambda found: found.department)


def latest(store: Engine, viewer: Viewer, only: Only) -> list[Packet]:
    """All packets that the viewer may see, those of the latest meetings first.

    Raises:
        AccessDenied: asked for the public.
    """
    return sorted(_packets(store, viewer, only), key=lambda found: (-found.meeting_on.toordinal(), found.series, found.department))


def _packets(store: Engine, viewer: Viewer, only: Only, *conditions: Any) -> list[Packet]:
    open_to = checked(viewer, only)
    if scope_of(viewer).is_part:
        return []
    columns = [
        *(packet.c[name] for name in ("id", "meeting_id", "department", "as_of", "drafted_at", "drafted_by_name")),
        meeting.c.held_on,
    ]
    query = select(*columns, meeting_series.c.name, meeting_series.c.departments.label("members")).join(
        meeting, meeting.c.id == packet.c.meeting_id
    )
    with store.connect() as connection:
        found = connection.execute(query.join(meeting_series, meeting_series.c.id == meeting.c.series_id).where(*conditions)).all()
    made = [Packet(*row[:8], (row.department,) if row.department else tuple(json.loads(row.members))) for row in found]
    return [one for one in made if open_to is None or set(one.departments) <= set(open_to)]


def parts(store: Engine, viewer: Viewer, only: Only, number: int) -> list[Part]:
    """The parts of packet `number` in their order, those that were taken out among them.

    Raises:
        AccessDenied: there is no such packet for this viewer.
    """
    if one(store, viewer, only, number) is None:
        raise AccessDenied(NO_PACKET)
    with store.connect() as connection:
        return parts_in(connection, number)


def parts_in(connection: Connection, number: int, *conditions: Any) -> list[Part]:
    of = select(packet_part).where(packet_part.c.packet_id == number, *conditions).order_by(packet_part.c.place, packet_part.c.id)
    rows = connection.execute(of).all()
    texts = select(packet_text).where(packet_text.c.part_id.in_([row.id for row in rows])).order_by(packet_text.c.revision)
    last = {row.part_id: Text(row.revision, row.text, row.written_at, row.written_by_name) for row in connection.execute(texts)}
    made = []
    for row in rows:
        content = json.loads(row.content)
        key, draft = content.pop("key"), content.pop("draft")
        made.append(Part(row.id, row.packet_id, row.place, row.kind, key, row.heading, content, draft, row.removed_at, last[row.id]))
    return made


def history(store: Engine, viewer: Viewer, only: Only, number: int) -> list[Text]:
    """Every version of the text of part `number`, the latest first.

    Raises:
        AccessDenied: there is no such part for this viewer.
    """
    with store.connect() as connection:
        of = connection.execute(select(packet_part.c.packet_id).where(packet_part.c.id == number)).scalar()
        if of is None or one(store, viewer, only, of) is None:
            raise AccessDenied(NO_PACKET)
        columns = [packet_text.c[name] for name in Text.__dataclass_fields__]
        rows = connection.execute(select(*columns).where(packet_text.c.part_id == number).order_by(packet_text.c.revision.desc()))
        return [Text(*row) for row in rows]


def version(of: Packet, found: Sequence[Part]) -> str:
    """Changes whenever what a packet says does: with each draft, text, and part taken out or put back."""
    said = [of.drafted_at.isoformat(), *([part.id, part.place, part.latest.revision, part.removed_at is None] for part in found)]
    return hashlib.sha256(json.dumps([of.id, said]).encode()).hexdigest()[:16]
