"""The demo city's call log by hour and queue, with one story: after the storm so many called that a third gave up.

Drawn from the seed to the end of the days that the city was drawn for, and cut at what is known: going on in one step or in many gives the same rows.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np

from data_access.demo.rows import Row
from data_access.demo.truths import STORM_CALL_DAYS, Dates

WEEKS_BACK = 104
QUEUES = (("311", "English", 1.0), ("311 en español", "Spanish", 0.22))
SHARE_OF_DAY = (0, 0, 0, 0, 0, 0, 0, 2, 8, 11, 12, 11, 10, 10, 10, 9, 8, 5, 2, 1, 0, 0, 0, 0)
"""Calls of an hour in parts of a day's hundred."""
WEEKDAY = (1.25, 1.05, 1.0, 0.95, 0.95, 0.32, 0.22)
CALLS_PER_CASE, FEWEST_A_DAY = 1.6, 90
"""Calls for each case of the city, and at least so many a day: most calls only ask."""
HANDLE_SECONDS, STAFFED_FOR = 215, 1.28
"""A call's time, and how many times the usual load is staffed."""
THRESHOLD_SECONDS, SHORT_SECONDS = 30, 10


def call_rows(dates: Dates, seed: int, cases: int, days: int, known_from: datetime, known_until: datetime) -> list[Row]:
    """Hours that ended after `known_from` and up to `known_until` (local), one row for each queue; `days`: how far beyond `as_of` the course is drawn."""
    start = dates.as_of - timedelta(weeks=WEEKS_BACK)
    usual = max(FEWEST_A_DAY, CALLS_PER_CASE * cases / (dates.as_of - dates.start).days)
    made: list[Row] = []
    for number, (queue, language, size) in enumerate(QUEUES, start=1):
        for at in range((dates.as_of - start).days + days):
            day = start + timedelta(days=at)
            first, last = datetime(day.year, day.month, day.day), datetime(day.year, day.month, day.day) + timedelta(days=1)
            if last > known_from and first < known_until:
                rng = np.random.default_rng([seed, 10, number, at])
                made += [
                    row
                    for hour, row in _day(day, number, queue, language, size * usual, dates, rng)
                    if known_from < first + timedelta(hours=hour + 1) <= known_until
                ]
    return made


def _day(day: date, number: int, queue: str, language: str, size: float, dates: Dates, rng: np.random.Generator) -> list[tuple[int, Row]]:
    is_storm = dates.storm <= day < dates.storm + timedelta(days=STORM_CALL_DAYS)
    mean = size * WEEKDAY[day.weekday()] * rng.normal(1, 0.06) * (3.2 if is_storm else 1)
    made = []
    for hour, share in enumerate(SHARE_OF_DAY):
        offered = int(rng.poisson(max(mean, 0) * share / 100))
        usual = size * WEEKDAY[day.weekday()] * share / 100
        if not offered and not share:
            continue
        load = offered / max(usual * STAFFED_FOR, 1)
        lost_share = float(np.clip(0.045 + 0.55 * max(load - 1, 0) + rng.normal(0, 0.008), 0.0, 0.45))
        abandoned = int(rng.binomial(offered, lost_share))
        short = int(rng.binomial(abandoned, 0.12 if is_storm else 0.35))
        answered = offered - abandoned
        wait = round(float(answered * (14 + 190 * max(load - 0.85, 0)) * max(rng.normal(1, 0.1), 0.3)), 1)
        quick = int(rng.binomial(answered, float(np.clip(0.9 - 0.9 * max(load - 0.8, 0), 0.1, 0.97))))
        handled = round(float(answered * HANDLE_SECONDS * max(rng.normal(1, 0.06), 0.5)), 1)
        staffed = round(max(usual * STAFFED_FOR * HANDLE_SECONDS, handled * 1.03), 1)
        settled = int(rng.binomial(answered, 0.71))
        at = datetime(day.year, day.month, day.day, hour)
        made.append(
            (
                hour,
                (
                    100_000_000 * number + day.toordinal() * 24 + hour,
                    queue,
                    language,
                    at,
                    offered,
                    answered,
                    abandoned,
                    short,
                    quick,
                    wait,
                    handled,
                    staffed,
                    settled,
                    answered,
                ),
            )
        )
    return made
