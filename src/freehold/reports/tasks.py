"""The reports' loop of the tasks process: makes what was asked for, one after the other, and removes what has expired.

Several nodes may run it: leases decide. A report whose process died is gone on with, where its draft survives and is here, and
else made anew; it fails once three processes in a row died of it without getting further.
"""

import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.reports import making, queries, rules
from freehold.reports.holding import LEASE
from freehold.reports.places.place import CannotKeep
from freehold.settings import Settings
from freehold.store.engine import Store

_POLL_S: Final = 0.5
_DATABASE_AWAY_S: Final = 5.0
_STALE: Final = timedelta(days=1)
_SWEPT_EACH: Final = timedelta(hours=1)
# A draft whose report was canceled, or ended on another node, stays here no longer than this.
_FORGET_S: Final = 30.0
_EXPIRED_AT_ONCE: Final = 100

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Make what is due until told to stop."""
    swept_at, forgot_s = None, -_FORGET_S
    while not stop.is_set():
        try:
            if time.monotonic() - forgot_s > _FORGET_S:
                forgot_s = time.monotonic()
                making.forget_ended(store, settings)
            if swept_at is None or clock.now() - swept_at > _SWEPT_EACH:
                swept_at = clock.now()
                making.sweep(settings, swept_at - _STALE)
            busy = turn(store, settings, stop)
        except SQLAlchemyError:
            _log.warning("reports wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
            continue
        if not busy:
            stop.wait(_POLL_S)


def turn(store: Store, settings: Settings, stop: threading.Event | None = None) -> bool:
    """Make one report that is due, or remove what has expired; whether anything was done."""
    now = clock.now()
    with store.read() as tx:
        # Looking takes no lock, so an idle loop is in no writer's way.
        due = queries.any_due(tx, now)
    return _make_next(store, settings, now, stop) if due else _expire(store, settings)


def _make_next(store: Store, settings: Settings, now: datetime, stop: threading.Event | None) -> bool:
    with store.write() as tx:
        report = queries.claim(tx, now, now + LEASE)
        if report is None:
            return False
    if rules.is_hopeless(report):
        making.give_up(store, settings, report)
    else:
        making.make_report(store, settings, report, stop)
    return True


def _expire(store: Store, settings: Settings) -> bool:
    with store.read() as tx:
        over = queries.expired(tx, clock.now(), _EXPIRED_AT_ONCE)
    for report in over:
        # The file first: a record without its file says so, a file without a record would stay for ever.
        try:
            making.remove_file(settings, report)
        except CannotKeep as problem:
            _log.warning("the expired file of report %s cannot be removed: %s", report.id, problem)
            return False
        with store.write() as tx:
            queries.expire(tx, report.id)
    return bool(over)
