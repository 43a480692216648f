# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with attestations."""

from freehold.sdk.calls import Call, Mode, Resource, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Attestation


class AttestationCalls(Resource[Mode]):
    """What `client.attestations` does."""

    @listing
    def list(self, project_id: str) -> Call[Page[Attestation]]:
        """What was attested of a project, the newest 200, withdrawn and expired ones too.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/attestations", Page[Attestation], repeatable=True)

    @operation
    def create(
        self, project_id: str, *, check: str, words: str, idempotency_key: str | None = None
    ) -> Call[Attestation]:
        """Attest a check of a project: a person of the role that the check names, who has not asked for production.

        What a person attests of a project, in words.

        `check`: The check's code.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/attestations",
            Attestation,
            body=sent({"check": check, "words": words}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def withdraw(self, attestation_id: str) -> Call[Attestation]:
        """Take an attestation back: whoever said it, or an owner or admin.

        Raises NotFound.
        """
        return Call("POST", f"/v1/attestations/{segment(attestation_id)}/withdraw", Attestation, repeatable=True)
