"""The usage loop of the tasks process: collect, and put old single requests away.

Survives what passes: a database that is away, a disk that is full. Nothing is lost meanwhile, since
the journals wait.
"""

import logging
import platform
import threading
import time
from datetime import datetime, timedelta
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.usage import reconciling
from freehold.usage.collector import Collector
from freehold.usage.costs import count_waiting
from freehold.usage.findings import Finding
from freehold.usage.intake import Resent, Watch
from freehold.usage.retention import Retention

JOURNAL_FOLDER: Final = "journal"
_PAUSE_MAX_S: Final = 10.0
_HOUSEKEEPING_S: Final = 60.0
# How soon a cost that was reported before its request was counted is counted after it.
_REPORTS_S: Final = 1.0
# The hour of the day, in UTC, when sums are compared.
_NIGHT: Final = 3

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event, watch: Watch | None = None) -> None:
    """Collect and keep house until told to stop. `watch` is told what each transaction counts, inside it."""
    collector = Collector(store, settings.data / JOURNAL_FOLDER, platform.node(), watch=watch)
    retention = Retention(store, settings)
    failures, kept_house_s, looked_s = 0, 0.0, 0.0
    while not stop.is_set():
        try:
            busy = collector.collect() > 0
            if time.monotonic() - looked_s > _REPORTS_S:
                count_waiting(store, watch)
                looked_s = time.monotonic()
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


def prove_sums(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Compare all sums with each other at night, and at the first start, until told to stop."""
    while not stop.is_set():
        try:
            with store.read() as tx:
                found = reconciling.latest(tx)
            if found is None or found.finished_at < _last_night(clock.now()):
                for each in reconciling.reconcile(store, settings).findings:
                    _log.error("usage does not add up: %s of %s at %s: %s", *_plain(each))
        except (SQLAlchemyError, psycopg.Error):
            _log.warning("usage could not be compared; trying again", exc_info=True)
        stop.wait(_HOUSEKEEPING_S)


def _plain(finding: Finding) -> tuple[str, str, str, str]:
    return finding.between, finding.project_id or "no project", clock.to_text(finding.at), finding.words


def _last_night(now: datetime) -> datetime:
    night = now.replace(hour=_NIGHT, minute=0, second=0, microsecond=0)
    return night if night <= now else night - timedelta(days=1)
