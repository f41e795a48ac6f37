"""Remember every load."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTS = ("rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_quarantined", "rows_deleted")


def upgrade() -> None:
    op.create_table(
        "load_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source_name", sa.String(60), nullable=False, index=True),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        *[sa.Column(name, sa.BigInteger) for name in COUNTS],
        sa.Column("watermark", sa.String(40)),
        sa.Column("generation", sa.Integer),
        sa.Column("error", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("load_run")
