"""Time to close with open cases taken into account: Kaplan-Meier estimates, computed in the database.

S(t) is the product over closing times u <= t of (1 - d(u) / n(u)); open cases leave the risk set
at `as_of`, and at equal times closings come before them (Kaplan and Meier, 1958). Beside it stands
the sum of d(u) / (n(u) (n(u) - d(u))), which is the variance of ln S (Greenwood, 1926).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Integer, Select, Subquery, and_, case, cast, func, literal, null, select, union_all

from metrics.definitions import REGISTRY
from metrics.kinds import Facts, Metric
from metrics.ranking import LEAST_N
from metrics.select import GROUPS, Asked, By

EPSILON = 1e-9
"""S = 0.5000000000000001 has reached 0.5: products of fractions carry rounding errors."""
SHARES = {"median": 0.5, "p90": 0.9}
MICROSECONDS_A_DAY = 86_400_000_000
ENTERING = ("ttc_km_period",)
"""Metrics of the pace of a period: cases opened before it enter at the age they had then."""


def curve(asked: Asked, by: By = None, *, period: bool = False, entry: bool = False) -> pd.DataFrame:
    """The estimate at every closing time: the groups of `by`, `days`, `at_risk`, `closed`, `survival`, `variance` (of ln S; as before the last where nobody is left).

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
        steps.c.variance,
    ]
    statement = select(*keys, *columns).where(steps.c.closed > 0, steps.c.at_risk > 0)
    return asked.mart.read(statement.order_by(*keys, steps.c.days), asked.scope)


def by_day(asked: Asked, by: By = None, *, entry: bool = False) -> pd.DataFrame:
    """The estimate as it is drawn and compared, at the end of every day of age at which something happens.

    Columns: `key` and `label` if `by`, whole `day` (0, 1, 2, ...), `survival` and `variance` at its end, how many cases were
    `closed`, `left` (closed or not) and, with `entry`, `entered` during it, and `least`: the fewest cases at risk at any closing so far.
    """
    steps = _steps(_cohort(asked, by, False, entry))
    keys, day = _keys(steps), cast(func.ceil(steps.c.days), Integer).label("day")
    sums = [
        cast(func.sum(steps.c[name]), Integer).label(label) for name, label in (("closed", "closed"), ("leaving", "left"), ("entering", "entered"))
    ]  # fmt: skip
    figures = [
        func.min(steps.c.survival).label("survival"),
        func.max(steps.c.variance).label("variance"),
        func.min(steps.c.least).label("least"),
    ]
    made = asked.named(asked.mart.read(select(*keys, day, *figures, *sums).group_by(*keys, day.element), asked.scope), by)
    return made.sort_values([name for name in ("key", "key_2", "day") if name in made.columns], ignore_index=True)


def summary(metric: Metric, asked: Asked, by: By, period: bool = False) -> pd.DataFrame:
    """Median and P90 days with `lower_bound` (the oldest age seen) where they were not reached.

    Of a period's own pace, only as far as at least `LEAST_N` cases were at risk at every closing: below, a single one would decide.
    """
    entry = metric.id in ENTERING
    steps = _steps(_cohort(asked, by, period, entry))
    keys = _keys(steps)
    seen = func.coalesce(steps.c.least, LEAST_N) >= (LEAST_N if entry else 0)
    quantiles = [_first_day(steps, share, seen).label(name) for name, share in SHARES.items()]
    counts = [
        func.sum(steps.c.leaving).label("n"), func.sum(steps.c.closed).label("closed"), func.max(case((seen, steps.c.days), else_=null())).label("oldest"),
    ]  # fmt: skip
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


def quantile(points: pd.DataFrame, share: float, of: str = "survival") -> float | None:
    """First day (`days`) of a curve by which `share` of the cases are closed, by column `of`; None if that is not reached."""
    reached = points[points[of] <= 1 - share + EPSILON]
    return None if reached.empty else float(reached["days"].min())


def _first_day(steps: Subquery, share: float, seen: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.min(case((and_(seen, steps.c.survival <= 1 - share + EPSILON), steps.c.days), else_=null()))


def _keys(rows: Subquery) -> list[Any]:
    return [rows.c[name] for name in (*GROUPS, "period") if name in rows.c]


def _cohort(asked: Asked, by: By, period: bool, entry: bool) -> Subquery:
    """The ages at which cases enter and leave the risk set, and whether they leave it closed."""
    if not entry:
        facts = asked.facts()
        return _ages(asked, facts, by, period, facts.as_of, facts.during("opened_at"), entry=False).subquery("cohort")
    # Whoever was open at some time of the period ended after its start or has not ended yet.
    ended, unended = (asked.facts_of(asked.rows(which)) for which in ("closed", "open"))
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
    # Whole microseconds: quicker to group and to sort than fractions of days.
    until = func.epoch_us(literal(facts.start if entry else last)) - func.epoch_us(opened)
    age = (until if entry else case((has_closed, facts.column("seconds_to_close") * 1_000_000), else_=until)).label("age")
    leaving, entering = literal(int(not entry), Integer).label("leaving"), literal(int(entry), Integer).label("entering")
    is_closed = (literal(0, Integer) if entry else cast(has_closed, Integer)).label("is_closed")
    wanted = and_(asked.population(facts, metric), facts.state, facts.column("has_valid_interval"), when)
    return select(*asked.keys(facts, metric, by, period), age, leaving, entering, is_closed).where(wanted)


def _steps(cohort: Subquery) -> Subquery:
    """Every age at which something happens, with the risk set just before it and the estimate after it."""
    keys = _keys(cohort)
    sums = [
        func.sum(cohort.c[name]).label(label) for name, label in (("leaving", "leaving"), ("entering", "entering"), ("is_closed", "closed"))
    ]
    moves = select(*keys, cohort.c.age, *sums).group_by(*keys, cohort.c.age).subquery("moves")
    at_risk = func.sum(moves.c.leaving - moves.c.entering).over(partition_by=_keys(moves) or None, order_by=moves.c.age.desc())
    counts = [moves.c.leaving, moves.c.entering, moves.c.closed]
    risk = select(*_keys(moves), moves.c.age, *counts, at_risk.label("at_risk")).subquery("risk")
    n, d = func.greatest(risk.c.at_risk, 1), risk.c.closed
    stays = 1.0 - cast(d, Integer) * 1.0 / n
    # ln(0) has no value: once everyone at risk has closed, nobody is left.
    logs = case((stays > EPSILON, func.ln(func.greatest(stays, EPSILON))), else_=-1000.0)
    spread = case((n > d, cast(d, Integer) * 1.0 / (n * func.greatest(n - d, 1))), else_=null())

    def upto(what: ColumnElement[Any], of: Any = func.sum) -> ColumnElement[Any]:
        return of(what).over(partition_by=_keys(risk) or None, order_by=risk.c.age)

    figures = [
        func.exp(upto(logs)).label("survival"),
        upto(spread).label("variance"),
        upto(case((d > 0, n), else_=null()), func.min).label("least"),
    ]
    days = (risk.c.age / literal(float(MICROSECONDS_A_DAY))).label("days")
    return select(*_keys(risk), days, risk.c.leaving, risk.c.entering, d, risk.c.at_risk, *figures).subquery("steps")
