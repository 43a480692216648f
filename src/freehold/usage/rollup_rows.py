"""Adding to rollup rows, in the caller's transaction: sums and sketches of latencies, with any number of others at it.

One upsert does, in the order of the key, so nobody waits in a circle. A sketch takes new values by having
them written behind the others (`kit/sketch`); where there are many by now, they are counted together: on
SQLite by a function of ours, on PostgreSQL by a second statement on the few rows that the first one names.
"""

from collections.abc import Callable, Iterable, Mapping
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
_WIDTH: Final = len(_KEY)
_ADD: Final = ", ".join(f"{name} = usage_rollups.{name} + excluded.{name}" for name in _SUMS)
_UPSERT: Final = (
    f"INSERT INTO usage_rollups ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT ({_KEY_NAMES}) DO UPDATE SET {_ADD},"
    " latency = merge_sketches(latency, excluded.latency)"
)
# How many bytes of values stand behind a sketch: `sketch._singles_begin`, in PostgreSQL's words.
_SINGLES: Final = """octet_length(latency) - CASE get_byte(latency, 0) WHEN 115 THEN 1 ELSE
    3 + (get_byte(latency, 1) + 256 * get_byte(latency, 2)) * (2 + CASE get_byte(latency, 0) WHEN 66 THEN 1 WHEN 72 THEN 2 WHEN 73 THEN 4 ELSE 8 END) END"""
_ADD_AND_NAME: Final = f"""
    WITH added AS (
        INSERT INTO usage_rollups ({_NAMES}) SELECT {_NAMES} FROM json_to_recordset(%s::json) AS given ({_KINDS})
        ON CONFLICT ({_KEY_NAMES}) DO UPDATE SET {_ADD},
            latency = COALESCE(usage_rollups.latency || substr(excluded.latency, 2), excluded.latency, usage_rollups.latency)
        RETURNING {_KEY_NAMES}, latency
    ) SELECT {_KEY_NAMES}, latency FROM added WHERE latency IS NOT NULL AND {_SINGLES} > {sketch.SINGLES_BYTES_MAX}
"""
_REWRITE: Final = f"""
    UPDATE usage_rollups r SET latency = given.latency
    FROM json_to_recordset(%s::json) AS given ({", ".join(f"{name} {kind}" for name, kind in _KEY.items())}, latency bytea)
    WHERE {" AND ".join(f"r.{name} = given.{name}" for name in _KEY)}
"""


def add_to_rollups(tx: Transaction, sums: Mapping[Grain, Mapping[Slot, Sums]]) -> None:
    """Add sums to the rollup rows of their slots, and make those that are missing (primary key)."""
    is_sqlite = tx.dialect.name == "sqlite"
    rows = {row[:_WIDTH]: row for row in _rows(sums, sketch.encode if is_sqlite else sketch.singles)}
    if not rows:
        return
    ordered = [rows[key] for key in sorted(rows)]
    if is_sqlite:
        driver: Any = tx.connection.driver_connection
        driver.create_function("merge_sketches", 2, _merge, deterministic=True)
        tx.exec_driver_sql(_UPSERT, ordered)
        return
    # Values by themselves, which the statement can write behind others whatever stands there.
    given = [(*row[:-1], _hex(row[-1])) for row in ordered]
    long = tx.exec_driver_sql(_ADD_AND_NAME, (_json(_COLUMNS, given),)).all()
    if long:
        short = [(*key, _hex(sketch.encode(sketch.decode(latency)))) for *key, latency in long]
        tx.exec_driver_sql(_REWRITE, (_json((*_KEY, "latency"), short),))


def _rows(sums: Mapping[Grain, Mapping[Slot, Sums]], write: Callable[[sketch.Sketch], bytes]) -> Iterable[Row]:
    written: dict[int, bytes | None] = {}
    for grain, slots in sums.items():
        for slot, (requests, cost, latency_us_sum, latency_count, latency) in slots.items():
            # Rows of several grains share a sketch where they are of the same events.
            known = id(latency)
            if known not in written:
                written[known] = write(latency) or None
            yield (
                slot.project_id, grain, slot.bucket_ms, slot.key_id, slot.secret, slot.endpoint, slot.outcome,
                slot.status_class, slot.organization_id, requests, cost, latency_us_sum, latency_count, written[known],
            )  # fmt: skip


def _json(names: Iterable[str], rows: Iterable[Row]) -> str:
    """Rows as one parameter: JSON is what both ends read quickest."""
    columns = tuple(names)
    return msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows]).decode()


def _hex(latency: bytes | None) -> str | None:
    return None if latency is None else f"\\x{latency.hex()}"


def _merge(left: bytes | None, right: bytes | None) -> bytes | None:
    return sketch.merge_written(left or b"", right or b"") or None
