"""Siblings: what production is given beforehand, which differences are accepted, and how many there are."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

# What a sandbox project's production sibling is to have in a slot, given before there is one.
production_bindings = Table(
    "production_bindings", metadata,
    Column("project_id", Text, primary_key=True),
    # A JSON Pointer: `/webhooks/orders/url`.
    Column("slot", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    # The value as JSON, sealed to this row.
    Column("sealed", LargeBinary, nullable=False),
    # What a person may see of it: a URL's host, how many networks.
    Column("shown", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    CheckConstraint("environment = 'sandbox'", name="environment"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
)  # fmt: skip

# Differences of siblings that somebody accepted: for so long, and for these two values alone.
drift_acceptances = Table(
    "drift_acceptances", metadata,
    Column("id", Text, primary_key=True),
    Column("sandbox_id", Text, ForeignKey("projects.sandbox_id"), nullable=False),
    Column("path", Text, nullable=False),
    # SHA-256 of the two values in canonical JSON.
    Column("sandbox_digest", Text, nullable=False),
    Column("production_digest", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepted_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_why", Text),
    CheckConstraint("expires_at > at", name="expires_at"),
    CheckConstraint(
        "(ended_at IS NULL AND ended_why IS NULL) OR (ended_at IS NOT NULL AND ended_why IS NOT NULL"
        " AND ended_why IN ('withdrawn', 'expired', 'changed', 'replaced'))",
        name="ended",
    ),
    Index(
        "uq_drift_acceptances_standing", "sandbox_id", "path", unique=True,
        sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
    ),
    Index(
        "ix_drift_acceptances_expires_at", "expires_at",
        sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
    ),
)  # fmt: skip

# How two siblings differ now, counted in the transaction of every change of either.
drift_heads = Table(
    "drift_heads", metadata,
    Column("sandbox_id", Text, ForeignKey("projects.sandbox_id"), primary_key=True),
    Column("production_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("differences", Integer, nullable=False),
    Column("unaccepted", Integer, nullable=False),
    # A list of the paths of the unaccepted differences: one that is not among them is new.
    Column("known", JsonText, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # Whether its owners are still to be told by mail, and when they were last.
    Column("owes_mail", Boolean, nullable=False),
    Column("mailed_at", Instant),
    CheckConstraint("unaccepted BETWEEN 0 AND differences", name="unaccepted"),
    Index("uq_drift_heads_production_id", "production_id", unique=True),
    Index(
        "ix_drift_heads_owes_mail", "changed_at",
        sqlite_where=text("owes_mail"), postgresql_where=text("owes_mail"),
    ),
)  # fmt: skip
