"""Which attempt a load was, and how many ids it compared."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("load_run", sa.Column("ids_compared", sa.BigInteger))
    op.add_column("load_run", sa.Column("attempt", sa.Integer))


def downgrade() -> None:
    op.drop_column("load_run", "attempt")
    op.drop_column("load_run", "ids_compared")
