"""SQL of forwardings and their cursors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, case, delete, func, insert, or_, select, text, update

from freehold.forwarding.records import INSTANCE, Forwarding, Lag
from freehold.kit import clock
from freehold.organizations.audit import entry_of
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction
from freehold.store.schema import audit_entries, audit_heads, forwarding_cursors, forwardings

_F: Final = forwardings.c
_C: Final = forwarding_cursors.c
_H: Final = audit_heads.c
_COLUMNS: Final = [
    _F.id, _F.organization_id, _F.kind, _F.name, _F.shown, _F.sealed, _F.state, _F.error, _F.failures, _F.failing_since_at, _F.told_at,
    _F.due_at, _F.sent, _F.refused, _F.last_sent_at, _F.created_by, _F.created_at, _F.revision,
]  # fmt: skip
# A chain that a forwarding is of: its organization's, or, for the whole instance, each.
_OF_SCOPE: Final = or_(_F.scope == INSTANCE, _F.scope == _H.chain)
_WITH_CURSOR: Final = and_(_C.forwarding_id == _F.id, _C.chain == _H.chain)


def insert_forwarding(tx: Transaction, forwarding: Forwarding) -> None:
    """Keep a new forwarding."""
    row = {column.name: getattr(forwarding, column.name) for column in _COLUMNS}
    tx.execute(insert(forwardings).values(scope=forwarding.scope, **row))


def find_forwarding(tx: Transaction, forwarding_id: str, lock: bool = False) -> Forwarding | None:
    """A forwarding, or None (primary key). `lock`: hold its row until the commit."""
    query = select(*_COLUMNS).where(_F.id == forwarding_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return _forwarding(row) if row else None


def forwardings_of(tx: Transaction, scope: str) -> list[Forwarding]:
    """The forwardings of an organization, or of the instance, oldest first (ix_forwardings_scope)."""
    return [_forwarding(row) for row in tx.execute(select(*_COLUMNS).where(_F.scope == scope).order_by(_F.id))]


def change_forwarding(tx: Transaction, forwarding: Forwarding, revision: int | None) -> bool:
    """Write what people change of a forwarding, and take its lease away; False where it is at another revision."""
    row = {
        name: getattr(forwarding, name)
        for name in ("name", "shown", "sealed", "state", "error", "failures", "failing_since_at", "due_at")
    }
    mine = and_(_F.id == forwarding.id, _F.revision == revision if revision is not None else text("1 = 1"))
    changed = update(forwardings).where(mine).values(**row, revision=_F.revision + 1, lease=None, leased_until_at=None)
    return tx.execute(changed).rowcount == 1


def delete_forwarding(tx: Transaction, forwarding_id: str) -> None:
    """Forget a forwarding and how far it had come."""
    tx.execute(delete(forwarding_cursors).where(_C.forwarding_id == forwarding_id))
    tx.execute(delete(forwardings).where(_F.id == forwarding_id))


# --- how far each has come ------------------------------------------------------------------------


def set_cursor(tx: Transaction, forwarding: Forwarding, chain: str, position: int, now: datetime) -> None:
    """Put a forwarding's cursor of a chain to a position, whatever it was."""
    # Plain text, because SQLAlchemy Core has no form of this statement that serves both databases.
    statement = text(
        "INSERT INTO forwarding_cursors (forwarding_id, chain, scope, position, moved_at) VALUES (:id, :chain, :scope, :position, :now)"
        " ON CONFLICT (forwarding_id, chain) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at"
    )
    given = {
        "id": forwarding.id,
        "chain": chain,
        "scope": forwarding.scope,
        "position": position,
        "now": clock.to_ms(now),
    }
    tx.execute(statement, given)


def begin_at_heads(tx: Transaction, forwarding: Forwarding, now: datetime) -> None:
    """Put a forwarding's cursors to where its chains end: it sends what comes from now on."""
    query = (
        select(_H.chain, _H.position)
        .select_from(audit_heads.join(forwardings, _OF_SCOPE))
        .where(_F.id == forwarding.id)
    )
    for chain, position in tx.execute(query).all():
        set_cursor(tx, forwarding, chain, position, now)


def forget_cursors(tx: Transaction, forwarding_id: str) -> None:
    """Begin every chain anew."""
    tx.execute(delete(forwarding_cursors).where(_C.forwarding_id == forwarding_id))


def make_due(tx: Transaction, forwarding_id: str, now: datetime) -> None:
    """Have a forwarding that is failing tried at once."""
    tx.execute(update(forwardings).where(_F.id == forwarding_id, _F.state == "failing").values(due_at=now))


def cursors_of(tx: Transaction, forwarding_id: str) -> dict[str, int]:
    """How far a forwarding has come, by chain; a chain that is not here is at its beginning."""
    query = select(_C.chain, _C.position).where(_C.forwarding_id == forwarding_id)
    return {row.chain: row.position for row in tx.execute(query)}


def head_of(tx: Transaction, chain: str) -> int:
    """The position of a chain's last entry; 0 where it has none."""
    return tx.execute(select(_H.position).where(_H.chain == chain)).scalar() or 0


def lags_of(tx: Transaction, scope: str | None = None) -> Mapping[str, Lag]:
    """How far each forwarding of a scope (None: of all) is behind, by id; one that is not here is not behind."""
    behind = _H.position - func.coalesce(_C.position, 0)
    oldest = and_(audit_entries.c.chain == _H.chain, audit_entries.c.position == func.coalesce(_C.position, 0) + 1)
    query = (
        select(_F.id, func.sum(behind).label("entries"), func.min(audit_entries.c.at).label("oldest_at"))
        .select_from(
            forwardings.join(audit_heads, _OF_SCOPE).outerjoin(forwarding_cursors, _WITH_CURSOR).outerjoin(audit_entries, oldest)
        )
        .where(behind > 0)
        .group_by(_F.id)
    )  # fmt: skip
    query = query if scope is None else query.where(_F.scope == scope)
    return {row.id: Lag(int(row.entries), row.oldest_at) for row in tx.execute(query)}


# --- sending --------------------------------------------------------------------------------------


def behind(tx: Transaction, now: datetime, limit: int) -> list[str]:
    """Forwardings that have something to send, are due and are nobody's at this moment; those due longest first."""
    query = (
        select(_F.id, _F.due_at)
        .select_from(forwardings.join(audit_heads, _OF_SCOPE).outerjoin(forwarding_cursors, _WITH_CURSOR))
        .where(
            _F.state != "paused", _F.due_at <= now, or_(_F.leased_until_at.is_(None), _F.leased_until_at <= now),
            _H.position > func.coalesce(_C.position, 0),
        )
        .group_by(_F.id, _F.due_at)
        .order_by(_F.due_at, _F.id)
        .limit(limit)
    )  # fmt: skip
    return [row.id for row in tx.execute(query)]


def lease(tx: Transaction, forwarding_id: str, name: str, now: datetime, until: datetime) -> bool:
    """Take a forwarding that is due and nobody's, under a name; False where another one was quicker."""
    free = and_(_F.state != "paused", or_(_F.leased_until_at.is_(None), _F.leased_until_at <= now))
    taken = update(forwardings).where(_F.id == forwarding_id, free).values(lease=name, leased_until_at=until)
    return tx.execute(taken).rowcount == 1


def settle(tx: Transaction, forwarding_id: str, name: str, values: Mapping[str, Any], sent: int, refused: int) -> bool:
    """Give a forwarding back with how it fares; False, and nothing is written, where the lease was taken away meanwhile."""
    mine = and_(_F.id == forwarding_id, _F.lease == name)
    given = update(forwardings).where(mine).values(
        lease=None, leased_until_at=None, sent=_F.sent + sent, refused=_F.refused + refused, **values
    )  # fmt: skip
    return tx.execute(given).rowcount == 1


def waiting_chains(tx: Transaction, forwarding_id: str, limit: int) -> list[tuple[str, int]]:
    """Chains that a forwarding is behind of, each with its cursor: those first that were moved longest ago."""
    never_first = case((_C.moved_at.is_(None), 0), else_=1)
    query = (
        select(_H.chain, func.coalesce(_C.position, 0).label("position"))
        .select_from(forwardings.join(audit_heads, _OF_SCOPE).outerjoin(forwarding_cursors, _WITH_CURSOR))
        .where(_F.id == forwarding_id, _H.position > func.coalesce(_C.position, 0))
        .order_by(never_first, _C.moved_at, _H.chain)
        .limit(limit)
    )
    return [(row.chain, row.position) for row in tx.execute(query)]


def entries_after(tx: Transaction, chain: str, position: int, limit: int) -> list[AuditEntry]:
    """A chain's entries after a position, in order (unique chain, position). Its head's lock orders commits: none comes in between."""
    column = audit_entries.c
    query = select(audit_entries).where(column.chain == chain, column.position > position).order_by(column.position)
    return [entry_of(row) for row in tx.execute(query.limit(limit))]


def _forwarding(row: Row[*tuple[Any, ...]]) -> Forwarding:
    return Forwarding(**row._mapping)
