"""One figure of the same services in several cities, where it is the same figure; and why not where it is not.

What makes two numbers comparable, all of it together: the same metric (by construction: one registry), the same class of cases,
request types that somebody has declared to be the same service, the same calendar quarter in each city's own zone, over
and begun in the data of both, published by both (enough cases, by the portal's own rule), and nothing that somebody has
declared to be unlike. A rate of kept promises needs the same promise, and a rate per person a counted population with its year.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

import pandas as pd

from data_access.city import City
from data_access.comparison import Comparison, SameService
from data_access.due import promises
from data_access.sla import SlaRule
from data_access.slugs import slug
from metrics.intervals import difference_interval, poisson_interval, wilson
from metrics.measure import measure
from metrics.other_cities import Side, WhyNot
from metrics.select import Asked

Topic = Literal["volume", "time", "promise"]
TOPICS: dict[str, Topic] = {"closed_within_7_days": "time", "ttc_km": "time", "ontime_due": "promise", "per_1000": "volume"}
"""The figures that are compared -> what somebody must not have declared unlike."""
PER = 1_000
COLUMNS = ("service", "city", "is_own", "value", "low", "high", "n", "promise", "verdict")


@dataclass(frozen=True)
class Cell:
    """One figure of one service in one city, with its 95 % interval where it has one."""

    value: float
    n: float
    low: float | None = None
    high: float | None = None

    def interval(self) -> tuple[float, float, float] | None:
        return None if self.low is None or self.high is None else (self.value, self.low, self.high)


@dataclass(frozen=True)
class Compared:
    """`frame` has a row for each service and city (`COLUMNS`); `left_out` says what is not in it."""

    frame: pd.DataFrame
    left_out: tuple[WhyNot, ...]


def compared(metric: str, every: Sequence[Side], of: Comparison, language: str = "en") -> Compared:
    """`metric` of each service that the own city (the first side) and another one share.

    `verdict` is about the row's city beside the own one: more, less, alike (no difference that chance would not make), or
    empty where the figure has no interval.
    """
    rows: list[dict[str, Any]] = []
    left: list[WhyNot] = [side.why_not for side in every if side.why_not is not None]
    usable = [side for side in every if side.asked is not None]
    if not usable or usable[0] is not every[0]:
        return Compared(pd.DataFrame(rows, columns=list(COLUMNS)), tuple(left))
    for service in of.same_service:
        named = service.called(language)
        found = {side.id: _cell(metric, side, usable[0], service, of) for side in usable}
        left += [replace(why, service=named) for why in found.values() if isinstance(why, WhyNot)]
        own = found[usable[0].id]
        cells = [(side, cell) for side in usable if isinstance(cell := found[side.id], Cell)]
        if not isinstance(own, Cell) or len(cells) < 2:
            continue
        for side, cell in cells:
            rule = rule_of(side, service)
            rows.append({
                "service": named, "city": side.name, "is_own": side is usable[0], "value": cell.value, "low": cell.low, "high": cell.high,
                "n": cell.n, "promise": rule, "verdict": "" if side is usable[0] else _verdict(cell, own),
            })  # fmt: skip
    return Compared(pd.DataFrame(rows, columns=list(COLUMNS)), tuple(dict.fromkeys(left)))


def rule_of(side: Side, service: SameService) -> SlaRule | None:
    """What the city promises for the service on the last day of the quarter."""
    if side.city is None or side.asked is None or service.types.get(side.id) is None:
        return None
    return promises(side.city, side.asked.question.end - timedelta(days=1)).get(slug(service.types[side.id]))


def _cell(metric: str, side: Side, own: Side, service: SameService, of: Comparison) -> Cell | WhyNot:
    asked, kind = side.asked, service.types.get(side.id)
    assert asked is not None
    if kind is None:
        return WhyNot("no_type", side.name)
    topic = TOPICS[metric]
    unlike = next(
        (one for one in of.unlike if one.city == side.id and one.what in (topic, "everything") and one.service in ("", service.name)), None
    )
    if unlike is not None:
        return WhyNot(f"unlike_{topic}", side.name, detail=unlike.because)
    if slug(kind) not in asked.mart.dimensions.request_types.by_slug:
        return WhyNot("not_published", side.name)
    if topic == "promise" and (why := _promised_otherwise(side, own, service)) is not None:
        return why
    return FIGURES[metric](side, asked.about(asked.question.about(request_type=(slug(kind),))))


def _promised_otherwise(side: Side, own: Side, service: SameService) -> WhyNot | None:
    """Why the promises of two cities are not the same; None if they are."""
    mine, theirs = (rule_of(one, service) for one in (own, side))
    if theirs is None:
        return WhyNot("no_promise", side.name)
    if side is own or mine is None:
        return None
    assert own.city is not None and side.city is not None
    return None if _terms(mine, own.city) == _terms(theirs, side.city) else WhyNot("promise", side.name)


def _terms(rule: SlaRule, city: City) -> tuple[Any, ...]:
    """All that decides when a case is due: the time, how it is counted, and the hours that count. Holidays are each city's own."""
    hours = next((config.weekly for config in city.calendars if config.id == rule.calendar), None)
    counted = (rule.weekend_policy, rule.after_hours_policy, rule.due_time, rule.clock, rule.truncate)
    return rule.unit, float(rule.amount), counted, None if hours is None else sorted((day, tuple(spans)) for day, spans in hours.items())


def _share(metric: str) -> Callable[[Side, Asked], Cell | WhyNot]:
    def figure(side: Side, asked: Asked) -> Cell | WhyNot:
        row = measure(metric, asked).frame.iloc[0]
        if row["suppressed"] or pd.isna(row["value"]):
            return WhyNot("few", side.name)
        low, high = wilson(row["numerator"], row["denominator"]) or (None, None)
        return Cell(float(row["value"]), float(row["n"]), low, high)

    return figure


def _days(side: Side, asked: Asked) -> Cell | WhyNot:
    row = measure("ttc_km", asked).frame.iloc[0]
    if row["suppressed"]:
        return WhyNot("few", side.name)
    if pd.isna(row["value"]):
        return WhyNot("not_yet", side.name)
    return Cell(float(row["value"]), float(row["n"]))


def _per_person(side: Side, asked: Asked) -> Cell | WhyNot:
    people, why = people_of(side)
    if not people:
        return WhyNot(why, side.name)
    row = measure("opened", asked).frame.iloc[0]
    if row["suppressed"] or pd.isna(row["value"]):
        return WhyNot("few", side.name)
    low, high = (end / people * PER for end in poisson_interval(float(row["value"])))
    return Cell(float(row["value"]) / people * PER, float(row["value"]), low, high)


def people_of(side: Side) -> tuple[int, str]:
    """How many people live in the city by the areas of its first layer (0: not known), and else why they are not known."""
    assert side.asked is not None and side.city is not None
    layer = next(iter(side.city.area_layers), None)
    counts = [area.extra["population"] for area in side.asked.mart.dimensions.districts]
    if layer is None or not counts or any(not count for count in counts):
        return 0, "no_people"
    if not re.search(r"\b(19|20)\d\d\b", layer.population_source or ""):
        return 0, "no_year"
    return int(sum(counts)), ""


def _verdict(cell: Cell, own: Cell) -> str:
    theirs, mine = cell.interval(), own.interval()
    if theirs is None or mine is None:
        return ""
    low, high = difference_interval(theirs, mine)
    return "more" if low > 0 else "less" if high < 0 else "alike"


FIGURES: dict[str, Callable[[Side, Asked], Cell | WhyNot]] = {
    "closed_within_7_days": _share("closed_within_7_days"), "ttc_km": _days, "ontime_due": _share("ontime_due"), "per_1000": _per_person,
}  # fmt: skip
