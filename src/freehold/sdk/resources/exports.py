# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with exports."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, operation, segment, sent
from freehold.sdk.models import Export
from freehold.sdk.models.words import ExportFormat


class ExportCalls(Resource[Mode]):
    """What `client.exports` does."""

    @operation
    def get(self, organization_id: str, *, format: ExportFormat | None = None) -> Call[Export]:
        """All that an organization may take along, as reports: of every kind, and all days since it was made; how far each is.

        What a project declares is its shape, and the audit log's newest seal is in its proof: both are read where
        they are.

        `format`: What its reports are written as: one that programs read back.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/export",
            Export,
            query={"format": format},
            repeatable=True,
        )

    @operation
    def ask(
        self, organization_id: str, *, format: ExportFormat | Unset = UNSET, keep_days: int | Unset | None = UNSET
    ) -> Call[Export]:
        """Ask for each report of an export that is neither there nor on its way. Again, it asks for nothing twice.

        At most 100 reports of an organization wait at once: what is `missing` still is asked for by the next call.

        What the missing reports are to be written as, and for how long their files are kept.

        `keep_days`: How many days the files are kept; as the instance does where absent.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/export",
            Export,
            body=sent({"format": format, "keep_days": keep_days}),
            repeatable=True,
        )
