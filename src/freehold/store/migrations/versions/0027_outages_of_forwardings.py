"""When people were told that a forwarding's receiver takes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("forwardings", sa.Column("told_at", sa.BigInteger(), nullable=True))
