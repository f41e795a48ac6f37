"""The four kinds of metric, and the words in which a metric says which facts it counts.

Flow: counted on an event date. Stock: open at an instant. Share: hits of n, carries n.
Duration: quantiles of elapsed days. A metric's rules are small functions of `Facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Literal

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, null, or_, select
from sqlalchemy.sql.selectable import FromClause

from data_access import vocabulary

Kind = Literal["flow", "stock", "share", "duration", "composite"]
Unit = Literal["cases", "closures", "share", "days", "weeks", "per_1000", "ratio", "per_case", "times", "of_expected", "reports"]
Direction = Literal["higher", "lower", "neither"]
Instant = Literal["opened_at", "spell_opened_at", "closed_at", "due_at"]

DAY_OF: dict[str, str] = {
    "opened_at": "opened_on",
    "spell_opened_at": "spell_opened_on",
    "closed_at": "closed_on",
    "due_at": "due_on",
}
"""The column with the city's day of each instant."""


@dataclass(frozen=True)
class Facts:
    """The fact table as known at `as_of`, with the conditions metrics are made of."""

    spell: FromClause
    as_of: datetime
    start: datetime
    end: datetime
    """The period `[start, end)`, naive UTC."""
    events: Callable[[], FromClause]
    """What happened to the cases, cut as `spell` is."""
    cases: Callable[[], FromClause]
    """All spells, cut as `spell` is: for what came before or after a case."""

    @property
    def now(self) -> ColumnElement[datetime]:
        return literal(self.as_of)

    def column(self, name: str) -> ColumnElement[Any]:
        return self.spell.c[name]

    def during(self, instant: str) -> ColumnElement[bool]:
        """`instant` lies in the period and was known at `as_of`."""
        at = self.spell.c[instant]
        return and_(at >= self.start, at < self.end, at <= self.as_of)

    @property
    def first(self) -> ColumnElement[bool]:
        """One row per case that was open or closed by `as_of`: its first spell."""
        return and_(self.spell.c.spell_no == 1, self.spell.c.opened_at <= self.as_of)

    @property
    def state(self) -> ColumnElement[bool]:
        """One row per case: the spell it was in, or had last been in, at `as_of`."""
        following = self.spell.c.next_opened_at
        return and_(self.spell.c.spell_opened_at <= self.as_of, or_(following.is_(None), following > self.as_of))

    @property
    def is_closed(self) -> ColumnElement[bool]:
        """The spell's end was known at `as_of`. Never null, so that it can be negated."""
        return func.coalesce(self.spell.c.closed_at <= self.as_of, False)

    @property
    def is_open(self) -> ColumnElement[bool]:
        return or_(self.spell.c.closed_at.is_(None), self.spell.c.closed_at > self.as_of)

    @property
    def is_met(self) -> ColumnElement[bool]:
        """Closed, as known at `as_of`, no later than due."""
        return and_(self.is_closed, self.spell.c.closed_at <= self.spell.c.due_at)

    @property
    def is_overdue(self) -> ColumnElement[bool]:
        return and_(self.state, self.is_open, self.spell.c.has_valid_due, self.spell.c.due_at < self.as_of)

    def outcome_in(self, words: tuple[str, ...]) -> ColumnElement[bool]:
        return self.spell.c.outcome_id.in_([vocabulary.code_of("outcome", word) for word in words])

    def reopened_within(self, days: int) -> ColumnElement[bool]:
        """The next spell began within `days` of this one's end, as known at `as_of`."""
        following = self.spell.c.next_opened_at
        return and_(following <= self.spell.c.closed_at + timedelta(days=days), following <= self.as_of)

    def reported_again_within(self, days: int) -> ColumnElement[bool]:
        """A new counted case of the same type at the same place was opened within `days` of this spell's end, as known at `as_of`."""
        other, length = self.cases(), timedelta(days=days)
        new = and_(other.c.spell_no == 1, other.c.is_counted, other.c.opened_at <= self.as_of)
        # What follows a closing of the period lies close to it: only so much is read.
        near = and_(other.c.opened_at > self.start, other.c.opened_at <= self.end + length)
        later = (
            select(*[other.c[name] for name in ("request_type_id", "location_key", "opened_at", "case_id")])
            .where(new, near)
            .subquery("later")
        )
        same = and_(later.c.request_type_id == self.spell.c.request_type_id, later.c.location_key == self.spell.c.location_key)
        after = and_(later.c.opened_at > self.spell.c.closed_at, later.c.opened_at <= self.spell.c.closed_at + length)
        return exists(select(later.c.case_id).where(same, later.c.case_id != self.spell.c.case_id, after).correlate(self.spell))

    @property
    def in_stock(self) -> ColumnElement[bool]:
        """The spell was open at some time after the period began and before it ended, as known at `as_of`."""
        begun, closed = self.spell.c.spell_opened_at, self.spell.c.closed_at
        return and_(begun < self.end, begun <= self.as_of, or_(closed.is_(None), closed >= self.start))

    def had(self, kind: str) -> ColumnElement[bool]:
        """The case had an event of that kind by `as_of`."""
        events = self.events()
        which = and_(events.c.event_kind_id == vocabulary.code_of("event_kind", kind), events.c.event_at <= self.as_of)
        return self.spell.c.case_id.in_(select(events.c.case_id).where(which))

    def tells_of(self, kind: str) -> ColumnElement[bool]:
        """Whether the data has any event of that kind: without one, none is known, which is not the same as none happened."""
        events = self.events()
        return exists(select(events.c.case_id).where(events.c.event_kind_id == vocabulary.code_of("event_kind", kind)))

    def quiet_for(self, days: int) -> ColumnElement[bool]:
        """Nothing was recorded of the case in the last `days`; its opening, or opening again, is something."""
        events, since = self.events(), self.as_of - timedelta(days=days)
        heard = select(events.c.case_id).where(events.c.event_at > since, events.c.event_at <= self.as_of)
        return and_(self.spell.c.spell_opened_at <= since, self.spell.c.case_id.not_in(heard))

    def moved(self, route: Callable[[FromClause], ColumnElement[bool]] | None = None) -> ColumnElement[bool]:
        """The case changed its department in the period; with `route`, as that says of the event."""
        events = self.events()
        when = and_(events.c.event_at >= self.start, events.c.event_at < self.end, events.c.event_at <= self.as_of)
        which = and_(events.c.event_kind_id == vocabulary.code_of("event_kind", "transferred"), when)
        return self.spell.c.case_id.in_(select(events.c.case_id).where(which if route is None else and_(which, route(events))))

    def moved_often(self) -> ColumnElement[bool]:
        """The case had changed its department at least twice by `as_of`."""
        events = self.events()
        moves = select(events.c.case_id).where(
            events.c.event_kind_id == vocabulary.code_of("event_kind", "transferred"), events.c.event_at <= self.as_of
        )
        return self.spell.c.case_id.in_(moves.group_by(events.c.case_id).having(func.count() > 1))


Rule = Callable[[Facts], ColumnElement[bool]]


@dataclass(frozen=True)
class Metric:
    """One figure, declared once: everything that shows or explains it reads this."""

    id: str
    label: str
    kind: Kind
    unit: Unit
    direction: Direction
    meaning: str
    """What it counts, in a sentence a resident understands."""
    formula: str
    date_field: str
    """The instant that puts a case into a period; `as_of` for stocks."""
    source: str
    caveat: str = ""
    version: int = 1
    rows: Rule | None = None
    """Which facts count; for a share, its denominator."""
    hits: Rule | None = None
    """For a share, which of `rows` are its numerator."""
    days: Callable[[Facts], ColumnElement[float]] | None = None
    """For a duration, the elapsed days of a row."""
    window: bool = True
    """Whether `date_field` must lie in the period (a metric that mixes a flow and a stock says so in `rows`)."""
    owner: Literal["current", "closing"] = "current"
    """Which department a case is counted for."""
    only_open: bool = False
    """Its rows are all open at `as_of`: the few open cases are enough to answer it for now."""
    aged_at: Literal["", "as_of", "spell_opened_at", "closed_at", "grown"] = ""
    """For a list that can be cut by age: when a case is that old; `grown`: while it reached that age in the period."""
    stock_from: tuple[str, str] | None = None
    """For a stock: (instant, day) column names at which a case enters it; it leaves when the spell ends."""
    parts: tuple[str, ...] = ()
    """For a composite, the metrics it is made of."""
    needs: str = ""
    """What there must be for a value, in words, where that is more than a case."""
    by_period: bool = True
    """Whether it can be asked period by period; a figure of one instant or one stretch cannot."""
    all_outcomes: bool = False
    """Counts duplicates and cancelled cases too."""
    also_classes: tuple[str, ...] = ()
    """Classes it counts beside those the question names."""
    explains: str = ""
    """For a list that is no figure of its own: the metric it stands behind."""
    listed: tuple[str, ...] = ()
    """What a list of its rows holds, after "cases" or "closings", with `{when}` or `{now}`; of a share also those that met it and those that missed it."""


def elapsed_days(facts: Facts) -> ColumnElement[float]:
    """Days from opening to this spell's end; null where the interval cannot be trusted."""
    known = and_(facts.is_closed, facts.column("has_valid_interval"))
    return case((known, facts.column("seconds_to_close") / 86400.0), else_=null())
