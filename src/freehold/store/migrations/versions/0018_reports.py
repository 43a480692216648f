"""Reports: what was asked for, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_UNFINISHED = sa.text("state IN ('queued', 'running')")
_READY = sa.text("state = 'ready'")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until_at", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cancel", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("manifest", sa.Text()),
        sa.Column("restates", sa.Text()),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'ready', 'failed', 'expired')", name=op.f("ck_reports_state")
        ),
        sa.CheckConstraint(
            "(state IN ('ready', 'failed', 'expired')) = (finished_at IS NOT NULL)", name=op.f("ck_reports_finished_at")
        ),
        sa.CheckConstraint(
            "state != 'ready' OR (sha256 IS NOT NULL AND rows IS NOT NULL AND bytes IS NOT NULL)",
            name=op.f("ck_reports_ready"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_reports_organization_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "organization_id"], ["projects.id", "projects.organization_id"],
            name=op.f("fk_reports_project_id_organization_id"),
        ),
        sa.ForeignKeyConstraint(["restates"], ["reports.id"], name=op.f("fk_reports_restates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )  # fmt: skip
    op.create_index("ix_reports_project", "reports", ["project_id", "id"])
    op.create_index("ix_reports_organization", "reports", ["organization_id", "id"])
    op.create_index(
        "ix_reports_unfinished", "reports", ["due_at"], sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED
    )
    op.create_index("ix_reports_expires_at", "reports", ["expires_at"], sqlite_where=_READY, postgresql_where=_READY)
