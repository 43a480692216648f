# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with shape."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import ConfirmedShape, Revision, RevisionDetail, Shape, ShapePlan


class ShapeCalls(Resource[Mode]):
    """What `client.shape` does."""

    @operation
    def get(self, project_id: str) -> Call[Shape]:
        """What a project declares, with the fingerprint of it, and its slots for what an environment gives.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/shape", Shape, repeatable=True)

    @operation
    def set(
        self,
        project_id: str,
        *,
        shape: Mapping[str, Any],
        bindings: Mapping[str, str | Sequence[str]] | Unset = UNSET,
        fingerprint: str | Unset | None = UNSET,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ConfirmedShape]:
        """Give a project exactly a shape, whole or not at all; again, it changes nothing. Keys are declared, never issued.

        What a slot holds stays where `bindings` do not say otherwise. Answers when every live gate process decides
        by it; signing secrets of new webhook endpoints are in this answer and nowhere else.

        A shape that a project is to have now.

        `shape`: The whole shape, as the schema at `/schemas/shape.json` has it. What is left out is not there.
        `bindings`: Values of slots by their JSON Pointers. What is left out keeps what it holds.
        `fingerprint`: The `fingerprint` of the plan that you saw; where applying would do something else by now:
        409 `shape_changed`.

        Raises AlreadyExists, BindingsMissing, Conflict, IdempotencyConflict, NotFound, PreconditionFailed,
        ProjectLocked, ShapeChanged.
        """
        return Call(
            "PUT",
            f"/v1/projects/{segment(project_id)}/shape",
            ConfirmedShape,
            body=sent({"shape": shape, "bindings": bindings, "fingerprint": fingerprint}),
            if_match=if_match,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def plan(
        self, project_id: str, *, shape: Mapping[str, Any], bindings: Mapping[str, str | Sequence[str]] | Unset = UNSET
    ) -> Call[ShapePlan]:
        """What it would do to give a project a shape: every difference, what follows, and which slots need a value first.

        A shape that a project is to have.

        `shape`: The whole shape, as the schema at `/schemas/shape.json` has it. What is left out is not there.
        `bindings`: Values of slots by their JSON Pointers. What is left out keeps what it holds.

        Raises Conflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/shape/plan",
            ShapePlan,
            body=sent({"shape": shape, "bindings": bindings}),
            repeatable=True,
        )

    @operation
    def restore(
        self,
        project_id: str,
        *,
        number: int,
        plan: bool | Unset = UNSET,
        bindings: Mapping[str, str | Sequence[str]] | Unset = UNSET,
        fingerprint: str | Unset | None = UNSET,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ConfirmedShape]:
        """Give a project the shape of a past revision, whole or not at all; with `plan`, say what that would do.

        Keys that were revoked since come back as declared ones, to be issued anew.

        A past revision that a project is to be like again. With `plan`, nothing is done: the answer says what would
        be.

        `number`: The revision's number.
        `plan`: Only say what would be done.
        `bindings`: Values of slots by their JSON Pointers. What is left out keeps what it holds.
        `fingerprint`: The `fingerprint` of the plan that you saw; where applying would do something else by now:
        409 `shape_changed`.

        Raises AlreadyExists, BindingsMissing, Conflict, IdempotencyConflict, NotFound, PreconditionFailed,
        ProjectLocked, ShapeChanged.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/shape/restore",
            ConfirmedShape,
            body=sent({"number": number, "plan": plan, "bindings": bindings, "fingerprint": fingerprint}),
            if_match=if_match,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def revisions(
        self, project_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Revision]]:
        """The history of what a project declares, newest first: each change with who made it, when and why.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/shape/history",
            Page[Revision],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def revision(self, project_id: str, number: int, *, against: int | None = None) -> Call[RevisionDetail]:
        """What a project declared from one change on, and how that differs from another revision.

        `against`: The revision to compare with; the one before it by itself.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/shape/history/{segment(number)}",
            RevisionDetail,
            query={"against": against},
            repeatable=True,
        )
