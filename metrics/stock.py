"""Stocks over time: how many cases were open (or overdue) at the end of each period.

A spell enters the stock at one instant and leaves it at another, so the stock at the end of a
period is what it was at the start plus all that entered less all that left: one pass over
the entries, one over the exits, and no scan per period.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Date, Integer, and_, cast, func, literal, or_, select, union_all

from metrics.kinds import Facts, Metric
from metrics.select import Asked, By, by_period


def series(metric: Metric, asked: Asked, by: By) -> pd.DataFrame:
    """`period` (first day), the groups of `by`, and `n`: the stock at the end of each period.

    The last period ends at `as_of` when that comes first.
    """
    facts = asked.facts()
    enters_at, enters_on, enters = _entry(metric, facts)
    population = and_(asked.population(facts, metric), enters, enters_at <= facts.as_of)
    left_at = facts.column("closed_at")
    stays = or_(left_at.is_(None), left_at >= facts.start)
    groups = asked.groups(facts, metric, by)
    first_day = cast(literal(asked.question.start), Date)

    def moves(day: Any, sign: int, condition: Any) -> Any:
        keys = [day.label("day"), *groups]
        count = cast(func.count() * sign, Integer).label("n")
        return select(*keys, count).where(population, condition).group_by(*[key.element for key in keys])

    before = select(first_day.label("day"), *groups, cast(func.count(), Integer).label("n")).where(
        population, enters_at < facts.start, stays
    )
    if groups:
        before = before.group_by(*[key.element for key in groups])
    during = and_(enters_at >= facts.start, enters_at < facts.end)
    leaving = and_(left_at >= facts.start, left_at < facts.end, left_at <= facts.as_of)
    everything = union_all(before, moves(enters_on, 1, during), moves(facts.column("closed_on"), -1, leaving))
    names = [key.name for key in groups]
    statement = by_period(everything, ["n"], names, asked.question.grain, asked.calendar)
    return _accumulated(asked.mart.read(statement, asked.scope), asked, names)


def _entry(metric: Metric, facts: Facts) -> tuple[Any, Any, Any]:
    """(instant, day, condition) at which a spell enters the stock."""
    if metric.id == "overdue_now":
        at = func.greatest(facts.column("due_at"), facts.column("spell_opened_at"))
        on = func.greatest(facts.column("due_on"), facts.column("spell_opened_on"))
        ever = or_(facts.column("closed_at").is_(None), facts.column("closed_at") > at)
        return at, on, and_(facts.column("has_valid_due"), ever)
    assert metric.stock_from is not None
    return facts.column(metric.stock_from[0]), facts.column(metric.stock_from[1]), facts.column("case_id").is_not(None)


def _accumulated(moves: pd.DataFrame, asked: Asked, groups: list[str]) -> pd.DataFrame:
    question = asked.question
    starts = pd.to_datetime(asked.calendar.starts(question.start, question.end, question.grain))
    moves = moves.assign(period=pd.to_datetime(moves["period"]), n=moves["n"].astype("float64"))
    if not groups:
        level = moves.groupby("period")["n"].sum().reindex(starts, fill_value=0.0).cumsum()
        return level.rename_axis("period").reset_index(name="n")
    if moves.empty:
        return moves
    wide = moves.pivot_table(index="period", columns=groups, values="n", aggfunc="sum", fill_value=0.0)
    level = wide.reindex(starts, fill_value=0.0).cumsum().rename_axis("period")
    return level.unstack().rename("n").reset_index()
