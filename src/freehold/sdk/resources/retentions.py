# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with retentions."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Retention, RetentionPreview


class RetentionCalls(Resource[Mode]):
    """What `client.retentions` does."""

    @listing
    def list(self) -> Call[Page[Retention]]:
        """Everything that is kept: for how long, set by whom, how much there is."""
        return Call("GET", "/v1/kept", Page[Retention], repeatable=True)

    @operation
    def preview(self, kind: str, *, days: int | None = None) -> Call[RetentionPreview]:
        """Exactly what other days for a kind would delete now; without `days`, what the environment's would.

        `days`: So many days; absent: as the environment says.

        Raises NotFound.
        """
        return Call("GET", f"/v1/kept/{segment(kind)}/preview", RetentionPreview, query={"days": days}, repeatable=True)

    @operation
    def set(self, kind: str, *, days: int | None, confirm: str | Unset = UNSET) -> Call[RetentionPreview]:
        """Keep a kind for other days. What is older is deleted in pieces, beginning within a minute.

        For how many days to keep it; null: as the environment says. `confirm`: the kind, typed, where that deletes
        anything.

        Raises NotFound.
        """
        return Call(
            "PUT",
            f"/v1/kept/{segment(kind)}",
            RetentionPreview,
            body=sent({"days": days, "confirm": confirm}),
            repeatable=True,
        )
