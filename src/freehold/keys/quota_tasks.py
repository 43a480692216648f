"""The quotas' loop of the tasks process: settles the leases of gates that are gone, and forgets periods long over.

Several nodes may run it: who takes a lease away first settles it.
"""

import logging
import threading
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.keys import quota_leases
from freehold.keys.quota_settling import settle
from freehold.kit import clock
from freehold.store import retentions
from freehold.store.engine import Store

_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
_HOUSEKEEPING_S: Final = 60.0
_AT_ONCE: Final = 500
# Usage events of this age may be deleted while we look.
_MARGIN: Final = timedelta(hours=1)

_log: Final = logging.getLogger(__name__)


def run(store: Store, usage_days: int, stop: threading.Event) -> None:
    """Look for what is to be settled, every second, until told to stop."""
    keep_house_in_s = 0.0
    while not stop.is_set():
        pause_s = _POLL_S
        try:
            if settle(store, clock.now(), _kept(store, usage_days), _AT_ONCE):
                pause_s = 0.0
            if keep_house_in_s <= 0:
                keep_house_in_s = 0.0 if _keep_house(store) else _HOUSEKEEPING_S
        except SQLAlchemyError:
            _log.warning("leases of quota wait for the database; what is in them counts as spent", exc_info=True)
            pause_s = _DATABASE_AWAY_S
        stop.wait(pause_s)
        keep_house_in_s -= pause_s


def _kept(store: Store, usage_days: int) -> timedelta:
    """For how long usage events are there to be counted by: as operators have set it, else as the environment has."""
    with store.read() as tx:
        days = retentions.days_of(tx, "requests", usage_days) or usage_days
    return timedelta(days=days) - _MARGIN


def _keep_house(store: Store) -> bool:
    """Forget some of what is long over; whether there may be more."""
    with store.write() as tx:
        return quota_leases.forget_old(tx, clock.now(), _AT_ONCE) == _AT_ONCE
