"""The demo city's figures that are not cases, as a performance office types them: by month or quarter, with targets, gaps and one story.

Each figure's whole course is drawn from the seed, to the end of the days that the city was drawn for, and what is known at a moment is
what of it had ended. So going on in one step or in many gives the same rows. None of the sizes is a real city's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import cos, pi

import numpy as np

from data_access.demo.rows import Row
from data_access.demo.truths import FIGURE_RISE, Dates

FISCAL_YEAR_MONTH = 7
PARTLY = 0.05
"""A miss by less than this part of the target the office calls "watch"."""
OVERTIME = "Overtime hours"
SILENT = "Traffic signals working"
WHY_SILENT = "The monitoring system was being replaced."
PENDING = "pending"


@dataclass(frozen=True)
class Figure:
    """One figure: what it is, about how large, and how it moves."""

    department: str
    name: str
    unit: str
    better: str
    level: float
    target: float | None
    definition: str
    noise: float = 0.05
    """Spread of a period around its level, in parts of it."""
    season: float = 0.0
    """How much higher its best month is than its mean, in parts of it."""
    peak: int = 7
    """That month."""
    drift: float = 0.0
    """Growth in a year, in parts of the level."""
    adds: str = ""
    months: int = 1
    """1: by month, 3: by quarter."""
    places: int = 0
    most: float = float("inf")
    yearly_target: bool = False
    """Its target is set for the fiscal year alone."""


FIGURES = (
    Figure("Public Works", OVERTIME, "hours", "less", 2_900, 3_200, "Hours paid beyond the regular shift, all crews.", adds="yes"),
    Figure("Public Works", "Waste collected", "tons", "", 4_100, None, "Household waste weighed at the transfer station.", season=0.12, peak=6, adds="yes"),
    Figure("Public Works", "Vehicles fit for service", "%", "more", 91, 92, "Vehicles that could go out, of all vehicle days.", noise=0.015, places=1, most=100, yearly_target=True),
    Figure("Public Works", "Spent of the operating budget", "$", "", 1_840_000, 1_900_000, "Paid from the department's operating budget.", noise=0.07, drift=0.03, adds="yes"),
    Figure("Inspections", "Building permits issued", "permits", "more", 310, 290, "Permits handed out, of every kind.", season=0.22, peak=5, adds="yes"),
    Figure("Inspections", "Days to a building permit", "days", "less", 21, 18, "Days from a complete application until half of the permits were issued.", noise=0.08, drift=0.04, places=1),
    Figure("Inspections", "Restaurant inspections", "inspections", "more", 540, 600, "Inspections of places that serve food.", noise=0.08, adds="yes", months=3),
    Figure("Parks and Trees", "Swimming-pool visits", "visits", "more", 9_500, 9_000, "Tickets taken at the three indoor pools and the lido.", season=0.75, peak=7, adds="yes"),
    Figure("Parks and Trees", "Trees planted", "trees", "more", 260, 300, "Street and park trees planted and staked.", noise=0.12, adds="yes", months=3),
    Figure("Parks and Trees", "Volunteer hours", "hours", "more", 820, 750, "Hours that residents signed for at clean-ups and plantings.", noise=0.12, season=0.3, peak=5, adds="yes"),
    Figure("Transportation", SILENT, "%", "more", 97.4, 97, "Hours in which signals had no fault, in percent of their hours.", noise=0.006, places=1, most=100),
    Figure("Transportation", "Parking income", "$", "more", 415_000, 400_000, "Paid at meters and for permits.", noise=0.06, adds="yes"),
    Figure("Property and Graffiti", "Energy used by city buildings", "MWh", "less", 1_650, 1_600, "Electricity and gas of the buildings the department runs.", season=0.35, peak=1, adds="yes"),
    Figure("Mayor's Hotline", "Call takers who left", "%", "less", 4.6, 5, "Of the call takers at the beginning of the quarter those who left in it.", noise=0.2, places=1, months=3, most=100),
    Figure("Mayor's Hotline", "Training hours", "hours", "more", 96, 90, "Hours of training given to call takers.", noise=0.15, adds="yes"),
    Figure("Water and Sewer", "Minutes to reach a burst main", "minutes", "less", 38, 45, "Minutes from the call until a crew was there, half of the calls.", noise=0.09, places=1),
    Figure("Water and Sewer", "Water lost to leaks", "%", "less", 12.8, 12, "Water that entered the network and was not metered.", noise=0.03, drift=-0.02, places=1, months=3, most=100),
)  # fmt: skip


def figure_rows(dates: Dates, seed: int, days: int, known_from: date, known_until: date) -> list[Row]:
    """Rows of the periods that ended after `known_from` and up to `known_until`; `days`: how far beyond `as_of` the course is drawn."""
    made: list[Row] = []
    for number, figure in enumerate(FIGURES, start=1):
        rng = np.random.default_rng([seed, 9, number])
        starts = _starts(dates, figure.months, days)
        noise = rng.normal(0, figure.noise, len(starts))
        for at, start in enumerate(starts):
            end = _later(start, figure.months)
            if known_from < end <= known_until:
                made.append(_row(1_000 * number + at, figure, start, at, float(noise[at]), dates, end))
        made += _year_rows(1_000 * number + 900, figure, dates, days, known_from, known_until)
    return made


def _row(id: int, figure: Figure, start: date, at: int, noise: float, dates: Dates, end: date) -> Row:
    value: str | None = _written(value_of(figure, start, at, noise, dates), figure.places)
    note = None
    if figure.name == SILENT and start == dates.silent:
        value, note = None, WHY_SILENT
    if figure.name == "Restaurant inspections" and start <= dates.silent < end:
        value = PENDING
    target = None if figure.target is None or figure.yearly_target else round(figure.target * _season(figure, start), figure.places)
    verdict = (
        None
        if target is None or value in (None, PENDING) or not figure.better
        else _verdict(float((value or "0").replace(",", "")), target, figure.better)
    )
    grain = "month" if figure.months == 1 else "quarter"
    return (id, figure.department, figure.name, figure.unit, figure.better or None, figure.adds or None, grain, start.isoformat(), value, target, verdict,
            figure.definition, note)  # fmt: skip


def value_of(figure: Figure, start: date, at: int, noise: float, dates: Dates) -> float:
    """One period's figure before it is rounded: its level with season, drift, chance and, for overtime, the story."""
    level = figure.level * (1 + figure.drift * at * figure.months / 12)
    story = FIGURE_RISE if figure.name == OVERTIME and start >= dates.overtime else 1
    return min(figure.most, max(0.0, level * _season(figure, start) * story * (1 + noise)))


def _season(figure: Figure, start: date) -> float:
    """How a period's usual level, and so its target, lies to the mean of the year."""
    middle = start.month + (figure.months - 1) / 2
    return 1 + figure.season * cos(2 * pi * (middle - figure.peak) / 12)


def _year_rows(id: int, figure: Figure, dates: Dates, days: int, known_from: date, known_until: date) -> list[Row]:
    """Where a target is set for the year, a row for it as the year begins."""
    made: list[Row] = []
    for at, start in enumerate(_starts(dates, 12, days) if figure.yearly_target else ()):
        if known_from < start <= known_until:
            made.append((id + at, figure.department, figure.name, figure.unit, figure.better, None, "year", start.isoformat(), None, figure.target, None, figure.definition, None))  # fmt: skip
    return made


def _starts(dates: Dates, months: int, days: int) -> list[date]:
    """First days of the periods from the city's beginning on; quarters and years are those of the fiscal year."""
    first = dates.start.replace(day=1) if dates.start.day == 1 else _later(dates.start.replace(day=1), 1)
    while (first.month - FISCAL_YEAR_MONTH) % months:
        first = _later(first, 1)
    made, last = [], dates.as_of + timedelta(days=days)
    while first < last:
        made.append(first)
        first = _later(first, months)
    return made


def _later(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _written(value: float, places: int) -> str:
    """As a person types it: thousands with a comma."""
    return f"{value:,.{places}f}"


def _verdict(value: float, target: float, better: str) -> str:
    short = (target - value if better == "more" else value - target) / target
    return "on track" if short <= 0 else "watch" if short < PARTLY else "off track"
