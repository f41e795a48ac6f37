"""Tables for residents: one row for each service or area of the last quarter, what few cases stand behind left empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from data_access.sla import SlaRule
from metrics.areas import FAIR, UNSURE, area_figures
from metrics.intervals import funnel_z, tier
from metrics.measure import measure
from metrics.resident import services, year_earlier
from metrics.select import Asked

QUICK = "closed_within_7_days"
"""The figure by which areas are told to be quicker or slower."""


def areas_of_service(asked: Asked, layer: str) -> pd.DataFrame:
    """One row for each area of `layer`, by name: `key`, `label`, `value` (share closed within a week), `n`, `median` (days), `state` and `pace`.

    `pace` is quicker, slower or alike, by more than chance (95 %) against the whole city; empty where there are too few cases.
    """
    whole = measure(QUICK, asked.about(asked.question.about(areas=())))
    frame = area_figures(asked, QUICK, layer).frame
    times = measure("ttc_km", asked, by=layer).frame.set_index("key")["median"]
    pace = [_pace(row, whole.value) for row in frame.to_dict("records")]
    return frame[["key", "label", "value", "numerator", "n", "state"]].assign(median=frame["key"].map(times).astype("float64"), pace=pace)


def against(hits: float, n: float, expected: float | None) -> str:
    """Whether a share of n cases lies above or below `expected` by more than chance (95 %): above, below or alike."""
    z = None if expected is None else funnel_z(hits, n, expected)
    found = "as_expected" if z is None else tier(z)
    return {"as_expected": "alike"}.get(found, found.removeprefix("far_"))


def promises_kept(asked: Asked, rules: Mapping[str, SlaRule]) -> pd.DataFrame:
    """What was promised for each service and what became of it: the columns of `resident.services`, `before` (share a year earlier), `before_withheld`, `kind`.

    Args:
        rules: slug of a service -> the rule in force for it (`data_access.due.promises`).

    `kind` is rule (one promise for all its cases), each (cases have deadlines of their own), none (nothing is promised). The least
    kept come first, then those with too few cases to tell, then those without a promise.
    """
    frame = services(asked)
    earlier = measure("ontime_due", year_earlier(asked), by="request_type").frame.set_index("key")
    is_due = measure("ontime_due", asked, by="request_type").frame["key"]
    kind = ["rule" if key in rules else "each" if key in set(is_due) else "none" for key in frame["key"]]
    made = frame.assign(
        before=frame["key"].map(earlier["value"]).astype("float64"),
        before_withheld=frame["key"].isin(earlier.index[earlier["suppressed"]]),
        kind=kind,
        is_none=[word == "none" for word in kind],
    )
    made = made.sort_values(["is_none", "value", "label"], na_position="last", ignore_index=True)
    return made.drop(columns="is_none")


def _pace(row: Mapping[Any, Any], expected: float | None) -> str:
    if row["state"] not in (FAIR, UNSURE):
        return ""
    return {"above": "quicker", "below": "slower"}.get(found := against(row["numerator"], row["n"], expected), found)
