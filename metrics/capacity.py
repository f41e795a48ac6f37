"""What it takes to bring a stock down to a target by a day: the closings a week that are missing, as a range.

If nothing changes, the stock goes on as in the last eight weeks. How far such a projection goes wrong over so many
weeks is taken from the projections of the past year. What is missing at the end is spread over the weeks until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Integer, cast, func, select

from metrics.composite import WEEKS_OF_PACE
from metrics.measure import measure
from metrics.outlook import INSIDE, LEAST_ERRORS
from metrics.question import BadQuestion
from metrics.select import Asked
from metrics.standing import instant_of, standing

STOCKS = ("overdue_now", "backlog")
MOST_WEEKS = 26
"""Farther ahead than half a year nothing is projected."""
MOST_TARGET = 10_000_000
JUDGED = 52
USUAL_WEEKS = 13


@dataclass(frozen=True)
class Plan:
    """What was asked: bring `of` down to `target` cases by the end of the day before `until`."""

    of: str
    target: int
    until: date
    weeks: float
    """From `as_of` until then."""


def plan_of(asked: Asked, of: str, target: str, until: str, now: float) -> Plan:
    """What the reader wrote as a plan; without a target half of `now`, without a day in 13 weeks.

    Raises:
        BadQuestion: no whole number of cases, no date, or a date that has passed or is too far ahead.
    """
    if of not in STOCKS:
        raise BadQuestion("Either the overdue or the open cases can be brought down.")
    if target and not (target.isascii() and target.isdigit() and int(target[:9]) <= MOST_TARGET and len(target) <= 8):
        raise BadQuestion(f"The target is '{target[:20]}'; write a whole number of cases from 0 to {MOST_TARGET:,}.")
    today = asked.calendar.day_of(asked.question.as_of)
    day = today + timedelta(weeks=USUAL_WEEKS)
    if until:
        try:
            day = date.fromisoformat(until)
        except ValueError:
            raise BadQuestion(f"The day is '{until[:20]}'; write a date such as {day}.") from None
    if not today < day <= today + timedelta(weeks=MOST_WEEKS):
        raise BadQuestion(f"The day is {day}; choose one after {today} and not later than {today + timedelta(weeks=MOST_WEEKS)}.")
    weeks = (asked.calendar.midnight(day) - asked.question.as_of).total_seconds() / (7 * 86_400)
    return Plan(of, int(target) if target else round(now / 2), day, weeks)


def capacity(asked: Asked, plan: Plan) -> pd.DataFrame:
    """The whole first (`key` empty), then its departments, most cases first.

    `key`, `label`, `now`, `target` (a department's part of it is as large as its part of `now`), `pace` (closings a week), `projected`,
    `low`, `high` (cases at the end if nothing changes; null where too little is known) and `needed`, `needed_low`, `needed_high`
    (closings a week that reach the target).
    """
    now = measure(plan.of, asked, by="department").frame
    series = levels(asked, plan.of)
    _, end = asked.calendar.last_complete(asked.question.as_of, "week")
    recent = asked.about(asked.question.about(start=end - timedelta(weeks=WEEKS_OF_PACE), end=end))
    pace = measure("closed", recent, by="department").frame.set_index("key")["value"] / WEEKS_OF_PACE
    parts = now.sort_values(["value", "label"], ascending=[False, True])[["key", "label", "value"]].rename(columns={"value": "now"})
    total = float(parts["now"].sum())
    rows = [_row(plan, total, plan.target, float(pace.sum()), series.sum(axis=1).to_numpy("float64"), key="", label="All")]
    for part in parts[parts["now"] > 0].itertuples(index=False):
        weeks = series[part.key].to_numpy("float64") if part.key in series.columns else np.zeros(0)
        rows.append(
            _row(plan, part.now, plan.target * part.now / total, float(pace.get(part.key, 0.0)), weeks, key=part.key, label=part.label)
        )
    return pd.DataFrame(rows)


def _row(plan: Plan, now: float, target: float, pace: float, levels: np.ndarray, **names: str) -> dict[str, object]:
    projected, half = projection(now, levels, plan.weeks)
    low, high = max(projected - half, 0.0), projected + half
    needed, least, most = (max(pace + (end - target) / plan.weeks, 0.0) for end in (max(projected, 0.0), low, high))
    return {
        **names, "now": now, "target": target, "pace": pace, "projected": max(projected, 0.0), "low": low, "high": high,
        "needed": needed, "needed_low": least, "needed_high": most,
    }  # fmt: skip


def levels(asked: Asked, of: str) -> pd.DataFrame:
    """The stock at the same hour of every week up to `as_of`, oldest first, from the first week that has any: a column for each department."""
    last = JUDGED + MOST_WEEKS + WEEKS_OF_PACE
    span = standing(asked, last, with_due=of == "overdue_now")
    statement = select(span.c.back, span.c.grp, cast(func.count(), Integer).label("n")).group_by(span.c.back, span.c.grp)
    if of == "overdue_now":
        statement = statement.where(span.c.due < instant_of(asked.question.as_of, span.c.back))
    frame = asked.named(asked.mart.read(statement, asked.scope), "department")
    wide = frame.pivot_table(index="back", columns="key", values="n", aggfunc="sum", fill_value=0.0)
    first = int(frame["back"].max()) if len(frame) else -1
    return wide.reindex(range(first, -1, -1), fill_value=0.0)


def projection(now: float, levels: np.ndarray, weeks: float) -> tuple[float, float]:
    """(the stock in `weeks` if it goes on as in the last eight, half the width of its range).

    Args:
        levels: the stock of every week, oldest first. Too few give NaN for what cannot be said.

    The half width is the error that 80 % of the projections made in each of the last 52 weeks, over as many weeks, did not exceed.
    """
    if len(levels) <= WEEKS_OF_PACE:
        return float("nan"), float("nan")
    ahead = max(round(weeks), 1)
    weekly = (levels[WEEKS_OF_PACE:] - levels[:-WEEKS_OF_PACE]) / WEEKS_OF_PACE
    projected = now + weeks * weekly[-1]
    made = np.maximum(levels[WEEKS_OF_PACE:-ahead] + ahead * weekly[:-ahead], 0.0)
    errors = np.sort(np.abs(levels[WEEKS_OF_PACE + ahead :] - made)[-JUDGED:])
    if len(errors) < LEAST_ERRORS:
        return projected, float("nan")
    rank = min(int(np.ceil(INSIDE * (len(errors) + 1))), len(errors))
    return projected, float(errors[rank - 1])
