"""The cases behind a number.

`case_list` uses the same rules as `measure`, so a list holds exactly the rows that were counted:
a figure of closings lists a case once for every closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, null, or_, select

from access import AccessDenied
from data_access import vocabulary
from data_access.cache import cached
from data_access.mart import schema
from metrics.ageing import Ages, aged
from metrics.clock import Late, closed_late
from metrics.definitions import LISTS
from metrics.kinds import Facts
from metrics.measure import window
from metrics.periods import Calendar
from metrics.question import BadQuestion
from metrics.release import RELEASED
from metrics.select import Asked
from metrics.wording import Phrase

MOST_ROWS = 500
MOST_EXPORTED = 100_000
"""Rows of one downloaded list; the rest is left out and the file's total says so."""
DEFAULT_SORT = "due_at"
SORTS = ("opened_at", "due_at", "closed_at", "days_open", "days_overdue", "source_id", "request_type", "department", "status", "area")


@dataclass(frozen=True)
class CasePage:
    """`frame`: one row for each that was counted, labels in plain words; `total`: how many rows the whole list has."""

    frame: pd.DataFrame
    total: int


def case_list(
    asked: Asked, of: str = "backlog", *, hits: bool | None = None, sort: str = DEFAULT_SORT, descending: bool = False,
    offset: int = 0, limit: int = 50, search: str = "", ages: Ages | None = None,
    late: Late | None = None,
) -> CasePage:  # fmt: skip
    """Cases counted by metric `of` (for a share: its denominator, or with `hits` its numerator or misses).

    Args:
        search: only the case with this id.
        ages: of open cases and their moves, only those this old (`metrics.ageing.ages_of`).
        late: of closings, only those so many days from the deadline (`metrics.clock.late_of`).

    Raises:
        AccessDenied: asked by the public of a city that publishes no single cases.
        BadQuestion: unknown metric or sort column, a page larger than `MOST_ROWS`, ages of cases that have none, or `late` of others than closings.
    """
    if not (isinstance(offset, int) and isinstance(limit, int) and 0 <= offset <= 10**8 and 0 < limit <= MOST_ROWS):
        raise BadQuestion("A page has 1 to {most} cases.", most=str(MOST_ROWS))
    return _read(asked, _Listed(of, hits, search, ages, late), sort, descending, offset, limit)


def case_export(
    asked: Asked, of: str = "backlog", *, hits: bool | None = None, sort: str = DEFAULT_SORT, descending: bool = False,
    search: str = "", ages: Ages | None = None, late: Late | None = None,
) -> CasePage:  # fmt: skip
    """The whole list at once, for a download: its first `MOST_EXPORTED` cases.

    Raises:
        BadQuestion: as `case_list`.
    """
    return _read(asked, _Listed(of, hits, search, ages, late), sort, descending, 0, MOST_EXPORTED)


def case_count(
    asked: Asked, of: str, *, hits: bool | None = None, search: str = "", ages: Ages | None = None, late: Late | None = None
) -> int:
    """How many rows `case_list` has in all.

    Raises:
        BadQuestion: as `case_list`.
        AccessDenied: asked by the public of a city that publishes no single cases.
    """
    listed = _Listed(of, hits, search, ages, late)
    _require_published(asked, listed)
    parameters = [listed.metric.version, asked.question.parameters(), of, hits, listed.search, ages, late]

    def count() -> int:
        facts = asked.facts(listed.metric)
        counted = select(func.count()).select_from(facts.spell).where(_condition(asked, facts, listed))
        return int(asked.mart.read(counted, asked.scope).iloc[0, 0])

    # Every block of rows a reader scrolls to needs the total again.
    return cached("case_count", asked.mart.edition, asked.scope, parameters, count)


def case_counts(
    asked: Asked, of: str, by: str, *, hits: bool | None = None, ages: Ages | None = None, late: Late | None = None
) -> pd.DataFrame:
    """The rows of a list by one dimension, most first: `key`, `label`, `n`. They sum to the list's total.

    Raises:
        BadQuestion: as `case_list`, or an unknown dimension.
        AccessDenied: asked by the public, whose small counts would have to be hidden.
    """
    asked.require_staff()
    listed = _Listed(of, hits, "", ages, late)
    facts = asked.facts(listed.metric)
    group = asked.group(facts, listed.metric, by).label("grp")
    statement = select(group, func.count().label("n")).where(_condition(asked, facts, listed)).group_by(group.element)
    frame = asked.named(asked.mart.read(statement, asked.scope), by)
    return frame.sort_values(["n", "label"], ascending=[False, True], ignore_index=True)


class _Listed:
    """What is listed, checked."""

    def __init__(self, of: str, hits: bool | None, search: str, ages: Ages | None, late: Late | None) -> None:
        metric = LISTS.get(of)
        if metric is None:
            raise BadQuestion("There is no list of cases for '{name}'.", name=str(of)[:60])
        if ages is not None and not metric.aged_at:
            raise BadQuestion(
                "Only open cases, and what leaves or ages among them, can be listed by age; '{label}' counts others too.",
                label=Phrase(metric.label),
            )
        if late is not None and metric.date_field != "closed_at":
            raise BadQuestion(
                "Only closings can be listed by their days from the deadline; '{label}' counts others too.", label=Phrase(metric.label)
            )
        self.metric, self.hits, self.search, self.ages, self.late = metric, hits, search.strip()[:60], ages, late


def _require_published(asked: Asked, listed: _Listed) -> None:
    """A list is a number too: residents get one only where the city publishes its cases one by one."""
    if asked.scope.audience != "public":
        return
    if asked.mart.meta.get("cases_published") != "True":
        raise AccessDenied("Single cases are not published here; the figures are.")
    if listed.metric.id not in RELEASED or listed.late is not None:
        raise BadQuestion("The cases of '{label}' are not published.", label=Phrase(listed.metric.label))


def _read(asked: Asked, listed: _Listed, sort: str, descending: bool, offset: int, limit: int) -> CasePage:
    if sort not in SORTS:
        raise BadQuestion("Cases cannot be sorted by '{name}'; choose one of {choices}.", name=str(sort)[:60], choices=", ".join(SORTS))
    total = case_count(asked, listed.metric.id, hits=listed.hits, search=listed.search, ages=listed.ages, late=listed.late)
    rows = asked.mart.read(_page(asked, _chosen(asked, listed), sort, descending, offset, limit), asked.scope)
    if asked.scope.audience == "public":
        rows = _days_only(rows, asked.calendar, asked.question.as_of)
    return CasePage(worded(asked, rows), total)


def _days_only(rows: pd.DataFrame, calendar: Calendar, as_of: datetime) -> pd.DataFrame:
    """Residents are told the city's day of each instant, not its time, and days by the calendar."""
    made: dict[str, pd.Series] = {}
    for name in ("opened_at", "due_at", "closed_at"):
        local = pd.to_datetime(rows[name]).dt.tz_localize("UTC").dt.tz_convert(calendar.zone)
        made[name] = pd.Series([None if day is pd.NaT else day.date() for day in local], index=rows.index, dtype=object)
    today = calendar.day_of(as_of)
    for name, since, until in (("days_open", "opened_at", made["closed_at"]), ("days_overdue", "due_at", made["closed_at"])):
        days = [None if start is None else ((end or today) - start).days for start, end in zip(made[since], until, strict=True)]
        made[name] = pd.Series(days, index=rows.index, dtype="float64").where(rows[name].notna())
    return rows.assign(**made)


def _chosen(asked: Asked, listed: _Listed):  # type: ignore[no-untyped-def]
    facts = asked.facts(listed.metric)
    condition = _condition(asked, facts, listed)
    if listed.metric.date_field == "opened_at":
        # Counted by its first opening, a case is shown as it is now: it may have been opened and closed again since. Few have.
        first = asked.facts(listed.metric)
        came_back = select(first.column("case_id")).where(_condition(asked, first, listed), first.column("next_opened_at") <= first.as_of)
        now = and_(facts.column("spell_no") > 1, facts.during("opened_at"), facts.column("case_id").in_(came_back))
        condition = and_(facts.state, or_(condition, now))
    return select(*_columns_of(facts)).where(condition).subquery("chosen")


def _condition(asked: Asked, facts: Facts, listed: _Listed) -> ColumnElement[bool]:
    metric = listed.metric
    assert metric.rows is not None
    conditions = [asked.population(facts, metric), window(metric, facts), metric.rows(facts)]
    if listed.hits is not None and metric.hits is not None:
        hit = func.coalesce(metric.hits(facts), False)
        conditions.append(hit if listed.hits else ~hit)
    if listed.ages is not None:
        conditions.append(aged(facts, listed.ages, metric.aged_at))
    if listed.late is not None:
        conditions.append(closed_late(facts, listed.late))
    if listed.search:
        records = asked.mart.case_records(asked.scope)
        conditions.append(facts.column("case_id").in_(select(records.c.case_id).where(records.c.source_id == listed.search)))
    return and_(*conditions)


def _columns_of(facts: Facts) -> list[ColumnElement[Any]]:
    """What the facts alone say of a case, as known at `as_of`; enough to sort by."""
    now = func.epoch(facts.now)
    opened, due, closed = (
        facts.column("opened_at"),
        facts.column("due_at"),
        case((facts.is_closed, facts.column("closed_at")), else_=null()),
    )
    is_overdue = and_(closed.is_(None), facts.column("has_valid_due"), due < facts.now)
    return [
        facts.column("case_id"), facts.column("spell_no"), opened, due, closed.label("closed_at"),
        ((func.coalesce(func.epoch(closed), now) - func.epoch(opened)) / 86400.0).label("days_open"),
        case((is_overdue, (now - func.epoch(due)) / 86400.0), else_=null()).label("days_overdue"),
        facts.column("request_type_id").label("request_type"), facts.column("department_id").label("department"),
        facts.column("area_1_id").label("area"),
    ]  # fmt: skip


def _page(asked: Asked, chosen, sort: str, descending: bool, offset: int, limit: int):  # type: ignore[no-untyped-def]
    """One page of `chosen` with what a list shows of each case."""
    records = asked.mart.case_records(asked.scope)

    def ordered(statement, key, of):  # type: ignore[no-untyped-def]
        # A unique last key keeps pages from overlapping when the sort column ties.
        return statement.order_by((key.desc() if descending else key.asc()).nulls_last(), of.c.case_id, of.c.spell_no)

    on_records = {"source_id": "source_id", "status": "status_id"}.get(sort)
    if on_records is None:
        # The page is found among the narrow facts; only its own cases are then looked up in full.
        of, key = _sorted_by(chosen, sort)
        keyed = select(chosen, key.label("sort_key")).select_from(of)
        chosen = ordered(keyed, key, chosen).offset(offset).limit(limit).subquery("page")
    shown = [records.c[name] for name in _SHOWN if asked.scope.may_read("address") or name != "address"]
    facts = [chosen.c[name] for name in ("opened_at", "due_at", "closed_at", "days_open", "days_overdue")]
    same = records.c.case_id == chosen.c.case_id
    if asked.scope.audience == "staff" and not asked.question.visits:
        # Cases lie in the order they came: their opening, which both sides have, says in which few blocks of a large table the page's
        # are. Residents' cases have a day there and not the instant; a stay in a stage has its own beginning.
        same = and_(same, records.c.opened_at == chosen.c.opened_at)
    statement = select(chosen.c.case_id, *shown, *facts).join(records, same)
    if on_records is None:
        return ordered(statement, chosen.c.sort_key, chosen)
    return ordered(statement, records.c[on_records], chosen).offset(offset).limit(limit)


def _sorted_by(chosen, sort: str):  # type: ignore[no-untyped-def]
    """(what to select from, what to sort by). Names are sorted as they read, not by the number the mart gives them."""
    table = {"request_type": schema.request_type, "department": schema.department, "area": schema.area}.get(sort)
    if table is None:
        return chosen, chosen.c[sort]
    place = func.row_number().over(order_by=func.lower(table.c.name)).label("place")
    named = select(table.c.id, place)
    if table is schema.area:
        named = named.where(table.c.layer_id == select(schema.area_layer.c.id).where(schema.area_layer.c.slot == 1).scalar_subquery())
    order = named.subquery("names")
    return chosen.outerjoin(order, order.c.id == chosen.c[sort]), order.c.place


_SHOWN = (
    "programme_id", "source_id", "request_type_id", "department_id", "status_id", "channel_id", "outcome_id",
    "area_1_id", "area_2_id", "reopened_count", "due_source_id", "address",
)  # fmt: skip


def worded(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with names in place of numbers; the first two area layers stand under their own ids."""
    dimensions = asked.mart.dimensions
    areas = sorted((m for m in dimensions.area_layers if not m.extra["is_context"]), key=lambda m: m.id)[:2]
    lookups = {
        "programme_id": ("programme", {m.id: m.slug for m in dimensions.programmes}),
        "request_type_id": ("request_type", {m.id: m.name for m in dimensions.request_types}),
        "department_id": ("department", {m.id: m.name for m in dimensions.departments}),
        "status_id": ("status", {m.id: m.name for m in dimensions.vocabulary("status")}),
        "channel_id": ("channel", {m.id: m.name for m in dimensions.vocabulary("channel")}),
        "outcome_id": ("outcome", {m.id: m.name for m in dimensions.vocabulary("outcome")}),
        "initiated_by_id": ("initiated_by", {m.id: m.name for m in dimensions.vocabulary("initiated_by")}),
        "case_class_id": ("case_class", {m.id: m.name for m in dimensions.vocabulary("case_class")}),
        "due_source_id": ("due_source", dict(enumerate(vocabulary.DUE_SOURCES))),
    }
    for layer in areas:
        lookups[f"area_{layer.id}_id"] = (layer.slug, {m.id: m.name for m in dimensions.areas(layer.slug)})
    made = {}
    for name in rows.columns:
        if name in lookups:
            label, words = lookups[name]
            made[label] = [words.get(int(v)) if v is not None and v == v else None for v in rows[name]]
        elif not (name.startswith("area_") and name.endswith("_id")) and name != "case_id":
            made[name] = rows[name]
    return pd.DataFrame(made, index=rows.index)
