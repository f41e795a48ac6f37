"""Which remarks of departments concern a figure of a week: the text travels with the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from access import Viewer, scope_of
from data_access.mart.reading import Mart
from data_access.store import remarks
from data_access.store.engine import is_kept
from data_access.store.remarks import Remark
from metrics import notes
from metrics.agreed import departments_open_to
from metrics.desk import Desk
from metrics.select import Asked
from metrics.signal_list import narrowed
from metrics.signals import Filters, filters_of

CLASS = "case_class"


def concerns(one: Remark, metric: str, filters: Filters, first: date, last: date | None = None) -> bool:
    """Whether a figure of the week of `first` (or of a week from `first` to `last`) lies within what `one` is about.

    A figure of other classes of cases counts what the department did not speak of.
    """
    mine = frozenset(part for part in dict(parse_qsl(one.filters)).get(CLASS, "").split(",") if part)
    same_class = filters.get(CLASS, frozenset()) == mine
    return same_class and first <= one.week <= (last or first) and one.metric == metric and notes.concerns(one, metric, filters)


def open_to(viewer: Viewer, mart: Mart) -> frozenset[str] | None:
    """Ids of the departments and divisions whose remarks `viewer` may read; None: all. They are about whole departments: who sees part of one reads none."""
    return frozenset() if scope_of(viewer).is_part else departments_open_to(viewer, mart)


def own_filters(asked: Asked) -> Filters:
    """What the figures of a question are about: who sees some departments only is shown figures of these."""
    own, departments = filters_of(asked), asked.scope.departments
    return own if departments is None or "department" in own else {**own, "department": frozenset(departments)}


def canonical(filters: Filters) -> str:
    """The filters as they are kept."""
    return urlencode(sorted((name, ",".join(sorted(values))) for name, values in filters.items()))


@dataclass(frozen=True)
class Remarks:
    """The remarks a viewer may see that stand."""

    every: Sequence[Remark] = ()

    @property
    def version(self) -> str:
        """Changes with the remarks."""
        return repr([(one.id, one.revision) for one in self.every])

    def on(self, metric: str, filters: Filters, first: date, last: date | None = None) -> list[Remark]:
        """Those that concern a figure of the week of `first`, or of the weeks up to that of `last`; the oldest week first."""
        return sorted((one for one in self.every if concerns(one, metric, filters, first, last)), key=lambda one: (one.week, one.id))

    def within(self, metric: str, asked: Asked) -> list[Remark]:
        """Those that concern a figure of any week that begins in the question's period."""
        question = asked.question
        return self.on(metric, own_filters(asked), question.start, question.end - timedelta(days=1))

    def on_series(self, asked: Asked, metric: str, dimension: str, key: str, first: date, last: date | None = None) -> list[Remark]:
        """Those that concern a series of the signal board."""
        if not self.every:
            return []
        return self.on(metric, own_filters(narrowed(asked, dimension, key)), first, last)


NONE = Remarks()


def as_of(every: Sequence[Remark], at: datetime) -> Remarks:
    """Those that stood at an instant, each with the answer it had by then."""
    stood = [one for one in every if one.written_at <= at and (one.withdrawn_at is None or one.withdrawn_at > at)]
    answered = [one.answered_at is None or one.answered_at <= at for one in stood]
    return Remarks(
        [
            one if known else replace(one, answer="", answered_at=None, answered_by_name=None)
            for one, known in zip(stood, answered, strict=True)
        ]
    )


def standing(desk: Desk) -> Remarks:
    """The remarks that stand and that the present viewer may see; none in the public process."""
    if desk.is_public or not is_kept(desk.settings.store_url):
        return NONE
    viewer = desk.viewer()
    return Remarks(remarks.standing(desk.store(), viewer, open_to(viewer, desk.mart())))
