"""What the simulators of the other programmes share: openings, office hours, skewed durations, and what is known at a moment.

A programme is a frame with one row per case: its whole course, however far ahead, times as
wall-clock seconds. What is known at a moment is cut from it, so it does not depend on the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data_access.demo import truths
from data_access.demo.arrivals import WEEKDAY
from data_access.demo.catalogue import HOURS, kind_number
from data_access.demo.names import email, person_name, phone
from data_access.demo.places import Places
from data_access.demo.rows import Row
from data_access.demo.simulate import FUTURE_DAYS
from data_access.demo.wall_clock import DAY, HOUR, NEVER, existing, midnight, stamps

OPENS, CLOSES = 8 * HOUR, 17 * HOUR
PEOPLE_SHARE = 0.7
"""People per case: some come back."""
Times = pd.Series | np.ndarray


def days_between(dates: truths.Dates) -> list[date]:
    """All days on which cases are opened, also those after `as_of`."""
    return [dates.start + timedelta(days=n) for n in range((dates.as_of - dates.start).days + FUTURE_DAYS)]


def openings(dates: truths.Dates, count: int, rng: np.random.Generator, weight: np.ndarray | None = None) -> np.ndarray:
    """Opening times in their order, about `count` of them before `as_of`. `weight`: of each day, on top of its weekday."""
    days = days_between(dates)
    expected = np.array([WEEKDAY[day.weekday()] for day in days]) * (1.0 if weight is None else weight)
    known = (dates.as_of - dates.start).days
    day = np.repeat(np.arange(len(days)), rng.poisson(expected * count / expected[:known].sum()))
    hour = np.searchsorted(np.cumsum(HOURS["Web Form"]) / sum(HOURS["Web Form"]), rng.random(len(day))).clip(0, 23)
    return np.sort(existing(midnight(dates.start) + day * DAY + hour * HOUR + rng.integers(0, HOUR, len(day))))


def office_time(at: Times, rng: np.random.Generator) -> np.ndarray:
    """The times, or where nobody is at work the next working day's; NEVER stays."""
    at = np.asarray(at)
    day, second = at // DAY + (at % DAY >= CLOSES), at % DAY
    weekday = (day + 3) % 7
    day = day + np.where(weekday >= 5, 7 - weekday, 0)
    moved = (day != at // DAY) | (second < OPENS)
    second = np.where(moved, rng.integers(OPENS, CLOSES, len(at)), second)
    return np.where(at == NEVER, NEVER, day * DAY + second)


def after(at: Times, days: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When something that takes so many days is done in the office, begun at `at`; NEVER stays."""
    at = np.asarray(at)
    return np.where(at == NEVER, NEVER, office_time(np.where(at == NEVER, 0, at + np.maximum(days * DAY, 60).astype("int64")), rng))


def skewed(median: float | np.ndarray, sd: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` durations in days, lognormal."""
    return median * np.exp(sd * rng.standard_normal(count))


def only(where: Times, at: Times) -> np.ndarray:
    """The times of those rows, NEVER elsewhere."""
    return np.where(np.asarray(where), np.asarray(at), NEVER)


def one_of(shares: Sequence[float], count: int, rng: np.random.Generator) -> np.ndarray:
    """Positions in `shares`, each as often as its share says."""
    steps = np.cumsum(shares) / sum(shares)
    return np.searchsorted(steps, rng.random(count)).clip(0, len(shares) - 1)


def words(choices: Iterable[str | None], which: Times) -> np.ndarray:
    """The text at each position."""
    return np.array([*choices], dtype=object)[np.asarray(which)]


def business_days_later(at: np.ndarray, days: int, first_year: int, last_year: int) -> np.ndarray:
    """The end of the so many-th working day after each time, as the city promises: at 17:00."""
    import holidays  # imported late: it takes a while, and only building a demo needs it

    free = [np.datetime64(day) for day in holidays.country_holidays("US", years=range(first_year - 1, last_year + 2))]
    day = np.asarray(at).astype("datetime64[s]").astype("datetime64[D]")
    due = np.busday_offset(np.busday_offset(day, 0, "backward", holidays=free), days, "forward", holidays=free)
    return due.astype("datetime64[s]").astype("int64") + CLOSES


def points(places: Places, like: str, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(neighbourhood, address in it) of `count` cases, where those of a known request type are."""
    steps = places.hood_steps[kind_number(like)]
    return np.searchsorted(steps, rng.random(count)).clip(0, len(steps) - 1), places.draw_addresses(count, rng)


def known_at(frame: pd.DataFrame, times: Sequence[str], now: int, since: str) -> pd.DataFrame:
    """The cases entered (`since`) before `now`, of their `times` those before it; `updated` is the latest of them."""
    cut = frame[frame[since] < now].copy()
    for name in times:
        cut[name] = cut[name].where(cut[name] < now, NEVER)
    cut["updated"] = cut[[since, *times]].max(axis=1)
    return cut


def filed(*columns: Any) -> list[Row]:
    """Rows of a table from its columns."""
    return list(zip(*(column.tolist() if hasattr(column, "tolist") else column for column in columns), strict=True))


def stamped(at: Times) -> list[str | None]:
    """Times as the database takes them."""
    return stamps(np.asarray(at))


def person_rows(count: int, *more: Any) -> list[Row]:
    """People numbered from 1 to `count`; `more`: a function of the number for each further column."""
    return [(n, person_name(n), email(n), phone(n), *(make(n) for make in more)) for n in range(1, count + 1)]


def people_of(count: int) -> int:
    """How many people so many cases come from."""
    return max(int(count * PEOPLE_SHARE), 50)


def median_days(begun: pd.Series, ended: pd.Series) -> float:
    """Median days between two times, of the cases that have both."""
    both = (begun != NEVER) & (ended != NEVER)
    return round(float(((ended[both] - begun[both]) / DAY).median()), 2)
