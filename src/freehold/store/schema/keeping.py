"""Deleting for good: people whose names are being taken out of history, and what was taken out of the audit log."""

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
