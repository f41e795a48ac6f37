"""Closing a week: its figures as they are known now, of the city and of each department, and whether the data are fit to be discussed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from data_access.store import freezes
from data_access.store.engine import Store
from data_access.store.freezes import CITY, Figure, Freeze
from metrics import health
from metrics.definitions import DEFINITIONS_VERSION, HEADLINE, METRICS, REGISTRY
from metrics.measure import measure
from metrics.select import Asked

FROZEN = tuple(metric.id for metric in METRICS if metric.by_period)
"""What is frozen of each week: every figure that a week has."""
MOST_REFUSED = MOST_UNMAPPED = 0.01
"""Of the rows read: more are too many for figures that are to be believed."""


def close_week(
    asked: Asked, store: Store, now: datetime, *, stale_after: timedelta, failure: str | None = None, is_held: bool = False
) -> Freeze | None:
    """Freeze the last week that is over in the data, if it is not frozen yet; answers what was frozen.

    Args:
        asked: a question without filters, of somebody who sees the whole city.
        now: naive UTC.
        stale_after: older data are late.
        failure: why the last load failed, if it did.
        is_held: whether a newer load waits for a decision.
    """
    first, _ = asked.last_week()
    if freezes.of_week(store, first) is not None:
        return None
    note = " ".join(problems(asked, now, stale_after, failure, is_held))
    return freezes.keep(
        store, week=first, as_of=asked.question.as_of, now=now, definitions=DEFINITIONS_VERSION, gate_note=note, figures=figures(asked)
    )


def figures(asked: Asked, metrics: Iterable[str] = FROZEN) -> list[Figure]:
    """Figures of the last complete week, of the city and of each department, as of the question's `as_of`."""
    first, end = asked.last_week()
    week = asked.about(asked.question.about(start=first, end=end, grain="week")).remembering()
    made = []
    for metric in metrics:
        of_all = measure(metric, week, period=True).frame.assign(key=CITY)
        of_each = measure(metric, week, by="department", period=True).frame
        for row in (*of_all.to_dict("records"), *of_each.to_dict("records")):
            if row["key"] != "none":
                made.append(_figure(metric, row))
    return made


def headline(frozen: Sequence[Figure]) -> list[Figure]:
    """Those of `frozen` that stand on the first page."""
    return [figure for figure in frozen if figure.metric in HEADLINE]


def _figure(metric: str, row: Mapping[Any, Any]) -> Figure:
    value, numerator, denominator = (_plain(row.get(name)) for name in ("value", "numerator", "denominator"))
    return Figure(metric, row["key"], value, numerator, denominator, _plain(row["n"]) or 0.0, REGISTRY[metric].version)


def _plain(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def problems(asked: Asked, now: datetime, stale_after: timedelta, failure: str | None = None, is_held: bool = False) -> list[str]:
    """Why the data are not fit to be discussed, each in a sentence; none where they are."""
    made, age = [], now - asked.mart.as_of
    if failure:
        made.append(f"The last load failed: {failure}" if failure.endswith(".") else f"The last load failed: {failure}.")
    if is_held:
        made.append("A newer load is held: it differs too much from these data, and nobody has decided about it.")
    if age > stale_after:
        hours = f"{age.total_seconds() / 3600:,.0f} hours"
        made.append(f"The feed is late: when the week was closed, the data were {hours} old.")
    counts = [float(frame["n"].sum()) for frame in (health.refused(asked), health.unmapped(asked))]
    return made + too_many(health.rows_read(asked), *counts)


def too_many(read: int, refused: float, unmapped: float) -> list[str]:
    """What is said of rows that cannot be believed, where of those read there are too many."""
    made = []
    if refused > MOST_REFUSED * read:
        made.append(f"{refused:,.0f} of {read:,} rows were refused and are in no figure.")
    if unmapped > MOST_UNMAPPED * read:
        made.append(f"{unmapped:,.0f} of {read:,} rows hold a word that nobody mapped.")
    return made
