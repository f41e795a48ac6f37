"""The departments side by side, each against its own target: who keeps the promise, as far as chance lets anybody say."""

from __future__ import annotations

import pandas as pd

from metrics.definitions import REGISTRY
from metrics.intervals import wilson
from metrics.measure import measure
from metrics.own_past import own_past
from metrics.question import NONE
from metrics.ranking import Contender, leaderboard
from metrics.select import Asked
from metrics.targets import department_target

BESIDE = ("backlog", "overdue_now", "weeks_of_work", "closed_without_work", "reopen_rate")
"""Figures that stand beside the share: what a share on time can hide."""
COLUMNS = ("key", "label", "rank", "tier", "reason", "value", "numerator", "n", "low", "high", "target", "change")


def board(asked: Asked, city_target: float | None = None) -> pd.DataFrame:
    """One row for each department with a case that fell due or is open, best tier first, the unranked last.

    Columns: `rank` and `tier` (null where it cannot be ranked, and then `reason`: too_few,
    no_target), `value` (share on time), `numerator`, `n`, `low` and `high` (Wilson, 95 %), `target`
    (its own, else the city's: `city_target` of its file, or what was agreed), `change` (the verdict of `metrics.own_past`) and one column for each of `BESIDE`; of
    shares among them also `<id>_n`, the cases behind them.
    """
    asked = asked.remembering()
    now = measure("ontime_due", asked, by="department").frame.set_index("key")
    changes = own_past(asked).set_index("key")["verdict"]
    beside = {name: measure(name, asked, by="department").frame.set_index("key") for name in BESIDE}
    names = {**now["label"].to_dict(), **beside["backlog"]["label"].to_dict()}
    shown = [key for key in names if key != NONE]
    contenders = [
        Contender(key, names[key], _at(now, key, "numerator"), _at(now, key, "n"), department_target(asked, key, city_target))
        for key in shown
    ]
    rows = []
    for place in leaderboard(contenders):
        key, met, n = place.contender.key, place.contender.met, place.contender.due
        low, high = wilson(met, n) or (None, None)
        rows.append((
            key, place.contender.name, place.rank, place.tier, place.reason, met / n if n else None, met, n, low, high, place.contender.target,
            changes.get(key, "too_few"),
        ))  # fmt: skip
    numbers = dict.fromkeys(("rank", "value", "numerator", "n", "low", "high", "target"), "float64")
    made = pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)
    for name, frame in beside.items():
        figures = frame.reindex(made["key"])
        # A department that has no open case has none; one without any closing has no share of closings.
        value = figures["value"].fillna(0.0) if REGISTRY[name].kind == "stock" else figures["value"]
        made[name] = value.to_numpy("float64")
        if REGISTRY[name].kind == "share":
            made[f"{name}_n"] = figures["n"].fillna(0.0).to_numpy("float64")
    return made


def _at(frame: pd.DataFrame, key: str, column: str) -> float:
    return float(frame[column].get(key, 0.0) or 0.0)
