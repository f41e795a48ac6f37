"""Which commitments a viewer may see, which of them a question is about, and what day it is for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from access import Viewer
from data_access.store import annotations, commitments
from data_access.store.commitments import IN_REVIEW, OPEN, Commitment
from metrics.agreed import departments_open_to
from metrics.commitment_effect import Effect, effect_of
from metrics.desk import Desk
from metrics.notes import Rebasing
from metrics.select import Asked

SOON_DAYS = 7


def open_to(viewer: Viewer, asked: Asked) -> frozenset[str] | None:
    """Ids of the departments and divisions whose commitments `viewer` may see; None: all."""
    return departments_open_to(viewer, asked.mart)


def today(asked: Asked) -> date:
    """The city's day to which the figures are known: what is due or late is so on that day."""
    return asked.calendar.day_of(asked.question.as_of)


def within(promises: Sequence[Commitment], asked: Asked) -> list[Commitment]:
    """Those of the departments that the question names, and of what lies below them; all where it names none."""
    chosen, dimensions = asked.question.department, asked.mart.dimensions
    if not chosen:
        return list(promises)
    below = dimensions.department_ids(chosen)
    names = {member.slug for member in dimensions.departments if member.id in below} | set(chosen)
    return [one for one in promises if one.department in names]


def near(promises: Sequence[Commitment], day: date) -> list[Commitment]:
    """What somebody must look at on `day`: what is overdue, falls due within a week or waits for a review; the longest overdue first."""
    soon = day + timedelta(days=SOON_DAYS)
    return [one for one in promises if one.state == IN_REVIEW or (one.state == OPEN and one.due_on <= soon)]


def visible(desk: Desk, asked: Asked) -> list[Commitment]:
    """The commitments the present viewer may see of those departments that the question names, as they stood on its day."""
    viewer = desk.viewer()
    return within(commitments.register(desk.store(), viewer, open_to(viewer, asked), until=known_until(asked)), asked)


def known_until(asked: Asked) -> datetime | None:
    """For a question of a past day, the end of that day (naive UTC): what was promised and done after it was not known; None for the data's own day."""
    return asked.calendar.midnight(today(asked) + timedelta(days=1)) if as_of(asked) else None


def effects_of(desk: Desk, promises: Sequence[Commitment], asked: Asked) -> dict[int, Effect]:
    """The verdict on each, as the present viewer may measure it at the question's `as_of`."""
    rebasing = Rebasing(annotations.standing(desk.store(), desk.viewer()))
    return {one.id: effect_of(one, desk.ask, rebasing, as_of(asked)) for one in promises}


def as_of(asked: Asked) -> str:
    """The question's `as_of` as in an address; empty where it is that of the data."""
    return "" if asked.question.as_of == asked.mart.as_of else asked.question.as_of.isoformat() + "Z"
