"""What fields, kinds and meanings of a mapping are called on screen."""

from __future__ import annotations

from data_access import vocabulary

FIELDS = {
    "source_id": "Case number", "opened_at": "Opened", "closed_at": "Closed", "due_at": "Due", "status": "Status", "request_type": "Request type",
    "department": "Department", "channel": "Channel", "latitude": "Latitude", "longitude": "Longitude", "source_updated_at": "Last change", "request_group": "Group of the type",
    "queue": "Queue or team", "outcome": "Outcome", "priority": "Priority", "address": "Address", "is_duplicate": "Is a duplicate", "parent_source_id": "Repeats case",
    "acknowledged_at": "Acknowledged", "inspected_at": "Inspected", "status_at": "Status set at", "satisfaction": "Satisfaction (1 to 5)",
}  # fmt: skip
"""Fields that can be chosen on screen, in the order they stand there."""
TABLES = {"status": "Status", "channel": "Channel", "outcome": "Outcome"}
KINDS = {"time": "time", "number": "number", "word": "words", "text": "text", "point": "point", "empty": "always empty"}
COMPOUND = {
    "status": ("status=closed outcome=duplicate", "status=open outcome=duplicate", "status=closed outcome=referred", "status=closed outcome=not_actionable", "status=cancelled outcome=cancelled"),
    "channel": ("channel=staff initiated_by=staff", "channel=other initiated_by=system"),
    "outcome": (),
}  # fmt: skip
VOCABULARIES = {"status": vocabulary.STATUSES, "channel": vocabulary.CHANNELS, "outcome": vocabulary.OUTCOMES}
NONE = "(none)"
"""What a control says where nothing is chosen: an empty value would show nothing."""
NOT_MAPPED = "Not mapped (loaded as unknown)"
LABELS = {"initiated_by": "begun by", "outcome": "outcome", "case_class": "class", "channel": "channel", "status": "status"}


def meanings(table: str, now: str = "") -> list[dict[str, str]]:
    """The choices for a word of `table`; what it means now is among them, however it is composed."""
    plain = [f"{table}={word}" for word in VOCABULARIES[table]]
    wanted = dict.fromkeys([*plain, *COMPOUND[table], *([now] if now else [])])
    return [{"value": NONE, "label": NOT_MAPPED}, *({"value": text, "label": said(table, text)} for text in wanted)]


def said(table: str, meaning: str) -> str:
    """A meaning in words: "closed, outcome duplicate"."""
    parts = [part.partition("=") for part in meaning.split()]
    plain = [value.replace("_", " ") for name, _, value in parts if name == table]
    others = [f"{LABELS.get(name, name)} {value.replace('_', ' ')}" for name, _, value in parts if name != table]
    return ", ".join([*plain, *others]).capitalize()
