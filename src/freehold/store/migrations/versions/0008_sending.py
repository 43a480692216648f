"""How webhook endpoints fare, order and pace of what they receive, and mails."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_PENDING = "state = 'pending'"


def upgrade() -> None:
    for column in (
        sa.Column("paced_at", sa.BigInteger()),
        sa.Column("fifo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("places", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("v1a", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since_at", sa.BigInteger()),
        sa.Column("held_until_at", sa.BigInteger()),
    ):
        op.add_column("webhook_endpoints", column)
    op.add_column("deliveries", sa.Column("place", sa.BigInteger()))
    op.create_table(
        "mails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("leased_until_at", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_mails_state")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_mails_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_finished_at", "mails", ["finished_at"])
    op.create_index("ix_mails_organization_id", "mails", ["organization_id", "id"])
    for name, table, columns, condition in (
        ("ix_mails_due", "mails", ["due_at"], _PENDING),
        ("ix_deliveries_waiting", "deliveries", ["webhook_endpoint_id", "due_at"], _PENDING),
        ("ix_deliveries_line", "deliveries", ["webhook_endpoint_id", "place"], f"{_PENDING} AND place IS NOT NULL"),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
