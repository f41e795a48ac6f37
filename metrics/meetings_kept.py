"""How often the city met about its figures, as residents are told it: counted when the data in service were loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from metrics.select import Asked


@dataclass(frozen=True)
class Kept:
    """One series: the days of a year on which it met, and on which it was cancelled."""

    series: str
    held: tuple[date, ...]
    cancelled: tuple[date, ...]


def meetings_kept(asked: Asked) -> list[Kept]:
    """The series that met or were cancelled in the year before the data were loaded; none where nobody keeps a schedule."""
    told = json.loads(asked.mart.meta.get("meetings", "[]"))
    return [Kept(one["series"], *(tuple(date.fromisoformat(day) for day in one[name]) for name in ("held", "cancelled"))) for one in told]
