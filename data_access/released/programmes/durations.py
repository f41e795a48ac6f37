"""How long it takes, with those counted that are not done: Kaplan and Meier's estimate, in whole days."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd

DAY_SECONDS = 86_400
ROUNDING = 1e-9


def within_days(start: pd.Series, stop: pd.Series, as_of: pd.Timestamp, share: float) -> int | None:
    """Days, rounded up, within which `share` of them were done; None where so many were not when they were counted.

    What has not stopped by `as_of` is known to have lasted until then.
    """
    done = (stop.notna() & (stop <= as_of)).to_numpy()
    seconds = (stop.where(done, as_of) - start).dt.total_seconds().to_numpy()
    seconds = np.maximum(seconds, 0)
    times, first = np.unique(np.sort(seconds), return_index=True)
    ended = np.bincount(np.searchsorted(times, seconds[done]), minlength=len(times))
    left = np.cumprod(1 - ended / (len(seconds) - first))
    reached = np.flatnonzero(left <= 1 - share + ROUNDING)
    return max(1, ceil(times[reached[0]] / DAY_SECONDS)) if len(reached) else None
