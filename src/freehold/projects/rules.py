"""What makes a project acceptable, what of a scope changes, and what comes next. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from freehold.errors import FieldError
from freehold.organizations.rules import check_text
from freehold.projects.records import NewProject, NextStep, Progress, Project, Scope

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


def next_step(project: Project, progress: Progress) -> NextStep | None:
    """The one thing to do next on a project, None where the journey is done."""
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
