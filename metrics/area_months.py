"""One figure for every area and month: all months of a period in one question, for a map that steps through them."""

from __future__ import annotations

import pandas as pd

from metrics.areas import COUNTS, FEW, state_of
from metrics.composite import rate_per_1000
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.question import BadQuestion, require_metric
from metrics.select import Asked

MOST_MONTHS = 60


def area_months(asked: Asked, metric_id: str, layer: str) -> pd.DataFrame:
    """`key`, `label`, `period` (first day of the month), `value`, `numerator`, `n`, `state` of every area in every month of the period.

    `state` and what has no value are as in `AreaFigures`. The first and the last month hold what of them lies in the period.

    Raises:
        BadQuestion: no such metric or layer, a figure of one instant, or more than `MOST_MONTHS` months.
    """
    metric = REGISTRY[require_metric(metric_id)]
    months = asked.calendar.starts(asked.question.start, asked.question.end, "month")
    if len(months) > MOST_MONTHS:
        raise BadQuestion(f"The period touches {len(months)} months; choose at most {MOST_MONTHS} to step through.")
    members = asked.open_areas(layer)
    answer = measure(metric_id, asked.about(asked.question.about(grain="month")), by=layer, period=True)
    every = pd.MultiIndex.from_product(
        [[member.slug for member in members], pd.to_datetime(months).astype("datetime64[us]")], names=["key", "period"]
    )
    frame = answer.frame.set_index(["key", "period"])[["value", "numerator", "n", "suppressed"]].reindex(every)
    absent = frame["n"].isna() & frame["suppressed"].isna()
    nothing = {
        member.slug: 0.0
        if metric.unit in COUNTS
        else rate_per_1000(0, member.extra.get("population"))
        if metric.unit == "per_1000"
        else None
        for member in members
    }
    frame = frame.reset_index()
    absent = absent.to_numpy()
    frame.loc[absent, "n"] = 0.0
    frame.loc[absent, "value"] = frame.loc[absent, "key"].map(nothing).astype("float64")
    frame = frame.assign(
        suppressed=[value is True for value in frame["suppressed"]], label=frame["key"].map({m.slug: m.name for m in members})
    )
    frame = frame.assign(state=[state_of(metric, row) for row in frame.to_dict("records")])
    return frame.assign(value=frame["value"].mask(frame["state"] == FEW), numerator=frame["numerator"].mask(frame["state"] == FEW))
