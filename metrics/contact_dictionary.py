"""What is said of the contact centre, each figure declared once: its formula, what it leaves out, and where it is from.

Contacts are counted, not cases: a call that asks something and opens no case is one of them. Every figure adds up counts first and
divides once; means and shares of hours are never averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

from metrics.kinds import Direction


@dataclass(frozen=True)
class ContactFigure:
    """One figure: `hits` of `of` (columns of `metrics.contacts.FIGURES`), or `hits` alone where `of` is empty."""

    id: str
    label: str
    unit: str
    """contacts, share, seconds."""
    direction: Direction
    meaning: str
    formula: str
    hits: str
    of: str = ""
    caveat: str = ""
    source: str = ""


_ASKED = "contact centre practice; no single published standard"
DICTIONARY: tuple[ContactFigure, ...] = (
    ContactFigure("offered", "Calls that came in", "contacts", "neither", "All calls that reached a queue, answered or not.", "sum of offered", "offered", source=_ASKED),
    ContactFigure("answered", "Calls answered", "contacts", "higher", "Calls that a person answered.", "sum of answered", "answered", source=_ASKED),
    ContactFigure(
        "abandonment", "Calls given up", "share", "lower", "Of the calls that came in, those whose caller hung up before an answer.", "abandoned / offered",
        "abandoned", "offered_gone", "Counts every hang-up, also of who misdialled; the figure without short ones stands beside it.", _ASKED,
    ),
    ContactFigure(
        "abandonment_long", "Calls given up after a wait", "share", "lower", "The same without those given up at once: a misdialled number is no lack of patience.",
        "(abandoned - abandoned within the short limit) / (offered - abandoned within the short limit)", "abandoned_long", "offered_long",
        "The limit is the source's or the mapping's; a longer one makes the figure look better.", _ASKED,
    ),
    ContactFigure(
        "speed_of_answer", "Average speed of answer", "seconds", "lower", "How long the answered calls waited on average.", "seconds waited by answered calls / answered calls",
        "wait_seconds", "answered_waited", "Of answered calls only: who gave up is not in it, so it looks best when patience is shortest. Read it beside the calls given up.", _ASKED,
    ),
    ContactFigure(
        "service_level", "Service level", "share", "higher", "Of the calls, those answered within the agreed seconds; calls given up at once do not count.",
        "answered within the limit / (offered - abandoned within the short limit)", "in_time", "offered_timed",
        "The headline. The same numerator over all calls offered is the strictest, over answered calls the kindest; all three are shown.", _ASKED,
    ),
    ContactFigure("service_level_offered", "Service level, of all calls", "share", "higher", "The same, of all calls that came in.", "answered within the limit / offered", "in_time", "offered_all_timed", source=_ASKED),
    ContactFigure("service_level_answered", "Service level, of answered calls", "share", "higher", "The same, of the answered calls: who gave up is not in it.", "answered within the limit / answered", "in_time", "answered_timed", source=_ASKED),
    ContactFigure("handle_time", "Time for a call", "seconds", "neither", "How long an answered call took on average, with the work after it as far as the source counts that.", "seconds of handling / answered calls", "handle_seconds", "answered_handled", source=_ASKED),
    ContactFigure(
        "occupancy", "Occupancy", "share", "neither", "Of the time people were signed in for a queue, the part they spent on its calls.", "seconds of handling / seconds signed in",
        "handle_staffed", "staffed_seconds", "High is no good: near 100 % nobody has a breath between two calls, and waits grow fast.", _ASKED,
    ),
    ContactFigure(
        "first_contact_resolution", "Settled at the first contact", "share", "higher", "Of the contacts of which that is known, those settled at once, inquiries included.",
        "contacts settled at once / contacts of which it is known", "resolved_first", "resolution_known",
        "True first-contact resolution: it counts contacts. `fcr_proxy` counts cases and knows nothing of calls that opened none.", _ASKED,
    ),
)  # fmt: skip
BY_ID = {figure.id: figure for figure in DICTIONARY}
