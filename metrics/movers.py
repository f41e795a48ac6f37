"""What moved most: the last complete week against what its baseline leads to expect, by department and by request type.

The series, limits and rules are those of the signal list (`metrics.signals`).
"""

from __future__ import annotations

import pandas as pd

from data_access.cache import cached
from metrics import signals
from metrics.answer import pack
from metrics.compare import LEAST_BASE, change
from metrics.definitions import REGISTRY
from metrics.select import Asked
from metrics.weekly import METRICS, WHOLE

DIMENSIONS = ("department", "request_type")
COLUMNS = (
    "metric", "dimension", "key", "label", "value", "base", "previous", "difference", "share", "n", "cases", "verdict", "is_signal",
)  # fmt: skip


def movers(asked: Asked, n: int = 8, rebased: signals.Rebased | None = None) -> pd.DataFrame:
    """The `n` largest moves of the last complete week of the question, signals first, then by the cases they stand for.

    Columns: `metric` and `dimension` (ids), `key` and `label` of the department or type, `value` of
    the week (or at its end), `base` (what the baseline leads to expect), `previous` (the week before),
    `difference` (value - base), `share` (difference / base; null for a share), `n` (cases behind the
    value), `cases` (how many more or fewer cases, or kept promises, than expected), `verdict` (better,
    worse or neither) and `is_signal`: whether the week is part of a clear signal. What has too few
    cases to be judged, and what did not move, is left out.

    Raises:
        AccessDenied: asked by the public.
    """
    asked.require_staff()
    start, _ = asked.last_week()
    keys = [] if rebased is None else [rebased.version]
    parameters = [start.isoformat(), asked.question.parameters(), n, *keys]
    packed = cached("movers", asked.mart.edition, asked.scope, parameters, lambda: pack(_ranked(asked, rebased).head(n)))
    numbers = dict.fromkeys(("value", "base", "previous", "difference", "share", "n", "cases"), "float64")
    return pd.DataFrame(packed, columns=list(COLUMNS)).astype({**numbers, "is_signal": "bool"})


def _ranked(asked: Asked, rebased: signals.Rebased | None) -> pd.DataFrame:
    """Every move, largest first."""
    of = signals.board(asked, rebased, metrics=METRICS, dimensions=DIMENSIONS)
    found = signals.episodes(of)
    loud = set(found["series"][found["clear"] & (found["end"] == len(of.weeks) - 1)])
    deviation, cases, n = of.deviation[:, -1], of.cases[:, -1], of.weekly.n[:, -1]
    rows: list[tuple] = []
    for at, (metric_id, dimension, key, label) in enumerate(of.rows.itertuples(index=False)):
        if dimension == WHOLE or not of.enough[at] or not deviation[at] or deviation[at] != deviation[at]:
            continue
        metric, value, previous = REGISTRY[metric_id], float(of.value[at, -1]), float(of.value[at, -2])
        moved = change(value, value - float(deviation[at]), metric.direction, float("inf") if metric.kind == "share" else LEAST_BASE)
        verdict = moved.verdict if moved.verdict in ("better", "worse") else "neither"
        rows.append((
            metric_id, dimension, key, label, value, moved.previous, previous, moved.difference, moved.share, n[at], abs(cases[at]), verdict, at in loud,
        ))  # fmt: skip
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    order = ["is_signal", "cases", "metric", "dimension", "label"]
    return made.sort_values(order, ascending=[False, False, True, True, True], ignore_index=True)
