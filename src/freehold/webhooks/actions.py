"""Webhook endpoints: make, read, change, pause, resume, delete, and their signing secrets.

One function is one use case and one transaction, which the caller opens. Nothing here sends. A
signing secret exists in this process for the length of the call that makes it, and in its answer.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import Permission, require
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.projects.slots import free_slot, slot_fault
from freehold.settings import Settings
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction
from freehold.webhooks import delivery_queries, headers, inbox_queries, queries, queue_queries, rules, sealing, signing
from freehold.webhooks.inbox_route import inbox_address, is_about_inboxes
from freehold.webhooks.policy import policy_of
from freehold.webhooks.records import EndpointSettings, EndpointState, SecretVersion, WebhookEndpoint
from freehold.webhooks.urls import BadUrl, check_url

ENDPOINTS_MAX: Final = 100
OVERLAP_S: Final = 86_400
OVERLAP_S_MAX: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint with its new signing secret, which is shown this once."""

    endpoint: WebhookEndpoint
    text: str = field(repr=False)


def create_endpoint(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, project_id: str, wanted: EndpointSettings
) -> NewSecret:
    """Make an endpoint of a project with its first signing secret."""
    project = read_project(tx, actor, project_id)
    require(actor, "webhooks.edit", project.organization_id)
    require_active(project)
    audit.hold(tx, project.organization_id)
    if queries.count_endpoints(tx, project.id) >= ENDPOINTS_MAX:
        raise Problem(
            "conflict", f"A project has at most {ENDPOINTS_MAX} webhook endpoints. Delete one that is not needed."
        )
    url = _checked_url(tx, settings, project, wanted, ())
    now, endpoint_id = clock.now(), ids.new_id("whe")
    name = wanted.description or urlsplit(url).hostname or ""
    slot = free_slot(wanted.slot, name, queries.slots_of(tx, project.id))
    endpoint = WebhookEndpoint(
        id=endpoint_id, project_id=project.id, organization_id=project.organization_id, environment=project.environment,
        url=url, description=wanted.description or None, headers=headers.shown(wanted.headers),
        sealed_headers=sealing.seal_headers(secret, endpoint_id, wanted.headers),
        event_types=tuple(sorted(wanted.event_types)), state="active", state_reason=None, revision=1,
        created_by=actor.name, created_at=now, fifo=wanted.fifo, max_per_second=wanted.max_per_second, v1a=wanted.v1a,
        slot=slot,
    )  # fmt: skip
    with broken_constraint_means(
        Problem("already_exists", f"The project has a webhook endpoint in the slot {slot!r}. Choose another one.")
    ):
        queries.insert_endpoint(tx, endpoint)
    plain = os.urandom(signing.SECRET_BYTES)
    queries.insert_secret(tx, endpoint_id, 1, sealing.seal_signing_secret(secret, endpoint_id, 1, plain), now)
    _record(tx, actor, "webhook_endpoint.created", endpoint, None, _facts(endpoint))
    return NewSecret(endpoint, signing.secret_text(plain))


def list_endpoints(
    tx: Transaction, actor: Actor, project_id: str, limit: int, after_id: str | None = None
) -> list[WebhookEndpoint]:
    """A project's endpoints, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "webhooks.read", project.organization_id)
    return queries.endpoints_of(tx, project.id, limit, after_id)


def read_endpoint(
    tx: Transaction, actor: Actor, endpoint_id: str, permission: Permission = "webhooks.read"
) -> WebhookEndpoint:
    """One endpoint; Problem `not_found` where it is none of the actor's business."""
    endpoint = queries.find_endpoint(tx, endpoint_id)
    if endpoint is None or not (
        actor.kind == "system" or actor.looks_everywhere or endpoint.organization_id in actor.roles
    ):
        raise not_found("webhook endpoint")
    require(actor, permission, endpoint.organization_id)
    return endpoint


def signing_secrets_of(tx: Transaction, endpoints: Sequence[WebhookEndpoint]) -> dict[str, tuple[SecretVersion, ...]]:
    """The signing secrets of endpoints that count now, newest first, by endpoint id: sealed, never in the clear."""
    now = clock.now()
    secrets = queries.secrets_of(tx, [endpoint.id for endpoint in endpoints])
    return {
        endpoint_id: tuple(each for each in versions if each.retires_at is None or each.retires_at > now)
        for endpoint_id, versions in secrets.items()
    }


def public_keys_of(
    instance: InstanceSecret, endpoint: WebhookEndpoint, versions: Sequence[SecretVersion]
) -> dict[int, str]:
    """The ed25519 public keys (`whpk_…`) of an endpoint that signs by `v1a` too, by version; none where it does not."""
    if not endpoint.v1a:
        return {}
    opened = {
        each.version: sealing.open_signing_secret(instance, endpoint.id, each.version, each.encrypted)
        for each in versions
    }
    return {
        version: signing.public_key_text(sealing.ed25519_seed(instance, endpoint.id, version, plain))
        for version, plain in opened.items()
    }


def edit_endpoint(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, endpoint_id: str,
    change: Callable[[EndpointSettings], EndpointSettings], revision: int | None = None,
) -> WebhookEndpoint:  # fmt: skip
    """Change an endpoint's settings: `change` makes the new ones from the old. `revision`: the one the caller saw, None for any."""
    endpoint, project = _own(tx, actor, endpoint_id)
    before = sealing.open_headers(secret, endpoint.id, endpoint.sealed_headers)
    wanted = change(
        EndpointSettings(
            endpoint.url, endpoint.event_types, endpoint.description, endpoint.headers, endpoint.fifo,
            endpoint.max_per_second, endpoint.v1a, endpoint.slot,
        )
    )  # fmt: skip
    wanted = replace(wanted, headers=headers.unmasked(wanted.headers, before))
    url = _checked_url(tx, settings, project, wanted, endpoint.event_types)
    new = replace(
        endpoint, url=url, description=wanted.description or None, event_types=tuple(sorted(wanted.event_types)),
        headers=headers.shown(wanted.headers), sealed_headers=sealing.seal_headers(secret, endpoint.id, wanted.headers),
        fifo=wanted.fifo, max_per_second=wanted.max_per_second, v1a=wanted.v1a,
    )  # fmt: skip
    if url != endpoint.url:
        # Another receiver: what the one before did says nothing of it.
        new = _healed(new)
    saved = _save(tx, new, revision)
    if saved.fifo and not endpoint.fifo:
        queue_queries.line_up(tx, endpoint_id)
    _record(tx, actor, "webhook_endpoint.changed", saved, _facts(endpoint), _facts(saved))
    return saved


def pause_endpoint(tx: Transaction, actor: Actor, endpoint_id: str, revision: int | None = None) -> WebhookEndpoint:
    """Stop sending to an endpoint. What arrives for it meanwhile is kept until it is resumed."""
    endpoint, _ = _own(tx, actor, endpoint_id)
    if endpoint.state == "paused":
        return endpoint
    paused = _turn(tx, actor, endpoint, "paused", f"Paused by {actor.name}.", "webhook_endpoint.paused", revision)
    delivery_queries.park(tx, endpoint_id)
    return paused


def resume_endpoint(tx: Transaction, actor: Actor, endpoint_id: str, revision: int | None = None) -> WebhookEndpoint:
    """Send to a paused or disabled endpoint again, first what was kept for it; to a failing one now, without waiting for a probe."""
    endpoint, _ = _own(tx, actor, endpoint_id)
    if endpoint.state == "active":
        return endpoint
    resumed = _turn(
        tx,
        actor,
        replace(_healed(endpoint), state=endpoint.state),
        "active",
        None,
        "webhook_endpoint.resumed",
        revision,
    )
    delivery_queries.unpark(tx, endpoint_id, clock.now())
    return resumed


def disable_endpoint(tx: Transaction, actor: Actor, endpoint: WebhookEndpoint, reason: str) -> WebhookEndpoint:
    """Stop sending to an endpoint by rule. What arrives for it is kept until a person resumes it."""
    if endpoint.state == "disabled":
        return endpoint
    disabled = _turn(tx, actor, endpoint, "disabled", reason, "webhook_endpoint.disabled", None)
    delivery_queries.park(tx, endpoint.id)
    return disabled


def delete_endpoint(tx: Transaction, actor: Actor, endpoint_id: str, revision: int | None = None) -> None:
    """Remove an endpoint: what is pending for it is dropped, what was sent stays on record."""
    endpoint, _ = _own(tx, actor, endpoint_id, archived=True)
    _save(tx, endpoint, revision)
    now = clock.now()
    queries.delete_endpoint(tx, endpoint_id, now)
    dropped = delivery_queries.drop(tx, endpoint_id, now)
    _record(tx, actor, "webhook_endpoint.deleted", endpoint, _facts(endpoint) | {"dropped_deliveries": dropped}, None)


def rotate_signing_secret(
    tx: Transaction, actor: Actor, secret: InstanceSecret, endpoint_id: str, overlap_s: int = OVERLAP_S
) -> NewSecret:
    """Give an endpoint a new signing secret; until the overlap ends, requests are signed by the old ones too."""
    if not 0 <= overlap_s <= OVERLAP_S_MAX:
        raise invalid(FieldError("overlap_s", f"From 0 to {OVERLAP_S_MAX} seconds.", "out_of_range"))
    endpoint, _ = _own(tx, actor, endpoint_id)
    rotated = _save(tx, endpoint, None)
    now, plain = clock.now(), os.urandom(signing.SECRET_BYTES)
    newest = queries.secrets_of(tx, [endpoint_id])[endpoint_id][0]
    version = newest.version + 1
    retires_at = now + timedelta(seconds=overlap_s)
    queries.retire_secrets(tx, endpoint_id, retires_at, now)
    queries.insert_secret(
        tx, endpoint_id, version, sealing.seal_signing_secret(secret, endpoint_id, version, plain), now
    )
    _record(
        tx, actor, "webhook_endpoint.secret_rotated", rotated, {"secret_version": newest.version},
        {"secret_version": version, "old_retires_at": retires_at},
    )  # fmt: skip
    return NewSecret(rotated, signing.secret_text(plain))


def _own(tx: Transaction, actor: Actor, endpoint_id: str, archived: bool = False) -> tuple[WebhookEndpoint, Project]:
    """An endpoint that the actor may change, as it is once its organization's log is held: before any row of it is."""
    audit.hold(tx, read_endpoint(tx, actor, endpoint_id, "webhooks.edit").organization_id)
    endpoint = read_endpoint(tx, actor, endpoint_id, "webhooks.edit")
    project = projects.find_project(tx, endpoint.project_id)
    if project is None:
        raise not_found("project")
    if not archived:
        require_active(project)
    return endpoint, project


def _healed(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """An endpoint as if it had never failed."""
    failing = endpoint.state == "failing"
    return replace(
        endpoint, failures=0, failing_since_at=None, held_until_at=None, state="active" if failing else endpoint.state,
        state_reason=None if failing else endpoint.state_reason,
    )  # fmt: skip


def _save(tx: Transaction, endpoint: WebhookEndpoint, revision: int | None) -> WebhookEndpoint:
    seen = endpoint.revision if revision is None else revision
    if not queries.change_endpoint(tx, endpoint, seen):
        raise changed_meanwhile("webhook endpoint")
    return replace(endpoint, revision=seen + 1)


def _turn(
    tx: Transaction, actor: Actor, endpoint: WebhookEndpoint, state: EndpointState, reason: str | None, action: str,
    revision: int | None,
) -> WebhookEndpoint:  # fmt: skip
    turned = _save(tx, replace(endpoint, state=state, state_reason=reason), revision)
    _record(tx, actor, action, turned, {"state": endpoint.state}, {"state": state, "reason": reason})
    return turned


def _checked_url(
    tx: Transaction, settings: Settings, project: Project, wanted: EndpointSettings, kept: tuple[str, ...]
) -> str:
    """The URL in its one form. Problem `invalid` names everything that is wrong with the settings.

    An event type that left the scope may stay subscribed (`kept`); none may be added.
    """
    declared = {*projects.scope_of(tx, project.id).event_types, *kept}
    errors = rules.subscription_faults(wanted.event_types, declared)
    errors += [
        FieldError(f"headers.{name[:100]}" if name else "headers", fault)
        for name, fault in headers.header_faults(wanted.headers)
    ]
    for fault in (
        rules.description_fault(wanted.description),
        rules.max_per_second_fault(wanted.max_per_second),
        slot_fault(wanted.slot),
    ):
        if fault:
            errors.append(fault)
    try:
        url = (
            _own_inbox(tx, settings, project, wanted.url)
            or check_url(wanted.url, project.environment, policy_of(settings, project.environment)).url
        )
    except BadUrl as bad:
        errors.insert(0, FieldError("url", str(bad), "bad_url"))
        url = ""
    if errors:
        raise invalid(*errors)
    return url


def _own_inbox(tx: Transaction, settings: Settings, project: Project, url: str) -> str | None:
    """The URL where it is the project's own inbox, which is ours to reach; BadUrl for any other inbox of ours."""
    if not is_about_inboxes(settings, url):
        return None
    inbox = inbox_queries.find_inbox(tx, project.id)
    if inbox is None or inbox.address != inbox_address(settings, url):
        raise BadUrl("This is no inbox of this project: copy the URL from the project's inbox.")
    return url


def _facts(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "slot": endpoint.slot,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "headers": endpoint.headers,
        "fifo": endpoint.fifo,
        "max_per_second": endpoint.max_per_second,
        "v1a": endpoint.v1a,
    }


def _record(
    tx: Transaction, actor: Actor, action: str, endpoint: WebhookEndpoint,
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
) -> None:  # fmt: skip
    if before is not None and after is not None:
        changed = [name for name in after if before.get(name) != after[name]]
        before, after = {name: before.get(name) for name in changed}, {name: after[name] for name in changed}
    audit.record(
        tx, actor, action, organization_id=endpoint.organization_id, subject_kind="webhook_endpoint",
        subject_id=endpoint.id, subject_name=endpoint.url, project_id=endpoint.project_id, before=before, after=after,
    )  # fmt: skip
