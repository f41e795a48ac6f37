"""The demo city's cases in chunks: whole histories from a seed, and what of them is known at a moment.

A chunk is drawn in whole days and to the end of its histories, and cut afterwards. So the cases
known at an earlier moment are the same ones, wherever the cut is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Iterator, TypeVar

import numpy as np

from data_access.demo import truths
from data_access.demo.arrivals import Openings, day_counts, draw_openings
from data_access.demo.dirt import Dirt, draw_dirt
from data_access.demo.histories import Histories, draw_histories, known_at
from data_access.demo.places import Places
from data_access.demo.rows import Words, draw_words
from data_access.demo.wall_clock import midnight
from data_access.demo.work import draw_weeks

CHUNK_CASES = 60_000
PEOPLE_SHARE = 0.45
"""Constituents per case: many report more than once."""
FUTURE_DAYS = 400
"""Days after the simulated `as_of` that the city's course reaches."""
Arrays = TypeVar("Arrays", Openings, Histories, Dirt, Words)


@dataclass(frozen=True)
class Chunk:
    """Some days' cases."""

    ids: np.ndarray
    cases: Openings
    histories: Histories
    dirt: Dirt
    words: Words

    def until(self, now: int) -> Chunk:
        """Only the cases opened before `now` (wall-clock seconds), and what had happened to them."""
        count = int(np.searchsorted(self.cases.opened, now))
        known = known_at(_first(self.histories, count), now)
        return Chunk(self.ids[:count], _first(self.cases, count), known, _first(self.dirt, count), _first(self.words, count))


def _first(arrays: Arrays, count: int) -> Arrays:
    return replace(arrays, **{field.name: getattr(arrays, field.name)[:count] for field in fields(arrays)})


def people_of(cases: int) -> int:
    """How many constituents a city of so many cases has."""
    return max(int(cases * PEOPLE_SHARE), 100)


class Simulation:
    """One city: its seed, its size, its dates."""

    def __init__(self, seed: int, cases: int, dates: truths.Dates) -> None:
        self.seed, self.people, self.dates, self.places = seed, people_of(cases), dates, Places()
        self.counts = day_counts(dates, cases, FUTURE_DAYS, seed)
        self.weeks = draw_weeks(len(self.counts) // 7 + 1, seed)

    def cases_before(self, now: int) -> int:
        """About how many cases are opened before `now` (wall-clock seconds): those of the days that begin before it."""
        days = -(-(now - midnight(self.dates.start)) // 86_400)
        return int(self.counts[:days].sum())

    def chunks(self, now: int) -> Iterator[Chunk]:
        """All chunks with days that begin before `now`, whole."""
        next_id, total = 1, int(self.counts.sum())
        for number, (first, last) in enumerate(self._ranges()):
            day = self.dates.start + timedelta(days=first)
            if midnight(day) >= now:
                return
            rng = np.random.default_rng([self.seed, 4, number])
            openings = draw_openings(day, self.counts[first:last], self.dates, self.places, rng)
            cases, histories = draw_histories(openings, self.dates, self.weeks, rng)
            count = len(cases)
            part = (min((next_id - 1) / total, 1.0), min((next_id - 1 + count) / total, 1.0))
            yield Chunk(
                np.arange(next_id, next_id + count), cases, histories, draw_dirt(count, rng), draw_words(count, part, self.people, rng)
            )
            next_id += count

    def _ranges(self) -> list[tuple[int, int]]:
        """Ranges of whole days with about `CHUNK_CASES` cases each."""
        made, first, held = [], 0, 0
        for day, count in enumerate(self.counts.tolist()):
            held += count
            if held >= CHUNK_CASES or day == len(self.counts) - 1:
                made.append((first, day + 1))
                first, held = day + 1, 0
        return made
