"""The headline share laid out: by row and period with how far each cell may be trusted, and beside the formulas that compete with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from metrics.definitions import ONTIME_DEFINITIONS, REGISTRY
from metrics.intervals import wilson
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import targets_by

FAIR, FEW, NONE = "fair", "few", "none"
HEADLINE = "ontime_due"


@dataclass(frozen=True)
class Matrix:
    """On time by row and period."""

    rows: pd.DataFrame
    """One for each group with a case that fell due, most cases first: see `by_group`."""
    cells: pd.DataFrame
    """Every row in every period: `key`, `period`, `value`, `numerator`, `n`, `state`.

    `state` is fair, few (fewer than `LEAST_N` cases: no verdict) or none (no case fell due, so no value)."""
    periods: tuple[date, ...]
    """First days of the periods."""
    cut: frozenset[date]
    """Those of `periods` that lie in the question only in part."""

    def of(self, column: str) -> pd.DataFrame:
        """One column of the cells as a table: rows in their order, periods in theirs."""
        wide = self.cells.pivot(index="key", columns="period", values=column)
        return wide.reindex(index=self.rows["key"].tolist(), columns=pd.to_datetime(list(self.periods)))


def on_time_matrix(asked: Asked, by: str, city_target: float | None = None) -> Matrix:
    """On time by the groups of dimension `by` and the periods of the question's grain.

    Raises:
        BadQuestion: there is no such dimension.
    """
    rows, question = by_group(asked, by, city_target), asked.question
    periods = asked.calendar.starts(question.start, question.end, question.grain)
    found = measure(HEADLINE, asked, by=by, period=True).frame
    every = pd.MultiIndex.from_product([rows["key"], pd.to_datetime(periods)], names=["key", "period"])
    cells = found.set_index(["key", "period"])[["value", "numerator", "n"]].reindex(every).reset_index()
    cells = cells.assign(numerator=cells["numerator"].fillna(0.0), n=cells["n"].fillna(0.0))
    cells = cells.assign(state=[NONE if n == 0 else FEW if n < LEAST_N else FAIR for n in cells["n"]])
    return Matrix(rows, cells, tuple(periods), cut_periods(asked))


def by_group(asked: Asked, by: str, city_target: float | None = None) -> pd.DataFrame:
    """On time by the groups of dimension `by` with a case that fell due, most cases first.

    Columns: `key`, `label`, `value`, `numerator`, `n`, `target` (`metrics.targets`), `low` and `high` (Wilson, 95 %)
    and `verdict`: below or above (the target lies outside the interval), unclear, few (fewer than `LEAST_N`
    cases) or no_target.

    Raises:
        BadQuestion: there is no such dimension.
    """
    whole = measure(HEADLINE, asked, by=by).frame
    whole = whole[whole["n"] > 0].sort_values(["n", "label"], ascending=[False, True], ignore_index=True)
    targets = targets_by(asked, by, city_target)
    rows = whole[["key", "label", "value", "numerator", "n"]].assign(target=[targets.get(key) for key in whole["key"]])
    ends = [wilson(met, n) or (0.0, 1.0) for met, n in zip(rows["numerator"], rows["n"], strict=True)]
    rows = rows.assign(low=[low for low, _ in ends], high=[high for _, high in ends])
    rows = rows.astype(dict.fromkeys(("value", "numerator", "n", "target", "low", "high"), "float64"))
    return rows.assign(verdict=[_verdict(row) for row in rows.to_dict("records")])


def _verdict(row: dict) -> str:
    if row["n"] < LEAST_N:
        return "few"
    if row["target"] != row["target"]:
        return "no_target"
    return "below" if row["high"] < row["target"] else "above" if row["low"] > row["target"] else "unclear"


def cut_periods(asked: Asked) -> frozenset[date]:
    """First days of the periods that lie in the question, or in what is known, only in part: not to be set beside whole ones."""
    question, calendar = asked.question, asked.calendar
    cut = set()
    for first in calendar.starts(question.start, question.end, question.grain):
        after = calendar.next_start(first, question.grain)
        if first < question.start or after > question.end or calendar.midnight(after) > question.as_of:
            cut.add(first)
    return frozenset(cut)


def competing(asked: Asked) -> pd.DataFrame:
    """The same cases by every formula in use, in the order of the registry.

    Columns: `metric` (id), `label`, `value` (share), `numerator`, `n` (the denominator), `difference`
    (value less the headline's), `formula`, `meaning`, `caveat`, `source`.
    """
    together = asked.remembering()
    rows = []
    for name in ONTIME_DEFINITIONS:
        metric, answer = REGISTRY[name], measure(name, together)
        rows.append(
            (name, metric.label, answer.value, answer.numerator, answer.n, metric.formula, metric.meaning, metric.caveat, metric.source)
        )
    names = ["metric", "label", "value", "numerator", "n", "formula", "meaning", "caveat", "source"]
    frame = pd.DataFrame(rows, columns=names).astype({"value": "float64", "numerator": "float64", "n": "float64"})
    headline = frame["value"][frame["metric"] == HEADLINE].iloc[0]
    frame.insert(5, "difference", frame["value"] - headline)
    return frame
