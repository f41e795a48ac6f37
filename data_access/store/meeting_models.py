"""The tables of the CitiStat week: meetings, frozen figures, packets, promises made in the room, the departments' word, targets and mail."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, Float, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from data_access.store.models import metadata

meeting_series = Table(
    "meeting_series", metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, comment="what the meeting is called, such as 'Streets and lights'"),
    Column("departments", Text, nullable=False, comment="JSON list of department ids"),
    Column("first_on", Date, nullable=False, comment="the city's day of its first meeting"),
    Column("starts_at", String(5), nullable=False, comment="HH:MM on the city's clock"),
    Column("minutes", Integer, nullable=False, comment="how long it may last; at most 90"),
    Column("every_weeks", Integer, nullable=False, comment="weeks from one meeting to the next"),
    Column("created_by_id", String(80), nullable=False), Column("created_by_name", String(120), nullable=False),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("ended_at", DateTime, comment="beginning of the city's day on which it ended, on the city's clock; null while it goes on"),
)  # fmt: skip

meeting = Table(
    "meeting", metadata,
    Column("id", Integer, primary_key=True),
    Column("series_id", Integer, ForeignKey("meeting_series.id"), nullable=False, index=True),
    Column("held_on", Date, nullable=False, comment="the city's day it is or was planned for"),
    Column("state", String(12), nullable=False, comment="planned, held or cancelled"),
    Column("reason", String(300), nullable=False, comment="why it was cancelled; empty otherwise"),
    Column("as_of", DateTime, comment="UTC; the instant its figures are frozen at; null before that"),
    Column("state_by_name", String(120)), Column("state_at", DateTime, comment="UTC"),
    UniqueConstraint("series_id", "held_on", name="uq_meeting_day"),
)  # fmt: skip

agenda_item = Table(
    "agenda_item", metadata,
    Column("id", Integer, primary_key=True),
    Column("meeting_id", Integer, ForeignKey("meeting.id"), nullable=False, index=True),
    Column("place", Integer, nullable=False, comment="1, 2, ... in the order of the meeting"),
    Column("kind", String(20), nullable=False, comment="data, promises, good_news, city, issue, risk, equity or actions"),
    Column("title", String(160), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("department", String(80), nullable=False, comment="id of the department that answers; empty for all"),
    Column("address", Text, nullable=False, comment="path and query of the page that is shown"),
    Column("note", Text, nullable=False, comment="what was said, typed in the room"),
    Column("removed_at", DateTime, comment="UTC; null while it is on the agenda"),
)  # fmt: skip

freeze = Table(
    "freeze", metadata,
    Column("id", Integer, primary_key=True),
    Column("week", Date, nullable=False, unique=True, comment="first day of the week that was over"),
    Column("as_of", DateTime, nullable=False, comment="UTC; what was known"),
    Column("frozen_at", DateTime, nullable=False, comment="UTC"),
    Column("definitions", String(64), nullable=False, comment="version of all definitions"),
    Column("gate", String(10), nullable=False, comment="green, or red where the data are not fit to be discussed"),
    Column("gate_note", Text, nullable=False, comment="why it is red; empty otherwise"),
)  # fmt: skip

frozen_figure = Table(
    "frozen_figure", metadata,
    Column("freeze_id", Integer, ForeignKey("freeze.id"), primary_key=True),
    Column("metric", String(60), primary_key=True),
    Column("department", String(80), primary_key=True, comment="department id; empty for the city"),
    Column("value", Float, comment="null where there is none"),
    Column("numerator", Float), Column("denominator", Float), Column("n", Float, nullable=False),
    Column("definition_version", Integer, nullable=False),
)  # fmt: skip

packet = Table(
    "packet", metadata,
    Column("id", Integer, primary_key=True),
    Column("meeting_id", Integer, ForeignKey("meeting.id"), nullable=False, index=True),
    Column("department", String(80), nullable=False, comment="department id it is about; empty for all of the meeting"),
    Column("as_of", DateTime, nullable=False, comment="UTC; what was known"),
    Column("drafted_at", DateTime, nullable=False, comment="UTC"), Column("drafted_by_name", String(120), nullable=False),
    UniqueConstraint("meeting_id", "department", name="uq_packet_department"),
)  # fmt: skip

packet_part = Table(
    "packet_part", metadata,
    Column("id", Integer, primary_key=True),
    Column("packet_id", Integer, ForeignKey("packet.id"), nullable=False, index=True),
    Column("place", Integer, nullable=False, comment="1, 2, ... in the order of the packet"),
    Column("kind", String(20), nullable=False, comment="promises, signals, backlog, issue, risk, equity or data"),
    Column("heading", String(160), nullable=False),
    Column("content", Text, nullable=False, comment="JSON: the figures drawn, frozen, and for each sentence the query it was made of"),
    Column("removed_at", DateTime, comment="UTC; null while it is in the packet"),
)  # fmt: skip

packet_text = Table(
    "packet_text", metadata,
    Column("id", Integer, primary_key=True),
    Column("part_id", Integer, ForeignKey("packet_part.id"), nullable=False),
    Column("revision", Integer, nullable=False, comment="0 is the draft; the last one holds, the others are its history"),
    Column("text", Text, nullable=False),
    Column("written_at", DateTime, nullable=False, comment="UTC"),
    Column("written_by_id", String(80), nullable=False), Column("written_by_name", String(120), nullable=False),
    UniqueConstraint("part_id", "revision", name="uq_packet_text_revision"),
)  # fmt: skip

commitment = Table(
    "commitment", metadata,
    Column("id", Integer, primary_key=True),
    Column("meeting_id", Integer, ForeignKey("meeting.id"), index=True, comment="where it was made; null for one made outside a meeting"),
    Column("department", String(80), nullable=False, index=True, comment="id of the department that owes it"),
    Column("deliverable", String(300), nullable=False, comment="what will have been done"),
    Column("owner_name", String(120), nullable=False),
    Column("owner_email", String(200), nullable=False, comment="where reminders go; empty for nowhere"),
    Column("made_on", Date, nullable=False, comment="the city's day from which its effect is looked for"),
    Column("due_on", Date, nullable=False, comment="the city's day; the last one that was agreed"),
    Column("metric", String(60), nullable=False, comment="the figure it should move"),
    Column("filters", Text, nullable=False, comment="canonical query of the cases it is about; empty for all"),
    Column("expected", String(8), nullable=False, comment="higher or lower: which way the figure should go"),
    Column("expected_value", Float, comment="how far, in the metric's unit; null where only the direction is hoped for"),
    Column("state", String(12), nullable=False, comment="open, in_review, kept or dropped"),
    Column("created_by_id", String(80), nullable=False), Column("created_by_name", String(120), nullable=False),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
)  # fmt: skip

commitment_event = Table(
    "commitment_event", metadata,
    Column("id", Integer, primary_key=True),
    Column("commitment_id", Integer, ForeignKey("commitment.id"), nullable=False, index=True),
    Column("kind", String(12), nullable=False, comment="made, moved, note, evidence, returned, kept, dropped or reopened"),
    Column("text", Text, nullable=False, comment="the evidence, the reason, the note"),
    Column("address", Text, nullable=False, comment="path and query of a page that shows it; empty for none"),
    Column("due_before", Date, comment="of `moved`: the day it was due before"),
    Column("due_after", Date, comment="of `made` and `moved`: the day it is due from then on"),
    Column("at", DateTime, nullable=False, comment="UTC"),
    Column("by_id", String(80), nullable=False), Column("by_name", String(120), nullable=False),
)  # fmt: skip

remark = Table(
    "remark", metadata,
    Column("id", Integer, primary_key=True),
    Column("department", String(80), nullable=False, index=True, comment="id of the department whose word it is"),
    Column("metric", String(60), nullable=False),
    Column("filters", Text, nullable=False, comment="canonical query of the cases it is about"),
    Column("week", Date, nullable=False, comment="first day of the week it is about"),
    Column("stance", String(8), nullable=False, comment="explain or dispute"),
    Column("text", String(600), nullable=False),
    Column("written_at", DateTime, nullable=False, comment="UTC"),
    Column("written_by_id", String(80), nullable=False), Column("written_by_name", String(120), nullable=False),
    Column("answer", String(600), nullable=False, comment="what the analyst found, the last one; empty until then"),
    Column("answered_at", DateTime, comment="UTC"), Column("answered_by_name", String(120)),
    Column("withdrawn_at", DateTime, comment="UTC; null while it stands"),
)  # fmt: skip

remark_event = Table(
    "remark_event", metadata,
    Column("remark_id", Integer, ForeignKey("remark.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, comment="1, 2, ... in the order they happened"),
    Column("kind", String(12), nullable=False, comment="written, answered, withdrawn or restored"),
    Column("text", String(600), nullable=False, comment="what was written or found; empty otherwise"),
    Column("at", DateTime, nullable=False, comment="UTC"),
    Column("by_id", String(80), nullable=False), Column("by_name", String(120), nullable=False),
)  # fmt: skip

target = Table(
    "target", metadata,
    Column("id", Integer, primary_key=True),
    Column("metric", String(60), nullable=False),
    Column("department", String(80), nullable=False, comment="department id; empty for the city"),
    Column("request_type", String(80), nullable=False, comment="request type id; empty for all"),
    Column("value", Float, nullable=False, comment="in the metric's unit"),
    Column("valid_from", Date, nullable=False), Column("valid_until", Date, comment="last day; null for good"),
    Column("owner_name", String(120), nullable=False), Column("source", String(300), nullable=False, comment="where it was decided"),
    Column("state", String(10), nullable=False, comment="proposed, approved, refused or withdrawn"),
    Column("reason", String(600), nullable=False, comment="why it was proposed"),
    Column("proposed_by_id", String(80), nullable=False), Column("proposed_by_name", String(120), nullable=False),
    Column("proposed_at", DateTime, nullable=False, comment="UTC"),
    Column("decided_by_id", String(80)), Column("decided_by_name", String(120)), Column("decided_at", DateTime, comment="UTC"),
    Column("decision", String(600), nullable=False, comment="why it was decided so; empty until then"),
)  # fmt: skip

subscription = Table(
    "subscription", metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_id", String(80), nullable=False, index=True, comment="id of the viewer it belongs to; their rights decide what is sent"),
    Column("email", String(200), nullable=False),
    Column("kind", String(12), nullable=False, comment="digest, worklist, signal, threshold or loads"),
    Column("title", String(160), nullable=False, comment="what it is called in the mail"),
    Column("filters", Text, nullable=False, comment="canonical query of the cases it is about; empty for all"),
    Column("metric", String(60), nullable=False, comment="of a signal or threshold: the figure; empty for every headline figure"),
    Column("bound", Float, comment="of a threshold: the value, in the metric's unit"),
    Column("beyond", String(8), nullable=False, comment="of a threshold: higher or lower; empty otherwise"),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("ended_at", DateTime, comment="UTC; null while it goes on"),
)  # fmt: skip

unsubscribe_link = Table(
    "unsubscribe_link", metadata,
    Column("token_hash", String(64), primary_key=True, comment="SHA-256 of what the link in one letter holds"),
    Column("subscription_id", Integer, ForeignKey("subscription.id"), nullable=False),
    Column("made_at", DateTime, nullable=False, comment="UTC"),
)  # fmt: skip

letter = Table(
    "letter", metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True, comment="what it is about and when, so that nothing is sent twice"),
    Column("subscription_id", Integer, ForeignKey("subscription.id"), index=True, comment="null for a reminder"),
    Column("email", String(200), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("text", Text, nullable=False), Column("html", Text, nullable=False),
    Column("rights", String(64), nullable=False, comment="SHA-256 of the scope it was written for; empty for a reminder"),
    Column("made_at", DateTime, nullable=False, comment="UTC"),
    Column("good_until", DateTime, nullable=False, comment="UTC; after that it is old news and not sent"),
    Column("next_try_at", DateTime, nullable=False, comment="UTC"),
    Column("claimed_at", DateTime, comment="UTC; since when a process is sending it; null when none is"),
    Column("sent_at", DateTime, comment="UTC; null until a server took it"),
    Column("tries", Integer, nullable=False),
    Column("given_up", Boolean, nullable=False, comment="whether no more is tried"),
    Column("error", String(300), nullable=False, comment="why it was not sent; empty otherwise"),
)  # fmt: skip
