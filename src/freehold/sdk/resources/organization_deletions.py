# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with organization deletions."""

from freehold.sdk.calls import Call, Mode, Resource, operation, segment
from freehold.sdk.models import OrganizationDeletion


class OrganizationDeletionCalls(Resource[Mode]):
    """What `client.organization_deletions` does."""

    @operation
    def get(self, organization_id: str) -> Call[OrganizationDeletion]:
        """What deleting an organization would do; or when it will be deleted; or what is left of it.

        Raises NotFound.
        """
        return Call(
            "GET", f"/v1/organizations/{segment(organization_id)}/deletion", OrganizationDeletion, repeatable=True
        )
