"""SQL of the queue of HTTP checks' calls: one row for each project and check that is to be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.production.readiness.records import OwnCheck
from freehold.store.engine import Transaction
from freehold.store.schema import readiness_calls

_C: Final = readiness_calls.c


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that was claimed."""

    project_id: str
    check_id: str
    asked_by: str


def add_call(tx: Transaction, project_id: str, check: OwnCheck, asked_by: str, now: datetime) -> bool:
    """Ask for a call; False where it is asked for already (primary key)."""
    values = {
        "project_id": project_id,
        "check_id": check.id,
        "api_id": check.api_id,
        "asked_by": asked_by,
        "asked_at": now,
    }
    new = sqlite.insert(readiness_calls) if tx.dialect.name == "sqlite" else postgresql.insert(readiness_calls)
    made = new.values(**values).on_conflict_do_nothing().returning(_C.project_id)
    return tx.execute(made).first() is not None


def any_due(tx: Transaction, now: datetime) -> bool:
    """Whether a call waits that nobody has claimed; takes no lock (ix_readiness_calls_asked_at)."""
    return tx.execute(select(_C.project_id).where(_free(now)).limit(1)).first() is not None


def claim_calls(tx: Transaction, now: datetime, until: datetime, limit: int) -> Sequence[Claimed]:
    """Claim calls until an instant, the longest waiting first; what another holds is passed over."""
    query = select(_C.project_id, _C.check_id, _C.asked_by).where(_free(now)).order_by(_C.asked_at).limit(limit)
    claimed = [Claimed(*row) for row in tx.execute(query.with_for_update(skip_locked=True))]
    for each in claimed:
        tx.execute(update(readiness_calls).where(_is(each.project_id, each.check_id)).values(leased_until_at=until))
    return claimed


def end_call(tx: Transaction, project_id: str, check_id: str) -> None:
    """A call was made, or is of what is gone (primary key)."""
    tx.execute(delete(readiness_calls).where(_is(project_id, check_id)))


def _is(project_id: str, check_id: str) -> Any:
    return and_(_C.project_id == project_id, _C.check_id == check_id)


def _free(now: datetime) -> Any:
    return or_(_C.leased_until_at.is_(None), _C.leased_until_at <= now)
