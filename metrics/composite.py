"""Metrics made of other metrics' answers, or of a statement of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Callable

import pandas as pd

from metrics import repeats, survival
from metrics.answer import Answer
from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.select import Asked

Measure = Callable[..., Answer]

WEEKS_OF_PACE = 8
LEAST_POPULATION = 500


def frame(metric: Metric, asked: Asked, by: str | None, period: bool, measure: Measure) -> pd.DataFrame:
    """The answer frame of a composite metric."""
    if metric.id == "ttc_km":
        return survival.summary(REGISTRY[metric.id], asked, by)
    if metric.id == "repeat_location_rate":
        return repeats.repeat_locations(metric, asked, by)
    if metric.id == "reported_again":
        return repeats.reported_again(metric, asked, by)
    if metric.id == "weeks_of_work":
        return _weeks_of_work(asked, by, period, measure)
    if metric.id == "per_1000":
        return _per_1000(asked, by, period, measure)
    parts = {part: _part(part, asked, by, period, measure) for part in metric.parts}
    joined = pd.concat(parts, axis=1).astype("float64").fillna(0.0)
    if metric.id == "net_flow":
        value = joined["opened"] - joined["closed"] + joined["reopened"]
        made = pd.DataFrame({"value": value, "numerator": value, "denominator": None, "n": joined["opened"]})
    else:
        made = pd.DataFrame({"value": joined["closed"] / joined["opened"].where(joined["opened"] > 0)})
        made = made.assign(numerator=joined["closed"], denominator=joined["opened"], n=joined["opened"])
    return _keyed(made, by, period)


def _part(part: str, asked: Asked, by: str | None, period: bool, measure: Measure) -> pd.Series:
    frame = measure(part, asked, by=by, period=period).frame
    keys = [*(["key", "label"] if by else []), *(["period"] if period else [])]
    return frame.set_index(keys)["value"] if keys else frame["value"]


def _keyed(made: pd.DataFrame, by: str | None, period: bool) -> pd.DataFrame:
    made = made.assign(suppressed=False)
    return made.reset_index() if by or period else made


def _weeks_of_work(asked: Asked, by: str | None, period: bool, measure: Measure) -> pd.DataFrame:
    """backlog / mean weekly closings of the last 8 complete weeks; null without any closing."""
    question = asked.question
    if period and question.grain == "week":
        early = Asked(asked.mart, asked.scope, asked.calendar, question.about(start=question.start - timedelta(weeks=WEEKS_OF_PACE)))
        backlog = _part("backlog", asked, by, True, measure)
        closed = _part("closed", early, by, True, measure)
        if by:
            closed = closed.unstack("period").fillna(0.0).T.rolling(WEEKS_OF_PACE).mean().T.stack()
        else:
            closed = closed.rolling(WEEKS_OF_PACE).mean()
        pace = closed.reindex(backlog.index)
    else:
        _, end = asked.calendar.last_complete(question.as_of, "week")
        recent = question.about(start=end - timedelta(weeks=WEEKS_OF_PACE), end=end)
        backlog = _part("backlog", asked, by, False, measure)
        pace = _part("closed", Asked(asked.mart, asked.scope, asked.calendar, recent), by, False, measure) / WEEKS_OF_PACE
        pace = pace.reindex(backlog.index)
        period = False
    made = pd.DataFrame({"value": backlog / pace.where(pace > 0), "numerator": backlog, "denominator": pace, "n": backlog})
    return _keyed(made, by, period)


def rate_per_1000(count: float, population: float | None, least_population: float = LEAST_POPULATION) -> float | None:
    """Cases per 1,000 people; None where the population is unknown or too small to say."""
    if population is None or population != population or population < least_population:
        return None
    return count / population * 1000


def _per_1000(asked: Asked, by: str | None, period: bool, measure: Measure) -> pd.DataFrame:
    """Residents' cases per 1,000 people of each area, or of the city as the sum of its first layer's areas."""
    dimensions = asked.mart.dimensions
    layers = [layer.slug for layer in sorted(dimensions.area_layers, key=lambda m: m.id) if not layer.extra["is_context"]]
    counts = _part("resident_opened", asked, by, period, measure)
    if by in layers:
        people = {m.slug: m.extra.get("population") for m in dimensions.areas(str(by))}
        keys = counts.index.get_level_values("key")
        population = pd.Series([people.get(key) for key in keys], index=counts.index, dtype="float64")
    else:
        chosen = {area for layer, area in asked.question.areas if layers and layer == layers[0]}
        areas = dimensions.areas(layers[0]) if layers else []
        total = sum(float(m.extra.get("population") or 0) for m in areas if not chosen or m.slug in chosen)
        population = pd.Series(total, index=counts.index, dtype="float64")
    rates = [rate_per_1000(count, people) for count, people in zip(counts, population, strict=True)]
    value = pd.Series(rates, index=counts.index, dtype="float64")
    made = pd.DataFrame({"value": value, "numerator": counts, "denominator": population, "n": counts})
    return _keyed(made, by, period)
