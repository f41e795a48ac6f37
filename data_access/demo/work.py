"""How long the demo city takes: crews, forgotten cases, the storm, the neglected and the improved.

Closing times are a mixture: entered when already done, done by a crew (lognormal), forgotten for
months and closed in a batch, never closed. Around it every department has better and worse weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo import plan, truths
from data_access.demo.arrivals import Openings
from data_access.demo.catalogue import (
    CLEANED_UP,
    CLOSES_EARLY,
    DEPARTMENTS,
    HIT_BY_STORM,
    IMPROVED,
    KINDS,
    STORM_TYPE,
    department_number,
    department_of_queue,
    kind_number,
)  # fmt: skip
from data_access.demo.wall_clock import DAY, HOUR, NEVER, midnight

DEPARTMENT_OF_KIND = np.array([department_of_queue(kind.queue) for kind in KINDS])
WEEK_SD, WEEK_MEMORY = 0.25, 0.4
"""Spread of a department's good and bad weeks (log scale), and how much of one lasts into the next."""
EARLY_FACTOR = 0.55
STORM_STRENGTH, STORM_STRENGTH_ELSEWHERE = 5.0, 2.0
LONG_WORK_DAYS = 30
INSTANT_SECONDS = 50
FORGOTTEN_DAYS = (50, 260)
CLEAN_UP_AGE_DAYS, CLEAN_UP_SHARE = 90, 0.8
CLEAN_UP_HOUR = 21
WORK_HOURS = np.array([8, 9, 9, 10, 10, 11, 12, 13, 14, 14, 15, 16])
WEEKEND_WORK_SHARE = 0.12


@dataclass(frozen=True)
class Work:
    """Parallel arrays beside `Openings`."""

    closed: np.ndarray
    """First closing, however far ahead; NEVER = never."""
    instant: np.ndarray
    """Entered when the work was already done."""
    swept: np.ndarray
    """Closed in the clean-up, without work."""


def draw_weeks(weeks: int, seed: int) -> np.ndarray:
    """Factor on the days to close, by department (rows) and week since the start (columns)."""
    noise = np.random.default_rng([seed, 3]).standard_normal((weeks, len(DEPARTMENTS)))
    level = np.zeros(len(DEPARTMENTS))
    made = np.empty((len(DEPARTMENTS), weeks))
    for week in range(weeks):
        level = WEEK_MEMORY * level + np.sqrt(1 - WEEK_MEMORY**2) * noise[week]
        made[:, week] = np.exp(WEEK_SD * level)
    return made


def draw_work(cases: Openings, dates: truths.Dates, weeks: np.ndarray, rng: np.random.Generator) -> Work:
    """When each case is closed for the first time."""
    draw = rng.random(len(cases))
    instant = draw < _of("instant", cases)
    forgotten = ~instant & (draw < _of("instant", cases) + _of("forgotten", cases))
    never = ~instant & ~forgotten & (rng.random(len(cases)) < _of("never", cases))
    done = cases.opened + (_days(cases, dates, weeks, rng) * DAY).astype("int64")
    by_day = _in_working_time(done, cases.opened, rng)
    closed = np.maximum(np.where(_of("day_and_night", cases), done, by_day), cases.opened + 60)
    closed = np.where(forgotten, _in_a_batch(cases.opened, rng), closed)
    closed = np.where(instant, cases.opened + rng.integers(1, INSTANT_SECONDS, len(cases)), closed)
    closed = np.where(never, NEVER, closed)
    return _clean_up(cases, Work(closed, instant, np.zeros(len(cases), dtype=bool)), dates, rng)


def _of(name: str, cases: Openings) -> np.ndarray:
    return np.array([getattr(kind, name) for kind in KINDS])[cases.kind]


def _days(cases: Openings, dates: truths.Dates, weeks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Elapsed days a crew needs, with every planted effect."""
    usual = np.maximum(_of("median_days", cases), 1e-6)
    days = usual * np.exp(_of("crew_sd", cases) * rng.standard_normal(len(cases)))
    department = DEPARTMENT_OF_KIND[cases.kind]
    week = ((cases.opened - midnight(dates.start)) // (7 * DAY)).clip(0, weeks.shape[1] - 1)
    improved = (cases.kind == kind_number(IMPROVED)) & (cases.opened >= midnight(dates.improvement))
    factors = (
        weeks[department, week],
        np.where(cases.hood == plan.NAMES.index(plan.SLOW), truths.SLOW_FACTOR, 1.0),
        np.where(improved, truths.IMPROVED_FACTOR, 1.0),
        np.where(department == department_number(CLOSES_EARLY), EARLY_FACTOR, 1.0),
        _storm(cases, dates),
    )
    return days * np.prod(factors, axis=0)


def _storm(cases: Openings, dates: truths.Dates) -> np.ndarray:
    """Factor on the days of the department that clears up after the storm; it fades until the recovery is over."""
    hit = DEPARTMENT_OF_KIND[cases.kind] == department_number(HIT_BY_STORM)
    since = (cases.opened - midnight(dates.storm)) / DAY
    strength = np.where(cases.kind == kind_number(STORM_TYPE), STORM_STRENGTH, STORM_STRENGTH_ELSEWHERE)
    # Long work was planned for some day anyway: the storm does not change its year.
    strength = np.where(_of("median_days", cases) > LONG_WORK_DAYS, 0.0, strength)
    left = (1 - since / truths.STORM_RECOVERY_DAYS).clip(0, 1)
    return np.where(hit & (since >= 0), 1 + strength * left, 1.0)


def _in_working_time(done: np.ndarray, opened: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Crews work by day and hardly at weekends: what would end then ends in working hours near by."""
    n = len(done)
    day, second = done // DAY, done % DAY
    hours = WORK_HOURS[rng.integers(0, len(WORK_HOURS), n)] * HOUR + rng.integers(0, HOUR, n)
    evening, night = second >= 18 * HOUR, (second < 7 * HOUR) | (second >= 18 * HOUR)
    day = day + evening
    at = (day + 3) % 7
    weekend = (at >= 5) & (rng.random(n) > WEEKEND_WORK_SHARE)
    saturday = day - (at - 5)
    # Long work may as well have ended before the weekend; short work waits for Monday.
    either_side = np.array([-2, -1, 2, 3, 4])[rng.integers(0, 5, n)]
    after = np.array([2, 2, 2, 3])[rng.integers(0, 4, n)]
    day = np.where(weekend, saturday + np.where(done - opened > 5 * DAY, either_side, after), day)
    return day * DAY + np.where(night | weekend, hours, second)


def _in_a_batch(opened: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Forgotten cases are found months later, on the first working day of some month, in the evening."""
    found = opened + rng.integers(*FORGOTTEN_DAYS, len(opened)) * DAY
    month = found.astype("datetime64[s]").astype("datetime64[M]") + 1
    day = np.busday_offset(month.astype("datetime64[D]"), 0, roll="forward").astype("datetime64[s]").astype("int64")
    return day + 19 * HOUR + rng.integers(0, 2 * HOUR, len(opened))


def _clean_up(cases: Openings, work: Work, dates: truths.Dates, rng: np.random.Generator) -> Work:
    """One evening a department closes its old open cases without doing anything."""
    at = midnight(dates.clean_up) + CLEAN_UP_HOUR * HOUR
    wanted = np.isin(cases.kind, [kind_number(name) for name in CLEANED_UP]) & (rng.random(len(cases)) < CLEAN_UP_SHARE)
    old = cases.opened < at - CLEAN_UP_AGE_DAYS * DAY
    swept = wanted & old & ((work.closed == NEVER) | (work.closed > at))
    return Work(np.where(swept, at + rng.integers(0, 5_400, len(cases)), work.closed), work.instant, swept)


def after_reopening(reopened: np.ndarray, cases: Openings, rng: np.random.Generator) -> np.ndarray:
    """The final closing of cases reopened at `reopened`."""
    days = np.maximum(_of("median_days", cases), 0.5) * np.exp(0.8 * rng.standard_normal(len(cases)))
    done = reopened + (days * DAY).astype("int64") + HOUR
    return np.maximum(_in_working_time(done, reopened, rng), reopened + 60)
