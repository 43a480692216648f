"""APIs whose upstream gets the caller's key."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("apis", sa.Column("pass_key", sa.Boolean(), server_default=sa.text("false"), nullable=False))
