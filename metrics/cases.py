"""The cases behind a number, and one case with its history.

`case_list` uses the same rules as `measure`, so a list holds exactly the cases that were counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, distinct, func, null, select

from data_access import vocabulary
from metrics.definitions import REGISTRY
from metrics.kinds import Facts, Metric
from metrics.measure import window
from metrics.question import BadQuestion
from metrics.select import Asked

MOST_ROWS = 500
MOST_EXPORTED = 100_000
"""Rows of one downloaded list; the rest is left out and the file's total says so."""
DEFAULT_SORT = "due_at"
SORTS = ("opened_at", "due_at", "closed_at", "days_open", "days_overdue", "source_id", "request_type", "department", "status", "area")


@dataclass(frozen=True)
class CasePage:
    """`frame`: one row per case, labels in plain words; `total`: how many cases the whole list has."""

    frame: pd.DataFrame
    total: int


@dataclass(frozen=True)
class CaseDetail:
    """One case: its facts by column name (labels in plain words) and its events, oldest first."""

    facts: dict[str, Any]
    events: pd.DataFrame


def case_list(
    asked: Asked, of: str = "backlog", *, hits: bool | None = None, sort: str = DEFAULT_SORT, descending: bool = False,
    offset: int = 0, limit: int = 50, search: str = "",
) -> CasePage:  # fmt: skip
    """Cases counted by metric `of` (for a share: its denominator, or with `hits` its numerator or misses).

    Raises:
        BadQuestion: unknown metric or sort column, or a page larger than `MOST_ROWS`.
    """
    metric = _listed(of, sort)
    if not (isinstance(offset, int) and isinstance(limit, int) and 0 <= offset <= 10**8 and 0 < limit <= MOST_ROWS):
        raise BadQuestion(f"A page has 1 to {MOST_ROWS} cases.")
    return _read(asked, _chosen(asked, metric, hits, search), sort, descending, offset, limit)


def case_export(
    asked: Asked, of: str = "backlog", *, hits: bool | None = None, sort: str = DEFAULT_SORT, descending: bool = False, search: str = ""
) -> CasePage:
    """The whole list at once, for a download: its first `MOST_EXPORTED` cases.

    Raises:
        BadQuestion: unknown metric or sort column.
    """
    metric = _listed(of, sort)
    return _read(asked, _chosen(asked, metric, hits, search), sort, descending, 0, MOST_EXPORTED)


def _listed(of: str, sort: str) -> Metric:
    """The metric a list is asked of."""
    metric = REGISTRY.get(of)
    if metric is None or metric.rows is None:
        raise BadQuestion(f"There is no list of cases for '{str(of)[:60]}'.")
    if sort not in SORTS:
        raise BadQuestion(f"Cases cannot be sorted by '{str(sort)[:60]}'; choose one of {', '.join(SORTS)}.")
    return metric


def _read(asked: Asked, chosen, sort: str, descending: bool, offset: int, limit: int) -> CasePage:  # type: ignore[no-untyped-def]
    count = asked.mart.read(select(func.count(distinct(chosen.c.case_id))), asked.scope)
    rows = asked.mart.read(_page(asked, chosen, sort, descending, offset, limit), asked.scope)
    if asked.scope.audience == "public":
        rows = _days_only(rows, asked.calendar.zone)
    return CasePage(_worded(asked, rows), int(count.iloc[0, 0]))


def _days_only(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Residents are told the city's day of each instant, not its time, and whole days."""
    made = {}
    for name in ("opened_at", "due_at", "closed_at"):
        local = pd.to_datetime(rows[name]).dt.tz_localize("UTC").dt.tz_convert(zone)
        made[name] = pd.Series([None if day is pd.NaT else day.date() for day in local], index=rows.index, dtype=object)
    for name in ("days_open", "days_overdue"):
        made[name] = pd.to_numeric(rows[name], errors="coerce").floordiv(1)
    return rows.assign(**made)


def _chosen(asked: Asked, metric: Metric, hits: bool | None, search: str):  # type: ignore[no-untyped-def]
    facts = asked.facts(metric)
    assert metric.rows is not None
    condition = and_(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
    if hits is not None and metric.hits is not None:
        hit = func.coalesce(metric.hits(facts), False)
        condition = and_(condition, hit if hits else ~hit)
    chosen = select(*_columns_of(facts)).where(condition)
    if search:
        records = asked.mart.case_records(asked.scope)
        matching = select(records.c.case_id).where(records.c.source_id == search.strip()[:60])
        chosen = chosen.where(facts.column("case_id").in_(matching))
    return chosen.subquery("chosen")


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
        facts.column("case_id"), opened, due, closed.label("closed_at"),
        ((func.coalesce(func.epoch(closed), now) - func.epoch(opened)) / 86400.0).label("days_open"),
        case((is_overdue, (now - func.epoch(due)) / 86400.0), else_=null()).label("days_overdue"),
        facts.column("request_type_id").label("request_type"), facts.column("department_id").label("department"),
        facts.column("area_1_id").label("area"),
    ]  # fmt: skip


def _page(asked: Asked, chosen, sort: str, descending: bool, offset: int, limit: int):  # type: ignore[no-untyped-def]
    """One page of `chosen` with what a list shows of each case."""
    records = asked.mart.case_records(asked.scope)

    def ordered(statement, key, tie):  # type: ignore[no-untyped-def]
        # A unique last key keeps pages from overlapping when the sort column ties.
        return statement.order_by((key.desc() if descending else key.asc()).nulls_last(), tie)

    on_records = {"source_id": "source_id", "status": "status_id"}.get(sort)
    if on_records is None:
        # The page is found among the narrow facts; only its own cases are then looked up in full.
        chosen = ordered(select(chosen), chosen.c[sort], chosen.c.case_id).offset(offset).limit(limit).subquery("page")
    shown = [records.c[name] for name in _SHOWN if asked.scope.case_text or name != "address"]
    facts = [chosen.c[name] for name in ("opened_at", "due_at", "closed_at", "days_open", "days_overdue")]
    statement = select(chosen.c.case_id, *shown, *facts).join(records, records.c.case_id == chosen.c.case_id)
    if on_records is None:
        return ordered(statement, chosen.c[sort], chosen.c.case_id)
    return ordered(statement, records.c[on_records], chosen.c.case_id).offset(offset).limit(limit)


_SHOWN = (
    "programme_id", "source_id", "request_type_id", "department_id", "status_id", "channel_id", "outcome_id",
    "area_1_id", "area_2_id", "reopened_count", "due_source_id", "address",
)  # fmt: skip


def _worded(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    dimensions = asked.mart.dimensions
    areas = sorted((m for m in dimensions.area_layers if not m.extra["is_context"]), key=lambda m: m.id)[:2]
    lookups = {
        "programme_id": ("programme", {m.id: m.slug for m in dimensions.programmes}),
        "request_type_id": ("request_type", {m.id: m.name for m in dimensions.request_types}),
        "department_id": ("department", {m.id: m.name for m in dimensions.departments}),
        "status_id": ("status", {m.id: m.name for m in dimensions.vocabulary("status")}),
        "channel_id": ("channel", {m.id: m.name for m in dimensions.vocabulary("channel")}),
        "outcome_id": ("outcome", {m.id: m.name for m in dimensions.vocabulary("outcome")}),
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


def case_detail(asked: Asked, programme: str, source_id: str) -> CaseDetail | None:
    """The case with that id, or None if there is none the viewer may see."""
    known = asked.mart.dimensions.programmes.by_slug.get(programme)
    if known is None or not source_id or len(source_id) > 200:
        return None
    records = asked.mart.case_records(asked.scope)
    found = asked.mart.read(select(records).where(records.c.programme_id == known.id, records.c.source_id == source_id), asked.scope)
    if found.empty:
        return None
    facts = {k: None if v is pd.NaT or v != v else v for k, v in found.iloc[0].to_dict().items()}
    facts |= {k: None if v is pd.NaT or v != v else v for k, v in _worded(asked, found).iloc[0].to_dict().items()}
    events = asked.mart.case_events(asked.scope)
    history = asked.mart.read(
        select(events.c.event_at, events.c.event_kind_id, events.c.from_value, events.c.to_value, events.c.reason)
        .where(events.c.case_id == int(facts["case_id"])).order_by(events.c.event_at), asked.scope,
    )  # fmt: skip
    kinds = dict(enumerate(vocabulary.EVENT_KINDS))
    history = history.assign(kind=[kinds[int(k)] for k in history["event_kind_id"]]).drop(columns="event_kind_id")
    return CaseDetail(facts, history)
