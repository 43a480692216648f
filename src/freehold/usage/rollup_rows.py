"""Adding to rollup rows and to rows of totals, in the caller's transaction, with any number of others at it. SQL only.

One upsert a table does, in one order everywhere, so nobody waits in a circle. A sketch takes new values by having
them written behind the others (`kit/sketch`); where there are many by now, they are counted together: on
SQLite by a function of ours, on PostgreSQL by a second statement on the few rows that the first one names.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Final, TypeVar

import msgspec

from freehold.kit import sketch
from freehold.store.engine import Transaction
from freehold.usage.naming import Numbers, numbered
from freehold.usage.records import Grain
from freehold.usage.rollups import Slot, Sums
from freehold.usage.totals import totals

Row = tuple[Any, ...]
T = TypeVar("T")

# How many bytes of values stand behind a sketch: `sketch._singles_begin`, in PostgreSQL's words.
_SINGLES: Final = """octet_length(latency) - CASE get_byte(latency, 0) WHEN 115 THEN 1 ELSE
    3 + (get_byte(latency, 1) + 256 * get_byte(latency, 2)) * (2 + CASE get_byte(latency, 0) WHEN 66 THEN 1 WHEN 72 THEN 2 WHEN 73 THEN 4 ELSE 8 END) END"""


class _Table:
    """A table of sums with a sketch in its last column, and the statements that add to it. Columns with their SQL types."""

    def __init__(self, name: str, key: Mapping[str, str], sums: Iterable[str]) -> None:
        columns = {**key, **dict.fromkeys(sums, "bigint"), "latency": "bytea"}
        self.width, self.rewritten = len(key), (*key, "latency")
        names, of_key, kinds = ", ".join(columns), ", ".join(key), _kinds(columns)
        into = f"INSERT INTO {name} ({names})"
        adding = f"ON CONFLICT ({of_key}) DO UPDATE SET " + ", ".join(
            f"{each} = {name}.{each} + excluded.{each}" for each in sums
        )
        self.upsert = f"""{into} VALUES ({", ".join("?" * len(columns))}) {adding},
            latency = CASE WHEN excluded.latency IS NULL THEN latency ELSE merge_sketches(latency, excluded.latency) END"""
        # Rows reach the server by COPY, in a table of the connection's own: it reads them three times as quickly as JSON.
        self.given = f"pg_temp.given_{name}"
        self.begin = f"CREATE TEMPORARY TABLE IF NOT EXISTS given_{name} ({kinds}) ON COMMIT DELETE ROWS; DELETE FROM {self.given}"
        self.copy = f"COPY {self.given} FROM STDIN"
        self.add_and_name = f"""
            WITH added AS (
                {into} SELECT {names} FROM {self.given} {adding},
                    latency = COALESCE({name}.latency || substr(excluded.latency, 2), excluded.latency, {name}.latency)
                RETURNING {of_key}, latency
            ) SELECT {of_key}, latency FROM added WHERE latency IS NOT NULL AND {_SINGLES} > {sketch.SINGLES_BYTES_MAX}"""
        self.rewrite = f"""
            UPDATE {name} r SET latency = given.latency FROM json_to_recordset(%s::json) AS given ({_kinds(key)}, latency bytea)
            WHERE {" AND ".join(f"r.{each} = given.{each}" for each in key)}"""


def _kinds(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


_PARTS: Final = {"key_id": "int", "secret": "int", "endpoint": "int", "outcome": "text"}
_ROLLUPS: Final = _Table(
    "usage_rollups", {"project_id": "int", "grain": "text", "bucket_at": "bigint", **_PARTS, "status_class": "smallint"},
    ("requests", "cost", "latency_us_sum", "latency_count"),
)  # fmt: skip
_TOTALS: Final = _Table(
    "usage_totals", {"project_id": "int", "division": "text", "grain": "text", "bucket_at": "bigint", **_PARTS},
    ("requests", "cost", "allowed", "served", "throttled", "denied", "failed"),
)  # fmt: skip


def add_to_rollups(tx: Transaction, sums: Mapping[Grain, Mapping[Slot, Sums]]) -> None:
    """Add sums to the rollup rows of their slots and to their totals, and make the rows that are missing (primary keys)."""
    written = _Written(sketch.encode if tx.dialect.name == "sqlite" else sketch.singles)
    # The months' have every name there is.
    numbers = numbered(tx, ("", *(name for slot in sums["month"] for name in slot[1:5])))
    rollups = _in_order(_ROLLUPS, _rollups(sums, numbers, written))
    totals_rows = _add(tx, _ROLLUPS, rollups, lambda: _in_order(_TOTALS, _totals(sums, numbers, written)))
    _add(tx, _TOTALS, totals_rows, lambda: None)


class _Written:
    """Sketches as bytes, each once: rows of several grains share one where they are of the same events."""

    def __init__(self, write: Callable[[sketch.Sketch], bytes]) -> None:
        self._write = write
        self._known: dict[int, tuple[bytes | None, sketch.Sketch]] = {}

    def of(self, latency: sketch.Sketch) -> bytes | None:
        """None for an empty one."""
        if not latency:
            return None
        known = self._known.get(id(latency))
        if known is None:
            # Kept with its bytes, since a number like this is used again for whatever comes after a sketch is gone.
            known = self._known[id(latency)] = (self._write(latency), latency)
        return known[0]


def _rollups(sums: Mapping[Grain, Mapping[Slot, Sums]], numbers: Numbers, written: _Written) -> Iterable[Row]:
    for grain, slots in sums.items():
        for slot, (requests, cost, latency_us_sum, latency_count, latency) in slots.items():
            bucket_ms, project_id, key_id, secret, endpoint, outcome, status_class = slot
            yield (
                numbers[project_id], grain, bucket_ms, numbers[key_id], numbers[secret], numbers[endpoint], outcome, status_class,
                requests, cost, latency_us_sum, latency_count, written.of(latency),
            )  # fmt: skip


def _totals(sums: Mapping[Grain, Mapping[Slot, Sums]], numbers: Numbers, written: _Written) -> Iterable[Row]:
    for slot, (counts, latency) in totals(sums):
        project_id, division, grain, bucket_ms, key_id, secret, endpoint, outcome = slot
        yield (
            numbers[project_id], division, grain, bucket_ms, numbers[key_id], numbers[secret], numbers[endpoint], outcome,
            *counts, written.of(latency),
        )  # fmt: skip


def _in_order(table: _Table, given: Iterable[Row]) -> list[Row]:
    # By their keys, which differ.
    return sorted(given, key=itemgetter(*range(table.width)))


def _add(tx: Transaction, table: _Table, ordered: list[Row], meanwhile: Callable[[], T]) -> T:
    """Add rows to a table; what `meanwhile` gives, which PostgreSQL adds them during."""
    if not ordered:
        return meanwhile()
    driver: Any = tx.connection.driver_connection
    if tx.dialect.name == "sqlite":
        driver.create_function("merge_sketches", 2, _merge, deterministic=True)
        tx.exec_driver_sql(table.upsert, ordered)
        return meanwhile()
    tx.exec_driver_sql(table.begin)
    with driver.cursor() as cursor, cursor.copy(table.copy) as copy:
        for row in ordered:
            copy.write_row(row)
    # Sketches are values by themselves here, which the statement can write behind others whatever stands there.
    with driver.pipeline(), driver.cursor() as cursor:
        # In a pipeline the statement is on its way before its answer is waited for.
        cursor.execute(table.add_and_name)
        made = meanwhile()
        long = cursor.fetchall()
    if long:
        short = [(*key, _hex(sketch.encode(sketch.decode(latency)))) for *key, latency in long]
        tx.exec_driver_sql(table.rewrite, (_json(table.rewritten, short),))
    return made


def _json(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    """A few rows as one parameter."""
    return msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows]).decode()


def _hex(latency: bytes | None) -> str | None:
    return None if latency is None else f"\\x{latency.hex()}"


def _merge(left: bytes | None, right: bytes) -> bytes:
    return sketch.merge_written(left or b"", right)
