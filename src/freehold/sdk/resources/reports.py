# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with reports."""

from msgspec import UNSET

from freehold.sdk.calls import Call, Document, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Report, ReportManifest
from freehold.sdk.models.words import Asker, ReportState, ShapeScheduleFormat, ShapeScheduleKind


class ReportCalls(Resource[Mode]):
    """What `client.reports` does."""

    @listing
    def list(
        self,
        project_id: str,
        *,
        kind: ShapeScheduleKind | None = None,
        state: ReportState | None = None,
        asker: Asker | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Report]]:
        """A project's reports, newest first; only those of a kind, in a state, or asked for by people or by schedules.

        `kind`: Only those of this kind.
        `state`: Only those in this state.
        `asker`: Only those that people and tokens, or schedules, asked for.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/reports",
            Page[Report],
            query={"kind": kind, "state": state, "asker": asker, "limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self,
        project_id: str,
        *,
        kind: ShapeScheduleKind,
        format: ShapeScheduleFormat | Unset = UNSET,
        from_: str | Unset | None = UNSET,
        to: str | Unset | None = UNSET,
        time_zone: str | Unset = UNSET,
        access_request: str | Unset | None = UNSET,
        email: bool | Unset = UNSET,
        keep_days: int | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Report]:
        """Ask for a report of a project. It is made in the background; `GET /v1/reports/{report_id}` says how far it is.

        What to report. Days are of `time_zone` (IANA), and `to` is the first day that is not in the period, which
        has to be over. `key_inventory` and `access_review` say how things stand, and have no period.
        `readiness_evidence` is of the decision of an `access_request` of the project, and has none either.

        `access_request`: The decided one that evidence is of.
        `email`: Mail me when it has ended.
        `keep_days`: How many days the file is kept; as the instance does where absent.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/reports",
            Report,
            body=sent(
                {
                    "kind": kind,
                    "format": format,
                    "from": from_,
                    "to": to,
                    "time_zone": time_zone,
                    "access_request": access_request,
                    "email": email,
                    "keep_days": keep_days,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def of_organization(
        self,
        organization_id: str,
        *,
        kind: ShapeScheduleKind | None = None,
        state: ReportState | None = None,
        asker: Asker | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Report]]:
        """An organization's own reports, of all its projects together, newest first; filtered like a project's.

        `kind`: Only those of this kind.
        `state`: Only those in this state.
        `asker`: Only those that people and tokens, or schedules, asked for.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/reports",
            Page[Report],
            query={"kind": kind, "state": state, "asker": asker, "limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create_of_organization(
        self,
        organization_id: str,
        *,
        kind: ShapeScheduleKind,
        format: ShapeScheduleFormat | Unset = UNSET,
        from_: str | Unset | None = UNSET,
        to: str | Unset | None = UNSET,
        time_zone: str | Unset = UNSET,
        access_request: str | Unset | None = UNSET,
        email: bool | Unset = UNSET,
        keep_days: int | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Report]:
        """Ask for a report of all projects of an organization, or of the organization itself.

        What to report. Days are of `time_zone` (IANA), and `to` is the first day that is not in the period, which
        has to be over. `key_inventory` and `access_review` say how things stand, and have no period.
        `readiness_evidence` is of the decision of an `access_request` of the project, and has none either.

        `access_request`: The decided one that evidence is of.
        `email`: Mail me when it has ended.
        `keep_days`: How many days the file is kept; as the instance does where absent.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/reports",
            Report,
            body=sent(
                {
                    "kind": kind,
                    "format": format,
                    "from": from_,
                    "to": to,
                    "time_zone": time_zone,
                    "access_request": access_request,
                    "email": email,
                    "keep_days": keep_days,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, report_id: str) -> Call[Report]:
        """One report, with how far it is.

        Raises NotFound.
        """
        return Call("GET", f"/v1/reports/{segment(report_id)}", Report, repeatable=True)

    @operation
    def download(self, report_id: str) -> Call[Document]:
        """A ready report's file. Ranges are served (RFC 9110); the entity tag is the file's SHA-256.

        Raises Conflict, FileDamaged, NotFound.
        """
        return Call("GET", f"/v1/reports/{segment(report_id)}/file", Document, repeatable=True)

    @operation
    def manifest(self, report_id: str) -> Call[ReportManifest]:
        """What stands beside a ready report's file: parameters, columns, rows, sums, SHA-256, and what its source said.

        Raises Conflict, NotFound.
        """
        return Call("GET", f"/v1/reports/{segment(report_id)}/manifest", ReportManifest, repeatable=True)

    @operation
    def cancel(self, report_id: str) -> Call[Report]:
        """End a report that is not ready; it ends as failed, with that reason.

        Raises Conflict, NotFound.
        """
        return Call("POST", f"/v1/reports/{segment(report_id)}/cancel", Report)
