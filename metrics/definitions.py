"""Every metric Statroom knows, each declared once. Read this file to know what a number means."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, false, not_, or_

from data_access import vocabulary
from metrics.kinds import Facts, Metric, elapsed_days

REOPEN_DAYS = 14
MOST_MINUTES_AT_FIRST_CONTACT = 30
SOON_DAYS = 7
AGE_BOUNDS = (0, 7, 14, 30, 60, 90, 180, 365)
"""Lower bounds, in days, of the age bands of open cases; the last has no upper bound."""


def _closing(f: Facts):  # type: ignore[no-untyped-def]
    return f.during("closed_at")


def _has_due(f: Facts):  # type: ignore[no-untyped-def]
    return f.column("has_valid_due")


def _due_state(f: Facts):  # type: ignore[no-untyped-def]
    """Cases with a usable deadline, each judged by the spell it is in: its final closing so far."""
    return and_(f.state, f.column("has_valid_due"))


def _last_closing(f: Facts):  # type: ignore[no-untyped-def]
    return and_(_due_state(f), f.is_closed)


def _matured(f: Facts, days: int):  # type: ignore[no-untyped-def]
    return and_(_closing(f), f.column("closed_at") <= f.as_of - timedelta(days=days))


def _resident_channel_known(f: Facts):  # type: ignore[no-untyped-def]
    known = [vocabulary.code_of("channel", w) for w in vocabulary.CHANNELS if w not in ("unknown", "staff")]
    staff = [vocabulary.code_of("initiated_by", w) for w in ("staff", "system")]
    return and_(f.first, f.column("channel_id").in_(known), f.column("initiated_by_id").not_in(staff))


def _digital(f: Facts):  # type: ignore[no-untyped-def]
    return f.column("channel_id").in_([vocabulary.code_of("channel", w) for w in vocabulary.DIGITAL_CHANNELS])


def _at_first_contact(f: Facts):  # type: ignore[no-untyped-def]
    quick = f.column("closed_at") <= f.column("opened_at") + timedelta(minutes=MOST_MINUTES_AT_FIRST_CONTACT)
    stayed = not_(_or_false(f.column("first_transferred_at") <= f.as_of))
    return and_(f.is_closed, f.column("has_valid_interval"), quick, stayed, not_(_or_false(f.reopened_within(7))))


def _or_false(condition):  # type: ignore[no-untyped-def]
    from sqlalchemy import func

    return func.coalesce(condition, false())


METRICS: tuple[Metric, ...] = (
    Metric(
        "opened", "Opened", "flow", "cases", "neither",
        "Cases reported in the period.", "count of cases with opened_at in the period", "opened_at",
        "CitiStat practice; DC 311, NYC 311", "Reports are not problems: a loud area is not a worse area.",
        rows=lambda f: f.first,
    ),
    Metric(
        "reports", "Reports", "flow", "reports", "neither",
        "All reports received, repeated ones included.", "count of all cases with opened_at in the period", "opened_at",
        "NYC 311", "Counts duplicates and cancelled cases, which 'Opened' leaves out.",
        rows=lambda f: f.first, all_outcomes=True,
    ),
    Metric(
        "closed", "Closed", "flow", "closures", "neither",
        "Closings in the period; a case closed twice counts twice.", "count of spell ends in the period", "closed_at",
        "CitiStat practice", "Closed is not always fixed: see closed without work and reopened.",
        rows=lambda f: f.is_closed, owner="closing",
    ),
    Metric(
        "reopened", "Reopened", "flow", "cases", "lower",
        "Cases opened again in the period after they had been closed.", "count of spells after the first that began in the period",
        "spell_opened_at", "Edmonton auditor 2023", rows=lambda f: f.column("spell_no") > 1,
    ),
    Metric(
        "net_flow", "Net flow", "composite", "cases", "lower",
        "By how much the backlog grew or shrank.", "opened - closed + reopened", "each event's own date",
        "flow identity", "All three count for the department that owns the case now, as the backlog does.",
        parts=("opened", "closed", "reopened"),
    ),
    Metric(
        "clearance_rate", "Clearance", "composite", "ratio", "higher",
        "Closings for every case opened.", "closed / opened", "each event's own date", "CitiStat practice",
        "Above 1 can be a clean-up of old records: look at closed without work.", parts=("closed", "opened"),
    ),
    Metric(
        "backlog", "Open cases", "stock", "cases", "lower",
        "Cases open at one instant.", "count of cases with a spell open at the instant", "as_of", "CitiStat practice",
        "From an extract it is a lower bound: older open cases may not be in the file.",
        rows=lambda f: and_(f.state, f.is_open), only_open=True, stock_from=("spell_opened_at", "spell_opened_on"),
    ),
    Metric(
        "overdue_now", "Overdue", "stock", "cases", "lower",
        "Open cases whose deadline has passed.", "open and due_at < as_of", "as_of", "Austin TPW 2024-25",
        rows=lambda f: f.is_overdue, only_open=True, stock_from=("overdue", "overdue"),
    ),
    Metric(
        "due_next_7_days", "Due in the next 7 days", "stock", "cases", "neither",
        "Open cases whose deadline is still ahead, by at most 7 days.", "open and due_at in [as_of, as_of + 7 days)", "as_of",
        "CitiStat practice", "The only overdue cases a department can still prevent.", only_open=True,
        rows=lambda f: and_(
            f.state, f.is_open, _has_due(f), f.column("due_at") >= f.as_of, f.column("due_at") < f.as_of + timedelta(days=SOON_DAYS)
        ),
    ),
    Metric(
        "reopened_open", "Opened again and open", "stock", "cases", "lower",
        "Open cases that had been closed before.", "open, and not for the first time", "as_of", "CitiStat practice",
        "What was called done and was not: the first to look at again.", only_open=True,
        rows=lambda f: and_(f.state, f.is_open, f.column("spell_no") > 1),
    ),
    Metric(
        "days_overdue", "Days overdue", "duration", "days", "lower",
        "How long overdue cases have been overdue.", "(as_of - due_at) / 86400 over overdue cases", "as_of", "CitiStat practice",
        rows=lambda f: f.is_overdue, only_open=True, window=False,
        days=lambda f: _days_between(f.column("due_at"), f.now),
    ),
    Metric(
        "ontime_due", "On time", "share", "share", "higher",
        "Of the cases that fell due in the period, how many were closed by their deadline.",
        "met / due_at in the period and due_at <= as_of", "due_at", "headline definition of Statroom",
        "Needs deadlines; a moved deadline moves a case, so moved deadlines are counted beside it.",
        rows=_due_state, hits=lambda f: f.is_met, owner="closing",
    ),
    Metric(
        "ontime_closed", "On time, of closed", "share", "share", "higher",
        "Of the cases closed in the period, how many were closed by their deadline.", "met / closed_at in the period", "closed_at",
        "Austin TPW until 2025", "Open overdue cases are invisible: closing only easy cases scores 100 %.",
        rows=_last_closing, hits=lambda f: f.is_met, owner="closing",
    ),
    Metric(
        "ontime_closed_plus_overdue", "On time, of closed and overdue", "share", "share", "higher",
        "Cases closed on time among those closed in the period or overdue now.", "met / (closed in the period + overdue now)", "closed_at",
        "Austin TPW since 2025", "Mixes a flow and a stock: one old case counts against every week.",
        rows=lambda f: and_(_due_state(f), or_(and_(f.is_closed, f.during("closed_at")), f.is_overdue)),
        hits=lambda f: f.is_met, window=False, owner="closing",
    ),
    Metric(
        "ontime_opened_all", "On time, of all opened", "share", "share", "higher",
        "Of the cases opened in the period, how many have been closed by their deadline.", "met / opened_at in the period", "opened_at",
        "San Francisco scorecard; Austin 311", "Cases not yet due count as misses: recent weeks always look bad.",
        rows=_due_state, hits=lambda f: f.is_met, owner="closing",
    ),
    Metric(
        "ontime_opened_matured", "On time, of opened and due", "share", "share", "higher",
        "Of the cases opened in the period that are due by now, how many were closed by their deadline.",
        "met / opened_at in the period and due_at <= as_of", "opened_at", "cohort view",
        "Types with long deadlines enter late.",
        rows=lambda f: and_(_due_state(f), f.column("due_at") <= f.as_of), hits=lambda f: f.is_met, owner="closing",
    ),
    Metric(
        "ontime_opened_flag", "On time or not yet due, of opened", "share", "share", "higher",
        "Of the cases opened in the period, how many are not late.", "(met or not yet due) / opened_at in the period", "opened_at",
        "CRM on-time flags", "Cases not yet due count as on time: recent weeks look near perfect.",
        rows=_due_state, hits=lambda f: or_(f.is_met, and_(f.is_open, f.column("due_at") > f.as_of)), owner="closing",
    ),
    Metric(
        "ontime_opened_closed_only", "On time, of opened and closed", "share", "share", "higher",
        "Of the cases opened in the period that are closed, how many were closed by their deadline.",
        "met / opened_at in the period and closed", "opened_at", "ad-hoc notebooks", "Only survivors are counted.",
        rows=_last_closing, hits=lambda f: f.is_met, owner="closing",
    ),
    Metric(
        "ttc_closed", "Days to close, of closed", "duration", "days", "lower",
        "Days from opening to closing, of the cases closed in the period.", "quantiles (type 7) of closed_at - opened_at", "closed_at",
        "Chicago, NYC", "Of cases closed only: clearing old cases makes it look slower. Never shown alone.",
        rows=lambda f: and_(f.state, f.is_closed, f.column("has_valid_interval")), days=elapsed_days, owner="closing",
    ),
    Metric(
        "closed_within_7_days", "Closed within 7 days", "share", "share", "higher",
        "Of the cases opened in the period at least 7 days ago, how many were closed within 7 days.",
        "closed within 7 days / at least 7 days old", "opened_at", "resident's sentence",
        rows=lambda f: and_(f.state, f.column("has_valid_interval"), f.column("opened_at") <= f.as_of - timedelta(days=7)),
        hits=lambda f: and_(f.is_closed, f.column("seconds_to_close") <= 7 * 86400),
    ),
    Metric(
        "weeks_of_work", "Weeks of work", "composite", "weeks", "lower",
        "How many weeks the open cases would take at the recent pace, if nothing new came in.",
        "backlog / mean weekly closings of the last 8 complete weeks", "as_of", "Little's law",
        "A steady state is assumed.", parts=("backlog", "closed"),
    ),
    Metric(
        "reopen_rate", "Reopened within 14 days", "share", "share", "lower",
        "Of the closings in the period that are at least 14 days old, how many were opened again within 14 days.",
        "reopened within 14 days / closings at least 14 days old", "closed_at", "Edmonton auditor 2023",
        "Younger closings are set aside and counted.",
        rows=lambda f: _matured(f, REOPEN_DAYS), hits=lambda f: _or_false(f.reopened_within(REOPEN_DAYS)), owner="closing",
    ),
    Metric(
        "closed_without_work", "Closed without work", "share", "share", "lower",
        "Of the closings in the period, how many ended without anything done.",
        "outcome not actionable, not found or referred / closings", "closed_at", "NYC Council 311 analysis",
        "Needs outcomes; closings of unknown outcome count as done.",
        rows=lambda f: and_(f.state, f.is_closed), hits=lambda f: f.outcome_in(vocabulary.WITHOUT_WORK_OUTCOMES), owner="closing",
    ),
    Metric(
        "transfer_rate", "Transferred", "share", "share", "lower",
        "Of the cases opened in the period, how many moved to another department.",
        "cases with a change of department after the first assignment / opened", "opened_at", "Chicago's tennis volley",
        rows=lambda f: f.first, hits=lambda f: _or_false(f.column("first_transferred_at") <= f.as_of),
    ),
    Metric(
        "fcr_proxy", "Settled at first contact", "share", "share", "higher",
        "Of the cases opened in the period, how many were closed within 30 minutes, never transferred and not reopened within 7 days.",
        "first closing <= 30 min, no transfer, not reopened in 7 d / opened", "opened_at", "a proxy",
        "A stand-in: true first-contact resolution counts contacts, not cases.",
        rows=lambda f: f.first, hits=_at_first_contact,
    ),
    Metric(
        "due_extended_rate", "Deadline moved later", "share", "share", "lower",
        "Of the cases that fell due in the period, how many had their deadline moved later.",
        "due_at later than the first due_at / due in the period", "due_at", "clock health",
        rows=_due_state, hits=lambda f: _or_false(f.column("due_at") > f.column("first_due_at")), owner="closing",
    ),
    Metric(
        "digital_share", "Digital share", "share", "share", "neither",
        "Of the residents' cases with a known channel, how many came by web, app, e-mail or message.",
        "web, app, email, chat, sms, social / resident-made with known channel", "opened_at", "channel shift",
        "Cases made by staff and unknown channels are left out and counted apart.",
        rows=_resident_channel_known, hits=_digital,
    ),
    Metric(
        "per_1000", "Reports per 1,000 residents", "composite", "per_1000", "neither",
        "Residents' cases for every 1,000 people who live there: a reporting rate, never a measure of need.",
        "resident-made cases / population x 1000", "opened_at", "reporting rate",
        "Not given where fewer than 500 people live or the population is unknown.", parts=("resident_opened",),
    ),
    Metric(
        "resident_opened", "Opened by residents", "flow", "cases", "neither",
        "Cases reported in the period by residents.", "opened, not made by staff or systems", "opened_at", "DOMAIN: initiated_by",
        rows=lambda f: and_(
            f.first, f.column("initiated_by_id").not_in([vocabulary.code_of("initiated_by", w) for w in ("staff", "system")])
        ),
    ),
    Metric(
        "satisfaction_top2", "Satisfied", "share", "share", "higher",
        "Of the residents who answered about a case closed in the period, how many gave 4 or 5 of 5.",
        "answers 4-5 / answers", "closed_at", "service surveys", "Few answer: shown with n, hidden below 10 answers.",
        rows=lambda f: and_(f.state, f.is_closed, f.column("satisfaction").is_not(None)),
        hits=lambda f: f.column("satisfaction") >= 4, owner="closing",
    ),
    Metric(
        "repeat_location_rate", "Repeat locations", "composite", "share", "lower",
        "Of the cases with a known place, how many had an earlier case of the same type there in the 90 days before.",
        "cases with an earlier counted case, same type and place, within 90 days / cases with a place", "opened_at",
        "O'Brien 2015", parts=("opened",),
    ),
    Metric(
        "reported_again", "Reported again within 14 days", "composite", "share", "lower",
        "Of the closings at least 14 days old, how many were followed within 14 days by a new case of the same type at the same place.",
        "closings followed by a new counted case, same type and place / matured closings", "closed_at", "catches closures nobody reopens",
        parts=("closed",), owner="closing",
    ),
    Metric(
        "ttc_km", "Days to close", "composite", "days", "lower",
        "Days until half of the cases opened in the period were closed, open ones taken into account.",
        "Kaplan-Meier median over the cohort opened in the period", "opened_at", "Kaplan and Meier 1958",
        "'More than' where fewer than half are closed yet.", parts=("opened",),
    ),
)  # fmt: skip


def _days_between(start, end):  # type: ignore[no-untyped-def]
    from sqlalchemy import func

    return (func.epoch(end) - func.epoch(start)) / 86400.0


REGISTRY: dict[str, Metric] = {metric.id: metric for metric in METRICS}
DEFINITIONS_VERSION = "1"
ONTIME_DEFINITIONS = tuple(metric.id for metric in METRICS if metric.id.startswith("ontime_"))
HEADLINE = ("opened", "closed", "backlog", "ontime_due", "overdue_now", "weeks_of_work")
