"""Webhook checks with their probes, the sandbox clock's moves, and hosted inboxes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_PROBE = "probe IN ('signed', 'forged', 'stale', 'repeated')"


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("probe", sa.Text(), sa.CheckConstraint(_PROBE, name=op.f("ck_deliveries_probe")))
    )
    _make_checks()
    _make_advances()
    _make_inboxes()


def _make_checks() -> None:
    op.create_table(
        "webhook_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("webhook_endpoint_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_version", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_by_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.CheckConstraint(
            "state IN ('running', 'passed', 'failed', 'unclear', 'interrupted')", name=op.f("ck_webhook_checks_state")
        ),
        sa.CheckConstraint("(state = 'running') = (finished_at IS NULL)", name=op.f("ck_webhook_checks_finished_at")),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id", "project_id"],
            ["webhook_endpoints.id", "webhook_endpoints.project_id"],
            name=op.f("fk_webhook_checks_webhook_endpoint_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_checks")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_webhook_checks_id_project_id")),
    )
    op.create_index("ix_webhook_checks_endpoint", "webhook_checks", ["webhook_endpoint_id", "started_at"])
    op.create_index(
        "uq_webhook_checks_running", "webhook_checks", ["webhook_endpoint_id"], unique=True,
        sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"),
    )  # fmt: skip
    op.create_table(
        "webhook_probes",
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("probe", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(_PROBE, name=op.f("ck_webhook_probes_probe")),
        sa.ForeignKeyConstraint(["check_id"], ["webhook_checks.id"], name=op.f("fk_webhook_probes_check_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_webhook_probes_delivery_id")),
        sa.PrimaryKeyConstraint("check_id", "probe", name=op.f("pk_webhook_probes")),
    )


def _make_advances() -> None:
    op.create_table(
        "webhook_advances",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("webhook_endpoint_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("by_ms", sa.BigInteger(), nullable=False),
        sa.Column("advanced_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("environment = 'sandbox'", name=op.f("ck_webhook_advances_environment")),
        sa.CheckConstraint("by_ms > 0", name=op.f("ck_webhook_advances_by_ms")),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id", "project_id"],
            ["webhook_endpoints.id", "webhook_endpoints.project_id"],
            name=op.f("fk_webhook_advances_webhook_endpoint_id_project_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_webhook_advances_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_advances")),
    )
    op.create_index("ix_webhook_advances_endpoint", "webhook_advances", ["webhook_endpoint_id", "at"])


def _make_inboxes() -> None:
    op.create_table(
        "webhook_inboxes",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("retry_after_s", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("environment = 'sandbox'", name=op.f("ck_webhook_inboxes_environment")),
        sa.CheckConstraint(
            "answer IN ('verify', 'accept', '500', '410', '429', 'slow', 'endless')",
            name=op.f("ck_webhook_inboxes_answer"),
        ),
        sa.CheckConstraint("retry_after_s BETWEEN 0 AND 86400", name=op.f("ck_webhook_inboxes_retry_after_s")),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_webhook_inboxes_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_webhook_inboxes")),
        sa.UniqueConstraint("address", name=op.f("uq_webhook_inboxes_address")),
    )
    op.create_table(
        "inbox_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("message_id", sa.Text()),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.CheckConstraint("verdict IN ('verified', 'repeated', 'refused')", name=op.f("ck_inbox_requests_verdict")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["webhook_inboxes.project_id"], name=op.f("fk_inbox_requests_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_requests")),
    )
    op.create_index("ix_inbox_requests_project_id", "inbox_requests", ["project_id", "id"])
