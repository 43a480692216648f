"""The readiness loops of the tasks process: how each project stands is written down, and HTTP checks are called.

Both survive a database that is away: projects are looked at a minute later, and calls stay asked for.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from freehold.kit import clock
from freehold.production.readiness import actions, call_queries, http_checks, queries
from freehold.projects import queries as projects
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.webhooks.records import AttemptResult
from freehold.webhooks.sender import Sender

_EVERY_S: Final = 60.0
_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
_PROJECTS_AT_ONCE: Final = 100
_CALLS_AT_ONCE: Final = 8

_log: Final = logging.getLogger(__name__)


def run(store: Store, stop: threading.Event) -> None:
    """Look at every active sandbox project each minute until told to stop."""
    while not stop.is_set():
        try:
            turn(store, stop)
        except SQLAlchemyError:
            _log.warning("readiness waits for the database", exc_info=True)
        stop.wait(_EVERY_S)


def turn(store: Store, stop: threading.Event | None = None) -> int:
    """Look at every active sandbox project once, a batch at a time; how many stand otherwise than was written down.

    A batch is looked at without a lock; what changed is written down afterwards, and a change in between comes next time.
    A project that goes in between is passed over.
    """
    changed, after = 0, ""
    while stop is None or not stop.is_set():
        with store.read() as tx:
            ids = queries.sandboxes_after(tx, after, _PROJECTS_AT_ONCE)
            found = actions.look_at(tx, projects.projects_by_id(tx, ids), clock.now())
        for each in found:
            kept = _of_one(store, each.project_id, partial(actions.keep, stale=each, now=clock.now()))
            changed += kept and bool(each.changed or each.gone)
        if len(ids) < _PROJECTS_AT_ONCE:
            break
        after = ids[-1]
    return changed


def _of_one(store: Store, project_id: str, act: Callable[[Transaction], object]) -> bool:
    """Write something of one project, in a transaction of its own; False where the project went meanwhile, with its rows."""
    try:
        with store.write() as tx:
            act(tx)
    except IntegrityError:
        # What is written refers to the project. Others are not to fail with the one that does.
        _log.info("the project %s went while it was looked at", project_id)
        return False
    return True


# --- HTTP checks ---------------------------------------------------------------------------------------------------


def run_calls(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Call HTTP checks that are asked for until told to stop."""
    asyncio.run(_run_calls(store, settings, stop))


async def _run_calls(store: Store, settings: Settings, stop: threading.Event) -> None:
    async with Sender.of(settings) as sender:
        caller = Caller(store, sender)
        while not stop.is_set():
            try:
                called = await caller.turn()
            except SQLAlchemyError:
                _log.warning("readiness checks wait for the database", exc_info=True)
                called = 0
                await asyncio.sleep(_DATABASE_AWAY_S)
            if not called:
                await asyncio.sleep(_POLL_S)


class Caller:
    """Calls what is asked for: claim and commit, send, record and commit. Several may share a database."""

    def __init__(self, store: Store, sender: Sender) -> None:
        self._store = store
        self._sender = sender

    async def turn(self) -> int:
        """Claim what waits, call it, record what came back; how many."""
        claimed = await asyncio.to_thread(self._claim)
        await asyncio.gather(*(self._call(each) for each in claimed))
        return len(claimed)

    def _claim(self) -> list[http_checks.Asking]:
        now = clock.now()
        with self._store.read() as tx:
            if not call_queries.any_due(tx, now):
                return []
        with self._store.write() as tx:
            return http_checks.claim(tx, now, _CALLS_AT_ONCE)

    async def _call(self, asking: http_checks.Asking) -> None:
        result = await self._sender.send(asking.outgoing, http_checks.ENVIRONMENT)
        await asyncio.to_thread(self._record, asking, result)

    def _record(self, asking: http_checks.Asking, result: AttemptResult) -> None:
        _of_one(self._store, asking.project_id, partial(http_checks.record, asking=asking, result=result))
