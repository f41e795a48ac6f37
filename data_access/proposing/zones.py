"""In which time zone a city lies, told by its coordinates."""

from __future__ import annotations

import pandas as pd
import tzfpy

from data_access.proposing.facts import Facts

LEAST_POINTS = 20


def zone_of(latitude: Facts | None, longitude: Facts | None) -> str | None:
    """The IANA zone of the middle of the points; None without points, or at sea."""
    if latitude is None or longitude is None or latitude.filled < LEAST_POINTS:
        return None
    middle = [_middle(one) for one in (latitude, longitude)]
    found = tzfpy.get_tz(middle[1], middle[0])
    return None if not found or found.startswith("Etc/") else found


def _middle(one: Facts) -> float:
    return float(pd.to_numeric(one.values, errors="coerce").median())
