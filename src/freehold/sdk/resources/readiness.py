# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with readiness."""

from freehold.sdk.calls import Call, Mode, Resource, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Called, HttpResult, ProjectReadiness


class ReadinessCalls(Resource[Mode]):
    """What `client.readiness` does."""

    @operation
    def get(self, project_id: str) -> Call[ProjectReadiness]:
        """How a sandbox project stands on its way to production, now: each check with its evidence, age and fix.

        Raises Conflict, NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/readiness", ProjectReadiness, repeatable=True)

    @operation
    def run(self, project_id: str, *, check: str, idempotency_key: str | None = None) -> Call[Called]:
        """Have an HTTP check of a project called within seconds; what it comes to shows with the project's readiness.

        Which HTTP check of a project is to be called.

        `check`: The check's code.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/readiness/run",
            Called,
            body=sent({"check": check}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def results(self, project_id: str) -> Call[Page[HttpResult]]:
        """What the calls of a project's HTTP checks came to, the newest 200.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/readiness/results", Page[HttpResult], repeatable=True)
