# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with forwardings."""

from collections.abc import Mapping
from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Forwarding, ForwardingTest, ForwardingWithSecret
from freehold.sdk.models.words import ForwardingBodyTransport, ForwardingKind


class ForwardingCalls(Resource[Mode]):
    """What `client.forwardings` does."""

    @listing
    def list(self, organization_id: str) -> Call[Page[Forwarding]]:
        """Where an organization's audit entries are sent on to, oldest first, all of them.

        Raises NotFound.
        """
        return Call(
            "GET", f"/v1/organizations/{segment(organization_id)}/forwardings", Page[Forwarding], repeatable=True
        )

    @operation
    def create(
        self,
        organization_id: str,
        *,
        name: str,
        kind: ForwardingKind | Unset = UNSET,
        url: str | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        host: str | Unset = UNSET,
        port: int | Unset = UNSET,
        transport: ForwardingBodyTransport | Unset = UNSET,
        facility: int | Unset = UNSET,
        authorities: str | Unset = UNSET,
        after: int | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[ForwardingWithSecret]:
        """Send an organization's audit entries on to an HTTPS endpoint, signed by Standard Webhooks, in order.

        A new forwarding. `url` and `headers` are a webhook's or a collector's (otlp), the rest is of syslog.
        Without `after` it sends what comes from now on. Of an organization the kind is `webhook`.

        `name`: What it is called.
        `port`: Of syslog.
        `facility`: Of syslog: 13 is the log audit, 16 to 23 are local (RFC 5424).
        `authorities`: Certificates in PEM that a syslog receiver's is checked by; the system's where empty.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/forwardings",
            ForwardingWithSecret,
            body=sent(
                {
                    "name": name,
                    "kind": kind,
                    "url": url,
                    "headers": headers,
                    "host": host,
                    "port": port,
                    "transport": transport,
                    "facility": facility,
                    "authorities": authorities,
                    "after": after,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def of_instance(self) -> Call[Page[Forwarding]]:
        """Where the audit entries of the whole instance are sent on to; operators only."""
        return Call("GET", "/v1/forwardings", Page[Forwarding], repeatable=True)

    @operation
    def create_of_instance(
        self,
        name: str,
        *,
        kind: ForwardingKind | Unset = UNSET,
        url: str | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        host: str | Unset = UNSET,
        port: int | Unset = UNSET,
        transport: ForwardingBodyTransport | Unset = UNSET,
        facility: int | Unset = UNSET,
        authorities: str | Unset = UNSET,
        after: int | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[ForwardingWithSecret]:
        """Send the audit entries of the whole instance on: to an HTTPS endpoint, a syslog receiver or a collector; operators only.

        A new forwarding. `url` and `headers` are a webhook's or a collector's (otlp), the rest is of syslog.
        Without `after` it sends what comes from now on. Of an organization the kind is `webhook`.

        `name`: What it is called.
        `port`: Of syslog.
        `facility`: Of syslog: 13 is the log audit, 16 to 23 are local (RFC 5424).
        `authorities`: Certificates in PEM that a syslog receiver's is checked by; the system's where empty.

        Raises Conflict, IdempotencyConflict.
        """
        return Call(
            "POST",
            "/v1/forwardings",
            ForwardingWithSecret,
            body=sent(
                {
                    "name": name,
                    "kind": kind,
                    "url": url,
                    "headers": headers,
                    "host": host,
                    "port": port,
                    "transport": transport,
                    "facility": facility,
                    "authorities": authorities,
                    "after": after,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, forwarding_id: str) -> Call[Forwarding]:
        """One forwarding, and how far it is behind.

        Raises NotFound.
        """
        return Call("GET", f"/v1/forwardings/{segment(forwarding_id)}", Forwarding, repeatable=True)

    @operation
    def delete(self, forwarding_id: str) -> Call[None]:
        """Send nothing on any more, and erase where it went.

        Raises NotFound.
        """
        return Call("DELETE", f"/v1/forwardings/{segment(forwarding_id)}", NoneType, repeatable=True)

    @operation
    def edit(
        self,
        forwarding_id: str,
        *,
        name: str | Unset = UNSET,
        url: str | Unset = UNSET,
        headers: Mapping[str, str | None] | Unset | None = UNSET,
        host: str | Unset = UNSET,
        port: int | Unset = UNSET,
        transport: ForwardingBodyTransport | Unset = UNSET,
        facility: int | Unset = UNSET,
        authorities: str | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[Forwarding]:
        """Change a forwarding (RFC 7396). It is tried again at once.

        New values; what is absent stays. In `headers`, null removes one and the others stay (RFC 7396).

        `name`: What it is called.
        `url`: A credential: shown by its host alone.
        `host`: Of syslog: a name or an address.
        `port`: Of syslog.
        `facility`: Of syslog: 13 is the log audit, 16 to 23 are local (RFC 5424).
        `authorities`: Certificates in PEM that a syslog receiver's is checked by; the system's where empty.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "PATCH",
            f"/v1/forwardings/{segment(forwarding_id)}",
            Forwarding,
            body=sent(
                {
                    "name": name,
                    "url": url,
                    "headers": headers,
                    "host": host,
                    "port": port,
                    "transport": transport,
                    "facility": facility,
                    "authorities": authorities,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def pause(self, forwarding_id: str) -> Call[Forwarding]:
        """Send nothing on until it is resumed.

        Raises NotFound.
        """
        return Call("POST", f"/v1/forwardings/{segment(forwarding_id)}/pause", Forwarding, repeatable=True)

    @operation
    def resume(self, forwarding_id: str, *, after: int | Unset | None = UNSET) -> Call[Forwarding]:
        """Go on, at once: from where it stood, or from a position.

        Where to go on: from where it stood, unless `after` says otherwise.

        Raises NotFound.
        """
        return Call(
            "POST",
            f"/v1/forwardings/{segment(forwarding_id)}/resume",
            Forwarding,
            body=sent({"after": after}),
            repeatable=True,
        )

    @operation
    def test(self, forwarding_id: str) -> Call[ForwardingTest]:
        """Send one test entry now and answer with what came of it.

        Raises NotFound, TooManyRequests.
        """
        return Call("POST", f"/v1/forwardings/{segment(forwarding_id)}/test", ForwardingTest)

    @operation
    def rotate_secret(self, forwarding_id: str, *, idempotency_key: str | None = None) -> Call[ForwardingWithSecret]:
        """Give a forwarding to an HTTPS endpoint a new signing secret; for 24 hours the old one signs too.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/forwardings/{segment(forwarding_id)}/rotate_secret",
            ForwardingWithSecret,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )
