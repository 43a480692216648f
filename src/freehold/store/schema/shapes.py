"""What projects declare, revision by revision."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

# The newest revision of each project.
shape_heads = Table(
    "shape_heads", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)  # fmt: skip

shape_revisions = Table(
    "shape_revisions", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    # The shape's canonical bytes, compressed by zlib.
    Column("shape", LargeBinary, nullable=False),
    # What differs from the revision before: a list of {path, item, kind}.
    Column("changes", JsonText, nullable=False),
    Column("cause", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("cause IN ('edit', 'clone', 'promotion', 'revert', 'restoration', 'file')", name="cause"),
    CheckConstraint("number > 0", name="number"),
    Index("ix_shape_revisions_at", "project_id", "at"),
)  # fmt: skip

# The revision in which each field was changed last: who is ahead of whom is told from it.
shape_marks = Table(
    "shape_marks", metadata,
    Column("project_id", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    ForeignKeyConstraint(["project_id", "number"], ["shape_revisions.project_id", "shape_revisions.number"]),
)  # fmt: skip
