"""Replays of deliveries as jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_UNFINISHED = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("attempts_before", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "replays",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("webhook_endpoint_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("total", sa.BigInteger()),
        sa.Column("replayed", sa.BigInteger(), nullable=False),
        sa.Column("passed_at", sa.BigInteger()),
        sa.Column("passed_id", sa.Text()),
        sa.Column("turn_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.CheckConstraint("kind IN ('delivery', 'filter', 'recovery')", name=op.f("ck_replays_kind")),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'canceled')", name=op.f("ck_replays_state")),
        sa.CheckConstraint(
            "(state IN ('done', 'canceled')) = (finished_at IS NOT NULL)", name=op.f("ck_replays_finished_at")
        ),
        sa.CheckConstraint("(passed_at IS NULL) = (passed_id IS NULL)", name=op.f("ck_replays_passed")),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id", "project_id"],
            ["webhook_endpoints.id", "webhook_endpoints.project_id"],
            name=op.f("fk_replays_webhook_endpoint_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_replays_id_project_id")),
    )
    op.create_index(
        "uq_replays_unfinished",
        "replays",
        ["webhook_endpoint_id"],
        unique=True,
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
    op.create_index("ix_replays_endpoint", "replays", ["webhook_endpoint_id", "created_at"])
    op.create_table(
        "replayed_deliveries",
        sa.Column("replay_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("after_attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_replayed_deliveries_delivery_id")),
        sa.ForeignKeyConstraint(
            ["replay_id", "project_id"],
            ["replays.id", "replays.project_id"],
            name=op.f("fk_replayed_deliveries_replay_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("replay_id", "delivery_id", name=op.f("pk_replayed_deliveries")),
    )
    op.create_index("ix_replayed_deliveries_delivery", "replayed_deliveries", ["delivery_id"])
