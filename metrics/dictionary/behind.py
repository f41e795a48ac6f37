"""Lists that stand behind a number which is no figure of its own: what a rate leaves out, and the parts of a difference.

They are declared as metrics are, so that a list and the number beside it cannot differ; nothing is measured by period or exported of them.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, not_, or_

from data_access import vocabulary
from metrics.dictionary.rules import AGE_BOUNDS, has_due, passed
from metrics.kinds import Facts, Metric


def touched(f: Facts):  # type: ignore[no-untyped-def]
    """Cases that were opened, fell due or were closed in the period, each once."""
    return and_(f.state, or_(f.during("opened_at"), f.during("closed_at"), f.during("due_at")))


LISTS: tuple[Metric, ...] = (
    Metric(
        "left_out_no_deadline", "Without a deadline", "flow", "cases", "neither",
        "Cases opened or closed in the period that have no deadline, so no on-time rate counts them.", "due_at is missing", "opened_at",
        "disclosed beside the on-time rate", window=False, explains="ontime_due",
        rows=lambda f: and_(touched(f), f.column("due_at").is_(None)),
        listed=("without a deadline, opened or closed {when}",),
    ),
    Metric(
        "left_out_broken_deadline", "With a deadline that cannot be used", "flow", "cases", "neither",
        "Cases opened, due or closed in the period whose deadline lies before their opening or whose times cannot be trusted.",
        "due_at < opened_at, or closed before opened", "opened_at", "disclosed beside the on-time rate", window=False, explains="ontime_due",
        rows=lambda f: and_(touched(f), f.column("due_at").is_not(None), not_(has_due(f))),
        listed=("with a deadline that cannot be used, opened, due or closed {when}",),
    ),
    Metric(
        "left_out_uncounted", "Duplicates, cancelled or test", "flow", "cases", "neither",
        "Cases opened, due or closed in the period that no figure but 'Reports' counts.", "outcome is duplicate, cancelled or test", "opened_at",
        "disclosed beside the on-time rate", window=False, explains="ontime_due", all_outcomes=True,
        also_classes=vocabulary.UNCOUNTED_CLASSES, rows=lambda f: and_(touched(f), not_(f.column("is_counted"))),
        listed=("that are duplicates, cancelled or test, opened, due or closed {when}",),
    ),
    Metric(
        "closed_of_owner", "Closed, of the department that has the case now", "flow", "closures", "neither",
        "Closings in the period, each counted for the department that owns the case now, as the backlog is.", "count of spell ends in the period",
        "closed_at", "flow identity", rows=lambda f: f.is_closed, explains="net_flow", aged_at="closed_at",
        listed=("{when}, counted for the department that has the case now",),
    ),
    Metric(
        "due_next_14_days", "Due in the next 14 days", "stock", "cases", "neither",
        "Open cases whose deadline is still ahead, by at most 14 days.", "open and due_at in [as_of, as_of + 14 days)", "as_of",
        "CitiStat practice", explains="due_next_7_days", only_open=True, aged_at="as_of", by_period=False,
        rows=lambda f: and_(f.state, f.is_open, has_due(f), f.column("due_at") >= f.as_of, f.column("due_at") < f.as_of + timedelta(days=14)),
        listed=("open {now} and due in the 14 days after",),
    ),
    Metric(
        "grew_older", "Grew into another age", "flow", "cases", "neither",
        "Cases that reached, while they were open in the period, the age of the next band.", "count of spells that passed the lower bound of an age band",
        "opened_at", "flow identity", window=False, explains="backlog", aged_at="grown",
        rows=lambda f: and_(f.in_stock, or_(*(passed(f, days) for days in AGE_BOUNDS[1:]))),
        listed=("that grew into another age {when}",),
    ),
)  # fmt: skip
