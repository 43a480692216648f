"""A receiver that takes nothing for long: people are told once, and once when it takes entries again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from freehold.forwarding import actions, batches, rules
from freehold.forwarding.records import Place, Sent
from freehold.kit import clock
from freehold.organizations import audit
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import audit_entries, forwardings, mails, members, organizations, users
from tests.conftest import TestClock
from tests.databases import SECRET
from tests.forwarding.world import HARBOUR, World, make_world
from tests.webhooks.receivers import served

PEOPLE = ("owner", "admin", "developer", "auditor")


@pytest.fixture
def world(store: Store, settings: Settings) -> World:
    made = make_world(store, replace(settings, webhook_allow="127.0.0.0/8"))
    with store.write() as tx:
        tx.execute(
            insert(organizations).values(id="org_us", name="Us", slug="us", created_at=clock.now(), is_operator=True)
        )
        for name in (*PEOPLE, "operator", "gone"):
            operator, gone = name == "operator", clock.now() if name == "gone" else None
            tx.execute(insert(users).values(
                id=f"usr_{name}", email=f"{name}@example.com", name=name, password_hash="-", is_operator=operator, created_at=clock.now(),
                disabled_at=gone))  # fmt: skip
            if not operator:
                role = "owner" if gone else name
                tx.execute(
                    insert(members).values(
                        organization_id=HARBOUR, user_id=f"usr_{name}", role=role, joined_at=clock.now()
                    )
                )
    return made


def letters(world: World) -> list[tuple[str, str, str]]:
    with world.store.read() as tx:
        rows = tx.execute(
            select(mails.c.organization_id, mails.c.recipient, mails.c.subject, mails.c.text).order_by(
                mails.c.created_at, mails.c.recipient
            )
        ).all()
    for row in rows:
        assert "/audit/forwarding/fwd_" in row.text
        assert "secret-path" not in row.text
    return [(row.organization_id, row.recipient, row.subject) for row in rows]


def entries(world: World) -> list[tuple[str, str]]:
    with world.store.read() as tx:
        query = select(audit_entries.c.chain, audit_entries.c.action).where(audit_entries.c.actor_kind == "system")
        return [(row.chain, row.action) for row in tx.execute(query.order_by(audit_entries.c.id))]


def try_after(world: World, test_clock: TestClock, minutes: float) -> None:
    """Let so much time pass, and have whatever fails tried."""
    test_clock.move(minutes * 60)
    with world.store.write() as tx:
        tx.execute(update(forwardings).values(due_at=clock.now()))
    world.turn()


@pytest.mark.parametrize("whose", [HARBOUR, None])
def test_people_are_told_once_an_outage_and_once_of_its_end(
    world: World, test_clock: TestClock, whose: str | None
) -> None:
    chain, recipients = whose or audit.INSTANCE_CHAIN, ["admin", "owner"] if whose else ["operator"]
    with served() as there:
        made = world.forward(Place("webhook", there.url("/500?secret-path")), whose, after=0).forwarding
        world.turn()
        try_after(world, test_clock, 29)
        assert (world.read(made.id).state, world.read(made.id).told_at, letters(world)) == ("failing", None, [])
        try_after(world, test_clock, 2)
        told = world.read(made.id)
        assert told.told_at == clock.now()
        failed = [(whose or "org_us", f"{each}@example.com", "Audit forwarding fails: Logs") for each in recipients]
        assert letters(world) == failed
        try_after(world, test_clock, 180)
        assert letters(world) == failed
        # A person has a look meanwhile, which ends no outage.
        world.act(actions.resume_forwarding, made.id)
        try_after(world, test_clock, 40)
        assert letters(world) == failed
        world.act(
            actions.edit_forwarding, SECRET, world.settings, made.id, None, lambda _: {"url": there.url("/accept")}
        )
        world.turn(3)
        works = [
            (whose or "org_us", f"{each}@example.com", "Audit forwarding works again: Logs") for each in recipients
        ]
        assert letters(world) == failed + works
        assert world.read(made.id).told_at is None
        assert entries(world) == [(chain, "forwarding.failing"), (chain, "forwarding.recovered")]
        assert world.lag(made.id).entries == 0
        with world.store.read() as tx:
            assert audit.verify_chain(tx, chain) is None
        # The next outage is another one.
        world.act(actions.edit_forwarding, SECRET, world.settings, made.id, None, lambda _: {"url": there.url("/500")})
        world.turn()
        try_after(world, test_clock, 31)
        assert letters(world) == failed + works + failed


def test_a_receiver_that_takes_some_of_each_batch_is_failing_all_the_same(world: World, test_clock: TestClock) -> None:
    """Its failures are counted anew, so that it is tried soon; since when it fails is not."""
    made = world.forward(Place("webhook", "http://127.0.0.1:9999/"), after=0).forwarding
    world.write_entries(9)
    for minute in range(0, 36, 5):
        with world.store.write() as tx:
            tx.execute(update(forwardings).values(due_at=clock.now()))
            batch = batches.claim(tx, made.id, f"fwd_lease{minute}", clock.now())
            assert batch is not None
            assert batches.record(tx, batch, Sent(1, "It takes one at a time."), clock.now(), 0, "http://here")
        test_clock.move(300)
    assert world.read(made.id).failures == 1
    assert [subject for _, _, subject in letters(world)] == ["Audit forwarding fails: Logs"] * 2


def test_a_deleted_outage_is_nobodys(world: World, test_clock: TestClock) -> None:
    """A forwarding that is removed while it fails tells nothing more, and who lost the lease tells nothing at all."""
    made = world.forward(Place("webhook", "http://127.0.0.1:9999/"), after=0).forwarding
    with world.store.write() as tx:
        tx.execute(
            update(forwardings).values(state="failing", error="Away.", failing_since_at=clock.now() - rules.TELLS_AFTER)
        )
        batch = batches.claim(tx, made.id, "fwd_lease", clock.now())
    assert batch is not None
    world.act(actions.delete_forwarding, made.id)
    with world.store.write() as tx:
        assert batches.record(tx, batch, Sent(0, "Away."), clock.now() + timedelta(hours=1), 0, "http://here") is False
    assert (letters(world), entries(world)) == ([], [])
