"""Adding to rollup rows: what is handed over to the database is added once, however often and in whichever transaction."""

from typing import Final

import psycopg
import pytest
from sqlalchemy import func, select

from freehold.kit.sketch import decode
from freehold.store.engine import Store, Transaction
from freehold.store.schema import usage_rollups, usage_totals
from freehold.usage.rollup_rows import add_to_rollups
from freehold.usage.rollups import Slot, Sums, at_every_grain

AT_MS: Final = 1_800_000_000_000


def add(tx: Transaction, *endpoints: str) -> None:
    """One request of each endpoint, each with a latency."""
    slots = [Slot(AT_MS, "proj_a", "key_a", "s", each, "allowed", 2) for each in endpoints]
    add_to_rollups(tx, at_every_grain((slot, Sums(1, 2, 700, 1, {300: 1})) for slot in slots))


def requests_of(store: Store, endpoint: str) -> int:
    with store.read() as tx:
        query = select(func.sum(usage_rollups.c.requests)).where(
            usage_rollups.c.endpoint == endpoint, usage_rollups.c.grain == "day"
        )
        return int(tx.execute(query).scalar() or 0)


def test_several_in_one_transaction_are_each_added_once(store: Store) -> None:
    with store.write() as tx:
        add(tx, "get", "list")
        add(tx, "get")
        add(tx, "put")
    with store.write() as tx:
        add(tx, "put")
    assert [requests_of(store, each) for each in ("get", "list", "put")] == [2, 1, 2]
    with store.read() as tx:
        of_all = select(func.sum(usage_totals.c.requests)).where(
            usage_totals.c.division == "whole", usage_totals.c.grain == "day"
        )
        assert tx.execute(of_all).scalar() == 5
        written = tx.execute(
            select(usage_rollups.c.latency).where(usage_rollups.c.endpoint == "get", usage_rollups.c.grain == "day")
        ).scalar_one()
    assert sum(decode(written).values()) == 2


def add_and_fail(store: Store) -> None:
    with store.write() as tx:
        add(tx, "get", "list")
        raise ZeroDivisionError


def test_what_is_taken_back_leaves_nothing_behind(store: Store) -> None:
    """Neither in the first transaction of a connection, nor in a later one."""
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            add_and_fail(store)
        with store.write() as tx:
            add(tx, "put")
    assert [requests_of(store, each) for each in ("get", "list", "put")] == [0, 0, 2]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_what_the_server_refuses_is_told_and_the_connection_serves_on(store: Store) -> None:
    """SQLite has no number that is too large: it is kept as one that is no integer."""
    slot = Slot(AT_MS, "proj_b", "key_b", "t", "get", "allowed", 2)
    sums = at_every_grain([(slot, Sums(2**63 - 1, 0, 0, 0, {}))])
    with store.write() as tx:
        add_to_rollups(tx, sums)
    for _ in range(2):
        with pytest.raises(psycopg.errors.NumericValueOutOfRange), store.write() as tx:
            add_to_rollups(tx, sums)
        with store.write() as tx:
            add(tx, "put")
    assert [requests_of(store, each) for each in ("get", "put")] == [2**63 - 1, 2]
