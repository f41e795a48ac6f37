"""Keep the CitiStat week: meetings, frozen figures, packets, commitments, remarks, targets and mail."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting_series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("departments", sa.Text, nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("starts_at", sa.String(5), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("every_weeks", sa.Integer, nullable=False),
        sa.Column("created_by_id", sa.String(80), nullable=False),
        sa.Column("created_by_name", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
    )
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("series_id", sa.Integer, sa.ForeignKey("meeting_series.id"), nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("as_of", sa.DateTime),
        sa.Column("state_by_name", sa.String(120)),
        sa.Column("state_at", sa.DateTime),
        sa.UniqueConstraint("series_id", "held_on", name="uq_meeting_day"),
    )
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("removed_at", sa.DateTime),
    )
    op.create_table(
        "freeze",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("week", sa.Date, nullable=False, unique=True),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("frozen_at", sa.DateTime, nullable=False),
        sa.Column("definitions", sa.String(64), nullable=False),
        sa.Column("gate", sa.String(10), nullable=False),
        sa.Column("gate_note", sa.Text, nullable=False),
    )
    op.create_table(
        "frozen_figure",
        sa.Column("freeze_id", sa.Integer, sa.ForeignKey("freeze.id"), primary_key=True),
        sa.Column("metric", sa.String(60), primary_key=True),
        sa.Column("department", sa.String(80), primary_key=True),
        sa.Column("value", sa.Float),
        sa.Column("numerator", sa.Float),
        sa.Column("denominator", sa.Float),
        sa.Column("n", sa.Float, nullable=False),
        sa.Column("definition_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "packet",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id"), nullable=False),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("drafted_at", sa.DateTime, nullable=False),
        sa.Column("drafted_by_name", sa.String(120), nullable=False),
        sa.UniqueConstraint("meeting_id", "department", name="uq_packet_department"),
    )
    op.create_table(
        "packet_part",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("packet_id", sa.Integer, sa.ForeignKey("packet.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("heading", sa.String(160), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("removed_at", sa.DateTime),
    )
    op.create_table(
        "packet_text",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("part_id", sa.Integer, sa.ForeignKey("packet_part.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
        sa.Column("written_by_id", sa.String(80), nullable=False),
        sa.Column("written_by_name", sa.String(120), nullable=False),
        sa.UniqueConstraint("part_id", "revision", name="uq_packet_text_revision"),
    )
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("meeting_id", sa.Integer, sa.ForeignKey("meeting.id")),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("deliverable", sa.String(300), nullable=False),
        sa.Column("owner_name", sa.String(120), nullable=False),
        sa.Column("owner_email", sa.String(200), nullable=False),
        sa.Column("made_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("expected", sa.String(8), nullable=False),
        sa.Column("expected_value", sa.Float),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created_by_id", sa.String(80), nullable=False),
        sa.Column("created_by_name", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "commitment_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("commitment_id", sa.Integer, sa.ForeignKey("commitment.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("due_before", sa.Date),
        sa.Column("due_after", sa.Date),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by_id", sa.String(80), nullable=False),
        sa.Column("by_name", sa.String(120), nullable=False),
    )
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("stance", sa.String(8), nullable=False),
        sa.Column("text", sa.String(600), nullable=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
        sa.Column("written_by_id", sa.String(80), nullable=False),
        sa.Column("written_by_name", sa.String(120), nullable=False),
        sa.Column("answer", sa.String(600), nullable=False),
        sa.Column("answered_at", sa.DateTime),
        sa.Column("answered_by_name", sa.String(120)),
        sa.Column("withdrawn_at", sa.DateTime),
    )
    op.create_table(
        "target",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("request_type", sa.String(80), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("owner_name", sa.String(120), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(600), nullable=False),
        sa.Column("proposed_by_id", sa.String(80), nullable=False),
        sa.Column("proposed_by_name", sa.String(120), nullable=False),
        sa.Column("proposed_at", sa.DateTime, nullable=False),
        sa.Column("decided_by_id", sa.String(80)),
        sa.Column("decided_by_name", sa.String(120)),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("decision", sa.String(600), nullable=False),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.String(80), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("bound", sa.Float),
        sa.Column("beyond", sa.String(8), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
    )
    op.create_table(
        "unsubscribe_link",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("subscription_id", sa.Integer, sa.ForeignKey("subscription.id"), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("subscription_id", sa.Integer, sa.ForeignKey("subscription.id")),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("rights", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("good_until", sa.DateTime, nullable=False),
        sa.Column("next_try_at", sa.DateTime, nullable=False),
        sa.Column("claimed_at", sa.DateTime),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("given_up", sa.Boolean, nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
    )
    op.create_index("ix_meeting_series_id", "meeting", ["series_id"])
    op.create_index("ix_agenda_item_meeting_id", "agenda_item", ["meeting_id"])
    op.create_index("ix_packet_meeting_id", "packet", ["meeting_id"])
    op.create_index("ix_packet_part_packet_id", "packet_part", ["packet_id"])
    op.create_index("ix_commitment_meeting_id", "commitment", ["meeting_id"])
    op.create_index("ix_commitment_department", "commitment", ["department"])
    op.create_index("ix_commitment_event_commitment_id", "commitment_event", ["commitment_id"])
    op.create_index("ix_remark_department", "remark", ["department"])
    op.create_index("ix_subscription_owner_id", "subscription", ["owner_id"])
    op.create_index("ix_letter_subscription_id", "letter", ["subscription_id"])


def downgrade() -> None:
    for name in (
        "letter",
        "unsubscribe_link",
        "subscription",
        "target",
        "remark",
        "commitment_event",
        "commitment",
        "packet_text",
        "packet_part",
        "packet",
        "frozen_figure",
        "freeze",
        "agenda_item",
        "meeting",
        "meeting_series",
    ):
        op.drop_table(name)
