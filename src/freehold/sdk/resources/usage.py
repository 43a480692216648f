# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with usage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from freehold.sdk.calls import Call, Document, Mode, Resource, operation, segment
from freehold.sdk.models import InstanceUsage, Metered, OrganizationUsage, Reconciliation, Usage
from freehold.sdk.models.words import Bucket, FilterField, GroupBy, RequestKind, UsageCompare


class UsageCalls(Resource[Mode]):
    """What `client.usage` does."""

    @operation
    def get(
        self,
        project_id: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        bucket: Bucket | None = None,
        timezone: str | None = None,
        group_by: GroupBy | None = None,
        key: str | Sequence[str] | None = None,
        secret: str | Sequence[str] | None = None,
        endpoint: str | Sequence[str] | None = None,
        outcome: str | Sequence[str] | None = None,
        kind: RequestKind | Sequence[RequestKind] | None = None,
        not_: FilterField | Sequence[FilterField] | None = None,
        compare: UsageCompare | None = None,
    ) -> Call[Usage]:
        """What a project used: a series, its totals, and who made them. The last 24 hours unless given.

        `from_`: From this time on, cut to the minute before.
        `to`: Before this time, cut to the minute after.
        `bucket`: How time is cut; what suits the range where it is not given.
        `timezone`: The IANA time zone of hours, days and months.
        `group_by`: Divide every bucket by this.
        `key`: Only this key's requests, by its id; of several keys, several times.
        `secret`: Only this secret's requests, by its selector; or several times.
        `endpoint`: Only requests to this endpoint, by operation id; or several times.
        `outcome`: Only this outcome: `allowed` or a denial's reason; or several times.
        `kind`: Only `served`, `throttled`, `denied` or `failed` requests, as the sums tell them apart; or several
        times.
        `not_`: The filters that leave their values out instead of picking them: `key`, `secret`, `endpoint`,
        `outcome`, `kind`.
        `compare`: Also the sums of the period before: `previous`. As long, or as many days or months of the time
        zone.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/usage",
            Usage,
            query={
                "from": from_,
                "to": to,
                "bucket": bucket,
                "timezone": timezone,
                "group_by": group_by,
                "key": key,
                "secret": secret,
                "endpoint": endpoint,
                "outcome": outcome,
                "kind": kind,
                "not": not_,
                "compare": compare,
            },
            repeatable=True,
        )

    @operation
    def by_project(
        self,
        organization_id: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        compare: UsageCompare | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[OrganizationUsage]:
        """What each project of an organization used, largest first. The last 24 hours unless given.

        `from_`: From this time on, cut to the minute before.
        `to`: Before this time, cut to the minute after.
        `compare`: Also the sums of the period before: `previous`. As long, or as many days or months of the time
        zone.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/usage",
            OrganizationUsage,
            query={"from": from_, "to": to, "compare": compare, "limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def meter(
        self,
        project_id: str,
        content: bytes,
        *,
        media_type: Literal[
            "application/cloudevents+json", "application/cloudevents-batch+json"
        ] = "application/cloudevents+json",
    ) -> Call[Metered]:
        """Count units that were used without a request through the gate: a CloudEvent, or a batch of them.

        Each counts once by its source and id, whenever it is sent again; a batch counts as a whole or not at all.

        Raises NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/metered_events",
            Metered,
            content=Document(content, media_type),
            repeatable=True,
        )

    @operation
    def reconciliation(self) -> Call[Reconciliation]:
        """Whether all sums of the instance added up when they were compared last; for the operator.

        Raises NotFound.
        """
        return Call("GET", "/v1/usage/reconciliation", Reconciliation, repeatable=True)

    @operation
    def reconcile(self) -> Call[Reconciliation]:
        """Compare all sums of the instance with each other now; for the operator. It takes a while where there are many."""
        return Call("POST", "/v1/usage/reconcile", Reconciliation, repeatable=True)

    @operation
    def of_instance(
        self,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        compare: UsageCompare | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[InstanceUsage]:
        """What each project of the instance used, largest first; for the operator. The last 24 hours unless given.

        Requests with a key that nobody knows are one row without a project.

        `from_`: From this time on, cut to the minute before.
        `to`: Before this time, cut to the minute after.
        `compare`: Also the sums of the period before: `previous`. As long, or as many days or months of the time
        zone.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.
        """
        return Call(
            "GET",
            "/v1/usage",
            InstanceUsage,
            query={"from": from_, "to": to, "compare": compare, "limit": limit, "cursor": cursor},
            repeatable=True,
        )
