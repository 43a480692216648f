"""Leases of quota, journals, single requests, rollups, and what is proved of them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from freehold.store.schema.metadata import metadata
from freehold.store.schema.names import Named
from freehold.store.types import Instant, JsonText

# What of a quota is spoken for in one period: granted to gates, whether they have spent it or not.
quota_counters = Table(
    "quota_counters", metadata,
    # A key's or a project's id.
    Column("owner_id", Text, primary_key=True),
    Column("period_at", Instant, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("granted", BigInteger, nullable=False),
    CheckConstraint("granted >= 0", name="granted"),
    ForeignKeyConstraint(["project_id"], ["projects.id"]),
    Index("ix_quota_counters_period_at", "period_at"),
)  # fmt: skip

# What one gate process was granted of a counter. Whatever of it was not spent goes back to the counter once
# that is certain: when the gate returns it, or when the journal of a gate that is gone was read to its end.
quota_leases = Table(
    "quota_leases", metadata,
    Column("verifier_id", Text, primary_key=True),
    Column("owner_id", Text, primary_key=True),
    Column("period_at", Instant, primary_key=True),
    Column("granted", BigInteger, nullable=False),
    Column("granted_at", Instant, nullable=False),
    CheckConstraint("granted >= 0", name="granted"),
    ForeignKeyConstraint(["owner_id", "period_at"], ["quota_counters.owner_id", "quota_counters.period_at"]),
    Index("ix_quota_leases_counter", "owner_id", "period_at"),
)  # fmt: skip

journals = Table(
    "journals", metadata,
    # The life of one gate process; its folder's name.
    Column("id", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("segment", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    # All that was decided before this instant is counted.
    Column("updated_at", Instant, nullable=False),
    # When it was read to its end, its process being gone. The row stays: its events must not count again.
    Column("ended_at", Instant),
)  # fmt: skip

# Decisions that were answered without a record, because a gate's disk took none (FREEHOLD_JOURNAL_FULL=shed).
usage_gaps = Table(
    "usage_gaps", metadata,
    Column("journal_id", Text, primary_key=True),
    Column("slot", Integer, primary_key=True),
    # Empty: of no known key. `*`: of more projects than the journal can tell apart.
    Column("project_id", Text, nullable=False),
    Column("decisions", BigInteger, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    CheckConstraint("decisions > 0", name="decisions"),
    Index("ix_usage_gaps_project_id", "project_id", "last_at"),
)  # fmt: skip

UNDECLARED = text("outcome IN ('endpoint_unknown', 'endpoint_not_in_scope')")
UNDECLARED_OUTCOMES: Final = frozenset({"endpoint_unknown", "endpoint_not_in_scope"})

# No foreign keys: they would cost more than all the rest of a row, and names are given in the transaction that writes it.
_NAMED: Final = "project_id > 0 AND key_id > 0 AND secret > 0 AND endpoint > 0"

usage_events = Table(
    "usage_events", metadata,
    Column("id", Text, primary_key=True),
    Column("journal_id", Named, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    # NULL where the credential named no project: malformed or unknown keys. Its organization, API and environment are its own.
    Column("project_id", Named),
    Column("key_id", Named),
    # What strangers made up too, as it is.
    Column("secret", Text),
    Column("endpoint", Text),
    Column("method", Text),
    Column("path", Text),
    # `allowed` or the reason of the denial.
    Column("outcome", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("status", SmallInteger),
    Column("latency_us", BigInteger),
    Column("cost", BigInteger, nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
    # What the decision saw: rule, limits with what remained, configuration epoch.
    Column("explanation", JsonText),
    # Not IN, here and below: SQLite would make a tree of its values for every row that is written.
    CheckConstraint("via = 'verify' OR via = 'authorize' OR via = 'gateway' OR via = 'sdk'", name="via"),
    CheckConstraint("journal_id > 0 AND project_id > 0 AND key_id > 0", name="named"),
    Index("ix_usage_events_journal", "journal_id", "position"),
    # Without the id, that requests of one instant are listed by: those few are sorted when they are read.
    Index("ix_usage_events_project_at", "project_id", "at"),
    Index("ix_usage_events_key_at", "key_id", "at"),
    # Small: what a project calls and does not declare.
    Index("ix_usage_events_undeclared", "project_id", "at", sqlite_where=UNDECLARED, postgresql_where=UNDECLARED),
    # A day's are a partition, and ids sort by time: so they are unique in all partitions together (usage/partitions.py).
    postgresql_partition_by="RANGE (id)",
)  # fmt: skip

usage_rollups = Table(
    "usage_rollups", metadata,
    # Empty texts, not NULL, where a decision had no project, key, secret or endpoint: they are part of the key.
    Column("project_id", Named, primary_key=True, autoincrement=False),
    Column("grain", Text, primary_key=True),
    Column("bucket_at", Instant, primary_key=True),
    Column("key_id", Named, primary_key=True, autoincrement=False),
    Column("secret", Named, primary_key=True, autoincrement=False),
    Column("endpoint", Named, primary_key=True, autoincrement=False),
    Column("outcome", Text, primary_key=True),
    # 2xx to 5xx as 2 to 5; 0 where no upstream answered or none was seen.
    Column("status_class", SmallInteger, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("latency_us_sum", BigInteger, nullable=False),
    Column("latency_count", BigInteger, nullable=False),
    # The latencies' distribution (kit/sketch.py); NULL where none was seen.
    Column("latency", LargeBinary),
    CheckConstraint("grain = 'minute' OR grain = 'hour' OR grain = 'day' OR grain = 'month'", name="grain"),
    CheckConstraint(_NAMED, name="named"),
    # One tree and no other: whatever is asked of rollups is asked of projects.
    sqlite_with_rowid=False,
    # Minutes are partitioned further, by day.
    postgresql_partition_by="LIST (grain)",
)  # fmt: skip

# What charts show of the rollups, in few rows: a project's as a whole, and its hours' by key, endpoint and outcome.
usage_totals = Table(
    "usage_totals", metadata,
    # Empty: of no known project, as in the rollups.
    Column("project_id", Named, primary_key=True, autoincrement=False),
    # By what it is divided; the columns that name the part are filled, the others are empty texts.
    Column("division", Text, primary_key=True),
    Column("grain", Text, primary_key=True),
    Column("bucket_at", Instant, primary_key=True),
    Column("key_id", Named, primary_key=True, autoincrement=False),
    Column("secret", Named, primary_key=True, autoincrement=False),
    Column("endpoint", Named, primary_key=True, autoincrement=False),
    Column("outcome", Text, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("allowed", BigInteger, nullable=False),
    Column("served", BigInteger, nullable=False),
    Column("throttled", BigInteger, nullable=False),
    Column("denied", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    # The latencies' distribution (kit/sketch.py), of the whole alone; NULL where none was seen.
    Column("latency", LargeBinary),
    CheckConstraint("grain = 'minute' OR grain = 'hour' OR grain = 'day' OR grain = 'month'", name="grain"),
    CheckConstraint("division = 'whole' OR (grain = 'hour' AND (division = 'key' OR division = 'endpoint' OR division = 'outcome'))", name="division"),
    CheckConstraint("requests = served + throttled + denied + failed", name="kinds"),
    CheckConstraint(_NAMED, name="named"),
    sqlite_with_rowid=False,
    # Minutes are partitioned further, by day.
    postgresql_partition_by="LIST (grain)",
)  # fmt: skip

# When sums of a project changed last: who looks at them regularly looks at these only.
usage_changes = Table(
    "usage_changes", metadata,
    Column("project_id", Text, primary_key=True),
    Column("changed_at", Instant, nullable=False),
    Index("ix_usage_changes_changed_at", "changed_at"),
)  # fmt: skip

# What the operator's API says that a request cost. It waits where the request is not counted yet.
cost_reports = Table(
    "cost_reports", metadata,
    Column("request_id", Text, primary_key=True),
    # Whose requests the reporter may report of; NULL: everybody's.
    Column("organization_id", Text),
    Column("cost", BigInteger, nullable=False),
    Column("cost_before", BigInteger),
    Column("reported_by", Text, nullable=False),
    Column("reported_at", Instant, nullable=False),
    # When it changed the sums, once.
    Column("counted_at", Instant),
    CheckConstraint("cost >= 0", name="cost"),
    CheckConstraint("(counted_at IS NULL) = (cost_before IS NULL)", name="counted"),
    Index("ix_cost_reports_waiting", "reported_at",
          sqlite_where=text("counted_at IS NULL"), postgresql_where=text("counted_at IS NULL")),
)  # fmt: skip

# Units of cost that were used without a request through the gate (CloudEvents). Kept for good: an id counts once.
metered_events = Table(
    "metered_events", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("key_id", Text),
    Column("endpoint", Text),
    Column("received_at", Instant, nullable=False),
    CheckConstraint("units >= 0", name="units"),
    ForeignKeyConstraint(["key_id", "project_id"], ["keys.id", "keys.project_id"]),
    Index("ix_metered_events_at", "project_id", "at"),
)  # fmt: skip

# The files that requests went to when they were too old to be kept here: one a day and project.
usage_archives = Table(
    "usage_archives", metadata,
    Column("day_at", Instant, primary_key=True),
    # Empty: of no known project.
    Column("project_id", Text, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
)  # fmt: skip

# What comparing all sums with each other found, each time.
reconciliations = Table(
    "reconciliations", metadata,
    Column("as_of", Instant, primary_key=True),
    Column("finished_at", Instant, nullable=False),
    Column("compared", BigInteger, nullable=False),
    Column("differences", BigInteger, nullable=False),
    # The first of the differences, in words.
    Column("findings", JsonText, nullable=False),
)  # fmt: skip

secret_uses = Table(
    "secret_uses", metadata,
    Column("selector", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("last_address", Text),
    Column("requests", BigInteger, nullable=False),
    Index("ix_secret_uses_key_id", "key_id"),
)  # fmt: skip
