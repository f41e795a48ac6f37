"""Keep everything that happened to a remark."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remark_event",
        sa.Column("remark_id", sa.Integer, sa.ForeignKey("remark.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("text", sa.String(600), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by_id", sa.String(80), nullable=False),
        sa.Column("by_name", sa.String(120), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("remark_event")
