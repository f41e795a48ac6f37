"""How long a problem waits until somebody reports it, estimated from the reports that follow the first.

Reports after the first about the same incident arrive at the rate at which residents notice it. If
they notice it as readily before the first, the mean time until the first is 1 / rate (Liu, Bhandaram
and Garg, arXiv 2204.08620). An incident is exposed from its first report until it was inspected or
closed, or until now: after that nobody need report it. Types differ in how easily they are noticed,
so figures are best compared for one type at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from sqlalchemy import Float, Integer, and_, cast, func, select

from data_access import vocabulary
from metrics.definitions import REGISTRY
from metrics.intervals import poisson_interval
from metrics.kinds import Metric
from metrics.select import GROUPS, Asked, By

LEAST_REPORTS = 5
"""With fewer further reports the rate is anybody's guess and no delay is given."""


def reporting_rate(incidents: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """Further reports per incident-day, and the mean delay before the first report that it implies.

    Args:
        incidents: `further_reports` and `open_days_after_first_report` of each incident of one type.
    """
    days = sum(incident["open_days_after_first_report"] for incident in incidents)
    reports = sum(incident["further_reports"] for incident in incidents)
    return {"reports_per_day": reports / days if days else None, "mean_delay_days": delay(reports, days)}


def delay(reports: float, days: float) -> float | None:
    """Days per further report: the mean time until somebody reports. None without any report or exposure."""
    return days / reports if reports and days else None


def reporting_delay(metric: Metric, asked: Asked, by: By, period: bool) -> pd.DataFrame:
    """Incident-days / further reports, with `low` and `high` (95 %, days); `n` counts incidents, `denominator` further reports."""
    facts, opened = asked.facts(), REGISTRY["opened"]
    column = facts.column
    records = asked.mart.case_records(asked.scope)
    again = records.alias("again")
    is_duplicate = and_(
        again.c.parent_source_id.is_not(None), again.c.outcome_id == vocabulary.code_of("outcome", "duplicate"),
        again.c.opened_at >= facts.start, again.c.opened_at <= facts.as_of,
    )  # fmt: skip
    followed = (
        select(records.c.case_id, again.c.opened_at.label("again_at"))
        .join(again, and_(again.c.parent_source_id == records.c.source_id, again.c.programme_id == records.c.programme_id))
        .where(is_duplicate, records.c.opened_at >= facts.start, records.c.opened_at < facts.end)
        .subquery("followed")
    )
    inspected = select(records.c.case_id, records.c.inspected_at).where(records.c.inspected_at.is_not(None)).subquery("inspected")
    end = func.least(func.coalesce(column("closed_at"), facts.now), func.coalesce(inspected.c.inspected_at, facts.now), facts.now)
    days = func.greatest((func.epoch(end) - func.epoch(column("opened_at"))) / 86400.0, 0.0)
    keys = asked.keys(facts, opened, by, period)
    wanted = and_(asked.population(facts, opened), facts.first, facts.during("opened_at"))
    incidents = (
        select(*keys, column("case_id"), column("opened_at"), end.label("end_at"), days.label("days"))
        .select_from(facts.spell.outerjoin(inspected, inspected.c.case_id == column("case_id")))
        .where(wanted)
        .cte("incidents")
    )
    within = and_(followed.c.again_at > incidents.c.opened_at, followed.c.again_at <= incidents.c.end_at)
    counts = (
        select(followed.c.case_id, func.count().label("reports"))
        .join(incidents, incidents.c.case_id == followed.c.case_id)
        .where(within)
        .group_by(followed.c.case_id)
        .subquery("counts")
    )
    groups = [incidents.c[name] for name in (*GROUPS, "period") if name in incidents.c]
    sums = [
        func.count().label("n"), cast(func.coalesce(func.sum(incidents.c.days), 0), Float).label("days"),
        cast(func.coalesce(func.sum(counts.c.reports), 0), Integer).label("reports"),
    ]  # fmt: skip
    statement = select(*groups, *sums).select_from(incidents.outerjoin(counts, counts.c.case_id == incidents.c.case_id))
    frame = asked.named(asked.mart.read(statement.group_by(*groups) if groups else statement, asked.scope), by)
    return _answered(frame.assign(period=pd.to_datetime(frame["period"])) if period else frame)


def _answered(frame: pd.DataFrame) -> pd.DataFrame:
    n, days, reports = (frame[name].astype("float64").fillna(0) for name in ("n", "days", "reports"))
    enough = reports >= LEAST_REPORTS
    ends = [poisson_interval(count) if known else (None, None) for count, known in zip(reports, enough, strict=True)]
    low, high = ([None if end[at] is None else time / end[at] for end, time in zip(ends, days, strict=True)] for at in (1, 0))
    counts = pd.concat([n, reports], axis=1)
    return frame.drop(columns=["days", "reports"]).assign(
        value=(days / reports.where(enough)), numerator=days, denominator=reports, n=n, suppressed=False,
        low=pd.Series(low, index=frame.index, dtype="float64"), high=pd.Series(high, index=frame.index, dtype="float64"),
        smallest_part=counts.where(counts > 0).min(axis=1),
    )  # fmt: skip
