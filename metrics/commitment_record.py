"""What became of commitments: kept on time, kept late, dropped, still owed, and kept without an effect; of a department and of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from data_access.store.commitments import DROPPED, IN_REVIEW, KEPT, OPEN, Commitment, Event
from metrics.commitment_effect import Effect
from metrics.intervals import wilson
from metrics.periods import Calendar
from metrics.ranking import LEAST_N

COUNTS = ("made", "kept_on_time", "kept_late", "dropped", "overdue", "in_review", "not_due", "moved", "no_effect")
COLUMNS = ("department", *COUNTS, "fallen_due", "value", "low", "high")
EVERYBODY = ""
"""Department of the row of all."""
WITHOUT_EFFECT = ("none_yet", "worse")


def agreed_due(of: Commitment, events: Iterable[Event], calendar: Calendar) -> date:
    """The day by which it is judged: the last one that was agreed before the one before it had passed. A day moved when it was late already saves nothing."""
    due = None
    for event in events:
        in_time = due is not None and calendar.day_of(event.at) <= due
        if event.kind == "made" or (event.kind == "moved" and in_time):
            due = event.due_after
    return due or of.due_on


def kept_on(events: Sequence[Event], calendar: Calendar) -> date | None:
    """The city's day on which what was accepted had been shown, however long the review took; None of what is not kept."""
    shown: date | None = None
    done: date | None = None
    for event in events:
        if event.kind == "evidence":
            shown = calendar.day_of(event.at)
        elif event.kind == "kept":
            done = shown
        elif event.kind in ("returned", "reopened"):
            shown = done = None
    return done


def became(of: Commitment, events: Sequence[Event], day: date, calendar: Calendar) -> str:
    """Which of `COUNTS` (without `made`, `moved` and `no_effect`) it counts in on `day`."""
    if of.state == KEPT:
        done = kept_on(events, calendar)
        return "kept_on_time" if done is not None and done <= agreed_due(of, events, calendar) else "kept_late"
    if of.state in (DROPPED, IN_REVIEW):
        return of.state
    return "overdue" if of.state == OPEN and of.days_late(day) else "not_due"


def record(
    promises: Sequence[Commitment], events: Sequence[Event], effects: Mapping[int, Effect], day: date, calendar: Calendar
) -> pd.DataFrame:
    """One row a department, in the order of their ids, and the last (`department` empty) for all of them (`COLUMNS`).

    `value` is the share kept on time of those that have fallen due (kept, dropped or overdue), with its 95 % interval; of fewer
    than 10 nothing is told. `moved`: their day was moved at least once. `no_effect`: kept, and their figure did not move or moved the
    wrong way.
    """
    by_commitment: dict[int, list[Event]] = {}
    for event in events:
        by_commitment.setdefault(event.commitment_id, []).append(event)
    rows = []
    for of in promises:
        mine = by_commitment.get(of.id, [])
        what = became(of, mine, day, calendar)
        effect = effects.get(of.id)
        rows.append({
            "department": of.department, **{name: int(name == what) for name in COUNTS}, "made": 1, "moved": int(any(event.kind == "moved" for event in mine)),
            "no_effect": int(of.state == KEPT and effect is not None and effect.verdict in WITHOUT_EFFECT),
        })  # fmt: skip
    frame = pd.DataFrame(rows, columns=["department", *COUNTS])
    if frame.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    by_department = frame.groupby("department", as_index=False)[list(COUNTS)].sum()
    whole = pd.DataFrame([{"department": EVERYBODY, **frame[list(COUNTS)].sum().to_dict()}])
    made = pd.concat([by_department, whole], ignore_index=True)
    made["fallen_due"] = made[["kept_on_time", "kept_late", "dropped", "overdue"]].sum(axis=1)
    told = [_told(int(hits), int(n)) for hits, n in zip(made["kept_on_time"], made["fallen_due"], strict=True)]
    for at, name in enumerate(("value", "low", "high")):
        made[name] = pd.Series([one[at] for one in told], dtype="float64")
    return made[list(COLUMNS)]


def _told(hits: int, n: int) -> tuple[float | None, float | None, float | None]:
    interval = wilson(hits, n) if n >= LEAST_N else None
    return (None, None, None) if interval is None else (hits / n, *interval)
