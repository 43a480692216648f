"""PostgreSQL: a day's single requests, and a day's minutes, are a partition that goes as a whole. SQL only.

Partitions are made ahead, by housekeeping; what comes for a day that has none (a late event, a clock that
is wrong) waits in the partition `…_other`, so no event is ever refused for its time, and moves when its day
is made. Requests are told apart by their id, which begins with its millisecond: that keeps ids unique over
all partitions, and a request in the same one whatever is corrected about it.

Making and dropping take a lock on the whole table for an instant. Whoever cannot have it within half a
second gives up and tries again later, rather than let everybody queue behind; that is before PostgreSQL
looks for deadlocks, so where there is one, it is never a collector or a caller that gives way.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from freehold.kit import clock, ids
from freehold.store.engine import Transaction
from freehold.usage.rollups import DAY_MS

_DATE: Final = re.compile(r"_(\d{4})(\d\d)(\d\d)$")
# Any number will do; it names "making partitions" among PostgreSQL's advisory locks.
_LOCK: Final = 0x667265656870
# Fewer late rows than these of a day are not worth a partition.
_CROWD: Final = 1000


@dataclass(frozen=True, slots=True)
class Parted:
    """A table in partitions by day. `bound`: a millisecond as its partitions are told apart by, in SQL; `day`: the day of a row, in SQL."""

    table: str
    column: str
    bound: Callable[[int], str]
    day: str


EVENTS: Final = Parted("usage_events", "id", lambda ms: f"'{ids.first_id('req', ms)}'", '"at" / 86400000')
MINUTES: Final = Parted("usage_rollups_minute", "bucket_at", str, "bucket_at / 86400000")
TOTALS: Final = Parted("usage_totals_minute", "bucket_at", str, "bucket_at / 86400000")


def make_days(tx: Transaction, parted: Parted, days_ms: Iterable[int]) -> None:
    """Make the partitions that are missing of these days, each named by its first Unix millisecond."""
    _lock(tx)
    there = set(days_of(tx, parted))
    for day_ms in sorted(set(days_ms) - there):
        _make(tx, parted, day_ms)


def days_of(tx: Transaction, parted: Parted) -> list[int]:
    """The days that have a partition, oldest first."""
    query = text("""SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = CAST(:table AS regclass)""")
    found = (_DATE.search(name) for name in tx.execute(query, {"table": parted.table}).scalars())
    return sorted(_first_ms(match) for match in found if match)


def crowded_days(tx: Transaction, parted: Parted) -> list[int]:
    """The days without a partition that have many rows all the same."""
    query = text(f"SELECT {parted.day} AS day FROM {parted.table}_other GROUP BY day HAVING count(*) >= :crowd")
    return [day * DAY_MS for day in tx.execute(query, {"crowd": _CROWD}).scalars()]


def hold_day(tx: Transaction, parted: Parted, day_ms: int) -> None:
    """Keep everybody else from a day's partition until the transaction ends."""
    _lock(tx)
    tx.execute(text(f"LOCK TABLE {_name(parted, day_ms)} IN ACCESS EXCLUSIVE MODE"))


def drop_day(tx: Transaction, parted: Parted, day_ms: int, count: int | None = None) -> bool:
    """Drop a day's partition; False where it does not hold exactly so many rows, if a count is given (`hold_day` first)."""
    _lock(tx)
    name = _name(parted, day_ms)
    if count is not None and tx.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() != count:
        return False
    tx.execute(text(f"DROP TABLE {name}"))
    return True


def hold_still(tx: Transaction) -> None:
    """Let no row move to a partition of its own until the transaction ends; before anything is read in it.

    A transaction that sees one moment finds neither the row that was (partitions are looked up as they are now, and the one
    where it waited is passed over) nor the row that is (it came later). PostgreSQL's documentation of LOCK says why before.
    """
    others = ", ".join(f"{each.table}_other" for each in (EVENTS, MINUTES, TOTALS))
    tx.execute(text(f"LOCK TABLE {others} IN ACCESS SHARE MODE"))


def days_between(start_ms: int, end_ms: int) -> range:
    """The first millisecond of every UTC day that begins in a stretch of time, its own first day too."""
    return range(start_ms - start_ms % DAY_MS, end_ms, DAY_MS)


def ahead(now_ms: int) -> range:
    """The days that should have a partition at a moment: yesterday to the day after tomorrow."""
    return days_between(now_ms - DAY_MS, now_ms + 2 * DAY_MS + 1)


def _make(tx: Transaction, parted: Parted, day_ms: int) -> None:
    name, other = _name(parted, day_ms), f"{parted.table}_other"
    low, high = (parted.bound(each) for each in (day_ms, day_ms + DAY_MS))
    # Rows of minutes are changed often and never in what is indexed: room for the next version beside the present one.
    filled = 100 if parted is EVENTS else 80
    statements = (
        f"LOCK TABLE {other} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE {parted.table} INCLUDING ALL) WITH (fillfactor = {filled})",
        f"INSERT INTO {name} SELECT * FROM {other} WHERE {parted.column} >= {low} AND {parted.column} < {high}",
        f"DELETE FROM {other} WHERE {parted.column} >= {low} AND {parted.column} < {high}",
        f"ALTER TABLE {parted.table} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})",
    )
    for statement in statements:
        tx.execute(text(statement))


def _lock(tx: Transaction) -> None:
    """One at a time; and nobody waits long for what everybody needs."""
    tx.execute(text("SET LOCAL lock_timeout = '500ms'"))
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _first_ms(match: re.Match[str]) -> int:
    year, month, day = map(int, match.groups())
    return clock.to_ms(datetime(year, month, day, tzinfo=UTC))


def _name(parted: Parted, day_ms: int) -> str:
    return f"{parted.table}_{clock.from_ms(day_ms):%Y%m%d}"
