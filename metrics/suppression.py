"""Small numbers: which cells of a published table are hidden so that no person can be found in it.

A cell with 0 < n < k is hidden; if the total is known, further cells (smallest first) are hidden
until at least two are and their sum is at least k. Zeros are shown. (CMS cell-size policy;
Washington DOH small-number guidance.)
"""

from __future__ import annotations

from typing import Mapping

import pandas as pd

LEAST_COUNT = 5
LEAST_FOR_RATE = 10


def suppress(cells: Mapping[str, int], threshold: int = LEAST_COUNT) -> dict[str, int | None]:
    """`cells` with the ones that must not be known as None; the total stays publishable."""
    hidden = {name for name, n in cells.items() if 0 < n < threshold}
    if hidden:
        rest = sorted((n, name) for name, n in cells.items() if n > 0 and name not in hidden)
        while rest and (len(hidden) < 2 or sum(cells[name] for name in hidden) < threshold):
            hidden.add(rest.pop(0)[1])
    return {name: None if name in hidden else n for name, n in cells.items()}


def hide_small_cells(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """An answer frame with `key` as residents may see it: small cells have no value and are marked."""
    threshold = LEAST_FOR_RATE if unit == "share" else LEAST_COUNT
    made = []
    for _, part in frame.groupby("period") if "period" in frame.columns else [(None, frame)]:
        shown = suppress({str(i): int(n) for i, n in part["n"].fillna(0).items()}, threshold)
        made.append(pd.Series([shown[str(i)] is None for i in part.index], index=part.index))
    hidden = pd.concat(made).reindex(frame.index) if made else pd.Series(False, index=frame.index)
    numbers = [c for c in frame.columns if c not in ("key", "label", "period", "suppressed")]
    cleared = {name: frame[name].astype("float64").mask(hidden) for name in numbers}
    return frame.assign(**cleared, suppressed=hidden)
