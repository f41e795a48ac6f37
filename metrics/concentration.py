"""Which few make most of it (Pareto): groups from the largest down, with the share of all that they make together."""

from __future__ import annotations

import pandas as pd

from metrics.measure import measure
from metrics.select import Asked

MOST = 0.8
"""What "most of it" means."""


def concentration(metric_id: str, asked: Asked, by: str) -> pd.DataFrame:
    """The groups of `by` that have any, largest first: `key`, `label`, `n`, `share` of all, `together` (share of this and all before),
    and `is_few`: it is one of the fewest groups that make `MOST` of it together."""
    frame = measure(metric_id, asked, by=by).frame[["key", "label", "n"]]
    frame = frame[frame["n"] > 0].sort_values(["n", "label"], ascending=[False, True], ignore_index=True)
    total = frame["n"].sum()
    together = frame["n"].cumsum()
    return frame.assign(share=frame["n"] / total, together=together / total, is_few=(together - frame["n"]) < MOST * total)
