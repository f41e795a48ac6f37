"""Keep samples of closed cases that crews go and look at, and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_sample",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("per_department", sa.Integer, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date, nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("drawn_at", sa.DateTime, nullable=False),
        sa.Column("drawn_by", sa.String(80), nullable=False),
        sa.Column("drawn_by_name", sa.String(120), nullable=False),
    )
    op.create_table(
        "audit_stratum",
        sa.Column("sample_id", sa.Integer, sa.ForeignKey("audit_sample.id"), primary_key=True),
        sa.Column("stratum", sa.String(80), primary_key=True),
        sa.Column("closed_cases", sa.Integer, nullable=False),
    )
    op.create_table(
        "audit_case",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sample_id", sa.Integer, sa.ForeignKey("audit_sample.id"), nullable=False, index=True),
        sa.Column("stratum", sa.String(80), nullable=False),
        sa.Column("department", sa.String(80), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("programme", sa.String(80), nullable=False),
        sa.Column("source_id", sa.String(200), nullable=False),
        sa.Column("request_type", sa.String(200), nullable=False),
        sa.Column("closed_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("programme", "source_id", "closed_at", name="uq_audit_case_closing"),
    )
    op.create_table(
        "audit_finding",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("audit_case.id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("found", sa.String(12), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_by_name", sa.String(120), nullable=False),
        sa.UniqueConstraint("case_id", "revision", name="uq_audit_finding_revision"),
    )


def downgrade() -> None:
    for table in ("audit_finding", "audit_case", "audit_stratum", "audit_sample"):
        op.drop_table(table)
