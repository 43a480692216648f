"""The audit log: append-only by the database itself, and a hash chain that shows what was done around it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from freehold.organizations import audit, audit_reading
from freehold.organizations.records import Actor
from freehold.store.engine import Store, Transaction
from freehold.store.schema import audit_entries, audit_heads

CHAIN = "org_harbour"
ADA = Actor("user", "usr_1", "ada@example.com", "usr_1", False, {}, address="192.0.2.1", request_id="req_1")


def record(tx: Transaction, name: str, chain: str | None = CHAIN, **more: Any) -> None:
    audit.record(
        tx,
        ADA,
        "thing.made",
        organization_id=chain,
        subject_kind="thing",
        subject_id=f"id_{name}",
        subject_name=name,
        **more,
    )


def fill(store: Store, count: int = 5) -> None:
    for number in range(1, count + 1):
        with store.write() as tx:
            record(
                tx, f"n{number}", after={"number": number, "when": datetime(2027, 1, 1, tzinfo=UTC), "tags": ("b", "a")}
            )


def verdict(store: Store, chain: str = CHAIN) -> str | None:
    with store.read() as tx:
        return audit.verify_chain(tx, chain)


def drop_triggers(tx: Transaction) -> None:
    if tx.dialect.name == "sqlite":
        tx.execute(text("DROP TRIGGER audit_entries_no_update"))
        tx.execute(text("DROP TRIGGER audit_entries_no_delete"))
    else:
        tx.execute(text("DROP TRIGGER audit_entries_append_only ON audit_entries"))
        tx.execute(text("DROP TRIGGER audit_entries_words_only ON audit_entries"))
        tx.execute(text("DROP TRIGGER audit_entries_goes_whole ON audit_entries"))


def test_a_chain_of_real_entries_is_whole(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        record(tx, "elsewhere", "org_elsewhere", before={"a": None, "b": {"x": [1, "ü", None]}}, project_id="proj_1")
        record(tx, "instance", None)
    for chain in (CHAIN, "org_elsewhere", audit.INSTANCE_CHAIN, "org_nothing"):
        assert verdict(store, chain) is None
    with store.read() as tx:
        first = audit_reading.entries(tx, CHAIN, audit_reading.AuditFilter(), 10)[-1]
    assert (first.position, first.previous_hash) == (1, bytes(32))
    assert first.after == {"number": 1, "when": "2027-01-01T00:00:00.000Z", "tags": ["b", "a"]}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET subject_name = 'x'",
        "UPDATE audit_entries SET subject_name = 'x' WHERE position = 2",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE position = 5",
    ],
)
def test_the_database_refuses_to_change_or_remove_entries(store: Store, statement: str) -> None:
    fill(store)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as tx:
        tx.execute(text(statement))
    assert verdict(store) is None


def test_postgresql_refuses_to_empty_the_log(store: Store) -> None:
    if store.is_sqlite:
        # SQLite has no TRUNCATE: its DELETE without WHERE is refused above.
        return
    with pytest.raises(DBAPIError, match="append-only"), store.write() as tx:
        tx.execute(text("TRUNCATE audit_entries"))


@pytest.mark.parametrize(
    "column", ["action", "actor_name", "subject_id", "after", "at", "address", "request_id", "project_id"]
)
def test_an_entry_that_was_altered_is_named(store: Store, column: str) -> None:
    fill(store)
    changed: dict[str, Any] = {"after": {"number": 99}, "at": datetime(2020, 1, 1, tzinfo=UTC)}
    with store.write() as tx:
        drop_triggers(tx)
        tx.execute(
            update(audit_entries).where(audit_entries.c.position == 3).values({column: changed.get(column, "else")})
        )
    found = verdict(store)
    assert found is not None
    assert found.startswith(f"entry 3 of {CHAIN}")
    assert "altered" in found


def test_an_entry_altered_with_its_own_hash_shows_in_the_next(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        drop_triggers(tx)
        row = tx.execute(select(audit_entries).where(audit_entries.c.position == 3)).one()
        values = {name: row._mapping[name] for name in row._mapping if name not in ("id", "hash", "previous_hash")}
        values["subject_name"] = "else"
        forged = audit.entry_hash(values, row.previous_hash)
        tx.execute(update(audit_entries).where(audit_entries.c.position == 3).values(subject_name="else", hash=forged))
    found = verdict(store)
    assert found is not None
    assert found.startswith(f"entry 4 of {CHAIN}")


def _remove_third(tx: Transaction) -> None:
    tx.execute(delete(audit_entries).where(audit_entries.c.position == 3))


def _remove_last(tx: Transaction) -> None:
    tx.execute(delete(audit_entries).where(audit_entries.c.position == 5))


def _remove_all(tx: Transaction) -> None:
    tx.execute(delete(audit_entries))


def _insert_sixth(tx: Transaction) -> None:
    row = tx.execute(select(audit_entries).where(audit_entries.c.position == 5)).one()
    values = {**row._mapping, "id": "aud_forged", "position": 6, "previous_hash": row.hash}
    hashed = {name: value for name, value in values.items() if name not in ("id", "hash", "previous_hash")}
    tx.execute(insert(audit_entries).values({**values, "hash": audit.entry_hash(hashed, row.hash)}))


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (_remove_third, "entry 3 of org_harbour is missing: entry 4 follows"),
        (_remove_last, "org_harbour should end at entry 5, but ends at 4"),
        (_remove_all, "org_harbour should end at entry 5, but ends at 0"),
        (_insert_sixth, "org_harbour should end at entry 5, but ends at 6"),
    ],
)
def test_entries_taken_out_or_put_in_are_named(store: Store, tamper: Callable[[Transaction], None], words: str) -> None:
    fill(store)
    with store.write() as tx:
        drop_triggers(tx)
        tamper(tx)
    assert verdict(store) == words


def test_two_entries_cannot_have_one_place(store: Store) -> None:
    fill(store, 2)
    with store.read() as tx:
        row = tx.execute(select(audit_entries).where(audit_entries.c.position == 2)).one()
    with pytest.raises(DBAPIError), store.write() as tx:
        tx.execute(insert(audit_entries).values({**row._mapping, "id": "aud_second"}))


def test_a_change_that_fails_leaves_no_entry(store: Store) -> None:
    fill(store, 1)
    with suppress(RuntimeError), store.write() as tx:
        record(tx, "lost")
        raise RuntimeError
    fill(store, 1)
    with store.read() as tx:
        assert [row.position for row in audit_reading.entries(tx, CHAIN, audit_reading.AuditFilter(), 10)] == [2, 1]
    assert verdict(store) is None


def test_writers_at_one_instant_make_one_chain(store: Store) -> None:
    def write(number: int) -> None:
        with store.write() as tx:
            record(tx, f"w{number}", f"org_{number % 2}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(24)))
    with store.read() as tx:
        for chain in ("org_0", "org_1"):
            positions = [row.position for row in audit_reading.entries(tx, chain, audit_reading.AuditFilter(), 50)]
            assert sorted(positions) == list(range(1, 13))
            assert tx.execute(select(audit_heads.c.position).where(audit_heads.c.chain == chain)).scalar_one() == 12
    assert verdict(store, "org_0") is None
    assert verdict(store, "org_1") is None
