"""SQL of mails: what is to be sent, and what came of it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, text, update

from freehold.mail.records import Mail
from freehold.mail.rules import Outcome
from freehold.store.engine import Transaction
from freehold.store.schema import mails

_C = mails.c
# Written out, not bound: only so does SQLite see that its partial index holds the answer.
_PENDING = text("state = 'pending'")


def insert_mails(tx: Transaction, rows: list[Mail]) -> None:
    """Add mails."""
    if rows:
        tx.execute(insert(mails), [asdict(row) for row in rows])


def any_due(tx: Transaction, now: datetime) -> bool:
    """Whether anything is due that nobody has claimed; takes no lock (ix_mails_due)."""
    return tx.execute(select(_C.id).where(*_due(now)).limit(1)).first() is not None


def claim(tx: Transaction, now: datetime, until: datetime, limit: int) -> list[Mail]:
    """Claim due mails until an instant, the longest due first; what another holds is passed over (ix_mails_due)."""
    query = select(mails).where(*_due(now)).order_by(_C.due_at).limit(limit).with_for_update(skip_locked=True)
    claimed = [_mail(row) for row in tx.execute(query)]
    if claimed:
        tx.execute(update(mails).where(_C.id.in_([each.id for each in claimed])).values(leased_until_at=until))
    return claimed


def settle(tx: Transaction, mail: Mail, follows: Outcome, now: datetime) -> None:
    """Record what a try made of a mail."""
    finished_at = None if follows.state == "pending" else now
    tx.execute(
        update(mails)
        .where(_C.id == mail.id, _PENDING)
        .values(
            state=follows.state, due_at=follows.due_at, error=follows.error, leased_until_at=None,
            attempts=mail.attempts + 1, finished_at=finished_at,
        )
    )  # fmt: skip


def mails_of(tx: Transaction, organization_id: str, limit: int) -> list[Mail]:
    """An organization's mails, newest first (ix_mails_organization_id)."""
    query = select(mails).where(_C.organization_id == organization_id).order_by(_C.id.desc()).limit(limit)
    return [_mail(row) for row in tx.execute(query)]


def delete_ended(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete some mails that ended before an instant; how many (ix_mails_finished_at)."""
    ended = select(_C.id).where(_C.finished_at < before).limit(limit)
    return tx.execute(delete(mails).where(_C.id.in_(ended))).rowcount


def _due(now: datetime) -> tuple[Any, ...]:
    return _PENDING, _C.due_at <= now, or_(_C.leased_until_at.is_(None), _C.leased_until_at <= now)


def _mail(row: Row[*tuple[Any, ...]]) -> Mail:
    return Mail(**row._mapping)
