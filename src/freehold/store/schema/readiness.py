"""Readiness: the operator's policy of an API, its own checks, what people say and HTTP checks found, and how each check stands."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

_ROLE = "role IN ('owner', 'admin', 'developer', 'billing', 'auditor', 'operator')"

# What the operator asks of an API's projects before production. No row: the defaults (readiness_records.Policy).
readiness_policies = Table(
    "readiness_policies", metadata,
    Column("api_id", Text, ForeignKey("apis.id"), primary_key=True),
    # Which of Freehold's own checks block: a list of codes.
    Column("blocking", JsonText, nullable=False),
    Column("exercise_days", Integer, nullable=False),
    Column("lookup_days", Integer, nullable=False),
    Column("denial_days", Integer, nullable=False),
    Column("delivery_days", Integer, nullable=False),
    Column("alert_days", Integer, nullable=False),
    Column("failure_days", Integer, nullable=False),
    # In percent.
    Column("failure_rate_max", Float, nullable=False),
    Column("unused_days", Integer, nullable=False),
    Column("rotation_days", Integer, nullable=False),
    # Which items of a shape are material: a list of first segments of their pointers.
    Column("material", JsonText, nullable=False),
    Column("approval_days", Integer, nullable=False),
    Column("promotion_needs_approval", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    *(
        CheckConstraint(f"{name} BETWEEN 1 AND 365", name=name)
        for name in ("exercise_days", "lookup_days", "denial_days", "delivery_days", "alert_days", "failure_days",
                     "unused_days", "rotation_days", "approval_days")
    ),
    CheckConstraint("failure_rate_max BETWEEN 0 AND 100", name="failure_rate_max"),
)  # fmt: skip

# Checks that the operator adds to an API's own: a person of a role says yes, or a URL that Freehold calls does.
readiness_own_checks = Table(
    "readiness_own_checks", metadata,
    Column("id", Text, primary_key=True),
    Column("api_id", Text, ForeignKey("apis.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    # What is asked, in words.
    Column("instruction", Text, nullable=False),
    Column("blocking", Boolean, nullable=False),
    Column("role", Text),
    Column("url", Text),
    # For how long what was said or found counts.
    Column("valid_days", Integer, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    # What was said or found before counts no more: another thing is asked, of others or at another URL.
    Column("asked_at", Instant, nullable=False),
    Column("removed_at", Instant),
    # Says IS NOT NULL of each: a CHECK that is unknown passes.
    CheckConstraint(
        "(kind = 'attestation' AND role IS NOT NULL AND url IS NULL)"
        " OR (kind = 'http' AND url IS NOT NULL AND role IS NULL)",
        name="kind",
    ),
    CheckConstraint(f"role IS NULL OR {_ROLE}", name="role"),
    CheckConstraint("valid_days BETWEEN 1 AND 365", name="valid_days"),
    UniqueConstraint("id", "api_id"),
    Index("uq_readiness_own_checks_code", "api_id", "code", unique=True,
          sqlite_where=text("removed_at IS NULL"), postgresql_where=text("removed_at IS NULL")),
)  # fmt: skip

# A project and an own check of the project's own API: no other pair can be written.
_PROJECT_AND_CHECK = (
    (["project_id", "api_id"], ["projects.id", "projects.api_id"]),
    (["check_id", "api_id"], ["readiness_own_checks.id", "readiness_own_checks.api_id"]),
)

# What people of a role said of a project.
readiness_attestations = Table(
    "readiness_attestations", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("api_id", Text, nullable=False),
    Column("check_id", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("user_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Text),
    CheckConstraint(_ROLE, name="role"),
    CheckConstraint("expires_at > at", name="expires_at"),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    *(ForeignKeyConstraint(*each) for each in _PROJECT_AND_CHECK),
    Index("ix_readiness_attestations_project", "project_id", "check_id", "at"),
)  # fmt: skip

# Calls of HTTP checks that are asked for: the queue of the caller. One for each project and check.
readiness_calls = Table(
    "readiness_calls", metadata,
    Column("project_id", Text, primary_key=True),
    Column("check_id", Text, primary_key=True),
    Column("api_id", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("leased_until_at", Instant),
    *(ForeignKeyConstraint(*each) for each in _PROJECT_AND_CHECK),
    Index("ix_readiness_calls_asked_at", "asked_at"),
)  # fmt: skip

# What calls of HTTP checks came to. `passed` NULL: the answer does not say.
readiness_http_results = Table(
    "readiness_http_results", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("api_id", Text, nullable=False),
    Column("check_id", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Of the facts that were sent: others are asked about anew.
    Column("facts_sha256", Text, nullable=False),
    Column("passed", Boolean),
    Column("detail", Text, nullable=False),
    Column("status", SmallInteger),
    *(ForeignKeyConstraint(*each) for each in _PROJECT_AND_CHECK),
    Index("ix_readiness_http_results_project", "project_id", "check_id", "at"),
)  # fmt: skip

# Findings about a key that a person accepts for a while.
readiness_acceptances = Table(
    "readiness_acceptances", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Text),
    CheckConstraint("finding IN ('rotation_overdue', 'unused', 'never_expires')", name="finding"),
    CheckConstraint("expires_at > at", name="expires_at"),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    ForeignKeyConstraint(["key_id", "project_id"], ["keys.id", "keys.project_id"]),
    Index("ix_readiness_acceptances_project", "project_id", "expires_at"),
    # One at a time of each finding; another one takes its place.
    Index("uq_readiness_acceptances_standing", "key_id", "finding", unique=True,
          sqlite_where=text("withdrawn_at IS NULL"), postgresql_where=text("withdrawn_at IS NULL")),
)  # fmt: skip

# How each check of a sandbox project stood when it was last looked at, and since when.
readiness_results = Table(
    "readiness_results", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("blocking", Boolean, nullable=False),
    Column("since_at", Instant, nullable=False),
    CheckConstraint("state IN ('passed', 'failed', 'waiting', 'not_applicable')", name="state"),
)  # fmt: skip
