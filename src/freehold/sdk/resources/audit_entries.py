# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with audit entries."""

from datetime import datetime

from freehold.sdk.calls import Call, Mode, Resource, listing, segment
from freehold.sdk.listings import Page
from freehold.sdk.models import AuditEntry


class AuditEntryCalls(Resource[Mode]):
    """What `client.audit_entries` does."""

    @listing
    def list(
        self,
        organization_id: str,
        *,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        subject_kind: str | None = None,
        project: str | None = None,
        request_id: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[AuditEntry]]:
        """An organization's audit log, newest first.

        `actor`: Only changes by this actor's id or name.
        `action`: Only this action, like `key.revoked`.
        `subject`: Only changes of what has this id or name.
        `subject_kind`: Only changes of this kind of thing, like `webhook_endpoint`.
        `project`: Only changes in this project, by its id.
        `request_id`: Only what this request changed, by its `X-Request-Id`.
        `from_`: From this time on.
        `to`: Before this time.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/audit",
            Page[AuditEntry],
            query={
                "actor": actor,
                "action": action,
                "subject": subject,
                "subject_kind": subject_kind,
                "project": project,
                "request_id": request_id,
                "from": from_,
                "to": to,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )

    @listing
    def of_instance(
        self,
        *,
        organization: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        subject_kind: str | None = None,
        project: str | None = None,
        request_id: str | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[AuditEntry]]:
        """The audit log of all organizations and of the instance itself, newest first; operators only.

        `organization`: Only changes in this organization, by its id; `instance`: in none.
        `actor`: Only changes by this actor's id or name.
        `action`: Only this action, like `key.revoked`.
        `subject`: Only changes of what has this id or name.
        `subject_kind`: Only changes of this kind of thing, like `webhook_endpoint`.
        `project`: Only changes in this project, by its id.
        `request_id`: Only what this request changed, by its `X-Request-Id`.
        `from_`: From this time on.
        `to`: Before this time.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.
        """
        return Call(
            "GET",
            "/v1/audit",
            Page[AuditEntry],
            query={
                "organization": organization,
                "actor": actor,
                "action": action,
                "subject": subject,
                "subject_kind": subject_kind,
                "project": project,
                "request_id": request_id,
                "from": from_,
                "to": to,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )
