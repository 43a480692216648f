"""E-mails that wait to be sent."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant

# What people are told by e-mail, written with what it tells of and sent afterwards.
mails = Table(
    "mails", metadata,
    Column("id", Text, primary_key=True),
    # Whose it is: the organization that it tells something of.
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),
    Column("leased_until_at", Instant),
    # One sentence in words: why it was not sent, the last time or for good.
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    # The same as HTML, for programs that show it.
    Column("html", Text),
    CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state"),
    Index("ix_mails_due", "due_at", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
    Index("ix_mails_finished_at", "finished_at"),
    Index("ix_mails_organization_id", "organization_id", "id"),
)  # fmt: skip
