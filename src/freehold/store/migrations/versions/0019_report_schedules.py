"""Report schedules, whom they tell, and which report came of which run."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_THERE = sa.text("deleted_at IS NULL")
_UNTOLD = sa.text("told_at IS NULL")
_RUNS = sa.text("state = 'active' AND deleted_at IS NULL")


def upgrade() -> None:
    op.create_index("uq_reports_id_organization_id", "reports", ["id", "organization_id"], unique=True)
    op.create_index("uq_reports_id_project_id", "reports", ["id", "project_id"], unique=True)
    _schedules()
    _recipients()
    _runs()


def _schedules() -> None:
    op.create_table(
        "report_schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("period", sa.Text()),
        sa.Column("owner_user_id", sa.Text()),
        sa.Column("owner_token_id", sa.Text()),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("next_at", sa.BigInteger()),
        sa.Column("last_at", sa.BigInteger()),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.CheckConstraint("(state = 'active') = (next_at IS NOT NULL)", name=op.f("ck_report_schedules_next_at")),
        sa.CheckConstraint("(state = 'stopped') = (reason IS NOT NULL)", name=op.f("ck_report_schedules_reason")),
        sa.CheckConstraint(
            "period IS NULL OR period IN ('day', 'week', 'month')", name=op.f("ck_report_schedules_period")
        ),
        sa.CheckConstraint("state IN ('active', 'paused', 'stopped')", name=op.f("ck_report_schedules_state")),
        sa.CheckConstraint("owner_user_id IS NULL OR owner_token_id IS NULL", name=op.f("ck_report_schedules_owner")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_report_schedules_organization_id")
        ),
        sa.ForeignKeyConstraint(["owner_token_id"], ["tokens.id"], name=op.f("fk_report_schedules_owner_token_id")),
        sa.ForeignKeyConstraint(["owner_user_id"], ["users.id"], name=op.f("fk_report_schedules_owner_user_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "organization_id"],
            ["projects.id", "projects.organization_id"],
            name=op.f("fk_report_schedules_project_id_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedules")),
        sa.UniqueConstraint("id", "organization_id", name=op.f("uq_report_schedules_id_organization_id")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_report_schedules_id_project_id")),
    )
    op.create_index(
        "ix_report_schedules_next_at", "report_schedules", ["next_at"], sqlite_where=_RUNS, postgresql_where=_RUNS
    )
    op.create_index("ix_report_schedules_organization", "report_schedules", ["organization_id", "id"])
    op.create_index(
        "uq_report_schedules_slot",
        "report_schedules",
        ["project_id", "slot"],
        unique=True,
        sqlite_where=_THERE,
        postgresql_where=_THERE,
    )


def _recipients() -> None:
    op.create_table(
        "report_recipients",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_report_recipients_report_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_report_recipients_user_id")),
        sa.PrimaryKeyConstraint("report_id", "user_id", name=op.f("pk_report_recipients")),
    )
    op.create_index(
        "ix_report_recipients_untold", "report_recipients", ["report_id"],
        sqlite_where=_UNTOLD, postgresql_where=_UNTOLD,
    )  # fmt: skip
    op.create_table(
        "report_schedule_recipients",
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["members.organization_id", "members.user_id"],
            name=op.f("fk_report_schedule_recipients_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id", "organization_id"],
            ["report_schedules.id", "report_schedules.organization_id"],
            name=op.f("fk_report_schedule_recipients_schedule_id_organization_id"),
        ),
        sa.PrimaryKeyConstraint("schedule_id", "user_id", name=op.f("pk_report_schedule_recipients")),
    )
    op.create_index(
        "ix_report_schedule_recipients_member", "report_schedule_recipients", ["organization_id", "user_id"]
    )


def _runs() -> None:
    op.create_table(
        "report_schedule_runs",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.CheckConstraint("missed >= 0", name=op.f("ck_report_schedule_runs_missed")),
        sa.ForeignKeyConstraint(
            ["report_id", "organization_id"],
            ["reports.id", "reports.organization_id"],
            name=op.f("fk_report_schedule_runs_report_id_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id", "project_id"],
            ["reports.id", "reports.project_id"],
            name=op.f("fk_report_schedule_runs_report_id_project_id"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id", "organization_id"],
            ["report_schedules.id", "report_schedules.organization_id"],
            name=op.f("fk_report_schedule_runs_schedule_id_organization_id"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id", "project_id"],
            ["report_schedules.id", "report_schedules.project_id"],
            name=op.f("fk_report_schedule_runs_schedule_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_schedule_runs")),
        sa.UniqueConstraint("schedule_id", "due_at", name=op.f("uq_report_schedule_runs_schedule_id_due_at")),
    )
    op.create_index("ix_report_schedule_runs_schedule", "report_schedule_runs", ["schedule_id", "report_id"])
