"""What a provider gave with a sign-in, and when it was last asked about the person."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("checked_at", sa.DateTime))
    op.add_column("sign_in", sa.Column("tried_at", sa.DateTime))
    op.add_column("sign_in", sa.Column("kept", sa.Text))


def downgrade() -> None:
    for name in ("kept", "tried_at", "checked_at"):
        op.drop_column("sign_in", name)
