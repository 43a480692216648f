# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with keys."""

from collections.abc import Sequence
from datetime import datetime
from types import NoneType

from msgspec import UNSET

from freehold.sdk.bodies import QuotaBody, RateLimitBody, ShortRateLimitBody
from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import ConfirmedKey, DeclaredKey, IssuedKey, Key, RotatedKey


class KeyCalls(Resource[Mode]):
    """What `client.keys` does."""

    @listing
    def list(self, project_id: str, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Key]]:
        """A project's keys, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/keys",
            Page[Key],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def issue(
        self,
        project_id: str,
        *,
        name: str,
        workload: str | Unset | None = UNSET,
        endpoints: Sequence[str] | Unset | None = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        allowed_cidrs: Sequence[str] | Unset = UNSET,
        rate_limits: Sequence[RateLimitBody] | Unset | None = UNSET,
        rate_limit: ShortRateLimitBody | Unset | None = UNSET,
        quota: QuotaBody | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[IssuedKey]:
        """Issue a key; its secret is in this answer and nowhere else.

        A new key. Without `endpoints` it may call all of the project's scope. Where a key of its name is declared
        and not issued, it is that one: what is left out is as it is declared. `rate_limit` is short for a rate
        limit named `requests`: write it or `rate_limits`, not both.

        `name`: Names one active key of the project.
        `workload`: What uses the key.
        `endpoints`: Endpoints of the project's scope that it is narrowed to.
        `expires_at`: At most ten years from now; it never ends where this is absent.
        `rate_limits`: All of its rate limits. A request spends its cost on each, or is refused and spends none.
        `quota`: How much cost in each period, and not one more.

        Raises AlreadyExists, Conflict, IdempotencyConflict, NotFound, ProjectLocked.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/keys",
            IssuedKey,
            body=sent(
                {
                    "name": name,
                    "workload": workload,
                    "endpoints": endpoints,
                    "expires_at": expires_at,
                    "allowed_cidrs": allowed_cidrs,
                    "rate_limits": rate_limits,
                    "rate_limit": rate_limit,
                    "quota": quota,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def declared(self, project_id: str) -> Call[Page[DeclaredKey]]:
        """A project's declared keys that nobody has issued yet, all of them, by name. Issue one by its name.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/declared_keys", Page[DeclaredKey], repeatable=True)

    @operation
    def undeclare(self, declared_key_id: str) -> Call[None]:
        """Take a declared key back. An alert rule that looks at it looks at nothing from then on.

        Raises Conflict, NotFound.
        """
        return Call("DELETE", f"/v1/declared_keys/{segment(declared_key_id)}", NoneType, repeatable=True)

    @operation
    def get(self, key_id: str) -> Call[Key]:
        """One key, with who calls with each of its secrets that serve.

        Raises NotFound.
        """
        return Call("GET", f"/v1/keys/{segment(key_id)}", Key, repeatable=True)

    @operation
    def edit(
        self,
        key_id: str,
        *,
        name: str | Unset = UNSET,
        workload: str | Unset | None = UNSET,
        endpoints: Sequence[str] | Unset | None = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        allowed_cidrs: Sequence[str] | Unset | None = UNSET,
        rate_limits: Sequence[RateLimitBody] | Unset | None = UNSET,
        rate_limit: ShortRateLimitBody | Unset | None = UNSET,
        quota: QuotaBody | Unset | None = UNSET,
        if_match: str | None = None,
    ) -> Call[ConfirmedKey]:
        """Change a key (RFC 7396); answers when every live gate process decides by it.

        New values; what is absent stays, null takes a narrowing, an expiry or a limit away. `rate_limits` takes the
        place of all of them; `rate_limit` is short for the one named `requests`: write one or the other.

        `name`: Names one active key of the project.
        `rate_limits`: All of its rate limits. A request spends its cost on each, or is refused and spends none.
        `quota`: How much cost in each period, and not one more.

        Raises AlreadyExists, Conflict, NotFound, PreconditionFailed, ProjectLocked.
        """
        return Call(
            "PATCH",
            f"/v1/keys/{segment(key_id)}",
            ConfirmedKey,
            body=sent(
                {
                    "name": name,
                    "workload": workload,
                    "endpoints": endpoints,
                    "expires_at": expires_at,
                    "allowed_cidrs": allowed_cidrs,
                    "rate_limits": rate_limits,
                    "rate_limit": rate_limit,
                    "quota": quota,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def revoke(self, key_id: str) -> Call[ConfirmedKey]:
        """Revoke a key for good; answers when every live gate process decides by it.

        Raises NotFound.
        """
        return Call("POST", f"/v1/keys/{segment(key_id)}/revoke", ConfirmedKey, repeatable=True)

    @operation
    def rotate(
        self,
        key_id: str,
        *,
        overlap_s: int | Unset = UNSET,
        hold: bool | Unset = UNSET,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[RotatedKey]:
        """Give a key a new secret, shown in this answer and nowhere else; the old one serves until the overlap ends.

        Id, limits and history stay the key's. At most two secrets serve at once: while one retires, only an overlap
        of 0 is taken, which ends both older ones. Answers when every live gate process decides by it.

        How long the old secret serves beside the new one. With `hold` it does not end while it is still in use.

        `overlap_s`: Seconds from now; 0 ends every older secret at once.
        `hold`: Wait until no call came for 25 hours, at most 90 days.

        Raises Conflict, IdempotencyConflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/keys/{segment(key_id)}/rotate",
            RotatedKey,
            body=sent({"overlap_s": overlap_s, "hold": hold}),
            if_match=if_match,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def change_overlap(
        self,
        key_id: str,
        version: int,
        *,
        retires_at: datetime | Unset = UNSET,
        held: bool | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[ConfirmedKey]:
        """Let an old secret end sooner or later, or hold it while it is in use (RFC 7396).

        New values of an overlap; what is absent stays.

        `retires_at`: When the old secret ends, at most 90 days after the rotation.
        `held`: Whether that time is moved on while it is still in use.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "PATCH",
            f"/v1/keys/{segment(key_id)}/secrets/{segment(version)}",
            ConfirmedKey,
            body=sent({"retires_at": retires_at, "held": held}),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def retire_secret(self, key_id: str, version: int) -> Call[ConfirmedKey]:
        """End an old secret now, for good; answers when every live gate process refuses it.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST", f"/v1/keys/{segment(key_id)}/secrets/{segment(version)}/retire", ConfirmedKey, repeatable=True
        )
