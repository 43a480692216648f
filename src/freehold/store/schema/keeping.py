"""Deleting for good: people, organizations, and what was taken out of the audit log."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

# A person who was deleted. `sealed` holds what is still to be found in history, and is gone once it was.
person_deletions = Table(
    "person_deletions", metadata,
    Column("user_id", Text, primary_key=True),
    Column("deleted_at", Instant, nullable=False),
    # The person themselves or an operator, by their id.
    Column("deleted_by", Text, nullable=False),
    Column("sealed", LargeBinary),
    # History is gone through twice: the second time for what was being written when the first began.
    Column("round", Integer, nullable=False, server_default="1"),
    Column("passed_table", Text, nullable=False, server_default=""),
    Column("due_at", Instant, nullable=False),
    # How many rows of which table were changed.
    Column("counts", JsonText, nullable=False),
    Column("finished_at", Instant),
    CheckConstraint("(sealed IS NULL) = (finished_at IS NOT NULL)", name="sealed"),
    Index("ix_person_deletions_due", "due_at", sqlite_where=text("finished_at IS NULL"),
          postgresql_where=text("finished_at IS NULL")),
)  # fmt: skip

# What an entry of the audit log reads like since a person's name was taken out of it, signed. Append-only.
audit_erasures = Table(
    "audit_erasures", metadata,
    Column("chain", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("erased_at", Instant, nullable=False),
    # SHA-256 as an entry's hash is made, of the entry as it reads now; its own hash stays that of what it read before.
    Column("digest", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)  # fmt: skip

# An organization that is to be deleted, is being deleted, or was: then this is all that is left of it. It refers to
# nothing, so that it can outlive what it tells of.
organization_deletions = Table(
    "organization_deletions", metadata,
    Column("organization_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    # Empty once it was deleted, as `recipients` and `archived` are.
    Column("name", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("ends_at", Instant, nullable=False),
    # The projects that were archived for it: those that a restoration brings back.
    Column("archived", JsonText, nullable=False),
    Column("reminded_at", Instant),
    # When its rows were gone and every gate was told to forget: what was decided before may still come in for a while.
    Column("emptied_at", Instant),
    # Whom the last letter goes to.
    Column("recipients", JsonText, nullable=False),
    Column("counts", JsonText, nullable=False),
    # Where its audit log ended, as the last seal has it: {position, hash, sealed_at, key_id, signature}.
    Column("last_seal", JsonText),
    Column("finished_at", Instant),
    CheckConstraint("state IN ('waiting', 'deleting', 'deleted')", name="state"),
    CheckConstraint("(state = 'deleted') = (finished_at IS NOT NULL)", name="finished_at"),
    CheckConstraint("state <> 'deleted' OR name = ''", name="name"),
    Index("ix_organization_deletions_ends_at", "ends_at", sqlite_where=text("state <> 'deleted'"),
          postgresql_where=text("state <> 'deleted'")),
)  # fmt: skip

# For how many days what is kept, where an operator has set it here rather than in the environment.
retentions = Table(
    "retentions", metadata,
    Column("kind", Text, primary_key=True),
    Column("days", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    CheckConstraint("days BETWEEN 1 AND 36600", name="days"),
)  # fmt: skip
