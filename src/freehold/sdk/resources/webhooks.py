# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with webhooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Advance, Replay, TestEvent, Webhook, WebhookCheck, WebhookMetrics, WebhookWithSecret


class WebhookCalls(Resource[Mode]):
    """What `client.webhooks` does."""

    @listing
    def list(self, project_id: str, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Webhook]]:
        """A project's webhook endpoints, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/webhooks",
            Page[Webhook],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self,
        project_id: str,
        *,
        url: str,
        event_types: Sequence[str],
        description: str | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        fifo: bool | Unset = UNSET,
        max_per_second: int | Unset | None = UNSET,
        v1a: bool | Unset = UNSET,
        slot: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[WebhookWithSecret]:
        """Add a webhook endpoint; its signing secret is in this answer and nowhere else.

        A new webhook endpoint. `event_types`: of the project's scope, or Freehold's own.

        `fifo`: One at a time, in the order of publication; the next only once the one before is delivered or has
        failed.
        `v1a`: Sign by ed25519 (`v1a`) besides HMAC-SHA256 (`v1`). The public keys stand with the signing secrets.

        Raises Conflict, IdempotencyConflict, NotFound, ProjectLocked.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/webhooks",
            WebhookWithSecret,
            body=sent(
                {
                    "url": url,
                    "event_types": event_types,
                    "description": description,
                    "headers": headers,
                    "fifo": fifo,
                    "max_per_second": max_per_second,
                    "v1a": v1a,
                    "slot": slot,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, endpoint_id: str) -> Call[Webhook]:
        """One webhook endpoint.

        Raises NotFound.
        """
        return Call("GET", f"/v1/webhooks/{segment(endpoint_id)}", Webhook, repeatable=True)

    @operation
    def delete(self, endpoint_id: str, *, if_match: str | None = None) -> Call[None]:
        """Remove a webhook endpoint; what is pending for it is dropped, what was sent stays on record.

        Raises NotFound, PreconditionFailed.
        """
        return Call("DELETE", f"/v1/webhooks/{segment(endpoint_id)}", NoneType, if_match=if_match, repeatable=True)

    @operation
    def edit(
        self,
        endpoint_id: str,
        *,
        url: str | Unset = UNSET,
        event_types: Sequence[str] | Unset = UNSET,
        description: str | Unset | None = UNSET,
        headers: Mapping[str, str | None] | Unset | None = UNSET,
        fifo: bool | Unset = UNSET,
        max_per_second: int | Unset | None = UNSET,
        v1a: bool | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[Webhook]:
        """Change a webhook endpoint (RFC 7396).

        New values; what is absent stays. In `headers`, null removes one and the others stay (RFC 7396).

        `fifo`: One at a time, in the order of publication; the next only once the one before is delivered or has
        failed.
        `v1a`: Sign by ed25519 (`v1a`) besides HMAC-SHA256 (`v1`). The public keys stand with the signing secrets.

        Raises Conflict, NotFound, PreconditionFailed, ProjectLocked.
        """
        return Call(
            "PATCH",
            f"/v1/webhooks/{segment(endpoint_id)}",
            Webhook,
            body=sent(
                {
                    "url": url,
                    "event_types": event_types,
                    "description": description,
                    "headers": headers,
                    "fifo": fifo,
                    "max_per_second": max_per_second,
                    "v1a": v1a,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def pause(self, endpoint_id: str, *, if_match: str | None = None) -> Call[Webhook]:
        """Stop sending to an endpoint; what arrives for it meanwhile is kept.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call("POST", f"/v1/webhooks/{segment(endpoint_id)}/pause", Webhook, if_match=if_match, repeatable=True)

    @operation
    def resume(self, endpoint_id: str, *, if_match: str | None = None) -> Call[Webhook]:
        """Send to a paused or disabled endpoint again, first what was kept for it.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call("POST", f"/v1/webhooks/{segment(endpoint_id)}/resume", Webhook, if_match=if_match, repeatable=True)

    @operation
    def rotate_secret(
        self, endpoint_id: str, *, overlap_s: int | Unset = UNSET, idempotency_key: str | None = None
    ) -> Call[WebhookWithSecret]:
        """Give an endpoint a new signing secret; until the overlap ends, the old one signs too.

        How long requests are signed by the old secret too, in seconds: a day unless given.

        `overlap_s`: For how many seconds both secrets sign.

        Raises Conflict, IdempotencyConflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/webhooks/{segment(endpoint_id)}/rotate_secret",
            WebhookWithSecret,
            body=sent({"overlap_s": overlap_s}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def test(self, endpoint_id: str, *, event_type: str | Unset | None = UNSET) -> Call[TestEvent]:
        """Send a signed test event now and answer with what came back.

        What to send: the example of a subscribed event type, or `webhook.check` without one.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST", f"/v1/webhooks/{segment(endpoint_id)}/test", TestEvent, body=sent({"event_type": event_type})
        )

    @operation
    def check(self, endpoint_id: str, *, wait_s: int | Unset = UNSET) -> Call[WebhookCheck]:
        """Send an endpoint four probes and answer with what its receiver did: accepted, refused, or accepted twice.

        A rightly signed event must be accepted; a forged signature and a timestamp that is ten minutes old must be
        refused; the same id sent twice must be accepted once. It may take as long as five requests do.

        How long to wait for what the check finds, in seconds. 0 answers at once; the check goes on.

        `wait_s`: For how many seconds to wait.

        Raises Conflict, NotFound, TooManyRequests.
        """
        return Call("POST", f"/v1/webhooks/{segment(endpoint_id)}/check", WebhookCheck, body=sent({"wait_s": wait_s}))

    @operation
    def advance(
        self, endpoint_id: str, *, by_s: int | Unset | None = UNSET, idempotency_key: str | None = None
    ) -> Call[Advance]:
        """Move a sandbox endpoint's clock on: retries, disabling, old secrets and checks end so much sooner.

        Nothing on record changes its time. Refused in production.

        By how many seconds to move the endpoint's clock; null moves it to the next attempt.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/webhooks/{segment(endpoint_id)}/advance",
            Advance,
            body=sent({"by_s": by_s}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def metrics(
        self, endpoint_id: str, *, from_: datetime | None = None, to: datetime | None = None
    ) -> Call[WebhookMetrics]:
        """How a webhook endpoint fares: success, attempts, latency and what waits; the last 24 hours unless given.

        `from_`: From this time on.
        `to`: Before this time.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/webhooks/{segment(endpoint_id)}/metrics",
            WebhookMetrics,
            query={"from": from_, "to": to},
            repeatable=True,
        )

    @operation
    def recover(self, endpoint_id: str, *, since: datetime, idempotency_key: str | None = None) -> Call[Replay]:
        """Begin a job that sends an endpoint all once more that it has not accepted since a time.

        Since when all that was not accepted is sent once more.

        `since`: From this time on, by when the deliveries were made.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/webhooks/{segment(endpoint_id)}/recover",
            Replay,
            body=sent({"since": since}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )
