"""One test entry to a forwarding's receiver, and what came of it: read, send, record and commit. No transaction is held meanwhile."""

import asyncio
import threading
from typing import Final

from freehold.errors import Problem
from freehold.forwarding import actions, sealing
from freehold.forwarding.records import Forwarding, Sent
from freehold.forwarding.webhook_form import TEST_TYPE
from freehold.kit import clock, ids
from freehold.kit.encryption import CannotOpen
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.records import Actor, AuditEntry
from freehold.settings import Settings
from freehold.store.engine import Store

# Each holds a thread of the control plane for as long as a receiver takes.
_slots: Final = threading.BoundedSemaphore(4)


def send_test(store: Store, settings: Settings, secret: InstanceSecret, actor: Actor, forwarding_id: str) -> Sent:
    """Send one entry that is none (`audit.test`, position 0) and wait for what comes of it, 25 s at most.

    Problem `too_many_requests` while four others are under way in this process.
    """
    if not _slots.acquire(blocking=False):
        raise Problem(
            "too_many_requests",
            "Several tests are being sent at this moment. Try again in a few seconds.",
            headers={"Retry-After": "5"},
        )
    try:
        with store.read() as tx:
            forwarding = actions.read_forwarding(tx, actor, forwarding_id, "organization.edit")
        sent = asyncio.run(_send(settings, secret, forwarding, trial_entry(forwarding, actor)))
        with store.write() as tx:
            actions.note_test(tx, actor, forwarding, sent.error)
    finally:
        _slots.release()
    return sent


def trial_entry(forwarding: Forwarding, actor: Actor) -> AuditEntry:
    """What a test sends: in an entry's form, with an action that no change has."""
    return AuditEntry(
        id=ids.new_id("aud"), chain=forwarding.scope, position=0, at=clock.now(), actor_kind=actor.kind, actor_id=actor.id,
        actor_name=actor.name, action=TEST_TYPE, subject_kind="forwarding", subject_id=forwarding.id, subject_name=forwarding.name,
        project_id=None, before=None, after={"words": "A test from Freehold: nothing was changed."}, address=actor.address,
        request_id=actor.request_id, previous_hash=bytes(32), hash=bytes(32),
    )  # fmt: skip


async def _send(settings: Settings, secret: InstanceSecret, forwarding: Forwarding, entry: AuditEntry) -> Sent:
    # Imported with the first test: the HTTP client takes a fifth of a second that no start should wait for.
    from freehold.forwarding.sending import Forwards  # noqa: PLC0415 — see above

    try:
        place = sealing.open_place(secret, forwarding.id, forwarding.sealed)
    except CannotOpen:
        return Sent(0, sealing.FOREIGN)
    async with Forwards(settings) as forwards:
        return await forwards.send(place, [entry], forwarding.organization_id is None)
