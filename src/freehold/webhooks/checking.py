"""Runs a webhook check: probe after probe, each sent first and recorded then, in a thread of its own.

Never holds a transaction while it sends. A process that dies leaves the check running in the records; once
its time is over it reads as interrupted. Changes nothing of the endpoint, whatever the receiver answers.
"""

import asyncio
import logging
import os
import threading
from datetime import datetime, timedelta
from typing import Final

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.webhooks import check_actions, check_rules, signing
from freehold.webhooks.check_actions import Sent
from freehold.webhooks.check_records import PROBES, STALE_BY, BegunCheck, WebhookCheck
from freehold.webhooks.outgoing import forged, request_of
from freehold.webhooks.own_events import CHECK_EVENT, OWN_EVENTS
from freehold.webhooks.records import Dispatch, Message, Outgoing, Probe

# Each holds a thread and a connection of the control plane for as long as a receiver takes.
_AT_ONCE: Final = 8
_slots: Final = threading.BoundedSemaphore(_AT_ONCE)
_log: Final = logging.getLogger(__name__)


def start_check(
    store: Store, settings: Settings, secret: InstanceSecret, actor: Actor, endpoint_id: str
) -> tuple[WebhookCheck, threading.Thread]:
    """Begin a check of an endpoint; the thread runs it to its end.

    Problem `conflict` while one of the endpoint is running, `too_many_requests` while eight others are.
    """
    if not _slots.acquire(blocking=False):
        raise Problem(
            "too_many_requests",
            "Several checks are running at this moment. Try again in a minute.",
            headers={"Retry-After": "60"},
        )
    try:
        with store.write() as tx:
            begun = check_actions.begin_check(tx, actor, endpoint_id)
        thread = threading.Thread(target=_run, args=(store, settings, secret, begun), name="webhook-check", daemon=True)
        thread.start()
    except BaseException:
        _slots.release()
        raise
    return begun.check, thread


def _run(store: Store, settings: Settings, secret: InstanceSecret, begun: BegunCheck) -> None:
    try:
        asyncio.run(_Probing(store, settings, secret, begun).run())
    except Exception:  # noqa: BLE001 — the last one who could say that the check will not end
        _log.exception("the check %s failed on our side", begun.check.id)
        with store.write() as tx:
            check_actions.finish_check(tx, begun.check.id, "interrupted")
    finally:
        _slots.release()


class _Probing:
    """One check on its way."""

    def __init__(self, store: Store, settings: Settings, secret: InstanceSecret, begun: BegunCheck) -> None:
        self._store = store
        self._settings = settings
        self._secret = secret
        self._begun = begun

    async def run(self) -> None:
        # Imported with the first check: the HTTP client takes a fifth of a second that no start should wait for.
        from freehold.webhooks.sender import Sender  # noqa: PLC0415 — see above

        found: dict[Probe, bool | None] = {}
        async with Sender.of(self._settings) as sender:
            for probe in PROBES:
                message = self._message()
                sent = []
                for _ in range(2 if probe == "repeated" else 1):
                    at, outgoing = self._request(probe, message)
                    result = await sender.send(outgoing, self._begun.endpoint.environment)
                    sent.append(Sent(at, outgoing, result))
                verdict = check_rules.judge_probe(probe, [each.result for each in sent], found.get("signed") is True)
                found[probe] = verdict.passed
                with self._store.write() as tx:
                    check_actions.record_probe(tx, self._begun, probe, message, sent, verdict)
        with self._store.write() as tx:
            check_actions.finish_check(tx, self._begun.check.id, check_rules.outcome_of(found.values()))

    def _message(self) -> Message:
        """An event that does not say which probe it is: a receiver has nothing but the signature to go by."""
        payload = OWN_EVENTS[CHECK_EVENT].example
        return Message(
            ids.new_id("msg"), self._begun.check.project_id, CHECK_EVENT, None, payload, None, "test", clock.now(), 1
        )

    def _request(self, probe: Probe, message: Message) -> tuple[datetime, Outgoing]:
        begun, now = self._begun, clock.now()
        signed_at = now - (STALE_BY if probe == "stale" else timedelta())
        dispatch = Dispatch("", now, begun.endpoint, begun.secrets, message)
        outgoing = request_of(dispatch, self._secret, signed_at)
        if probe == "forged":
            outgoing = forged(outgoing, os.urandom(signing.SECRET_BYTES))
        return now, outgoing
