"""The quotas' loop of the tasks process, running."""

import threading

import pytest
from sqlalchemy import text

from freehold.keys import quota_tasks
from freehold.store.engine import Store
from tests.conftest import TestClock
from tests.gate.gate_process import eventually
from tests.store.test_quota_leases import counted, do, end_journal, instance_of, journal, leased, order, record


def test_the_loop_settles_what_is_left_behind_and_lives_through_a_database_that_is_away(
    store: Store, test_clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_POLL_S", "_DATABASE_AWAY_S"):
        monkeypatch.setattr(quota_tasks, name, 0.01)
    instance_of(store)
    test_clock.move(20 * 60)
    stop = threading.Event()
    with store.write() as tx:
        tx.execute(text("ALTER TABLE quota_leases RENAME TO quota_leases_gone"))
    thread = threading.Thread(target=quota_tasks.run, args=[store, 30, stop])
    thread.start()
    try:
        with store.write() as tx:
            tx.execute(text("ALTER TABLE quota_leases_gone RENAME TO quota_leases"))
        # In this order, as in life: the loop may look at any instant, and settles by the events that are there.
        gone = journal(store, ended=False)
        do(store, gone, order(need=20, wish=20))
        record(store, gone, [3, 4])
        end_journal(store, gone)
        eventually(lambda: leased(store) == {})
    finally:
        stop.set()
        thread.join()
    assert counted(store) == 7
