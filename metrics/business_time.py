"""How many business hours lie between two instants, by the calendar of what is promised for a request type."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from data_access.city import City
from data_access.due import calendars_of, promises
from data_access.sla import SlaRule, time_used
from data_access.slugs import slug


def business_hours(city: City, request_type: str | None, start: datetime, end: datetime) -> float | None:
    """Hours from `start` to `end` (naive UTC) within the calendar of the type's rule, else the city's first; None where the city has none."""
    calendars = calendars_of(city)
    if not calendars:
        return None
    rule = promises(city, end.date()).get(slug(request_type or ""))
    calendar = rule.calendar if rule is not None and rule.calendar is not None else next(iter(calendars))
    clock = SlaRule(("any",), "business_hours", 1, calendar=calendar)
    instants = [np.array([pd.Timestamp(at)], "datetime64[us]").astype("int64") for at in (start, end)]
    return float(time_used(clock, instants[0], instants[1], calendars, city.zone)[0])
