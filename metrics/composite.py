"""Metrics made of other metrics' counts, or of a statement of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from metrics import clock, given_types, reporting, survival
from metrics.compare import weeks_of_work
from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.select import KEYS, Asked, By

WEEKS_OF_PACE = 8
LEAST_POPULATION = 500
SMALLEST = "smallest_part"
"""Column of a composite's frame with the smallest count above zero behind each figure: what decides whether residents may see it."""


class Counted(Protocol):
    """`measure` before small cells are hidden: a composite is made of all its parts and hidden as a whole."""

    def __call__(self, metric: Metric, asked: Asked, by: By = None, period: bool = False) -> pd.DataFrame: ...


def frame(metric: Metric, asked: Asked, by: By, period: bool, counted: Counted) -> pd.DataFrame:
    """The answer frame of a composite metric."""
    if metric.id in ("ttc_km", "ttc_km_period"):
        return survival.summary(metric, asked, by, period)
    if metric.id == "ontime_given_types":
        return given_types.on_time_given_types(metric, asked, by, period)
    if metric.id == "reporting_delay":
        return reporting.reporting_delay(metric, asked, by, period)
    if metric.id == "hold_days":
        return clock.hold_days(metric, asked, by, period)
    if metric.id == "moves_per_case":
        return clock.moves_per_case(metric, asked, by, period)
    if metric.id == "deadline_bunching":
        return clock.deadline_bunching(metric, asked, by, period, counted)
    if metric.id == "weeks_of_work":
        return _weeks_of_work(asked, by, period, counted)
    if metric.id == "per_1000":
        return _per_1000(asked, by, period, counted)
    made_of = {part: REGISTRY[part] for part in metric.parts}
    if metric.id == "net_flow":
        # A closing counts where the case was closed, the backlog where it is now; the flow that explains the backlog must too.
        made_of = {part: replace(of, owner="current") for part, of in made_of.items()}
    parts = {name: _part(counted(of, asked, by, period)) for name, of in made_of.items()}
    joined = pd.concat(parts, axis=1).astype("float64").fillna(0.0)
    if metric.id == "net_flow":
        value = joined["opened"] - joined["closed"] + joined["reopened"]
        made = pd.DataFrame({"value": value, "numerator": value, "denominator": None, "n": joined.sum(axis=1)})
    else:
        made = pd.DataFrame({"value": joined["closed"] / joined["opened"].where(joined["opened"] > 0)})
        made = made.assign(numerator=joined["closed"], denominator=joined["opened"], n=joined["opened"])
    return _keyed(made, joined)


def _part(frame: pd.DataFrame) -> pd.Series:
    keys = [name for name in KEYS if name in frame.columns]
    return frame.set_index(keys)["value"] if keys else frame["value"]


def _keyed(made: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    made = made.assign(suppressed=False, **{SMALLEST: counts.where(counts > 0).min(axis=1)})
    return made.reset_index() if made.index.names[0] is not None else made


def _weeks_of_work(asked: Asked, by: By, period: bool, counted: Counted) -> pd.DataFrame:
    """backlog / mean weekly closings of the last 8 weeks that were complete then; null without any closing."""
    backlog = _part(counted(REGISTRY["backlog"], asked, by, period))
    ends = _ends(asked) if period else [asked.calendar.last_complete(asked.question.as_of, "week")[1]]
    recent = asked.question.about(start=min(ends) - timedelta(weeks=WEEKS_OF_PACE), end=max(ends), grain="week")
    weekly = _part(counted(REGISTRY["closed"], asked.about(recent), by, True))
    # One row per group (a single one without groups), one column per week, added up from the first.
    weeks = pd.date_range(recent.start, recent.end, freq="7D", inclusive="left")
    wide = (weekly.unstack("period").fillna(0.0) if by else weekly.to_frame().T).reindex(columns=weeks, fill_value=0.0)
    upto = np.insert(wide.to_numpy("float64").cumsum(axis=1), 0, 0.0, axis=1)
    places = [(end - recent.start).days // 7 for end in ends]
    closings = pd.DataFrame({n: upto[:, place] - upto[:, place - WEEKS_OF_PACE] for n, place in enumerate(places)}, index=wide.index)
    if period:
        closings.columns = pd.to_datetime(asked.calendar.starts(asked.question.start, asked.question.end, asked.question.grain))
        long = closings.stack() if by else closings.iloc[0]
    else:
        long = closings[0] if by else closings[0].set_axis(backlog.index)
    total = long.reindex(backlog.index).astype("float64")
    pace = total / WEEKS_OF_PACE
    made = pd.DataFrame({"value": weeks_of_work(backlog, total, WEEKS_OF_PACE), "numerator": backlog, "denominator": pace, "n": backlog})
    return _keyed(made, pd.concat([backlog, total], axis=1))


def _ends(asked: Asked) -> list[date]:
    """For each period asked for, the end of the last week that was complete when the period ended."""
    question, calendar = asked.question, asked.calendar
    ends = []
    for start in calendar.starts(question.start, question.end, question.grain):
        end = min(calendar.next_start(start, question.grain), question.end)
        ends.append(calendar.last_complete(min(calendar.midnight(end), question.as_of), "week")[1])
    return ends


def rate_per_1000(count: float, population: float | None, least_population: float = LEAST_POPULATION) -> float | None:
    """Cases per 1,000 people; None where the population is unknown or too small to say."""
    if population is None or population != population or population < least_population:
        return None
    return count / population * 1000


def _per_1000(asked: Asked, by: By, period: bool, counted: Counted) -> pd.DataFrame:
    """Residents' cases per 1,000 people of the areas they are counted for."""
    counts = _part(counted(REGISTRY["resident_opened"], asked, by, period))
    population = _population(asked, asked.dimensions(by), counts.index)
    rates = [rate_per_1000(count, people) for count, people in zip(counts, population, strict=True)]
    value = pd.Series(rates, index=counts.index, dtype="float64")
    made = pd.DataFrame({"value": value, "numerator": counts, "denominator": population, "n": counts})
    return _keyed(made, counts.to_frame())


def _population(asked: Asked, by: tuple[str, ...], index: pd.Index) -> pd.Series:
    """How many people live where each figure's cases are counted; null where nobody can say.

    That is the area a figure is split by, else the areas chosen, else the whole city. The people
    in the overlap of two layers are known only where one layer's areas are parts of the other's.
    """
    dimensions = asked.mart.dimensions
    layers = {layer.slug for layer in dimensions.area_layers if not layer.extra["is_context"]}
    split = [name for name in by if name in layers]
    chosen: dict[str, set[str]] = {}
    for layer, area in asked.question.areas:
        chosen.setdefault(layer, set()).add(area)
    unknown = pd.Series(float("nan"), index=index, dtype="float64")
    if len(split) > 1:
        return unknown
    if split:
        outer = [areas for layer, areas in chosen.items() if layer != split[0]]
        people = {
            area.slug: area.extra.get("population")
            for area in dimensions.areas(split[0])
            if all(area.extra.get("parent_slug") in areas for areas in outer)
        }
        keys = index.get_level_values("key_2" if by.index(split[0]) else "key")
        return pd.Series([people.get(key) for key in keys], index=index, dtype="float64")
    if len(chosen) > 1:
        return unknown
    for layer, areas in chosen.items():
        return unknown.fillna(_people(asked, layer, areas))
    first = min((layer for layer in dimensions.area_layers if layer.slug in layers), key=lambda layer: layer.id, default=None)
    return unknown if first is None else unknown.fillna(_people(asked, first.slug, None))


def _people(asked: Asked, layer: str, areas: set[str] | None) -> float:
    members = asked.open_areas(layer)
    return sum(float(area.extra.get("population") or 0) for area in members if areas is None or area.slug in areas)
