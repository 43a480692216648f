"""Usage that is kept for long.

Rollups by project first and with sketches of their latencies, events in partitions by day on PostgreSQL, and tables for
what is reported, archived, reconciled and changed.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import ceil, log
from struct import pack

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_DAY_MS = 86_400_000
_EVENTS = ("id", "journal_id", "position", "at", "project_id", "organization_id", "environment", "key_id", "secret", "api_id", "endpoint",
           "method", "path", "outcome", "via", "status", "latency_us", "cost", "address", "user_agent", "explanation")  # fmt: skip
_SUMS = ("grain", "bucket_at", "project_id", "key_id", "secret", "endpoint", "outcome", "status_class", "organization_id", "requests", "cost",
         "latency_us_sum", "latency_count")  # fmt: skip
# How latencies were put into buckets when this was written: kit/sketch.py.
_SCALE = 1 / log(1.01 / 0.99)


def upgrade() -> None:
    op.execute("ALTER TABLE usage_events RENAME TO old_usage_events")
    op.execute("ALTER TABLE usage_rollups RENAME TO old_usage_rollups")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_usage_events RENAME TO pk_old_usage_events")
        op.execute("ALTER INDEX pk_usage_rollups RENAME TO pk_old_usage_rollups")
    for name in (
        "usage_events_at",
        "usage_events_key_at",
        "usage_events_project_at",
        "usage_rollups_project",
        "usage_rollups_organization",
    ):
        op.drop_index(f"ix_{name}")
    _make_events()
    _make_rollups()
    _make_others()
    if op.get_bind().dialect.name == "postgresql":
        _make_partitions()
    _carry_over("usage_events", _EVENTS)
    _carry_over("usage_rollups", _SUMS)
    _sketch_latencies()


def _make_events() -> None:
    op.create_table(
        "usage_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Text())
            for name in (
                "project_id",
                "organization_id",
                "environment",
                "key_id",
                "secret",
                "api_id",
                "endpoint",
                "method",
                "path",
            )
        ),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("latency_us", sa.BigInteger()),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("address", "user_agent", "explanation")),
        sa.CheckConstraint("via IN ('verify', 'authorize', 'gateway', 'sdk')", name=op.f("ck_usage_events_via")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_usage_events_journal", "usage_events", ["journal_id", "position"])
    op.create_index("ix_usage_events_project_at", "usage_events", ["project_id", "at", "id"])
    op.create_index("ix_usage_events_key_at", "usage_events", ["key_id", "at"])


def _make_rollups() -> None:
    op.create_table(
        "usage_rollups",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("bucket_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key_id", "secret", "endpoint", "outcome")),
        sa.Column("status_class", sa.SmallInteger(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("requests", "cost", "latency_us_sum", "latency_count")),
        sa.Column("latency", sa.LargeBinary()),
        sa.CheckConstraint("grain IN ('minute', 'hour', 'day', 'month')", name=op.f("ck_usage_rollups_grain")),
        sa.PrimaryKeyConstraint("project_id", "grain", "bucket_at", "key_id", "secret", "endpoint", "outcome", "status_class",
                                name=op.f("pk_usage_rollups")),
        sqlite_with_rowid=False,
        postgresql_partition_by="LIST (grain)",
    )  # fmt: skip


def _make_others() -> None:
    op.create_table(
        "usage_changes",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_usage_changes")),
    )
    op.create_index("ix_usage_changes_changed_at", "usage_changes", ["changed_at"])
    op.create_table(
        "cost_reports",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text()),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("cost_before", sa.BigInteger()),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.BigInteger()),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_cost_reports_cost")),
        sa.CheckConstraint("(counted_at IS NULL) = (cost_before IS NULL)", name=op.f("ck_cost_reports_counted")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_cost_reports")),
    )
    waiting = sa.text("counted_at IS NULL")
    op.create_index(
        "ix_cost_reports_waiting", "cost_reports", ["reported_at"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "metered_events",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text()),
        sa.Column("endpoint", sa.Text()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_metered_events_units")),
        sa.PrimaryKeyConstraint("project_id", "source", "event_id", name=op.f("pk_metered_events")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_metered_events_project_id")),
        sa.ForeignKeyConstraint(
            ["key_id", "project_id"], ["keys.id", "keys.project_id"], name=op.f("fk_metered_events_key_id_project_id")
        ),
    )
    op.create_index("ix_metered_events_at", "metered_events", ["project_id", "at"])
    op.create_table(
        "usage_archives",
        sa.Column("day_at", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day_at", "project_id", name=op.f("pk_usage_archives")),
    )
    op.create_table(
        "reconciliations",
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("compared", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("as_of", name=op.f("pk_reconciliations")),
    )


def _make_partitions() -> None:
    op.execute("CREATE TABLE usage_events_other PARTITION OF usage_events DEFAULT")
    # Rows are changed often and never in what is indexed: room for the next version beside the present one.
    for grain in ("hour", "day", "month"):
        op.execute(
            f"CREATE TABLE usage_rollups_{grain} PARTITION OF usage_rollups FOR VALUES IN ('{grain}') WITH (fillfactor = 80)"
        )
    op.execute(
        "CREATE TABLE usage_rollups_minute PARTITION OF usage_rollups FOR VALUES IN ('minute') PARTITION BY RANGE (bucket_at)"
    )
    op.execute(
        "CREATE TABLE usage_rollups_minute_other PARTITION OF usage_rollups_minute DEFAULT WITH (fillfactor = 80)"
    )
    for day_ms in op.get_bind().execute(sa.text("SELECT DISTINCT at / 86400000 FROM old_usage_events")).scalars().all():
        start, end = day_ms * _DAY_MS, (day_ms + 1) * _DAY_MS
        name = f"{datetime.fromtimestamp(start / 1000, UTC):%Y%m%d}"
        op.execute(
            f"CREATE TABLE usage_events_{name} PARTITION OF usage_events FOR VALUES FROM ('{_first_id(start)}') TO ('{_first_id(end)}')"
        )


def _first_id(ms: int) -> str:
    """What sorts before every request id of a millisecond and after all of those before it."""
    text = ""
    for _ in range(10):
        ms, digit = divmod(ms, 32)
        text = "0123456789abcdefghjkmnpqrstvwxyz"[digit] + text
    return f"req_{text}"


def _carry_over(table: str, columns: tuple[str, ...]) -> None:
    names = ", ".join(columns)
    op.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM old_{table}")  # noqa: S608 — names of this file
    op.drop_table(f"old_{table}")


def _sketch_latencies() -> None:
    """The sketches of the rows whose events are still there; of older ones no percentile is known, as before."""
    sketches: dict[tuple[str | int, ...], Counter[int]] = {}
    query = """SELECT at, COALESCE(project_id, ''), COALESCE(key_id, ''), COALESCE(secret, ''), COALESCE(endpoint, ''), outcome,
               COALESCE(status, 0), latency_us FROM usage_events WHERE latency_us IS NOT NULL"""
    for at, project, key, secret, endpoint, outcome, status, latency_us in op.get_bind().execute(sa.text(query)):
        moment = datetime.fromtimestamp(at // 1000, UTC)
        month = int((moment - timedelta(days=moment.day - 1)).timestamp() * 1000)
        starts = {
            "minute": at - at % 60_000,
            "hour": at - at % 3_600_000,
            "day": at - at % _DAY_MS,
            "month": month - month % _DAY_MS,
        }
        rest = (
            key,
            secret if key else "",
            endpoint if key else "",
            outcome,
            status // 100 if 200 <= status < 600 else 0,
        )
        for grain, start in starts.items():
            bucket = ceil(log(latency_us) * _SCALE) + 1 if latency_us else 0
            sketches.setdefault((project, grain, start, *rest), Counter())[bucket] += 1
    names = ("project_id", "grain", "bucket_at", "key_id", "secret", "endpoint", "outcome", "status_class")
    update = f"UPDATE usage_rollups SET latency = :latency WHERE {' AND '.join(f'{name} = :{name}' for name in names)}"  # noqa: S608
    for slot, sketch in sketches.items():
        op.get_bind().execute(sa.text(update), {**dict(zip(names, slot, strict=True)), "latency": _written(sketch)})


def _written(sketch: Counter[int]) -> bytes:
    kind = next(kind for kind, bound in (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32)) if max(sketch.values()) < bound)
    buckets = sorted(sketch)
    return pack(
        f"<cH{len(buckets)}H{len(buckets)}{kind}",
        kind.encode(),
        len(buckets),
        *buckets,
        *(sketch[each] for each in buckets),
    )
