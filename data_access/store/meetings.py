"""When departments meet: series with a rhythm, and the meetings they make. A meeting is planned, was held, or was cancelled with a reason.

What is read takes `only`: the ids of the departments whose meetings the viewer may see (None: all). A meeting that
concerns none of them does not exist for that viewer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from access import permit
from data_access.store.acting import Acting
from data_access.store.meeting_models import meeting, meeting_series

PLANNED, HELD, CANCELLED = STATES = ("planned", "held", "cancelled")
LONGEST_NAME, LONGEST_REASON = 80, 300
SHORTEST, LONGEST = 15, 90
"""Minutes of a meeting."""
MOST_WEEKS = 26
"""From one meeting of a series to the next."""
WEEKS_AHEAD = 8
"""So far ahead meetings are made of the rhythm."""
NO_MEETING = "There is no such meeting, or it is not open to you."
NO_SERIES = "There is no such series of meetings."
Only = Collection[str] | None


class NotPlanned(ValueError):
    """Nothing was written; the text says why."""


@dataclass(frozen=True, slots=True)
class Series:
    """Meetings about the same departments, every so many weeks."""

    id: int
    name: str
    departments: tuple[str, ...]
    """Ids of the departments it is about."""
    first_on: date
    starts_at: str
    """HH:MM on the city's clock."""
    minutes: int
    every_weeks: int
    created_by_name: str
    ended_at: datetime | None
    """The beginning of the city's day on which it ended, on the city's clock; None while it goes on."""

    def days(self, until: date) -> list[date]:
        """The days of its meetings up to `until`, and up to its end."""
        last = until if self.ended_at is None else min(until, self.ended_at.date())
        return [self.first_on + timedelta(weeks=at) for at in range(0, max((last - self.first_on).days // 7 + 1, 0), self.every_weeks)]


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting of a series."""

    id: int
    series: Series
    on: date
    """The city's day it is or was planned for."""
    state: str
    reason: str
    """Why it was cancelled; empty otherwise."""
    as_of: datetime | None
    """Naive UTC; the instant its figures are frozen at; None before that."""
    state_by_name: str | None
    state_at: datetime | None


@dataclass(frozen=True, slots=True)
class Count:
    """How often a series met and did not."""

    series: Series
    held: tuple[date, ...]
    cancelled: tuple[date, ...]
    unsaid: tuple[date, ...]
    """Days that are over and of which nobody said what happened."""


def plan_series(
    acting: Acting, *, name: str, departments: Collection[str], first_on: date, starts_at: str, minutes: int, every_weeks: int
) -> int:
    """Begin a series; answers its number. Its meetings are made by `materialise`.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: something is missing, too long, or taken.
    """
    permit(acting.viewer, "run_meeting")
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NotPlanned(f"Give the meeting a name of 1 to {LONGEST_NAME} characters.")
    if not departments:
        raise NotPlanned("Choose at least one department: a meeting is about somebody's work.")
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", starts_at):
        raise NotPlanned(f"The meeting begins at '{starts_at[:20]}'; write a time such as 09:00.")
    if not SHORTEST <= minutes <= LONGEST:
        raise NotPlanned(f"A meeting of {minutes} minutes cannot be planned; choose {SHORTEST} to {LONGEST}.")
    if not 1 <= every_weeks <= MOST_WEEKS:
        raise NotPlanned(f"A meeting every {every_weeks} weeks cannot be planned; choose 1 to {MOST_WEEKS}.")
    facts: dict[str, Any] = {
        "name": name, "departments": json.dumps(sorted(set(departments))), "first_on": first_on, "starts_at": starts_at, "minutes": minutes,
        "every_weeks": every_weeks, "created_by_id": acting.viewer.id, "created_by_name": acting.viewer.name, "created_at": acting.now,
    }  # fmt: skip
    going_on = (meeting_series.c.name == name) & meeting_series.c.ended_at.is_(None)
    with acting.store.begin() as connection:
        if connection.execute(select(meeting_series.c.id).where(going_on)).first() is not None:
            raise NotPlanned(f"There is already a series called '{name}'; end it first, or choose another name.")
        return int(connection.execute(insert(meeting_series).values(**facts)).inserted_primary_key[0])  # type: ignore[index]


def end_series(acting: Acting, number: int, today: date) -> str:
    """Make no further meetings of a series; answers its name. What is planned after `today`, the city's day, is no longer shown; `resume_series` brings it back."""
    return _set_ended(acting, number, datetime.combine(today, time()))


def resume_series(acting: Acting, number: int) -> str:
    """Go on with a series that was ended; answers its name."""
    return _set_ended(acting, number, None)


def _set_ended(acting: Acting, number: int, at: datetime | None) -> str:
    permit(acting.viewer, "run_meeting")
    with acting.store.begin() as connection:
        name = connection.execute(select(meeting_series.c.name).where(meeting_series.c.id == number)).scalar()
        if name is None:
            raise NotPlanned(NO_SERIES)
        others = (meeting_series.c.name == name) & meeting_series.c.ended_at.is_(None) & (meeting_series.c.id != number)
        if at is None and connection.execute(select(meeting_series.c.id).where(others)).first() is not None:
            raise NotPlanned(f"Another series called '{name}' goes on; end that first.")
        connection.execute(update(meeting_series).where(meeting_series.c.id == number).values(ended_at=at))
    return name


def every_series(store: Engine, only: Only) -> list[Series]:
    """The series that the viewer may see, by name; those that have ended come last."""
    with store.connect() as connection:
        found = [_series(row) for row in connection.execute(select(meeting_series))]
    return sorted((one for one in found if _concerns(one, only)), key=lambda one: (one.ended_at is not None, one.name.casefold(), one.id))


def materialise(store: Engine, today: date) -> None:
    """Make the meetings of all series up to `WEEKS_AHEAD` weeks after `today`, those that are not there yet.

    Several processes may do it at once: a day of a series is kept once.
    """
    until = today + timedelta(weeks=WEEKS_AHEAD)
    with store.connect() as connection:
        kept = {(row.series_id, row.held_on) for row in connection.execute(select(meeting.c.series_id, meeting.c.held_on))}
    for series in every_series(store, None):
        for day in series.days(until):
            if (series.id, day) in kept:
                continue
            with suppress(IntegrityError), store.begin() as connection:
                connection.execute(insert(meeting).values(series_id=series.id, held_on=day, state=PLANNED, reason=""))


def schedule(store: Engine, only: Only, since: date, until: date) -> list[Meeting]:
    """The meetings from `since` to `until`, both included, that the viewer may see, by day. Of an ended series those that were planned after its end are left out."""
    query = _meetings().where(meeting.c.held_on.between(since, until)).order_by(meeting.c.held_on, meeting_series.c.starts_at, meeting.c.id)
    return _read(store, query, only)


def one(store: Engine, number: int, only: Only) -> Meeting | None:
    """Meeting `number`; None if there is none that the viewer may see."""
    return next(iter(_read(store, _meetings().where(meeting.c.id == number), only)), None)


def before(store: Engine, of: Meeting, only: Only) -> Meeting | None:
    """The last meeting of the same series that was held before this one."""
    query = (
        _meetings()
        .where(meeting.c.series_id == of.series.id, meeting.c.held_on < of.on, meeting.c.state == HELD)
        .order_by(meeting.c.held_on.desc())
    )
    return next(iter(_read(store, query.limit(1), only)), None)


def of_series(store: Engine, number: int, only: Only) -> list[Meeting]:
    """All meetings of series `number`, by day."""
    return _read(store, _meetings().where(meeting.c.series_id == number).order_by(meeting.c.held_on), only)


def hold(acting: Acting, number: int, today: date) -> Meeting:
    """Say that a planned meeting was held. `undo` takes it back.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such meeting, it was cancelled, or its day has not come.
    """
    found = _to_change(acting, number)
    if found.on > today:
        raise NotPlanned(f"The meeting is planned for {found.on:%-d %B %Y}; it cannot have been held yet.")
    return _change(acting, found, PLANNED, HELD, "")


def cancel(acting: Acting, number: int, reason: str) -> Meeting:
    """Cancel a planned meeting, with the reason. `undo` takes it back.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such meeting, it was held already, or nobody says why.
    """
    found, reason = _to_change(acting, number), " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise NotPlanned(f"Say why the meeting is cancelled, in 1 to {LONGEST_REASON} characters: the reason stays with it.")
    return _change(acting, found, PLANNED, CANCELLED, reason)


def undo(acting: Acting, number: int) -> Meeting:
    """Make a meeting that was called held or cancelled a planned one again.

    Raises:
        AccessDenied: the role may not.
        NotPlanned: there is no such meeting.
    """
    found = _to_change(acting, number)
    return found if found.state == PLANNED else _change(acting, found, found.state, PLANNED, "")


def _to_change(acting: Acting, number: int) -> Meeting:
    permit(acting.viewer, "run_meeting")
    found = one(acting.store, number, None)
    if found is None:
        raise NotPlanned(NO_MEETING)
    return found


def _change(acting: Acting, found: Meeting, state: str, to: str, reason: str) -> Meeting:
    """Write the new state, if it is still in the one it was seen in."""
    values = {"state": to, "reason": reason, "state_by_name": acting.viewer.name, "state_at": acting.now}
    with acting.store.begin() as connection:
        changed = connection.execute(update(meeting).where(meeting.c.id == found.id, meeting.c.state == state).values(**values))
    now = one(acting.store, found.id, None)
    assert now is not None
    if not changed.rowcount and now.state != to:
        raise NotPlanned(f"The meeting of {found.on:%-d %B %Y} is {now.state} already; undo that first.")
    return now


def counts(store: Engine, only: Only, since: date, today: date) -> list[Count]:
    """How often each series that the viewer may see met and was cancelled, from `since` until yesterday; what happened today counts once it is said."""
    found = schedule(store, only, since, today)
    made = []
    for series in dict.fromkeys(met.series for met in found):
        of = [met for met in found if met.series == series]
        held, cancelled = (tuple(met.on for met in of if met.state == state) for state in (HELD, CANCELLED))
        made.append(Count(series, held, cancelled, tuple(met.on for met in of if met.state == PLANNED and met.on < today)))
    return sorted(made, key=lambda count: (count.series.name.casefold(), count.series.id))


def _meetings() -> Select[Any]:
    columns = [
        meeting.c[name].label(f"meeting_{name}") for name in ("id", "held_on", "state", "reason", "as_of", "state_by_name", "state_at")
    ]
    return select(meeting_series, *columns).join(meeting, meeting.c.series_id == meeting_series.c.id)


def _read(store: Engine, query: Select[Any], only: Only) -> list[Meeting]:
    with store.connect() as connection:
        rows = connection.execute(query).all()
    made = [
        Meeting(row.meeting_id, _series(row), row.meeting_held_on, row.meeting_state, row.meeting_reason, row.meeting_as_of,
                row.meeting_state_by_name, row.meeting_state_at)
        for row in rows
    ]  # fmt: skip
    return [met for met in made if _concerns(met.series, only) and not _is_dropped(met)]


def _series(row: Any) -> Series:
    departments = tuple(json.loads(row.departments))
    return Series(
        row.id, row.name, departments, row.first_on, row.starts_at, row.minutes, row.every_weeks, row.created_by_name, row.ended_at
    )


def _concerns(series: Series, only: Only) -> bool:
    return only is None or not set(series.departments).isdisjoint(only)


def _is_dropped(met: Meeting) -> bool:
    """Whether its series ended before it could take place."""
    return met.state == PLANNED and met.series.ended_at is not None and met.on > met.series.ended_at.date()
