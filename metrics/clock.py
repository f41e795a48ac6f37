"""What was done to clocks: how long they were stopped, how often cases moved, how close to the deadline cases were closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import ColumnElement, Integer, Subquery, and_, case, cast, func, literal, select, true, union_all

from data_access import vocabulary
from metrics.definitions import REGISTRY
from metrics.kinds import Facts, Metric
from metrics.question import BadQuestion
from metrics.select import Asked, By

QUANTILES = {"median": 0.5, "p90": 0.9}
LATE_BOUNDS = (-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7)
"""Upper ends, in days after the deadline, of the bins of closings: whole days in the week before and after, and the rest on either side."""
Late = tuple[int | None, int | None]
"""Days from the deadline to a closing: above the first, up to and including the second (None: no bound)."""


class Counted(Protocol):
    """What counts another metric for a composite."""

    def __call__(self, metric: Metric, asked: Asked, by: By = None, period: bool = False) -> pd.DataFrame: ...


def hold_days(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """n, mean and quantiles of the days on hold, over the cases that `hold_rate` has as hits."""
    rate = REGISTRY["hold_rate"]
    facts = asked.facts(rate)
    assert rate.rows is not None
    held = _held(asked, facts)
    keys = asked.keys(facts, metric, by, period)
    chosen = and_(asked.population(facts, metric), facts.during("due_at"), rate.rows(facts))
    joined = facts.spell.join(held, held.c.case_id == facts.column("case_id"))
    inner = select(*keys, held.c.days).select_from(joined).where(chosen).subquery("held")
    outer = [inner.c[key.name] for key in keys]
    quantiles = [func.quantile_cont(inner.c.days, share).label(name) for name, share in QUANTILES.items()]
    statement = select(*outer, func.count(inner.c.days).label("n"), func.avg(inner.c.days).label("mean"), *quantiles)
    frame = asked.named(asked.mart.read(statement.group_by(*outer) if keys else statement, asked.scope), by)
    n = frame["n"].astype("float64")
    return _finished(frame.assign(value=frame["median"], numerator=None, denominator=n, n=n))


def _held(asked: Asked, facts: Facts) -> Subquery:
    """`case_id` and `days` on hold by `as_of`, of every case that was: each pause up to the next resumption or closing, repeated ones once."""
    events, spells = facts.events(), asked.mart.closed_spells(asked.scope)
    codes = {kind: vocabulary.code_of("event_kind", kind) for kind in ("paused", "resumed", "closed")}
    pauses = facts.events()
    ever = select(pauses.c.case_id).where(pauses.c.event_kind_id == codes["paused"], pauses.c.event_at <= facts.as_of)
    marks = union_all(
        select(
            events.c.case_id, events.c.event_at.label("at"), cast(events.c.event_kind_id == codes["paused"], Integer).label("stops")
        ).where(events.c.event_kind_id.in_(codes.values()), events.c.event_at <= facts.as_of, events.c.case_id.in_(ever)),
        select(spells.c.case_id, spells.c.closed_at, literal(0)).where(spells.c.closed_at <= facts.as_of, spells.c.case_id.in_(ever)),
    ).subquery("marks")
    order: dict[str, Any] = {"partition_by": marks.c.case_id, "order_by": [marks.c.at, marks.c.stops.desc()]}
    end = func.min(case((marks.c.stops == 0, marks.c.at))).over(**order, rows=(0, None))
    spans = select(marks.c.case_id, marks.c.at, marks.c.stops, func.lag(marks.c.stops).over(**order).label("before"), end.label("until"))
    span = spans.subquery("span")
    seconds = func.epoch(func.coalesce(span.c.until, facts.now)) - func.epoch(span.c.at)
    begins = and_(span.c.stops == 1, func.coalesce(span.c.before, 0) == 0)
    return select(span.c.case_id, (func.sum(seconds) / 86400.0).label("days")).where(begins).group_by(span.c.case_id).subquery("holds")


def moves_per_case(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """Changes of department per case opened in the period."""
    facts, events = asked.facts(metric), asked.facts().events()
    moved = (
        select(events.c.case_id, func.count().label("moves"))
        .where(events.c.event_kind_id == vocabulary.code_of("event_kind", "transferred"), events.c.event_at <= facts.as_of)
        .group_by(events.c.case_id).subquery("moved")
    )  # fmt: skip
    keys = asked.keys(facts, metric, by, period)
    opened = and_(asked.population(facts, metric), facts.first, facts.during("opened_at"), facts.tells_of("transferred"))
    joined = facts.spell.outerjoin(moved, moved.c.case_id == facts.column("case_id"))
    inner = select(*keys, func.coalesce(moved.c.moves, 0).label("moves")).select_from(joined).where(opened).subquery("cases")
    outer = [inner.c[key.name] for key in keys]
    statement = select(*outer, func.count().label("n"), cast(func.coalesce(func.sum(inner.c.moves), 0), Integer).label("moves"))
    frame = asked.named(asked.mart.read(statement.group_by(*outer) if keys else statement, asked.scope), by)
    n, moves = frame["n"].astype("float64"), frame["moves"].astype("float64")
    return _finished(frame.drop(columns="moves").assign(value=moves / n.where(n > 0), numerator=moves, denominator=n, n=n))


def deadline_bunching(metric: Metric, asked: Asked, by: By, period: bool, counted: Counted) -> pd.DataFrame:
    """Closings just before the deadline for each just after it; null where none came after."""
    beside = counted(replace(metric, id=f"{metric.id}:beside", kind="share"), asked, by, period)
    before, after = beside["numerator"], beside["n"] - beside["numerator"]
    smallest = pd.concat([before, after], axis=1).where(lambda counts: counts > 0).min(axis=1)
    return beside.assign(value=before / after.where(after > 0), numerator=before, denominator=after, smallest_part=smallest)


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    if "period" in frame.columns:
        frame = frame.assign(period=pd.to_datetime(frame["period"]))
    return frame.assign(suppressed=False)


def closings_by_lateness(asked: Asked) -> pd.DataFrame:
    """Closings in the period of cases with a usable deadline, by days from it: `bin` (as in `late_of`), `low`, `high`, `n`, earliest first.

    Every bin is there, also an empty one; the bins beside the deadline are what `deadline_bunching` counts.
    """
    metric = REGISTRY["closed"]
    facts = asked.facts(metric)
    closed, due = facts.column("closed_at"), facts.column("due_at")
    steps = [(closed <= due + timedelta(days=bound), number) for number, bound in enumerate(LATE_BOUNDS)]
    number = case(*steps, else_=len(LATE_BOUNDS)).label("number")
    rows = and_(asked.population(facts, metric), facts.during("closed_at"), facts.column("has_valid_due"))
    inner = select(number).where(rows).subquery("bins")
    found = asked.mart.read(select(inner.c.number, func.count().label("n")).group_by(inner.c.number), asked.scope)
    n = found.set_index("number")["n"].reindex(range(len(LATE_BOUNDS) + 1), fill_value=0)
    return pd.DataFrame([{"bin": name, "low": low, "high": high, "n": int(n[at])} for at, (name, (low, high)) in enumerate(BINS.items())])


def late_of(name: str) -> Late:
    """The days of a bin's name.

    Raises:
        BadQuestion: there is no such bin.
    """
    if name not in BINS:
        raise BadQuestion(
            "There are no closings '{value}' days from the deadline; choose {choices}.", value=name[:20], choices=", ".join(BINS)
        )
    return BINS[name]


def closed_late(facts: Facts, late: Late) -> ColumnElement[bool]:
    """A closing that many days from the deadline, as `closings_by_lateness` counts it."""
    low, high = late
    closed, due = facts.column("closed_at"), facts.column("due_at")
    after = true() if low is None else closed > due + timedelta(days=low)
    upto = true() if high is None else closed <= due + timedelta(days=high)
    return and_(facts.is_closed, facts.column("has_valid_due"), after, upto)


def _bins() -> dict[str, Late]:
    first, last = LATE_BOUNDS[0], LATE_BOUNDS[-1]
    between: dict[str, Late] = {f"{low}to{high}": (low, high) for low, high in pairwise(LATE_BOUNDS)}
    return {f"to{first}": (None, first), **between, f"{last}to": (last, None)}


BINS = _bins()
"""Name of a bin -> its days."""
