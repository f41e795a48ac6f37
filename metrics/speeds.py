"""Groups side by side: how long closing takes, of all cases and of the closed ones alone, and at the pace of the period."""

from __future__ import annotations

import pandas as pd

from metrics.curves import BEFORE
from metrics.dictionary.closing import WITHIN_DAYS
from metrics.measure import measure
from metrics.periods import SAME_WEEK_LAST_YEAR
from metrics.ranking import LEAST_N
from metrics.select import Asked


def asked_of(asked: Asked, by: str | None) -> list[tuple[str, Asked]]:
    """The questions whose groups are compared: one, or with `BEFORE` that of the period and of a year earlier."""
    if by != BEFORE:
        return [("", asked)]
    return [("now", asked), (BEFORE, asked.about(asked.question.shifted(SAME_WEEK_LAST_YEAR.days)))]


def speeds(asked: Asked, by: str | None) -> pd.DataFrame:
    """One row for each group with cases opened in the period, most cases first.

    Columns: `key`, `label`, `n` (opened in the period), `closed` and `open` of these, `median` and `p90` (Kaplan-Meier; null where not
    reached or n < `LEAST_N`), `more_than` (days; where not reached they are longer than this), `closed_n`, `closed_median` and `closed_p90`
    (of the cases closed in the period alone), `pace` (Kaplan-Meier median at the period's own pace; null where too few are at risk).
    """
    frames = []
    for key, of in asked_of(asked, by):
        dimension = None if by == BEFORE else by
        km, closed, pace = (_keyed(measure(name, of, by=dimension).frame, key) for name in ("ttc_km", "ttc_closed", "ttc_km_period"))
        enough = km["n"] >= LEAST_N
        frames.append(pd.DataFrame({
            "label": km["label"], "n": km["n"], "closed": km["numerator"], "open": km["n"] - km["numerator"],
            "median": km["median"].where(enough), "p90": km["p90"].where(enough), "more_than": km["lower_bound"].where(enough),
            "closed_n": closed["n"].reindex(km.index).fillna(0.0), "closed_median": closed["median"].reindex(km.index),
            "closed_p90": closed["p90"].reindex(km.index), "pace": pace["median"].reindex(km.index).where(pace["n"].reindex(km.index) >= LEAST_N),
        }))  # fmt: skip
    made = pd.concat(frames)
    made = made[made["n"] > 0].rename_axis("key").reset_index()
    return made if by == BEFORE else made.sort_values(["n", "label"], ascending=[False, True], ignore_index=True)


def within(asked: Asked, by: str | None) -> pd.DataFrame:
    """The share closed within 1, 3, 7, ... days for each group: `key`, `label`, `days`, `value`, `closed`, `n`; groups with most cases first."""
    frames = []
    for days in WITHIN_DAYS:
        for key, of in asked_of(asked, by):
            frame = _keyed(measure(f"closed_within_{days}_days", of, by=None if by == BEFORE else by).frame, key)
            frames.append(frame.assign(days=days, closed=frame["numerator"])[["label", "days", "value", "closed", "n"]])
    made = pd.concat(frames)
    made = made[made["n"] > 0].rename_axis("key").reset_index()
    if by == BEFORE:
        return made
    size = made.groupby("key")["n"].max()
    return (
        made.assign(size=made["key"].map(size))
        .sort_values(["size", "key", "days"], ascending=[False, True, True], ignore_index=True)
        .drop(columns="size")
    )


def _keyed(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    if "key" not in frame.columns:
        frame = frame.assign(key=key or "all", label=key or "All cases")
    return frame.set_index("key")
