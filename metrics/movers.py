"""What moved most: the last complete week against the weeks before it, by department and by request type."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from data_access.cache import cached
from metrics import xmr
from metrics.answer import pack
from metrics.compare import LEAST_BASE, change
from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.measure import counted
from metrics.select import Asked
from metrics.suppression import LEAST_COUNT

WEEKS_BEFORE = 12
MOVING = ("opened", "closed", "backlog", "overdue_now", "ontime_due")
DIMENSIONS = ("department", "request_type")
COLUMNS = (
    "metric", "dimension", "key", "label", "value", "base", "previous", "difference", "share", "n", "cases", "verdict", "is_signal",
)  # fmt: skip


def movers(asked: Asked, n: int = 8) -> pd.DataFrame:
    """The `n` largest moves of the last complete week of the question, signals first, then by the cases they stand for.

    Columns: `metric` and `dimension` (ids), `key` and `label` of the department or type, `value` of
    the week (or at its end), `base` (mean of the 12 weeks before; for a share, of all their cases
    together), `previous` (the week before), `difference` (value - base), `share` (difference / base;
    null for a share), `n` (cases behind the value), `cases` (how many more or fewer cases, or kept
    promises, than the base would give), `verdict` (better, worse or neither) and `is_signal`:
    whether the week lies outside the XmR limits of the 12 before. Only a base of 20 cases or more a
    week is compared; what did not move is left out.
    """
    start, _ = asked.last_week()
    parameters = [start.isoformat(), asked.question.parameters(), n]
    packed = cached("movers", asked.mart.edition, asked.scope, parameters, lambda: pack(_ranked(asked).head(n)))
    numbers = dict.fromkeys(("value", "base", "previous", "difference", "share", "n", "cases"), "float64")
    return pd.DataFrame(packed, columns=list(COLUMNS)).astype({**numbers, "is_signal": "bool"})


def _ranked(asked: Asked) -> pd.DataFrame:
    """Every move, largest first."""
    start, end = asked.last_week()
    first = start - timedelta(weeks=WEEKS_BEFORE)
    long = asked.about(asked.question.about(start=first, end=end, grain="week"))
    rows: list[tuple] = []
    for metric_id in MOVING:
        frame = counted(REGISTRY[metric_id], long, DIMENSIONS, period=True)
        week = ((frame["period"] - pd.Timestamp(first)).dt.days // 7).to_numpy()
        # Every case has one department and one type, so sums over the one are the figures of the other.
        for dimension, key, label in zip(DIMENSIONS, ("key", "key_2"), ("label", "label_2"), strict=True):
            group, keys = pd.factorize(frame[key])
            labels = frame[label].groupby(group).first().tolist()
            numerator, count = (_summed(group, week, frame[name].to_numpy(), len(keys)) for name in ("numerator", "n"))
            for at, (slug, name) in enumerate(zip(keys, labels, strict=True)):
                move = _move(REGISTRY[metric_id], numerator[at].tolist(), count[at].tolist())
                if move is not None:
                    rows.append((metric_id, dimension, slug, name, *move))
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    if asked.scope.audience == "public":
        made = made[made["n"] >= LEAST_COUNT]
    order = ["is_signal", "cases", "metric", "dimension", "label"]
    return made.sort_values(order, ascending=[False, False, True, True, True], ignore_index=True)


def _summed(group: np.ndarray, week: np.ndarray, figure: np.ndarray, groups: int) -> np.ndarray:
    """`figure` added up: one row per group, one column per week."""
    made = np.zeros((groups, WEEKS_BEFORE + 1))
    np.add.at(made, (group, week), np.nan_to_num(figure))
    return made


def _move(metric: Metric, hits: list[float], cases: list[float]) -> tuple | None:
    """`value` to `is_signal` of one group's 13 weeks, or None where there is nothing to tell."""
    is_share = metric.kind == "share"
    if sum(cases[:-1]) / WEEKS_BEFORE < LEAST_BASE or (is_share and cases[-1] < LEAST_BASE):
        return None
    value = hits[-1] / cases[-1] if is_share else cases[-1]
    before = [hit / n for hit, n in zip(hits[:-1], cases[:-1], strict=True) if n] if is_share else cases[:-1]
    base = sum(hits[:-1]) / sum(cases[:-1]) if is_share else sum(before) / WEEKS_BEFORE
    moved = change(value, base, metric.direction, float("inf") if is_share else LEAST_BASE)
    if not moved.difference:
        return None
    limits = xmr.limits(before, None)
    is_signal = limits is not None and not limits.lower <= value <= limits.upper
    verdict = moved.verdict if moved.verdict in ("better", "worse") else "neither"
    affected = abs(moved.difference) * (cases[-1] if is_share else 1)
    previous = (hits[-2] / cases[-2] if cases[-2] else None) if is_share else cases[-2]
    return value, base, previous, moved.difference, moved.share, cases[-1], affected, verdict, is_signal
