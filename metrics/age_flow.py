"""How the stock of open cases moved through the age bands: what was there, what came, what left, what is there now.

Ages are elapsed days since opening, in the bands of `metrics.ageing`. Every figure is counted from the
same stretches ("spells"), so each band adds up: end = start + opened + reopened + grew in - closed - grew out.
A closing counts, as in the net flow, for the department that owns the case now.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, DateTime, Integer, Select, and_, case, cast, column, func, literal, or_, select, union_all, values

from metrics.ageing import band_names
from metrics.definitions import REGISTRY
from metrics.dictionary.rules import AGE_BOUNDS
from metrics.kinds import Facts
from metrics.select import Asked

CAME = ("start", "opened", "reopened")
"""How a stretch got into the stock, by its number in the statement."""
MOVES = ("opened", "reopened", "grew_in", "closed", "grew_out")
MOST_POINTS = 27
"""Instants at which the stock over time is counted; of more periods every second, third, ... is taken, the last always."""


def instants(asked: Asked) -> tuple[datetime, datetime]:
    """The two instants whose stocks are compared: the last before the period and its own last, neither after `as_of`."""
    question, last = asked.question, asked.calendar.last_instant
    return min(last(question.start), question.as_of), min(last(question.end), question.as_of)


def age_flow(asked: Asked) -> pd.DataFrame:
    """One row per age band, young to old: `band`, `start`, `opened`, `reopened`, `grew_in`, `closed`, `grew_out`, `end` (cases; closings)."""
    low, high = instants(asked)
    found = asked.mart.read(_stretches(asked, low, high), asked.scope)
    made = {name: [0] * len(AGE_BOUNDS) for name in ("start", *MOVES, "end")}
    for row in found.astype("int64").itertuples(index=False):
        made[CAME[row.came]][row.first] += row.n
        made["closed" if row.is_closed else "end"][row.last] += row.n
        for band in range(row.first, row.last):
            made["grew_out"][band] += row.n
            made["grew_in"][band + 1] += row.n
    return pd.DataFrame({"band": band_names(), **made})


def ages_over_time(asked: Asked) -> pd.DataFrame:
    """The stock by age at the end of each period: `period` (first day), `at` (instant) and a column per band, young to old."""
    question, calendar = asked.question, asked.calendar
    starts = calendar.starts(question.start, question.end, question.grain)
    step = -(-len(starts) // MOST_POINTS)
    starts = starts[(len(starts) - 1) % step :: step]
    ends = [min(calendar.next_start(start, question.grain), question.end) for start in starts]
    at = [min(calendar.last_instant(end), question.as_of) for end in ends]
    points = values(column("point", Integer), column("moment", DateTime), name="points").data(list(enumerate(at)))
    parts = []
    for facts, mine in _sources(asked, at[0]):
        band = _band(points.c.moment, facts)
        stays = and_(
            facts.column("spell_opened_at") <= points.c.moment,
            or_(facts.column("closed_at").is_(None), facts.column("closed_at") > points.c.moment),
        )
        counted = select(points.c.point, band.label("band"), func.count().label("n")).select_from(facts.spell.join(points, stays))
        parts.append(counted.where(asked.population(facts, REGISTRY["backlog"]), mine).group_by(points.c.point, band))
    found = asked.mart.read(select(*union_all(*parts).subquery("stock").c), asked.scope)
    wide = found.pivot_table(index="point", columns="band", values="n", aggfunc="sum", fill_value=0)
    wide = wide.reindex(index=range(len(at)), columns=range(len(AGE_BOUNDS)), fill_value=0).set_axis(band_names(), axis=1)
    made = wide.reset_index(drop=True).rename_axis(columns=None)
    made.insert(0, "period", pd.to_datetime(starts))
    made.insert(1, "at", pd.to_datetime(at))
    return made


def _stretches(asked: Asked, low: datetime, high: datetime) -> Select:
    """The stretches open at some time after `low` and up to `high`: how they came, in which band, how and in which band they ended, `n`."""
    parts = []
    for facts, mine in _sources(asked, low):
        begun, closed = facts.column("spell_opened_at"), facts.column("closed_at")
        was_open, is_closed = begun <= low, func.coalesce(closed <= high, False)
        came = case((was_open, 0), (facts.column("spell_no") == 1, 1), else_=2).label("came")
        first = _band(case((was_open, literal(low)), else_=begun), facts).label("first")
        last = _band(case((is_closed, closed), else_=literal(high)), facts).label("last")
        touched = and_(begun <= high, or_(closed.is_(None), closed > low, begun > low))
        rows = select(came, first, cast(is_closed, Integer).label("is_closed"), last)
        parts.append(rows.where(asked.population(facts, REGISTRY["backlog"]), mine, touched))
    every = union_all(*parts).subquery("stretches")
    return select(*every.c, func.count().label("n")).group_by(*every.c)


def _sources(asked: Asked, low: datetime) -> list[tuple[Facts, ColumnElement[bool]]]:
    """The stretches that ended at or after `low`, and those that have not ended."""
    ended, unended = (asked.facts_of(asked.rows(which)) for which in ("closed", "open"))
    return [(ended, ended.column("closed_at") >= low), (unended, unended.column("closed_at").is_(None))]


def _band(at: Any, facts: Facts) -> ColumnElement[int]:
    """Number of the age band at an instant."""
    days = (func.epoch(at) - func.epoch(facts.column("opened_at"))) / 86400.0
    return case(*[(days >= bound, number) for number, bound in reversed(list(enumerate(AGE_BOUNDS)))], else_=0)
