"""Alerts: rules, firings, chat channels, and what was told to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "alert_defaults",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_alert_defaults")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_alert_defaults_project_id")),
    )
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("thresholds", sa.Text(), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("period", sa.Text()),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("window_s", sa.Integer()),
        sa.Column("minimum_count", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("owner_organization_id", sa.Text()),
        sa.Column("next_action", sa.Text(), nullable=False),
        sa.Column("notify", sa.Text(), nullable=False),
        sa.Column("muted_until_at", sa.BigInteger()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("evaluated_at", sa.BigInteger()),
        sa.CheckConstraint("period IS NULL OR window_s IS NULL", name=op.f("ck_alert_rules_span")),
        sa.CheckConstraint("(owner_id IS NULL) = (owner_organization_id IS NULL)", name=op.f("ck_alert_rules_owner")),
        sa.CheckConstraint("window_s IS NULL OR window_s > 0", name=op.f("ck_alert_rules_window_s")),
        sa.CheckConstraint("period IS NULL OR period IN ('hour', 'day', 'month')", name=op.f("ck_alert_rules_period")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_alert_rules_id_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
        sa.ForeignKeyConstraint(
            ["project_id", "owner_organization_id"],
            ["projects.id", "projects.organization_id"],
            name=op.f("fk_alert_rules_project_id_owner_organization_id"),
        ),
        sa.CheckConstraint("comparison IN ('above', 'below')", name=op.f("ck_alert_rules_comparison")),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alert_rules_severity")),
        sa.ForeignKeyConstraint(
            ["owner_organization_id", "owner_id"],
            ["members.organization_id", "members.user_id"],
            name=op.f("fk_alert_rules_owner_organization_id_owner_id"),
            ondelete="SET NULL",
        ),
        sa.CheckConstraint("minimum_count >= 0", name=op.f("ck_alert_rules_minimum_count")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_alert_rules_project_id")),
    )
    op.create_index("ix_alert_rules_project_id", "alert_rules", ["project_id"])
    op.create_index("ix_alert_rules_owner", "alert_rules", ["owner_organization_id", "owner_id"])
    op.create_index(
        "ix_alert_rules_due_at",
        "alert_rules",
        ["due_at"],
        sqlite_where=sa.text("deleted_at IS NULL AND enabled"),
        postgresql_where=sa.text("deleted_at IS NULL AND enabled"),
    )
    op.create_index("ix_alert_rules_evaluated_at", "alert_rules", ["evaluated_at"])
    op.create_table(
        "alert_firings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("period_at", sa.BigInteger(), nullable=False),
        sa.Column("period_ends_at", sa.BigInteger()),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("peak", sa.Float(), nullable=False),
        sa.Column("peak_at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("resolved_value", sa.Float()),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("acknowledged_by", sa.Text()),
        sa.UniqueConstraint(
            "rule_id",
            "threshold",
            "subject_id",
            "period_at",
            name=op.f("uq_alert_firings_rule_id_threshold_subject_id_period_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_firings")),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alert_firings_severity")),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["users.id"], name=op.f("fk_alert_firings_acknowledged_by")),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_alert_firings_acknowledged")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id", "project_id"],
            ["alert_rules.id", "alert_rules.project_id"],
            name=op.f("fk_alert_firings_rule_id_project_id"),
        ),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_alert_firings_id_project_id")),
    )
    op.create_index("ix_alert_firings_rule", "alert_firings", ["rule_id", "opened_at", "id"])
    op.create_index("ix_alert_firings_project", "alert_firings", ["project_id", "opened_at", "id"])
    op.create_index(
        "ix_alert_firings_open",
        "alert_firings",
        ["project_id", "rule_id"],
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "alert_channels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_url", sa.LargeBinary(), nullable=False),
        sa.Column("shown_url", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_alert_channels_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_channels")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_alert_channels_id_project_id")),
        sa.CheckConstraint("kind IN ('slack', 'generic')", name=op.f("ck_alert_channels_kind")),
    )
    op.create_index("ix_alert_channels_project_id", "alert_channels", ["project_id"])
    op.create_table(
        "alert_notifications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("firing_id", sa.Text()),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("handed_over_id", sa.Text()),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("leased_until_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_notifications")),
        sa.CheckConstraint("event IN ('opened', 'resolved', 'test')", name=op.f("ck_alert_notifications_event")),
        sa.ForeignKeyConstraint(
            ["rule_id", "project_id"],
            ["alert_rules.id", "alert_rules.project_id"],
            name=op.f("fk_alert_notifications_rule_id_project_id"),
        ),
        sa.CheckConstraint(
            "state IN ('handed_over', 'pending', 'delivered', 'failed')", name=op.f("ck_alert_notifications_state")
        ),
        sa.UniqueConstraint(
            "firing_id", "event", "way", "target", name=op.f("uq_alert_notifications_firing_id_event_way_target")
        ),
        sa.ForeignKeyConstraint(
            ["firing_id", "project_id"],
            ["alert_firings.id", "alert_firings.project_id"],
            name=op.f("fk_alert_notifications_firing_id_project_id"),
        ),
        sa.CheckConstraint("way IN ('webhooks', 'email', 'chat')", name=op.f("ck_alert_notifications_way")),
    )
    op.create_index("ix_alert_notifications_firing_id", "alert_notifications", ["firing_id"])
    op.create_index(
        "ix_alert_notifications_due",
        "alert_notifications",
        ["due_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_alert_notifications_rule", "alert_notifications", ["rule_id", "created_at"])
