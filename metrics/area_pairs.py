"""Two areas side by side: each figure with its interval, the difference with its own, and whether the two can be told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, isfinite, log

import pandas as pd

from metrics import survival
from metrics.areas import area_figures
from metrics.definitions import REGISTRY
from metrics.intervals import Z95, difference_interval, poisson_interval, wilson
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.question import BadQuestion
from metrics.select import Asked

COMPARED = ("opened", "per_1000", "ontime_due", "ontime_given_types", "ttc_km", "backlog", "overdue_now")
TOP_TYPES = 5


@dataclass(frozen=True, slots=True)
class Side:
    """One area's figure: `value` None where it cannot be given; `n` cases behind it; `interval` None for a plain count."""

    value: float | None
    n: int
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of two areas. `low` and `high`: 95 % interval of `difference` (one - other); `told_apart` None where it is not asked."""

    metric: Metric
    one: Side
    other: Side
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    told_apart: bool | None = None


def compare_areas(asked: Asked, layer: str, one: str, other: str) -> list[Compared]:
    """Every figure of `COMPARED` for two areas of `layer`. Counts are put beside each other without a verdict: they say how large areas are.

    Filters of the same layer do not count here: the two areas take their place.

    Raises:
        BadQuestion: no such layer, or the other filters leave out one of the areas.
    """
    question = asked.question
    asked = (asked if asked.memory is not None else asked.remembering()).about(
        question.about(areas=tuple(pair for pair in question.areas if pair[0] != layer))
    )
    made = []
    for metric in (REGISTRY[name] for name in COMPARED):
        figures = area_figures(asked, metric.id, layer).frame.set_index("key")
        made.append(_compared(metric, *(_side(asked, metric, figures, layer, area) for area in (one, other))))
    return made


def top_types(asked: Asked, layer: str, areas: tuple[str, str]) -> pd.DataFrame:
    """The request types most often opened in the two areas together: `key`, `label`, `one` and `other` (cases; null where withheld)."""
    question = asked.question
    asked = asked.about(question.about(areas=tuple(pair for pair in question.areas if pair[0] != layer)))
    frame = measure("opened", asked, by=(layer, "request_type")).frame
    wide = frame.loc[frame["key"].isin(areas)].pivot(index=["key_2", "label_2"], columns="key", values="value")
    wide = wide.reindex(columns=list(areas))
    order = wide.sum(axis=1).sort_values(ascending=False, kind="stable").index[:TOP_TYPES]
    made = wide.loc[order].set_axis(["one", "other"], axis=1).reset_index(names=["key", "label"])
    # A type that an area has none of is absent there; a withheld one is not, and stays unknown.
    given = {(row["key"], row["key_2"]) for row in frame.to_dict("records")}
    for area, name in zip(areas, ("one", "other"), strict=True):
        absent = [(area, key) not in given for key in made["key"]]
        made[name] = made[name].mask(pd.Series(absent, index=made.index), 0.0)
    return made


def _side(asked: Asked, metric: Metric, figures: pd.DataFrame, layer: str, area: str) -> Side:
    if area not in figures.index:
        raise BadQuestion("The filters leave out one of the two areas; reset them to compare it.")
    row = figures.loc[area]
    if row["value"] != row["value"]:
        return Side(None, 0 if row["n"] != row["n"] else int(row["n"]))
    if metric.id == "ttc_km":
        return _median(asked.about(asked.question.about(areas=(*asked.question.areas, (layer, area)))), int(row["n"]))
    side = Side(float(row["value"]), int(row["n"]))
    if metric.unit == "share":
        return replace(side, interval=wilson(row["numerator"], row["n"]))
    if metric.unit == "of_expected":
        ends = wilson(row["numerator"], row["n"])
        return (
            side
            if ends is None
            else replace(side, interval=(ends[0] * row["n"] / row["denominator"], ends[1] * row["n"] / row["denominator"]))
        )
    if metric.unit == "per_1000":
        ends = poisson_interval(row["numerator"])
        return replace(side, interval=(ends[0] / row["population"] * 1000, ends[1] / row["population"] * 1000))
    return side


def _median(asked: Asked, n: int) -> Side:
    """Median days to close with its interval (Brookmeyer and Crowley 1982, on the scale log(-log S)); open cases are taken into account."""
    points = survival.curve(asked)
    return Side(survival.quantile(points, 0.5), n, _median_ends(points))


def _median_ends(points: pd.DataFrame) -> tuple[float, float] | None:
    """Every day at which the interval of S covers one half; None where it ends nowhere."""
    total, low, high = 0.0, None, None
    for days, at_risk, closed, left in points[["days", "at_risk", "closed", "survival"]].itertuples(index=False):
        if at_risk > closed:
            total += closed / (at_risk * (at_risk - closed))
        if not survival.EPSILON < left < 1 - survival.EPSILON:
            below, above = left, left
        else:
            spread = Z95 * total**0.5 / abs(log(left))
            below, above = left ** exp(spread), left ** exp(-spread)
        if low is None and below <= 0.5 + survival.EPSILON:
            low = float(days)
        if high is None and above <= 0.5 + survival.EPSILON:
            high = float(days)
    return None if low is None or high is None else (low, high)


def _compared(metric: Metric, one: Side, other: Side) -> Compared:
    if one.value is None or other.value is None:
        return Compared(metric, one, other)
    difference = one.value - other.value
    if one.interval is None or other.interval is None:
        return Compared(metric, one, other, difference)
    low, high = difference_interval((one.value, *one.interval), (other.value, *other.interval))
    if not (isfinite(low) and isfinite(high)):
        return Compared(metric, one, other, difference)
    return Compared(metric, one, other, difference, low, high, not low <= 0 <= high)
