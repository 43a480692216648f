"""Report schedules, whom they tell, and which report came of which run."""

from sqlalchemy import (
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

from freehold.store.schema.metadata import metadata
from freehold.store.types import Instant

_THERE = text("deleted_at IS NULL")
_UNTOLD = text("told_at IS NULL")
_RUNS = text("state = 'active' AND deleted_at IS NULL")

report_schedules = Table(
    "report_schedules", metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    # NULL: of all the organization's projects.
    Column("project_id", Text),
    # The name by which siblings and files mean the same schedule, whatever it is called later.
    Column("slot", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    # What a run reports: the last whole one before it; NULL for kinds that say how things stand.
    Column("period", Text),
    # With whose rights it runs: a person's or a service token's as they are then, or Freehold's own.
    Column("owner_user_id", Text, ForeignKey("users.id")),
    Column("owner_token_id", Text, ForeignKey("tokens.id")),
    Column("owner_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    # When it runs next; NULL: not, while it is paused or stopped.
    Column("next_at", Instant),
    # The due time that ran last.
    Column("last_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    CheckConstraint("period IS NULL OR period IN ('day', 'week', 'month')", name="period"),
    CheckConstraint("state IN ('active', 'paused', 'stopped')", name="state"),
    CheckConstraint("(state = 'active') = (next_at IS NOT NULL)", name="next_at"),
    CheckConstraint("(state = 'stopped') = (reason IS NOT NULL)", name="reason"),
    CheckConstraint("owner_user_id IS NULL OR owner_token_id IS NULL", name="owner"),
    UniqueConstraint("id", "organization_id"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id", "organization_id"], ["projects.id", "projects.organization_id"]),
    Index("uq_report_schedules_slot", "project_id", "slot", unique=True, sqlite_where=_THERE, postgresql_where=_THERE),
    Index("ix_report_schedules_organization", "organization_id", "id"),
    Index("ix_report_schedules_next_at", "next_at", sqlite_where=_RUNS, postgresql_where=_RUNS),
)  # fmt: skip

# Members alone: who leaves the organization is told no more.
report_schedule_recipients = Table(
    "report_schedule_recipients", metadata,
    Column("schedule_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("organization_id", Text, nullable=False),
    ForeignKeyConstraint(["schedule_id", "organization_id"], ["report_schedules.id", "report_schedules.organization_id"]),
    ForeignKeyConstraint(["organization_id", "user_id"], ["members.organization_id", "members.user_id"],
                         ondelete="CASCADE"),
    Index("ix_report_schedule_recipients_member", "organization_id", "user_id"),
)  # fmt: skip

# Which report a run asked for. `due_at`: the time that it was for, once each; NULL where a person ran it.
report_schedule_runs = Table(
    "report_schedule_runs", metadata,
    Column("report_id", Text, primary_key=True),
    Column("schedule_id", Text, nullable=False),
    Column("organization_id", Text, nullable=False),
    Column("project_id", Text),
    Column("due_at", Instant),
    # How many due times before it had come while nobody ran them.
    Column("missed", Integer, nullable=False),
    CheckConstraint("missed >= 0", name="missed"),
    UniqueConstraint("schedule_id", "due_at"),
    ForeignKeyConstraint(["report_id", "organization_id"], ["reports.id", "reports.organization_id"]),
    ForeignKeyConstraint(["report_id", "project_id"], ["reports.id", "reports.project_id"]),
    ForeignKeyConstraint(["schedule_id", "organization_id"], ["report_schedules.id", "report_schedules.organization_id"]),
    ForeignKeyConstraint(["schedule_id", "project_id"], ["report_schedules.id", "report_schedules.project_id"]),
    Index("ix_report_schedule_runs_schedule", "schedule_id", "report_id"),
)  # fmt: skip

# Who is mailed when a report has ended; whether they may still read it is asked then. Without `told_at`: still to be.
report_recipients = Table(
    "report_recipients", metadata,
    Column("report_id", Text, ForeignKey("reports.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("told_at", Instant),
    Index("ix_report_recipients_untold", "report_id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
)  # fmt: skip
