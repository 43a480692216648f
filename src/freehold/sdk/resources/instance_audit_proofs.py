# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with instance audit proofs."""

from freehold.sdk.calls import Call, Mode, Resource, operation
from freehold.sdk.models import AuditProof


class InstanceAuditProofCalls(Resource[Mode]):
    """What `client.instance_audit_proofs` does."""

    @operation
    def get(self) -> Call[AuditProof]:
        """Prove the log of what belongs to no organization: APIs, the instance's own settings; operators only."""
        return Call("GET", "/v1/audit/proof", AuditProof, repeatable=True)
