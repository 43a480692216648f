"""Alert rules, firings, channels and notifications."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

# The projects that were given their default rules: what a person deletes of them does not come back.
alert_defaults = Table(
    "alert_defaults", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("given_at", Instant, nullable=False),
)  # fmt: skip

alert_rules = Table(
    "alert_rules", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    # The name by which siblings and files mean the same rule, whatever it is called later.
    Column("slot", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    # What of the metric is meant: {key, endpoint, reason, percentile, webhook}, absent where any is.
    Column("filters", JsonText, nullable=False),
    # A list of {at, resolve_below}: one firing for each of them.
    Column("thresholds", JsonText, nullable=False),
    Column("comparison", Text, nullable=False),
    # Either a calendar period in a time zone, or a window that slides, or neither (what is true of a key).
    Column("period", Text),
    Column("timezone", Text, nullable=False),
    Column("window_s", Integer),
    Column("minimum_count", BigInteger, nullable=False),
    Column("severity", Text, nullable=False),
    Column("owner_id", Text),
    Column("owner_organization_id", Text),
    Column("next_action", Text, nullable=False),
    # By which ways it is told: a list of `webhooks`, `email`, `chat`.
    Column("notify", JsonText, nullable=False),
    Column("muted_until_at", Instant),
    Column("enabled", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    # When it is to be looked at next (NULL: when something happens), and when it was last.
    Column("due_at", Instant),
    Column("evaluated_at", Instant),
    CheckConstraint("comparison IN ('above', 'below')", name="comparison"),
    CheckConstraint("period IS NULL OR period IN ('hour', 'day', 'month')", name="period"),
    CheckConstraint("period IS NULL OR window_s IS NULL", name="span"),
    CheckConstraint("window_s IS NULL OR window_s > 0", name="window_s"),
    CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
    CheckConstraint("minimum_count >= 0", name="minimum_count"),
    CheckConstraint("(owner_id IS NULL) = (owner_organization_id IS NULL)", name="owner"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id"], ["projects.id"]),
    # The owner is a member of the project's own organization; a member who leaves leaves the rule without one.
    ForeignKeyConstraint(["project_id", "owner_organization_id"], ["projects.id", "projects.organization_id"]),
    ForeignKeyConstraint(["owner_organization_id", "owner_id"], ["members.organization_id", "members.user_id"],
                         ondelete="SET NULL"),
    Index("ix_alert_rules_project_id", "project_id"),
    Index("uq_alert_rules_slot", "project_id", "slot", unique=True,
          sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL")),
    Index("ix_alert_rules_due_at", "due_at", sqlite_where=text("deleted_at IS NULL AND enabled"),
          postgresql_where=text("deleted_at IS NULL AND enabled")),
    Index("ix_alert_rules_evaluated_at", "evaluated_at"),
    Index("ix_alert_rules_owner", "owner_organization_id", "owner_id"),
)  # fmt: skip

alert_firings = Table(
    "alert_firings", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("threshold", Float, nullable=False),
    # The key or webhook endpoint that it is about where a rule looks at each; empty where at the project.
    Column("subject_id", Text, nullable=False),
    # The period that was crossed, and its end, before which the firing does not resolve.
    Column("period_at", Instant, nullable=False),
    Column("period_ends_at", Instant),
    Column("severity", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("value", Float, nullable=False),
    Column("peak", Float, nullable=False),
    Column("peak_at", Instant, nullable=False),
    # What it saw when it opened: the rule as it was, the numbers, and the window of the requests behind it.
    Column("seen", JsonText, nullable=False),
    # When it was told of; NULL while the rule is muted.
    Column("told_at", Instant),
    Column("resolved_at", Instant),
    Column("resolved_value", Float),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text, ForeignKey("users.id")),
    CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
    CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
    # One firing for each rule, threshold and period (and key, where a rule looks at each).
    UniqueConstraint("rule_id", "threshold", "subject_id", "period_at"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["rule_id", "project_id"], ["alert_rules.id", "alert_rules.project_id"]),
    Index("ix_alert_firings_project", "project_id", "opened_at", "id"),
    Index("ix_alert_firings_rule", "rule_id", "opened_at", "id"),
    Index("ix_alert_firings_open", "project_id", "rule_id", sqlite_where=text("resolved_at IS NULL"),
          postgresql_where=text("resolved_at IS NULL")),
)  # fmt: skip

alert_channels = Table(
    "alert_channels", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("slot", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False),
    # The URL is the credential: sealed to the row, shown by its host alone.
    Column("sealed_url", LargeBinary, nullable=False),
    Column("shown_url", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    CheckConstraint("kind IN ('slack', 'generic')", name="kind"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_alert_channels_project_id", "project_id"),
    Index("uq_alert_channels_slot", "project_id", "slot", unique=True,
          sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL")),
)  # fmt: skip

# What was told of a firing, by which way and to whom, with what came of it. The queue of what goes to chat channels.
alert_notifications = Table(
    "alert_notifications", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    # NULL: a test that a person sent.
    Column("firing_id", Text),
    Column("event", Text, nullable=False),
    Column("way", Text, nullable=False),
    # The chat channel's id, the e-mail address, or empty for the project's webhook endpoints.
    Column("target", Text, nullable=False),
    # The message or e-mail that it was handed over as; NULL for chat, which is sent from here.
    Column("handed_over_id", Text),
    Column("payload", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),
    Column("leased_until_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("status", SmallInteger),
    Column("error", Text),
    CheckConstraint("event IN ('opened', 'resolved', 'test')", name="event"),
    CheckConstraint("way IN ('webhooks', 'email', 'chat')", name="way"),
    CheckConstraint("state IN ('handed_over', 'pending', 'delivered', 'failed')", name="state"),
    UniqueConstraint("firing_id", "event", "way", "target"),
    ForeignKeyConstraint(["rule_id", "project_id"], ["alert_rules.id", "alert_rules.project_id"]),
    ForeignKeyConstraint(["firing_id", "project_id"], ["alert_firings.id", "alert_firings.project_id"]),
    Index("ix_alert_notifications_due", "due_at", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
    Index("ix_alert_notifications_firing_id", "firing_id"),
    Index("ix_alert_notifications_rule", "rule_id", "created_at"),
)  # fmt: skip
