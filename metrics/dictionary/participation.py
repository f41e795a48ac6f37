"""Who takes part, whether they are heard, and what came of it."""

from __future__ import annotations

from sqlalchemy import and_

from metrics.dictionary.rules import made_by_resident
from metrics.kinds import Metric

METRICS: tuple[Metric, ...] = (
    Metric(
        "returning_share", "From people who had reported before", "share", "share", "neither",
        "Of residents' cases of which it is known, how many came from somebody who had reported something before.",
        "is_returning / residents' cases with is_returning known", "opened_at", "customer relations practice",
        "The source says it of each case; who reported is never read. Accounts that are shared or changed blur it.",
        needs="a source that says whether its reporter had reported before",
        rows=lambda f: and_(f.first, made_by_resident(f), f.column("is_returning").is_not(None)), hits=lambda f: f.column("is_returning"),
        listed=(
            "opened {when} by residents, of which it is known whether they had reported before", "opened {when} by residents who had reported before",
            "opened {when} by residents who had not reported before",
        ),
    ),
    Metric(
        "led_to_work", "Led to work done", "share", "share", "higher",
        "Of residents' cases whose last closing lies in the period, how many ended with the problem resolved.",
        "outcome resolved / residents' closed cases with a known outcome", "closed_at", "DOMAIN: participation impact",
        "As the department says; whether the resident agrees is asked by surveys and by reports that come again.",
        needs="a source that says how cases ended",
        rows=lambda f: and_(f.state, f.is_closed, made_by_resident(f), ~f.outcome_in(("unknown",))), hits=lambda f: f.outcome_in(("resolved",)),
        owner="closing",
        listed=(
            "of residents, closed {when}, that ended in a known way", "of residents, closed {when}, that were resolved",
            "of residents, closed {when}, that ended otherwise",
        ),
    ),
    Metric(
        "survey_response", "Residents who answered", "share", "share", "higher",
        "Of residents' cases whose last closing lies in the period, about how many a resident said how satisfied he was.",
        "cases with an answer / residents' closed cases", "closed_at", "service surveys",
        "Who answers is not who reports: below a fifth, satisfaction says little of the others.",
        needs="a source with residents' answers",
        rows=lambda f: and_(f.state, f.is_closed, made_by_resident(f)), hits=lambda f: f.column("satisfaction").is_not(None), owner="closing",
        listed=(
            "of residents, closed {when}", "of residents, closed {when}, about which they answered", "of residents, closed {when}, about which nobody answered",
        ),
    ),
)  # fmt: skip
