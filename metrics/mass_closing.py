"""Days on which a department closed far more than it does on such a weekday: often a clean-up of records, sometimes a good day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Integer, and_, cast, func, select

from metrics.closure import ENDINGS, ROBUST
from metrics.definitions import REGISTRY
from metrics.select import Asked

WEEKS_BEFORE = 26
LEAST_WEEKS = 8
LEAST_CLOSINGS = 10
LEAST_TIMES = 3
LEAST_SPREADS = 5
RULE = (
    f"Listed: at least {LEAST_CLOSINGS} closings, at least {LEAST_TIMES} times the department's median for that weekday in the {WEEKS_BEFORE} weeks "
    f"before, and {LEAST_SPREADS} robust standard deviations (1.4826 x the median absolute deviation, at least 1) above it."
)
"""In words, for the reader."""


def mass_closings(asked: Asked) -> pd.DataFrame:
    """The unusual days in the question's period, most closings first.

    Columns: `key` and `label` (department that closed), `day`, `n` (closings), `usual` (median of that weekday before), `without_work`
    (cases closed without work, as `closed_without_work` counts them), `otherwise` (closed automatically, denied or withdrawn),
    `oldest` (days from opening to closing of the oldest case; null if none can be trusted).
    """
    daily = _daily(asked)
    if daily.empty:
        return daily.assign(usual=pd.Series(dtype="float64"))
    first = daily["day"].min()
    wide = daily.pivot_table(index="key", columns="day", values="n", fill_value=0.0)
    wide = wide.reindex(columns=pd.date_range(first, pd.Timestamp(asked.question.end), inclusive="left"), fill_value=0.0)
    places, found = {key: number for number, key in enumerate(wide.index)}, []
    counts, may_be = wide.to_numpy("float64"), _candidates(wide.to_numpy("float64"))
    for row in daily[daily["day"] >= pd.Timestamp(asked.question.start)].to_dict("records"):
        place, at = places[row["key"]], (row["day"] - first).days
        if may_be[place, at]:
            usual, spread = _usual(counts[place], at)
            if row["n"] >= LEAST_TIMES * usual and row["n"] > usual + LEAST_SPREADS * spread:
                found.append({**row, "usual": usual})
    made = pd.DataFrame(found, columns=[*daily.columns, "usual"])
    return made.sort_values(["n", "day", "label"], ascending=[False, False, True], ignore_index=True)


def _candidates(counts: np.ndarray) -> np.ndarray:
    """Of closings by department and day, those that are many and at least `LEAST_TIMES` the median of their weekday before.

    The median is at most a third of a count where at least half of the earlier days are: that is quick to count for all days.
    """
    below, weeks = np.zeros(counts.shape), np.minimum(np.arange(counts.shape[1]) // 7, WEEKS_BEFORE)
    for week in range(1, WEEKS_BEFORE + 1):
        if 7 * week < counts.shape[1]:
            below[:, 7 * week :] += counts[:, : -7 * week] * LEAST_TIMES <= counts[:, 7 * week :]
    return (counts >= LEAST_CLOSINGS) & (weeks >= LEAST_WEEKS) & (2 * below >= weeks)


def _usual(counts: np.ndarray, at: int) -> tuple[float, float]:
    """(median, robust standard deviation) of the same weekday in the weeks before day `at`, days without any closing included."""
    before = counts[max(at % 7, at - 7 * WEEKS_BEFORE) : at : 7]
    middle = float(np.median(before))
    return middle, max(1.0, ROBUST * float(np.median(np.abs(before - middle))))


def _daily(asked: Asked) -> pd.DataFrame:
    """Closings by department and city day, from half a year before the period on."""
    closed, without = REGISTRY["closed"], REGISTRY["closed_without_work"]
    start: date = asked.question.start - timedelta(weeks=WEEKS_BEFORE)
    earlier = asked.about(asked.question.about(start=start))
    facts = earlier.facts(closed)
    assert closed.rows is not None and without.hits is not None
    otherwise = and_(facts.state, facts.outcome_in(ENDINGS["otherwise"]))
    day, group = facts.column("closed_on").label("day"), earlier.group(facts, closed, "department").label("grp")
    statement = select(
        day, group, func.count().label("n"), cast(func.sum(cast(without.hits(facts), Integer)), Integer).label("without_work"),
        cast(func.sum(cast(otherwise, Integer)), Integer).label("otherwise"), (func.max(facts.column("seconds_to_close")) / 86400.0).label("oldest"),
    ).where(earlier.population(facts, closed), facts.during("closed_at"), closed.rows(facts)).group_by(day.element, group.element)  # fmt: skip
    frame = earlier.named(earlier.mart.read(statement, earlier.scope), "department")
    return frame.assign(day=pd.to_datetime(frame["day"])).astype(
        {"n": "float64", "without_work": "float64", "otherwise": "float64", "oldest": "float64"}
    )
