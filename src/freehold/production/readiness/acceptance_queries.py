"""SQL of findings about keys that people accept for a while."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update

from freehold.production.readiness.records import Acceptance, KeyFinding
from freehold.store.engine import Transaction
from freehold.store.schema import keys, readiness_acceptances

_K: Final = readiness_acceptances.c
_ACCEPTANCES: Final = select(*_K, keys.c.name.label("key_name")).join(keys, keys.c.id == _K.key_id)


def insert_acceptance(tx: Transaction, made: Acceptance) -> None:
    """Keep what a person accepts; IntegrityError where the key is of another project, or another one stands."""
    values = asdict(made)
    del values["key_name"]
    tx.execute(insert(readiness_acceptances).values(**values))


def find_acceptance(tx: Transaction, acceptance_id: str) -> Acceptance | None:
    """An acceptance by id (primary key)."""
    row = tx.execute(_ACCEPTANCES.where(_K.id == acceptance_id)).first()
    return Acceptance(**row._mapping) if row else None


def acceptances_of(tx: Transaction, project_id: str, limit: int) -> list[Acceptance]:
    """The newest acceptances of a project, ended ones too (ix_readiness_acceptances_project)."""
    query = _ACCEPTANCES.where(_K.project_id == project_id).order_by(_K.at.desc(), _K.id.desc()).limit(limit)
    return [Acceptance(**row._mapping) for row in tx.execute(query)]


def withdraw_acceptances(
    tx: Transaction, project_id: str, key_id: str, finding: KeyFinding, by: str, now: datetime
) -> int:
    """Withdraw what stands of a finding about a key, expired or not; how many (uq_readiness_acceptances_standing)."""
    standing = (_K.project_id == project_id, _K.key_id == key_id, _K.finding == finding, _K.withdrawn_at.is_(None))
    values = {"withdrawn_at": now, "withdrawn_by": by}
    return tx.execute(update(readiness_acceptances).where(*standing).values(**values)).rowcount


def accepted_now(tx: Transaction, project_ids: Sequence[str], now: datetime) -> dict[str, frozenset[KeyFinding]]:
    """What is accepted of each key now (ix_readiness_acceptances_project)."""
    standing = (_K.project_id.in_(project_ids), _K.withdrawn_at.is_(None), _K.expires_at > now)
    found: dict[str, frozenset[KeyFinding]] = {}
    for key_id, finding in tx.execute(select(_K.key_id, _K.finding).where(*standing)):
        found[key_id] = found.get(key_id, frozenset()) | {finding}
    return found
