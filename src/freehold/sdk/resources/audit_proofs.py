# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with audit proofs."""

from collections.abc import Sequence

from freehold.sdk.bodies import KeptSealBody
from freehold.sdk.calls import Call, Mode, Resource, operation, segment, sent
from freehold.sdk.models import AuditProof


class AuditProofCalls(Resource[Mode]):
    """What `client.audit_proofs` does."""

    @operation
    def get(self, organization_id: str) -> Call[AuditProof]:
        """Prove that nothing of an organization's audit log was altered, removed or inserted: reads all of it.

        Raises NotFound.
        """
        return Call("GET", f"/v1/organizations/{segment(organization_id)}/audit/proof", AuditProof, repeatable=True)

    @operation
    def check(self, organization_id: str, *, seals: Sequence[KeptSealBody]) -> Call[AuditProof]:
        """Hold seals that were kept elsewhere against an organization's audit log as it is now.

        Seals that were kept elsewhere, to be held against the chain as it is now.

        Raises NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/audit/proof",
            AuditProof,
            body=sent({"seals": seals}),
            repeatable=True,
        )

    @operation
    def of_instance(self) -> Call[AuditProof]:
        """Prove the log of what belongs to no organization: APIs, the instance's own settings; operators only."""
        return Call("GET", "/v1/audit/proof", AuditProof, repeatable=True)

    @operation
    def check_of_instance(self, seals: Sequence[KeptSealBody]) -> Call[AuditProof]:
        """Hold seals that were kept elsewhere against the instance's own log as it is now; operators only.

        Seals that were kept elsewhere, to be held against the chain as it is now.
        """
        return Call("POST", "/v1/audit/proof", AuditProof, body=sent({"seals": seals}), repeatable=True)
