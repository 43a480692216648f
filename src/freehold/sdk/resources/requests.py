# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with requests."""

from collections.abc import Sequence
from datetime import datetime

from freehold.sdk.calls import Call, Mode, Resource, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import CostReport, ExplainedRequest, Request
from freehold.sdk.models.words import RequestFilterField, RequestKind


class RequestCalls(Resource[Mode]):
    """What `client.requests` does."""

    @listing
    def list(
        self,
        project_id: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        key: str | Sequence[str] | None = None,
        secret: str | Sequence[str] | None = None,
        endpoint: str | Sequence[str] | None = None,
        outcome: str | Sequence[str] | None = None,
        kind: RequestKind | Sequence[RequestKind] | None = None,
        path: str | Sequence[str] | None = None,
        not_: RequestFilterField | Sequence[RequestFilterField] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Request]]:
        """A project's single requests, newest first.

        A filtered page looks through up to 50,000 requests: it may have fewer than asked for, or none, and yet a
        `next_cursor`.

        `from_`: From this time on.
        `to`: Before this time.
        `key`: Only this key's requests, by its id; of several keys, several times.
        `secret`: Only this secret's requests, by its selector; or several times.
        `endpoint`: Only requests to this endpoint, by operation id; or several times.
        `outcome`: Only this outcome: `allowed` or a denial's reason; or several times.
        `kind`: Only `served`, `throttled`, `denied` or `failed` requests, as the sums tell them apart; or several
        times.
        `path`: Only requests with exactly this path, as it was sent and without its query; or several times.
        `not_`: The filters that leave their values out instead of picking them: `key`, `secret`, `endpoint`,
        `outcome`, `kind`, `path`.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/requests",
            Page[Request],
            query={
                "from": from_,
                "to": to,
                "key": key,
                "secret": secret,
                "endpoint": endpoint,
                "outcome": outcome,
                "kind": kind,
                "path": path,
                "not": not_,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )

    @operation
    def get(self, request_id: str) -> Call[ExplainedRequest]:
        """One request, with why it was allowed or denied.

        Raises NotFound.
        """
        return Call("GET", f"/v1/requests/{segment(request_id)}", ExplainedRequest, repeatable=True)

    @operation
    def report_cost(self, request_id: str, *, cost: int) -> Call[CostReport]:
        """Say what a request cost in the end: its cost and all sums have it once, however often it is sent.

        Of a request that has gone to the archive too: its sums change in their own time, and reports made again are
        restated.

        What a request cost.

        `cost`: Units of cost, instead of what the gate counted.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST", f"/v1/requests/{segment(request_id)}/cost", CostReport, body=sent({"cost": cost}), repeatable=True
        )
