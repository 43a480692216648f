# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about organizations."""

from datetime import datetime
from typing import Any

from freehold.sdk.model import Model
from freehold.sdk.models.words import Role


class Organization(Model, frozen=True, kw_only=True):
    """A team or company."""

    id: str
    name: str
    slug: str
    is_operator: bool
    created_at: datetime
    etag: str


class User(Model, frozen=True, kw_only=True):
    """A person's account."""

    id: str
    email: str
    name: str
    is_operator: bool


class Session(Model, frozen=True, kw_only=True):
    """A new session. Send `csrf_token` as `X-CSRF-Token` with every changing call that uses the session's cookie."""

    SECRETS = frozenset({"csrf_token"})

    user: User
    csrf_token: str
    expires_at: datetime


class Holds(Model, frozen=True, kw_only=True):
    """What an organization holds: all that would be deleted."""

    members: int
    projects: int
    keys: int
    webhook_endpoints: int
    reports: int
    audit_entries: int


class OrganizationDeletion(Model, frozen=True, kw_only=True):
    """The deletion of an organization.

    `state`: `none`, `waiting` (its keys have stopped, and until `ends_at` it can be restored), `deleting` or
    `deleted`. Once it was deleted, this is all that is left of it, for operators: `last_seal` says where its
    audit log ended. `holds`: what would be deleted. `refused`: why you cannot delete or restore it.
    `confirmed_by`: gate processes that refuse its keys by now, after `propagation_ms`; `silent` ones refuse
    every key.
    """

    organization: str
    name: str
    state: str
    holds: Holds | None
    refused: str | None
    asked_at: datetime | None
    asked_by: str | None
    ends_at: datetime | None
    archived_projects: list[str]
    finished_at: datetime | None
    last_seal: dict[str, Any] | None
    confirmed_by: int | None = None
    silent: int | None = None
    propagation_ms: int | None = None


class Member(Model, frozen=True, kw_only=True):
    """A person in an organization."""

    user: str
    email: str
    name: str
    role: Role
    joined_at: datetime
    last_seen_at: datetime | None


class Invitation(Model, frozen=True, kw_only=True):
    """An invitation that can still be accepted."""

    id: str
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class IssuedInvitation(Invitation, frozen=True, kw_only=True):
    """A new invitation; `link` is shown this once. Pass it on to the person."""

    SECRETS = frozenset({"link"})

    link: str


class Actor(Model, frozen=True, kw_only=True):
    """Who made a change. `on_behalf_of`: the person whose token it was, by their id."""

    kind: str
    id: str
    name: str
    on_behalf_of: str | None


class Subject(Model, frozen=True, kw_only=True):
    """What was changed."""

    kind: str
    id: str
    name: str


class AuditEntry(Model, frozen=True, kw_only=True):
    """One change, as it is on record. `organization` null: of the instance itself. Hash in hexadecimal."""

    id: str
    at: datetime
    organization: str | None
    actor: Actor
    action: str
    subject: Subject
    project: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str
    request_id: str
    position: int
    hash: str
    reason: str | None


class Seal(Model, frozen=True, kw_only=True):
    """Where a chain stood at an instant, signed by the instance (Ed25519, RFC 8032); hash in hexadecimal, signature in base64.

    What is signed is `{"chain", "hash", "position", "sealed_at"}` in canonical JSON (RFC 8785). Keep one
    elsewhere: what came before it cannot be changed unseen, not even by the operator.
    """

    chain: str
    position: int
    hash: str
    sealed_at: datetime
    key_id: str
    signature: str


class AuditProof(Model, frozen=True, kw_only=True):
    """What was found of an audit chain, read from its first entry to its last.

    `verified`: nothing is wrong with it; otherwise `fault` says what is, first. `unsealed`: entries after the
    last seal, which the chain of hashes alone protects; seals are made each hour. `erased`: entries that a
    deleted person's name was taken out of; what they read like since is signed by the instance. `tombstones`:
    of the instance's own chain, how many deleted organizations are left as it says; 0 of an organization's.
    `public_key`: base64.
    """

    chain: str
    verified: bool
    fault: str | None
    entries: int
    head_hash: str
    seals: int
    unsealed: int
    last_seal: Seal | None
    public_key: str
    key_id: str
    proved_at: datetime
    erased: int
    tombstones: int
