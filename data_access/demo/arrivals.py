"""Who reports what, when and where: the openings of the demo city, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data_access.demo import truths
from data_access.demo.catalogue import CHANNELS, HOURS, KINDS, MIXES, SEASONS, STORM_TYPE, WEEKEND_SHARE, kind_number
from data_access.demo.places import Places
from data_access.demo.wall_clock import HOUR, existing, midnight

WEEKDAY = np.array([18.8, 18.7, 19.0, 17.0, 15.9, 4.9, 5.5]) / 14.2571
HOLIDAY, DAY_AFTER = 0.28, 1.15
DAY_CV, DAY_MEMORY = 0.2, 0.1
GROWTH_PER_YEAR = 1.02
STORM_DAY_SIZES = (2.6, 2.2)
"""Cases of the storm's days against a usual day."""
STORM_SHARE = 0.58
"""Share of the storm's own request type in its days."""
AFTERMATH_DAYS, AFTERMATH_SHARE = 7, 0.10
USUAL_WEEKEND_SHARE = 0.13


@dataclass(frozen=True)
class Openings:
    """Parallel arrays, one entry per case, in the order of opening. Times are wall-clock seconds."""

    opened: np.ndarray
    kind: np.ndarray
    channel: np.ndarray
    hood: np.ndarray
    place: np.ndarray
    """Number of the address within its neighbourhood; -1 = address unknown."""

    def __len__(self) -> int:
        return len(self.opened)


def day_counts(dates: truths.Dates, cases: int, days_after: int, seed: int) -> np.ndarray:
    """Cases of each day from `dates.start` until `days_after` days after `dates.as_of`.

    Until `dates.as_of` they sum to about `cases`. Weekday, season, holidays, overdispersion,
    storm and outage; more days after do not change those before.
    """
    known = (dates.as_of - dates.start).days
    days = _days(dates.start, known + days_after)
    shape = 1 / DAY_CV**2
    draws = np.random.default_rng([seed, 1]).gamma(shape, 1 / shape, len(days))
    noise = np.empty(len(days))
    memory = 1.0
    for n, draw in enumerate(draws):
        memory = noise[n] = DAY_MEMORY * memory + (1 - DAY_MEMORY) * draw
    expected = _expected(days, dates) * noise
    storm = (dates.storm - dates.start).days
    expected[storm : storm + truths.STORM_DAYS] = expected[:known].mean() * np.array(STORM_DAY_SIZES)
    expected[(dates.outage - dates.start).days] = 0
    return np.random.default_rng([seed, 2]).poisson(expected * (cases / expected[:known].sum()))


def _days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def _expected(days: list[date], dates: truths.Dates) -> np.ndarray:
    base = np.array([
        WEEKDAY[d.weekday()] * _season_of_all(d.month) * GROWTH_PER_YEAR ** ((d - dates.start).days / 365.25) for d in days
    ])  # fmt: skip
    free = _is_holiday(days)
    after = np.roll(free, 1) & ~free
    return base * np.where(free, HOLIDAY, 1.0) * np.where(after, DAY_AFTER, 1.0)


def _is_holiday(days: list[date]) -> np.ndarray:
    import holidays  # imported late: it takes a while, and only building a demo needs it

    known = holidays.country_holidays("US", years=sorted({d.year for d in days}))
    return np.array([d in known for d in days])


def _season_of_all(month: int) -> float:
    return sum(kind.share * SEASONS[kind.season][month - 1] for kind in KINDS) / sum(kind.share for kind in KINDS)


def draw_openings(first: date, counts: np.ndarray, dates: truths.Dates, places: Places, rng: np.random.Generator) -> Openings:
    """The cases opened on the days from `first` on, `counts` of them each day."""
    days = _days(first, len(counts))
    day = np.repeat(np.arange(len(counts)), counts)
    kind = _draw_kinds(days, day, dates, rng)
    since_start = np.array([(d - dates.start).days for d in days])[day]
    channel = _draw_channels(kind, since_start / (365.25 * truths.YEARS), rng)
    day = _off_the_weekend(day, days, channel, dates, rng)
    starts = np.array([midnight(d) for d in days], dtype="int64")
    opened = existing(starts[day] + _draw_times(channel, rng))
    hood = places.draw_hoods(kind, rng)
    place = places.draw_addresses(len(kind), rng)
    unknown = rng.random(len(kind)) < truths.UNKNOWN_PLACE_SHARE
    order = np.argsort(opened, kind="stable")
    return Openings(opened[order], kind[order], channel[order], hood[order], np.where(unknown, -1, place)[order])


def _draw_kinds(days: list[date], day: np.ndarray, dates: truths.Dates, rng: np.random.Generator) -> np.ndarray:
    share = np.array([[kind.share * SEASONS[kind.season][d.month - 1] for kind in KINDS] for d in days])
    share /= share.sum(axis=1, keepdims=True)
    storm_kind = kind_number(STORM_TYPE)
    for n, d in enumerate(days):
        age = (d - dates.storm).days
        if 0 <= age < truths.STORM_DAYS:
            share[n] *= 1 - STORM_SHARE
            share[n, storm_kind] += STORM_SHARE
        elif truths.STORM_DAYS <= age < truths.STORM_DAYS + AFTERMATH_DAYS:
            share[n] *= 1 - AFTERMATH_SHARE
            share[n, storm_kind] += AFTERMATH_SHARE
    steps = np.cumsum(share, axis=1)
    return (rng.random(len(day))[:, None] > steps[day]).sum(axis=1).clip(0, len(KINDS) - 1)


def _draw_channels(kind: np.ndarray, progress: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mix = np.array([MIXES[k.mix] for k in KINDS])[kind]
    app = mix[:, 1] * (truths.APP_START + (1 - truths.APP_START) * progress.clip(0, 1))
    phone = mix[:, 0] + mix[:, 1] - app
    steps = np.cumsum(np.column_stack([phone, app, mix[:, 2], mix[:, 3]]), axis=1)
    return (rng.random(len(kind))[:, None] > steps).sum(axis=1).clip(0, len(CHANNELS) - 1)


def _off_the_weekend(day: np.ndarray, days: list[date], channel: np.ndarray, dates: truths.Dates, rng: np.random.Generator) -> np.ndarray:
    """A weekend draws fewer calls and hardly any crew: what does not fit goes to the Friday or Monday beside it."""
    weekday = np.array([d.weekday() for d in days])[day]
    storm = np.array([0 <= (d - dates.storm).days < truths.STORM_DAYS for d in days])[day]
    stays = np.array([WEEKEND_SHARE[name] for name in CHANNELS])[channel] / USUAL_WEEKEND_SHARE
    moved = (rng.random(len(day)) > stays) & ~storm
    to_friday = moved & (weekday == 5) & (day > 0)
    to_monday = moved & (weekday == 6) & (day < len(days) - 1)
    return day - to_friday + to_monday


def _draw_times(channel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    steps = np.array([np.cumsum(HOURS[name]) / sum(HOURS[name]) for name in CHANNELS])
    hour = (rng.random(len(channel))[:, None] > steps[channel]).sum(axis=1).clip(0, 23)
    return hour * HOUR + rng.integers(0, HOUR, len(channel))
