"""The request that a claimed delivery becomes, and what of it is kept on record.

The body is the same bytes at every attempt; only the timestamp and the signatures differ.
"""

from datetime import datetime
from typing import Final

import msgspec

from freehold import __version__
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.projects.records import Environment
from freehold.webhooks import headers, sealing, signing
from freehold.webhooks.records import Attempt, AttemptResult, Dispatch, HeaderPairs, Message, Outgoing, WebhookEndpoint

_OURS: Final = (
    ("content-type", "application/json"),
    ("accept", "*/*"),
    ("accept-encoding", "identity"),
    ("user-agent", f"Freehold/{__version__}"),
)


def body_of(message: Message, endpoint: WebhookEndpoint) -> bytes:
    """The request body of a message."""
    return body_in(message, endpoint.environment)


def body_in(message: Message, environment: Environment) -> bytes:
    """The request body of a message of a project in an environment."""
    return msgspec.json.encode(
        {
            "id": message.id,
            "type": message.event_type,
            "timestamp": clock.to_text(message.created_at),
            "project": message.project_id,
            "environment": environment,
            "data": message.payload,
        }
    )


def request_of(dispatch: Dispatch, instance: InstanceSecret, at: datetime) -> Outgoing:
    """The request of an attempt at an instant, signed by each secret that counts then; CannotOpen for foreign rows."""
    endpoint, body = dispatch.endpoint, body_of(dispatch.message, dispatch.endpoint)
    secrets = {
        each.version: sealing.open_signing_secret(instance, endpoint.id, each.version, each.encrypted)
        for each in dispatch.secrets
        if each.retires_at is None or each.retires_at > at
    }
    seeds = [
        sealing.ed25519_seed(instance, endpoint.id, version, plain)
        for version, plain in secrets.items()
        if endpoint.v1a
    ]
    signed = signing.signature_headers(list(secrets.values()), dispatch.message.id, at, body, seeds)
    own = sealing.open_headers(instance, endpoint.id, endpoint.sealed_headers)
    # Checked when they were set; dropped here too, so that a rule that grew stricter holds for old rows.
    safe = {name: value for name, value in own.items() if not headers.header_faults({name: value})}
    return Outgoing(endpoint.url, (*signed.items(), *_OURS, *safe.items()), body)


def forged(outgoing: Outgoing, entropy: bytes) -> Outgoing:
    """A request as somebody would send it who does not know the secret: signed by another, `entropy`."""
    sent = dict(outgoing.headers)
    content = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + outgoing.body
    pairs = (
        (name, signing.signature(entropy, content) if name == "webhook-signature" else value)
        for name, value in outgoing.headers
    )
    return Outgoing(outgoing.url, tuple(pairs), outgoing.body)


def recorded_headers(outgoing: Outgoing) -> HeaderPairs:
    """The headers of a request as they are kept and shown: a person's secret values masked."""
    return tuple(
        (name, value if headers.is_reserved(name) else headers.shown({name: value})[name])
        for name, value in outgoing.headers
    )


def attempt_of(delivery_id: str, number: int, at: datetime, sent: Outgoing, result: AttemptResult) -> Attempt:
    """An attempt as it goes on record: what was sent at an instant, and what came of it."""
    return Attempt(
        id=ids.new_id("att"), delivery_id=delivery_id, number=number, at=at, outcome=result.outcome,
        error=result.error, status=result.status, address=result.address, duration_us=result.timing.total_us,
        timing=result.timing, url=sent.url, request_headers=recorded_headers(sent), request_body=sent.body.decode(),
        response_headers=result.response_headers, response_body=result.response_body,
    )  # fmt: skip


def signed_text(attempt: Attempt) -> str:
    """What the signatures of an attempt cover, from its own record: for a receiver's engineer to compare."""
    sent = dict(attempt.request_headers)
    return f"{sent.get('webhook-id', '')}.{sent.get('webhook-timestamp', '')}.{attempt.request_body}"
