"""Telling a project's webhook endpoints that a key is about to expire: once for each expiry it is given.

Changes nothing that the gate decides by. What is announced is remembered at the key by its expiry, so a key
whose expiry is moved is announced anew.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Select, or_, select, type_coerce, update

from freehold.kit import clock
from freehold.store import announcements
from freehold.store.engine import Transaction
from freehold.store.schema import keys, projects

# A key is announced so long before it expires; one of a shorter life when half of it is over.
AHEAD: Final = timedelta(days=7)
_AT_ONCE: Final = 200


def any_expiring(tx: Transaction, now: datetime) -> bool:
    """Whether a key is to be announced."""
    return tx.execute(_to_announce(now).limit(1)).first() is not None


def announce_expiring(tx: Transaction, now: datetime) -> int:
    """Announce the keys that expire soon and were not announced yet; how many."""
    rows = tx.execute(_to_announce(now).limit(_AT_ONCE).with_for_update(of=keys, skip_locked=True)).all()
    for key_id, name, project_id, expires_at in rows:
        tx.execute(update(keys).where(keys.c.id == key_id).values(announced_expiry_at=expires_at))
        payload = {"key": key_id, "name": name, "expires_at": clock.to_text(expires_at)}
        announcements.announce(tx, project_id, "key.expiring", payload, now)
    return len(rows)


def _to_announce(now: datetime) -> Select[str, str, str, datetime]:
    """The active keys of active projects that expire soon, soonest first (ix_keys_expires_at)."""
    expiry, created = type_coerce(keys.c.expires_at, BigInteger), type_coerce(keys.c.created_at, BigInteger)
    return (
        select(keys.c.id, keys.c.name, keys.c.project_id, keys.c.expires_at)
        .join(projects, projects.c.id == keys.c.project_id)
        .where(keys.c.state == "active", keys.c.expires_at > now, keys.c.expires_at <= now + AHEAD)
        .where(expiry + created <= 2 * clock.to_ms(now))
        .where(or_(keys.c.announced_expiry_at.is_(None), keys.c.announced_expiry_at != keys.c.expires_at))
        .where(projects.c.state == "active")
        .order_by(keys.c.expires_at)
    )
