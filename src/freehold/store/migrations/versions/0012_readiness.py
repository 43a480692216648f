"""Readiness: policies, own checks, attestations, HTTP checks' calls and results, acceptances, and how each check stands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "readiness_own_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("role", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.CheckConstraint(
            "(kind = 'attestation' AND role IS NOT NULL AND url IS NULL) OR (kind = 'http' AND url IS NOT NULL AND role IS NULL)",
            name=op.f("ck_readiness_own_checks_kind"),
        ),
        sa.CheckConstraint(
            "role IS NULL OR role IN ('owner', 'admin', 'developer', 'billing', 'auditor', 'operator')",
            name=op.f("ck_readiness_own_checks_role"),
        ),
        sa.CheckConstraint("valid_days BETWEEN 1 AND 365", name=op.f("ck_readiness_own_checks_valid_days")),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_readiness_own_checks_api_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_own_checks")),
        sa.UniqueConstraint("id", "api_id", name=op.f("uq_readiness_own_checks_id_api_id")),
    )
    op.create_index(
        "uq_readiness_own_checks_code",
        "readiness_own_checks",
        ["api_id", "code"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "readiness_policies",
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Text(), nullable=False),
        sa.Column("exercise_days", sa.Integer(), nullable=False),
        sa.Column("lookup_days", sa.Integer(), nullable=False),
        sa.Column("denial_days", sa.Integer(), nullable=False),
        sa.Column("delivery_days", sa.Integer(), nullable=False),
        sa.Column("alert_days", sa.Integer(), nullable=False),
        sa.Column("failure_days", sa.Integer(), nullable=False),
        sa.Column("failure_rate_max", sa.Float(), nullable=False),
        sa.Column("unused_days", sa.Integer(), nullable=False),
        sa.Column("rotation_days", sa.Integer(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("approval_days", sa.Integer(), nullable=False),
        sa.Column("promotion_needs_approval", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("alert_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_alert_days")),
        sa.CheckConstraint("approval_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_approval_days")),
        sa.CheckConstraint("delivery_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_delivery_days")),
        sa.CheckConstraint("denial_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_denial_days")),
        sa.CheckConstraint("exercise_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_exercise_days")),
        sa.CheckConstraint("failure_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_failure_days")),
        sa.CheckConstraint("failure_rate_max BETWEEN 0 AND 100", name=op.f("ck_readiness_policies_failure_rate_max")),
        sa.CheckConstraint("lookup_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_lookup_days")),
        sa.CheckConstraint("rotation_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_rotation_days")),
        sa.CheckConstraint("unused_days BETWEEN 1 AND 365", name=op.f("ck_readiness_policies_unused_days")),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_readiness_policies_api_id")),
        sa.PrimaryKeyConstraint("api_id", name=op.f("pk_readiness_policies")),
    )
    op.create_table(
        "readiness_attestations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'developer', 'billing', 'auditor', 'operator')",
            name=op.f("ck_readiness_attestations_role"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_readiness_attestations_withdrawn")
        ),
        sa.CheckConstraint("expires_at > at", name=op.f("ck_readiness_attestations_expires_at")),
        sa.ForeignKeyConstraint(
            ["check_id", "api_id"],
            ["readiness_own_checks.id", "readiness_own_checks.api_id"],
            name=op.f("fk_readiness_attestations_check_id_api_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "api_id"],
            ["projects.id", "projects.api_id"],
            name=op.f("fk_readiness_attestations_project_id_api_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_readiness_attestations_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_attestations")),
    )
    op.create_index(
        "ix_readiness_attestations_project", "readiness_attestations", ["project_id", "check_id", "at"], unique=False
    )
    op.create_table(
        "readiness_calls",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["check_id", "api_id"],
            ["readiness_own_checks.id", "readiness_own_checks.api_id"],
            name=op.f("fk_readiness_calls_check_id_api_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "api_id"],
            ["projects.id", "projects.api_id"],
            name=op.f("fk_readiness_calls_project_id_api_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "check_id", name=op.f("pk_readiness_calls")),
    )
    op.create_index("ix_readiness_calls_asked_at", "readiness_calls", ["asked_at"], unique=False)
    op.create_table(
        "readiness_http_results",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("facts_sha256", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.ForeignKeyConstraint(
            ["check_id", "api_id"],
            ["readiness_own_checks.id", "readiness_own_checks.api_id"],
            name=op.f("fk_readiness_http_results_check_id_api_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "api_id"],
            ["projects.id", "projects.api_id"],
            name=op.f("fk_readiness_http_results_project_id_api_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_http_results")),
    )
    op.create_index(
        "ix_readiness_http_results_project", "readiness_http_results", ["project_id", "check_id", "at"], unique=False
    )
    op.create_table(
        "readiness_results",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('passed', 'failed', 'waiting', 'not_applicable')", name=op.f("ck_readiness_results_state")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_readiness_results_project_id")),
        sa.PrimaryKeyConstraint("project_id", "code", name=op.f("pk_readiness_results")),
    )
    op.create_table(
        "readiness_acceptances",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.CheckConstraint(
            "finding IN ('rotation_overdue', 'unused', 'never_expires')", name=op.f("ck_readiness_acceptances_finding")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name=op.f("ck_readiness_acceptances_withdrawn")
        ),
        sa.CheckConstraint("expires_at > at", name=op.f("ck_readiness_acceptances_expires_at")),
        sa.ForeignKeyConstraint(
            ["key_id", "project_id"],
            ["keys.id", "keys.project_id"],
            name=op.f("fk_readiness_acceptances_key_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readiness_acceptances")),
    )
    op.create_index(
        "ix_readiness_acceptances_project", "readiness_acceptances", ["project_id", "expires_at"], unique=False
    )
    op.create_index(
        "uq_readiness_acceptances_standing",
        "readiness_acceptances",
        ["key_id", "finding"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
