"""Whether deadlines are kept: the headline, and the other formulas in use, each with its fault."""

from __future__ import annotations

from sqlalchemy import and_, or_

from metrics.dictionary.rules import due_state, last_closing
from metrics.kinds import Metric

METRICS: tuple[Metric, ...] = (
    Metric(
        "ontime_due", "On time", "share", "share", "higher",
        "Of the cases that fell due in the period, how many were closed by their deadline.",
        "met / due_at in the period and due_at <= as_of", "due_at", "headline definition of Statroom",
        "Needs deadlines; a moved deadline moves a case, so moved deadlines are counted beside it.",
        rows=due_state, hits=lambda f: f.is_met, owner="closing",
        listed=("that fell due {when}", "that fell due {when} and were closed on time", "that fell due {when} and were not closed on time"),
    ),
    Metric(
        "ontime_closed", "On time, of closed", "share", "share", "higher",
        "Of the cases closed in the period, how many were closed by their deadline.", "met / closed_at in the period", "closed_at",
        "Austin TPW until 2025", "Open overdue cases are invisible: closing only easy cases scores 100 %.",
        rows=last_closing, hits=lambda f: f.is_met, owner="closing",
        listed=("with a deadline, closed {when}", "closed on time {when}", "closed late {when}"),
    ),
    Metric(
        "ontime_closed_plus_overdue", "On time, of closed and overdue", "share", "share", "higher",
        "Cases closed on time among those closed in the period or overdue now.", "met / (closed in the period + overdue now)", "closed_at",
        "Austin TPW since 2025", "Mixes a flow and a stock: one old case counts against every week.",
        rows=lambda f: and_(due_state(f), or_(and_(f.is_closed, f.during("closed_at")), f.is_overdue)),
        hits=lambda f: f.is_met, window=False, owner="closing",
        listed=("with a deadline, closed {when} or overdue {now}", "closed on time {when}", "closed late {when} or overdue {now}"),
    ),
    Metric(
        "ontime_opened_all", "On time, of all opened", "share", "share", "higher",
        "Of the cases opened in the period, how many have been closed by their deadline.", "met / opened_at in the period", "opened_at",
        "San Francisco scorecard; Austin 311", "Cases not yet due count as misses: recent weeks always look bad.",
        rows=due_state, hits=lambda f: f.is_met, owner="closing",
        listed=("with a deadline, opened {when}", "opened {when} and closed on time", "opened {when} and not closed on time or not yet due"),
    ),
    Metric(
        "ontime_opened_matured", "On time, of opened and due", "share", "share", "higher",
        "Of the cases opened in the period that are due by now, how many were closed by their deadline.",
        "met / opened_at in the period and due_at <= as_of", "opened_at", "cohort view",
        "Types with long deadlines enter late.",
        rows=lambda f: and_(due_state(f), f.column("due_at") <= f.as_of), hits=lambda f: f.is_met, owner="closing",
        listed=("opened {when} and due since", "opened {when}, due since and closed on time", "opened {when}, due since and not closed on time"),
    ),
    Metric(
        "ontime_opened_flag", "On time or not yet due, of opened", "share", "share", "higher",
        "Of the cases opened in the period, how many are not late.", "(met or not yet due) / opened_at in the period", "opened_at",
        "CRM on-time flags", "Cases not yet due count as on time: recent weeks look near perfect.",
        rows=due_state, hits=lambda f: or_(f.is_met, and_(f.is_open, f.column("due_at") > f.as_of)), owner="closing",
        listed=("with a deadline, opened {when}", "opened {when} and closed on time or not yet due", "opened {when} that are late or were closed late"),
    ),
    Metric(
        "ontime_opened_closed_only", "On time, of opened and closed", "share", "share", "higher",
        "Of the cases opened in the period that are closed, how many were closed by their deadline.",
        "met / opened_at in the period and closed", "opened_at", "ad-hoc notebooks", "Only survivors are counted.",
        rows=last_closing, hits=lambda f: f.is_met, owner="closing",
        listed=("with a deadline, opened {when} and closed since", "opened {when} and closed on time", "opened {when} and closed late"),
    ),
    Metric(
        "ontime_given_types", "On time given types", "composite", "of_expected", "higher",
        "Cases closed on time, for every one that the mix of request types leads to expect: 1 is what the whole city reaches with the same work.",
        "met / sum over request types of (due in the period x the city's share on time of the type)", "due_at",
        "indirect standardisation (Spiegelhalter 2005)",
        "Takes the mix of types out, and nothing else: what differs within a type stays. Of the whole city it is 1.", parts=("ontime_due",),
    ),
)  # fmt: skip
