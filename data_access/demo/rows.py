"""The simulated cases as rows of the CRM's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from data_access.demo.arrivals import Openings
from data_access.demo.catalogue import CHANNELS, CREW, DEPARTMENTS, KINDS
from data_access.demo.dirt import BLANK, ODD_CHANNEL, ODD_STATUS, Dirt
from data_access.demo.histories import DUPLICATE, Histories
from data_access.demo.names import person_name, phone
from data_access.demo.places import Places, address
from data_access.demo.wall_clock import NEVER, stamps
from data_access.demo.work import DEPARTMENT_OF_KIND

REASONS = ("Work completed", "No action needed", "Referred to other agency", "Duplicate report", "Administratively closed")
MOST_ACTIVITIES = 16
"""Numbers of activities kept for each case, so that a case's activities have the same numbers whenever they are written."""
NOTE_SHARE, CALL_ME_SHARE, BLANK_SHARE = 0.10, 0.20, 0.005
"""Closed cases with a note about a person, openings whose text names one, and texts of blanks only."""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Words:
    """Who asked, and what was written: parallel arrays beside `Openings`."""

    constituent: np.ndarray
    note: np.ndarray
    """Draws from 0 to 1: whether the closing note names somebody."""
    text: np.ndarray
    """Draws from 0 to 1: whether the description does."""


TAKING_PART = 0.12
"""Share of all people who report at one time: some come for the first time and others for the last all along."""


def draw_words(count: int, part: tuple[float, float], people: int, rng: np.random.Generator) -> Words:
    """`people`: how many constituents there are; `part`: which part of all cases these are (0 to 1).

    People report for some months and are not heard of again, so the share of those who had reported before grows in the first year
    only and then stays where it is. Drawn evenly from all it would grow by itself for ever, which tells nothing of the city.
    """
    window = max(int(people * TAKING_PART), 1)
    known = (np.linspace(*part, count, endpoint=False) * (people - window)).astype("int64")
    return Words(1 + known + rng.integers(0, window, count), rng.random(count), rng.random(count))


def request_rows(ids: np.ndarray, cases: Openings, known: Histories, dirt: Dirt, words: Words, places: Places) -> list[Row]:
    """One row per case, in the order of the columns of `requests`."""
    opened, due, closed = (stamps(at) for at in dirt.times(cases, known))
    who = words.constituent.tolist()
    crew = (cases.channel == CREW).tolist()
    where, longitude, latitude = _places(cases, places)
    blank = (dirt.fault == BLANK).tolist()
    kinds, numbers, is_closed = cases.kind.tolist(), ids.tolist(), (known.closed != NEVER).tolist()
    parent = np.where(known.parent >= 0, ids[known.parent.clip(0)], 0).tolist()
    reason = [REASONS[o] if done else None for o, done in zip(known.outcome.tolist(), is_closed, strict=True)]
    notes, texts = _notes(reason, words), _descriptions(crew, words)
    columns = (
        numbers, _numbers(cases.opened, numbers), (cases.kind + 1).tolist(), (DEPARTMENT_OF_KIND[cases.kind] + 1).tolist(),
        [KINDS[k].queue + 1 for k in kinds], [None if c else w for c, w in zip(crew, who, strict=True)], [p or None for p in parent],
        _channels(cases, dirt), [int(c) for c in crew], _statuses(known, dirt), ["" if b else _priority(k) for k, b in zip(kinds, blank, strict=True)],
        [("" if b else r) for r, b in zip(reason, blank, strict=True)], notes,
        [f"{KINDS[k].name}: {w or 'place not given'}" for k, w in zip(kinds, where, strict=True)], texts,
        ["  " if b else w for w, b in zip(where, blank, strict=True)], latitude, longitude, opened, due, closed,
        stamps(np.maximum(cases.opened, known.last_event)),
    )  # fmt: skip
    return list(zip(*columns, strict=True))


def _numbers(opened: np.ndarray, ids: list[int]) -> list[str]:
    """The number a resident is given: year and count."""
    years = (opened.astype("datetime64[s]").astype("datetime64[Y]").astype("int64") + 1970) % 100
    return [f"{year:02d}-{number:08d}" for year, number in zip(years.tolist(), ids, strict=True)]


def _priority(kind: int) -> str:
    return "High" if KINDS[kind].amount == 1 or KINDS[kind].unit.endswith("hours") else "Normal"


def _channels(cases: Openings, dirt: Dirt) -> list[str]:
    return np.where(dirt.odd_channel, ODD_CHANNEL, np.array(CHANNELS, dtype=object)[cases.channel]).tolist()


def _statuses(known: Histories, dirt: Dirt) -> list[str]:
    on_hold = (known.hold_from != NEVER) & (known.hold_to == NEVER)
    at_work = np.where(known.acknowledged != NEVER, "In Progress", "Open")
    done = np.where(known.outcome == DUPLICATE, "Closed - Duplicate", "Closed")
    status = np.where(known.closed != NEVER, done, np.where(on_hold, "On Hold", at_work)).astype(object)
    return np.where(dirt.odd_status, ODD_STATUS, status).tolist()


def _notes(reason: list[str | None], words: Words) -> list[str | None]:
    """What crews write when they close a case: sometimes with a resident's name in it."""
    named = (words.note < NOTE_SHARE).tolist()
    return [
        f"{r}. Spoke with {person_name(w)}." if r and n else None for r, w, n in zip(reason, words.constituent.tolist(), named, strict=True)
    ]


def _descriptions(crew: list[bool], words: Words) -> list[str | None]:
    """What residents write: names and telephone numbers where nobody expects them."""
    return [
        f"Please call {person_name(w)} at {phone(w)}." if d < CALL_ME_SHARE and not c else "   " if d > 1 - BLANK_SHARE else None
        for w, c, d in zip(words.constituent.tolist(), crew, words.text.tolist(), strict=True)
    ]


def _places(cases: Openings, places: Places) -> tuple[list[str | None], list[float], list[float]]:
    """(addresses, longitudes, latitudes); a case without address is put at the city hall."""
    known, number = cases.place >= 0, cases.place.clip(0)
    longitude = np.where(known, places.longitude[cases.hood, number], places.unknown[0])
    latitude = np.where(known, places.latitude[cases.hood, number], places.unknown[1])
    texts = [address(h, p) if p >= 0 else None for h, p in zip(cases.hood.tolist(), cases.place.tolist(), strict=True)]
    return texts, longitude.tolist(), latitude.tolist()


def activity_rows(ids: np.ndarray, cases: Openings, known: Histories) -> list[Row]:
    """What happened to each case, as rows of `activities`."""
    names = np.array([name for _, name in DEPARTMENTS], dtype=object)
    owner = names[DEPARTMENT_OF_KIND[cases.kind]]
    came_from = names[known.came_from]
    first = np.where(known.transferred != NEVER, came_from, owner)
    reason = np.array(REASONS, dtype=object)[known.outcome]
    promised, moved = np.array(stamps(known.promised), dtype=object), np.array(stamps(known.moved_due), dtype=object)
    nothing = np.full(len(ids), None, dtype=object)
    waiting = np.full(len(ids), "Waiting for resident", dtype=object)
    events = (
        ("assigned", cases.opened, nothing, first, nothing), ("acknowledged", known.acknowledged, nothing, nothing, nothing),
        ("transferred", known.transferred, came_from, owner, nothing), ("hold_start", known.hold_from, nothing, nothing, waiting),
        ("hold_end", known.hold_to, nothing, nothing, nothing), ("due_changed", known.due_moved_at, promised, moved, nothing),
        ("closed", known.first_closed, nothing, nothing, reason), ("reopened", known.reopened, nothing, nothing, nothing),
        ("closed", known.closed, nothing, nothing, reason),
    )  # fmt: skip
    rows: list[Row] = []
    for place, (kind, at, before, after, note) in enumerate(events):
        been = np.flatnonzero(at != NEVER)
        mine = (ids[been] * MOST_ACTIVITIES + place).tolist()
        values = (before[been].tolist(), after[been].tolist(), note[been].tolist())
        rows += zip(mine, ids[been].tolist(), stamps(at[been]), [kind] * len(been), *values, strict=True)
    return rows


def answer_rows(ids: np.ndarray, known: Histories) -> list[Row]:
    """Residents' answers, as rows of `satisfaction_answers`."""
    asked = np.flatnonzero(known.answered != NEVER)
    mine = ids[asked].tolist()
    return list(zip(mine, mine, stamps(known.answered[asked]), known.score[asked].tolist(), strict=True))
