"""What a source's own words for status, channel and outcome probably mean: from the exports that have a preset, and from common words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterable

from data_access.city import read_toml
from data_access.mapping.spec import PRESETS
from data_access.slugs import slug

Meaning = dict[str, str]
"""Any of status, outcome, channel, initiated_by and case_class -> its word."""

COMMON: dict[str, tuple[tuple[str, Meaning], ...]] = {
    "status": (
        (r"dup", {"status": "closed", "outcome": "duplicate"}),
        (r"cancel|void|withdrawn|bogus|spam|deleted", {"status": "cancelled", "outcome": "cancelled"}),
        (r"referred|transferred|rerouted", {"status": "closed", "outcome": "referred"}),
        (r"(no|not) (further )?action|not (the )?council|unable|invalid", {"status": "closed", "outcome": "not_actionable"}),
        (r"^(re ?open|not (closed|resolved|done|complete|completed|fixed)|unresolved|incomplete|uncompleted)", {"status": "open"}),
        (r"closed|close|complete|completed|resolved|fixed|done|finished|archived|solved|answered", {"status": "closed"}),
        (r"hold|wait|pending|deferred|paused|suspend", {"status": "waiting"}),
        (
            r"progress|assigned|started|working|active|scheduled|dispatch|investigat|inspect|acknowledged|accepted|planned|email sent|review|ongoing",
            {"status": "in_progress"},
        ),
        (r"open|new|received|submitted|unassigned|registered|created|reported|entered|confirmed", {"status": "open"}),
        (r"^(unspecified|unknown|n a|none|other)$", {"status": "unknown"}),
    ),
    "channel": (
        (
            r"driver|crew|city worker|employee|field staff|inspector|internal|staff|proactive|mass entry|work order",
            {"channel": "staff", "initiated_by": "staff"},
        ),
        (r"system|integration|automat|sensor|batch", {"channel": "other", "initiated_by": "system"}),
        (r"e ?mail", {"channel": "email"}),
        (r"chat|bot", {"channel": "chat"}),
        (r"\bsms\b|text message|\btext\b", {"channel": "sms"}),
        (r"twitter|facebook|social|tweet|instagram|nextdoor", {"channel": "social"}),
        (r"\bapp\b|mobile|android|iphone|\bios\b|open311|seeclickfix|\bapi\b|spot ", {"channel": "app"}),
        (r"phone|call|voice|hotline|telephone|ivr|constituent call", {"channel": "phone"}),
        (r"web|online|internet|portal|self service|self-service|website|form", {"channel": "web"}),
        (r"walk|counter|in person|office visit|visit|kiosk", {"channel": "walk_in"}),
        (r"\b(letter|mail|post|fax)\b", {"channel": "mail"}),
        (r"other|council|alderman|mayor|misc", {"channel": "other"}),
        (r"^(unknown|unspecified|n a|none)$", {"channel": "unknown"}),
    ),
    "outcome": (
        (r"dup", {"outcome": "duplicate"}),
        (r"\btest\b", {"outcome": "test"}),
        (r"cancel|void", {"outcome": "cancelled"}),
        (r"withdraw", {"outcome": "withdrawn"}),
        (r"refer|transfer|forward|other agency|not (city|our)", {"outcome": "referred"}),
        (r"auto|administrative", {"outcome": "auto_closed"}),
        (r"denied|rejected|declined", {"outcome": "denied"}),
        (r"not found|no violation|unfounded|could not find|unable to locate|gone on arrival|nothing found", {"outcome": "not_found"}),
        (r"no action|invalid|not actionable|insufficient|no access|unable|bogus|noted|not (valid|eligible)", {"outcome": "not_actionable"}),
        (r"^(not|un)|incomplete", {"outcome": "unknown"}),
        (r"resolved|complete|fixed|done|repaired|corrected|work|cleaned|removed|replaced|abated|serviced", {"outcome": "resolved"}),
    ),
}
"""Field -> (pattern of a plain word, its meaning); the first that fits counts."""
EVENTS: tuple[tuple[str, str], ...] = (
    (r"hold ?start|pause|on hold|suspend|wait", "paused"), (r"hold ?end|resume|off hold|release", "resumed"), (r"re ?open", "reopened"), (r"due|deadline|sla change", "due_changed"),
    (r"transfer|re ?route|reassign", "transferred"), (r"assign", "assigned"), (r"acknowledg|accept", "acknowledged"), (r"inspect", "inspected"),
    (r"clos|complet|resolv|fixed", "closed"), (r"open|creat|receiv|submit|new", "opened"), (r"stage|step|status", "stage"), (r"comment|note|message", "commented"),
)  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One word of the source."""

    field: str
    value: str
    count: int
    meaning: Meaning | None
    why: str
    """Where the meaning comes from; empty if there is none."""


def words_of(field: str, top: Iterable[tuple[str, int]]) -> list[Word]:
    """What each of the words (with how often it comes) probably means; None where nothing says so."""
    return [_word(field, value, count) for value, count in top]


def _word(field: str, value: str, count: int) -> Word:
    known = known_words().get(field, {}).get(slug(value))
    if known is not None:
        return Word(field, value, count, dict(known), "so in a known export")
    said = slug(value).replace("-", " ")
    for pattern, meaning in COMMON.get(field, ()):
        if re.search(pattern, said):
            return Word(field, value, count, dict(meaning), "by the word")
    return Word(field, value, count, None, "")


def event_kind(value: str) -> str | None:
    """The event a word of a CRM's log probably means."""
    said = slug(value).replace("-", " ")
    return next((kind for pattern, kind in EVENTS if re.search(pattern, said)), None)


@lru_cache
def known_words() -> dict[str, dict[str, Meaning]]:
    """Field -> key of a word -> what every preset that has it says it means."""
    made: dict[str, dict[str, Any]] = {"status": {}, "channel": {}, "outcome": {}}
    for path in sorted(PRESETS.glob("*.toml")):
        data = read_toml(path)
        for field, table in made.items():
            for word, given in data.get(field, {}).items():
                meaning = {field: given} if isinstance(given, str) else dict(given)
                # Where presets differ nothing is known.
                table[slug(word)] = meaning if table.get(slug(word), meaning) == meaning else None
    return {field: {word: meaning for word, meaning in table.items() if meaning} for field, table in made.items()}
