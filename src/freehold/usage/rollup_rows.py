"""Adding to rollup rows, in the caller's transaction: sums and sketches of latencies, with any number of others at it.

SQLite has one writer, so one upsert does, with a function of ours that merges sketches. PostgreSQL has
no such function: rows that are not there yet are inserted, in the order of the key, and nothing else;
those that were there are then locked, in the order of the key, merged here and written. Whoever waits in
the first step waits for somebody whose own waiting is behind him, so nobody waits in a circle; and a row
is written once, however much is in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from freehold.kit import sketch
from freehold.store.engine import Transaction
from freehold.usage.records import Grain
from freehold.usage.rollups import Slot, Sums

Columns = Mapping[str, str]
Row = tuple[Any, ...]

_KEY: Final = {
    "project_id": "text", "grain": "text", "bucket_at": "bigint", "key_id": "text", "secret": "text", "endpoint": "text",
    "outcome": "text", "status_class": "smallint",
}  # fmt: skip
_SUMS: Final = {"requests": "bigint", "cost": "bigint", "latency_us_sum": "bigint", "latency_count": "bigint"}
_COLUMNS: Final = {**_KEY, "organization_id": "text", **_SUMS, "latency": "bytea"}
_KEY_NAMES: Final = ", ".join(_KEY)
_NAMES: Final = ", ".join(_COLUMNS)
_KINDS: Final = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_GIVEN: Final = f"json_to_recordset(%s::json) AS given ({_KINDS})"
_SAME: Final = " AND ".join(f"r.{name} = given.{name}" for name in _KEY)
_WIDTH: Final = len(_KEY)
# The names are this module's own, here and below; values go as parameters.
_UPSERT: Final = (
    f"INSERT INTO usage_rollups ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT ({_KEY_NAMES}) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _SUMS)
    + ", latency = merge_sketches(latency, excluded.latency)"
)
_INSERT: Final = (
    f"INSERT INTO usage_rollups ({_NAMES}) SELECT {_NAMES} FROM {_GIVEN} ON CONFLICT DO NOTHING RETURNING {_KEY_NAMES}"
)
_LOCK: Final = (
    f"SELECT {', '.join(f'r.{name}' for name in _KEY)}, {', '.join(f'r.{name}' for name in _SUMS)}, r.latency"
    f" FROM usage_rollups r JOIN {_GIVEN} ON {_SAME} ORDER BY {', '.join(f'r.{name}' for name in _KEY)} FOR UPDATE OF r"
)
_UPDATE: Final = (
    f"UPDATE usage_rollups r SET {', '.join(f'{name} = given.{name}' for name in _SUMS)}, latency = given.latency"
    f" FROM {_GIVEN} WHERE {_SAME}"
)


def add_to_rollups(tx: Transaction, sums: Mapping[Grain, Mapping[Slot, Sums]]) -> None:
    """Add sums to the rollup rows of their slots, and make those that are missing (primary key)."""
    written: dict[int, bytes | None] = {}
    rows = {row[:_WIDTH]: row for row in _rows(sums, written)}
    if not rows:
        return
    ordered = [rows[key] for key in sorted(rows)]
    if tx.dialect.name == "sqlite":
        driver: Any = tx.connection.driver_connection
        driver.create_function("merge_sketches", 2, _merge, deterministic=True)
        tx.exec_driver_sql(_UPSERT, ordered)
        return
    while ordered:
        ordered = _add(tx, ordered)


def _rows(sums: Mapping[Grain, Mapping[Slot, Sums]], written: dict[int, bytes | None]) -> Iterable[Row]:
    for grain, slots in sums.items():
        for slot, (requests, cost, latency_us_sum, latency_count, latency) in slots.items():
            # Rows of several grains share a sketch where they are of the same events.
            known = id(latency)
            if known not in written:
                written[known] = sketch.encode(latency) or None
            yield (
                slot.project_id, grain, slot.bucket_ms, slot.key_id, slot.secret, slot.endpoint, slot.outcome,
                slot.status_class, slot.organization_id, requests, cost, latency_us_sum, latency_count, written[known],
            )  # fmt: skip


def _add(tx: Transaction, rows: Sequence[Row]) -> list[Row]:
    """Insert or add on PostgreSQL; the rows of neither, because theirs was deleted in between."""
    inserted = {tuple(row) for row in tx.exec_driver_sql(_INSERT, (_given(rows),))}
    known = {row[:_WIDTH]: row for row in rows if row[:_WIDTH] not in inserted}
    if not known:
        return []
    there = tx.exec_driver_sql(_LOCK, (_given(known.values()),)).all()
    merged = []
    for *key, requests, cost, latency_us_sum, latency_count, latency in there:
        row = known.pop(tuple(key))
        more = row[_WIDTH + 1 :]
        sums = (requests + more[0], cost + more[1], latency_us_sum + more[2], latency_count + more[3])
        merged.append((*row[: _WIDTH + 1], *sums, _merge(latency, more[4])))
    tx.exec_driver_sql(_UPDATE, (_given(merged),))
    return list(known.values())


def _given(rows: Iterable[Row]) -> str:
    """Rows as one parameter: JSON is what both ends read quickest."""
    return msgspec.json.encode([dict(zip(_COLUMNS, (*row[:-1], _hex(row[-1])), strict=True)) for row in rows]).decode()


def _hex(latency: bytes | None) -> str | None:
    return None if latency is None else f"\\x{latency.hex()}"


def _merge(left: bytes | None, right: bytes | None) -> bytes | None:
    return sketch.merge_written(left or b"", right or b"") or None
