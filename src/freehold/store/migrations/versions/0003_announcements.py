"""Announcements for webhooks, and the indexes that find what time ends: overlaps of secrets, and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_announcements_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.add_column("keys", sa.Column("announced_expiry_at", sa.BigInteger()))
    for name, table, column, condition in (
        ("ix_keys_expires_at", "keys", "expires_at", "state = 'active' AND expires_at IS NOT NULL"),
        ("ix_key_secrets_retiring", "key_secrets", "retires_at", "state = 'retiring'"),
    ):
        op.create_index(name, table, [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
