"""Projects, their owners and their scope."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.schema.metadata import ENVIRONMENT, QUOTA, metadata
from freehold.store.types import Instant, JsonText

projects = Table(
    "projects", metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("api_id", Text, ForeignKey("apis.id"), nullable=False),
    Column("environment", Text, nullable=False),
    Column("sandbox_id", Text),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("product_line", Text),
    Column("use_case", Text),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("archived_at", Instant),
    # Named rate limits of all its keys together: a list of {name, limit, window_s}.
    Column("rate_limits", JsonText),
    # Units of cost in a UTC period, of all its keys together.
    Column("quota", BigInteger),
    Column("quota_period", Text),
    # Only what is promoted from its sandbox sibling changes what a locked production project declares.
    Column("locked", Boolean, nullable=False, server_default=text("false")),
    # The siblings: only a production project has a `sandbox_id`, each sandbox at most one sibling,
    # always of the same organization and on the same API.
    Column("sandbox_environment", Text),
    CheckConstraint(ENVIRONMENT, name="environment"),
    CheckConstraint("state IN ('active', 'archived')", name="state"),
    # Says IS NOT NULL of each: a CHECK that is unknown passes, and a foreign key with a NULL in it is not looked at.
    CheckConstraint(
        "(environment = 'sandbox' AND sandbox_id IS NULL AND sandbox_environment IS NULL)"
        " OR (environment = 'production' AND sandbox_id IS NOT NULL AND sandbox_environment IS NOT NULL"
        " AND sandbox_environment = 'sandbox')",
        name="sibling",
    ),
    CheckConstraint(QUOTA, name="quota"),
    UniqueConstraint("sandbox_id"),
    UniqueConstraint("organization_id", "slug", "environment"),
    UniqueConstraint("id", "environment"),
    UniqueConstraint("id", "api_id"),
    UniqueConstraint("id", "organization_id"),
    UniqueConstraint("id", "organization_id", "api_id", "environment"),
    ForeignKeyConstraint(
        ["sandbox_id", "organization_id", "api_id", "sandbox_environment"],
        ["projects.id", "projects.organization_id", "projects.api_id", "projects.environment"],
        name="fk_projects_sibling",
    ),
    Index("ix_projects_api_id", "api_id"),
)  # fmt: skip

project_owners = Table(
    "project_owners", metadata,
    Column("project_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("duty", Text, primary_key=True),
    Column("organization_id", Text, nullable=False),
    CheckConstraint("duty IN ('technical', 'billing', 'audit')", name="duty"),
    ForeignKeyConstraint(["project_id", "organization_id"], ["projects.id", "projects.organization_id"]),
    ForeignKeyConstraint(["organization_id", "user_id"], ["members.organization_id", "members.user_id"]),
)  # fmt: skip

scope_endpoints = Table(
    "scope_endpoints", metadata,
    Column("project_id", Text, primary_key=True),
    Column("operation_id", Text, primary_key=True),
    Column("api_id", Text, nullable=False),
    ForeignKeyConstraint(["project_id", "api_id"], ["projects.id", "projects.api_id"]),
    ForeignKeyConstraint(["api_id", "operation_id"], ["endpoints.api_id", "endpoints.operation_id"]),
)  # fmt: skip

scope_event_types = Table(
    "scope_event_types", metadata,
    Column("project_id", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),
    Column("api_id", Text, nullable=False),
    ForeignKeyConstraint(["project_id", "api_id"], ["projects.id", "projects.api_id"]),
    ForeignKeyConstraint(["api_id", "event_type"], ["event_types.api_id", "event_types.name"]),
)  # fmt: skip
