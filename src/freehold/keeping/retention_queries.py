"""SQL of what is kept: how much of a kind there is, and exactly what of it is older than an instant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, Table, and_, delete, func, insert, literal, select, update

from freehold.kit import clock, ids
from freehold.store.engine import Transaction
from freehold.store.schema import (
    alert_firings,
    alert_notifications,
    attempts,
    audit_entries,
    deliveries,
    inbox_requests,
    mails,
    messages,
    replayed_deliveries,
    reports,
    retentions,
    sessions,
    usage_events,
    usage_rollups,
    webhook_probes,
)

_C = retentions.c
# Counting further would take longer than anybody looks.
COUNT_MAX: Final = 1_000_000
PIECE: Final = 200


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows, at most COUNT_MAX where not exact, and from when to when."""

    rows: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a kind is: its table, the column that says how old a row is, and which rows it means at all."""

    table: Table
    at: Column[datetime]
    only: tuple[ColumnElement[bool], ...] = ()


def _grain(name: str) -> tuple[ColumnElement[bool], ...]:
    return (usage_rollups.c.grain == name,)


_PENDING = select(1).where(deliveries.c.message_id == messages.c.id, deliveries.c.state == "pending")
# A webhook check's proof is of its deliveries, for as long as the check is there.
_PROVES = (
    select(1)
    .select_from(webhook_probes.join(deliveries, deliveries.c.id == webhook_probes.c.delivery_id))
    .where(deliveries.c.message_id == messages.c.id)
)
_PLACES: Final[dict[str, _Where]] = {
    "requests": _Where(usage_events, usage_events.c.at),
    "minutes": _Where(usage_rollups, usage_rollups.c.bucket_at, _grain("minute")),
    "hours": _Where(usage_rollups, usage_rollups.c.bucket_at, _grain("hour")),
    "sums": _Where(usage_rollups, usage_rollups.c.bucket_at, (usage_rollups.c.grain.in_(("day", "month")),)),
    "messages": _Where(messages, messages.c.created_at),
    "firings": _Where(alert_firings, alert_firings.c.opened_at),
    "mails": _Where(mails, mails.c.created_at),
    "audit": _Where(audit_entries, audit_entries.c.at),
    "reports": _Where(reports, reports.c.created_at, (reports.c.state == "ready",)),
    "sessions": _Where(sessions, sessions.c.seen_at),
    "inbox": _Where(inbox_requests, inbox_requests.c.at),
}
# What goes of a kind that is older than an instant.
_GOES: Final[dict[str, Callable[[datetime], ColumnElement[bool]]]] = {
    # By ids, which begin with their instant: those are indexed.
    "requests": lambda before: usage_events.c.id < ids.first_id("req", clock.to_ms(before)),
    "minutes": lambda before: usage_rollups.c.bucket_at < before,
    "hours": lambda before: usage_rollups.c.bucket_at < before,
    "messages": lambda before: and_(
        messages.c.id < ids.first_id("msg", clock.to_ms(before)),
        ~_PENDING.correlate(messages).exists(),
        ~_PROVES.correlate(messages).exists(),
    ),
    "firings": lambda before: and_(
        alert_firings.c.id < ids.first_id("fir", clock.to_ms(before)), alert_firings.c.resolved_at.is_not(None)
    ),
    "mails": lambda before: mails.c.finished_at < before,
}


def amount_of(tx: Transaction, kind: str) -> Amount | None:
    """How much there is of a kind; None where it is not in the database."""
    where = _PLACES.get(kind)
    return None if where is None else _amount(tx, where, where.only, COUNT_MAX)


def what_goes(tx: Transaction, kind: str, before: datetime) -> Amount:
    """Exactly what of a kind would be deleted by a bound: counted to the last row."""
    where = _PLACES[kind]
    return _amount(tx, where, (*where.only, _GOES[kind](before)), None)


def _amount(tx: Transaction, where: _Where, only: tuple[ColumnElement[bool], ...], limit: int | None) -> Amount:
    rows = select(literal(1)).select_from(where.table).where(*only).limit(limit).subquery()
    counted = int(tx.execute(select(func.count()).select_from(rows)).scalar_one())
    oldest = tx.execute(select(where.at).where(*only).order_by(where.at).limit(1)).scalar()
    newest = tx.execute(select(where.at).where(*only).order_by(where.at.desc()).limit(1)).scalar()
    return Amount(counted, oldest, newest)


def set_days(tx: Transaction, kind: str, days: int | None, by: str, now: datetime) -> None:
    """Keep for how many days a kind is kept; None: as the environment says again."""
    if days is None:
        tx.execute(delete(retentions).where(_C.kind == kind))
        return
    values = {"days": days, "set_by": by, "set_at": now}
    if not tx.execute(update(retentions).where(_C.kind == kind).values(**values)).rowcount:
        tx.execute(insert(retentions).values(kind=kind, **values))


def who_set(tx: Transaction) -> dict[str, tuple[int, str, datetime]]:
    """Days, by whom and when, of each kind that an operator has set."""
    return {row.kind: (row.days, row.set_by, row.set_at) for row in tx.execute(select(retentions))}


def old_messages(tx: Transaction, before: datetime) -> list[str]:
    """Some messages that are no longer kept."""
    return _some(tx, select(messages.c.id).where(_GOES["messages"](before)).order_by(messages.c.id))


def delete_messages(tx: Transaction, message_ids: list[str], before: datetime) -> int:
    """Delete messages with their deliveries and attempts, unless one was sent again meanwhile; how many."""
    still = select(messages.c.id).where(messages.c.id.in_(message_ids), _GOES["messages"](before))
    gone = list(tx.execute(still.with_for_update()).scalars())
    of = select(deliveries.c.id).where(deliveries.c.message_id.in_(gone))
    tx.execute(delete(attempts).where(attempts.c.delivery_id.in_(of)))
    tx.execute(delete(replayed_deliveries).where(replayed_deliveries.c.delivery_id.in_(of)))
    tx.execute(delete(deliveries).where(deliveries.c.message_id.in_(gone)))
    return tx.execute(delete(messages).where(messages.c.id.in_(gone))).rowcount


def old_firings(tx: Transaction, before: datetime) -> list[str]:
    """Some firings that are no longer kept."""
    return _some(tx, select(alert_firings.c.id).where(_GOES["firings"](before)).order_by(alert_firings.c.id))


def delete_firings(tx: Transaction, firing_ids: list[str]) -> int:
    """Delete firings, with whom they were told to; how many."""
    tx.execute(delete(alert_notifications).where(alert_notifications.c.firing_id.in_(firing_ids)))
    return tx.execute(delete(alert_firings).where(alert_firings.c.id.in_(firing_ids))).rowcount


def _some(tx: Transaction, query: Select[Any]) -> list[str]:
    return list(tx.execute(query.limit(PIECE)).scalars())
