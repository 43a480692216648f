"""The replays' loop of the tasks process: carries jobs on, a batch and a transaction at a time.

Several nodes may run it: a job's row is held while a batch is under way. What was committed stays; a
process that dies leaves jobs that the next one carries on where they were.
"""

import logging
import threading
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.store.engine import Store
from freehold.webhooks import replay_actions, replay_queries

_POLL_S: Final = 0.5
_DATABASE_AWAY_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


def run(store: Store, stop: threading.Event) -> None:
    """Carry on what there is, until told to stop."""
    while not stop.is_set():
        try:
            moved = turn(store)
        except SQLAlchemyError:
            _log.warning("replays wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
            continue
        # Without a pause while there is work, but never without room for the other writers.
        stop.wait(0.01 if moved else _POLL_S)


def turn(store: Store, batch: int = replay_actions.BATCH) -> int:
    """Give each job that is under way one batch; how many of them came on."""
    with store.read() as tx:
        # Looking and counting takes no lock, so an idle loop is in no writer's way.
        jobs = [(each.id, replay_actions.count_for(tx, each)) for each in replay_queries.unfinished_replays(tx)]
    moved = 0
    for replay_id, total in jobs:
        with store.write() as tx:
            moved += replay_actions.take_step(tx, replay_id, total, clock.now(), batch)
    return moved
