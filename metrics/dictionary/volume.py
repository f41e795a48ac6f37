"""How much comes in and goes out, over which channel, and from where."""

from __future__ import annotations

from sqlalchemy import and_

from data_access import vocabulary
from metrics.dictionary.rules import digital, had_earlier, made_by_resident, placed, resident_channel_known
from metrics.kinds import Metric

REPEAT_DAYS = 90

METRICS: tuple[Metric, ...] = (
    Metric(
        "opened", "Opened", "flow", "cases", "neither",
        "Cases reported in the period.", "count of cases with opened_at in the period", "opened_at",
        "CitiStat practice; DC 311, NYC 311", "Reports are not problems: a loud area is not a worse area.",
        rows=lambda f: f.first,
        listed=("opened {when}",),
    ),
    Metric(
        "reports", "Reports", "flow", "reports", "neither",
        "All reports received, repeated ones included.", "count of all cases with opened_at in the period", "opened_at",
        "NYC 311", "Counts duplicates and cancelled cases, which 'Opened' leaves out.", version=2,
        rows=lambda f: f.first, all_outcomes=True, also_classes=vocabulary.UNCOUNTED_CLASSES,
        listed=("opened {when}, duplicates and cancelled ones included",),
    ),
    Metric(
        "closed", "Closed", "flow", "closures", "neither",
        "Closings in the period; a case closed twice counts twice.", "count of spell ends in the period", "closed_at",
        "CitiStat practice", "Closed is not always fixed: see closed without work and reopened.",
        rows=lambda f: f.is_closed, owner="closing",
        listed=("{when}",),
    ),
    Metric(
        "closed_cases", "Closed cases, each once", "flow", "cases", "neither",
        "Cases whose last closing lies in the period; a case opened again since is not among them.",
        "count of cases that are closed, by their last closed_at", "closed_at", "CitiStat practice",
        "What the outcome of a case belongs to: a source keeps one outcome for each case.",
        rows=lambda f: and_(f.state, f.is_closed), owner="closing",
        listed=("closed {when}, each by its last closing",),
    ),
    Metric(
        "reopened", "Reopened", "flow", "cases", "lower",
        "Cases opened again in the period after they had been closed.", "count of spells after the first that began in the period",
        "spell_opened_at", "Edmonton auditor 2023", rows=lambda f: f.column("spell_no") > 1, aged_at="spell_opened_at",
        listed=("opened again {when}",),
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
        "Above 1 can be a clean-up of old records: look at closed without work.", parts=("opened", "closed"),
    ),
    Metric(
        "resident_opened", "Opened by residents", "flow", "cases", "neither",
        "Cases reported in the period by residents.", "opened, not made by staff or systems", "opened_at", "DOMAIN: initiated_by",
        rows=lambda f: and_(
            f.first, made_by_resident(f)
        ),
        listed=("opened {when} by residents",),
    ),
    Metric(
        "digital_share", "Digital share", "share", "share", "neither",
        "Of the residents' cases with a known channel, how many came by web, app, e-mail or message.",
        "web, app, email, chat, sms, social / resident-made with known channel", "opened_at", "channel shift",
        "Cases made by staff and unknown channels are left out and counted apart.",
        rows=resident_channel_known, hits=digital,
        listed=("opened {when} by residents over a known channel", "opened {when} by residents over the web, an app or a message", "opened {when} by residents by telephone, in person or by mail"),
    ),
    Metric(
        "per_1000", "Reporting rate per 1,000", "composite", "per_1000", "neither",
        "Residents' cases for every 1,000 people who live there: a reporting rate, never a measure of need.",
        "resident-made cases / population x 1000", "opened_at", "reporting rate",
        "Not given where fewer than 500 people live or the population is unknown.", parts=("resident_opened",),
    ),
    Metric(
        "reporting_delay", "Reporting delay", "composite", "days", "neither",
        "How long a problem waits until somebody reports it, estimated from the reports that follow the first.",
        "days from the first report until inspected, closed or now / further reports in that time, of incidents opened in the period",
        "opened_at", "Liu, Bhandaram and Garg, arXiv 2204.08620; O'Brien 2015",
        "Needs duplicates linked to their first report; best for one type at a time. Not given with fewer than 5 further reports.",
        parts=("opened",),
    ),
    Metric(
        "repeat_location_rate", "Repeat locations", "share", "share", "lower",
        "Of the cases with a known place, how many had an earlier case of the same type there in the 90 days before.",
        "cases with an earlier counted case, same type and place, within 90 days / cases with a place", "opened_at",
        "O'Brien 2015", needs="a case with a known place", rows=placed, hits=lambda f: had_earlier(f, REPEAT_DAYS),
        listed=(
            "with a known place, opened {when}", "opened {when} where there had been one of the same type in the 90 days before",
            "with a known place, opened {when}, the first of their type there in 90 days",
        ),
    ),
)  # fmt: skip
