"""Request types side by side: what came in, what was kept, how long it takes, what is left."""

from __future__ import annotations

import pandas as pd

from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked


def type_table(asked: Asked) -> pd.DataFrame:
    """One row for each request type with a case opened or due in the period or open now, most opened first.

    Columns: `key`, `label`, `opened`, `on_time` (share; null under `LEAST_N` cases), `met`, `due` (its n),
    `days` (Kaplan-Meier median of the cases opened; null where fewer than half are closed, and
    under `LEAST_N` cases), `days_more_than` (days; the median is longer than this, where it was not reached),
    `open`, `overdue`.
    """
    asked = asked.remembering()
    frames = {
        name: measure(name, asked, by="request_type").frame.set_index("key")
        for name in ("opened", "ontime_due", "ttc_km", "backlog", "overdue_now")
    }
    labels: dict[str, str] = {}
    for name in ("opened", "ontime_due", "backlog"):
        labels.update(frames[name]["label"].to_dict())
    keys = list(labels)

    def column(name: str, of: str) -> pd.Series:
        return frames[name][of].reindex(keys).astype("float64")

    opened, due = column("opened", "value").fillna(0.0), column("ontime_due", "n").fillna(0.0)
    enough = column("ttc_km", "n").fillna(0.0) >= LEAST_N
    days = column("ttc_km", "median")
    made = pd.DataFrame({
        "label": pd.Series(labels).reindex(keys), "opened": opened, "on_time": column("ontime_due", "value").where(due >= LEAST_N),
        "met": column("ontime_due", "numerator").fillna(0.0), "due": due, "days": days.where(enough),
        "days_more_than": column("ttc_km", "lower_bound").where(enough & days.isna()),
        "open": column("backlog", "value").fillna(0.0), "overdue": column("overdue_now", "value").fillna(0.0),
    })  # fmt: skip
    made = made.rename_axis("key").reset_index()
    return made.sort_values(["opened", "label"], ascending=[False, True], ignore_index=True)
