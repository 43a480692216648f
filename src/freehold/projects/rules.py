"""What makes a project acceptable, what of a scope changes, and what comes next. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from freehold.errors import FieldError
from freehold.organizations.rules import check_text
from freehold.projects.records import NewProject, NextStep, Progress, Project, Scope, Standing, Viewer

PURPOSE_MAX: Final = 300
LABEL_MAX: Final = 100


def check_new_project(new: NewProject) -> list[FieldError]:
    """What is wrong with a new project's labels (already cleaned)."""
    return [*check_labels(new.name, new.purpose, new.product_line, new.use_case)]


def check_labels(name: str, purpose: str, product_line: str | None, use_case: str | None) -> list[FieldError]:
    """What is wrong with a project's labels. The purpose is required: nobody can review what nobody can name."""
    return [
        *check_text("name", name, LABEL_MAX),
        *check_text("purpose", purpose, PURPOSE_MAX),
        *check_text("product_line", product_line or "", LABEL_MAX, required=False),
        *check_text("use_case", use_case or "", LABEL_MAX, required=False),
    ]


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """What a new scope adds and takes away."""

    added_endpoints: list[str]
    removed_endpoints: list[str]
    added_event_types: list[str]
    removed_event_types: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (
            self.added_endpoints or self.removed_endpoints or self.added_event_types or self.removed_event_types
        )


def scope_change(old: Scope, new: Scope) -> ScopeChange:
    """The difference between two scopes, each part in alphabetical order."""
    return ScopeChange(
        sorted(set(new.endpoints) - set(old.endpoints)),
        sorted(set(old.endpoints) - set(new.endpoints)),
        sorted(set(new.event_types) - set(old.event_types)),
        sorted(set(old.event_types) - set(new.event_types)),
    )


def check_scope(
    new: Scope, old: Scope, known_endpoints: Collection[str], known_event_types: Collection[str]
) -> list[FieldError]:
    """What is wrong with a scope: items that the catalogue does not have.

    Items that were declared before may stay though the catalogue has dropped them meanwhile.
    """
    errors = []
    for index, item in enumerate(new.endpoints):
        if item not in known_endpoints and item not in old.endpoints:
            errors.append(
                FieldError(f"endpoints.{index}", f"The catalogue has no endpoint {item!r}.", "unknown_endpoint")
            )
    for index, item in enumerate(new.event_types):
        if item not in known_event_types and item not in old.event_types:
            errors.append(
                FieldError(f"event_types.{index}", f"The catalogue has no event type {item!r}.", "unknown_event_type")
            )
    return errors


def next_step(
    project: Project, progress: Progress, standing: Standing | None = None, viewer: Viewer | None = None
) -> NextStep | None:
    """The one thing to do next on a project, for whoever looks at it; None where the journey is done.

    The first journey, then the way to production: as far as it is known how the project stands with it.
    """
    first = _first_journey(project, progress)
    # What is asked for, or approved, waits for somebody: the first journey goes before all else but that.
    waits = standing is not None and project.state == "active" and standing.access in ("requested", "approved")
    if standing is None or (first is not None and not waits):
        return first
    return production_step(project, standing, viewer or Viewer())


def _first_journey(project: Project, progress: Progress) -> NextStep | None:
    here = f"/projects/{project.id}"
    if project.state == "archived":
        return NextStep(
            "restore", "Restore the project", "It is archived: its keys do not serve.", f"{here}/settings#restore"
        )
    if not progress.scope_declared:
        return NextStep(
            "declare_scope", "Declare what the project uses",
            "Tick the endpoints it calls and the events it receives. Keys can only be narrowed from it.", f"{here}/scope",
        )  # fmt: skip
    if progress.first_key_id is None:
        return NextStep(
            "issue_key", "Issue the first key", "It is shown once, with a call to try it.", f"{here}/keys/new"
        )
    if progress.allowed_request_id is None:
        return NextStep(
            "verify_call", "Make the first protected call",
            "Paste one command; the page notices the call when it arrives.", f"{here}/keys/{progress.first_key_id}",
        )  # fmt: skip
    if progress.webhook_endpoint_id is None:
        return NextStep(
            "add_webhook",
            "Add a webhook endpoint",
            "Events reach your receiver signed and with retries.",
            f"{here}/webhooks/new",
        )
    if progress.accepted_attempt_delivery_id is None:
        return NextStep(
            "test_webhook", "Send a signed test event", "See what your receiver answers, in full.",
            f"{here}/webhooks/{progress.webhook_endpoint_id}",
        )  # fmt: skip
    return None


# --- the way to production ------------------------------------------------------------------------


def production_step(project: Project, standing: Standing, viewer: Viewer) -> NextStep | None:
    """The one thing to do next between a proven sandbox and live production, None where nothing is."""
    here = f"/projects/{project.id}"
    if standing.access == "live":
        return _live_step(here, standing, viewer)
    if standing.access == "requested":
        return _requested_step(here, standing, viewer)
    if standing.access == "approved":
        return NextStep(
            "clone", "Clone it into production",
            "It is approved. Look at the plan, give what differs by environment, and make the sibling.", f"{here}/clone",
        )  # fmt: skip
    if standing.blocking:
        return _blockers(here, standing.blocking)
    return _request_step(here, standing)


def _live_step(here: str, standing: Standing, viewer: Viewer) -> NextStep | None:
    if standing.change_id is not None:
        page = f"/access_requests/{standing.change_id}"
        if viewer.reviews and viewer.user_id != standing.change_by:
            return NextStep(
                "decide_change", "Decide on an edit of production", "It was edited directly: may that stay?", page
            )
        return NextStep(
            "wait_for_change", "An edit of production waits for review",
            "It was edited directly. A reviewer decides whether that may stay; it is in force until then.", page,
        )  # fmt: skip
    if standing.promotion == "requested":
        return _requested_step(here, standing, viewer)
    if standing.differences:
        many = "1 difference" if standing.differences == 1 else f"{standing.differences} differences"
        return NextStep(
            "look_at_drift", "Look at how the siblings differ",
            f"There {'is' if standing.differences == 1 else 'are'} {many}: promote, revert or accept each.", f"{here}/drift",
        )  # fmt: skip
    return None


def _requested_step(here: str, standing: Standing, viewer: Viewer) -> NextStep:
    page, review = f"{here}/production", f"/access_requests/{standing.request_id}"
    decides = viewer.reviews and viewer.user_id != standing.requested_by
    if standing.waiting_on == "requester":
        if decides and not viewer.edits:
            return NextStep(
                "wait_for_answer", "Waiting for the team", "Changes were asked for, and are to be answered.", review
            )
        return NextStep(
            "answer_review", "Answer the reviewer", "Changes are asked for before it can be approved.", page
        )
    if decides:
        return NextStep(
            "decide", "Decide on production access", "Each check with its evidence, the plan, the history.", review
        )
    if standing.blocking:
        return _blockers(here, standing.blocking)
    return NextStep(
        "wait_for_review", "Waiting for review", "A reviewer looks at the evidence; you hear by e-mail.", page
    )


def _blockers(here: str, count: int) -> NextStep:
    many = "1 check blocks" if count == 1 else f"{count} checks block"
    return NextStep(
        "clear_blockers", f"{many} production", "Each names what it rests on and the one thing that clears it.",
        f"{here}/readiness",
    )  # fmt: skip


def _request_step(here: str, standing: Standing) -> NextStep:
    again = {
        "lapsed": "The approval has lapsed: the shape has changed since.",
        "expired": "The approval has expired before the project was cloned.",
    }.get(standing.lost or "")
    if standing.access == "denied":
        again = "It was denied: the reason is on the page, with what it named."
    title = "Ask for production access again" if again else "Ask for production access"
    detail = again or "Three questions; all else is evidence that is there."
    return NextStep("request_access", title, detail, f"{here}/production")
