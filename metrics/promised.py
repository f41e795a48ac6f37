"""Which commitments a viewer may see, and what day it is for them."""

from __future__ import annotations

from datetime import date

from access import Viewer, scope_of
from metrics.question import visible_departments
from metrics.select import Asked


def open_to(viewer: Viewer, asked: Asked) -> frozenset[str] | None:
    """Ids of the departments and divisions whose commitments `viewer` may see; None: all."""
    return None if scope_of(viewer).departments is None else frozenset(visible_departments(viewer, asked.mart))


def today(asked: Asked) -> date:
    """The city's day to which the figures are known: what is due or late is so on that day."""
    return asked.calendar.day_of(asked.question.as_of)
