"""Overdue cases four weeks ahead, as a range, and how often such a range held in the past.

At an instant a, the overdue cases four weeks later are made of two parts, and nothing else:

- open cases whose deadline will have passed by then and that will still be open (their deadlines are known; the
  chance to stay open is taken from cases of the same type and age that were open four weeks and more before a),
- cases that will be opened, or opened again, after a and be overdue by then (as many as in recent four-week stretches).

Both are counted at the same hour of every week before `as_of`, so the forecast can be made for every past week from what
was known in that week and be compared with what came. The range is the model's own, made wider by what its errors up to
that week ask for. Deadlines and outcomes are those known now: a deadline that was moved later is used as moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Integer, and_, case, cast, func, or_, select

from data_access.cache import cached
from metrics.answer import pack, unpack
from metrics.select import Asked
from metrics.standing import WEEK_SECONDS, instant_of, standing

WEEKS_AHEAD = 4
AGES = (0, 7, 14, 30, 90, 365)
"""Lower bounds in days of the ages between which the chance to stay open is told apart."""
ANCHORS = 8
"""Past weeks, the latest whose four weeks are over, that chances and arrivals are taken from."""
JUDGED = 52
"""Past forecasts that are compared with what came: a year of weeks."""
LEARNED = 26
"""Forecasts before those, from whose errors the first ranges learn."""
LEAST_ERRORS = 12
"""Errors known before a range is widened by them."""
LEAST_WEEKS = ANCHORS + WEEKS_AHEAD
"""Weeks of data without which nothing is forecast."""
INSIDE = 0.8
"""Share of weeks in which the range is meant to hold."""
NORMAL = 1.2816
"""Standard deviations to each side that hold 80 % of a normal distribution."""
PRIOR = 20.0
"""Cases of all types of that age with which a type's own chance is mixed: few cases say little."""


@dataclass(frozen=True)
class Outlook:
    """The forecast and its record.

    `weeks`: one row per past week, oldest first, and the present one last: `back` (made so many weeks before `as_of`), `now` (overdue then), `value`, `low`, `high` (cases; null
    where there was too little to forecast from), `plain_low`, `plain_high` (the model's own range) and `actual` (null while it is to come).
    `parts`: the present forecast by department: `key`, `label`, `now`, `value`, `low`, `high`.
    """

    weeks: pd.DataFrame
    parts: pd.DataFrame
    widened: float
    """How many times as wide as the model's own the present range is."""

    @property
    def present(self) -> pd.Series:
        return self.weeks.iloc[-1]

    @property
    def judged(self) -> pd.DataFrame:
        """The past forecasts whose weeks have come."""
        return self.weeks.dropna(subset=["actual", "low"])

    def held(self, low: str = "low", high: str = "high") -> int:
        """In how many of those weeks what came lay within the range."""
        judged = self.judged
        return int(((judged["actual"] >= judged[low]) & (judged["actual"] <= judged[high])).sum())


def outlook(asked: Asked) -> Outlook:
    """The forecast for the cases asked about, whatever the period, as of the question's `as_of`; kept for each load."""
    question = asked.question
    # The period decides nothing, unless it says when the cases moved.
    kept_for = question if question.moved else question.about(start=question.as_of.date(), end=question.as_of.date(), grain="week")

    def compute() -> dict[str, Any]:
        made = made_of(counted(asked), asked)
        return {"weeks": pack(made.weeks), "parts": pack(made.parts), "widened": made.widened}

    kept = cached("outlook", asked.mart.edition, asked.scope, kept_for.parameters(), compute)
    return Outlook(unpack(kept["weeks"]), unpack(kept["parts"]), kept["widened"])


def counted(asked: Asked) -> pd.DataFrame:
    """What stood open at each weekly instant: `back` (weeks before `as_of`), `grp` (department), `kind` (request type), `band` (of `AGES`), and how
    many `fall` due within four weeks or were overdue, of these `stay` open that long, were `overdue` then, and of these are `fresh`: not older than four weeks."""
    span = standing(asked, JUDGED + LEARNED + ANCHORS + 2 * WEEKS_AHEAD, with_due=True)
    at = instant_of(asked.question.as_of, span.c.back)
    later = at + WEEKS_AHEAD * WEEK_SECONDS
    age = (at - span.c.opened) / 86400.0
    band = case(*[(age >= bound, number) for number, bound in reversed(list(enumerate(AGES)))], else_=0).label("band")
    falls = func.coalesce(span.c.due < later, False)
    stays = and_(falls, or_(span.c.closed.is_(None), span.c.closed > later))
    overdue = func.coalesce(span.c.due < at, False)
    fresh = and_(overdue, span.c.begun > at - WEEKS_AHEAD * WEEK_SECONDS)
    counts = [cast(func.count_if(condition), Integer).label(name) for name, condition in
              (("fall", falls), ("stay", stays), ("overdue", overdue), ("fresh", fresh))]  # fmt: skip
    keys = (span.c.back, span.c.grp, span.c.kind, band)
    return asked.mart.read(select(*keys, *counts).where(falls).group_by(*keys), asked.scope)


def made_of(rows: pd.DataFrame, asked: Asked) -> Outlook:
    """The forecasts from what was counted: all weeks at once."""
    cube = _Cube(rows)
    value, variance = cube.forecasts()
    weeks = np.arange(len(value))
    is_known = weeks <= cube.weeks - LEAST_WEEKS
    whole = _Series(value.sum(axis=1), variance.sum(axis=1), cube.overdue.sum(axis=1), is_known)
    factors = np.array([whole.factor(week) for week in weeks])
    frame = pd.DataFrame({
        "back": weeks, "now": whole.overdue[weeks], "value": whole.value, "low": np.maximum(whole.value - factors * whole.spread, 0), "high": whole.value + factors * whole.spread,
        "plain_low": np.maximum(whole.value - NORMAL * whole.spread, 0), "plain_high": whole.value + NORMAL * whole.spread, "actual": whole.actual,
    })  # fmt: skip
    frame.loc[~is_known, ["value", "low", "high", "plain_low", "plain_high"]] = np.nan
    shown = frame.iloc[: JUDGED + WEEKS_AHEAD].iloc[::-1].reset_index(drop=True)
    parts = []
    for number, group in enumerate(cube.groups if is_known[0] else []):
        own = _Series(value[:, number], variance[:, number], cube.overdue[:, number], is_known)
        half = own.factor(0) * own.spread[0]
        parts.append((group, own.overdue[0], own.value[0], max(own.value[0] - half, 0.0), own.value[0] + half))
    named = asked.named(pd.DataFrame(parts, columns=["grp", "now", "value", "low", "high"]), "department")
    return Outlook(shown, named.sort_values(["value", "label"], ascending=[False, True], ignore_index=True), float(factors[0] / NORMAL))


class _Series:
    """One series of forecasts, the present one first and each a week earlier, with what came of them."""

    def __init__(self, value: np.ndarray, variance: np.ndarray, overdue: np.ndarray, is_known: np.ndarray) -> None:
        self.value, self.spread, self.overdue = value, np.sqrt(np.maximum(variance, 1.0)), overdue
        self.actual = np.full(len(value), np.nan)
        self.actual[WEEKS_AHEAD:] = overdue[: len(value) - WEEKS_AHEAD]
        self._errors = np.where(is_known, np.abs(self.actual - value) / self.spread, np.nan)

    def factor(self, week: int) -> float:
        """Spreads to each side of the forecast of a week: as in a normal distribution, or more where the errors known by then were larger."""
        errors = self._errors[week + WEEKS_AHEAD :]
        known = errors[~np.isnan(errors)][:JUDGED]
        if len(known) < LEAST_ERRORS:
            return NORMAL
        # The k-th smallest of n errors holds the next one with chance k / (n + 1), whatever their distribution.
        rank = min(int(np.ceil(INSIDE * (len(known) + 1))), len(known))
        return max(NORMAL, float(np.sort(known)[rank - 1]))


class _Cube:
    """The counts as arrays: weeks before `as_of` x departments x (type and age)."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.weeks = int(rows["back"].max()) if len(rows) else -1
        depth = JUDGED + LEARNED + ANCHORS + 2 * WEEKS_AHEAD + 1
        self.groups = sorted({int(number) for number in rows["grp"]})
        kinds = sorted({int(number) for number in rows["kind"]})
        shape = (depth, len(self.groups), len(kinds), len(AGES))
        at = (
            rows["back"].to_numpy("int64"), np.searchsorted(self.groups, rows["grp"].to_numpy("int64")),
            np.searchsorted(kinds, rows["kind"].to_numpy("int64")), rows["band"].to_numpy("int64"),
        )  # fmt: skip
        made = {}
        for name in ("fall", "stay", "overdue", "fresh"):
            made[name] = np.zeros(shape)
            np.add.at(made[name], at, rows[name].to_numpy("float64"))
        self.fall, self.stay = made["fall"], made["stay"]
        self.overdue, self.fresh = (made[name].sum(axis=(2, 3)) for name in ("overdue", "fresh"))

    def forecasts(self) -> tuple[np.ndarray, np.ndarray]:
        """(expected overdue cases, variance) four weeks after each week, by department."""
        # Chances by type and age, over all departments, from the weeks whose four weeks are over.
        fell, stayed = (_recent(part.sum(axis=1)) for part in (self.fall, self.stay))
        of_age = stayed.sum(axis=1, keepdims=True) / np.maximum(fell.sum(axis=1, keepdims=True), 1.0)
        chance = (stayed + PRIOR * of_age) / (fell + PRIOR)
        weeks = len(chance)
        here = self.fall[:weeks]
        kept = here * chance[:, None]
        came = _recent(self.fresh, shift=0)[:weeks] / ANCHORS
        varied = _recent(self.fresh**2, shift=0)[:weeks] / ANCHORS - came**2
        return kept.sum(axis=(2, 3)) + came, (kept * (1 - chance[:, None])).sum(axis=(2, 3)) + np.maximum(varied, came)


def _recent(part: np.ndarray, shift: int = WEEKS_AHEAD) -> np.ndarray:
    """For each week, the sum over the `ANCHORS` weeks that begin `shift` weeks before it."""
    upto = np.concatenate([np.zeros((1, *part.shape[1:])), part.cumsum(axis=0)])
    weeks = len(part) - ANCHORS - WEEKS_AHEAD + 1
    first = np.arange(weeks) + shift
    return upto[first + ANCHORS] - upto[first]
