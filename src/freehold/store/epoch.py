"""The configuration epoch: how a change reaches every gate process, and how we know that it did.

Everything the gate decides by changes only in a transaction that also calls `advance`. The counter
is one row, so its lock orders the commits: a gate that has seen epoch n has seen all before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, update

from freehold.store.engine import Store, Transaction
from freehold.store.schema import changes, instance, verifiers

READ_AT_ONCE = 1000
SubjectKind = Literal["api", "project", "key", "token"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed at one epoch."""

    epoch: int
    subject_kind: SubjectKind
    subject_id: str


def advance(tx: Transaction, subject_kind: SubjectKind, subject_id: str, now: datetime) -> int:
    """Announce that a subject changes with this transaction; the new epoch.

    After the audit log's entry, never before it: the counter is held by one transaction of the whole instance, which
    must wait for nobody's log meanwhile.
    """
    epoch: int = tx.execute(
        update(instance).values(epoch=instance.c.epoch + 1).returning(instance.c.epoch)
    ).scalar_one()
    tx.execute(insert(changes).values(epoch=epoch, subject_kind=subject_kind, subject_id=subject_id, at=now))
    return epoch


def start_anew(tx: Transaction) -> int:
    """Let every gate forget all that it holds: a new epoch of which no change tells. For what is gone, that none can name."""
    return int(tx.execute(update(instance).values(epoch=instance.c.epoch + 1).returning(instance.c.epoch)).scalar_one())


def current(tx: Transaction) -> int:
    """The epoch of the last committed change."""
    return int(tx.execute(select(instance.c.epoch)).scalar_one())


class Watch:
    """Looks at the epoch again and again, on a connection of its own: a tenth of the price of a transaction. For one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Transaction | None = None

    def current(self) -> int:
        """The epoch of the last committed change; SQLAlchemyError where the database does not answer."""
        if self._connection is None:
            self._connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            return int(self._connection.exec_driver_sql("SELECT epoch FROM instance").scalar_one())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection; the next look takes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def changes_after(tx: Transaction, epoch: int, limit: int = READ_AT_ONCE) -> list[Change]:
    """What changed after an epoch, in order (primary key)."""
    rows = tx.execute(
        select(changes.c.epoch, changes.c.subject_kind, changes.c.subject_id)
        .where(changes.c.epoch > epoch)
        .order_by(changes.c.epoch)
        .limit(limit)
    )
    return [Change(*row) for row in rows]


def report(tx: Transaction, verifier_id: str, node: str, started_at: datetime, epoch: int, now: datetime) -> None:
    """A gate process says which epoch it decides by."""
    done = tx.execute(update(verifiers).where(verifiers.c.id == verifier_id).values(seen_at=now, epoch=epoch))
    if not done.rowcount:
        tx.execute(insert(verifiers).values(id=verifier_id, node=node, started_at=started_at, seen_at=now, epoch=epoch))


def leave(tx: Transaction, verifier_id: str) -> None:
    """A gate process stops: nobody waits for it any more."""
    tx.execute(delete(verifiers).where(verifiers.c.id == verifier_id))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A gate process as the database knows it."""

    id: str
    node: str
    started_at: datetime
    seen_at: datetime
    epoch: int


def verifiers_seen_since(tx: Transaction, since: datetime) -> list[Verifier]:
    """The gate processes that reported at or after an instant."""
    rows = tx.execute(
        select(verifiers.c.id, verifiers.c.node, verifiers.c.started_at, verifiers.c.seen_at, verifiers.c.epoch)
        .where(verifiers.c.seen_at >= since)
        .order_by(verifiers.c.id)
    )
    return [Verifier(*row) for row in rows]


def forget_old(tx: Transaction, now: datetime) -> None:
    """Drop gate processes not heard for an hour. Changes are kept: they are few, and a gate may be away long."""
    tx.execute(delete(verifiers).where(verifiers.c.seen_at < now - timedelta(hours=1)))
