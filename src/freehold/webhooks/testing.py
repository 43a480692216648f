"""The signed test event: prepare and commit, send, record and commit, and answer with what came back.

Never holds a transaction while it sends. A crash in between leaves a lease; when it has run out, the
dispatcher sends the test once more and records it.
"""

import asyncio
import threading
from dataclasses import dataclass
from typing import Final

from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import delivery_actions, queue
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import Attempt, AttemptResult, Dispatch, Outgoing, Tried

# Each holds a thread of the control plane for as long as a receiver takes, up to 20 s.
_AT_ONCE: Final = 8
_slots: Final = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class SentTest:
    """A test as it was sent, and what came of it."""

    dispatch: Dispatch
    attempt: Attempt


def send_test(
    store: Store,
    settings: Settings,
    secret: InstanceSecret,
    actor: Actor,
    endpoint_id: str,
    event_type: str | None = None,
) -> SentTest:
    """Send one signed test event to an endpoint and wait for what comes back, at most 25 s.

    Problem `too_many_requests` while eight others are under way in this process.
    """
    if not _slots.acquire(blocking=False):
        raise Problem(
            "too_many_requests",
            "Several tests are being sent at this moment. Try again in a few seconds.",
            headers={"Retry-After": "5"},
        )
    try:
        with store.write() as tx:
            dispatch = delivery_actions.prepare_test(tx, actor, endpoint_id, event_type)
        at = clock.now()
        sent = request_of(dispatch, secret, at)
        result = asyncio.run(_send(settings, sent, dispatch))
        with store.write() as tx:
            (attempt,) = queue.record_attempts(tx, [Tried(dispatch, sent, at, result, 0.0)], settings.control_url)
    finally:
        _slots.release()
    return SentTest(dispatch, attempt)


async def _send(settings: Settings, sent: Outgoing, dispatch: Dispatch) -> AttemptResult:
    # Imported with the first test: the HTTP client takes a fifth of a second that no start should wait for.
    from freehold.webhooks.sender import Sender  # noqa: PLC0415 — see above

    async with Sender.of(settings) as sender:
        return await sender.send(sent, dispatch.endpoint.environment)
