# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with report schedules."""

from collections.abc import Sequence
from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Report, ReportSchedule, ReportSchedulePreview
from freehold.sdk.models.words import ShapeScheduleFormat, ShapeScheduleKind, ShapeSchedulePeriod


class ReportScheduleCalls(Resource[Mode]):
    """What `client.report_schedules` does."""

    @listing
    def list(
        self, project_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[ReportSchedule]]:
        """A project's report schedules, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/report_schedules",
            Page[ReportSchedule],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self,
        project_id: str,
        *,
        name: str,
        kind: ShapeScheduleKind,
        cron: str,
        format: ShapeScheduleFormat | Unset = UNSET,
        time_zone: str | Unset = UNSET,
        period: ShapeSchedulePeriod | Unset | None = UNSET,
        recipients: Sequence[str] | Unset | None = UNSET,
        slot: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[ReportSchedule]:
        """Make a report schedule of a project. It runs with your rights, as they are at each run.

        A new schedule. `period` is left out for kinds that say how things stand.

        `cron`: Minute, hour, day of the month, month, day of the week; at most once an hour. `L` is the last day of
        a month.
        `time_zone`: IANA: by whose clock it runs, and of whose days.

        Raises AlreadyExists, Conflict, IdempotencyConflict, NotFound, ProjectLocked.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/report_schedules",
            ReportSchedule,
            body=sent(
                {
                    "name": name,
                    "kind": kind,
                    "cron": cron,
                    "format": format,
                    "time_zone": time_zone,
                    "period": period,
                    "recipients": recipients,
                    "slot": slot,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def of_organization(
        self, organization_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[ReportSchedule]]:
        """An organization's own report schedules, of all its projects together, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/report_schedules",
            Page[ReportSchedule],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create_of_organization(
        self,
        organization_id: str,
        *,
        name: str,
        kind: ShapeScheduleKind,
        cron: str,
        format: ShapeScheduleFormat | Unset = UNSET,
        time_zone: str | Unset = UNSET,
        period: ShapeSchedulePeriod | Unset | None = UNSET,
        recipients: Sequence[str] | Unset | None = UNSET,
        slot: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[ReportSchedule]:
        """Make a report schedule of all projects of an organization, or of the organization itself.

        A new schedule. `period` is left out for kinds that say how things stand.

        `cron`: Minute, hour, day of the month, month, day of the week; at most once an hour. `L` is the last day of
        a month.
        `time_zone`: IANA: by whose clock it runs, and of whose days.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/report_schedules",
            ReportSchedule,
            body=sent(
                {
                    "name": name,
                    "kind": kind,
                    "cron": cron,
                    "format": format,
                    "time_zone": time_zone,
                    "period": period,
                    "recipients": recipients,
                    "slot": slot,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def preview(
        self, *, cron: str | None = None, time_zone: str | None = None, period: ShapeSchedulePeriod | None = None
    ) -> Call[ReportSchedulePreview]:
        """When an expression would run next, and what each run would report; nothing is made.

        `cron`: Five fields, at most once an hour; monthly unless given.
        `time_zone`: IANA: by whose clock it would run.
        `period`: What each run would report.
        """
        return Call(
            "GET",
            "/v1/report_schedules/preview",
            ReportSchedulePreview,
            query={"cron": cron, "time_zone": time_zone, "period": period},
            repeatable=True,
        )

    @operation
    def get(self, schedule_id: str) -> Call[ReportSchedule]:
        """One report schedule, with its next five runs.

        Raises NotFound.
        """
        return Call("GET", f"/v1/report_schedules/{segment(schedule_id)}", ReportSchedule, repeatable=True)

    @operation
    def delete(self, schedule_id: str, *, if_match: str | None = None) -> Call[None]:
        """Remove a report schedule; its reports stay.

        Raises NotFound, PreconditionFailed, ProjectLocked.
        """
        return Call(
            "DELETE", f"/v1/report_schedules/{segment(schedule_id)}", NoneType, if_match=if_match, repeatable=True
        )

    @operation
    def edit(
        self,
        schedule_id: str,
        *,
        name: str | Unset = UNSET,
        kind: ShapeScheduleKind | Unset = UNSET,
        cron: str | Unset = UNSET,
        format: ShapeScheduleFormat | Unset = UNSET,
        time_zone: str | Unset = UNSET,
        period: ShapeSchedulePeriod | Unset | None = UNSET,
        recipients: Sequence[str] | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[ReportSchedule]:
        """Change a report schedule (RFC 7396). It runs with your rights from now on.

        New values; what is absent stays, `recipients` take the place of all (RFC 7396).

        `cron`: Minute, hour, day of the month, month, day of the week; at most once an hour. `L` is the last day of
        a month.
        `time_zone`: IANA: by whose clock it runs, and of whose days.
        `recipients`: Members who are mailed when a report is ready.

        Raises Conflict, NotFound, PreconditionFailed, ProjectLocked.
        """
        return Call(
            "PATCH",
            f"/v1/report_schedules/{segment(schedule_id)}",
            ReportSchedule,
            body=sent(
                {
                    "name": name,
                    "kind": kind,
                    "cron": cron,
                    "format": format,
                    "time_zone": time_zone,
                    "period": period,
                    "recipients": recipients,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def pause(self, schedule_id: str, *, if_match: str | None = None) -> Call[ReportSchedule]:
        """Let a report schedule run no more until it is resumed.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/report_schedules/{segment(schedule_id)}/pause",
            ReportSchedule,
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def resume(self, schedule_id: str, *, if_match: str | None = None) -> Call[ReportSchedule]:
        """Let a paused or stopped report schedule run again, from now on and with your rights.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "POST",
            f"/v1/report_schedules/{segment(schedule_id)}/resume",
            ReportSchedule,
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def run(self, schedule_id: str, *, idempotency_key: str | None = None) -> Call[Report]:
        """Ask now for the report that a run would ask for; when it runs by itself stays as it is.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/report_schedules/{segment(schedule_id)}/run",
            Report,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )
