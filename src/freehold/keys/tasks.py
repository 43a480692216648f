"""The keys' loop of the tasks process: ends what is due of secrets, and announces keys that expire soon.

The gate ends a retiring secret by its own clock; this loop writes it down, and moves on the time of the
held ones. Several nodes may run it: the key's row decides.
"""

import logging
import threading
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.keys import expiring, rotation
from freehold.kit import clock
from freehold.store.engine import Store

_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


def run(store: Store, stop: threading.Event) -> None:
    """Look for what is due, every second, until told to stop."""
    while not stop.is_set():
        try:
            turn(store, clock.now())
        except SQLAlchemyError:
            _log.warning("secrets whose time has come wait for the database; gates refuse them already", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
        stop.wait(_POLL_S)


def turn(store: Store, now: datetime) -> int:
    """Settle the secrets whose time has come, each in a transaction of its own, and announce keys; how many changes."""
    with store.read() as tx:
        # Looking takes no lock, so an idle loop is in no writer's way.
        due, is_expiring = rotation.due_secrets(tx, now), expiring.any_expiring(tx, now)
    changed = 0
    for key_id, selector in due:
        with store.write() as tx:
            changed += rotation.settle_secret(tx, key_id, selector, now)
    if is_expiring:
        with store.write() as tx:
            changed += expiring.announce_expiring(tx, now)
    return changed
