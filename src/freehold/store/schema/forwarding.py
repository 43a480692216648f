"""Where audit entries are sent on to, and how far each has come."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant

forwardings = Table(
    "forwardings", metadata,
    Column("id", Text, primary_key=True),
    # NULL: of the whole instance.
    Column("organization_id", Text, ForeignKey("organizations.id")),
    # The organization's id, or `instance`: what the cursors are held to.
    Column("scope", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    # The place without what is secret of it; and the whole, sealed to this row.
    Column("shown", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since_at", Instant),
    # When people were told of the present outage.
    Column("told_at", Instant),
    Column("due_at", Instant, nullable=False),
    # Who sends for it now, and until when nobody else does.
    Column("lease", Text),
    Column("leased_until_at", Instant),
    Column("sent", BigInteger, nullable=False, server_default="0"),
    Column("refused", BigInteger, nullable=False, server_default="0"),
    Column("last_sent_at", Instant),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    CheckConstraint("kind IN ('webhook', 'syslog', 'otlp')", name="kind"),
    CheckConstraint("state IN ('active', 'failing', 'paused')", name="state"),
    # An organization's entries go to an endpoint of theirs; what lies in the operator's network is the operator's.
    CheckConstraint("organization_id IS NULL OR kind = 'webhook'", name="organization_kind"),
    CheckConstraint("scope = COALESCE(organization_id, 'instance')", name="scope"),
    UniqueConstraint("id", "scope"),
    Index("ix_forwardings_scope", "scope", "id"),
)  # fmt: skip

forwarding_cursors = Table(
    "forwarding_cursors", metadata,
    Column("forwarding_id", Text, primary_key=True),
    # An audit chain; entries up to this position are with the receiver.
    Column("chain", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("moved_at", Instant, nullable=False),
    ForeignKeyConstraint(["forwarding_id", "scope"], ["forwardings.id", "forwardings.scope"]),
    CheckConstraint("scope = 'instance' OR chain = scope", name="chain"),
    CheckConstraint("position >= 0", name="position"),
)  # fmt: skip
