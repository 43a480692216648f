"""A batch on its way: what each kind of receiver is sent, and what came of it. Touches no database."""

import asyncio
import logging
import ssl
import time
from collections.abc import Sequence
from ipaddress import ip_network
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from freehold.forwarding import otlp_form, syslog_form, syslog_way, webhook_form
from freehold.forwarding.records import Place, Sent
from freehold.kit import clock
from freehold.organizations.records import AuditEntry
from freehold.settings import Settings
from freehold.webhooks import rules as webhook_rules
from freehold.webhooks.addresses import AddressPolicy
from freehold.webhooks.policy import policy_of
from freehold.webhooks.records import AttemptResult
from freehold.webhooks.sender import Sender

# After so long no further request of a batch is begun: half of its lease.
_BATCH_S: Final = 45.0
_log: Final = logging.getLogger(__name__)
_EVERYWHERE: Final = AddressPolicy((ip_network("0.0.0.0/0"), ip_network("::/0")), (range(1, 65536),), loopback=True)


class Forwards:
    """The ways out, for one event loop: a guarded pool for organizations' endpoints, another for what the operator names."""

    def __init__(self, settings: Settings) -> None:
        # An organization's endpoint: as sandbox endpoints are guarded, so that the embedded default reaches this machine;
        # that it is HTTPS anywhere else was asked when it was made. What the operator names may lie in their network.
        self._sender = Sender({"sandbox": policy_of(settings, "sandbox"), "production": _EVERYWHERE})
        parts = urlsplit(settings.control_url)
        self._host, self._instance = parts.hostname or "", settings.control_url

    async def __aenter__(self) -> Self:
        await self._sender.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sender.__aexit__(kind, error, trace)

    async def send(self, place: Place, entries: Sequence[AuditEntry], whole_instance: bool) -> Sent:
        """Send entries in order; what was not taken is said, never raised."""
        if place.kind == "syslog":
            return await self._send_syslog(place, entries)
        if place.kind == "otlp":
            return await self._send_otlp(place, entries)
        return await self._send_webhook(place, entries, whole_instance)

    async def _send_webhook(self, place: Place, entries: Sequence[AuditEntry], whole_instance: bool) -> Sent:
        until = time.monotonic() + _BATCH_S
        for taken, entry in enumerate(entries):
            if taken and time.monotonic() > until:
                return Sent(taken)
            outgoing = webhook_form.request_of(place, entry, clock.now())
            result = await self._sender.send(outgoing, "production" if whole_instance else "sandbox")
            if result.outcome != "accepted":
                return _not_taken(taken, result)
        return Sent(len(entries))

    async def _send_otlp(self, place: Place, entries: Sequence[AuditEntry]) -> Sent:
        outgoing = otlp_form.request_of(place, entries, self._instance, clock.now_ms())
        result = await self._sender.send(outgoing, "production")
        if result.outcome != "accepted":
            return _not_taken(0, result)
        refused, why = otlp_form.rejected(result.response_body)
        if refused:
            # OTLP forbids to send them again ("Partial Success"): counted, shown, and told here with the collector's words.
            _log.warning("a collector rejects %d of %d audit entries for good: %.500s", refused, len(entries), why)
        return Sent(len(entries), refused=min(refused, len(entries)))

    async def _send_syslog(self, place: Place, entries: Sequence[AuditEntry]) -> Sent:
        messages = [syslog_form.message_of(place, entry, self._host) for entry in entries]
        try:
            await asyncio.to_thread(syslog_way.send, place, messages)
        except OSError as error:
            return Sent(0, _words(error, place))
        return Sent(len(entries))


def _not_taken(taken: int, result: AttemptResult) -> Sent:
    asked = webhook_rules.retry_after(result.response_headers, clock.now())
    return Sent(taken, result.error or "The receiver did not take it.", asked)


def _words(error: OSError, place: Place) -> str:
    """What kept a syslog receiver from taking a batch, in one sentence."""
    at = f"{place.host}:{place.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {at} does not hold: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"No TLS connection to {at}: {error.reason or 'the handshake failed'}."
    if isinstance(error, TimeoutError):
        return f"{at} did not answer in time, or did not take all that was sent."
    return f"No connection to {at} that lasted: {error.strerror or error}."
