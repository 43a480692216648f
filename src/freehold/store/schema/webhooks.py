"""Announcements, webhook endpoints, messages, deliveries, attempts, replays, checks, inboxes."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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

from freehold.store.schema.metadata import PROBE, metadata
from freehold.store.types import Instant, JsonText

# What happened in other slices and webhook endpoints may want to hear: each becomes a message, once.
announcements = Table(
    "announcements", metadata,
    # The id of the message that it becomes.
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("payload", JsonText, nullable=False),
    Column("at", Instant, nullable=False),
)  # fmt: skip

webhook_endpoints = Table(
    "webhook_endpoints", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    # The name by which siblings and files mean the same endpoint.
    Column("slot", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("headers", JsonText, nullable=False),
    Column("max_per_second", Integer),
    # The next slot of an endpoint with a rate of its own: where its requests are spread in time.
    Column("paced_at", Instant),
    # One at a time and in order: a delivery's place in the line is taken from `places` as it is made.
    Column("fifo", Boolean, nullable=False, server_default=text("false")),
    Column("places", BigInteger, nullable=False, server_default="0"),
    # Requests are signed by ed25519 (`v1a`) too.
    Column("v1a", Boolean, nullable=False, server_default=text("false")),
    Column("state", Text, nullable=False),
    Column("state_reason", Text),
    # How it fares since it last accepted anything: failed attempts, since when, and before when it is left alone.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since_at", Instant),
    Column("held_until_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    CheckConstraint("state IN ('active', 'paused', 'failing', 'disabled')", name="state"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_webhook_endpoints_project_id", "project_id"),
    Index("uq_webhook_endpoints_slot", "project_id", "slot", unique=True,
          sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL")),
)  # fmt: skip

webhook_subscriptions = Table(
    "webhook_subscriptions", metadata,
    Column("webhook_endpoint_id", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    Index("ix_webhook_subscriptions_project", "project_id", "event_type"),
)  # fmt: skip

webhook_secrets = Table(
    "webhook_secrets", metadata,
    Column("webhook_endpoint_id", Text, ForeignKey("webhook_endpoints.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("encrypted", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retires_at", Instant),
)  # fmt: skip

messages = Table(
    "messages", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("event_type", Text, nullable=False),
    # What the publisher named it: the same name twice is one message.
    Column("dedup_id", Text),
    Column("payload", JsonText, nullable=False),
    Column("request_id", Text),
    Column("origin", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("origin IN ('published', 'test', 'freehold')", name="origin"),
    UniqueConstraint("project_id", "dedup_id"),
    UniqueConstraint("id", "project_id"),
    Index("ix_messages_project_created_at", "project_id", "created_at"),
)  # fmt: skip

_PENDING = text("state = 'pending'")
_IN_LINE = text("state = 'pending' AND place IS NOT NULL")

deliveries = Table(
    "deliveries", metadata,
    Column("id", Text, primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # How many of them were made before it was last replayed: the schedule of retries counts the others.
    Column("attempts_before", Integer, nullable=False, server_default="0"),
    # Its place in the line of an endpoint that receives one at a time and in order.
    Column("place", BigInteger),
    Column("due_at", Instant),
    Column("leased_until_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    # Which probe of a webhook check it is: such a delivery counts in no rate, and nothing retries it.
    Column("probe", Text),
    CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name="state"),
    CheckConstraint(PROBE, name="probe"),
    UniqueConstraint("message_id", "webhook_endpoint_id"),
    ForeignKeyConstraint(["message_id", "project_id"], ["messages.id", "messages.project_id"]),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    Index("ix_deliveries_due", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_deliveries_waiting", "webhook_endpoint_id", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_deliveries_line", "webhook_endpoint_id", "place", sqlite_where=_IN_LINE, postgresql_where=_IN_LINE),
    Index("ix_deliveries_endpoint", "webhook_endpoint_id", "created_at"),
    Index("ix_deliveries_project", "project_id", "created_at"),
)  # fmt: skip

attempts = Table(
    "attempts", metadata,
    Column("id", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    # One sentence in words where it failed.
    Column("error", Text),
    Column("status", SmallInteger),
    Column("address", Text),
    Column("duration_us", BigInteger, nullable=False),
    Column("timing", JsonText),
    # The endpoint's URL at that time: it may have been changed since.
    Column("url", Text, nullable=False),
    Column("request_headers", JsonText, nullable=False),
    Column("request_body", Text, nullable=False),
    Column("response_headers", JsonText),
    Column("response_body", LargeBinary),
    CheckConstraint("outcome IN ('accepted', 'refused', 'unreachable', 'blocked')", name="outcome"),
    UniqueConstraint("delivery_id", "number"),
)  # fmt: skip

# Jobs that send deliveries of one endpoint once more. Each batch is one transaction, which also moves `passed_at` and
# `passed_id`: whoever dies in between leaves a job that goes on there.
replays = Table(
    "replays", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # Which deliveries it is for, as the caller said it.
    Column("wanted", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    # Why it was canceled by rule.
    Column("reason", Text),
    # NULL until they were counted.
    Column("total", BigInteger),
    Column("replayed", BigInteger, nullable=False),
    # The last delivery that was looked at, by age.
    Column("passed_at", Instant),
    Column("passed_id", Text),
    # When it last had its turn: jobs take turns.
    Column("turn_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    CheckConstraint("kind IN ('delivery', 'filter', 'recovery')", name="kind"),
    CheckConstraint("state IN ('queued', 'running', 'done', 'canceled')", name="state"),
    CheckConstraint("(state IN ('done', 'canceled')) = (finished_at IS NOT NULL)", name="finished_at"),
    CheckConstraint("(passed_at IS NULL) = (passed_id IS NULL)", name="passed"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    # One at a time for an endpoint: two that overlap would send the same twice.
    Index("uq_replays_unfinished", "webhook_endpoint_id", unique=True,
          sqlite_where=text("state IN ('queued', 'running')"), postgresql_where=text("state IN ('queued', 'running')")),
    Index("ix_replays_endpoint", "webhook_endpoint_id", "created_at"),
)  # fmt: skip

# What a job has replayed: each delivery once.
replayed_deliveries = Table(
    "replayed_deliveries", metadata,
    Column("replay_id", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # How many attempts there had been.
    Column("after_attempts", Integer, nullable=False),
    ForeignKeyConstraint(["replay_id", "project_id"], ["replays.id", "replays.project_id"]),
    Index("ix_replayed_deliveries_delivery", "delivery_id"),
)  # fmt: skip

# What a receiver was asked to prove, and did. It counts for the URL and the secret that it was of.
webhook_checks = Table(
    "webhook_checks", metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_version", Integer, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    # A check that has not ended by then never will: its process is gone.
    Column("ends_by_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("state", Text, nullable=False),
    Column("expires_at", Instant),
    CheckConstraint("state IN ('running', 'passed', 'failed', 'unclear', 'interrupted')", name="state"),
    CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished_at"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    Index("ix_webhook_checks_endpoint", "webhook_endpoint_id", "started_at"),
    Index("uq_webhook_checks_running", "webhook_endpoint_id", unique=True,
          sqlite_where=text("state = 'running'"), postgresql_where=text("state = 'running'")),
)  # fmt: skip

# `passed` is null until it is known, and stays null where what came back does not tell.
webhook_probes = Table(
    "webhook_probes", metadata,
    Column("check_id", Text, ForeignKey("webhook_checks.id"), primary_key=True),
    Column("probe", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False),
    Column("passed", Boolean),
    Column("detail", Text, nullable=False),
    CheckConstraint(PROBE, name="probe"),
)  # fmt: skip

# Each time that a sandbox endpoint's clock was moved on. A production endpoint cannot be in here.
webhook_advances = Table(
    "webhook_advances", metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("by_ms", BigInteger, nullable=False),
    Column("advanced_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("environment = 'sandbox'", name="environment"),
    CheckConstraint("by_ms > 0", name="by_ms"),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_webhook_advances_endpoint", "webhook_endpoint_id", "at"),
)  # fmt: skip

# The hosted receiver of a sandbox project: one, at an address that cannot be guessed.
webhook_inboxes = Table(
    "webhook_inboxes", metadata,
    Column("project_id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("retry_after_s", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("environment = 'sandbox'", name="environment"),
    CheckConstraint("answer IN ('verify', 'accept', '500', '410', '429', 'slow', 'endless')", name="answer"),
    CheckConstraint("retry_after_s BETWEEN 0 AND 86400", name="retry_after_s"),
    UniqueConstraint("address"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
)  # fmt: skip

inbox_requests = Table(
    "inbox_requests", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("webhook_inboxes.project_id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("address", Text),
    Column("message_id", Text),
    Column("headers", JsonText, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("body_bytes", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", SmallInteger),
    CheckConstraint("verdict IN ('verified', 'repeated', 'refused')", name="verdict"),
    Index("ix_inbox_requests_project_id", "project_id", "id"),
)  # fmt: skip
