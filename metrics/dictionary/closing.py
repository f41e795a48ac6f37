"""How long closing takes, and whether a closing holds."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_

from data_access import vocabulary
from metrics.dictionary.rules import at_first_contact, matured, or_false
from metrics.kinds import Metric, elapsed_days

REOPEN_DAYS = AGAIN_DAYS = 14
WITHIN_DAYS = (1, 3, 7, 14, 30, 90)
"""The days after which it is asked how many cases are closed."""


def closed_within(days: int) -> Metric:
    """The resident's sentence: "8 of 10 are fixed within 7 days". Only cases old enough to be judged count, else quick ones alone would."""
    said = f"{days} day{'s' if days > 1 else ''}"
    return Metric(
        f"closed_within_{days}_days", f"Closed within {said}", "share", "share", "higher",
        f"Of the cases opened in the period at least {said} ago, how many were closed within {said}.",
        f"closed within {said} / at least {said} old", "opened_at", "resident's sentence",
        rows=lambda f: and_(f.state, f.column("has_valid_interval"), f.column("opened_at") <= f.as_of - timedelta(days=days)),
        hits=lambda f: and_(f.is_closed, f.column("seconds_to_close") <= days * 86400),
        listed=(f"opened {{when}}, at least {said} ago", f"opened {{when}} and closed within {said}", f"opened {{when}} and not closed within {said}"),
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    Metric(
        "ttc_closed", "Days to close, of closed", "duration", "days", "lower",
        "Days from opening to closing, of the cases closed in the period.", "quantiles (type 7) of closed_at - opened_at", "closed_at",
        "Chicago, NYC", "Of cases closed only: clearing old cases makes it look slower. Never shown alone.",
        rows=lambda f: and_(f.state, f.is_closed, f.column("has_valid_interval")), days=elapsed_days, owner="closing",
        listed=("closed {when}",),
    ),
    Metric(
        "ttc_km", "Days to close", "composite", "days", "lower",
        "Days until half of the cases opened in the period were closed, open ones taken into account.",
        "Kaplan-Meier median over the cohort opened in the period", "opened_at", "Kaplan and Meier 1958",
        "'More than' where fewer than half are closed yet.", parts=("opened",),
        rows=lambda f: and_(f.state, f.column("has_valid_interval")), listed=("opened {when} whose times can be trusted",),
    ),
    Metric(
        "ttc_km_period", "Days to close, at the period's own pace", "composite", "days", "lower",
        "Days until half of the cases would be closed if all went as it did in the period, whenever they were opened.",
        "Kaplan-Meier median over every case open in the period, each at risk from the age it had when the period began", "period",
        "Kaplan and Meier 1958; delayed entry", "Withheld where fewer than 10 cases were at risk before half were closed. Not by period: a period is its own.",
        parts=("opened",), by_period=False,
    ),
    *[closed_within(days) for days in WITHIN_DAYS],
    Metric(
        "closed_so_far", "Closed so far", "share", "share", "higher",
        "Of the cases opened in the period, how many are closed by now.", "closed / opened in the period", "opened_at", "what days to close rest on",
        "Recent periods have had less time: look at 'Days to close' beside it.",
        rows=lambda f: and_(f.state, f.column("has_valid_interval")), hits=lambda f: f.is_closed,
        listed=("opened {when}", "opened {when} and closed since", "opened {when} and still open"),
    ),
    Metric(
        "reopen_rate", "Reopened within 14 days", "share", "share", "lower",
        "Of the closings in the period that are at least 14 days old, how many were opened again within 14 days.",
        "reopened within 14 days / closings at least 14 days old", "closed_at", "Edmonton auditor 2023",
        "Younger closings are set aside and counted.",
        rows=lambda f: matured(f, REOPEN_DAYS), hits=lambda f: or_false(f.reopened_within(REOPEN_DAYS)), owner="closing",
        listed=("{when}, at least 14 days ago", "{when} after which the case was opened again within 14 days", "{when} that held for 14 days"),
    ),
    Metric(
        "reported_again", "Reported again within 14 days", "share", "share", "lower",
        "Of the closings at least 14 days old whose place is known, how many were followed within 14 days by a new case of the same type there.",
        "closings followed by a new counted case, same type and place / matured closings with a place", "closed_at",
        "catches closures nobody reopens", "Closings without a known place are left out; there is no figure where no place is known.",
        version=2, owner="closing", needs="a case with a known place",
        rows=lambda f: and_(matured(f, AGAIN_DAYS), f.column("location_key").is_not(None)), hits=lambda f: f.reported_again_within(AGAIN_DAYS),
        listed=(
            "{when}, at least 14 days ago, at a known place", "{when} after which the same was reported there within 14 days",
            "{when} after which nothing more was reported there for 14 days",
        ),
    ),
    Metric(
        "closed_without_work", "Closed without work", "share", "share", "lower",
        "Of the closings in the period, how many ended without anything done.",
        "outcome not actionable, not found or referred / closings", "closed_at", "NYC Council 311 analysis",
        "Needs outcomes; closings of unknown outcome count as done, and so do those of cases opened again since: the outcome is that of the last closing.",
        version=2, rows=lambda f: f.is_closed, hits=lambda f: and_(f.state, f.outcome_in(vocabulary.WITHOUT_WORK_OUTCOMES)), owner="closing",
        listed=("{when}", "{when} without work", "{when} after work or with an unknown outcome"),
    ),
    Metric(
        "transfer_rate", "Transferred", "share", "share", "lower",
        "Of the cases opened in the period, how many moved to another department.",
        "cases with a change of department after the first assignment / opened", "opened_at", "Chicago's tennis volley",
        rows=lambda f: f.first, hits=lambda f: or_false(f.column("first_transferred_at") <= f.as_of),
        listed=("opened {when}", "opened {when} that moved to another department", "opened {when} that stayed with their department"),
    ),
    Metric(
        "transferred", "Moved on", "flow", "cases", "lower",
        "Cases that moved to another department in the period.", "cases with a change of department, after the first assignment, in the period",
        "first_transferred_at", "Chicago's tennis volley", "A case that moved several times counts once, for the department that has it now.",
        rows=lambda f: and_(f.state, f.moved()), window=False, by_period=False,
        listed=("that moved to another department {when}",),
    ),
    Metric(
        "transferred_again", "Moved on more than once", "flow", "cases", "lower",
        "Cases that moved to another department in the period and had moved, or moved, at least twice in all.",
        "transferred, with two or more changes of department by as_of", "first_transferred_at", "Chicago's tennis volley",
        rows=lambda f: and_(f.state, f.moved(), f.moved_often()), window=False, by_period=False,
        listed=("that moved to another department {when}, not for the only time",),
    ),
    Metric(
        "fcr_proxy", "Settled at first contact", "share", "share", "higher",
        "Of the cases opened in the period, how many were closed within 30 minutes, never transferred and not reopened within 7 days.",
        "first closing <= 30 min, no transfer, not reopened in 7 d / opened", "opened_at", "a proxy",
        "A stand-in: true first-contact resolution counts contacts, not cases.",
        rows=lambda f: f.first, hits=at_first_contact,
        listed=("opened {when}", "opened {when} and settled at first contact", "opened {when} and not settled at first contact"),
    ),
    Metric(
        "satisfaction_top2", "Satisfied", "share", "share", "higher",
        "Of the residents who answered about a case whose last closing lies in the period, how many gave 4 or 5 of 5.",
        "answers 4-5 / answers", "closed_at", "service surveys",
        "Few answer: shown with n, hidden below 10 answers. An answer counts once, with the last closing of its case.",
        rows=lambda f: and_(f.state, f.is_closed, f.column("satisfaction").is_not(None)),
        hits=lambda f: f.column("satisfaction") >= 4, owner="closing",
        listed=("closed {when} about which residents answered", "closed {when} to residents' satisfaction", "closed {when} about which residents answered 1 to 3 of 5"),
    ),
)  # fmt: skip
