"""Answers kept under an Idempotency-Key, in the transaction that made them.

The row is written first, so that of two equal requests at one instant the second waits for the
first's commit and then finds its answer. Answers may hold a secret that is shown once, so they are
encrypted. Kept for 24 hours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, text, update

from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.encryption import open_sealed, seal
from freehold.kit.secrets import InstanceSecret
from freehold.store.engine import Transaction
from freehold.store.schema import idempotency

KEPT_FOR: Final = timedelta(hours=24)
_NOT_THEIRS: Final = ("not_found", "forbidden")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer is kept: by caller and key, for one request."""

    caller: str
    key: str
    request_digest: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer."""

    status: int
    body: bytes


def kept_answer(tx: Transaction, secret: InstanceSecret, place: Place, now: datetime) -> Answer | None:
    """The answer under a key, or None, in which case this transaction now holds the key.

    Problem `idempotency_conflict` where the key was used with another request.
    """
    tx.execute(delete(idempotency).where(idempotency.c.created_at < now - KEPT_FOR))
    # Plain text, because SQLAlchemy Core has no form of this statement that serves both databases.
    statement = text(
        "INSERT INTO idempotency (caller, key, request_digest, created_at)"
        " VALUES (:caller, :key, :digest, :now) ON CONFLICT DO NOTHING"
    )
    values = {"caller": place.caller, "key": place.key, "digest": place.request_digest, "now": clock.to_ms(now)}
    if tx.execute(statement, values).rowcount:
        return None
    row = tx.execute(
        select(idempotency.c.request_digest, idempotency.c.status, idempotency.c.answer).where(
            idempotency.c.caller == place.caller, idempotency.c.key == place.key
        )
    ).one()
    if row.request_digest != place.request_digest:
        raise Problem("idempotency_conflict", "Send another Idempotency-Key with another request.")
    return Answer(row.status, open_sealed(_key(secret), row.answer, _context(place)))


def require_still_allowed(tx: Transaction, act: Callable[[Transaction], object]) -> None:
    """Raise the Problem with which the action would be refused to its caller by now.

    What was answered may hold a secret: who has lost their role since is not shown it again. The
    action is done once more to find out, and undone whatever comes of it.
    """
    trial = tx.begin_nested()
    try:
        act(tx)
    except Problem as problem:
        if problem.code in _NOT_THEIRS:
            raise
    finally:
        trial.rollback()


def keep_answer(tx: Transaction, secret: InstanceSecret, place: Place, answer: Answer) -> None:
    """Keep the answer that this transaction made."""
    sealed = seal(_key(secret), answer.body, _context(place))
    where = (idempotency.c.caller == place.caller, idempotency.c.key == place.key)
    tx.execute(update(idempotency).where(*where).values(status=answer.status, answer=sealed))


def _key(secret: InstanceSecret) -> bytes:
    return secret.derive("idempotency-answers")


def _context(place: Place) -> str:
    return f"{place.caller} {place.key}"
