"""Filling the keyring at the start, on both databases: what is in force is known before anybody asks."""

import asyncio
from pathlib import Path

import pytest

from freehold.gate.filler import Filler
from freehold.gate.keyring import Keyring, Missing
from freehold.store.engine import Store
from tests.databases import SECRET
from tests.gate.instance import Instance


async def filled(store: Store, secrets_max: int) -> Keyring:
    """A keyring that heard of the database just now, and was filled."""
    keyring = Keyring(secrets_max)
    keyring.forget_all(0)
    filler = Filler(asyncio.get_running_loop(), store, keyring, secrets_max)
    filler.start()
    await asyncio.to_thread(filler._thread.join)
    return keyring


def instance_of(store: Store) -> Instance:
    made = Instance(Path(), store, SECRET)
    with store.write() as tx:
        made._fill(tx)
    return made


def test_what_is_in_force_is_known(store: Store) -> None:
    instance = instance_of(store)
    keys = [instance.issue() for _ in range(3)]
    instance.revoke(keys[0])
    keyring = asyncio.run(filled(store, 100))
    assert [keyring.secret(each.selector) is not None for each in keys[1:]] == [True, True]
    with pytest.raises(Missing):
        keyring.secret(keys[0].selector)


def test_no_more_than_the_bound(store: Store) -> None:
    instance = instance_of(store)
    keys = [instance.issue() for _ in range(5)]
    keyring = asyncio.run(filled(store, 3))
    assert sum(each.selector in keyring._secrets.entries for each in keys) == 3


def test_a_database_that_is_gone_leaves_the_keyring_to_fill_as_it_is_used(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE key_endpoints RENAME TO elsewhere")
    keyring = asyncio.run(filled(store, 3))
    assert "keys are read when they are used" in caplog.text
    assert not keyring._secrets.entries


def test_a_gate_that_stops_waits_for_no_filling(store: Store) -> None:
    instance_of(store).issue()

    async def stop_at_once() -> Keyring:
        keyring = Keyring(100)
        keyring.forget_all(0)
        filler = Filler(asyncio.get_running_loop(), store, keyring, 100)
        filler.start()
        # The loop is not given back before the thread has ended: nothing that it asks for is done.
        filler.stop()
        return keyring

    assert not asyncio.run(stop_at_once())._secrets.entries
