"""Taking a batch of a journal into the database: events, rollups, secrets' uses and the cursor.

SQL only, all of it in the caller's one transaction: either everything of a batch is counted and the
cursor has passed it, or nothing is and it has not. The cursor moves first and only from where the
batch was read, so of two collectors one is turned away before it adds anything. The bulk statements
differ by engine, because row by row neither takes the load: SQLite runs one prepared statement many
times, PostgreSQL takes many rows by COPY and few as one JSON.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final, TypeVar

import msgspec
import psycopg
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import journals, usage_events
from freehold.usage.journal_reader import Place
from freehold.usage.naming import Numbers, numbered
from freehold.usage.records import Grain, UsageEvent
from freehold.usage.rollup_rows import add_to_rollups
from freehold.usage.rollups import SecretUse, Slot, Sums, add_up, secret_uses

Events = Sequence[tuple[int, UsageEvent]]
Columns = Mapping[str, str]
T = TypeVar("T")

_IDS_AT_ONCE: Final = 500
_EVENT_COLUMNS: Final = {
    "id": "text", "journal_id": "int", "position": "bigint", "at": "bigint", "project_id": "int", "key_id": "int",
    "secret": "text", "endpoint": "text", "method": "text", "path": "text", "outcome": "text", "via": "text", "status": "smallint",
    "latency_us": "bigint", "cost": "bigint", "address": "text", "user_agent": "text", "explanation": "text",
}  # fmt: skip
_USE_COLUMNS: Final = {
    "selector": "text", "key_id": "text", "first_at": "bigint", "last_at": "bigint", "last_address": "text",
    "requests": "bigint",
}  # fmt: skip

_CHANGE_COLUMNS: Final = {"project_id": "text", "changed_at": "bigint"}
_MARK_CHANGED: Final = """ON CONFLICT (project_id) DO UPDATE SET changed_at =
    CASE WHEN excluded.changed_at > usage_changes.changed_at THEN excluded.changed_at ELSE usage_changes.changed_at END"""
_ADD_TO_USE: Final = """ON CONFLICT (selector) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < secret_uses.first_at THEN excluded.first_at ELSE secret_uses.first_at END,
    last_address = CASE WHEN excluded.last_at >= secret_uses.last_at THEN excluded.last_address ELSE secret_uses.last_address END,
    last_at = CASE WHEN excluded.last_at >= secret_uses.last_at THEN excluded.last_at ELSE secret_uses.last_at END,
    requests = secret_uses.requests + excluded.requests"""


class Resent(Exception):
    """Some of a batch's events are in the database already, or twice in the batch. Roll back, drop them, try again."""


@dataclass(frozen=True, slots=True)
class Added:
    """What one transaction adds to the sums, at every grain. The rollup rows have it already."""

    at: datetime
    sums: Mapping[Grain, Mapping[Slot, Sums]]


# Who is told in the counting transaction what it adds: SQL only, and quick, since the collector waits.
Watch = Callable[[Transaction, Added], None]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a journal is counted, and whether it has ended."""

    place: Place
    ended: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A cursor's way past a batch. `complete_to`: all that was decided before it is counted then."""

    journal_id: str
    start: Place
    end: Place
    complete_to: datetime
    ended_at: datetime | None


def open_journal(tx: Transaction, journal_id: str, node: str, now: datetime) -> Cursor:
    """A journal's cursor, which is made where the journal is new (primary key)."""
    row = tx.execute(
        select(journals.c.segment, journals.c.offset, journals.c.ended_at).where(journals.c.id == journal_id)
    ).first()
    if row:
        return Cursor(Place(row.segment, row.offset), row.ended_at is not None)
    new = sqlite.insert(journals) if tx.dialect.name == "sqlite" else postgresql.insert(journals)
    values = {"id": journal_id, "node": node, "segment": 0, "offset": 0, "updated_at": now}
    tx.execute(new.values(values).on_conflict_do_nothing())
    return Cursor(Place(), ended=False)


def pass_batch(tx: Transaction, step: Step, events: Events, watch: Watch | None = None) -> bool:
    """Count a batch and move the cursor past it; False where another collector was first.

    `watch` is told what was added, in the same transaction. Resent where the database knows some of the
    events: then nothing may be committed.
    """
    moved = tx.execute(
        update(journals)
        .where(
            journals.c.id == step.journal_id,
            journals.c.segment == step.start.segment,
            journals.c.offset == step.start.offset,
        )
        .values(segment=step.end.segment, offset=step.end.offset, updated_at=step.complete_to, ended_at=step.ended_at)
    )
    if not moved.rowcount:
        return False
    if events:
        sums, uses = _insert_events(tx, step.journal_id, events)
        count_sums(tx, sums, watch)
        _add_to_uses(tx, uses)
    return True


def count_sums(tx: Transaction, sums: Mapping[Grain, Mapping[Slot, Sums]], watch: Watch | None = None) -> None:
    """Add to the rollups, note whose sums have changed, and tell who watches."""
    add_to_rollups(tx, sums)
    now = clock.now()
    _mark_changed(tx, {slot.project_id for slot in sums["month"]}, now)
    if watch:
        watch(tx, Added(now, sums))


def without_known(tx: Transaction, journal_id: str, events: Events) -> list[tuple[int, UsageEvent]]:
    """The events of a batch that the database does not have yet, each once (primary key, unique position)."""
    lowest, highest = min(position for position, _ in events), max(position for position, _ in events)
    positions = set(
        tx.execute(
            select(usage_events.c.position).where(
                usage_events.c.journal_id == journal_id, usage_events.c.position.between(lowest, highest)
            )
        ).scalars()
    )
    names = [event.id for _, event in events]
    known: set[str] = set()
    for start in range(0, len(names), _IDS_AT_ONCE):
        query = select(usage_events.c.id).where(usage_events.c.id.in_(names[start : start + _IDS_AT_ONCE]))
        known.update(tx.execute(query).scalars())
    fresh = {}
    for position, event in events:
        if position not in positions and event.id not in known:
            positions.add(position)
            known.add(event.id)
            fresh[position] = event
    return list(fresh.items())


def touch_journals(tx: Transaction, journal_ids: Iterable[str], complete_to: datetime) -> None:
    """Say of idle journals that all before an instant is counted."""
    tx.execute(update(journals).where(journals.c.id.in_(list(journal_ids))).values(updated_at=complete_to))


def _insert_events(
    tx: Transaction, journal_id: str, events: Events
) -> tuple[Mapping[Grain, Mapping[Slot, Sums]], list[SecretUse]]:
    """Insert a batch's events; what they add up to. PostgreSQL takes them in while they are added up."""
    own = chain.from_iterable((event.project_id, event.key_id) for _, event in events)
    numbers = numbered(tx, {journal_id, *own})
    rows = [_event_row(numbers, journal_id, position, event) for position, event in events]

    def added_up() -> tuple[Mapping[Grain, Mapping[Slot, Sums]], list[SecretUse]]:
        return add_up(event for _, event in events), secret_uses(event for _, event in events)

    try:
        if tx.dialect.name != "sqlite":
            return _copy(tx, "usage_events", _EVENT_COLUMNS, rows, added_up)
        _insert_each(tx, "usage_events", _EVENT_COLUMNS, rows)
    except (IntegrityError, psycopg.errors.UniqueViolation) as error:
        raise Resent from error
    return added_up()


def _mark_changed(tx: Transaction, projects: Iterable[str], now: datetime) -> None:
    """Say that sums of these projects are other ones now, in the order of the key."""
    rows = [(project, clock.to_ms(now)) for project in sorted(projects) if project]
    if rows:
        _upsert(tx, "usage_changes", _CHANGE_COLUMNS, rows, _MARK_CHANGED)


def _add_to_uses(tx: Transaction, uses: list[SecretUse]) -> None:
    if uses:
        _upsert(tx, "secret_uses", _USE_COLUMNS, uses, _ADD_TO_USE)


def _upsert(tx: Transaction, table: str, columns: Columns, rows: Sequence[tuple[Any, ...]], conflict: str) -> None:
    if tx.dialect.name == "sqlite":
        _insert_each(tx, table, columns, rows, conflict)
        return
    names, kinds = ", ".join(columns), ", ".join(f"{name} {kind}" for name, kind in columns.items())
    # Table, columns and clause are this module's own, here and below; values go as parameters.
    source = f"SELECT {names} FROM json_to_recordset(%s::json) AS given ({kinds})"  # noqa: S608
    given = msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows]).decode()
    tx.exec_driver_sql(f"INSERT INTO {table} ({names}) {source} {conflict}", (given,))


def _insert_each(
    tx: Transaction, table: str, columns: Columns, rows: Sequence[tuple[Any, ...]], conflict: str = ""
) -> None:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) {conflict}"  # noqa: S608
    tx.exec_driver_sql(statement, list(rows))


def _copy(
    tx: Transaction, table: str, columns: Columns, rows: Sequence[tuple[Any, ...]], meanwhile: Callable[[], T]
) -> T:
    driver: Any = tx.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
        # All of it is on its way: the server is waited for when this is left.
        return meanwhile()


def _event_row(numbers: Numbers, journal_id: str, position: int, event: UsageEvent) -> tuple[Any, ...]:
    explanation = {"rule": event.rule, "limits": event.limits, "epoch": event.epoch}
    return (
        event.id, numbers[journal_id], position, event.at_ms, numbers[event.project_id], numbers[event.key_id],
        event.secret, event.endpoint, _storable(event.method), _storable(event.path), event.outcome, event.via, event.status,
        event.latency_us, event.cost, _storable(event.address), _storable(event.user_agent),
        msgspec.json.encode(explanation).decode(),
    )  # fmt: skip


def _storable(text: str | None) -> str | None:
    """A caller's text without NUL, which PostgreSQL cannot keep."""
    return text.replace("\0", "\ufffd") if text and "\0" in text else text
