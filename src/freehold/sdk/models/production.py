# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about production."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import (
    AccessRequestDetailKind,
    AccessRequestDetailRisk,
    AccessRequestDetailState,
    AccessRequestDetailWaitingOn,
    BindingKind,
    EntryActorKind,
    EntryKind,
    Environment,
    SiblingDifferenceKind,
)


class Binding(Model, frozen=True, kw_only=True):
    """A slot's value for production. `shown`: what may be seen of it. `kind` null: no part of the shape any more."""

    slot: str
    kind: BindingKind | None
    label: str
    required: bool
    shown: str | None
    given_by: str | None
    given_at: datetime | None


class Bindings(Model, frozen=True, kw_only=True):
    """A sandbox project's bindings for production. `missing`: how many a clone still waits for."""

    missing: int
    bindings: list[Binding]


class SiblingDifference(Model, frozen=True, kw_only=True):
    """One field in which siblings differ; an absent side is null."""

    path: str
    item: str
    kind: SiblingDifferenceKind
    sandbox: Any
    production: Any


class SiblingGroup(Model, frozen=True, kw_only=True):
    """The differences in one part of a shape."""

    title: str
    differences: list[SiblingDifference]


class OnceSecret(Model, frozen=True, kw_only=True):
    """A new webhook endpoint's signing secret, by the endpoint's slot; shown this once."""

    SECRETS = frozenset({"signing_secret"})

    slot: str
    signing_secret: str


class OnceKey(Model, frozen=True, kw_only=True):
    """A key that was issued with the clone; `secret` is shown this once."""

    SECRETS = frozenset({"secret"})

    id: str
    name: str
    secret: str


class Clone(Model, frozen=True, kw_only=True):
    """A clone, planned or carried out.

    `created`: whether this call made the production project. A project that has its sibling already is cloned
    no more: `production` names it, and promotion brings over what `groups` shows. `confirmed_by`, `silent` and
    `propagation_ms`: of the gate processes that decide by it, null for a plan.
    """

    production: str | None
    created: bool
    fingerprint: str
    groups: list[SiblingGroup]
    bindings: list[Binding]
    consequences: list[str]
    signing_secrets: list[OnceSecret] | None = None
    keys: list[OnceKey] | None = None
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


class Ahead(Model, frozen=True, kw_only=True):
    """The side that changed a field last: who, when, and in which revision of its shape."""

    environment: Environment
    by: str
    at: datetime
    revision: int


class DriftAcceptance(Model, frozen=True, kw_only=True):
    """That somebody accepted a difference, until an instant or a change."""

    id: str
    reason: str
    accepted_by: str
    at: datetime
    expires_at: datetime


class Drifted(SiblingDifference, frozen=True, kw_only=True):
    """One difference of siblings: the side that is ahead, and whether it was accepted."""

    ahead: Ahead | None
    acceptance: DriftAcceptance | None


class Drift(Model, frozen=True, kw_only=True):
    """How two siblings differ now, field by field.

    They differ in nothing exactly where their fingerprints are equal.
    """

    sandbox: str
    production: str
    sandbox_fingerprint: str
    production_fingerprint: str
    unaccepted: int
    differences: list[Drifted]


class Pulled(Model, frozen=True, kw_only=True):
    """An item that comes along unasked, and why."""

    item: str
    why: str


class Promotion(Model, frozen=True, kw_only=True):
    """A promotion or revert, planned or carried out.

    `target`: the project that changes. `confirmed_by`, `silent` and `propagation_ms`: of the gate processes
    that decide by it, null for a plan.
    """

    target: str
    fingerprint: str
    items: list[str]
    pulled: list[Pulled]
    groups: list[SiblingGroup]
    bindings: list[Binding]
    consequences: list[str]
    needs_approval: bool
    signing_secrets: list[OnceSecret] | None = None
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


class Person(Model, frozen=True, kw_only=True):
    """Somebody in a review. `user` is null for what no person did."""

    user: str | None
    name: str


class AccessRequest(Model, frozen=True, kw_only=True):
    """A request for production access, or (`kind` `change`) whether a direct edit of production may stay.

    `fingerprint`: of the shape when it was asked. `present_fingerprint`: of the shape as it is now, which an
    approval has to name; null once it is over. `blocking`: titles of blocking checks that fail while it is
    requested, in lists as they were looked at last, within a minute.
    """

    id: str
    kind: AccessRequestDetailKind
    state: AccessRequestDetailState
    waiting_on: AccessRequestDetailWaitingOn | None
    project: str
    project_name: str
    production: str | None
    organization: str
    organization_name: str
    use_case: str | None
    requests_a_day_from: int | None
    requests_a_day_to: int | None
    peak_a_second: int | None
    launch_on: str | None
    requested_by: Person
    requested_at: datetime
    fingerprint: str
    revision_number: int
    base_fingerprint: str | None
    present_fingerprint: str | None
    present_number: int | None
    blocking: list[str]
    risk: AccessRequestDetailRisk | None
    reviewer: Person | None
    decided_by: Person | None
    decided_at: datetime | None
    reason: str | None
    approved_fingerprint: str | None
    approved_number: int | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None
    etag: str


class Risk(Model, frozen=True, kw_only=True):
    """Something a reviewer should know, derived from the shape and the evidence."""

    level: AccessRequestDetailRisk
    title: str
    detail: str


class Entry(Model, frozen=True, kw_only=True):
    """One thing that happened to a request.

    `facts`: fingerprints, items that changed, checks that blocked it then.
    """

    id: str
    kind: EntryKind
    by: Person
    actor_kind: EntryActorKind
    at: datetime
    text: str
    facts: dict[str, Any]


class AccessRequestDetail(AccessRequest, frozen=True, kw_only=True):
    """One request with its risks and its history, oldest first.

    `cannot`: why the caller cannot `approve`, `deny`, `ask_for_changes`, `comment`, `answer` or `withdraw`;
    what is absent they can.
    """

    risks: list[Risk]
    entries: list[Entry]
    cannot: dict[str, str]
