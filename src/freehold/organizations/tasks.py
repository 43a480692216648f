"""The audit log's loop of the tasks process: seals every chain each hour. Several nodes may run it: the seals' key decides."""

import logging
import threading
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.audit_seals import seal_chains
from freehold.store.engine import Store

_EVERY: Final = timedelta(hours=1)
_POLL_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


def seal_hourly(store: Store, secret: InstanceSecret, stop: threading.Event) -> None:
    """Seal at the start, and then at each full hour, until told to stop."""
    due = clock.now()
    while not stop.is_set():
        now = clock.now()
        if now >= due or due - now > _EVERY:
            try:
                seal_chains(store, secret, now)
                due = next_hour(now)
            except SQLAlchemyError:
                _log.warning("the audit log's seals wait for the database", exc_info=True)
        stop.wait(_POLL_S)


def next_hour(now: datetime) -> datetime:
    """The next full hour of UTC."""
    return now.replace(minute=0, second=0, microsecond=0) + _EVERY
