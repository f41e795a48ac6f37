"""What net flow is made of, each part as its list counts it."""

from __future__ import annotations

import pandas as pd

from metrics.definitions import LISTS
from metrics.measure import counted
from metrics.select import Asked

PARTS = {"opened": "opened", "closed": "closed_of_owner", "reopened": "reopened"}
"""Part -> its list: all three for the department that has the case now, as the backlog is."""


def flow_parts(asked: Asked) -> pd.DataFrame:
    """One row for each period of the question: `period` and how many of each of `PARTS` there were."""
    frames = {part: counted(LISTS[of], asked, period=True) for part, of in PARTS.items()}
    periods = frames["opened"][["period"]]
    return periods.assign(**{part: frame["value"].to_numpy() for part, frame in frames.items()})
