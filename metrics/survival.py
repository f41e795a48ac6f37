"""Time to close with open cases taken into account: Kaplan-Meier estimates, computed in the database.

S(t) is the product over closing times u <= t of (1 - d(u) / n(u)); open cases leave the risk set
at `as_of`, and at equal times closings come before them (Kaplan and Meier, 1958).
"""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Integer, and_, case, cast, func, literal, select

from metrics.kinds import Metric
from metrics.select import Asked

EPSILON = 1e-9
"""S = 0.5000000000000001 has reached 0.5: products of fractions carry rounding errors."""


def curve(asked: Asked, by: str | None = None, *, entry: bool = False) -> pd.DataFrame:
    """The estimate at every closing time: `grp` if `by`, `days`, `at_risk`, `closed`, `survival`.

    The cohort is the cases opened in the period (of the question); with `entry` it is every
    case open at some time in the period, each at risk from the age it had when the period
    began until it closed or the period ended.
    """
    return asked.mart.read(_curve(asked, by, entry), asked.scope)


def summary(metric: Metric, asked: Asked, by: str | None) -> pd.DataFrame:
    """Median and P90 days with `lower_bound` (the oldest age seen) where they were not reached."""
    points = curve(asked, by).rename(columns={})
    sizes = asked.mart.read(_sizes(asked, by), asked.scope)
    if by is None:
        points, sizes = points.assign(grp=0), sizes.assign(grp=0)
    rows = []
    for size in sizes.itertuples(index=False):
        mine = points[points["grp"] == size.grp]
        median, p90 = quantile(mine, 0.5), quantile(mine, 0.9)
        rows.append((size.grp, median, median, p90, size.oldest, size.closed, size.n, size.n, False))
    columns = ["grp", "value", "median", "p90", "lower_bound", "numerator", "denominator", "n", "suppressed"]
    frame = pd.DataFrame(rows, columns=columns).astype({"value": "float64", "median": "float64", "p90": "float64"})
    return asked.named(frame, by) if by is not None else frame.drop(columns="grp")


def quantile(points: pd.DataFrame, share: float) -> float | None:
    """First day by which `share` of the cases are closed; None if that is not reached."""
    reached = points[points["survival"] <= 1 - share + EPSILON]
    return None if reached.empty else float(reached["days"].min())


def _cohort(asked: Asked, by: str | None, entry: bool):  # type: ignore[no-untyped-def]
    from metrics.definitions import REGISTRY

    facts = asked.facts()
    metric = REGISTRY["opened"]
    opened = facts.column("opened_at")
    last = min(facts.as_of, facts.end) if entry else facts.as_of
    until = case((and_(facts.is_closed, facts.column("closed_at") <= last), facts.column("closed_at")), else_=literal(last))
    days = ((func.epoch(until) - func.epoch(opened)) / 86400.0).label("days")
    is_closed = cast(and_(facts.is_closed, facts.column("closed_at") <= last), Integer).label("is_closed")
    group = [] if by is None else [asked.group(facts, metric, by).label("grp")]
    if entry:
        entered = func.greatest((func.epoch(literal(facts.start)) - func.epoch(opened)) / 86400.0, 0.0).label("entered")
        when = and_(opened < last, until > facts.start)
        keys = [*group, days, is_closed, entered]
    else:
        when = facts.during("opened_at")
        keys = [*group, days, is_closed]
    wanted = and_(asked.population(facts, metric), facts.state, facts.column("has_valid_interval"), when)
    return select(*keys).where(wanted).subquery("cohort")


def _sizes(asked: Asked, by: str | None):  # type: ignore[no-untyped-def]
    cohort = _cohort(asked, by, entry=False)
    keys = [] if by is None else [cohort.c.grp]
    columns = [func.count().label("n"), func.sum(cohort.c.is_closed).label("closed"), func.max(cohort.c.days).label("oldest")]
    statement = select(*keys, *columns)
    return statement.group_by(*keys) if keys else statement


def _curve(asked: Asked, by: str | None, entry: bool):  # type: ignore[no-untyped-def]
    cohort = _cohort(asked, by, entry)
    keys = [] if by is None else [cohort.c.grp]
    leaving = select(*keys, cohort.c.days.label("days"), func.count().label("leaving"), func.sum(cohort.c.is_closed).label("closed"))
    moves = leaving.group_by(*keys, cohort.c.days).subquery("moves")
    over = {"partition_by": moves.c.grp} if by is not None else {}
    at_risk = func.sum(moves.c.leaving).over(**over, order_by=moves.c.days.desc())
    keys = [] if by is None else [moves.c.grp]
    risk = select(*keys, moves.c.days, moves.c.closed, at_risk.label("at_risk"))
    if entry:
        # Not yet entered at age t: everyone who entered at t or later.
        later = select(func.count()).where(cohort.c.entered >= moves.c.days)
        if by is not None:
            later = later.where(cohort.c.grp == moves.c.grp)
        risk = select(*keys, moves.c.days, moves.c.closed, (at_risk - later.scalar_subquery()).label("at_risk"))
    risk = risk.subquery("risk")
    stays = 1.0 - cast(risk.c.closed, Integer) * 1.0 / risk.c.at_risk
    # ln(0) has no value: once everyone at risk has closed, nobody is left.
    logs = case((stays > EPSILON, func.ln(func.greatest(stays, EPSILON))), else_=-1000.0)
    over = {"partition_by": risk.c.grp} if by is not None else {}
    survival = func.exp(func.sum(logs).over(**over, order_by=risk.c.days))
    keys = [] if by is None else [risk.c.grp]
    steps = select(
        *keys,
        risk.c.days,
        cast(risk.c.at_risk, Integer).label("at_risk"),
        cast(risk.c.closed, Integer).label("closed"),
        survival.label("survival"),
    )
    steps = steps.where(risk.c.at_risk > 0).subquery("steps")
    return select(*steps.c).where(steps.c.closed > 0).order_by(steps.c.days)
