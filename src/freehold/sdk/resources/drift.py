# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with drift."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, operation, segment, sent
from freehold.sdk.models import Drift, Promotion


class DriftCalls(Resource[Mode]):
    """What `client.drift` does."""

    @operation
    def get(self, project_id: str) -> Call[Drift]:
        """How a project and its sibling differ now: which side is ahead, who and when, and what was accepted.

        Raises Conflict, NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/drift", Drift, repeatable=True)

    @operation
    def promote(
        self,
        project_id: str,
        *,
        plan: bool | Unset = UNSET,
        items: Sequence[str] | Unset | None = UNSET,
        fingerprint: str | Unset | None = UNSET,
        bindings: Mapping[str, str | Sequence[str]] | Unset = UNSET,
    ) -> Call[Promotion]:
        """Let production take items of the sandbox, with what they need: shown first (`plan`), then all or nothing.

        Which items are brought over, and values for the slots that are new there. `fingerprint`: of the plan that
        was shown; without it, whatever would happen now is done.

        `plan`: Show what would happen, and change nothing.
        `items`: Items by their JSON Pointers; null: all that differ.
        `fingerprint`: The plan's.
        `bindings`: Values by slot: a URL or a header's value as a text, networks or members as a list.

        Raises AlreadyExists, BindingsMissing, Conflict, NotApproved, NotFound, ProjectLocked, ShapeChanged.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/drift/promote",
            Promotion,
            body=sent({"plan": plan, "items": items, "fingerprint": fingerprint, "bindings": bindings}),
        )

    @operation
    def revert(
        self,
        project_id: str,
        *,
        plan: bool | Unset = UNSET,
        items: Sequence[str] | Unset | None = UNSET,
        fingerprint: str | Unset | None = UNSET,
        bindings: Mapping[str, str | Sequence[str]] | Unset = UNSET,
    ) -> Call[Promotion]:
        """Let the sandbox take items of production, with what they need: shown first (`plan`), then all or nothing.

        Which items are brought over, and values for the slots that are new there. `fingerprint`: of the plan that
        was shown; without it, whatever would happen now is done.

        `plan`: Show what would happen, and change nothing.
        `items`: Items by their JSON Pointers; null: all that differ.
        `fingerprint`: The plan's.
        `bindings`: Values by slot: a URL or a header's value as a text, networks or members as a list.

        Raises AlreadyExists, BindingsMissing, Conflict, NotFound, ProjectLocked, ShapeChanged.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/drift/revert",
            Promotion,
            body=sent({"plan": plan, "items": items, "fingerprint": fingerprint, "bindings": bindings}),
        )

    @operation
    def accept(
        self,
        project_id: str,
        *,
        paths: Sequence[str],
        reason: str | Unset = UNSET,
        days: int | Unset = UNSET,
        withdraw: bool | Unset = UNSET,
    ) -> Call[Drift]:
        """Accept differences with a reason, for so many days or until either value changes; or withdraw that.

        Which differences are accepted, why and for how long; with `withdraw`, no more.

        `paths`: Differences by their JSON Pointers.
        `days`: For how long, unless a value changes before.
        `withdraw`: Withdraw the acceptances instead.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/drift/accept",
            Drift,
            body=sent({"paths": paths, "reason": reason, "days": days, "withdraw": withdraw}),
        )
