"""SQL pieces that every measured question shares: filters, grouping by dimension, rolling up days."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Callable, Iterable, Literal, Sequence

import pandas as pd
from sqlalchemy import ColumnElement, CompoundSelect, Label, Select, and_, case, cast, func, literal, or_, select, true
from sqlalchemy import Date as SqlDate
from sqlalchemy import Integer as SqlInteger
from sqlalchemy.sql.selectable import FromClause

from access import AccessDenied, Scope
from data_access import vocabulary
from data_access.mart.dimensions import Dimension, Member
from data_access.mart.reading import Mart
from metrics import only
from metrics.agreed import NOTHING_AGREED, Agreed
from metrics.cells import lies_in
from metrics.kinds import DAY_OF, Facts, Metric
from metrics.periods import Calendar, Grain
from metrics.question import NONE, BadQuestion, Question, require_dimension

By = str | tuple[str, ...] | None
"""What an answer is split by: nothing, one dimension, or two of them."""
Rows = Literal["all", "open", "closed", "due"]
GROUPS = ("grp", "grp_2")
"""Columns with the number of a row's group in the first and the second dimension, inside statements."""
STAGE = "stage"
"""The dimension that only visits have."""
KEYS = ("key", "label", "key_2", "label_2", "period")
"""Columns of an answer that say what a row is about; all others are figures."""


@dataclass(frozen=True)
class Asked:
    """A question bound to a mart and a scope: everything a statement needs."""

    mart: Mart
    scope: Scope
    calendar: Calendar
    question: Question
    memory: dict[str, Any] | None = field(default=None, repr=False, compare=False)
    """What was counted already, where figures asked together share their parts."""
    agreed: Agreed = field(default=NOTHING_AGREED, repr=False, compare=False)
    """The targets that figures are judged by, beside those of the city's file."""

    def require_staff(self) -> None:
        """Refuse the public what is no released figure: `measure` alone hides small numbers.

        Raises:
            AccessDenied: asked by the public.
        """
        if self.scope.audience == "public":
            raise AccessDenied("This is open to staff.")

    def about(self, question: Question) -> Asked:
        """Another question of the same viewer, with the same memory."""
        return replace(self, question=question)

    def remembering(self) -> Asked:
        """The same question for as long as one view takes: nothing is counted twice."""
        return replace(self, memory={})

    def facts(self, metric: Metric | None = None) -> Facts:
        """The fact table this scope may see, with the question's period and `as_of`; for `metric`, the quickest that holds all its rows."""
        if metric is not None and metric.only_open and self.question.as_of == self.mart.as_of:
            return self.facts_of(self.rows("open"))
        by_date: dict[str, Rows] = {"closed_at": "closed", "due_at": "due"}
        return self.facts_of(self.rows(by_date.get(metric.date_field, "all") if metric is not None and metric.window else "all"))

    def rows(self, which: Rows) -> FromClause:
        """What is counted: the spells of cases (all, the open, the ended, those with a deadline), or the stays of the question's visits.

        Stays are in one table, so of them it may hold more than was asked for: conditions say the rest.
        """
        mart = self.mart
        if self.question.visits:
            return mart.stage_visits(self.scope)
        return {"all": mart.spells, "open": mart.open_spells, "closed": mart.closed_spells, "due": mart.due_spells}[which](self.scope)

    def facts_of(self, spells: FromClause) -> Facts:
        """`spells`, with the question's period and `as_of`."""
        start, end = self.calendar.midnight(self.question.start), self.calendar.midnight(self.question.end)
        return Facts(spells, self.question.as_of, start, end, lambda: self.mart.case_events(self.scope), lambda: self.rows("all"))

    def last_week(self) -> tuple[date, date]:
        """The last week that was complete at the end of the question's period and at its `as_of`: (first day, day after the last)."""
        return self.calendar.last_complete(min(self.calendar.midnight(self.question.end), self.question.as_of), "week")

    def population(self, facts: Facts, metric: Metric) -> ColumnElement[bool]:
        """The cases the question is about, without its period."""
        question, dimensions, column = self.question, self.mart.dimensions, facts.column
        conditions: list[ColumnElement[bool]] = [true()]
        if not metric.all_outcomes:
            conditions.append(column("is_counted"))
        if question.case_class:
            codes = [vocabulary.code_of("case_class", word) for word in dict.fromkeys((*question.case_class, *metric.also_classes))]
            conditions.append(column("case_class_id").in_(codes))
        departments = self._departments()
        if departments is not None:
            # A scope cuts by the department that has a case now; what counts for the one that closed it must be of the scope's own closing too.
            conditions.append(column(owner_column(metric)).in_(sorted(departments)))
        if (programmes := self.programmes()) is not None:
            conditions.append(column("programme_id").in_(programmes))
        if question.stage:
            conditions.append(only.in_stage(self, facts))
        if question.only:
            conditions.append(only.condition(self, facts))
        for name in ("request_type", "request_group"):
            chosen = getattr(question, name)
            if chosen:
                conditions.append(column(f"{name}_id").in_(self.numbers(name, chosen)))
        if question.channel:
            conditions.append(column("channel_id").in_([vocabulary.code_of("channel", word) for word in question.channel]))
        if question.outcome:
            conditions.append(column("outcome_id").in_([vocabulary.code_of("outcome", word) for word in question.outcome]))
        for layer in dict.fromkeys(layer for layer, _ in question.areas):
            slot = dimensions.area_layers.by_slug[layer].id
            chosen = [slug for of, slug in question.areas if of == layer]
            conditions.append(column(f"area_{slot}_id").in_(self.numbers(layer, chosen)))
        if question.place:
            conditions.append(column("location_key") == int(question.place))
        if question.cell is not None:
            conditions.append(lies_in(column("longitude"), column("latitude"), question.cell))
        if question.moved:
            conditions.append(or_(*(facts.moved(self._route(*ends)) for ends in question.moved)))
        return and_(*conditions)

    def programmes(self) -> list[int] | None:
        """The numbers of the programmes asked about; None if that is every one there is."""
        known = self.mart.dimensions
        if self.question.programme:
            return self.numbers("programme", self.question.programme)
        return list(known.headline_programmes(self.scope.programmes)) or None

    def _route(self, origin: str, target: str) -> Callable[[FromClause], ColumnElement[bool]]:
        """What a transfer between two departments, and not those above or below them, looks like."""
        left, came = self.numbers("division", (origin, target))
        return lambda events: and_(events.c.from_department_id == left, events.c.to_department_id == came)

    def dimensions(self, by: By) -> tuple[str, ...]:
        """The dimensions of `by`, checked.

        Raises:
            BadQuestion: an unknown dimension, one twice, or more than two.
        """
        names = () if by is None else (by,) if isinstance(by, str) else tuple(by)
        if len(names) > len(GROUPS) or len(set(names)) < len(names):
            raise BadQuestion("Figures can be split by two different dimensions at most.")
        return tuple(name if name == STAGE and self.question.visits else require_dimension(name, self.mart) for name in names)

    def groups(self, facts: Facts, metric: Metric, by: By) -> list[Label[Any]]:
        """The numbers of the groups a row belongs to, labelled `grp` and `grp_2`."""
        return [self.group(facts, metric, name).label(label) for name, label in zip(self.dimensions(by), GROUPS, strict=False)]

    def keys(self, facts: Facts, metric: Metric, by: By, period: bool) -> list[Label[Any]]:
        """`groups`, and with `period` the first day of the period that the metric's date lies in."""
        groups = self.groups(facts, metric, by)
        if not period:
            return groups
        day = facts.column(DAY_OF[metric.date_field])
        return [*groups, rolled_up(day, self.question.grain, self.calendar).label("period")]

    def group(self, facts: Facts, metric: Metric, by: str) -> ColumnElement[Any]:
        """The number of the group a row belongs to, for dimension `by`."""
        if by in ("department", "division"):
            column = facts.column(owner_column(metric))
            above = self.shown_departments() if by == "department" else {}
            return case(above, value=column, else_=column) if above else column
        if by in ("request_type", "request_group", "programme", "channel", "outcome", "case_class", STAGE):
            return facts.column(f"{by}_id")
        return facts.column(f"area_{self.mart.dimensions.area_layers.by_slug[by].id}_id")

    def members(self, by: str) -> Dimension:
        """The groups of dimension `by`."""
        dimensions = self.mart.dimensions
        plain = {
            "department": "departments", "division": "departments", "request_type": "request_types",
            "request_group": "request_groups", "programme": "programmes", STAGE: "stages",
        }  # fmt: skip
        if by in plain:
            return getattr(dimensions, plain[by])
        if by in ("channel", "outcome", "case_class"):
            return dimensions.vocabulary(by)
        return dimensions.areas(by)

    def open_areas(self, layer: str) -> Dimension:
        """The areas of `layer` of which this scope can say that there is no case: those in its districts."""
        return self.mart.dimensions.areas_within(layer, self.scope.districts)

    def named(self, frame: pd.DataFrame, by: By) -> pd.DataFrame:
        """`frame` with `key` and `label` in place of the group's number `grp`, and the same with `_2` for a second dimension."""
        made = frame.drop(columns=[name for name in GROUPS if name in frame.columns])
        for at, (name, group) in enumerate(zip(self.dimensions(by), GROUPS, strict=False)):
            known = self.members(name).by_id
            nobody = nameless(name)
            codes, numbers = pd.factorize(frame[group])
            members = [known.get(int(number), nobody) for number in numbers]
            made.insert(2 * at, KEYS[2 * at], pd.array([member.slug for member in members], dtype="str").take(codes))
            made.insert(2 * at + 1, KEYS[2 * at + 1], pd.array([member.name for member in members], dtype="str").take(codes))
        return made

    def name_of(self, by: str, slug: str) -> str:
        """The name of a member of dimension `by`, also of its cases without one."""
        member = self.members(by).by_slug.get(slug)
        return nameless(by).name if member is None else member.name

    def narrowed(self) -> list[str]:
        """The route, the place and the cell asked about, in words."""
        routes = [" to ".join(self.name_of("division", name) for name in ends) for ends in self.question.moved]
        return [
            *(f"moved from {route}" for route in routes),
            *(["at one place"] if self.question.place else []),
            *(["in one cell of the map"] if self.question.cell else []),
            *only.said(self),
        ]

    def numbers(self, by: str, slugs: Iterable[str]) -> list[int]:
        """The numbers of members of dimension `by`."""
        known = self.members(by).by_slug
        return [nameless(by).id if slug == NONE and slug not in known else known[slug].id for slug in slugs]

    def _departments(self) -> frozenset[int] | None:
        """The numbers of the departments that both the filter and the viewer's scope leave in; None if neither leaves any out."""
        dimensions, chosen, open_to = self.mart.dimensions, self.question.department, self.scope.departments
        left = None if open_to is None else frozenset(dimensions.department_ids(open_to))
        if not chosen:
            return left
        wanted = frozenset(dimensions.department_ids(chosen)) | ({nameless("department").id} if NONE in chosen else set())
        return wanted if left is None else wanted & left

    def shown_departments(self) -> dict[int, int]:
        """Divisions only: number -> number of the department they are counted in, the highest above them that is left in.

        Below a filter that names a division, and for a viewer of one, it is the division itself: a
        figure of a whole department would claim what was not counted.
        """
        parents = {m.id: m.extra.get("parent_id") for m in self.mart.dimensions.departments}
        left = self._departments()

        def highest(number: int) -> int:
            above = parents.get(number)
            return number if above is None or (left is not None and int(above) not in left) else highest(int(above))

        return {number: shown for number in parents if (shown := highest(number)) != number}


_NAMELESS = {
    "department": "No department", "division": "No department", "request_type": "No type", "request_group": "No group",
    "programme": "No programme", "channel": "Unknown", "outcome": "Unknown", "case_class": "Unknown",
}  # fmt: skip


def nameless(by: str) -> Member:
    """What stands for the cases without a member of dimension `by`."""
    return Member(0, NONE, _NAMELESS.get(by, "Not on the map"))


def owner_column(metric: Metric) -> str:
    """The fact column with the department a case of this metric is counted for."""
    return "closing_department_id" if metric.owner == "closing" else "department_id"


def rolled_up(day: ColumnElement[Any], grain: Grain, calendar: Calendar) -> ColumnElement[Any]:
    """First day of the period of `grain` that column `day` lies in."""
    if grain == "day":
        return day
    if grain == "week":
        if calendar.week_start == "monday":
            return cast(func.date_trunc("week", day), SqlDate)
        return cast(func.date_trunc("week", _plus_days(day, 1)), SqlDate) - literal(1, SqlInteger)
    if grain in ("month", "quarter"):
        return cast(func.date_trunc(grain, day), SqlDate)
    # Years that begin in month m: those of the calendar, for days at or after it, else the year before.
    year = func.year(day) - case((func.month(day) >= calendar.fiscal_year_start, 0), else_=1)
    return func.make_date(year, calendar.fiscal_year_start, 1)


def _plus_days(day: ColumnElement[Any], days: int) -> ColumnElement[Any]:
    return day + literal(days, SqlInteger)


def by_period(daily: Select | CompoundSelect, sums: list[str], groups: Sequence[str], grain: Grain, calendar: Calendar) -> Select:
    """Sum a per-day select (`day`, the `groups` and `sums`) into periods.

    Counting per day first and rolling the few days up after is what keeps this quick.
    """
    inner = daily.subquery("daily")
    period = rolled_up(inner.c.day, grain, calendar)
    kept = [inner.c[name] for name in groups]
    totals = [cast(func.sum(inner.c[name]), SqlInteger).label(name) for name in sums]
    return select(period.label("period"), *kept, *totals).group_by(period, *kept)
