"""What is open at one instant."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_

from metrics.dictionary.rules import days_between, has_due
from metrics.kinds import Metric

SOON_DAYS = 7
STUCK_DAYS = 14

METRICS: tuple[Metric, ...] = (
    Metric(
        "backlog", "Open cases", "stock", "cases", "lower",
        "Cases open at one instant.", "count of cases with a spell open at the instant", "as_of", "CitiStat practice",
        "From an extract it is a lower bound: older open cases may not be in the file.",
        rows=lambda f: and_(f.state, f.is_open), only_open=True, aged_at="as_of", stock_from=("spell_opened_at", "spell_opened_on"),
        listed=("open {now}",),
    ),
    Metric(
        "overdue_now", "Overdue", "stock", "cases", "lower",
        "Open cases whose deadline has passed.", "open and due_at < as_of", "as_of", "Austin TPW 2024-25",
        rows=lambda f: f.is_overdue, only_open=True, aged_at="as_of", stock_from=("overdue", "overdue"),
        listed=("overdue {now}",),
    ),
    Metric(
        "due_next_7_days", "Due in the next 7 days", "stock", "cases", "neither",
        "Open cases whose deadline is still ahead, by at most 7 days.", "open and due_at in [as_of, as_of + 7 days)", "as_of",
        "CitiStat practice", "The only overdue cases a department can still prevent.", only_open=True, aged_at="as_of",
        rows=lambda f: and_(
            f.state, f.is_open, has_due(f), f.column("due_at") >= f.as_of, f.column("due_at") < f.as_of + timedelta(days=SOON_DAYS)
        ),
        listed=("open {now} and due in the 7 days after",), by_period=False,
    ),
    Metric(
        "reopened_open", "Opened again and open", "stock", "cases", "lower",
        "Open cases that had been closed before.", "open, and not for the first time", "as_of", "CitiStat practice",
        "What was called done and was not: the first to look at again.", only_open=True, aged_at="as_of",
        rows=lambda f: and_(f.state, f.is_open, f.column("spell_no") > 1), by_period=False,
        listed=("open again {now} after having been closed",),
    ),
    Metric(
        "stuck", "Stuck", "stock", "cases", "lower",
        "Open cases of which nothing has been recorded for 14 days.", "open, and neither opened nor any event in (as_of - 14 days, as_of]", "as_of",
        "CitiStat practice", "Where a source tells of no events, every case that has been open for 14 days looks stuck.", only_open=True, aged_at="as_of",
        rows=lambda f: and_(f.state, f.is_open, f.quiet_for(STUCK_DAYS)), by_period=False,
        listed=("open {now} and without any event for 14 days",),
    ),
    Metric(
        "days_overdue", "Days overdue", "duration", "days", "lower",
        "How long overdue cases have been overdue.", "(as_of - due_at) / 86400 over overdue cases", "as_of", "CitiStat practice",
        rows=lambda f: f.is_overdue, only_open=True, aged_at="as_of", window=False, by_period=False,
        days=lambda f: days_between(f.column("due_at"), f.now),
        listed=("overdue {now}",),
    ),
    Metric(
        "weeks_of_work", "Weeks of work", "composite", "weeks", "lower",
        "How many weeks the open cases would take at the recent pace, if nothing new came in.",
        "backlog / mean weekly closings of the last 8 complete weeks", "as_of", "Little's law",
        "A steady state is assumed.", parts=("backlog", "closed"),
    ),
)  # fmt: skip
