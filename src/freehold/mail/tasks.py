"""The mails' loop of the tasks process: claim, send, record. Several nodes may run it: leases decide."""

import logging
import threading
import time
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.mail import queries, rules
from freehold.mail.records import Mail
from freehold.mail.smtp import Post, Server, server_of
from freehold.settings import Settings
from freehold.store import retentions
from freehold.store.engine import Store

# Longer than a batch takes, each of whose mails may wait for a slow server.
LEASE: Final = timedelta(minutes=5)
_AT_ONCE: Final = 8
_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
# Unless an operator says otherwise.
KEPT_DAYS: Final = 30
_SWEEP_S: Final = 60.0
_DELETE_AT_ONCE: Final = 500
_NO_SERVER: Final = rules.Refusal(
    "No SMTP server is set: FREEHOLD_SMTP_URL was empty when this was due.", for_good=True
)

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Send what is due, every second, until told to stop."""
    server, swept_s = server_of(settings), 0.0
    while not stop.is_set():
        try:
            busy = turn(store, server) == _AT_ONCE
            if time.monotonic() - swept_s > _SWEEP_S:
                swept_s = time.monotonic()
                with store.write() as tx:
                    kept = timedelta(days=retentions.days_of(tx, "mails", KEPT_DAYS) or KEPT_DAYS)
                    queries.delete_ended(tx, clock.now() - kept, _DELETE_AT_ONCE)
        except SQLAlchemyError:
            _log.warning("mails wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
            continue
        if not busy:
            stop.wait(_POLL_S)


def turn(store: Store, server: Server | None) -> int:
    """Claim some due mails, send them one after the other, and record each; how many."""
    now = clock.now()
    with store.read() as tx:
        # Looking takes no lock, so an idle loop is in no writer's way.
        if not queries.any_due(tx, now):
            return 0
    with store.write() as tx:
        claimed = queries.claim(tx, now, now + LEASE, _AT_ONCE)
    if server is None:
        for mail in claimed:
            _record(store, mail, _NO_SERVER)
        return len(claimed)
    with Post(server) as post:
        for mail in claimed:
            _record(store, mail, post.send(mail))
    return len(claimed)


def _record(store: Store, mail: Mail, refusal: rules.Refusal | None) -> None:
    now = clock.now()
    follows = rules.outcome(refusal, mail.attempts + 1, now)
    if follows.state == "failed":
        _log.warning("mail %s was not sent: %s", mail.id, follows.error)
    with store.write() as tx:
        queries.settle(tx, mail, follows, now)
