"""Tables as JSON Lines of raw values, the same whichever database they come from or go to. And what a backup's manifest says.

The first line of a table has its columns' names and kinds, each further one a row. Bytes are base64; numbers, texts, booleans
and null are JSON's own. Instants are Unix milliseconds and JSON values text, as the database has them.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    LargeBinary,
    Select,
    Table,
    TypeDecorator,
    select,
    text,
    type_coerce,
)

from freehold.store import schema
from freehold.store.engine import Transaction

Kind = Literal["plain", "boolean", "bytes"]

MANIFEST: Final = "manifest.json"
SECRET: Final = "secret.key"  # noqa: S105 — the name of a file
FORMAT: Final = 1
ROWS_AT_ONCE: Final = 1000
# Processes that live now: another instance has its own.
_LEFT_OUT: Final = frozenset({"verifiers"})
_encode: Final = msgspec.json.Encoder().encode


class Part(msgspec.Struct, frozen=True):
    """One file of a backup: its name, how many rows (of a table) and bytes it has, and its SHA-256 in hexadecimal."""

    name: str
    rows: int
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `schema`: the migration that its tables are of. `secret`: whether the instance's secret is in it."""

    format: int
    version: str
    schema: str
    database: str
    taken_at_ms: int
    secret: bool
    parts: list[Part]

    @property
    def rows(self) -> int:
        """How many rows all tables have."""
        return sum(part.rows for part in self.parts)


def table_part(name: str) -> str:
    """The name of a table's part."""
    return f"tables/{name}.jsonl"


def tables() -> list[Table]:
    """What is backed up, in an order in which every row finds what it refers to."""
    return [table for table in schema.metadata.sorted_tables if table.name not in _LEFT_OUT]


def lines_of(tx: Transaction, table: Table) -> Iterator[bytes]:
    """A table as lines: its columns, then its rows, read as they are needed."""
    kinds = [_kind(column) for column in table.columns]
    yield _encode([[str(column.name), kind] for column, kind in zip(table.columns, kinds, strict=True)]) + b"\n"
    written = [_WRITTEN[kind] for kind in kinds]
    with tx.execute(_raw(table).execution_options(yield_per=ROWS_AT_ONCE)) as rows:
        for row in rows:
            yield _encode([write(value) for write, value in zip(written, row, strict=True)]) + b"\n"


def insert_lines(
    tx: Transaction, table: str, lines: Iterable[bytes], before: Callable[[Sequence[dict[str, Any]]], None]
) -> int:
    """Put a table's rows back; how many. `before` sees each batch first."""
    head, count = None, 0
    batch: list[dict[str, Any]] = []
    for line in lines:
        values = msgspec.json.decode(line)
        if head is None:
            head = values
            continue
        batch.append({name: _READ[kind](value) for (name, kind), value in zip(head, values, strict=True)})
        if len(batch) == ROWS_AT_ONCE:
            count += _insert(tx, table, batch, before)
            batch = []
    return count + (_insert(tx, table, batch, before) if batch else 0)


def _insert(
    tx: Transaction, table: str, batch: list[dict[str, Any]], before: Callable[[Sequence[dict[str, Any]]], None]
) -> int:
    before(batch)
    names = list(batch[0])
    # Plain text: the table is that of the backup's schema, which may be older than the one this program knows.
    columns, places = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    tx.execute(text(f'INSERT INTO "{table}" ({columns}) VALUES ({places})'), batch)  # noqa: S608 — names out of a checked manifest
    return len(batch)


def _raw(table: Table) -> Select[Any]:
    columns = [
        type_coerce(column, column.type.impl).label(column.name) if isinstance(column.type, TypeDecorator) else column
        for column in table.columns
    ]
    query = select(*columns)
    # A production project refers to its sandbox sibling, which therefore comes first.
    return query.order_by(table.c.sandbox_id.is_not(None)) if table is schema.projects else query


def _kind(column: Column[Any]) -> Kind:
    if isinstance(column.type, LargeBinary):
        return "bytes"
    return "boolean" if isinstance(column.type, Boolean) else "plain"


def _same(value: Any) -> Any:
    return value


_WRITTEN: Final[dict[str, Callable[[Any], Any]]] = {
    "plain": _same,
    "boolean": lambda value: None if value is None else bool(value),
    "bytes": lambda value: None if value is None else base64.b64encode(value).decode("ascii"),
}
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "plain": _same,
    "boolean": _same,
    "bytes": lambda value: None if value is None else base64.b64decode(value),
}
