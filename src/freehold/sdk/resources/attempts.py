# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with attempts."""

from freehold.sdk.calls import Call, Mode, Resource, operation, segment
from freehold.sdk.models import AttemptDetail


class AttemptCalls(Resource[Mode]):
    """What `client.attempts` does."""

    @operation
    def get(self, attempt_id: str) -> Call[AttemptDetail]:
        """One attempt in full: what was sent, what came back, how long each step took.

        Raises NotFound.
        """
        return Call("GET", f"/v1/attempts/{segment(attempt_id)}", AttemptDetail, repeatable=True)
