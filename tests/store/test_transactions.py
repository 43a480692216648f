"""The two ways to a transaction: who waits for the write lock, and which commits wait for the disk."""

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from freehold.store import engine
from freehold.store.engine import Store, open_sqlite


def test_whoever_waits_for_the_write_lock_gets_it_once_it_is_released(sqlite_store: Store) -> None:
    order, began = [], threading.Event()

    def second() -> None:
        began.set()
        with sqlite_store.write():
            order.append("second")

    with sqlite_store.write():
        thread = threading.Thread(target=second)
        thread.start()
        began.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_waiting_for_the_write_lock_ends(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_S", 0.05)
    with sqlite_store.write(), pytest.raises(OperationalError, match="locked"), sqlite_store.write():
        pass
    # Another process is asked for it, and not waited for any longer.
    other = open_sqlite(Path(str(sqlite_store.engine.url.database)))
    with other.write(), pytest.raises(OperationalError, match="locked"), sqlite_store.write():
        pass
    other.close()
    # Nothing is left behind: the next one is given it.
    with sqlite_store.write():
        pass


def test_a_commit_is_on_the_disk_before_it_counts_and_holds_nobody_up(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = []
    real = os.fdatasync

    def fdatasync(descriptor: int) -> None:
        # Others can write by now.
        with sqlite_store.write(durable=False):
            forced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    with sqlite_store.write() as tx:
        tx.execute(text("CREATE TABLE kept (id INTEGER)"))
        assert forced == []
    assert forced == [f"{sqlite_store.engine.url.database}-wal"]
    with sqlite_store.write(durable=False) as tx:
        tx.execute(text("INSERT INTO kept VALUES (1)"))
    assert len(forced) == 1


def test_a_commit_that_waits_for_no_disk_is_seen_by_all(store: Store) -> None:
    with store.write(durable=False) as tx:
        tx.execute(text("CREATE TABLE kept (id INTEGER)"))
        tx.execute(text("INSERT INTO kept VALUES (1)"))
    with store.read() as tx:
        assert tx.execute(text("SELECT id FROM kept")).scalars().all() == [1]
