"""What becomes of each case: deadline, closing, reopening, transfer, hold, duplicate, answer.

A history is drawn to its end, however far ahead; `known_at` is the part of it that has happened.
So the same city can be looked at a day later and has the same past.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data_access.calendars import make_calendar
from data_access.demo import truths
from data_access.demo.arrivals import Openings
from data_access.demo.catalogue import CLOSES_EARLY, CREW, DEPARTMENTS, KINDS, RULE_CHANGED, department_number
from data_access.demo.wall_clock import DAY, HOUR, NEVER, existing
from data_access.demo.work import DEPARTMENT_OF_KIND, after_reopening, draw_work
from data_access.sla import SlaRule, due_dates

DONE, NOTHING_TO_DO, REFERRED, DUPLICATE, SWEPT = range(5)
TRANSFER_SHARE, HOLD_SHARE, DUE_MOVED_SHARE, ACKNOWLEDGED_SHARE, ANSWER_SHARE = 0.055, 0.08, 0.03, 0.6, 0.10
"""Assumptions: no published figures were found."""
REPEATED_WITHIN_DAYS = 14
REPEATABLE = sum(kind.share for kind in KINDS) / sum(kind.share for kind in KINDS if not (kind.information or kind.by_crew))
"""Only work can be reported twice, so its share is somewhat higher than that of all cases."""
PLEASED, CROSS = (.06, .06, .12, .34), (.30, .24, .20, .16)  # fmt: skip
"""Shares of the answers 1 to 4 of 5, of those served in time and of the others."""
NOT_WORK = np.array([kind.information or kind.by_crew for kind in KINDS])


@dataclass(frozen=True)
class Histories:
    """Parallel arrays beside `Openings`. Times are wall-clock seconds; NEVER = has not happened."""

    promised: np.ndarray
    """Deadline by the rule in force at opening; NEVER = the type has none."""
    has_due: np.ndarray
    """Whether the CRM wrote the deadline down."""
    due_moved_at: np.ndarray
    moved_due: np.ndarray
    closed: np.ndarray
    """Final closing."""
    first_closed: np.ndarray
    """Closing before a reopening."""
    reopened: np.ndarray
    outcome: np.ndarray
    parent: np.ndarray
    """Position of the case this one repeats; -1 = none."""
    transferred: np.ndarray
    came_from: np.ndarray
    """Department before the transfer."""
    hold_from: np.ndarray
    hold_to: np.ndarray
    acknowledged: np.ndarray
    answered: np.ndarray
    score: np.ndarray
    """Resident's answer, 1 to 5."""

    @property
    def due(self) -> np.ndarray:
        """The deadline in force, written down or not."""
        return np.where(self.due_moved_at == NEVER, self.promised, self.moved_due)

    @property
    def last_event(self) -> np.ndarray:
        """When the case was last touched; NEVER if only opened."""
        touched = (self.due_moved_at, self.closed, self.first_closed, self.reopened, self.transferred, self.hold_from, self.hold_to)
        return np.max([*touched, self.acknowledged, self.answered], axis=0)


def sla_rules(dates: truths.Dates) -> list[SlaRule]:
    """The city's rules, one of which changed on the way."""
    made = []
    for kind in KINDS:
        if kind.unit == "none":
            continue
        rule = SlaRule((kind.name,), unit=kind.unit, amount=kind.amount, calendar="city")
        if kind.name == RULE_CHANGED:
            made += [replace(rule, valid_to=dates.rule_change), replace(rule, amount=truths.NEW_AMOUNT, valid_from=dates.rule_change)]
        else:
            made.append(rule)
    return made


def draw_histories(cases: Openings, dates: truths.Dates, weeks: np.ndarray, rng: np.random.Generator) -> tuple[Openings, Histories]:
    """Everything that ever happens to `cases`; duplicates get the place of the case they repeat."""
    work = draw_work(cases, dates, weeks, rng)
    parent = _parents(cases, rng)
    repeats = parent >= 0
    first = np.where(repeats, parent, np.arange(len(cases)))
    cases = replace(cases, hood=cases.hood[first], place=cases.place[first])
    shares = np.array([kind.outcomes for kind in KINDS])[cases.kind]
    outcome = (rng.random(len(cases))[:, None] > np.cumsum(shares, axis=1)).sum(axis=1).clip(DONE, REFERRED)
    outcome = np.where(repeats, DUPLICATE, np.where(work.swept, SWEPT, outcome))
    closed = existing(np.where(repeats, cases.opened + rng.integers(600, 2 * DAY, len(cases)), work.closed))
    first_closed, reopened, final = _reopenings(cases, closed, outcome, rng)
    promised = _promises(cases, dates)
    has_due = (promised != NEVER) & (rng.random(len(cases)) < np.array([kind.due_share for kind in KINDS])[cases.kind])
    made = Histories(
        promised, has_due, *_moved_deadlines(promised, has_due, cases, rng), final, first_closed, reopened, outcome, parent,
        *_on_the_way(cases, work.instant | repeats, rng), _answers(cases, final, rng), score=np.zeros(len(cases), dtype="int64"),
    )  # fmt: skip
    return cases, _scored(_consistent(made), rng)


def _promises(cases: Openings, dates: truths.Dates) -> np.ndarray:
    import holidays  # imported late: it takes a while, and only building a demo needs it

    years = range(dates.start.year - 1, dates.as_of.year + 12)
    calendar = make_calendar(
        "city", "UTC", {day: [("08:00", "17:00")] for day in range(5)}, frozenset(holidays.country_holidays("US", years=years))
    )
    names = np.array([kind.name for kind in KINDS], dtype=object)
    frame = pd.DataFrame({"request_type": names[cases.kind], "opened_at": cases.opened.astype("datetime64[s]").astype("datetime64[us]")})
    # The wall clock is taken for UTC: promises are made in wall-clock time.
    due = due_dates(frame, sla_rules(dates), {"city": calendar}, "UTC")
    return np.where(due.isna().to_numpy(), NEVER, existing(due.to_numpy().astype("datetime64[s]").astype("int64")))


def _moved_deadlines(promised: np.ndarray, has_due: np.ndarray, cases: Openings, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(when the deadline was moved, to when)."""
    n = len(cases)
    moved = has_due & (rng.random(n) < DUE_MOVED_SHARE)
    at = cases.opened + ((promised - cases.opened) * rng.uniform(0.5, 0.98, n)).astype("int64")
    return np.where(moved, existing(at), NEVER), np.where(moved, existing(promised + rng.integers(2, 15, n) * DAY), NEVER)


def _parents(cases: Openings, rng: np.random.Generator) -> np.ndarray:
    """Repeated reports: of the last case of the same type, if that was not long ago."""
    order = np.lexsort((cases.opened, cases.kind))
    near = (np.diff(cases.kind[order]) == 0) & (np.diff(cases.opened[order]) < REPEATED_WITHIN_DAYS * DAY)
    share = truths.DUPLICATE_SHARE * REPEATABLE
    picked = near & (rng.random(len(near)) < share) & ~NOT_WORK[cases.kind[order[1:]]]
    parent = np.full(len(cases), -1)
    parent[order[1:][picked]] = order[:-1][picked]
    while True:
        # A duplicate of a duplicate belongs to the first report.
        above = np.where(parent >= 0, parent[parent.clip(0)], -1)
        if not (above >= 0).any():
            return parent
        parent = np.where(above >= 0, above, parent)


def _reopenings(
    cases: Openings, closed: np.ndarray, outcome: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first closing, reopening, final closing)."""
    early = DEPARTMENT_OF_KIND[cases.kind] == department_number(CLOSES_EARLY)
    share = np.where(early, truths.EARLY_REOPENED_SHARE, truths.REOPENED_SHARE) * ~NOT_WORK[cases.kind]
    again = (closed != NEVER) & (outcome <= REFERRED) & (rng.random(len(cases)) < share)
    reopened = existing(closed + rng.integers(DAY // 4, 12 * DAY, len(cases)))
    final = existing(after_reopening(reopened, cases, rng))
    return np.where(again, closed, NEVER), np.where(again, reopened, NEVER), np.where(again, final, closed)


def _on_the_way(cases: Openings, untouched: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """(transferred, came from, hold from, hold to, acknowledged), as if the case stayed open long enough."""
    n = len(cases)
    median = np.array([kind.median_days for kind in KINDS])[cases.kind]

    def some(share: float, at: np.ndarray) -> np.ndarray:
        return np.where((rng.random(n) < share) & ~untouched, existing(at), NEVER)

    transferred = some(TRANSFER_SHARE, cases.opened + rng.integers(HOUR // 2, 2 * DAY, n))
    came_from = (DEPARTMENT_OF_KIND[cases.kind] + rng.integers(1, len(DEPARTMENTS), n)) % len(DEPARTMENTS)
    hold_from = some(HOLD_SHARE, cases.opened + HOUR + (rng.uniform(0, 1, n) * np.maximum(median, 2) * DAY).astype("int64"))
    hold_to = existing(hold_from + (np.exp(np.log(9) + 0.9 * rng.standard_normal(n)) * DAY).astype("int64"))
    acknowledged = some(ACKNOWLEDGED_SHARE, cases.opened + rng.integers(300, DAY, n))
    return transferred, came_from, hold_from, np.where(hold_from == NEVER, NEVER, hold_to), acknowledged


def _answers(cases: Openings, closed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When a resident answered the question how it went."""
    asked = (closed != NEVER) & (cases.channel != CREW) & (rng.random(len(cases)) < ANSWER_SHARE)
    answered = existing(closed + rng.integers(HOUR, 6 * DAY, len(cases)))
    return np.where(asked, answered, NEVER)


def _consistent(made: Histories) -> Histories:
    """Drops what would have happened on the way after the first closing."""
    end = np.where(made.first_closed != NEVER, made.first_closed, made.closed)
    end = np.where(end == NEVER, np.iinfo("int64").max, end)

    def before_end(at: np.ndarray) -> np.ndarray:
        return np.where(at < end, at, NEVER)

    hold_from, due_moved_at = before_end(made.hold_from), before_end(made.due_moved_at)
    return replace(
        made, transferred=before_end(made.transferred), hold_from=hold_from, due_moved_at=due_moved_at, acknowledged=before_end(made.acknowledged),
        hold_to=np.where(hold_from == NEVER, NEVER, before_end(made.hold_to)), moved_due=np.where(due_moved_at == NEVER, NEVER, made.moved_due),
    )  # fmt: skip


def _scored(made: Histories, rng: np.random.Generator) -> Histories:
    """Those who waited too long or had to ask again are less pleased."""
    disappointed = ((made.due != NEVER) & (made.closed > made.due)) | (made.reopened != NEVER)
    draw = rng.random(len(made.closed))
    score = 1 + np.where(disappointed, np.searchsorted(np.cumsum(CROSS), draw), np.searchsorted(np.cumsum(PLEASED), draw))
    return replace(made, score=np.where(made.answered == NEVER, 0, score))


def known_at(made: Histories, now: int) -> Histories:
    """The part of the histories that has happened before `now` (wall-clock seconds)."""

    def known(at: np.ndarray) -> np.ndarray:
        return np.where(at < now, at, NEVER)

    undone = made.reopened >= now
    closed = known(np.where(undone, made.first_closed, made.closed))
    answered = known(np.where(undone, NEVER, made.answered))
    return replace(
        made, closed=closed, first_closed=known(np.where(undone, NEVER, made.first_closed)), reopened=known(made.reopened),
        due_moved_at=known(made.due_moved_at), transferred=known(made.transferred), hold_from=known(made.hold_from),
        hold_to=known(made.hold_to), acknowledged=known(made.acknowledged), answered=answered, score=np.where(answered == NEVER, 0, made.score),
    )  # fmt: skip
