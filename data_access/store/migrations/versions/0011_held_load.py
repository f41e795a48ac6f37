"""Loads that wait for a person, and how many earlier cases a load changed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("load_run", sa.Column("rows_restated", sa.BigInteger))
    op.create_table(
        "held_load",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("edition", sa.String(40), nullable=False, unique=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("built_at", sa.DateTime, nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("fingerprint", sa.String(300), nullable=False),
        sa.Column("remarks", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("decided_by_id", sa.String(80)),
        sa.Column("decided_by_name", sa.String(120)),
        sa.Column("because", sa.String(400)),
    )


def downgrade() -> None:
    op.drop_table("held_load")
    op.drop_column("load_run", "rows_restated")
