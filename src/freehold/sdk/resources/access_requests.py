# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with access requests."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import AccessRequest, AccessRequestDetail
from freehold.sdk.models.words import AccessRequestDetailKind, AccessRequestDetailState, AccessRequestDetailWaitingOn


class AccessRequestCalls(Resource[Mode]):
    """What `client.access_requests` does."""

    @listing
    def of_project(
        self, project_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[AccessRequest]]:
        """A project's access requests, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/access_requests",
            Page[AccessRequest],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self,
        project_id: str,
        *,
        use_case: str,
        requests_a_day_from: int,
        requests_a_day_to: int,
        peak_a_second: int,
        launch_on: str,
        idempotency_key: str | None = None,
    ) -> Call[AccessRequestDetail]:
        """Ask for production access of a sandbox project.

        What Freehold does not know of a project that wants to go to production; all else it derives from evidence.

        `use_case`: What it is for, in words for the reviewer.
        `requests_a_day_from`: The fewest requests expected on a day.
        `requests_a_day_to`: The most requests expected on a day.
        `peak_a_second`: The most requests expected within one second.
        `launch_on`: The day on which it is to go live.

        Raises AlreadyExists, Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/access_requests",
            AccessRequestDetail,
            body=sent(
                {
                    "use_case": use_case,
                    "requests_a_day_from": requests_a_day_from,
                    "requests_a_day_to": requests_a_day_to,
                    "peak_a_second": peak_a_second,
                    "launch_on": launch_on,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def list(
        self,
        *,
        state: AccessRequestDetailState | None = None,
        kind: AccessRequestDetailKind | None = None,
        waiting_on: AccessRequestDetailWaitingOn | None = None,
        organization: str | None = None,
        min_age_days: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[AccessRequest]]:
        """Access requests, newest first: all for those who review, those of their organizations for others.

        `state`: Only those in this state.
        `kind`: Only of this kind.
        `waiting_on`: Only those that wait for this side.
        `organization`: Only those of one organization.
        `min_age_days`: Only those asked at least so many days ago.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            "/v1/access_requests",
            Page[AccessRequest],
            query={
                "state": state,
                "kind": kind,
                "waiting_on": waiting_on,
                "organization": organization,
                "min_age_days": min_age_days,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )

    @operation
    def get(self, access_request_id: str) -> Call[AccessRequestDetail]:
        """One access request with its risks, its history, and what the caller cannot do with it and why.

        Raises NotFound.
        """
        return Call("GET", f"/v1/access_requests/{segment(access_request_id)}", AccessRequestDetail, repeatable=True)

    @operation
    def comment(
        self, access_request_id: str, *, text: str, idempotency_key: str | None = None
    ) -> Call[AccessRequestDetail]:
        """Say something to the other side.

        A comment, or what has to change first.

        Raises IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/access_requests/{segment(access_request_id)}/comments",
            AccessRequestDetail,
            body=sent({"text": text}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def answer(
        self,
        access_request_id: str,
        *,
        text: str,
        use_case: str | Unset = UNSET,
        requests_a_day_from: int | Unset = UNSET,
        requests_a_day_to: int | Unset = UNSET,
        peak_a_second: int | Unset = UNSET,
        launch_on: str | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[AccessRequestDetail]:
        """Answer a reviewer who asked for changes; it waits for the reviewer again.

        An answer to a reviewer who asked for changes; what was asked can be corrected with it.

        `use_case`: What it is for, in words for the reviewer.
        `requests_a_day_from`: The fewest requests expected on a day.
        `requests_a_day_to`: The most requests expected on a day.
        `peak_a_second`: The most requests expected within one second.
        `launch_on`: The day on which it is to go live.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/access_requests/{segment(access_request_id)}/answer",
            AccessRequestDetail,
            body=sent(
                {
                    "text": text,
                    "use_case": use_case,
                    "requests_a_day_from": requests_a_day_from,
                    "requests_a_day_to": requests_a_day_to,
                    "peak_a_second": peak_a_second,
                    "launch_on": launch_on,
                }
            ),
            if_match=if_match,
        )

    @operation
    def ask_for_changes(
        self, access_request_id: str, *, text: str, if_match: str | None = None
    ) -> Call[AccessRequestDetail]:
        """Say what has to change first: the request waits for the requester; for reviewers who did not ask for it.

        A comment, or what has to change first.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/access_requests/{segment(access_request_id)}/ask_for_changes",
            AccessRequestDetail,
            body=sent({"text": text}),
            if_match=if_match,
        )

    @operation
    def approve(
        self, access_request_id: str, *, fingerprint: str, reason: str | Unset = UNSET, if_match: str | None = None
    ) -> Call[AccessRequestDetail]:
        """Approve the shape that was looked at; for reviewers who did not ask for it.

        409 `shape_changed` where it is another one by now, 409 `conflict` while a blocking check fails.

        An approval of one shape. `fingerprint`: the one that the reviewer looked at (`present_fingerprint`).

        Raises Conflict, NotFound, PreconditionFailed, ShapeChanged.
        """
        return Call(
            "POST",
            f"/v1/access_requests/{segment(access_request_id)}/approve",
            AccessRequestDetail,
            body=sent({"fingerprint": fingerprint, "reason": reason}),
            if_match=if_match,
        )

    @operation
    def deny(self, access_request_id: str, *, reason: str, if_match: str | None = None) -> Call[AccessRequestDetail]:
        """Deny a request and say why; for reviewers who did not ask for it.

        A denial and why.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/access_requests/{segment(access_request_id)}/deny",
            AccessRequestDetail,
            body=sent({"reason": reason}),
            if_match=if_match,
        )

    @operation
    def withdraw(
        self, access_request_id: str, *, text: str | Unset = UNSET, if_match: str | None = None
    ) -> Call[AccessRequestDetail]:
        """Take a request back, also once it is approved and while it is not live.

        A withdrawal, and why if there is something to say.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/access_requests/{segment(access_request_id)}/withdraw",
            AccessRequestDetail,
            body=sent({"text": text}),
            if_match=if_match,
        )
