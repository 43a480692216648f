"""Reports: what was asked for, what came of it."""

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
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant, JsonText

_UNFINISHED = text("state IN ('queued', 'running')")

reports = Table(
    "reports", metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    # NULL: of all the organization's projects.
    Column("project_id", Text),
    # Kind, format and period: all that decides its bytes.
    Column("parameters", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_by_id", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Not before: a report of usage waits until its period is counted.
    Column("due_at", Instant, nullable=False),
    Column("leased_until_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("expires_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # The last attempt that got further: whose draft is longer than what it found.
    Column("advanced_by", Integer, nullable=False, server_default="0"),
    Column("done", BigInteger, nullable=False, server_default="0"),
    # Somebody wants it ended.
    Column("cancel", Boolean, nullable=False, server_default=text("false")),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("sha256", Text),
    Column("manifest", JsonText),
    # The ready report of the same parameters that had other bytes.
    Column("restates", Text, ForeignKey("reports.id")),
    # The id of the key that its file is encrypted with; NULL: it is not.
    Column("sealed_by", Text),
    # How many days its file is kept; NULL: as many as the instance keeps files.
    Column("keep_days", Integer),
    CheckConstraint("state IN ('queued', 'running', 'ready', 'failed', 'expired')", name="state"),
    CheckConstraint("(state IN ('ready', 'failed', 'expired')) = (finished_at IS NOT NULL)", name="finished_at"),
    CheckConstraint("state != 'ready' OR (sha256 IS NOT NULL AND rows IS NOT NULL AND bytes IS NOT NULL)", name="ready"),
    ForeignKeyConstraint(["project_id", "organization_id"], ["projects.id", "projects.organization_id"]),
    # What refers to a report says whose it is (an index, since a table that is there takes no constraint on SQLite).
    Index("uq_reports_id_organization_id", "id", "organization_id", unique=True),
    Index("uq_reports_id_project_id", "id", "project_id", unique=True),
    Index("ix_reports_project", "project_id", "id"),
    Index("ix_reports_organization", "organization_id", "id"),
    Index("ix_reports_unfinished", "due_at", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
    Index("ix_reports_expires_at", "expires_at", sqlite_where=text("state = 'ready'"),
          postgresql_where=text("state = 'ready'")),
)  # fmt: skip
