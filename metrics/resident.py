"""The few figures a resident is told first, with the same months a year earlier beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from metrics.measure import measure
from metrics.select import Asked


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts of cases, None where there are too few to publish; `opened_before` and `share_before` are of the same months a year earlier."""

    opened: float | None
    opened_before: float | None
    due: float | None
    met: float | None
    share_before: float | None
    """Share on time then; None without a due case."""
    old_enough: float | None
    """Cases opened in the period at least a week before the data ends."""
    within_week: float | None
    """Of these, how many were closed within a week."""
    open: float | None
    overdue: float | None


def answers(asked: Asked) -> Answers:
    """Reported, on time, closed within a week, open and overdue for the question."""
    before = year_earlier(asked)
    on_time, quick = measure("ontime_due", asked), measure("closed_within_7_days", asked)
    return Answers(
        opened=measure("opened", asked).value, opened_before=measure("opened", before).value, due=on_time.denominator, met=on_time.numerator,
        share_before=measure("ontime_due", before).value, old_enough=quick.denominator, within_week=quick.numerator,
        open=measure("backlog", asked).value, overdue=measure("overdue_now", asked).value,
    )  # fmt: skip


def year_earlier(asked: Asked) -> Asked:
    """The same question about the same months a year earlier."""
    question = asked.question
    return asked.about(question.about(start=_year_before(question.start), end=_year_before(question.end)))


def _year_before(day: date) -> date:
    """The same first day of a month a year earlier."""
    return day.replace(year=day.year - 1)


def services(asked: Asked) -> pd.DataFrame:
    """One row for each service: `opened`, on time (`value` of `n`), time to close (`median` and `p90` of `seen`), `open` now; what is withheld is empty."""
    on_time = measure("ontime_due", asked, by="request_type").frame.set_index("key")[["label", "value", "n"]]
    opened = measure("opened", asked, by="request_type").frame.set_index("key")
    times = measure("ttc_km", asked, by="request_type").frame.set_index("key")[["median", "p90", "n"]]
    now = measure("backlog", asked, by="request_type").frame.set_index("key")["value"].rename("open")
    made = (
        opened[["label"]].assign(opened=opened["value"]).join(on_time[["value", "n"]]).join(times.rename(columns={"n": "seen"})).join(now)
    )
    # A service that is not there has no case; one that is withheld is there, and empty.
    none = {"n": ~made.index.isin(on_time.index), "open": ~made.index.isin(now.index)}
    made = made.assign(**{name: made[name].mask(absent, 0.0) for name, absent in none.items()})
    return made.sort_values(["opened", "label"], ascending=[False, True]).reset_index()
