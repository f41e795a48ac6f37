"""The fixed words of the canonical model, and the small numbers the mart stores for them.

A word's number is its place in the tuple, so words are only ever added at the end.
`unknown` is a word of its own wherever a source may say something nobody mapped.
"""

from __future__ import annotations

CHANNELS = (
    "unknown", "phone", "web", "app", "email", "chat", "sms", "social",
    "walk_in", "mail", "staff", "other",
)  # fmt: skip
DIGITAL_CHANNELS = ("web", "app", "email", "chat", "sms", "social")

INITIATORS = ("unknown", "resident", "staff", "system")

STATUSES = ("unknown", "open", "in_progress", "waiting", "closed", "cancelled")

OUTCOMES = (
    "unknown", "resolved", "not_actionable", "not_found", "referred", "duplicate",
    "denied", "withdrawn", "auto_closed", "cancelled", "test",
)  # fmt: skip
WITHOUT_WORK_OUTCOMES = ("not_actionable", "not_found", "referred")
UNCOUNTED_OUTCOMES = ("duplicate", "cancelled", "test")
UNCOUNTED_CLASSES = ("duplicate", "withdrawn")
"""The classes that cases get which do not count."""

CASE_CLASSES = ("service", "information", "staff_entered", "duplicate", "withdrawn")

DUE_SOURCES = ("none", "source", "sla_rule", "statute")

EVENT_KINDS = (
    "opened", "assigned", "transferred", "acknowledged", "inspected", "paused", "resumed",
    "due_changed", "stage", "closed", "reopened", "commented",
)  # fmt: skip

VOCABULARIES: dict[str, tuple[str, ...]] = {
    "channel": CHANNELS,
    "initiated_by": INITIATORS,
    "status": STATUSES,
    "outcome": OUTCOMES,
    "case_class": CASE_CLASSES,
    "due_source": DUE_SOURCES,
    "event_kind": EVENT_KINDS,
}


def code_of(vocabulary: str, word: str) -> int:
    """The number the mart stores for `word`.

    Raises:
        ValueError: naming the word and the words there are.
    """
    words = VOCABULARIES[vocabulary]
    if word not in words:
        raise ValueError(f"{word!r} is not a {vocabulary}; it may be {', '.join(words)}.")
    return words.index(word)
