"""What departments say of their figures: an explanation or a dispute of a figure of one week, and what was found of it.

Nothing is overwritten: a remark is withdrawn and restored, an answer is corrected by another one, and every change is kept. Whoever reads
or writes gives `open_to`: the ids of the departments and divisions whose remarks the viewer may see (None: all). A remark of another one
does not exist for that viewer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import ColumnElement, Engine, false, func, insert, select, true, update

from access import AccessDenied, Viewer, permit
from data_access.store.acting import Acting
from data_access.store.commitment_rows import Only, checked
from data_access.store.meeting_models import remark, remark_event

EXPLAIN, DISPUTE = STANCES = ("explain", "dispute")
LONGEST, LONGEST_FILTERS = 600, 2_000
TOO_NARROW = ("place", "cell")
"""Filters that leave a single place, which not every reader may name."""
NO_REMARK = "There is no such remark, or it is not open to you."
MEANWHILE = "Somebody changed this remark meanwhile; open the page again and look at what it says now."


class NotSaid(ValueError):
    """Nothing was written; the text says why."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a department says of one figure of one week, as it stands."""

    id: int
    department: str
    """Id of the department whose word it is."""
    metric: str
    filters: str
    """Canonical query of the cases that the figure counts (`department=parks`)."""
    week: date
    """First day of the week."""
    stance: str
    """`explain` or `dispute`."""
    text: str
    written_at: datetime
    """Naive UTC."""
    written_by_id: str
    written_by_name: str
    answer: str
    """What was found; empty until somebody says."""
    answered_at: datetime | None
    answered_by_name: str | None
    withdrawn_at: datetime | None
    revision: int
    """Number of its last change: who changes it says which one they had before them."""

    @property
    def stands(self) -> bool:
        """Whether it is shown with its figure."""
        return self.withdrawn_at is None

    @property
    def is_dispute(self) -> bool:
        return self.stance == DISPUTE


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a remark."""

    remark_id: int
    revision: int
    kind: str
    """written, answered, withdrawn or restored."""
    text: str
    at: datetime
    """Naive UTC."""
    by_id: str
    by_name: str


_NEWEST = select(func.max(remark_event.c.revision)).where(remark_event.c.remark_id == remark.c.id).scalar_subquery().label("revision")
_READ = [_NEWEST if name == "revision" else remark.c[name] for name in Remark.__dataclass_fields__]
_READ_EVENT = [remark_event.c[name] for name in Event.__dataclass_fields__]


def write(
    acting: Acting, *, department: str, metric: str, filters: str, week: date, stance: str, text: str, open_to: Only = None
) -> int:  # fmt: skip
    """Explain or dispute a figure of a week; answers the number of the remark.

    Raises:
        AccessDenied: the role may not, or not for this department or about these cases.
        NotSaid: something is missing or cannot be; one sentence for each.
    """
    permit(acting.viewer, "remark")
    allowed, text = checked(acting.viewer, open_to), text.strip()
    about = dict(parse_qsl(filters))
    named = {name for name in about.get("department", "").split(",") if name}
    if allowed is not None and not {department, *named} <= set(allowed):
        raise AccessDenied("You may explain or dispute the figures of your own departments.")
    if not department or not named:
        raise NotSaid("Choose a department first: a remark is its word about its own figure.")
    if not metric:
        raise NotSaid("Choose the figure that it is about.")
    if stance not in STANCES:
        raise NotSaid("Say whether the figure is explained or disputed.")
    if not text:
        raise NotSaid("Write what there is to say about this figure.")
    if len(text) > LONGEST:
        raise NotSaid(f"This is {len(text)} characters long; write at most {LONGEST}.")
    if len(filters) > LONGEST_FILTERS:
        raise NotSaid("The filters are too many to say something about; choose fewer.")
    if set(about) & set(TOO_NARROW):
        raise NotSaid("This is about a single place; take the place out of the filters.")
    row: dict[str, Any] = {"department": department, "metric": metric, "filters": filters, "week": week, "stance": stance, "text": text}
    twice = [remark.c[name] == value for name, value in row.items()]
    with acting.store.begin() as connection:
        if connection.execute(select(remark.c.id).where(*twice, remark.c.withdrawn_at.is_(None))).first() is not None:
            raise NotSaid("Exactly this is said of the figure already.")
        row |= {"written_at": acting.now, "written_by_id": acting.viewer.id, "written_by_name": acting.viewer.name, "answer": ""}
        number = int(connection.execute(insert(remark).values(**row)).inserted_primary_key[0])  # type: ignore[index]
        connection.execute(insert(remark_event).values(**_event(acting, number, 1, "written", text)))
    return number


def withdraw(acting: Acting, number: int, *, seen: int, open_to: Only = None) -> Remark:
    """Take a remark off its figure; answers it as it is then. `restore` brings it back.

    Args:
        seen: here and below, the `revision` that the writer had before them.

    Raises:
        AccessDenied: the role may not, or there is no such remark for this viewer.
        NotSaid: it is another one's word, it is withdrawn already, or somebody changed it meanwhile.
    """
    return _turned(acting, number, seen, open_to, "withdrawn", acting.now)


def restore(acting: Acting, number: int, *, seen: int, open_to: Only = None) -> Remark:
    """Let a withdrawn remark stand again; answers it as it is then.

    Raises:
        AccessDenied, NotSaid: as `withdraw`.
    """
    return _turned(acting, number, seen, open_to, "restored", None)


def _turned(acting: Acting, number: int, seen: int, open_to: Only, kind: str, at: datetime | None) -> Remark:
    permit(acting.viewer, "remark")

    def refuse(row: Remark) -> None:
        if not is_own(acting.viewer, row):
            raise NotSaid("This is the department's word: the department itself, or who wrote it, can withdraw it or bring it back.")
        if row.stands == (at is None):
            raise NotSaid("It stands already." if row.stands else "It is withdrawn already.")

    return _changed(acting, number, seen, open_to, kind, "", {"withdrawn_at": at}, refuse)


def is_own(viewer: Viewer, one: Remark) -> bool:
    """Whether `viewer`, who may see it, may withdraw it: who wrote it, or somebody of its department. Nobody else silences a department."""
    return viewer.role == "department" or viewer.id == one.written_by_id


def answer(acting: Acting, number: int, text: str, *, seen: int, open_to: Only = None) -> Remark:
    """Say what was found; answers the remark as it is then. A later answer corrects the one before, which stays in the history.

    Raises:
        AccessDenied: the role may not, or there is no such remark for this viewer.
        NotSaid: no text or too much, one's own remark, one that is withdrawn, the same answer again, or somebody changed it meanwhile.
    """
    permit(acting.viewer, "answer_remark")
    text = text.strip()
    if not text:
        raise NotSaid("Write what was found.")
    if len(text) > LONGEST:
        raise NotSaid(f"This is {len(text)} characters long; write at most {LONGEST}.")

    def refuse(row: Remark) -> None:
        if row.written_by_id == acting.viewer.id:
            raise NotSaid("You wrote this yourself; somebody else has to look into it.")
        if not row.stands:
            raise NotSaid("It was withdrawn; there is nothing to answer.")
        if row.answer == text:
            raise NotSaid("This is the answer already.")

    values = {"answer": text, "answered_at": acting.now, "answered_by_name": acting.viewer.name}
    return _changed(acting, number, seen, open_to, "answered", text, values, refuse)


def _changed(
    acting: Acting, number: int, seen: int, open_to: Only, kind: str, text: str, values: dict[str, Any], refuse: Callable[[Remark], None]
) -> Remark:  # fmt: skip
    this = (remark.c.id == number, _is_open_to(checked(acting.viewer, open_to)))
    with acting.store.begin() as connection:
        # An update, not a read, takes the row: whoever comes second waits, and finds what the first one left.
        connection.execute(update(remark).where(*this).values(metric=remark.c.metric))
        row = connection.execute(select(*_READ).where(*this)).first()
        if row is None:
            raise AccessDenied(NO_REMARK)
        if row.revision != seen:
            raise NotSaid(MEANWHILE)
        refuse(Remark(*row))
        connection.execute(insert(remark_event).values(**_event(acting, number, seen + 1, kind, text)))
        connection.execute(update(remark).where(*this).values(**values))
        return Remark(*connection.execute(select(*_READ).where(*this)).one())


def _event(acting: Acting, number: int, revision: int, kind: str, text: str) -> dict[str, Any]:
    return {
        "remark_id": number, "revision": revision, "kind": kind, "text": text, "at": acting.now, "by_id": acting.viewer.id,
        "by_name": acting.viewer.name,
    }  # fmt: skip


def register(store: Engine, viewer: Viewer, open_to: Only) -> list[Remark]:
    """Every remark the viewer may see, withdrawn ones too, the latest week first.

    Raises:
        AccessDenied: asked for the public.
    """
    query = select(*_READ).where(_is_open_to(checked(viewer, open_to))).order_by(remark.c.week.desc(), remark.c.id.desc())
    with store.connect() as connection:
        return [Remark(*row) for row in connection.execute(query)]


def standing(store: Engine, viewer: Viewer, open_to: Only) -> list[Remark]:
    """The remarks that stand, of those the viewer may see, the latest week first.

    Raises:
        AccessDenied: asked for the public.
    """
    return [one for one in register(store, viewer, open_to) if one.stands]


def history(store: Engine, viewer: Viewer, open_to: Only, number: int | None = None) -> list[Event]:
    """What happened to remark `number`, or to all that the viewer may see, in the order it happened.

    Raises:
        AccessDenied: asked for the public.
    """
    query = select(*_READ_EVENT).join(remark, remark.c.id == remark_event.c.remark_id)
    query = query.where(_is_open_to(checked(viewer, open_to)), true() if number is None else remark.c.id == number)
    with store.connect() as connection:
        return [Event(*row) for row in connection.execute(query.order_by(remark_event.c.remark_id, remark_event.c.revision))]


def _is_open_to(open_to: Only) -> ColumnElement[bool]:
    if open_to is None:
        return true()
    return remark.c.department.in_(sorted(open_to)) if open_to else false()
