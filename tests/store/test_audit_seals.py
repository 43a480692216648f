"""Seals: what a chain of hashes cannot show, and how each way to rewrite history is named."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit, audit_reading, tasks
from freehold.organizations.audit_proof import Proof, prove
from freehold.organizations.audit_seals import (
    Seal,
    is_genuine,
    key_id_of,
    make_seal,
    public_key,
    seal_chains,
    seals_of,
)
from freehold.store.engine import Store, Transaction
from freehold.store.schema import audit_entries, audit_heads, audit_seals
from tests.databases import SECRET
from tests.store.test_audit import ADA, CHAIN, drop_triggers, fill, record

PUBLIC = public_key(SECRET)


def proof(store: Store, *kept: Seal, told: Callable[[int], None] = lambda _: None) -> Proof:
    with store.read() as tx:
        return prove(tx, CHAIN, PUBLIC, kept, told)


def seal(store: Store) -> Seal:
    assert seal_chains(store, SECRET, clock.now()) == 1
    with store.read() as tx:
        return seals_of(tx, CHAIN)[-1]


def rewrite(tx: Transaction, change: Callable[[int, dict[str, Any]], dict[str, Any] | None]) -> None:
    """Make a chain anew with right hashes, as somebody can who owns the database."""
    drop_triggers(tx)
    rows = tx.execute(
        select(audit_entries).where(audit_entries.c.chain == CHAIN).order_by(audit_entries.c.position)
    ).all()
    tx.execute(delete(audit_entries).where(audit_entries.c.chain == CHAIN))
    previous, position = audit.GENESIS, 0
    for row in rows:
        values = change(row.position, dict(row._mapping))
        if values is None:
            continue
        position += 1
        hashed = {name: value for name, value in values.items() if name not in ("id", "hash", "previous_hash")}
        hashed["position"] = position
        digest = audit.entry_hash(hashed, previous)
        tx.execute(insert(audit_entries).values(id=values["id"], previous_hash=previous, hash=digest, **hashed))
        previous = digest
    tx.execute(update(audit_heads).where(audit_heads.c.chain == CHAIN).values(position=position, hash=previous))


def test_each_chain_is_sealed_once_for_what_it_holds(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        record(tx, "elsewhere", "org_elsewhere")
    assert seal_chains(store, SECRET, clock.now()) == 2
    assert seal_chains(store, SECRET, clock.now()) == 0
    fill(store, 1)
    assert seal_chains(store, SECRET, clock.now()) == 1
    told: list[int] = []
    found = proof(store, told=told.append)
    assert (found.fault, found.entries, found.seals, found.unsealed, told) == (None, 6, 2, 0, [1, 2, 3, 4, 5, 6])
    fill(store, 1)
    assert proof(store).unsealed == 1


def test_an_empty_chain_is_whole(store: Store) -> None:
    found = proof(store)
    assert (found.fault, found.entries, found.last_seal, found.unsealed) == (None, 0, None, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda position, values: {**values, "subject_name": "else"} if position == 2 else values, "entry 5 of org_harbour is not the one that was sealed"),
        (lambda position, values: None if position == 2 else values, "org_harbour ends at entry 4, but entry 5 was sealed"),
        (lambda position, values: None if position == 5 else values, "org_harbour ends at entry 4, but entry 5 was sealed"),
    ],
    ids=["altered", "removed", "removed at the end"],
)  # fmt: skip
def test_history_that_was_written_anew_is_found(store: Store, change: Any, words: str) -> None:
    fill(store)
    seal(store)
    with store.write() as tx:
        rewrite(tx, change)
    with store.read() as tx:
        assert audit.verify_chain(tx, CHAIN) is None
    found = proof(store).fault
    assert found is not None
    assert found.startswith(words)


def test_an_entry_put_in_between_is_found(store: Store) -> None:
    fill(store)
    seal(store)
    with store.write() as tx:
        rewrite(tx, lambda position, values: values if position != 3 else None)
        record(tx, "late")
    found = proof(store).fault
    assert found is not None
    assert found.startswith("entry 5 of org_harbour is not the one that was sealed")


def test_whoever_takes_the_seals_away_too_is_found_by_one_that_was_kept(store: Store) -> None:
    fill(store)
    kept = seal(store)
    with store.write() as tx:
        rewrite(tx, lambda position, values: {**values, "reason": "none"} if position == 1 else values)
        _drop_seal_triggers(tx)
        tx.execute(delete(audit_seals))
    assert proof(store).fault is None
    found = proof(store, kept).fault
    assert found is not None
    assert "history was rewritten" in found


def test_a_seal_of_another_key_or_of_other_facts_is_none(store: Store) -> None:
    fill(store)
    made = seal(store)
    assert is_genuine(made, PUBLIC)
    other = InstanceSecret(bytes(range(1, 33)))
    foreign = make_seal(other, CHAIN, 5, made.hash, made.sealed_at)
    assert not is_genuine(foreign, PUBLIC)
    for changed in (
        {"position": 4}, {"hash": bytes(32)}, {"chain": "org_else"}, {"sealed_at": made.sealed_at + timedelta(hours=1)},
        {"signature": b""},
    ):  # fmt: skip
        assert not is_genuine(replace(made, **changed), PUBLIC)
    for false in (foreign, replace(made, key_id="0" * 16), replace(made, position=3)):
        assert "is not this instance's" in (proof(store, false).fault or "")
    assert proof(store, replace(made, chain="org_else")).fault is None
    assert made.key_id == key_id_of(PUBLIC)


@pytest.mark.parametrize("statement", ["UPDATE audit_seals SET position = 1", "DELETE FROM audit_seals"])
def test_the_database_refuses_to_change_or_remove_seals(store: Store, statement: str) -> None:
    fill(store)
    seal(store)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as tx:
        tx.execute(text(statement))


def test_an_entry_says_why_and_on_whose_behalf_and_both_are_in_its_hash(store: Store) -> None:
    with store.write() as tx:
        actor = replace(ADA, kind="token", id="tok_1", name="ada (ci)", reason="The key leaked.")
        audit.record(
            tx, actor, "key.revoked", organization_id=CHAIN, subject_kind="key", subject_id="key_1", subject_name="web"
        )
    with store.read() as tx:
        entry = audit_reading.entries(tx, CHAIN, audit_reading.AuditFilter(), 1)[0]
    assert (entry.reason, entry.on_behalf_of) == ("The key leaked.", "usr_1")
    assert proof(store).fault is None
    with store.write() as tx:
        drop_triggers(tx)
        tx.execute(update(audit_entries).values(reason=None))
    assert "altered" in (proof(store).fault or "")


def test_the_loop_seals_at_its_start_and_stops(store: Store) -> None:
    fill(store)
    stop = threading.Event()
    thread = threading.Thread(target=tasks.seal_hourly, args=(store, SECRET, stop))
    thread.start()
    for _ in range(500):
        if proof(store).seals:
            break
        stop.wait(0.01)
    stop.set()
    thread.join()
    assert proof(store).seals == 1


def test_the_next_hour_is_a_full_one() -> None:
    assert tasks.next_hour(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def _drop_seal_triggers(tx: Transaction) -> None:
    if tx.dialect.name == "sqlite":
        tx.execute(text("DROP TRIGGER audit_seals_no_update"))
        tx.execute(text("DROP TRIGGER audit_seals_no_delete"))
    else:
        tx.execute(text("DROP TRIGGER audit_seals_append_only ON audit_seals"))
        tx.execute(text("DROP TRIGGER audit_seals_goes_whole ON audit_seals"))
