"""Mails as HTML beside their text."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("mails", sa.Column("html", sa.Text()))
