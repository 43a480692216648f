"""The loop of the tasks process that deletes for good, a piece at a time. Several nodes may run it."""

import logging
import threading
import time
from typing import Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from freehold.keeping import emptying, erasing, trimming
from freehold.kit.secrets import InstanceSecret
from freehold.reports.places.place import CannotKeep
from freehold.settings import Settings
from freehold.store.engine import Store

_POLL_S: Final = 1.0
# A pause after each piece: whoever else writes goes first.
_PAUSE_S: Final = 0.02
# How often it is looked for what is no longer kept.
_TRIM_S: Final = 60.0
_DATABASE_AWAY_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, secret: InstanceSecret, stop: threading.Event) -> None:
    """Delete what is due until told to stop."""
    trimmed_s = 0.0
    while not stop.is_set():
        try:
            busy = step(store, settings, secret)
            if not busy and time.monotonic() - trimmed_s > _TRIM_S:
                busy = trimming.step(store)
                trimmed_s = trimmed_s if busy else time.monotonic()
        except CannotKeep as problem:
            _log.warning("deleting waits for where reports are kept: %s", problem)
            stop.wait(_DATABASE_AWAY_S)
            continue
        except IntegrityError:
            # Another loop has given what is being deleted rows anew: the next look finds them.
            _log.info("what is being deleted was given rows meanwhile; looking again")
            stop.wait(_POLL_S)
            continue
        except SQLAlchemyError:
            _log.warning("deleting waits for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
            continue
        stop.wait(_PAUSE_S if busy else _POLL_S)


def step(store: Store, settings: Settings, secret: InstanceSecret) -> bool:
    """Do one piece of what is due; whether there was any."""
    return erasing.step(store, secret) or emptying.step(store, settings, secret)
