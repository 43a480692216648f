"""The loop that runs report schedules, each due one in its own transaction, and mails who is to hear of reports that ended.

Several nodes may run it: the rows decide.
"""

import logging
import threading
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.reports import schedule_queries as queries
from freehold.reports.mailing import mail_ended
from freehold.reports.schedule_runs import run_due
from freehold.store.engine import Store

_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
_BATCH: Final = 50

_log: Final = logging.getLogger(__name__)


def run(store: Store, base_url: str, stop: threading.Event) -> None:
    """Run what is due, each second, until told to stop."""
    while not stop.is_set():
        try:
            turn(store, base_url, clock.now())
        except SQLAlchemyError:
            _log.warning("report schedules wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
        stop.wait(_POLL_S)


def turn(store: Store, base_url: str, now: datetime) -> int:
    """Run every schedule that is due at an instant, and mail of what has ended; how many reports were queued."""
    queued = 0
    with store.read() as tx:
        # Looking takes no lock, so an idle loop is in no writer's way.
        found, untold = queries.due_schedules(tx, now, _BATCH), queries.untold_reports(tx, _BATCH)
    for organization_id, schedule_id in found:
        with store.write() as tx:
            queued += run_due(tx, base_url, organization_id, schedule_id, now) is not None
    for report_id in untold:
        with store.write() as tx:
            mail_ended(tx, base_url, report_id)
    return queued
