"""Stocks over time: how many cases were open (or overdue) at the end of each period.

A spell enters the stock at one instant and leaves it at another, so the stock at the end of a
period is what it was at the start plus all that entered less all that left: one pass over
the entries, one over the exits, and no scan per period.

The end of a period is the last instant before the next one begins, so that a case opened at
midnight belongs to the stock of the day that begins, as it does to that day's openings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, CompoundSelect, Date, Integer, and_, case, cast, func, literal, or_, select, union_all

from metrics import by_day
from metrics.kinds import Facts, Metric
from metrics.select import GROUPS, Asked, By, by_period


def series(metric: Metric, asked: Asked, by: By) -> pd.DataFrame:
    """`period` (first day), the groups of `by`, and `n`: the stock at the end of each period.

    The last period ends at `as_of` when that comes first.
    """
    names = [name for name, _ in zip(GROUPS, asked.dimensions(by), strict=False)]
    if (moved := by_day.moves(metric, asked, by)) is None:
        moved = _moved_by_cases(metric, asked, by)
    statement = by_period(moved, ["n"], names, asked.question.grain, asked.calendar)
    return _accumulated(asked.mart.read(statement, asked.scope, numbers=True), asked, names)


def _moved_by_cases(metric: Metric, asked: Asked, by: By) -> CompoundSelect:
    facts = asked.facts_of(asked.rows("closed"))
    # Whatever is in the stock at some time of the period ends after its start or has not ended yet.
    ended = facts.column("closed_at") >= min(facts.start, facts.as_of)
    still = asked.facts_of(asked.rows("open"))
    unended = still.column("closed_at").is_(None)
    return union_all(
        _entries(metric, asked, facts, by, ended), _entries(metric, asked, still, by, unended), _exits(metric, asked, facts, by, ended)
    )


def _entries(metric: Metric, asked: Asked, facts: Facts, by: By, which: ColumnElement[bool]) -> Any:
    """+1 on the day each spell entered; on the first day for those that were in the stock before."""
    entry = _entry(metric, facts)
    day = case((entry.before(facts.start), cast(literal(asked.question.start), Date)), else_=entry.on)
    return _moves(metric, asked, facts, by, day, 1, and_(which, entry.ever, entry.before(facts.end)))


def _exits(metric: Metric, asked: Asked, facts: Facts, by: By, which: ColumnElement[bool]) -> Any:
    """-1 on the day each spell that had entered ended."""
    left_at = facts.column("closed_at")
    leaving = and_(which, _entry(metric, facts).ever, left_at < facts.end, left_at <= facts.as_of)
    return _moves(metric, asked, facts, by, facts.column("closed_on"), -1, leaving)


def _moves(metric: Metric, asked: Asked, facts: Facts, by: By, day: Any, sign: int, condition: ColumnElement[bool]) -> Any:
    groups = asked.groups(facts, metric, by)
    statement = select(day.label("day"), *groups, cast(func.count() * sign, Integer).label("n"))
    return statement.where(asked.population(facts, metric), condition).group_by(day, *[key.element for key in groups])


@dataclass(frozen=True)
class Entry:
    """How a spell enters a stock: on which day, whether before an instant, and whether it ever does, as known at `as_of`."""

    on: ColumnElement[Any]
    before: Callable[[datetime], ColumnElement[bool]]
    ever: ColumnElement[bool]


def _entry(metric: Metric, facts: Facts) -> Entry:
    begun_at, due_at, left_at = (facts.column(name) for name in ("spell_opened_at", "due_at", "closed_at"))
    begun = begun_at <= facts.as_of
    if metric.id != "overdue_now":
        assert metric.stock_from is not None
        at, on = (facts.column(name) for name in metric.stock_from)
        return Entry(on, lambda instant: at < instant, begun)
    # Overdue from the later of deadline and (for a reopened case) beginning. Two plain comparisons
    # are quicker than one with the later of the two.
    stays = or_(left_at.is_(None), and_(left_at > due_at, left_at > begun_at))
    on = func.greatest(facts.column("due_on"), facts.column("spell_opened_on"))
    ever = and_(begun, facts.column("has_valid_due"), due_at < facts.as_of, stays)
    return Entry(on, lambda instant: and_(due_at < instant, begun_at < instant), ever)


def _accumulated(moves: pd.DataFrame, asked: Asked, groups: list[str]) -> pd.DataFrame:
    question = asked.question
    starts = pd.to_datetime(asked.calendar.starts(question.start, question.end, question.grain))
    moves = moves.assign(period=pd.to_datetime(moves["period"]), n=moves["n"].astype("float64"))
    if not groups:
        level = moves.groupby("period")["n"].sum().reindex(starts, fill_value=0.0).cumsum()
        return level.rename_axis("period").reset_index(name="n")
    if moves.empty:
        return moves
    # A plain table of groups by periods, added up along the periods: a tenth of the time of pivoting hundreds of groups.
    which = moves.groupby(groups, sort=True).ngroup().to_numpy()
    members = moves[groups].drop_duplicates().sort_values(groups)
    at = starts.get_indexer(moves["period"])
    table = np.zeros((len(members), len(starts)))
    np.add.at(table, (which[at >= 0], at[at >= 0]), moves["n"].to_numpy()[at >= 0])
    long = {name: np.repeat(members[name].to_numpy(), len(starts)) for name in groups}
    return pd.DataFrame({**long, "period": np.tile(starts.to_numpy(), len(members)), "n": table.cumsum(axis=1).ravel()})
