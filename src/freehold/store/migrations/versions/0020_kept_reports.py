"""Reports: the key that a file is encrypted with, and how long it is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("reports", sa.Column("sealed_by", sa.Text()))
    op.add_column("reports", sa.Column("keep_days", sa.Integer()))
