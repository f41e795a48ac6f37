"""Time to close with open cases taken into account: Kaplan-Meier estimates, computed in the database.

S(t) is the product over closing times u <= t of (1 - d(u) / n(u)); open cases leave the risk set
at `as_of`, and at equal times closings come before them (Kaplan and Meier, 1958).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Integer, Select, Subquery, and_, case, cast, func, literal, null, select, union_all

from metrics.definitions import REGISTRY
from metrics.kinds import Facts, Metric
from metrics.select import GROUPS, Asked, By

EPSILON = 1e-9
"""S = 0.5000000000000001 has reached 0.5: products of fractions carry rounding errors."""
SHARES = {"median": 0.5, "p90": 0.9}


def curve(asked: Asked, by: By = None, *, period: bool = False, entry: bool = False) -> pd.DataFrame:
    """The estimate at every closing time: the groups of `by`, `days`, `at_risk`, `closed`, `survival`.

    The cohort is the cases opened in the period (of the question; with `period`, in each of its
    periods); with `entry` it is every case open at some time in the period, each at risk from the
    age it had when the period began until it closed or the period ended.
    """
    steps = _steps(_cohort(asked, by, period, entry))
    keys = _keys(steps)
    columns = [
        steps.c.days,
        cast(steps.c.at_risk, Integer).label("at_risk"),
        cast(steps.c.closed, Integer).label("closed"),
        steps.c.survival,
    ]
    statement = select(*keys, *columns).where(steps.c.closed > 0, steps.c.at_risk > 0)
    return asked.mart.read(statement.order_by(*keys, steps.c.days), asked.scope)


def by_day(asked: Asked, by: By = None, *, until_day: int = 365, entry: bool = False) -> pd.DataFrame:
    """The curve as it is drawn: `key` and `label` if `by`, whole `day` (1, 2, ...; those with a closing), and the share still open at its end."""
    steps = _steps(_cohort(asked, by, False, entry))
    keys, day = _keys(steps), cast(func.ceil(steps.c.days), Integer).label("day")
    drawn = select(*keys, day, func.min(steps.c.survival).label("share_open")).where(steps.c.closed > 0, steps.c.at_risk > 0)
    frame = asked.mart.read(drawn.where(steps.c.days <= until_day).group_by(*keys, day.element), asked.scope)
    made = asked.named(frame, by)
    return made.sort_values([name for name in ("key", "key_2", "day") if name in made.columns], ignore_index=True)


def summary(metric: Metric, asked: Asked, by: By, period: bool = False) -> pd.DataFrame:
    """Median and P90 days with `lower_bound` (the oldest age seen) where they were not reached."""
    steps = _steps(_cohort(asked, by, period, entry=False))
    keys = _keys(steps)
    quantiles = [_first_day(steps, share).label(name) for name, share in SHARES.items()]
    counts = [func.sum(steps.c.leaving).label("n"), func.sum(steps.c.closed).label("closed"), func.max(steps.c.days).label("oldest")]
    statement = select(*keys, *quantiles, *counts)
    frame = asked.named(asked.mart.read(statement.group_by(*keys) if keys else statement, asked.scope), by)
    if period:
        frame = frame.assign(period=pd.to_datetime(frame["period"]))
    figures = {name: frame[name].astype("float64") for name in ("median", "p90", "n", "closed", "oldest")}
    n = figures["n"].fillna(0)
    made = frame.drop(columns=["closed", "oldest"]).assign(
        value=figures["median"], median=figures["median"], p90=figures["p90"], lower_bound=figures["oldest"],
        numerator=figures["closed"].fillna(0), denominator=n, n=n, suppressed=False,
    )  # fmt: skip
    return made.reset_index(drop=True)


def quantile(points: pd.DataFrame, share: float) -> float | None:
    """First day of a `curve` by which `share` of the cases are closed; None if that is not reached."""
    reached = points[points["survival"] <= 1 - share + EPSILON]
    return None if reached.empty else float(reached["days"].min())


def _first_day(steps: Subquery, share: float) -> ColumnElement[Any]:
    return func.min(case((steps.c.survival <= 1 - share + EPSILON, steps.c.days), else_=null()))


def _keys(rows: Subquery) -> list[Any]:
    return [rows.c[name] for name in (*GROUPS, "period") if name in rows.c]


def _cohort(asked: Asked, by: By, period: bool, entry: bool) -> Subquery:
    """The ages at which cases enter and leave the risk set, and whether they leave it closed."""
    if not entry:
        facts = asked.facts()
        return _ages(asked, facts, by, period, facts.as_of, facts.during("opened_at"), entry=False).subquery("cohort")
    # Whoever was open at some time of the period ended after its start or has not ended yet.
    ended, unended = (asked.facts_of(source(asked.scope)) for source in (asked.mart.closed_spells, asked.mart.open_spells))
    last = min(ended.as_of, ended.end)
    parts = []
    for facts, which in ((ended, ended.column("closed_at") > ended.start), (unended, unended.column("closed_at").is_(None))):
        when = and_(which, facts.column("opened_at") < last, literal(last) > facts.start)
        parts.append(_ages(asked, facts, by, period, last, when, entry=False))
        # Cases opened in the period are at risk from the start, also those closed on the spot.
        parts.append(_ages(asked, facts, by, period, last, and_(when, facts.column("opened_at") < facts.start), entry=True))
    return union_all(*parts).subquery("cohort")


def _ages(asked: Asked, facts: Facts, by: By, period: bool, last: datetime, when: ColumnElement[bool], *, entry: bool) -> Select:
    """One row per case: its age when it left, closed or open at `last`; or, with `entry`, when the period began."""
    metric, opened, closed = REGISTRY["opened"], facts.column("opened_at"), facts.column("closed_at")
    has_closed = and_(facts.is_closed, closed <= last)
    at = literal(facts.start) if entry else case((has_closed, closed), else_=literal(last))
    days = ((func.epoch(at) - func.epoch(opened)) / 86400.0).label("days")
    leaving, entering = literal(int(not entry), Integer).label("leaving"), literal(int(entry), Integer).label("entering")
    is_closed = (literal(0, Integer) if entry else cast(has_closed, Integer)).label("is_closed")
    wanted = and_(asked.population(facts, metric), facts.state, facts.column("has_valid_interval"), when)
    return select(*asked.keys(facts, metric, by, period), days, leaving, entering, is_closed).where(wanted)


def _steps(cohort: Subquery) -> Subquery:
    """Every age at which something happens, with the risk set just before it and the estimate after it."""
    keys = _keys(cohort)
    sums = [
        func.sum(cohort.c[name]).label(label) for name, label in (("leaving", "leaving"), ("entering", "entering"), ("is_closed", "closed"))
    ]
    moves = select(*keys, cohort.c.days, *sums).group_by(*keys, cohort.c.days).subquery("moves")
    at_risk = func.sum(moves.c.leaving - moves.c.entering).over(partition_by=_keys(moves) or None, order_by=moves.c.days.desc())
    risk = select(*_keys(moves), moves.c.days, moves.c.leaving, moves.c.closed, at_risk.label("at_risk")).subquery("risk")
    stays = 1.0 - cast(risk.c.closed, Integer) * 1.0 / func.greatest(risk.c.at_risk, 1)
    # ln(0) has no value: once everyone at risk has closed, nobody is left.
    logs = case((stays > EPSILON, func.ln(func.greatest(stays, EPSILON))), else_=-1000.0)
    survival = func.exp(func.sum(logs).over(partition_by=_keys(risk) or None, order_by=risk.c.days))
    return select(*_keys(risk), risk.c.days, risk.c.leaving, risk.c.closed, risk.c.at_risk, survival.label("survival")).subquery("steps")
