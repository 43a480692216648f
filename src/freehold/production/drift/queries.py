"""SQL of drift: how many differences siblings have, and which are accepted."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Row, insert, or_, select, update

from freehold.production.drift.records import Acceptance, DriftHead, WhyEnded
from freehold.store.engine import Transaction
from freehold.store.schema import drift_acceptances, drift_heads

_A, _H = drift_acceptances.c, drift_heads.c
_ACCEPTANCE = [each for each in drift_acceptances.c if each.name not in ("ended_at", "ended_why")]


def lock_head(tx: Transaction, sandbox_id: str) -> DriftHead | None:
    """The count of a pair, held until the commit: of two who count, one comes after the other (primary key)."""
    row = tx.execute(select(drift_heads).where(_H.sandbox_id == sandbox_id).with_for_update()).first()
    return _head(row) if row else None


def heads_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, DriftHead]:
    """The counts of pairs by the id of the one that was asked about (primary key, uq_drift_heads_production_id)."""
    wanted = set(project_ids)
    found = select(drift_heads).where(or_(_H.sandbox_id.in_(wanted), _H.production_id.in_(wanted)))
    heads = [_head(row) for row in tx.execute(found)]
    return {each: head for head in heads for each in (head.sandbox_id, head.production_id) if each in wanted}


def keep_head(tx: Transaction, head: DriftHead) -> None:
    """Write a pair's count; IntegrityError where two begin it at one instant."""
    values = asdict(head) | {"known": list(head.known)}
    if not tx.execute(update(drift_heads).where(_H.sandbox_id == head.sandbox_id).values(**values)).rowcount:
        tx.execute(insert(drift_heads).values(**values))


def mails_due(tx: Transaction, mailed_before: datetime, limit: int) -> list[DriftHead]:
    """Pairs whose owners are to be told by mail, and were not since an instant (ix_drift_heads_owes_mail)."""
    query = select(drift_heads).where(_H.owes_mail, or_(_H.mailed_at.is_(None), _H.mailed_at <= mailed_before))
    rows = tx.execute(query.order_by(_H.changed_at).limit(limit).with_for_update(skip_locked=True))
    return [_head(row) for row in rows]


def any_mail_due(tx: Transaction, mailed_before: datetime) -> bool:
    """Whether any are; takes no lock (ix_drift_heads_owes_mail)."""
    query = select(_H.sandbox_id).where(_H.owes_mail, or_(_H.mailed_at.is_(None), _H.mailed_at <= mailed_before))
    return tx.execute(query.limit(1)).first() is not None


def insert_acceptance(tx: Transaction, acceptance: Acceptance) -> None:
    """Keep an acceptance; IntegrityError where one of its path stands."""
    tx.execute(insert(drift_acceptances).values(**asdict(acceptance)))


def standing_of(tx: Transaction, sandbox_id: str) -> dict[str, Acceptance]:
    """A pair's acceptances that have not ended, by path (uq_drift_acceptances_standing)."""
    query = select(*_ACCEPTANCE).where(_A.sandbox_id == sandbox_id, _A.ended_at.is_(None))
    return {row.path: Acceptance(**row._mapping) for row in tx.execute(query)}


def end_acceptance(tx: Transaction, acceptance_id: str, why: WhyEnded, now: datetime) -> None:
    """End an acceptance that stands."""
    standing = (_A.id == acceptance_id, _A.ended_at.is_(None))
    tx.execute(update(drift_acceptances).where(*standing).values(ended_at=now, ended_why=why))


def expired(tx: Transaction, now: datetime, limit: int) -> list[str]:
    """Sandbox projects of acceptances whose time is over and that stand yet (ix_drift_acceptances_expires_at)."""
    query = select(_A.sandbox_id).where(_A.ended_at.is_(None), _A.expires_at <= now)
    return list(tx.execute(query.distinct().limit(limit)).scalars())


def _head(row: Row[*tuple[object, ...]]) -> DriftHead:
    values = dict(row._mapping)
    return DriftHead(**values | {"known": tuple(values["known"])})
