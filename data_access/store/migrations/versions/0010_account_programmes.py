"""Programmes of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("programmes", sa.Text, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("account", "programmes")
