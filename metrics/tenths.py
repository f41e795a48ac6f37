"""What residents are told of one service in tenths: how many are closed after so many days, and how cases end.

Everything here is rounded to tenths before it leaves, and is told of enough cases only: `release.require_service` has the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from data_access import vocabulary
from metrics import survival
from metrics.definitions import REGISTRY
from metrics.measure import counted, measure
from metrics.ranking import LEAST_N
from metrics.release import require_service
from metrics.select import Asked

DAYS = (1, 2, 3, 7, 14, 30, 60, 90)
"""Ages of which it is told how many cases are closed by then."""
LEAST_FOR_PARTS = 50
"""Closings that stand behind the ways they ended: a tenth of them is more than a few cases."""
FEWER_THAN_ONE, MORE_THAN_NINE = 0.04, 0.96
"""What is told of a share that would round to none or to all and is neither."""


@dataclass(frozen=True, slots=True)
class Step:
    """By the end of `day` (days since opening) the `share` of cases is closed, in tenths."""

    day: int
    share: float


@dataclass(frozen=True, slots=True)
class Endings:
    """How closings of the period ended, as shares of all of them in tenths. Whether a way happened at all is not told: under half a tenth is 0."""

    resolved: float
    without_work: dict[str, float]
    """Outcome (`vocabulary.WITHOUT_WORK_OUTCOMES`) -> share."""


def in_tenths(share: float) -> float:
    """`share` as it is told: 0, 1, whole tenths, or `FEWER_THAN_ONE` and `MORE_THAN_NINE`."""
    if share in (0.0, 1.0):
        return share
    tenths = floor(share * 10 + 0.5)
    return FEWER_THAN_ONE if tenths == 0 else MORE_THAN_NINE if tenths == 10 else tenths / 10


def closed_by(asked: Asked) -> list[Step]:
    """The share closed by each of `DAYS`, open cases taken into account (Kaplan-Meier); empty where there are too few cases.

    A day is told as long as `LEAST_N` cases were closed by then or watched until then.

    Raises:
        BadQuestion: not one service of the whole city in one quarter.
    """
    require_service(asked)
    # The cases behind the curve are those behind the time to close: where that is withheld, so is this.
    if measure("ttc_km", asked).n < LEAST_N:
        return []
    days = survival.by_day(asked).astype("float64")
    made = []
    for day in DAYS:
        seen = days[days["day"] <= day]
        left_open = float((seen["left"] - seen["closed"]).sum())
        is_over = days["day"].max() <= day and left_open > 0
        if is_over or float(days["left"].sum()) - left_open < LEAST_N:
            break
        stays = seen["survival"].dropna()
        made.append(Step(day, in_tenths(round(1 - float(stays.min()), 9) if len(stays) else 0.0)))
    return made


def endings(asked: Asked) -> Endings | None:
    """How the service's closings of the quarter ended; None where there are too few to tell.

    Raises:
        BadQuestion: not one service of the whole city in one quarter.
    """
    require_service(asked)
    if measure("closed_without_work", asked).n < LEAST_FOR_PARTS:
        return None
    frame = counted(REGISTRY["closed_without_work"], asked, "outcome").set_index("key")
    total = float(frame["n"].sum())
    without = {name: float(frame["numerator"].get(name, 0.0)) for name in vocabulary.WITHOUT_WORK_OUTCOMES}
    resolved = float(frame["n"].get("resolved", 0.0))
    return Endings(_part(resolved / total), {name: _part(n / total) for name, n in without.items()})


def _part(share: float) -> float:
    tenths = floor(share * 10 + 0.5)
    return MORE_THAN_NINE if tenths == 10 else tenths / 10
