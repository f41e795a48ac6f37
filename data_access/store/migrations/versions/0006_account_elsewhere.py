"""Districts of accounts, and people who sign in elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("districts", sa.Text, nullable=False, server_default="[]"))
    op.add_column("account", sa.Column("issuer", sa.String(300)))
    op.add_column("account", sa.Column("subject", sa.String(255)))
    op.create_index("uq_account_elsewhere", "account", ["issuer", "subject"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_account_elsewhere", "account")
    for name in ("subject", "issuer", "districts"):
        op.drop_column("account", name)
