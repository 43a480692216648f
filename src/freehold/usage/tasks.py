"""The usage loop of the tasks process: collect, and put old single requests away.

Survives what passes: a database that is away, a disk that is full. Nothing is lost meanwhile, since
the journals wait.
"""

import logging
import platform
import threading
import time
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.usage.collector import Collector
from freehold.usage.intake import Resent, Watch
from freehold.usage.retention import Retention

JOURNAL_FOLDER: Final = "journal"
_PAUSE_MAX_S: Final = 10.0
_HOUSEKEEPING_S: Final = 60.0

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event, watch: Watch | None = None) -> None:
    """Collect and keep house until told to stop. `watch` is told what each transaction counts, inside it."""
    collector = Collector(store, settings.data / JOURNAL_FOLDER, platform.node(), watch=watch)
    retention = Retention(store, settings)
    failures, kept_house_s = 0, 0.0
    while not stop.is_set():
        try:
            busy = collector.collect() > 0
            if time.monotonic() - kept_house_s > _HOUSEKEEPING_S:
                collector.sweep()
                if retention.step():
                    busy = True
                else:
                    kept_house_s = time.monotonic()
            failures = 0
        except (SQLAlchemyError, psycopg.Error, OSError, Resent):
            failures += 1
            _log.warning("usage waits in the journals; trying again", exc_info=True)
            stop.wait(min(_PAUSE_MAX_S, settings.collect_ms / 1000 * 2 ** min(failures, 20)))
            continue
        if not busy:
            stop.wait(settings.collect_ms / 1000)
