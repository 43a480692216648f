"""Hosted inboxes: open one, say how it answers, receive into it, read what came.

One function is one use case and one transaction, which the caller opens. Only sandbox projects have one: held
here in words, and by a constraint.
"""

import secrets as entropy
import time
from typing import Any, Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.settings import Settings
from freehold.store.engine import Transaction
from freehold.webhooks import headers, inbox_queries, queries, sealing, signing
from freehold.webhooks.inbox_records import (
    HEADER_CHARACTERS_MAX,
    HEADERS_MAX,
    KEPT_BYTES_MAX,
    Arriving,
    Inbox,
    InboxRequest,
)
from freehold.webhooks.inbox_route import inbox_url
from freehold.webhooks.rehearsal import (
    ANSWERS,
    RETRY_AFTER_S,
    RETRY_AFTER_S_MAX,
    Answer,
    Reply,
    as_repeat,
    read_request,
    reply_to,
)

_ADDRESS_CHARACTERS: Final = 32


def keep_inbox(
    tx: Transaction, actor: Actor, project_id: str, answer: Answer = "verify", retry_after_s: int = RETRY_AFTER_S
) -> Inbox:
    """Open a sandbox project's inbox where there is none, and say how it answers. Problem `conflict` in production."""
    project = _sandbox_project(tx, actor, project_id, edit=True)
    if answer not in ANSWERS:
        raise invalid(FieldError("answer", f"One of {', '.join(ANSWERS)}.", "unknown_answer"))
    if not 0 <= retry_after_s <= RETRY_AFTER_S_MAX:
        raise invalid(FieldError("retry_after_s", f"From 0 to {RETRY_AFTER_S_MAX} seconds.", "out_of_range"))
    there = inbox_queries.find_inbox(tx, project_id)
    if there is None:
        address = "".join(entropy.choice(ids.ALPHABET) for _ in range(_ADDRESS_CHARACTERS))
        made = Inbox(project_id, address, answer, retry_after_s, clock.now())
        inbox_queries.insert_inbox(tx, made)
        _record(tx, actor, project, "webhook_inbox.opened", _facts(made))
        return made
    if (there.answer, there.retry_after_s) == (answer, retry_after_s):
        return there
    inbox_queries.change_answer(tx, project_id, answer, retry_after_s)
    changed = Inbox(project_id, there.address, answer, retry_after_s, there.created_at)
    _record(tx, actor, project, "webhook_inbox.changed", _facts(changed))
    return changed


def read_inbox(tx: Transaction, actor: Actor, project_id: str) -> Inbox | None:
    """A sandbox project's inbox, None before it was opened; Problem `conflict` in production."""
    _sandbox_project(tx, actor, project_id)
    return inbox_queries.find_inbox(tx, project_id)


def list_requests(
    tx: Transaction, actor: Actor, project_id: str, limit: int, after_id: str | None = None
) -> list[InboxRequest]:
    """What came to a project's inbox, newest first."""
    _sandbox_project(tx, actor, project_id)
    return inbox_queries.requests_of(tx, project_id, limit, after_id)


def clear_inbox(tx: Transaction, actor: Actor, project_id: str) -> int:
    """Let go of all that came to a project's inbox; how many requests that was."""
    project = _sandbox_project(tx, actor, project_id, edit=True)
    cleared = inbox_queries.clear_requests(tx, project_id)
    if cleared:
        _record(tx, actor, project, "webhook_inbox.cleared", {"requests": cleared})
    return cleared


def receive(
    tx: Transaction, instance: InstanceSecret, settings: Settings, address: str, arriving: Arriving
) -> Reply | None:
    """Take a request into the inbox at an address: verify it, keep it, say what to answer. None where there is none."""
    inbox = inbox_queries.hold_inbox(tx, address)
    if inbox is None:
        return None
    by_name = dict(arriving.header_pairs)
    # The wall clock, as a receiver's: a signature is fresh or stale by it.
    secrets = _signing_secrets(tx, instance, inbox, inbox_url(settings, address))
    reading = read_request(arriving.body, by_name, secrets, time.time())
    if reading.event and inbox_queries.accepted_before(tx, inbox.project_id, reading.event.id):
        reading = as_repeat(reading)
    reply = reply_to(reading, inbox.answer, inbox.retry_after_s)
    kept = InboxRequest(
        id=ids.new_id("inr"), at=clock.now(), address=arriving.client or None,
        message_id=by_name.get("webhook-id", "")[:HEADER_CHARACTERS_MAX] or None, headers=_kept_headers(arriving),
        body=arriving.body[:KEPT_BYTES_MAX], body_bytes=len(arriving.body), verdict=reading.verdict,
        detail=reading.detail, status=None if reply.wait_s else reply.status,
    )  # fmt: skip
    inbox_queries.insert_request(tx, inbox.project_id, kept)
    return reply


def _signing_secrets(tx: Transaction, instance: InstanceSecret, inbox: Inbox, url: str) -> list[str]:
    """The secrets that endpoints at this inbox are signed with now, as their receiver is given them."""
    endpoint_ids = inbox_queries.endpoints_at(tx, inbox.project_id, url)
    now = clock.now()
    return [
        signing.secret_text(sealing.open_signing_secret(instance, endpoint_id, each.version, each.encrypted))
        for endpoint_id, versions in queries.secrets_of(tx, endpoint_ids).items()
        for each in versions
        if each.retires_at is None or each.retires_at > now
    ]


def _kept_headers(arriving: Arriving) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value if headers.is_reserved(name) and name != "cookie" else headers.shown({name: value})[name])
        for name, value in (
            (name[:64], value[:HEADER_CHARACTERS_MAX]) for name, value in arriving.header_pairs[:HEADERS_MAX]
        )
    )


def _sandbox_project(tx: Transaction, actor: Actor, project_id: str, *, edit: bool = False) -> Project:
    project = read_project(tx, actor, project_id)
    require(actor, "webhooks.edit" if edit else "webhooks.read", project.organization_id)
    if edit:
        require_active(project)
    if project.environment != "sandbox":
        raise Problem("conflict", "Only a sandbox project has an inbox: production events go to receivers of your own.")
    return project


def _facts(inbox: Inbox) -> dict[str, Any]:
    return {"answer": inbox.answer, "retry_after_s": inbox.retry_after_s}


def _record(tx: Transaction, actor: Actor, project: Project, action: str, after: dict[str, Any]) -> None:
    audit.record(
        tx, actor, action, organization_id=project.organization_id, subject_kind="project", subject_id=project.id,
        subject_name=project.name, project_id=project.id, after=after,
    )  # fmt: skip


def require_inbox(inbox: Inbox | None) -> Inbox:
    """The inbox itself; Problem `not_found` where none was opened yet."""
    if inbox is None:
        raise not_found("inbox")
    return inbox
