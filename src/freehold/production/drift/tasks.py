"""The loop that ends acceptances whose time is over and mails the technical owners of siblings that began to differ.

Counting and announcing are done where the difference comes from (`counting`). Here is what waits for time: a pair's
owners hear by mail at most once an hour. Several nodes may run it: the pair's row decides.
"""

import logging
import threading
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.mail.actions import post_mail
from freehold.organizations import audit
from freehold.production.drift import queries
from freehold.production.drift.actions import drift_of
from freehold.production.drift.counting import recount
from freehold.production.drift.records import Drift, DriftHead
from freehold.production.drift.rules import MAIL_GAP
from freehold.production.shape.rules import sentence_of
from freehold.projects import queries as projects
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction

_POLL_S: Final = 5.0
_DATABASE_AWAY_S: Final = 10.0
_BATCH: Final = 20
_LINES_MAX: Final = 30

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Look for what is due, every five seconds, until told to stop."""
    while not stop.is_set():
        try:
            turn(store, settings.control_url, clock.now())
        except SQLAlchemyError:
            _log.warning("accepted differences and drift's mails wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
        stop.wait(_POLL_S)


def turn(store: Store, control_url: str, now: datetime) -> int:
    """Count anew the pairs whose acceptances expired, each in its transaction, then mail; how many pairs that were."""
    with store.read() as tx:
        over, any_due = queries.expired(tx, now, _BATCH), queries.any_mail_due(tx, now - MAIL_GAP)
    for sandbox_id in over:
        with store.write() as tx:
            _recount(tx, sandbox_id, now)
    mailed = 0
    if any_due or over:
        with store.write() as tx:
            for head in queries.mails_due(tx, now - MAIL_GAP, _BATCH):
                mailed += _mail(tx, head, control_url, now)
    return len(over) + mailed


def _recount(tx: Transaction, sandbox_id: str, now: datetime) -> None:
    sandbox = projects.find_project(tx, sandbox_id)
    production = projects.find_sibling(tx, sandbox) if sandbox else None
    if sandbox and production:
        # Before the pair's count is held, as every change does: who holds the log may end the same acceptances.
        audit.hold(tx, sandbox.organization_id)
        recount(tx, sandbox, production, now)


def _mail(tx: Transaction, head: DriftHead, control_url: str, now: datetime) -> int:
    """Write the mails of a pair and note that they were written."""
    queries.keep_head(tx, replace(head, owes_mail=False, mailed_at=now))
    pair = [projects.find_project(tx, each) for each in (head.sandbox_id, head.production_id)]
    sandbox, production = pair
    if sandbox is None or production is None:
        return 0
    owners = projects.owners_of(tx, [sandbox.id, production.id])
    technical = [each.email for both in owners.values() for each in both if each.duty == "technical"]
    text = letter(drift_of(tx, sandbox, production), control_url)
    post_mail(tx, sandbox.organization_id, technical, f"Sandbox and production differ: {sandbox.name}", text)
    return 1


def letter(drift: Drift, control_url: str) -> str:
    """What the owners of a pair are told of how it differs: fields and numbers, never what a binding holds."""
    left = [each for each in drift.differences if each.acceptance is None]
    lines = [
        f"* {sentence_of(each.difference)}"
        + (f" (changed in {each.ahead.environment} by {each.ahead.by})" if each.ahead else "")
        for each in left[:_LINES_MAX]
    ]
    if len(left) > _LINES_MAX:
        lines.append(f"* and {len(left) - _LINES_MAX} more")
    here = f"{control_url}/projects/{drift.production.id}/drift"
    return (
        f"{drift.sandbox.name}: what its sandbox and its production project declare differs in "
        f"{len(left)} field{'' if len(left) == 1 else 's'} that nobody accepted.\n\n"
        + "\n".join(lines)
        + f"\n\nPromote, revert or accept each: {here}\n\nWhere both declare a field, production's value comes first.\n"
    )
