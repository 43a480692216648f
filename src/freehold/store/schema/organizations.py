"""Accounts, organizations, members, sessions, tokens, and the audit log."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

users = Table(
    "users", metadata,
    Column("id", Text, primary_key=True),
    # Lower case, so that one address is one account.
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_operator", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)  # fmt: skip

organizations = Table(
    "organizations", metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    # The operator's organization: its service tokens verify and publish for every project.
    Column("is_operator", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Index("uq_organizations_is_operator", "is_operator", unique=True,
          sqlite_where=text("is_operator"), postgresql_where=text("is_operator")),
)  # fmt: skip

_ROLE = "role IN ('owner', 'admin', 'developer', 'billing', 'auditor')"

members = Table(
    "members", metadata,
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("joined_at", Instant, nullable=False),
    CheckConstraint(_ROLE, name="role"),
    Index("ix_members_user_id", "user_id"),
)  # fmt: skip

invitations = Table(
    "invitations", metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("token_digest", LargeBinary, nullable=False, unique=True),
    Column("invited_by", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("accepted_at", Instant),
    Column("withdrawn_at", Instant),
    CheckConstraint(_ROLE, name="role"),
    # One open invitation an address: inviting again replaces it.
    Index("uq_invitations_open", "organization_id", "email", unique=True,
          sqlite_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
          postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL")),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)  # fmt: skip

tokens = Table(
    "tokens", metadata,
    Column("id", Text, primary_key=True),
    # personal: a person's, with that person's roles. service: an organization's, with roles of its
    # own. instance: the bundled example API's, made anew at every start.
    Column("kind", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),
    Column("organization_id", Text, ForeignKey("organizations.id")),
    Column("name", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("last4", Text, nullable=False),
    Column("created_by", Text, ForeignKey("users.id")),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    CheckConstraint(
        "(kind = 'personal' AND user_id IS NOT NULL AND organization_id IS NULL)"
        " OR (kind = 'service' AND organization_id IS NOT NULL AND user_id IS NULL)"
        " OR (kind = 'instance' AND organization_id IS NULL AND user_id IS NULL)",
        name="kind",
    ),
    Index("ix_tokens_user_id", "user_id"),
    Index("ix_tokens_organization_id", "organization_id"),
)  # fmt: skip

audit_heads = Table(
    "audit_heads", metadata,
    # An organization's id, or `instance` for what belongs to none. Its row lock orders the chain.
    Column("chain", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip

audit_entries = Table(
    "audit_entries", metadata,
    Column("id", Text, primary_key=True),
    Column("chain", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("project_id", Text),
    Column("before", JsonText),
    Column("after", JsonText),
    Column("address", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    # The person whose token acted; and why, in the actor's words.
    Column("on_behalf_of", Text),
    Column("reason", Text),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("chain", "position"),
    CheckConstraint("actor_kind IN ('user', 'token', 'system')", name="actor_kind"),
    Index("ix_audit_entries_chain_at", "chain", "at", "id"),
    Index("ix_audit_entries_project", "project_id", "at"),
    # The newest of all chains; and what one request changed.
    Index("ix_audit_entries_at", "at", "id"),
    Index("ix_audit_entries_request", "request_id"),
)  # fmt: skip

# Where each chain stood, hour by hour, signed by the instance. Append-only, as the entries are.
audit_seals = Table(
    "audit_seals", metadata,
    Column("chain", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)  # fmt: skip
