"""Keys, their secrets, and what a key is narrowed to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.schema.metadata import QUOTA, metadata
from freehold.store.types import Instant, JsonText

keys = Table(
    "keys", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("workload", Text),
    Column("state", Text, nullable=False),
    # True: only the endpoints in key_endpoints, even when there are none. False: the project's scope.
    Column("narrowed", Boolean, nullable=False),
    Column("allowed_cidrs", JsonText),
    # Named rate limits: a list of {name, limit, window_s}.
    Column("rate_limits", JsonText),
    # Units of cost in a UTC period.
    Column("quota", BigInteger),
    Column("quota_period", Text),
    Column("expires_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    # The expiry that was announced to webhooks: another one is announced anew.
    Column("announced_expiry_at", Instant),
    CheckConstraint("state IN ('active', 'revoked')", name="state"),
    CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_at"),
    CheckConstraint(QUOTA, name="quota"),
    UniqueConstraint("id", "project_id"),
    UniqueConstraint("id", "project_id", "environment"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_keys_expires_at", "expires_at", sqlite_where=text("state = 'active' AND expires_at IS NOT NULL"),
          postgresql_where=text("state = 'active' AND expires_at IS NOT NULL")),
    # Names are told apart among the keys that can still serve.
    Index("uq_keys_name", "project_id", "name", unique=True,
          sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'")),
)  # fmt: skip

key_secrets = Table(
    "key_secrets", metadata,
    # Names the secret's version in the key's text; cannot authenticate by itself.
    Column("selector", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retires_at", Instant),
    # True: it does not retire while it is still in use, up to a hard bound.
    Column("held", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("state IN ('active', 'retiring', 'retired', 'revoked')", name="state"),
    CheckConstraint("(state = 'retiring') <= (retires_at IS NOT NULL)", name="retires_at"),
    UniqueConstraint("key_id", "version"),
    ForeignKeyConstraint(["key_id", "project_id", "environment"], ["keys.id", "keys.project_id", "keys.environment"]),
    Index("ix_key_secrets_retiring", "retires_at",
          sqlite_where=text("state = 'retiring'"), postgresql_where=text("state = 'retiring'")),
    # One secret a key is the current one.
    Index("uq_key_secrets_active", "key_id", unique=True,
          sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'")),
)  # fmt: skip

key_endpoints = Table(
    "key_endpoints", metadata,
    Column("key_id", Text, primary_key=True),
    Column("operation_id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    ForeignKeyConstraint(["key_id", "project_id"], ["keys.id", "keys.project_id"]),
    # A key can only be narrowed from the project's scope; what leaves the scope leaves the key.
    ForeignKeyConstraint(["project_id", "operation_id"],
                         ["scope_endpoints.project_id", "scope_endpoints.operation_id"], ondelete="CASCADE"),
    Index("ix_key_endpoints_scope", "project_id", "operation_id"),
)  # fmt: skip

# Keys that are declared and not issued, as a clone leaves them. A template ends as the key of its name is issued.
key_templates = Table(
    "key_templates", metadata,
    Column("project_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    # The id that the key will have: alert rules can name it beforehand.
    Column("key_id", Text, nullable=False),
    # As the shape has it: workload, endpoints, restricted, rate_limits, quota, expires_after_days.
    Column("settings", JsonText, nullable=False),
    # The networks that its binding names, where it is restricted to some.
    Column("allowed_cidrs", JsonText),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("key_id"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
)  # fmt: skip
