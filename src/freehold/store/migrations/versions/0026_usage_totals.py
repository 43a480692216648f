"""Totals: what charts show of the rollups, in few rows, made of the rollups that are there. A narrower index of requests, quicker checks."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from struct import pack, unpack_from

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_DAY_MS = 86_400_000
_KEY = ("project_id", "division", "grain", "bucket_at", "key_id", "secret", "endpoint", "outcome")
_SUMS = ("requests", "cost", "allowed", "served", "throttled", "denied", "failed")
# The columns that name a division's parts.
_DIVISIONS = {"whole": (), "key": ("key_id", "secret"), "endpoint": ("endpoint",), "outcome": ("outcome",)}
_THROTTLED = "outcome IN ('rate_limited', 'quota_exhausted')"
_FAILED = "(outcome = 'unavailable' OR (outcome = 'allowed' AND status_class = 5))"
_KINDS = {
    "allowed": "outcome = 'allowed'", "served": "outcome = 'allowed' AND status_class <> 5", "throttled": _THROTTLED,
    "denied": f"NOT (outcome IN ('allowed', 'unavailable') OR {_THROTTLED})", "failed": _FAILED,
}  # fmt: skip
_BYTES = {"B": 1, "H": 2, "I": 4, "Q": 8}


_GRAIN = "grain = 'minute' OR grain = 'hour' OR grain = 'day' OR grain = 'month'"
# Checks that say the same with OR: for IN, SQLite makes a tree of the values for every row that is written.
_CHECKS = (
    ("usage_rollups", "grain", "grain IN ('minute', 'hour', 'day', 'month')", _GRAIN),
    ("usage_events", "via", "via IN ('verify', 'authorize', 'gateway', 'sdk')",
     "via = 'verify' OR via = 'authorize' OR via = 'gateway' OR via = 'sdk'"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "usage_totals",
        *(sa.Column(name, sa.BigInteger() if name == "bucket_at" else sa.Text(), nullable=False) for name in _KEY),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sa.Column("latency", sa.LargeBinary()),
        sa.CheckConstraint(_GRAIN, name=op.f("ck_usage_totals_grain")),
        sa.CheckConstraint(
            "division = 'whole' OR (grain = 'hour' AND (division = 'key' OR division = 'endpoint' OR division = 'outcome'))",
            name=op.f("ck_usage_totals_division"),
        ),
        sa.CheckConstraint("requests = served + throttled + denied + failed", name=op.f("ck_usage_totals_kinds")),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_usage_totals")),
        sqlite_with_rowid=False,
        postgresql_partition_by="LIST (grain)",
    )
    if op.get_bind().dialect.name == "postgresql":
        _make_partitions()
    for division in _DIVISIONS:
        _add_up(division)
    _merge_sketches()
    op.drop_index("ix_usage_events_project_at", "usage_events")
    op.create_index("ix_usage_events_project_at", "usage_events", ["project_id", "at"])
    for table, name, old, new in _CHECKS:
        _say_otherwise(table, f"ck_{table}_{name}", old, new)


def _say_otherwise(table: str, name: str, old: str, new: str) -> None:
    """Put a check's condition in other words. On SQLite without copying the table, as its documentation of ALTER TABLE has it."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({new})")
        return
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    done = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table AND instr(sql, :old)"
        ),
        {"old": f"CHECK ({old})", "new": f"CHECK ({new})", "table": table},
    )
    if done.rowcount != 1:
        raise RuntimeError(f"{table} has no check as it was made: {old}")
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")


def _make_partitions() -> None:
    # Rows are changed often and never in what is indexed: room for the next version beside the present one.
    for grain in ("hour", "day", "month"):
        op.execute(
            f"CREATE TABLE usage_totals_{grain} PARTITION OF usage_totals FOR VALUES IN ('{grain}') WITH (fillfactor = 80)"
        )
    op.execute(
        "CREATE TABLE usage_totals_minute PARTITION OF usage_totals FOR VALUES IN ('minute') PARTITION BY RANGE (bucket_at)"
    )
    op.execute("CREATE TABLE usage_totals_minute_other PARTITION OF usage_totals_minute DEFAULT WITH (fillfactor = 80)")
    days = "SELECT DISTINCT bucket_at / 86400000 FROM usage_rollups WHERE grain = 'minute'"
    for day in op.get_bind().execute(sa.text(days)).scalars().all():
        start, end = day * _DAY_MS, (day + 1) * _DAY_MS
        op.execute(
            f"CREATE TABLE usage_totals_minute_{datetime.fromtimestamp(start / 1000, UTC):%Y%m%d} PARTITION OF usage_totals_minute"
            f" FOR VALUES FROM ({start}) TO ({end}) WITH (fillfactor = 80)"
        )


def _add_up(division: str) -> None:
    named = _DIVISIONS[division]
    columns = [f"'{division}'" if name == "division" else name if name in ("project_id", "grain", "bucket_at", *named) else "''"
               for name in _KEY]  # fmt: skip
    kinds = [f"SUM(CASE WHEN {condition} THEN requests ELSE 0 END)" for condition in _KINDS.values()]
    hours = "" if division == "whole" else "WHERE grain = 'hour'"
    op.execute(
        f"INSERT INTO usage_totals ({', '.join((*_KEY, *_SUMS))})"  # noqa: S608 — names of this file
        f" SELECT {', '.join(columns)}, SUM(requests), SUM(cost), {', '.join(kinds)} FROM usage_rollups {hours}"
        f" GROUP BY {', '.join(('project_id', 'grain', 'bucket_at', *named))}"
    )


def _merge_sketches() -> None:
    """The latencies of a whole are those of all its rollup rows; read a project and grain at a time, for the sake of memory."""
    connection = op.get_bind()
    wholes = connection.execute(sa.text("SELECT DISTINCT project_id, grain FROM usage_totals")).all()
    query = sa.text("""SELECT bucket_at, latency FROM usage_rollups
                       WHERE project_id = :project AND grain = :grain AND latency IS NOT NULL ORDER BY bucket_at""")
    update = sa.text("""UPDATE usage_totals SET latency = :latency
                        WHERE project_id = :project AND division = 'whole' AND grain = :grain AND bucket_at = :at""")
    for project, grain in wholes:
        whole = {"project": project, "grain": grain}
        rows = groupby(connection.execute(query, whole).all(), lambda row: row[0])
        if found := [{**whole, "at": at, "latency": _together(bytes(row[1]) for row in some)} for at, some in rows]:
            connection.execute(update, found)


def _together(sketches: Iterable[bytes]) -> bytes:
    whole: Counter[int] = Counter()
    for each in sketches:
        whole.update(_read(each))
    return _written(whole)


# How sketches were written down when this was written: kit/sketch.py.
def _read(written: bytes) -> Counter[int]:
    begins, sketch = 1, Counter[int]()
    if (kind := chr(written[0])) != "s":
        length = written[1] + 256 * written[2]
        begins = 3 + length * (2 + _BYTES[kind])
        numbers = unpack_from(f"<{length}H{length}{kind}", written, 3)
        sketch.update(dict(zip(numbers[:length], numbers[length:], strict=True)))
    sketch.update(unpack_from(f"<{(len(written) - begins) // 2}H", written, begins))
    return sketch


def _written(sketch: Counter[int]) -> bytes:
    kind = next(kind for kind, width in _BYTES.items() if max(sketch.values()) < 1 << 8 * width)
    buckets = sorted(sketch)
    return pack(f"<cH{len(buckets)}H{len(buckets)}{kind}", kind.encode(), len(buckets), *buckets, *(sketch[each] for each in buckets))  # fmt: skip
