"""Which attempt at a report got further than those before it: they go on with its draft."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("reports", sa.Column("advanced_by", sa.Integer(), server_default="0", nullable=False))
