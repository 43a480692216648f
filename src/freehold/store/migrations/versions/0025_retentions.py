"""For how many days what is kept, where an operator has set it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "retentions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 36600", name=op.f("ck_retentions_days")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retentions")),
    )
