"""The few figures a resident is told first, with the same weeks a year earlier beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from metrics.measure import measure
from metrics.periods import SAME_WEEK_LAST_YEAR
from metrics.select import Asked


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts of cases; `opened_before` and `share_before` are of the same weeks a year (364 days) earlier."""

    opened: float
    opened_before: float | None
    due: float
    met: float
    share_before: float | None
    """Share on time then; None without a due case."""
    old_enough: float
    """Cases opened in the period at least a week before the data ends."""
    within_week: float
    """Of these, how many were closed within a week."""
    open: float
    overdue: float


def answers(asked: Asked) -> Answers:
    """Reported, on time, closed within a week, open and overdue for the question."""
    before = replace(asked, question=asked.question.shifted(SAME_WEEK_LAST_YEAR.days))
    on_time, quick = measure("ontime_due", asked), measure("closed_within_7_days", asked)
    return Answers(
        opened=_count("opened", asked), opened_before=_count("opened", before), due=on_time.denominator or 0.0, met=on_time.numerator or 0.0,
        share_before=measure("ontime_due", before).value, old_enough=quick.denominator or 0.0, within_week=quick.numerator or 0.0,
        open=_count("backlog", asked), overdue=_count("overdue_now", asked),
    )  # fmt: skip


def _count(metric_id: str, asked: Asked) -> float:
    return measure(metric_id, asked).value or 0.0


def services(asked: Asked) -> pd.DataFrame:
    """One row for each service: reported, on time, time to close, open now; withheld cells are empty."""
    on_time = measure("ontime_due", asked, by="request_type").frame.set_index("key")[["label", "value", "n"]]
    opened = measure("opened", asked, by="request_type").frame.set_index("key")
    times = measure("ttc_km", asked, by="request_type").frame.set_index("key")[["median", "p90"]]
    now = measure("backlog", asked, by="request_type").frame.set_index("key")["value"].rename("open")
    made = opened[["label"]].assign(opened=opened["value"]).join(on_time[["value", "n"]]).join(times).join(now)
    return made.sort_values(["opened", "label"], ascending=[False, True]).reset_index()
