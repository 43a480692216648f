# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with projects."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from freehold.sdk.bodies import OwnerBody, QuotaBody, RateLimitBody
from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Clone, ConfirmedProject, Project
from freehold.sdk.models.words import Environment


class ProjectCalls(Resource[Mode]):
    """What `client.projects` does."""

    @listing
    def list(
        self,
        organization_id: str,
        *,
        search: str | None = None,
        environment: Environment | None = None,
        archived: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Project]]:
        """An organization's projects with their posture, newest first.

        `search`: Words in name, purpose, product line, use case or an owner's name.
        `environment`: Only projects of this environment.
        `archived`: Only archived ones, or only others.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/projects",
            Page[Project],
            query={
                "search": search,
                "environment": environment,
                "archived": archived,
                "limit": limit,
                "cursor": cursor,
            },
            repeatable=True,
        )

    @operation
    def create(
        self,
        organization_id: str,
        *,
        name: str,
        purpose: str,
        api: str,
        product_line: str | Unset | None = UNSET,
        use_case: str | Unset | None = UNSET,
        owners: Sequence[OwnerBody] | Unset = UNSET,
        rate_limits: Sequence[RateLimitBody] | Unset | None = UNSET,
        quota: QuotaBody | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Project]:
        """Make a sandbox project.

        A new sandbox project. `api` is an API's id or slug; without `owners` the caller owns it technically.

        `api`: The API's id or slug.
        `rate_limits`: All of its rate limits. A request spends its cost on each, or is refused and spends none.
        `quota`: How much cost in each period, and not one more.

        Raises AlreadyExists, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/organizations/{segment(organization_id)}/projects",
            Project,
            body=sent(
                {
                    "name": name,
                    "purpose": purpose,
                    "api": api,
                    "product_line": product_line,
                    "use_case": use_case,
                    "owners": owners,
                    "rate_limits": rate_limits,
                    "quota": quota,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, project_id: str) -> Call[Project]:
        """One project with its posture.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}", Project, repeatable=True)

    @operation
    def edit(
        self,
        project_id: str,
        *,
        name: str | Unset = UNSET,
        purpose: str | Unset = UNSET,
        product_line: str | Unset | None = UNSET,
        use_case: str | Unset | None = UNSET,
        owners: Sequence[OwnerBody] | Unset = UNSET,
        rate_limits: Sequence[RateLimitBody] | Unset | None = UNSET,
        quota: QuotaBody | Unset | None = UNSET,
        locked: bool | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[ConfirmedProject]:
        """Change a project's labels, owners or limits, or lock it (RFC 7396); answers when every live gate decides by it.

        New values; what is absent stays, null or an empty text clears an optional one. `rate_limits` takes the
        place of all of them. The project's limits are spent by all its keys together.

        `rate_limits`: All of its rate limits. A request spends its cost on each, or is refused and spends none.
        `quota`: How much cost in each period, and not one more.
        `locked`: Of a production project: only promotion changes what it declares.

        Raises Conflict, NotFound, PreconditionFailed, ProjectLocked.
        """
        return Call(
            "PATCH",
            f"/v1/projects/{segment(project_id)}",
            ConfirmedProject,
            body=sent(
                {
                    "name": name,
                    "purpose": purpose,
                    "product_line": product_line,
                    "use_case": use_case,
                    "owners": owners,
                    "rate_limits": rate_limits,
                    "quota": quota,
                    "locked": locked,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def archive(self, project_id: str, *, if_match: str | None = None) -> Call[ConfirmedProject]:
        """Archive a project: nothing is deleted; answers when every live gate process refuses its keys.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "POST", f"/v1/projects/{segment(project_id)}/archive", ConfirmedProject, if_match=if_match, repeatable=True
        )

    @operation
    def restore(self, project_id: str, *, if_match: str | None = None) -> Call[ConfirmedProject]:
        """Bring an archived project back; answers when its keys serve again on every live gate process.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "POST", f"/v1/projects/{segment(project_id)}/restore", ConfirmedProject, if_match=if_match, repeatable=True
        )

    @operation
    def clone(
        self,
        project_id: str,
        *,
        plan: bool | Unset = UNSET,
        fingerprint: str | Unset = UNSET,
        bindings: Mapping[str, str | Sequence[str]] | Unset = UNSET,
        issue_keys: Sequence[str] | Unset = UNSET,
    ) -> Call[Clone]:
        """Clone a proven sandbox project into production: shown first (`plan`), then carried out whole or not at all.

        Signing secrets, and the keys that `issue_keys` names, are shown in this answer alone. Of a project that was
        cloned before it answers what is there, and changes nothing.

        A plan is asked for, or the plan that was shown is carried out. `issue_keys`: names of declared keys that
        are issued at once, their texts listed in this answer alone.

        `plan`: Show what would happen, and change nothing.
        `fingerprint`: The plan's.
        `bindings`: Values by slot: a URL or a header's value as a text, networks or members as a list.

        Raises AlreadyExists, BindingsMissing, Conflict, NotApproved, NotFound, ProjectLocked, ShapeChanged.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/clone",
            Clone,
            body=sent({"plan": plan, "fingerprint": fingerprint, "bindings": bindings, "issue_keys": issue_keys}),
        )
