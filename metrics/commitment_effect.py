"""Whether a commitment's figure moved: its weeks after the promise against those before, by the rules that tell signal from noise.

The 12 weeks before the day it was made give the usual range. Told is a change for which a rule of `metrics.xmr` is broken by the
weeks after that day alone and which all of these weeks together bear out: their mean must lie on the same side by more than chance. Of
a figure in which nothing changes a rule is broken sooner or later; the second condition keeps that from being called an effect
(`docs/commitments.md` has the rates). A stock is judged by its change from week to week and a figure with a season by its difference to
the year before, as in `metrics.signals`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import sqrt
from typing import Any, Literal
from urllib.parse import parse_qsl

import numpy as np
import pandas as pd

from data_access.store.commitments import Commitment
from metrics import signals, xmr
from metrics.definitions import REGISTRY
from metrics.intervals import Z_WARN
from metrics.kinds import Kind
from metrics.measure import measure
from metrics.notes import Rebasing
from metrics.question import BadQuestion
from metrics.ranking import LEAST_N
from metrics.select import Asked

Verdict = Literal["as_hoped", "worse", "none_yet", "too_early", "not_measurable"]
VERDICTS: tuple[Verdict, ...] = ("as_hoped", "worse", "none_yet", "too_early", "not_measurable")
Because = Literal["", "few_cases", "rare", "few_weeks", "no_series", "not_open"]
"""Why a figure cannot be measured: too few cases a week, a share that nearly none or nearly all cases met before, fewer than 6 weeks before, no weekly figure, or filters that this viewer cannot ask."""
LEAST_AFTER = 6
"""Weeks after the promise before "no effect" is said."""
MOST_AFTER = signals.YEAR
"""Weeks after which a figure is no longer laid at a promise's door; until then the same week of the year before lies before it."""
COLUMNS = ("period", "value", "n", "judged", "part", "signal")


@dataclass(frozen=True)
class Told:
    """What a series says: numbers alone, without what it is about."""

    verdict: Verdict
    limits: xmr.Limits | None
    side: int
    """On which side of the baseline's mean the weeks after lie by more than chance: 1 above, -1 below, 0 neither."""
    sides: tuple[int, ...]
    """Of each week after: the side on which it breaks a rule, or 0."""

    @property
    def is_single(self) -> bool:
        """Whether weeks broke a rule without an effect: all weeks together do not bear it out."""
        return self.verdict in ("none_yet", "too_early") and any(self.sides)


@dataclass(frozen=True)
class Effect:
    """The verdict on one commitment, with its numbers."""

    commitment: Commitment
    told: Told
    because: Because
    tells_from: date
    """The first day on which so many weeks are over that "no effect" can be said."""
    frame: pd.DataFrame
    """Week by week (`COLUMNS`); `part` is `before` (the baseline), `between` (the week of the promise), `after` or `beyond`."""
    method: Literal["value", "change", "season", "change_season"]
    """What is judged: the value, its change from week to week, or either less the same week of the year before."""
    new_baseline: date | None
    """The day on which a note gave the figure a new baseline after the promise; the weeks from there on are beyond it."""

    @property
    def verdict(self) -> Verdict:
        return self.told.verdict

    @property
    def limits(self) -> xmr.Limits | None:
        """Mean and limits of what is judged, from the weeks before."""
        return self.told.limits

    @cached_property
    def after(self) -> pd.DataFrame:
        """The weeks that the verdict is about."""
        return self.frame[self.frame["part"] == "after"]

    @property
    def weeks(self) -> int:
        """Weeks with a value since the promise."""
        return int(self.after["judged"].notna().sum())

    @property
    def usual(self) -> float | None:
        """Mean of the figure itself over the weeks before."""
        return _mean(self.frame["value"][self.frame["part"] == "before"])

    @property
    def since(self) -> float | None:
        """Mean of the figure itself over the weeks after."""
        return _mean(self.after["value"])

    @property
    def latest(self) -> float | None:
        """The figure's last week with a value."""
        known = self.frame["value"].dropna()
        return None if known.empty else float(known.iloc[-1])

    @property
    def reached(self) -> bool | None:
        """Whether the last week after the promise is as far as was hoped; None where no value was named or no such week is known."""
        wanted, known = self.commitment.expected_value, self.after["value"].dropna()
        if wanted is None or known.empty:
            return None
        latest = float(known.iloc[-1])
        return latest >= wanted if self.commitment.expected == "higher" else latest <= wanted


def verdict_of(before: Sequence[float], after: Sequence[float], expected: str) -> Told:
    """The verdict on weeks `after` by the limits of those `before` (both without gaps; of 6 weeks or more before).

    Args:
        expected: `higher` or `lower`, what was hoped for.
    """
    limits = xmr.limits(before, None)
    if limits is None:
        return Told("not_measurable", None, 0, ())
    if limits.upper == limits.mean:
        # All that ever moved was left out as exceptional; then the range is what moved.
        limits = xmr.limits(before, None, screen=False) or limits
    sides = _sides(after, limits)
    side = _lasting(after, limits, len(before))
    if side and side in sides:
        return Told("as_hoped" if (side > 0) == (expected == "higher") else "worse", limits, side, sides)
    return Told("none_yet" if len(after) >= LEAST_AFTER else "too_early", limits, side, sides)


def _sides(after: Sequence[float], limits: xmr.Limits) -> tuple[int, ...]:
    """Of each week the side on which it breaks a rule; a trend counts where it has left the mean behind."""
    found = xmr.sides(after, limits, xmr.signals(after, limits))
    return tuple(side if (value - limits.mean) * side > 0 else 0 for value, side in zip(after, found, strict=True))


def _lasting(after: Sequence[float], limits: xmr.Limits, points: int) -> int:
    """On which side all weeks together lie by more than chance."""
    if not after:
        return 0
    distance = float(np.mean(after)) - limits.mean
    error = (limits.upper - limits.mean) / 3 * sqrt(1 / len(after) + 1 / points)
    if abs(distance) <= max(Z_WARN * error, xmr.HAIR * abs(limits.mean)):
        return 0
    return 1 if distance > 0 else -1


def effect_of(promise: Commitment, ask: Callable[[Mapping[str, Any]], Asked], rebasing: Rebasing, as_of: str = "") -> Effect:
    """The verdict on `promise` for whoever `ask` binds questions to, at `as_of` (as in an address; default: of the data)."""
    query = {**dict(parse_qsl(promise.filters)), **({"as_of": as_of} if as_of else {})}
    try:
        return effect(promise, ask(query), rebasing)
    except BadQuestion:
        return _unmeasured(promise, "not_open", promise.made_on + timedelta(weeks=LEAST_AFTER))


def effect(promise: Commitment, asked: Asked, rebasing: Rebasing) -> Effect:
    """The verdict on `promise`, whose filters `asked` holds, at the question's `as_of`."""
    calendar, metric = asked.calendar, REGISTRY.get(promise.metric)
    between = calendar.start_of(promise.made_on, "week")
    # The week in which it was made is neither before nor after, unless it was made on its first day.
    begun = between if between == promise.made_on else between + timedelta(weeks=1)
    tells_from = begun + timedelta(weeks=LEAST_AFTER)
    if metric is None or not metric.by_period:
        return _unmeasured(promise, "no_series", tells_from)
    end = calendar.last_complete(asked.question.as_of, "week")[1]
    start = between - timedelta(weeks=2 * signals.YEAR + 1)
    if end <= start:
        return _unmeasured(promise, "few_weeks", tells_from)
    frame = measure(promise.metric, asked.about(asked.question.about(start=start, end=end, grain="week")), period=True).frame
    days = rebasing.days(promise.metric, signals.filters_of(asked))
    fresh = min((day for day in days if day >= between + timedelta(weeks=1)), default=None)
    told_until = min([begun + timedelta(weeks=MOST_AFTER), *([] if fresh is None else [calendar.start_of(fresh, "week")])])
    base_from = max(
        [
            between - timedelta(weeks=xmr.BASELINE_POINTS),
            *(_first_whole(calendar.start_of(day, "week"), day) for day in days if day < between),
        ]
    )
    judged, method = _judged(frame, between, metric.kind == "stock")
    shown = pd.DataFrame({"period": frame["period"], "value": frame["value"], "n": frame["n"], "judged": judged})
    shown = shown[shown["period"] >= pd.Timestamp(between - timedelta(weeks=xmr.BASELINE_POINTS))].reset_index(drop=True)
    part = [_part(at.date(), base_from, between, begun, told_until) for at in shown["period"]]
    shown = shown.assign(part=part, signal=0)
    before, after = (shown[(shown["part"] == name) & shown["judged"].notna()] for name in ("before", "after"))
    because = _because(before, after, metric.kind)
    if because:
        return Effect(promise, Told("not_measurable", None, 0, ()), because, tells_from, shown, method, fresh)
    told = verdict_of(before["judged"].tolist(), after["judged"].tolist(), promise.expected)
    shown.loc[after.index, "signal"] = list(told.sides)
    return Effect(promise, told, "", tells_from, shown, method, fresh)


def _first_whole(week: date, day: date) -> date:
    """The first day of the first week that lies wholly after a new baseline began."""
    return week if week == day else week + timedelta(weeks=1)


def _part(week: date, base_from: date, between: date, begun: date, told_until: date) -> str:
    if week >= told_until:
        return "beyond"
    if week >= begun:
        return "after"
    if week >= between:
        return "between"
    return "before" if week >= base_from else "beyond"


def _judged(
    frame: pd.DataFrame, between: date, is_change: bool
) -> tuple[np.ndarray, Literal["value", "change", "season", "change_season"]]:
    """What of a weekly figure is judged: of a stock its change, of a figure with a season before the promise its difference to the year before."""
    base = frame["value"].to_numpy("float64", na_value=np.nan)
    if is_change:
        base = np.concatenate([[np.nan], np.diff(base)])
    earlier = base[(frame["period"] < pd.Timestamp(between)).to_numpy()]
    compared = np.concatenate([np.full(signals.YEAR, np.nan), base])[: len(base)]
    counted = slice(len(earlier) - xmr.BASELINE_POINTS, len(earlier))
    if not signals.is_seasonal(earlier[None, :])[0] or np.isnan(compared[counted]).any():
        return base, "change" if is_change else "value"
    shown = slice(counted.start, None)
    judged = base.copy()
    judged[shown] -= signals.without_exceptions(compared[None, shown])[0]
    return judged, "change_season" if is_change else "season"


def _because(before: pd.DataFrame, after: pd.DataFrame, kind: Kind) -> Because:
    """Why the weeks cannot be judged; of a share or a duration those after must have cases enough, too."""
    if len(before) < xmr.LEAST_POINTS:
        return "few_weeks"
    if before["n"].mean() < LEAST_N or (kind in ("share", "duration") and len(after) and after["n"].mean() < LEAST_N):
        return "few_cases"
    met = (before["value"] * before["n"]).sum()
    # Of a share that hardly ever happens the next week without is no news, and its limits have no width.
    return "rare" if kind == "share" and min(met, before["n"].sum() - met) < LEAST_N else ""


def _unmeasured(promise: Commitment, because: Because, tells_from: date) -> Effect:
    return Effect(promise, Told("not_measurable", None, 0, ()), because, tells_from, pd.DataFrame(columns=list(COLUMNS)), "value", None)


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return None if known.empty else float(known.mean())
