# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with readiness checks."""

from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import OwnCheck
from freehold.sdk.models.words import AttestationRole, OwnCheckKind


class ReadinessCheckCalls(Resource[Mode]):
    """What `client.readiness_checks` does."""

    @listing
    def list(self, api: str) -> Call[Page[OwnCheck]]:
        """The operator's own checks of an API, all of them, by title.

        Raises NotFound.
        """
        return Call("GET", f"/v1/apis/{segment(api)}/readiness_checks", Page[OwnCheck], repeatable=True)

    @operation
    def create(
        self,
        api: str,
        *,
        kind: OwnCheckKind,
        code: str,
        title: str,
        instruction: str | Unset = UNSET,
        blocking: bool | Unset = UNSET,
        role: AttestationRole | Unset | None = UNSET,
        url: str | Unset | None = UNSET,
        valid_days: int | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[OwnCheck]:
        """Add a check to those of an API's projects: an attestation, or an HTTP check that Freehold calls.

        A check of the operator's: an attestation by a person of a `role`, or an HTTP check that Freehold calls at a
        `url`.

        `code`: Names it among the API's checks.
        `valid_days`: For how long what was said or found counts.

        Raises AlreadyExists, Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/apis/{segment(api)}/readiness_checks",
            OwnCheck,
            body=sent(
                {
                    "kind": kind,
                    "code": code,
                    "title": title,
                    "instruction": instruction,
                    "blocking": blocking,
                    "role": role,
                    "url": url,
                    "valid_days": valid_days,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def remove(self, own_check_id: str) -> Call[None]:
        """Remove a check of the operator's; what was said of it stays on record.

        Raises NotFound.
        """
        return Call("DELETE", f"/v1/readiness_checks/{segment(own_check_id)}", NoneType, repeatable=True)

    @operation
    def edit(
        self,
        own_check_id: str,
        *,
        code: str | Unset = UNSET,
        title: str | Unset = UNSET,
        instruction: str | Unset = UNSET,
        blocking: bool | Unset = UNSET,
        role: AttestationRole | Unset = UNSET,
        url: str | Unset = UNSET,
        valid_days: int | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[OwnCheck]:
        """Change a check of the operator's (RFC 7396). Where it asks another thing, what was said before counts no more.

        New values; what is absent stays. Of a check that asks another thing, what was said before counts no more.

        `valid_days`: For how long it counts.

        Raises AlreadyExists, NotFound, PreconditionFailed.
        """
        return Call(
            "PATCH",
            f"/v1/readiness_checks/{segment(own_check_id)}",
            OwnCheck,
            body=sent(
                {
                    "code": code,
                    "title": title,
                    "instruction": instruction,
                    "blocking": blocking,
                    "role": role,
                    "url": url,
                    "valid_days": valid_days,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )
