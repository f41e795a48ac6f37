"""Time to close with open cases taken into account: Kaplan-Meier estimates, computed in the database.

S(t) is the product over closing times u <= t of (1 - d(u) / n(u)); open cases leave the risk set
at `as_of`, and at equal times closings come before them (Kaplan and Meier, 1958).
"""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Integer, and_, case, cast, func, literal, select

from metrics.kinds import Metric
from metrics.select import GROUPS, KEYS, Asked, By

EPSILON = 1e-9
"""S = 0.5000000000000001 has reached 0.5: products of fractions carry rounding errors."""


def curve(asked: Asked, by: By = None, *, period: bool = False, entry: bool = False) -> pd.DataFrame:
    """The estimate at every closing time: the groups of `by`, `days`, `at_risk`, `closed`, `survival`.

    The cohort is the cases opened in the period (of the question; with `period`, in each of its
    periods); with `entry` it is every case open at some time in the period, each at risk from the
    age it had when the period began until it closed or the period ended.
    """
    return asked.mart.read(_curve(asked, by, period, entry), asked.scope)


def summary(metric: Metric, asked: Asked, by: By, period: bool = False) -> pd.DataFrame:
    """Median and P90 days with `lower_bound` (the oldest age seen) where they were not reached."""
    points = curve(asked, by, period=period)
    sizes = asked.mart.read(_sizes(asked, by, period), asked.scope)
    keys = [name for name in (*GROUPS, "period") if name in sizes.columns]
    for name, share in (("median", 0.5), ("p90", 0.9)):
        reached = points[points["survival"] <= 1 - share + EPSILON]
        if keys:
            days = reached.groupby(keys, as_index=False)["days"].min().rename(columns={"days": name})
            sizes = sizes.merge(days, on=keys, how="left")
        else:
            sizes = sizes.assign(**{name: reached["days"].min() if len(reached) else float("nan")})
    frame = asked.named(sizes, by)
    if period:
        frame = frame.assign(period=pd.to_datetime(frame["period"])).sort_values([name for name in KEYS if name in frame.columns])
    figures = {name: frame[name].astype("float64") for name in ("median", "p90", "n", "closed")}
    made = frame.drop(columns="closed").assign(
        value=figures["median"], median=figures["median"], p90=figures["p90"], lower_bound=frame["oldest"],
        numerator=figures["closed"].fillna(0), denominator=figures["n"], n=figures["n"], suppressed=False,
    )  # fmt: skip
    return made.drop(columns="oldest").reset_index(drop=True)


def quantile(points: pd.DataFrame, share: float) -> float | None:
    """First day by which `share` of the cases are closed; None if that is not reached."""
    reached = points[points["survival"] <= 1 - share + EPSILON]
    return None if reached.empty else float(reached["days"].min())


def _cohort(asked: Asked, by: By, period: bool, entry: bool):  # type: ignore[no-untyped-def]
    from metrics.definitions import REGISTRY

    facts = asked.facts()
    metric = REGISTRY["opened"]
    opened = facts.column("opened_at")
    last = min(facts.as_of, facts.end) if entry else facts.as_of
    until = case((and_(facts.is_closed, facts.column("closed_at") <= last), facts.column("closed_at")), else_=literal(last))
    days = ((func.epoch(until) - func.epoch(opened)) / 86400.0).label("days")
    is_closed = cast(and_(facts.is_closed, facts.column("closed_at") <= last), Integer).label("is_closed")
    group = asked.keys(facts, metric, by, period)
    if entry:
        entered = func.greatest((func.epoch(literal(facts.start)) - func.epoch(opened)) / 86400.0, 0.0).label("entered")
        when = and_(opened < last, until > facts.start)
        keys = [*group, days, is_closed, entered]
    else:
        when = facts.during("opened_at")
        keys = [*group, days, is_closed]
    wanted = and_(asked.population(facts, metric), facts.state, facts.column("has_valid_interval"), when)
    return select(*keys).where(wanted).subquery("cohort")


def _sizes(asked: Asked, by: By, period: bool):  # type: ignore[no-untyped-def]
    cohort = _cohort(asked, by, period, entry=False)
    keys = _keys(cohort)
    columns = [func.count().label("n"), func.sum(cohort.c.is_closed).label("closed"), func.max(cohort.c.days).label("oldest")]
    statement = select(*keys, *columns)
    return statement.group_by(*keys) if keys else statement


def _keys(cohort) -> list:  # type: ignore[no-untyped-def,type-arg]
    return [cohort.c[name] for name in (*GROUPS, "period") if name in cohort.c]


def _curve(asked: Asked, by: By, period: bool, entry: bool):  # type: ignore[no-untyped-def]
    cohort = _cohort(asked, by, period, entry)
    keys = _keys(cohort)
    leaving = select(*keys, cohort.c.days.label("days"), func.count().label("leaving"), func.sum(cohort.c.is_closed).label("closed"))
    moves = leaving.group_by(*keys, cohort.c.days).subquery("moves")
    over = {"partition_by": _keys(moves)} if keys else {}
    at_risk = func.sum(moves.c.leaving).over(**over, order_by=moves.c.days.desc())
    risk = select(*_keys(moves), moves.c.days, moves.c.closed, at_risk.label("at_risk"))
    if entry:
        # Not yet entered at age t: everyone who entered at t or later.
        later = select(func.count()).where(cohort.c.entered >= moves.c.days)
        for mine, its in zip(_keys(cohort), _keys(moves), strict=True):
            later = later.where(mine == its)
        risk = select(*_keys(moves), moves.c.days, moves.c.closed, (at_risk - later.scalar_subquery()).label("at_risk"))
    risk = risk.subquery("risk")
    stays = 1.0 - cast(risk.c.closed, Integer) * 1.0 / risk.c.at_risk
    # ln(0) has no value: once everyone at risk has closed, nobody is left.
    logs = case((stays > EPSILON, func.ln(func.greatest(stays, EPSILON))), else_=-1000.0)
    over = {"partition_by": _keys(risk)} if keys else {}
    survival = func.exp(func.sum(logs).over(**over, order_by=risk.c.days))
    steps = select(
        *_keys(risk),
        risk.c.days,
        cast(risk.c.at_risk, Integer).label("at_risk"),
        cast(risk.c.closed, Integer).label("closed"),
        survival.label("survival"),
    )
    steps = steps.where(risk.c.at_risk > 0).subquery("steps")
    return select(*steps.c).where(steps.c.closed > 0).order_by(steps.c.days)
