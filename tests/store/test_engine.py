"""Transactions: what is written by the driver's own way is committed too, and what raises is not."""

from contextlib import suppress

import pytest
from sqlalchemy import select, text

from freehold.store.engine import Store
from freehold.store.schema import throttles


def names(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(select(throttles.c.name).order_by(throttles.c.name)).scalars())


def test_what_the_driver_alone_wrote_is_committed(sqlite_store: Store) -> None:
    with sqlite_store.write() as tx:
        driver = tx.connection.driver_connection
        assert driver is not None
        driver.executemany("INSERT INTO throttles (name, arrival_at) VALUES (?, ?)", [("a", 1), ("b", 2)])
    assert names(sqlite_store) == ["a", "b"]


def test_a_transaction_that_does_nothing_lets_go_of_the_lock(store: Store) -> None:
    with store.write():
        pass
    with store.write() as tx:
        tx.execute(text("INSERT INTO throttles (name, arrival_at) VALUES ('a', 1)"))
    assert names(store) == ["a"]


@pytest.mark.parametrize("durable", [True, False])
def test_what_raises_leaves_nothing_and_lets_go_of_the_lock(store: Store, durable: bool) -> None:
    with suppress(ZeroDivisionError), store.write(durable=durable) as tx:
        tx.execute(text("INSERT INTO throttles (name, arrival_at) VALUES ('a', 1)"))
        raise ZeroDivisionError
    with store.write(durable=durable) as tx:
        tx.execute(text("INSERT INTO throttles (name, arrival_at) VALUES ('b', 1)"))
    assert names(store) == ["b"]
