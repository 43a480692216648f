"""Gaps: decisions that were answered without a record."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "usage_gaps",
        sa.Column("journal_id", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("decisions", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("decisions > 0", name=op.f("ck_usage_gaps_decisions")),
        sa.PrimaryKeyConstraint("journal_id", "slot", name=op.f("pk_usage_gaps")),
    )
    op.create_index("ix_usage_gaps_project_id", "usage_gaps", ["project_id", "last_at"])
