# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with key acceptances."""

from datetime import datetime

from freehold.sdk.calls import Call, Mode, Resource, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Acceptance
from freehold.sdk.models.words import AcceptanceFinding


class KeyAcceptanceCalls(Resource[Mode]):
    """What `client.key_acceptances` does."""

    @listing
    def list(self, project_id: str) -> Call[Page[Acceptance]]:
        """What was accepted of a project's keys, the newest 200, ended ones too.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/key_acceptances", Page[Acceptance], repeatable=True)

    @operation
    def create(
        self,
        project_id: str,
        *,
        key: str,
        finding: AcceptanceFinding,
        reason: str,
        expires_at: datetime,
        idempotency_key: str | None = None,
    ) -> Call[Acceptance]:
        """Accept a finding about a key for a while, and say why. What stood of the same finding ends.

        A finding about a key that you accept for a while, and why.

        `key`: The key's id.
        `expires_at`: At most a year from now.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/key_acceptances",
            Acceptance,
            body=sent({"key": key, "finding": finding, "reason": reason, "expires_at": expires_at}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def withdraw(self, acceptance_id: str) -> Call[Acceptance]:
        """Accept a finding about a key no longer.

        Raises NotFound.
        """
        return Call("POST", f"/v1/key_acceptances/{segment(acceptance_id)}/withdraw", Acceptance, repeatable=True)
