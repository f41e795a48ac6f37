"""Keep notes at the time axis."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annotation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("filters", sa.Text, nullable=False),
        sa.Column("rebases", sa.Boolean, nullable=False),
        sa.Column("created_by_id", sa.String(80), nullable=False),
        sa.Column("created_by_name", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime),
        sa.Column("withdrawn_by_name", sa.String(120)),
    )


def downgrade() -> None:
    op.drop_table("annotation")
