"""The dials of a clock: deadlines moved, clocks stopped, cases passed on, closings crowded before the deadline."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_

from metrics.dictionary.rules import days_between, due_state, or_false
from metrics.kinds import Facts, Metric

BUNCHING_HOURS = 24


def _moved_later(f: Facts) -> ColumnElement[bool]:
    return and_(due_state(f), or_false(f.column("due_at") > f.column("first_due_at")))


def _beside_due(f: Facts) -> ColumnElement[bool]:
    """Closings in the hours up to and including the deadline, or in the hours after."""
    hours = timedelta(hours=BUNCHING_HOURS)
    closed, due = f.column("closed_at"), f.column("due_at")
    return and_(f.is_closed, f.column("has_valid_due"), closed > due - hours, closed <= due + hours)


METRICS: tuple[Metric, ...] = (
    Metric(
        "due_extended_rate", "Deadline moved later", "share", "share", "lower",
        "Of the cases that fell due in the period, how many had their deadline moved later.",
        "due_at later than the first due_at / due in the period", "due_at", "clock health",
        rows=due_state, hits=lambda f: or_false(f.column("due_at") > f.column("first_due_at")), owner="closing",
        listed=("that fell due {when}", "that fell due {when} with a deadline moved later", "that fell due {when} with their first or an earlier deadline"),
    ),
    Metric(
        "due_extended_days", "Days the deadline was moved", "duration", "days", "lower",
        "By how many days the deadline was moved later, of the cases that fell due in the period and had it moved later.",
        "quantiles (type 7) of due_at - first due_at where it is later", "due_at", "clock health",
        "From the first deadline to the last one, however often it was moved between.",
        rows=_moved_later, days=lambda f: days_between(f.column("first_due_at"), f.column("due_at")), owner="closing",
        listed=("that fell due {when} with a deadline moved later",),
    ),
    Metric(
        "hold_rate", "Put on hold", "share", "share", "lower",
        "Of the cases that fell due in the period, how many had been put on hold, which stops their clock.",
        "cases with a pause / due in the period", "due_at", "clock health",
        "The easiest dial to abuse: a stopped clock is never late. Not given where the data tells of no hold at all.",
        rows=lambda f: and_(due_state(f), f.tells_of("paused")), hits=lambda f: f.had("paused"), owner="closing",
        listed=("that fell due {when}", "that fell due {when} and had been put on hold", "that fell due {when} and were never put on hold"),
    ),
    Metric(
        "hold_days", "Days on hold", "composite", "days", "lower",
        "For how many days clocks were stopped, of the cases that fell due in the period and had been put on hold.",
        "median over cases of the time from each pause to the next resumption or closing", "due_at", "clock health",
        "All holds of a case together; one that lasts still counts up to now.", parts=("hold_rate",), owner="closing",
        rows=lambda f: and_(due_state(f), f.had("paused")), listed=("that fell due {when} and had been put on hold",),
    ),
    Metric(
        "moves_per_case", "Moves per case", "composite", "per_case", "lower",
        "How often a case opened in the period moved to another department, on average.",
        "changes of department after the first assignment / opened", "opened_at", "Chicago's tennis volley",
        "Not given where the data tells of no move at all.", parts=("opened",),
    ),
    Metric(
        "deadline_bunching", "Closed just before the deadline", "composite", "times", "neither",
        "Closings in the 24 hours up to the deadline, for each closing in the 24 hours after it.",
        "closings in the 24 h up to and including due_at / closings in the 24 h after", "closed_at", "clock health",
        "An indicator to ask about, not a verdict: good planning crowds closings before a deadline, too. Every closing counts, also those undone later.",
        rows=_beside_due, hits=lambda f: f.column("closed_at") <= f.column("due_at"), owner="closing",
        listed=(
            "{when} within 24 hours of the deadline", "{when} in the 24 hours up to the deadline", "{when} in the 24 hours after the deadline",
        ),
    ),
)  # fmt: skip
